//! Tables of numbers in two levels.
//!
//! Keys that are hashes are in no order: a group of results changes as good as
//! every page of a large table, and all of them are written. So new entries go
//! into a small table first, the young one, and from there into the old one
//! many at a time, as in a log-structured merge tree (O'Neil and others, 1996)
//! of two levels.

use std::{ops::RangeBounds, path::Path};

use redb::{ReadOnlyTable, ReadTransaction, TableDefinition};

use super::{
    guard, snapshot,
    walk::{Number, walk_range},
};
use crate::store::StoreError;

/// How many entries a transaction brings while many wait for each other.
const GROUP: u64 = 4096;

/// The two tables of the database.
#[derive(Clone, Copy)]
pub(super) struct Leveled<K: Number, V: Number> {
    pub(super) old: TableDefinition<'static, K, V>,
    pub(super) young: TableDefinition<'static, K, V>,
}

impl<K: Number, V: Number> Leveled<K, V> {
    pub(super) const fn new(old: &'static str, young: &'static str) -> Self {
        Self {
            old: TableDefinition::new(old),
            young: TableDefinition::new(young),
        }
    }
}

/// How many entries may be young beside so many old ones.
///
/// With n old ones, a transaction of g changes most pages of the y young ones,
/// which costs y / g for each entry, and one in y / g of them most pages of the
/// old ones, which costs n / y. The sum is least where y² = n · g.
pub(super) fn most_young(old: u64) -> u64 {
    old.saturating_mul(GROUP).isqrt().max(GROUP)
}

/// Both tables, as they were at one moment.
pub(super) struct Levels<K: Number, V: Number> {
    old: Option<ReadOnlyTable<K, V>>,
    young: Option<ReadOnlyTable<K, V>>,
}

