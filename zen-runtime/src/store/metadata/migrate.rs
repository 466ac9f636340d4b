//! Bringing the database of an earlier release up to date.
//!
//! Formats 1 and 2 had records, artifacts and lineage under whole keys in tables
//! of their own. Values have not changed, so that all results stay hits.

use std::path::Path;

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::{
    Table, guard,
    tables::Definition,
    transaction::Transaction,
    walk::{Order, walk},
};
use crate::store::StoreError;

/// The tables that have another form now.
const MOVED: [Table; 3] = [Table::RECORDS, Table::ARTIFACTS, Table::LINEAGE];

/// What their old forms are called meanwhile.
const BEFORE: [Definition; 3] = [
    TableDefinition::new("records before"),
    TableDefinition::new("artifacts before"),
    TableDefinition::new("lineage before"),
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
        match (table, key.split_first_chunk::<32>()) {
            (Table::LINEAGE, Some((artifact, fingerprint))) if fingerprint.len() == 32 => {
                let key = [&artifact[..8], &fingerprint[..8]].concat();
                writing.insert(table, &key, &[])?;
            }
            (Table::LINEAGE, _) => {}
            _ => writing.insert_new(table, key, value)?,
        }
        Ok(true)
    })
}
