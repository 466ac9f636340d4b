//! The store without steps, to be measured beside other databases.

use std::{borrow::Cow, path::Path, sync::Arc, time::Duration};

use super::{Flight, NewArtifact, Output, Record, Store, StoreError, unix_millis};
use crate::{
    codec::{ArtifactId, BINCODE},
    fingerprint::{Fingerprint, Parts},
};

/// A store by key and value: what a hit reads and what a result writes, and
/// nothing of what comes before. For benchmarks.
#[derive(Debug)]
pub struct BareStore(Arc<Store>);

impl BareStore {
    /// Opens the store in a folder.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Store::open(folder).map(Self)
    }

    /// Reads the record of a key and its artifact, checks both, and gives the
    /// artifact's length.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn get(&self, key: &[u8; 32]) -> Result<Option<usize>, StoreError> {
        let Some(hit) = self.0.hit(&Fingerprint::from_bytes(*key))? else {
            return Ok(None);
        };
        match hit.outputs.first() {
            Some(output) => self.0.read_of(&hit, &output.id, <[u8]>::len),
            None => Ok(None),
        }
    }

    /// Hands over a result.
    pub fn put(&self, key: &[u8; 32], value: &[u8]) {
        let id = ArtifactId::of(BINCODE, value);
        let record = Record {
            fingerprint: Fingerprint::from_bytes(*key),
            parts: Parts {
                step: Cow::Borrowed("crate::step"),
                path: Cow::Borrowed("crate::step"),
                generics: Vec::new(),
                source: [0; 32],
                version: None,
                env: Vec::new(),
                arguments: Vec::new(),
            },
            outputs: vec![Output {
                name: Cow::Borrowed(""),
                id,
                type_name: "[u8]".to_owned(),
                size: value.len() as u64,
            }],
            created: unix_millis(),
            duration: Duration::ZERO,
            run: None,
        };
        let artifact = NewArtifact {
            id,
            codec: BINCODE,
            bytes: value.to_vec(),
        };
        self.0
            .hand_over(Some(record), vec![artifact], Flight::none());
    }

    /// Waits until all results are durable.
    ///
    /// # Errors
    /// If some are not kept.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.0.flush()
    }
}