impl<K: Number, V: Number> Levels<K, V> {
    pub(super) fn open(
        path: &Path,
        transaction: &ReadTransaction,
        tables: Leveled<K, V>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            old: snapshot::open(path, transaction, tables.old)?,
            young: snapshot::open(path, transaction, tables.young)?,
        })
    }

    /// The value under `key`: the young one, if there are two.
    pub(super) fn get(&self, path: &Path, key: K) -> Result<Option<V>, StoreError> {
        match get(path, self.young.as_ref(), key)? {
            Some(value) => Ok(Some(value)),
            None => get(path, self.old.as_ref(), key),
        }
    }

    /// The first that `find` finds by a value under `key`. The old one is tried
    /// first, as most are old: who looks must be able to tell whether it is right.
    pub(super) fn find<R>(
        &self,
        path: &Path,
        key: K,
        find: impl Fn(V) -> Result<Option<R>, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        for level in [&self.old, &self.young] {
            let Some(value) = get(path, level.as_ref(), key)? else {
                continue;
            };
            if let Some(found) = find(value)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Calls `visit` for all that is in a range of keys, in no order.
    pub(super) fn walk(
        &self,
        path: &Path,
        keys: impl RangeBounds<K> + Clone,
        mut visit: impl FnMut(K, V) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut goes_on = true;
        if let Some(young) = &self.young {
            walk_range(path, young, keys.clone(), |key, value| {
                goes_on = visit(key, value)?;
                Ok(goes_on)
            })?;
        }
        match &self.old {
            Some(old) if goes_on => walk_range(path, old, keys, |key, value| {
                let is_young = get(path, self.young.as_ref(), key)?.is_some();
                if is_young {
                    Ok(true)
                } else {
                    visit(key, value)
                }
            }),
            _ => Ok(()),
        }
    }
}

fn get<K: Number, V: Number>(
    path: &Path,
    table: Option<&ReadOnlyTable<K, V>>,
    key: K,
) -> Result<Option<V>, StoreError> {
    let Some(table) = table else {
        return Ok(None);
    };
    guard(path, || {
        let value = table.get(key)?;
        Ok::<_, redb::StorageError>(value.map(|value| value.value()))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use redb::{Database, ReadableDatabase, ReadableTableMetadata};

    use super::*;
    use crate::store::metadata::changing::Numbers;

    const TABLES: Leveled<u64, u64> = Leveled::new("numbers", "numbers young");

    /// Makes changes in one transaction.
    fn change(database: &Database, path: &Path, changes: &[(u64, Option<u64>)]) {
        let transaction = database.begin_write().unwrap();
        let mut numbers = Numbers::open(path, &transaction, TABLES).unwrap();
        for (key, value) in changes {
            numbers.set(path, *key, *value).unwrap();
            assert_eq!(numbers.get(path, *key).unwrap(), *value);
        }
        numbers.finish(path).unwrap();
        numbers.close(path, &transaction).unwrap();
        transaction.commit().unwrap();
    }

    fn read(database: &Database, path: &Path) -> Levels<u64, u64> {
        let transaction = database.begin_read().unwrap();
        Levels::open(path, &transaction, TABLES).unwrap()
    }

    fn all(levels: &Levels<u64, u64>, path: &Path) -> Vec<(u64, u64)> {
        let mut found = Vec::new();
        let mut visit = |key, value| {
            found.push((key, value));
            Ok(true)
        };
        levels.walk(path, .., &mut visit).unwrap();
        found.sort_unstable();
        found
    }

    fn lengths(levels: &Levels<u64, u64>) -> [u64; 2] {
        let length =
            |table: &Option<ReadOnlyTable<_, _>>| table.as_ref().map_or(0, |t| t.len().unwrap());
        [length(&levels.old), length(&levels.young)]
    }

    fn group() -> impl Strategy<Value = Vec<(u64, Option<u64>)>> {
        let change = (0_u64..20_000, prop::option::weighted(0.8, any::<u64>()));
        prop::collection::vec(change, 0..4000)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn it_is_one_table(groups in prop::collection::vec(group(), 1..8)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path();
            let database = Database::create(path.join("levels.redb")).unwrap();
            let mut expected = BTreeMap::new();
            for changes in groups {
                change(&database, path, &changes);
                for (key, value) in &changes {
                    match value {
                        Some(value) => expected.insert(*key, *value),
                        None => expected.remove(key),
                    };
                }
                let levels = read(&database, path);
                prop_assert!(all(&levels, path).into_iter().eq(expected.clone()));
                for (key, _) in &changes {
                    prop_assert_eq!(levels.get(path, *key).unwrap(), expected.get(key).copied());
                }
            }
        }
    }

    #[test]
    fn what_is_young_gets_old_once_it_is_much() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let database = Database::create(path.join("levels.redb")).unwrap();
        let group = |first: u64, count: u64| -> Vec<_> {
            (first..first + count).map(|key| (key, Some(key))).collect()
        };
        change(&database, path, &group(0, GROUP));
        assert_eq!(lengths(&read(&database, path)), [0, GROUP]);
        change(&database, path, &group(GROUP, 1));
        assert_eq!(lengths(&read(&database, path)), [GROUP + 1, 0]);
        // The young one counts, and the right one is found whichever it is.
        change(&database, path, &[(7, Some(70))]);
        let levels = read(&database, path);
        assert_eq!(levels.get(path, 7).unwrap(), Some(70));
        for wanted in [7, 70] {
            let is_it = |value| Ok((value == wanted).then_some(value));
            assert_eq!(levels.find(path, 7, is_it).unwrap(), Some(wanted));
        }
        change(&database, path, &[(7, None)]);
        assert_eq!(read(&database, path).get(path, 7).unwrap(), None);
        assert_eq!(lengths(&read(&database, path)), [GROUP, 0]);
    }

    #[test]
    fn more_may_be_young_beside_more() {
        assert_eq!(most_young(0), GROUP);
        assert_eq!(most_young(100 * GROUP), 10 * GROUP);
        assert!(most_young(u64::MAX) < u64::MAX);
    }
}
