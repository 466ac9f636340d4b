//! Writing to the database.

use std::{
    cell::{RefCell, RefMut},
    fmt,
    path::Path,
};

use redb::{ReadableTable, WriteTransaction};

use super::{
    Collection, Table,
    appended::Rows,
    changing::{Numbers, close},
    format::Format,
    guard, rows,
    tables::{Form, Kind},
    walk::{Order, Visit, walk},
};
use crate::store::{StoreError, documents};

type Opened<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;

/// One write transaction: all of it is kept, or nothing.
///
/// A table stays open once it was asked for: opening one takes longer than
/// putting something into it.
pub(crate) struct Transaction<'t> {
    pub(super) path: &'t Path,
    inner: &'t WriteTransaction,
    tables: RefCell<Vec<(Table, Opened<'t>)>>,
    /// Of the tables of rows.
    keys: RefCell<Vec<(Table, Numbers<'t, u64, u64>)>>,
    pairs: RefCell<Vec<(Table, Numbers<'t, u128, ()>)>>,
    rows: RefCell<Option<Rows<'t>>>,
}

impl<'t> Transaction<'t> {
    pub(super) fn new(path: &'t Path, inner: &'t WriteTransaction) -> Self {
        Self {
            path,
            inner,
            tables: RefCell::default(),
            keys: RefCell::default(),
            pairs: RefCell::default(),
            rows: RefCell::default(),
        }
    }

    /// Makes the changes that wait, and closes the tables, after which the
    /// transaction can be committed.
    pub(super) fn close(self) -> Result<(), StoreError> {
        let finished = self.finish();
        let closed = self.close_tables();
        finished.and(closed)
    }

    fn finish(&self) -> Result<(), StoreError> {
        for (_, keys) in self.keys.borrow_mut().iter_mut() {
            keys.finish(self.path)?;
        }
        for (_, pairs) in self.pairs.borrow_mut().iter_mut() {
            pairs.finish(self.path)?;
        }
        match &mut *self.rows.borrow_mut() {
            Some(rows) => rows.settle(self.path),
            None => Ok(()),
        }
    }

    /// Closes them one by one: where the first one panics the others may too,
    /// and a panic amid another's cleaning up would end the process.
    fn close_tables(&self) -> Result<(), StoreError> {
        let mut closed = Ok(());
        for table in self.tables.take() {
            closed = closed.and(close(self.path, table));
        }
        for (_, keys) in self.keys.take() {
            closed = closed.and(keys.close(self.path, self.inner));
        }
        for (_, pairs) in self.pairs.take() {
            closed = closed.and(pairs.close(self.path, self.inner));
        }
        match self.rows.take() {
            Some(rows) => closed.and(rows.close(self.path)),
            None => closed,
        }
    }

    fn table(&self, table: Table) -> Result<RefMut<'_, Opened<'t>>, StoreError> {
        opened(self.tables.borrow_mut(), table, || {
            guard(self.path, || self.inner.open_table(table.definition()))
        })
    }

    /// The short keys of a table of rows.
    fn short_keys(&self, table: Table) -> Result<RefMut<'_, Numbers<'t, u64, u64>>, StoreError> {
        opened(self.keys.borrow_mut(), table, || {
            Numbers::open(self.path, self.inner, table.numbered())
        })
    }

    fn pairs(&self, table: Table) -> Result<RefMut<'_, Numbers<'t, u128, ()>>, StoreError> {
        opened(self.pairs.borrow_mut(), table, || {
            Numbers::open(self.path, self.inner, table.pairs())
        })
    }

    pub(super) fn rows(&self) -> Result<RefMut<'_, Rows<'t>>, StoreError> {
        let mut rows = self.rows.borrow_mut();
        if rows.is_none() {
            *rows = Some(Rows::open(self.path, self.inner)?);
        }
        Ok(RefMut::map(rows, |rows| {
            rows.as_mut().expect("it was opened")
        }))
    }

    /// Puts a document under `key`, in place of the one that may be there.
    ///
    /// # Errors
    /// If the metadata store cannot be written.
    pub(crate) fn put(
        &mut self,
        collection: Collection,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), StoreError> {
        let sealed = documents::seal(collection, key, value);
        self.insert(Table::of(collection), key, &sealed)
    }

    /// Takes the document under `key` away.
    ///
    /// # Errors
    /// If the metadata store cannot be written.
    pub(crate) fn delete(&mut self, collection: Collection, key: &[u8]) -> Result<(), StoreError> {
        self.remove(Table::of(collection), key)
    }

    /// Calls `visit` with the documents whose key begins with `prefix`, in the
    /// order of their keys, until it returns `false`.
    ///
    /// # Errors
    /// If the metadata store cannot be read, or `visit` fails.
    pub(crate) fn scan(
        &mut self,
        collection: Collection,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        let table = self.table(Table::of(collection))?;
        let mut visit = documents::whole(collection, visit);
        walk(self.path, &*table, prefix, Order::Forward, &mut visit)
    }

    /// The value under `key`.
    pub(in crate::store) fn look(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match table.form() {
            Form::Plain => {
                let table = self.table(table)?;
                guard(self.path, || {
                    let value = table.get(key)?;
                    Ok::<_, redb::StorageError>(value.map(|value| value.value().to_vec()))
                })
            }
            Form::Pairs => match rows::pair(key) {
                Some(pair) => {
                    let found = self.pairs(table)?.get(self.path, pair)?;
                    Ok(found.map(|()| Vec::new()))
                }
                None => Ok(None),
            },
            Form::Rows(kind) => {
                let found = hash(key).map(|key| self.row(table, kind, key));
                Ok(found.transpose()?.flatten().map(|(_, value)| value))
            }
        }
    }

    /// The number of the row that a short key leads to.
    pub(super) fn number(&self, table: Table, beginning: &[u8]) -> Result<Option<u64>, StoreError> {
        match rows::short(beginning) {
            Some(short) => self.short_keys(table)?.get(self.path, short),
            None => Ok(None),
        }
    }

    pub(super) fn set_number(
        &self,
        table: Table,
        beginning: &[u8],
        number: Option<u64>,
    ) -> Result<(), StoreError> {
        match rows::short(beginning) {
            Some(short) => self.short_keys(table)?.set(self.path, short, number),
            None => Ok(()),
        }
    }

    /// The row of a key: its number and its value.
    fn row(
        &self,
        table: Table,
        kind: Kind,
        key: &[u8; 32],
    ) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let Some(number) = self.number(table, key)? else {
            return Ok(None);
        };
        let value = self.rows()?.value(self.path, number, kind, key)?;
        Ok(value.map(|value| (number, value)))
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
        let Some(number) = self.number(table, beginning)? else {
            return Ok(None);
        };
        let row = self.rows()?.get(self.path, number)?;
        let row = row.as_deref();
        Ok(row.and_then(|row| rows::key_with(kind, row, beginning)))
    }

    /// The keys of a table of pairs that begin with `prefix`.
    pub(in crate::store) fn pairs_with(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<Vec<[u8; 16]>, StoreError> {
        let mut keys = Vec::new();
        let mut visit = |pair: u128| {
            keys.push(pair.to_be_bytes());
            true
        };
        self.pairs(table)?
            .walk(self.path, rows::pairs(prefix), &mut visit)?;
        Ok(keys)
    }

    /// Whether any key of a table of pairs begins with `prefix`.
    pub(in crate::store) fn any_pair(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<bool, StoreError> {
        let mut found = false;
        let mut visit = |_| {
            found = true;
            false
        };
        self.pairs(table)?
            .walk(self.path, rows::pairs(prefix), &mut visit)?;
        Ok(found)
    }

    /// Puts `value` under `key`.
    pub(in crate::store) fn insert(
        &mut self,
        table: Table,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), StoreError> {
        match table.form() {
            Form::Plain => {
                let mut table = self.table(table)?;
                guard(self.path, || table.insert(key, value).map(drop))
            }
            Form::Pairs => self.set_pair(table, key, Some(())),
            Form::Rows(kind) => match hash(key) {
                Some(key) => match self.row(table, kind, key)? {
                    Some((number, _)) => self.rows()?.replace(self.path, number, kind, key, value),
                    None => self.append(table, kind, key, value),
                },
                None => Ok(()),
            },
        }
    }

    /// Puts `value` under `key`, where nothing is yet.
    pub(in crate::store) fn insert_new(
        &mut self,
        table: Table,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), StoreError> {
        match (table.form(), hash(key)) {
            (Form::Rows(kind), Some(key)) => self.append(table, kind, key, value),
            _ => self.insert(table, key, value),
        }
    }

    fn append(
        &self,
        table: Table,
        kind: Kind,
        key: &[u8; 32],
        value: &[u8],
    ) -> Result<(), StoreError> {
        let number = self.rows()?.append(self.path, kind, key, value)?;
        self.set_number(table, key, Some(number))
    }

    fn set_pair(&self, table: Table, key: &[u8], value: Option<()>) -> Result<(), StoreError> {
        match rows::pair(key) {
            Some(pair) => self.pairs(table)?.set(self.path, pair, value),
            None => Ok(()),
        }
    }

    /// Takes `key` away.
    pub(in crate::store) fn remove(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        match table.form() {
            Form::Plain => {
                let mut table = self.table(table)?;
                guard(self.path, || table.remove(key).map(drop))
            }
            Form::Pairs => self.set_pair(table, key, None),
            Form::Rows(kind) => match hash(key) {
                Some(key) => self.remove_row(table, kind, key),
                None => Ok(()),
            },
        }
    }

    fn remove_row(&self, table: Table, kind: Kind, key: &[u8; 32]) -> Result<(), StoreError> {
        let Some((number, _)) = self.row(table, kind, key)? else {
            return Ok(());
        };
        self.rows()?.remove(self.path, number)?;
        self.set_number(table, key, None)
    }

    /// The format that the database says it has, for a transaction that goes on
    /// accordingly.
    pub(super) fn into_format(self) -> Result<Format, StoreError> {
        let format = self.look(Table::FORMAT, &[])?;
        self.close()?;
        Ok(Format::read(format.as_deref()))
    }

    /// Makes all tables that are not there yet, and notes the format.
    pub(super) fn create_tables(&mut self, format: u64) -> Result<(), StoreError> {
        for table in Table::ALL {
            match table.form() {
                Form::Plain => drop(self.table(table)?),
                Form::Rows(_) => drop(self.short_keys(table)?),
                Form::Pairs => drop(self.pairs(table)?),
            }
        }
        drop(self.rows()?);
        self.insert(Table::FORMAT, &[], &Format::bytes(format))
    }
}

/// The table among those that are open; opened if it is not.
fn opened<T>(
    mut open: RefMut<'_, Vec<(Table, T)>>,
    table: Table,
    begin: impl FnOnce() -> Result<T, StoreError>,
) -> Result<RefMut<'_, T>, StoreError> {
    let found = open.iter().position(|(name, _)| *name == table);
    let position = if let Some(position) = found {
        position
    } else {
        open.push((table, begin()?));
        open.len() - 1
    };
    Ok(RefMut::map(open, |open| &mut open[position].1))
}

/// The key of a table of rows; anything else is none.
fn hash(key: &[u8]) -> Option<&[u8; 32]> {
    key.try_into().ok()
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        // There are tables left only where the first error is on its way.
        let _ = self.close_tables();
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
