//! Entries of indexes whose record is gone.

use std::collections::HashSet;

use super::super::{
    Collection, Store, StoreError, Transaction,
    indexes::{self, INDEXES},
    metadata::{Snapshot, Table},
    record,
};
use crate::fingerprint::Fingerprint;

/// How many entries go in one transaction.
const BATCH: usize = 256;

impl Store {
    /// Takes away the entries of indexes and the notes that lead to no record,
    /// and sources that no record has; or only counts them.
    pub(in crate::store) fn clear_indexes(&self, dry_run: bool) -> Result<usize, StoreError> {
        let snapshot = self.disk.fresh_snapshot()?;
        let mut dangling: Vec<(Table, Vec<u8>)> = Vec::new();
        for table in INDEXES {
            snapshot.scan(table, &[], &mut |key, _| {
                let whole_key = |call: &[u8]| snapshot.whole_key(Table::RECORDS, call);
                if !leads_to_a_record(table, key, whole_key)? {
                    dangling.push((table, key.to_vec()));
                }
                Ok(true)
            })?;
        }
        for batch in dangling.chunks(BATCH).filter(|_| !dry_run) {
            self.disk
                .write(|transaction| remove_dangling(transaction, batch))?;
        }
        Ok(dangling.len() + self.clear_sources(&snapshot, dry_run)?)
    }

    /// Sources that no record has.
    fn clear_sources(&self, snapshot: &Snapshot, dry_run: bool) -> Result<usize, StoreError> {
        let table = Table::of(Collection::SOURCES);
        let mut unused: HashSet<Vec<u8>> = HashSet::new();
        snapshot.scan(table, &[], &mut |key, _| {
            unused.insert(key.to_vec());
            Ok(true)
        })?;
        snapshot.scan(Table::RECORDS, &[], &mut |key, value| {
            let fingerprint = key.try_into().ok().map(Fingerprint::from_bytes);
            let record = fingerprint.and_then(|f| record::decode(&f, value));
            if let Some(record) = record {
                unused.remove(&record.parts.source[..]);
            }
            Ok(!unused.is_empty())
        })?;
        if !dry_run && !unused.is_empty() {
            // A record that comes with one of them meanwhile explains a later
            // miss with fewer words.
            self.disk.write(|transaction| {
                let mut unused = unused.iter();
                unused.try_for_each(|key| transaction.remove(table, key))
            })?;
        }
        Ok(unused.len())
    }
}

fn remove_dangling(
    transaction: &mut Transaction<'_>,
    dangling: &[(Table, Vec<u8>)],
) -> Result<(), StoreError> {
    for (table, key) in dangling {
        let whole_key = |call: &[u8]| transaction.whole_key(Table::RECORDS, call);
        if !leads_to_a_record(*table, key, whole_key)? {
            transaction.remove(*table, key)?;
        }
    }
    Ok(())
}

/// Whether the key of an index names a record that is there.
fn leads_to_a_record(
    table: Table,
    key: &[u8],
    whole_key: impl Fn(&[u8]) -> Result<Option<[u8; 32]>, StoreError>,
) -> Result<bool, StoreError> {
    match indexes::call(table, key) {
        Some(call) => Ok(whole_key(call)?.is_some()),
        None => Ok(false),
    }
}
