//! What steps' sources consist of, so that a miss can name what changed.
//!
//! A list is kept once per source, with the first record of it.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use super::{
    Store, StoreError,
    metadata::{Collection, Table, Transaction},
};
use crate::{codec, fingerprint::SourceItem};

/// The lists of this process's steps, encoded, by the hash of the source.
#[derive(Debug, Default)]
pub(super) struct Sources(RwLock<HashMap<[u8; 32], Vec<u8>>>);

impl Store {
    /// Tells what a source consists of, to be kept with the next record of it.
    /// `items` is asked once.
    pub(crate) fn describe_source(
        &self,
        source: &[u8; 32],
        items: impl FnOnce() -> Vec<SourceItem>,
    ) {
        let known = self.disk.sources.0.read();
        if known
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(source)
        {
            return;
        }
        // Names and hashes always have an encoding; without one, the miss that
        // would have named them says less.
        let encoded = codec::encode(&items()).unwrap_or_default();
        let known = self.disk.sources.0.write();
        known
            .unwrap_or_else(PoisonError::into_inner)
            .insert(*source, encoded);
    }

    /// What a source consists of; `None` if it was not kept or cannot be read.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn source(&self, source: &[u8; 32]) -> Result<Option<Vec<SourceItem>>, StoreError> {
        let document = self.view(|view| view.get(Collection::SOURCES, source))?;
        Ok(document.and_then(|document| codec::decode(&document).ok()))
    }
}

impl Sources {
    /// Puts what this process told of a source, unless it is there.
    pub(super) fn put(
        &self,
        transaction: &mut Transaction<'_>,
        source: &[u8; 32],
    ) -> Result<(), StoreError> {
        let known = self.0.read();
        let known = known.unwrap_or_else(PoisonError::into_inner);
        let Some(items) = known.get(source).filter(|items| !items.is_empty()) else {
            return Ok(());
        };
        match transaction.look(Table::of(Collection::SOURCES), source)? {
            Some(_) => Ok(()),
            None => transaction.put(Collection::SOURCES, source, items),
        }
    }
}
