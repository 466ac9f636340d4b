//! Reading the database as it was at one moment.

use std::{borrow::Borrow, fmt, ops::Deref, path::Path, sync::Arc};

use redb::{
    Key, OwnedAccessGuard, ReadOnlyTable, ReadTransaction, TableDefinition, TableError, Value,
};

use super::{
    Table,
    format::Format,
    guard,
    levels::Levels,
    rows,
    tables::{Form, Kind, ROWS},
    walk::{Order, Visit, walk},
};
use crate::store::StoreError;

type Opened = ReadOnlyTable<&'static [u8], &'static [u8]>;
type Numbers = Levels<u64, u64>;
type Rows = ReadOnlyTable<u64, &'static [u8]>;

/// The database as it was at one moment.
///
/// The tables that a hit needs are kept open: opening one takes longer than
/// looking into it.
pub(in crate::store) struct Snapshot {
    pub(super) path: Arc<Path>,
    transaction: ReadTransaction,
    pub(super) rows: Option<Rows>,
    records: Numbers,
    artifacts: Numbers,
    files: Option<Opened>,
}

impl Snapshot {
    pub(super) fn new(path: Arc<Path>, transaction: ReadTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            rows: open(&path, &transaction, ROWS)?,
            records: Levels::open(&path, &transaction, Table::RECORDS.numbered())?,
            artifacts: Levels::open(&path, &transaction, Table::ARTIFACTS.numbered())?,
            files: open(&path, &transaction, Table::FILES.definition())?,
            path,
            transaction,
        })
    }

    /// The bytes of a record.
    pub(in crate::store) fn record(&self, key: &[u8]) -> Result<Option<Page>, StoreError> {
        self.row(Kind::Record, &self.records, key)
    }

    /// The bytes of an artifact's entry.
    pub(in crate::store) fn artifact(&self, key: &[u8]) -> Result<Option<Page>, StoreError> {
        self.row(Kind::Artifact, &self.artifacts, key)
    }

    /// The value of the row that a key leads to. A number that leads to the row
    /// of another key leads nowhere.
    fn row(&self, kind: Kind, numbers: &Numbers, key: &[u8]) -> Result<Option<Page>, StoreError> {
        let Some(short) = rows::short(key) else {
            return Ok(None);
        };
        let is_its = |row: &Page| rows::read(kind, row).is_some_and(|(found, _)| found == key);
        numbers.find(&self.path, short, |number| {
            let row = self.row_at(number)?;
            Ok(row.filter(is_its).map(|row| row.value_of(number)))
        })
    }

    /// The bytes of an artifact's entry, if it lies right before the record that
    /// was found: who stores a result puts what it gave there, unless it is known
    /// already.
    pub(in crate::store) fn artifact_before(
        &self,
        record: &Page,
        key: &[u8; 32],
    ) -> Result<Option<Page>, StoreError> {
        let Some(number) = record.number.and_then(|number| number.checked_sub(1)) else {
            return Ok(None);
        };
        let row = self.row_at(number)?;
        let is_its =
            |row: &Page| rows::read(Kind::Artifact, row).is_some_and(|(found, _)| found == key);
        Ok(row.filter(is_its).map(|row| row.value_of(number)))
    }

    /// The number that a key leads to, or what it begins with.
    pub(super) fn number(
        &self,
        numbers: &Numbers,
        beginning: &[u8],
    ) -> Result<Option<u64>, StoreError> {
        match rows::short(beginning) {
            Some(short) => numbers.get(&self.path, short),
            None => Ok(None),
        }
    }

    fn row_at(&self, number: u64) -> Result<Option<Page>, StoreError> {
        get(&self.path, self.rows.as_ref(), number)
    }

    /// The whole key in a table of rows of which this is the beginning, of 8
    /// bytes or more.
    pub(in crate::store) fn whole_key(
        &self,
        table: Table,
        beginning: &[u8],
    ) -> Result<Option<[u8; 32]>, StoreError> {
        let Form::Rows(kind) = table.form() else {
            return Ok(None);
        };
        let Some(number) = self.number(self.opened(kind), beginning)? else {
            return Ok(None);
        };
        let row = self.row_at(number)?;
        let row = row.as_deref();
        Ok(row.and_then(|row| rows::key_with(kind, row, beginning)))
    }

    /// What is remembered of a file outside of the store.
    pub(in crate::store) fn file(&self, key: &[u8]) -> Result<Option<Page>, StoreError> {
        get(&self.path, self.files.as_ref(), key)
    }

    /// The value under `key` in a table of any form but that of indexes.
    pub(in crate::store) fn look(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<Page>, StoreError> {
        if let Form::Rows(kind) = table.form() {
            return self.row(kind, self.opened(kind), key);
        }
        let table = open(&self.path, &self.transaction, table.definition())?;
        get(&self.path, table.as_ref(), key)
    }

    pub(super) fn opened(&self, kind: Kind) -> &Numbers {
        match kind {
            Kind::Record => &self.records,
            Kind::Artifact => &self.artifacts,
        }
    }

    /// Calls `visit` for every key of `table` that begins with `prefix`.
    pub(in crate::store) fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        match table.form() {
            Form::Plain => self.walk(table, prefix, Order::Forward, visit),
            Form::Pairs => self.walk_pairs(table, prefix, visit),
            Form::Rows(kind) => self.walk_keys(kind, &mut |_, row| match row {
                Some((key, value)) if key.starts_with(prefix) => visit(key, value),
                _ => Ok(true),
            }),
        }
    }

    /// Like [`Snapshot::scan`], the last key first, for a table that is as it
    /// looks.
    pub(in crate::store) fn scan_back(
        &self,
        table: Table,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.walk(table, prefix, Order::Backward, visit)
    }

    pub(super) fn walk(
        &self,
        table: Table,
        prefix: &[u8],
        order: Order,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        match open(&self.path, &self.transaction, table.definition())? {
            Some(table) => walk(&self.path, &table, prefix, order, visit),
            None => Ok(()),
        }
    }

    fn walk_pairs(&self, table: Table, prefix: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        let table = Levels::open(&self.path, &self.transaction, table.pairs())?;
        table.walk(&self.path, rows::pairs(prefix), |pair, ()| {
            visit(&pair.to_be_bytes(), &[])
        })
    }

    /// Calls `visit` for every short key of a kind, with the whole key and the
    /// value that it leads to.
    pub(super) fn walk_keys(&self, kind: Kind, visit: Lead<'_>) -> Result<(), StoreError> {
        let numbers = self.opened(kind);
        numbers.walk(&self.path, .., |short, number| {
            let row = self.row_at(number)?;
            let read = row.as_deref().and_then(|row| rows::read(kind, row));
            let its = read.filter(|(key, _)| rows::short(&key[..]) == Some(short));
            visit(short, its)
        })
    }

    /// The names of all tables, in order.
    #[cfg(test)]
    pub(in crate::store) fn table_names(&self) -> Result<Vec<String>, StoreError> {
        use redb::TableHandle;
        let tables = guard(&self.path, || self.transaction.list_tables())?;
        let mut names: Vec<_> = tables.map(|table| table.name().to_owned()).collect();
        names.sort_unstable();
        Ok(names)
    }
}

