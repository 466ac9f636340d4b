//! Bringing the database of an earlier release up to date.
//!
//! Formats 1 and 2 had records, artifacts and lineage under whole keys in tables
//! of their own, and counted the time in `recent` downwards. Values have not
//! changed, so that all results stay hits.

use std::path::Path;

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::{
    Table, guard,
    tables::Definition,
    transaction::Transaction,
    walk::{Order, walk},
};
use crate::store::StoreError;

/// The tables that are another way now.
const MOVED: [Table; 4] = [
    Table::RECORDS,
    Table::ARTIFACTS,
    Table::LINEAGE,
    Table::RECENT,
];

/// What they are called meanwhile as they were.
const BEFORE: [Definition; 4] = [
    TableDefinition::new("records before"),
    TableDefinition::new("artifacts before"),
    TableDefinition::new("lineage before"),
    TableDefinition::new("recent before"),
];

/// Moves what formats 1 and 2 hold to where this format has it.
pub(super) fn from_format_2(path: &Path, transaction: &WriteTransaction) -> Result<(), StoreError> {
    for (table, before) in MOVED.into_iter().zip(BEFORE) {
        rename(path, transaction, table.definition(), before)?;
    }
    let mut writing = Transaction::new(path, transaction);
    let moved = MOVED
        .into_iter()
        .zip(BEFORE)
        .try_for_each(|(table, before)| {
            let before = guard(path, || transaction.open_table(before))?;
            move_all(path, &before, &mut writing, table)
        });
    let closed = writing.close();
    moved.and(closed)?;
    for before in BEFORE {
        guard(path, || transaction.delete_table(before))?;
    }
    Ok(())
}

fn rename(
    path: &Path,
    transaction: &WriteTransaction,
    from: Definition,
    to: Definition,
) -> Result<(), StoreError> {
    // One that was never written to is not there.
    guard(path, || transaction.open_table(from).map(drop))?;
    guard(path, || transaction.rename_table(from, to))
}

fn move_all(
    path: &Path,
    before: &impl ReadableTable<&'static [u8], &'static [u8]>,
    writing: &mut Transaction<'_>,
    table: Table,
) -> Result<(), StoreError> {
    walk(path, before, &[], Order::Forward, &mut |key, value| {
        match table {
            Table::LINEAGE => {
                if let Some(key) = lineage(key) {
                    writing.insert(table, &key, &[])?;
                }
            }
            Table::RECENT => {
                if let Some(key) = recent(key) {
                    writing.insert(table, &key, &[])?;
                }
            }
            _ => writing.insert_new(table, key, value)?,
        }
        Ok(true)
    })
}

/// The key that was the whole artifact ID and the whole fingerprint.
fn lineage(key: &[u8]) -> Option<[u8; 16]> {
    let key: &[u8; 64] = key.try_into().ok()?;
    let mut short = [0; 16];
    short[..8].copy_from_slice(&key[..8]);
    short[8..].copy_from_slice(&key[32..40]);
    Some(short)
}

/// The key whose time was counted downwards.
fn recent(key: &[u8]) -> Option<Vec<u8>> {
    let (rest, fingerprint) = key.split_last_chunk::<32>()?;
    let (step, time) = rest.split_last_chunk()?;
    let time = u64::MAX - u64::from_be_bytes(*time);
    Some([step, &time.to_be_bytes(), fingerprint].concat())
}
