//! What was taken out for an item, to be put back if it must be.

use super::super::{super::metadata::Table, GcAction, GcItem};
use crate::{
    codec::ArtifactId,
    store::{StoreError, Transaction},
};

/// What was taken out for an item.
pub(super) struct Taken {
    pub(super) item: GcItem,
    /// The announcements that would bring it back.
    pub(super) hashes: Vec<[u8; 32]>,
    rows: Vec<Row>,
    /// The artifacts whose bytes go.
    pub(super) artifacts: Vec<ArtifactId>,
}

/// A row of the database as it was.
struct Row {
    table: Table,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Taken {
    /// Nothing so far.
    pub(super) fn new(item: GcItem) -> Self {
        Self {
            item,
            hashes: Vec::new(),
            rows: Vec::new(),
            artifacts: Vec::new(),
        }
    }

    /// Notes a row as it was.
    pub(super) fn add(&mut self, table: Table, key: &[u8], value: Vec<u8>) {
        self.rows.push(Row {
            table,
            key: key.to_vec(),
            value,
        });
    }

    /// Takes a row out; says whether it was there.
    pub(super) fn remove(
        &mut self,
        transaction: &mut Transaction<'_>,
        table: Table,
        key: &[u8],
    ) -> Result<bool, StoreError> {
        let Some(value) = transaction.look(table, key)? else {
            return Ok(false);
        };
        transaction.remove(table, key)?;
        self.add(table, key, value);
        Ok(true)
    }

    /// Puts the rows back that nobody has written since.
    pub(super) fn put_back(&self, transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
        // An entry that was marked as evicted is still there.
        let is_evicted = self.item.action == GcAction::Evict;
        let mut is_computed_again = false;
        for row in &self.rows {
            let is_there = transaction.look(row.table, &row.key)?.is_some();
            is_computed_again |= is_there && row.table == Table::RECORDS;
            // The new record has a place of its own among the latest.
            let is_elsewhere = is_computed_again && row.table == Table::RECENT;
            if is_evicted || !(is_there || is_elsewhere) {
                transaction.insert(row.table, &row.key, &row.value)?;
            }
        }
        Ok(())
    }

    /// Puts the entry of an artifact back, unless somebody has written it since.
    pub(super) fn put_entry_back(
        &self,
        transaction: &mut Transaction<'_>,
        id: &ArtifactId,
    ) -> Result<(), StoreError> {
        let is_its_entry = |row: &&Row| row.table == Table::ARTIFACTS && row.key == id.as_bytes();
        for row in self.rows.iter().filter(is_its_entry) {
            if transaction.look(row.table, &row.key)?.is_none() {
                transaction.insert(row.table, &row.key, &row.value)?;
            }
        }
        Ok(())
    }
}
