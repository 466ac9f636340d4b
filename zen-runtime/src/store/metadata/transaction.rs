//! Writing to the database.

use std::{
    cell::{RefCell, RefMut},
    fmt,
    path::Path,
};

use redb::{ReadableTable, WriteTransaction};

use super::{
    Collection, Table, guard,
    walk::{Order, Visit, walk},
};
use crate::store::{StoreError, documents, seal};

type Opened<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;

/// One write transaction: all of it is kept, or nothing.
///
/// A table stays open once it was asked for: opening one takes longer than
/// putting something into it.
pub(crate) struct Transaction<'t> {
    path: &'t Path,
    inner: &'t WriteTransaction,
    tables: RefCell<Vec<(Table, Opened<'t>)>>,
}

impl<'t> Transaction<'t> {
    pub(super) fn new(path: &'t Path, inner: &'t WriteTransaction) -> Self {
        Self {
            path,
            inner,
            tables: RefCell::default(),
        }
    }

    /// Closes the tables, after which the transaction can be committed.
    pub(super) fn close(self) -> Result<(), StoreError> {
        self.close_tables()
    }

    /// Closes them one by one: where the first one panics the others may too,
    /// and a panic amid another's cleaning up would end the process.
    fn close_tables(&self) -> Result<(), StoreError> {
        let close = |(_, table)| {
            guard(self.path, || {
                drop(table);
                Ok::<_, redb::Error>(())
            })
        };
        let mut closed = Ok(());
        for table in self.tables.take() {
            closed = closed.and(close(table));
        }
        closed
    }

    fn table(&self, table: Table) -> Result<RefMut<'_, Opened<'t>>, StoreError> {
        let mut tables = self.tables.borrow_mut();
        let found = tables.iter().position(|(name, _)| *name == table);
        let position = if let Some(position) = found {
            position
        } else {
            let opened = guard(self.path, || self.inner.open_table(table.definition()))?;
            tables.push((table, opened));
            tables.len() - 1
        };
        Ok(RefMut::map(tables, |tables| &mut tables[position].1))
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
        let table = self.table(table)?;
        guard(self.path, || {
            let value = table.get(key)?;
            Ok::<_, redb::StorageError>(value.map(|value| value.value().to_vec()))
        })
    }

    /// The keys of `table` that begin with `prefix`.
    pub(in crate::store) fn keys(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let table = guard(self.path, || self.inner.open_table(table.definition()))?;
        let mut keys = Vec::new();
        walk(self.path, &table, prefix, Order::Forward, &mut |key, _| {
            keys.push(key.to_vec());
            Ok(true)
        })?;
        Ok(keys)
    }

    /// Whether any key of `table` begins with `prefix`.
    pub(in crate::store) fn any(&self, table: Table, prefix: &[u8]) -> Result<bool, StoreError> {
        let table = self.table(table)?;
        let mut found = false;
        walk(self.path, &*table, prefix, Order::Forward, &mut |_, _| {
            found = true;
            Ok(false)
        })?;
        Ok(found)
    }

    /// Puts `value` under `key`.
    pub(in crate::store) fn insert(
        &mut self,
        table: Table,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), StoreError> {
        let mut table = self.table(table)?;
        guard(self.path, || table.insert(key, value).map(drop))
    }

    /// Takes `key` away.
    pub(in crate::store) fn remove(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        let mut table = self.table(table)?;
        guard(self.path, || table.remove(key).map(drop))
    }

    /// The format that the database says it has.
    pub(super) fn format(&self) -> Result<Format, StoreError> {
        Ok(Format::read(self.look(Table::FORMAT, &[])?.as_deref()))
    }

    /// Makes all tables that are not there yet, and notes the format.
    pub(super) fn create_tables(&mut self, format: u64) -> Result<(), StoreError> {
        for table in Table::ALL {
            self.table(table)?;
        }
        self.insert(Table::FORMAT, &[], &Format::bytes(format))
    }
}

/// What the database says of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Format {
    /// Nothing: it is a new one.
    None,
    /// This one.
    Known(u64),
    /// The bytes are not those of a number.
    Damaged,
}

impl Format {
    pub(super) fn read(stored: Option<&[u8]>) -> Self {
        let Some(stored) = stored else {
            return Self::None;
        };
        // Format 1 had no checksum here.
        let body = seal::open(Table::FORMAT.name(), &[], stored)
            .or_else(|| (stored == 1_u64.to_le_bytes()).then_some(stored));
        let number = body.and_then(|body| body.try_into().ok());
        number.map_or(Self::Damaged, |number| {
            Self::Known(u64::from_le_bytes(number))
        })
    }

    /// The bytes to store.
    pub(in crate::store) fn bytes(format: u64) -> Vec<u8> {
        seal::seal(Table::FORMAT.name(), &[], format.to_le_bytes().to_vec())
    }
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
