//! Reading the database as it was at one moment.

use std::{fmt, ops::Deref, path::Path, sync::Arc};

use redb::{OwnedAccessGuard, ReadOnlyTable, ReadTransaction, TableError};

use super::{
    Collection, Table, guard,
    transaction::Format,
    walk::{Order, Visit, walk},
};
use crate::store::{StoreError, documents};

type Opened = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// The database as it was at one moment.
///
/// The tables that a hit needs are kept open: opening one takes longer than
/// looking into it.
pub(in crate::store) struct Snapshot {
    path: Arc<Path>,
    transaction: ReadTransaction,
    records: Option<Opened>,
    artifacts: Option<Opened>,
    files: Option<Opened>,
}

impl Snapshot {
    pub(super) fn new(path: Arc<Path>, transaction: ReadTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            records: open(&path, &transaction, Table::RECORDS)?,
            artifacts: open(&path, &transaction, Table::ARTIFACTS)?,
            files: open(&path, &transaction, Table::FILES)?,
            path,
            transaction,
        })
    }

    /// The bytes of a record.
    pub(in crate::store) fn record(&self, key: &[u8]) -> Result<Option<Page>, StoreError> {
        get(&self.path, self.records.as_ref(), key)
    }

    /// The bytes of an artifact's entry.
    pub(in crate::store) fn artifact(&self, key: &[u8]) -> Result<Option<Page>, StoreError> {
        get(&self.path, self.artifacts.as_ref(), key)
    }

    /// What is remembered of a file outside of the store.
    pub(in crate::store) fn file(&self, key: &[u8]) -> Result<Option<Page>, StoreError> {
        get(&self.path, self.files.as_ref(), key)
    }

    /// The value under `key` in any table.
    pub(in crate::store) fn look(
        &self,
        table: Table,
        key: &[u8],
    ) -> Result<Option<Page>, StoreError> {
        let table = open(&self.path, &self.transaction, table)?;
        get(&self.path, table.as_ref(), key)
    }

    /// Calls `visit` for every key of `table` that begins with `prefix`.
    pub(in crate::store) fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.walk(table, prefix, Order::Forward, visit)
    }

    fn walk(
        &self,
        table: Table,
        prefix: &[u8],
        order: Order,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        match open(&self.path, &self.transaction, table)? {
            Some(table) => walk(&self.path, &table, prefix, order, visit),
            None => Ok(()),
        }
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

/// The format that the database says it has.
pub(super) fn format(path: &Path, transaction: &ReadTransaction) -> Result<Format, StoreError> {
    let table = open(path, transaction, Table::FORMAT)?;
    let page = get(path, table.as_ref(), &[])?;
    Ok(Format::read(page.as_deref()))
}

/// Opens a table; `None` if nothing was ever written to it.
fn open(
    path: &Path,
    transaction: &ReadTransaction,
    table: Table,
) -> Result<Option<Opened>, StoreError> {
    guard(path, || match transaction.open_table(table.definition()) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error),
    })
}

fn get(path: &Path, table: Option<&Opened>, key: &[u8]) -> Result<Option<Page>, StoreError> {
    let Some(table) = table else {
        return Ok(None);
    };
    guard(path, || {
        let value = table.get_owned(key)?;
        // Where a damaged page says that the value lies outside of it, the
        // first look panics: let it be this one.
        value.as_ref().map(OwnedAccessGuard::value);
        Ok::<_, redb::StorageError>(value.map(Page))
    })
}

/// A value where it lies in the database's page cache.
pub(in crate::store) struct Page(OwnedAccessGuard<&'static [u8]>);

impl Deref for Page {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.value()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The documents as they were at one moment.
#[derive(Debug)]
pub(crate) struct View(Snapshot);

impl View {
    pub(in crate::store) fn new(snapshot: Snapshot) -> Self {
        Self(snapshot)
    }

    /// The document under `key`. A damaged one is not there.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn get(
        &self,
        collection: Collection,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let page = self.0.look(Table::of(collection), key)?;
        Ok(page.and_then(|page| documents::open(collection, key, &page).map(<[u8]>::to_vec)))
    }

    /// Calls `visit` with the documents whose key begins with `prefix`, in the
    /// order of their keys, until it returns `false`.
    ///
    /// # Errors
    /// If the metadata store cannot be read, or `visit` fails.
    pub(crate) fn scan(
        &self,
        collection: Collection,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.walk(collection, prefix, Order::Forward, visit)
    }

    /// Like [`View::scan`], the last key first.
    ///
    /// # Errors
    /// Those of [`View::scan`].
    pub(crate) fn scan_back(
        &self,
        collection: Collection,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.walk(collection, prefix, Order::Backward, visit)
    }

    fn walk(
        &self,
        collection: Collection,
        prefix: &[u8],
        order: Order,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.0.walk(
            Table::of(collection),
            prefix,
            order,
            &mut documents::whole(collection, visit),
        )
    }
}
