//! The table of rows while it is written.

use std::{mem::ManuallyDrop, ops::Bound, path::Path};

use redb::{ReadableTable, WriteTransaction};

use super::{
    changing::close,
    guard, rows,
    tables::{Kind, ROWS},
};
use crate::store::StoreError;

/// How many bytes of rows wait at most.
const MOST_BYTES: usize = 4 << 20;

/// The table of rows.
///
/// New rows wait, and are appended together: each then costs a copy, and no way
/// down the tree.
pub(super) struct Rows<'t> {
    table: redb::Table<'t, u64, &'static [u8]>,
    appended: Appended,
}

impl<'t> Rows<'t> {
    pub(super) fn open(path: &Path, transaction: &'t WriteTransaction) -> Result<Self, StoreError> {
        guard(path, || {
            let table = transaction.open_table(ROWS)?;
            let last = table.last()?.map(|(number, _)| number.value());
            let next = last.map_or(0, |last| last.saturating_add(1));
            Ok::<_, redb::Error>(Self {
                appended: Appended::from(next),
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
        self.read(path, number, |row| {
            let value = rows::read(kind, row).filter(|(found, _)| *found == key);
            value.map(|(_, value)| value.to_vec())
        })
        .map(Option::flatten)
    }

    /// A row as it is.
    pub(super) fn get(&self, path: &Path, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(path, number, <[u8]>::to_vec)
    }

    fn read<R>(
        &self,
        path: &Path,
        number: u64,
        read: impl Fn(&[u8]) -> R,
    ) -> Result<Option<R>, StoreError> {
        if let Some(row) = self.appended.get(number) {
            return Ok(Some(read(row)));
        }
        guard(path, || {
            let row = self.table.get(number)?;
            Ok::<_, redb::StorageError>(row.map(|row| read(row.value())))
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
        let number = self.appended.next();
        self.appended.push(kind, key, value);
        if self.appended.size() > MOST_BYTES {
            self.settle(path)?;
        }
        Ok(number)
    }

    /// Appends the rows that wait.
    pub(super) fn settle(&mut self, path: &Path) -> Result<(), StoreError> {
        if self.appended.is_empty() {
            return Ok(());
        }
        let next = Appended::from(self.appended.next());
        let appended = std::mem::replace(&mut self.appended, next);
        guard(path, || {
            // Dropped amid a panic or after an error it would go on writing.
            let mut end = ManuallyDrop::new(self.table.upper_bound_mut(Bound::<u64>::Unbounded)?);
            for (number, row) in appended.iter() {
                end.insert_before(number, row)?;
            }
            ManuallyDrop::into_inner(end)
                .close()
                .map_err(redb::Error::from)
        })
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
        self.settle(path)?;
        let mut row = Vec::with_capacity(rows::HEADER + value.len());
        rows::append(&mut row, kind, key, value);
        guard(path, || self.table.insert(number, &row[..]).map(drop))
    }

    pub(super) fn remove(&mut self, path: &Path, number: u64) -> Result<(), StoreError> {
        self.settle(path)?;
        guard(path, || self.table.remove(number).map(drop))
    }

    /// Closes the table.
    pub(super) fn close(self, path: &Path) -> Result<(), StoreError> {
        close(path, self.table)
    }
}

/// Rows of consecutive numbers, from `first` on.
#[derive(Debug, Default)]
struct Appended {
    first: u64,
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
}

impl Appended {
    /// None yet; the next row has this number.
    fn from(first: u64) -> Self {
        Self {
            first,
            ..Self::default()
        }
    }

    /// The number of the next row.
    fn next(&self) -> u64 {
        self.first.saturating_add(self.ends.len() as u64)
    }

    /// Adds a row.
    fn push(&mut self, kind: Kind, key: &[u8; 32], value: &[u8]) {
        rows::append(&mut self.bytes, kind, key, value);
        self.ends.push(self.bytes.len());
    }

    /// The row of this number, if it waits here.
    fn get(&self, number: u64) -> Option<&[u8]> {
        let position = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let end = *self.ends.get(position)?;
        let start = position.checked_sub(1).map_or(0, |last| self.ends[last]);
        Some(&self.bytes[start..end])
    }

    /// How many bytes wait.
    fn size(&self) -> usize {
        self.bytes.len()
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The rows by number.
    fn iter(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let rows = starts.zip(&self.ends);
        (self.first..).zip(rows.map(|(start, &end)| &self.bytes[start..end]))
    }
}

#[cfg(test)]
mod tests {
    use redb::Database;

    use super::*;

    #[test]
    fn rows_are_found_by_their_numbers() {
        let mut appended = Appended::from(7);
        assert!(appended.is_empty());
        for value in [&b"one"[..], b"", b"three"] {
            appended.push(Kind::Record, &[9; 32], value);
        }
        assert_eq!(appended.next(), 10);
        assert_eq!(appended.size(), 3 * rows::HEADER + 8);
        let values: Vec<_> = appended
            .iter()
            .map(|(number, row)| {
                assert_eq!(appended.get(number), Some(row));
                (number, rows::read(Kind::Record, row).unwrap().1)
            })
            .collect();
        assert_eq!(values, [(7, &b"one"[..]), (8, b""), (9, b"three")]);
        assert_eq!(appended.get(6), None);
        assert_eq!(appended.get(10), None);
    }

    const KEY: [u8; 32] = [7; 32];

    fn value(rows: &Rows<'_>, path: &Path, number: u64) -> Option<Vec<u8>> {
        rows.value(path, number, Kind::Record, &KEY).unwrap()
    }

    #[test]
    fn rows_that_wait_are_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let database = Database::create(path.join("rows.redb")).unwrap();
        for round in 0..2_usize {
            let transaction = database.begin_write().unwrap();
            let mut rows = Rows::open(path, &transaction).unwrap();
            let mut append = |value: &[u8]| rows.append(path, Kind::Record, &KEY, value).unwrap();
            let first = 4 * round as u64;
            assert_eq!(
                [append(b"a"), append(b"b"), append(b"c")],
                [0, 1, 2].map(|n| first + n)
            );
            assert_eq!(value(&rows, path, first), Some(b"a".to_vec()));
            let row = rows.get(path, first + 2).unwrap().unwrap();
            assert_eq!(rows::read(Kind::Record, &row), Some((&KEY, &b"c"[..])));
            rows.replace(path, first + 1, Kind::Record, &KEY, b"B")
                .unwrap();
            rows.remove(path, first + 2).unwrap();
            let last = rows.append(path, Kind::Record, &KEY, b"d").unwrap();
            assert_eq!(last, first + 3, "no number is given twice");
            rows.settle(path).unwrap();
            let left = (0..=last).map(|number| value(&rows, path, number));
            let left: Vec<_> = left.flatten().collect();
            let expected = [&b"a"[..], b"B", b"d"].repeat(round + 1);
            assert_eq!(left, expected);
            rows.close(path).unwrap();
            transaction.commit().unwrap();
        }
    }

    #[test]
    fn many_large_rows_are_appended_before_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let database = Database::create(path.join("rows.redb")).unwrap();
        let transaction = database.begin_write().unwrap();
        let mut rows = Rows::open(path, &transaction).unwrap();
        let bytes = vec![9; MOST_BYTES / 3];
        for number in 0..5 {
            rows.append(path, Kind::Record, &KEY, &bytes).unwrap();
            assert!(rows.appended.size() <= MOST_BYTES, "after {number}");
        }
        assert!((0..5).all(|number| value(&rows, path, number).as_ref() == Some(&bytes)));
        rows.settle(path).unwrap();
        assert!(rows.appended.is_empty());
        assert!((0..5).all(|number| value(&rows, path, number).as_ref() == Some(&bytes)));
        rows.close(path).unwrap();
        transaction.commit().unwrap();
    }
}
