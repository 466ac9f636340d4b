//! Tables of numbers, and rows, while they are written.

use std::{collections::BTreeMap, ops::RangeBounds, path::Path};

use redb::{ReadableTable, TableDefinition, WriteTransaction};

use super::{
    guard, rows,
    tables::{Kind, ROWS},
    walk::{Number, walk_range},
};
use crate::store::StoreError;

/// How many changes wait at most.
const MOST_CHANGES: usize = 1 << 16;

/// A table of short keys or pairs.
///
/// Changes wait, and are made in the order of the keys: those that fall on one
/// page then find it at hand.
pub(super) struct Numbers<'t, K: Number, V: Number> {
    table: redb::Table<'t, K, V>,
    /// `None` takes a key away.
    changes: BTreeMap<K, Option<V>>,
}

impl<'t, K: Number, V: Number> Numbers<'t, K, V> {
    pub(super) fn open(
        path: &Path,
        transaction: &'t WriteTransaction,
        definition: TableDefinition<'static, K, V>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            table: guard(path, || transaction.open_table(definition))?,
            changes: BTreeMap::new(),
        })
    }

    pub(super) fn get(&self, path: &Path, key: K) -> Result<Option<V>, StoreError> {
        if let Some(change) = self.changes.get(&key) {
            return Ok(*change);
        }
        guard(path, || {
            let value = self.table.get(key)?;
            Ok::<_, redb::StorageError>(value.map(|value| value.value()))
        })
    }

    /// Puts a value under `key`, or takes it away.
    pub(super) fn set(&mut self, path: &Path, key: K, value: Option<V>) -> Result<(), StoreError> {
        self.changes.insert(key, value);
        if self.changes.len() < MOST_CHANGES {
            return Ok(());
        }
        self.settle(path)
    }

    /// Makes the changes that wait.
    pub(super) fn settle(&mut self, path: &Path) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut self.changes);
        guard(path, || {
            for (key, value) in changes {
                match value {
                    Some(value) => drop(self.table.insert(key, value)?),
                    None => drop(self.table.remove(key)?),
                }
            }
            Ok::<_, redb::StorageError>(())
        })
    }

    /// Calls `visit` for all keys in a range.
    pub(super) fn walk(
        &mut self,
        path: &Path,
        keys: impl RangeBounds<K>,
        visit: &mut dyn FnMut(K) -> bool,
    ) -> Result<(), StoreError> {
        self.settle(path)?;
        walk_range(path, &self.table, keys, |key, _| Ok(visit(key)))
    }
}

/// The table of rows.
pub(super) struct Rows<'t> {
    table: redb::Table<'t, u64, &'static [u8]>,
    /// The number of the next one.
    next: u64,
}

impl<'t> Rows<'t> {
    pub(super) fn open(path: &Path, transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        guard(path, || {
            let table = transaction.open_table(ROWS)?;
            let last = table.last()?.map(|(number, _)| number.value());
            Ok::<_, redb::Error>(Self {
                next: last.map_or(0, |last| last.saturating_add(1)),
                table,
            })
        })
    }

    /// The value of the row, if it is of this kind and under this key.
    pub(super) fn value(
        &self,
        path: &Path,
        number: u64,
        kind: Kind,
        key: &[u8; 32],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        guard(path, || {
            let row = self.table.get(number)?;
            let row = row.as_ref().map(redb::AccessGuard::value);
            let read = row.and_then(|row| rows::read(kind, row));
            let value = read.filter(|(found, _)| *found == key);
            Ok::<_, redb::StorageError>(value.map(|(_, value)| value.to_vec()))
        })
    }

    /// A row as it is.
    pub(super) fn get(&self, path: &Path, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        guard(path, || {
            let row = self.table.get(number)?;
            Ok::<_, redb::StorageError>(row.map(|row| row.value().to_vec()))
        })
    }

    /// Adds a row after all others, and gives its number.
    pub(super) fn append(
        &mut self,
        path: &Path,
        kind: Kind,
        key: &[u8; 32],
        value: &[u8],
    ) -> Result<u64, StoreError> {
        let number = self.next;
        self.replace(path, number, kind, key, value)?;
        self.next = number.saturating_add(1);
        Ok(number)
    }

    /// Puts another value into a row.
    pub(super) fn replace(
        &mut self,
        path: &Path,
        number: u64,
        kind: Kind,
        key: &[u8; 32],
        value: &[u8],
    ) -> Result<(), StoreError> {
        let length = rows::HEADER + value.len();
        guard(path, || {
            let mut row = self.table.insert_reserve(number, length)?;
            rows::write(row.as_mut(), kind, key, value);
            Ok::<_, redb::StorageError>(())
        })
    }

    pub(super) fn remove(&mut self, path: &Path, number: u64) -> Result<(), StoreError> {
        guard(path, || self.table.remove(number).map(drop))
    }
}
