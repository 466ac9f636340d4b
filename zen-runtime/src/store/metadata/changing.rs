//! Tables of numbers while they are written.

use std::{collections::BTreeMap, ops::RangeBounds, path::Path};

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::{
    guard,
    levels::{Leveled, most_young},
    walk::{Number, walk_range},
};
use crate::store::StoreError;

/// How many changes wait at most.
const MOST_CHANGES: usize = 1 << 16;

/// A table of short keys or pairs, in its two levels.
///
/// Changes wait, and are made in the order of the keys: those that fall on one
/// page then find it at hand.
pub(super) struct Numbers<'t, K: Number, V: Number> {
    tables: Leveled<K, V>,
    old: redb::Table<'t, K, V>,
    young: redb::Table<'t, K, V>,
    /// `None` takes a key away.
    changes: BTreeMap<K, Option<V>>,
    /// Whether what is young is in `old` as well.
    is_merged: bool,
}

impl<'t, K: Number, V: Number> Numbers<'t, K, V> {
    pub(super) fn open(
        path: &Path,
        transaction: &'t WriteTransaction,
        tables: Leveled<K, V>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tables,
            old: guard(path, || transaction.open_table(tables.old))?,
            young: guard(path, || transaction.open_table(tables.young))?,
            changes: BTreeMap::new(),
            is_merged: false,
        })
    }

    pub(super) fn get(&self, path: &Path, key: K) -> Result<Option<V>, StoreError> {
        if let Some(change) = self.changes.get(&key) {
            return Ok(*change);
        }
        guard(path, || {
            let young = self.young.get(key)?;
            let value = match young {
                Some(value) => Some(value),
                None => self.old.get(key)?,
            };
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
    fn settle(&mut self, path: &Path) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut self.changes);
        let (old, young) = (&mut self.old, &mut self.young);
        let is_merged = self.is_merged;
        guard(path, || {
            for (key, value) in changes {
                match value {
                    Some(value) if is_merged => drop(old.insert(key, value)?),
                    Some(value) => drop(young.insert(key, value)?),
                    None => {
                        old.remove(key)?;
                        young.remove(key)?;
                    }
                }
            }
            Ok::<_, redb::StorageError>(())
        })
    }

    /// Makes the last changes of a transaction. Where too much gets young by
    /// that, all of it becomes old.
    pub(super) fn finish(&mut self, path: &Path) -> Result<(), StoreError> {
        let (old, young) = guard(path, || {
            Ok::<_, redb::StorageError>((self.old.len()?, self.young.len()?))
        })?;
        if young.saturating_add(self.changes.len() as u64) > most_young(old) {
            self.merge(path)?;
        }
        self.settle(path)
    }

    fn merge(&mut self, path: &Path) -> Result<(), StoreError> {
        let old = &mut self.old;
        walk_range(path, &self.young, .., |key, value| {
            guard(path, || old.insert(key, value).map(drop))?;
            Ok(true)
        })?;
        self.is_merged = true;
        Ok(())
    }

    /// Closes the tables, the one that nothing in it is young any more for good.
    pub(super) fn close(
        self,
        path: &Path,
        transaction: &WriteTransaction,
    ) -> Result<(), StoreError> {
        let Self {
            tables,
            old,
            young,
            is_merged,
            ..
        } = self;
        let closed = close(path, old);
        closed.and(close(path, young))?;
        if is_merged {
            guard(path, || transaction.delete_table(tables.young))?;
        }
        Ok(())
    }

    /// Calls `visit` for all keys in a range, in no order, some of them twice.
    pub(super) fn walk(
        &mut self,
        path: &Path,
        keys: impl RangeBounds<K> + Clone,
        visit: &mut dyn FnMut(K) -> bool,
    ) -> Result<(), StoreError> {
        self.settle(path)?;
        let mut goes_on = true;
        walk_range(path, &self.young, keys.clone(), |key, _| {
            goes_on = visit(key);
            Ok(goes_on)
        })?;
        if !goes_on {
            return Ok(());
        }
        walk_range(path, &self.old, keys, |key, _| Ok(visit(key)))
    }
}

/// Closes a table. One that is damaged may panic.
pub(super) fn close<T>(path: &Path, table: T) -> Result<(), StoreError> {
    guard(path, || {
        drop(table);
        Ok::<_, redb::Error>(())
    })
}