/// Takes a short key, and the key and value that it leads to, if it leads
/// anywhere; says whether to go on.
type Lead<'a> = &'a mut dyn FnMut(u64, Option<(&[u8; 32], &[u8])>) -> Result<bool, StoreError>;

/// The format that the database says it has.
pub(super) fn format(path: &Path, transaction: &ReadTransaction) -> Result<Format, StoreError> {
    let table = open(path, transaction, Table::FORMAT.definition())?;
    let page = get(path, table.as_ref(), &[][..])?;
    Ok(Format::read(page.as_deref()))
}

/// Opens a table; `None` if nothing was ever written to it.
pub(super) fn open<K: Key, V: Value>(
    path: &Path,
    transaction: &ReadTransaction,
    definition: TableDefinition<'static, K, V>,
) -> Result<Option<ReadOnlyTable<K, V>>, StoreError> {
    guard(path, || match transaction.open_table(definition) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error),
    })
}

fn get<'k, K: Key>(
    path: &Path,
    table: Option<&ReadOnlyTable<K, &'static [u8]>>,
    key: impl Borrow<K::SelfType<'k>>,
) -> Result<Option<Page>, StoreError> {
    let Some(table) = table else {
        return Ok(None);
    };
    guard(path, || {
        let value = table.get_owned(key)?;
        // Where a damaged page says that the value lies outside of it, the
        // first look panics: let it be this one.
        value.as_ref().map(OwnedAccessGuard::value);
        Ok::<_, redb::StorageError>(value.map(Page::new))
    })
}

/// A value where it lies in the database's page cache.
pub(in crate::store) struct Page {
    value: OwnedAccessGuard<&'static [u8]>,
    /// Where in it what is meant begins.
    start: usize,
    /// Of which row it is.
    number: Option<u64>,
}

impl Page {
    fn new(value: OwnedAccessGuard<&'static [u8]>) -> Self {
        Self {
            value,
            start: 0,
            number: None,
        }
    }

    /// The value of the row of this number.
    fn value_of(self, number: u64) -> Self {
        Self {
            start: rows::HEADER,
            number: Some(number),
            ..self
        }
    }
}

impl Deref for Page {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.value.value()[self.start..]
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
