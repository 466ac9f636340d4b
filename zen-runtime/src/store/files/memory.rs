//! Remembered hashes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};

use super::identity::{Identity, nanoseconds};
use crate::{
    codec,
    store::{metadata::Table, seal},
};

/// The hash of a file as it was at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) identity: Identity,
    pub(super) hash: [u8; 32],
    /// When reading began, in nanoseconds since 1970.
    pub(super) read_at: i128,
}

impl Remembered {
    /// Whether any later change of the file shows in its times.
    pub(super) fn is_settled(&self) -> bool {
        self.identity.is_at_rest(self.read_at)
    }

    /// The bytes to store; `None` if the codec refuses.
    pub(super) fn encode(&self, key: &[u8]) -> Option<Vec<u8>> {
        let body = codec::encode(self).ok()?;
        Some(seal::seal(Table::FILES.name(), key, body))
    }

    /// What is stored; `None` if it is damaged: the file is read again.
    pub(super) fn decode(key: &[u8], stored: &[u8]) -> Option<Self> {
        codec::decode(seal::open(Table::FILES.name(), key, stored)?).ok()
    }
}

/// What this process knows of files.
#[derive(Debug)]
pub(in crate::store) struct FileMemory {
    known: Mutex<HashMap<(u64, u64), Remembered>>,
    pub(super) clock: fn() -> SystemTime,
}

impl Default for FileMemory {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            clock: SystemTime::now,
        }
    }
}

impl FileMemory {
    /// Nanoseconds since 1970.
    pub(super) fn now(&self) -> i128 {
        nanoseconds((self.clock)())
    }

    pub(super) fn get(&self, identity: &Identity) -> Option<Remembered> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&identity.place?)?;
        (found.identity == *identity).then(|| found.clone())
    }

    pub(super) fn put(&self, read: Remembered) {
        if let Some(place) = read.identity.place {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(place, read);
        }
    }
}
