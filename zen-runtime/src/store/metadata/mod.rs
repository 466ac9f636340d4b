//! The metadata store. This module and those under it are the only ones that
//! know of redb.
//!
//! redb does not check the pages that it reads, and a damaged one may make it
//! panic. Every call of it goes through [`guard`], which turns errors and
//! panics alike into a [`StoreError`].

mod snapshot;
mod tables;
mod transaction;
mod walk;

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
};

use redb::{Builder, ConcurrencyMode, Database, ReadTransaction, ReadableDatabase};

pub(super) use self::snapshot::{Page, Snapshot};
pub(super) use self::tables::Table;
pub(crate) use self::{snapshot::View, tables::Collection, transaction::Transaction, walk::Visit};
use super::StoreError;

/// The newest format of the database that this release knows.
const FORMAT: u64 = 1;

/// Memory for pages, in bytes: the working set of a hit is a few pages per
/// table, and the operating system keeps the rest.
const CACHE: usize = 64 << 20;

/// The open database.
pub(super) struct Metadata {
    path: Arc<Path>,
    /// `None` only while it is dropped.
    database: Option<Database>,
}

impl Metadata {
    /// Opens the database, and makes one if there is none.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let database = guard(path, || {
            Builder::new()
                .set_concurrency_mode(ConcurrencyMode::MultiWriter)
                .set_cache_size(CACHE)
                .create(path)
        })?;
        let metadata = Self {
            path: path.into(),
            database: Some(database),
        };
        metadata.prepare()?;
        Ok(metadata)
    }

    /// Makes sure that the format is one this release knows, and that all
    /// tables are there.
    fn prepare(&self) -> Result<(), StoreError> {
        // The format comes first: the tables of a later one may be of other
        // types, so that they cannot be opened.
        let found = snapshot::format(&self.path, &self.begin_read()?)?;
        if found.is_some() {
            return check(found);
        }
        self.write(|transaction| {
            // Another process may have been first.
            check(transaction.format()?)?;
            transaction.create_tables(FORMAT)
        })
    }

    fn database(&self) -> &Database {
        self.database.as_ref().expect("it is taken only by drop")
    }

    /// Everything as it is now.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Snapshot::new(self.path.clone(), self.begin_read()?)
    }

    fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        guard(&self.path, || self.database().begin_read())
    }

    /// Runs `f` in a write transaction and commits it; what `f` wrote is
    /// durable when this returns, and undone if `f` fails.
    pub(super) fn write<R>(
        &self,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let transaction = guard(&self.path, || self.database().begin_write())?;
        match f(&mut Transaction::new(&self.path, &transaction)) {
            Ok(result) => {
                guard(&self.path, || transaction.commit())?;
                Ok(result)
            }
            Err(error) => {
                // The first error is the one to tell; what was written is gone
                // either way.
                let _ = guard(&self.path, || transaction.abort());
                Err(error)
            }
        }
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        // Closing a damaged database may panic. All that was promised is
        // already on disk.
        let database = self.database.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Refuses a format of a later release.
fn check(format: Option<u64>) -> Result<(), StoreError> {
    match format {
        Some(found) if found > FORMAT => Err(StoreError::Newer {
            found,
            known: FORMAT,
        }),
        _ => Ok(()),
    }
}

/// Calls into redb. Its errors and panics become errors that name `path`.
fn guard<T, E: Into<redb::Error>>(
    path: &Path,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(refused(path, error.into())),
        Err(panic) => Err(damaged(path, panic.as_ref())),
    }
}

#[cold]
fn refused(path: &Path, error: redb::Error) -> StoreError {
    StoreError::Metadata {
        path: path.to_owned(),
        source: Box::new(error),
    }
}

#[cold]
fn damaged(path: &Path, panic: &(dyn Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let message = text.or_else(|| panic.downcast_ref::<String>().cloned());
    StoreError::Damaged {
        path: path.to_owned(),
        message: message.unwrap_or_else(|| "the database panicked".to_owned()),
    }
}
