//! The metadata store. This module and those under it are the only ones that
//! know of redb.
//!
//! redb does not check the pages that it reads, and a damaged one may make it
//! panic. Every call of it goes through [`guard`], which turns errors and
//! panics alike into a [`StoreError`]. After one the database is opened again.

mod alone;
mod bookkeeping;
mod changing;
mod format;
mod guard;
mod handle;
mod line;
mod migrate;
mod overlay;
mod recovery;
mod rows;
mod snapshot;
mod strays;
mod tables;
mod transaction;
mod view;
mod walk;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};

#[cfg(test)]
pub(super) use self::bookkeeping::places;
#[cfg(test)]
pub(super) use self::format::Format;
pub(super) use self::tables::Table;
use self::{
    guard::{guard, is_latched},
    handle::{Check, Handle},
};
pub(super) use self::{
    snapshot::{Page, Snapshot},
    strays::Stray,
};
pub(crate) use self::{tables::Collection, transaction::Transaction, view::View, walk::Visit};
use super::StoreError;

/// How often a process looks through a database that redb stumbled over. What
/// comes back so often is not mended by that.
const REPAIRS: u32 = 3;

/// The database.
pub(super) struct Metadata {
    path: Arc<Path>,
    /// See [`recovery::open`].
    lock: PathBuf,
    handle: RwLock<Arc<Handle>>,
    repairs: AtomicU32,
}

impl Metadata {
    /// Opens the database, and makes one if there is none. `lock` is the file
    /// to lock while a damaged one is set aside.
    pub(super) fn open(path: &Path, lock: PathBuf) -> Result<Self, StoreError> {
        Ok(Self {
            handle: RwLock::new(Arc::new(recovery::open(path, &lock)?)),
            path: path.into(),
            lock,
            repairs: AtomicU32::new(0),
        })
    }

    /// Everything as it is now.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.with(|handle| Snapshot::new(self.path.clone(), handle.begin_read(&self.path)?))
    }

    /// Runs `f` in a write transaction and commits it; what `f` wrote is
    /// durable when this returns, and undone if `f` fails.
    pub(super) fn write<R>(
        &self,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let transaction = self.with(|handle| handle.begin_write(&self.path))?;
        let mut writing = Transaction::new(&self.path, &transaction);
        let written = f(&mut writing);
        let closed = writing.close();
        match written.and_then(|result| closed.map(|()| result)) {
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

    /// Whether the file is still the one in the store's folder.
    pub(super) fn is_in_place(&self) -> bool {
        self.handle().is_at(&self.path)
    }

    /// Looks at every page of the file. redb repairs what it can; with `repair`, a
    /// database that it cannot is set aside, and a new one begun.
    pub(super) fn check(&self, repair: bool) -> Result<(), StoreError> {
        let checked = Handle::open(&self.path, Check::Full);
        let damaged = |error: &StoreError| matches!(error, StoreError::Damaged { .. });
        checked.map(drop).inspect_err(|error| {
            if repair && damaged(error) {
                self.repair(&self.handle());
            }
        })
    }

    /// Opens what is now in the store's folder.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let before = self.handle();
        self.replace(&before, || recovery::open(&self.path, &self.lock))?;
        Ok(())
    }

    /// Calls `call`; if redb will not go on with what it has open, once more
    /// with the file opened again.
    fn with<T>(&self, call: impl Fn(&Handle) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let handle = self.handle();
        match call(&handle) {
            Err(error) if is_latched(&error) => {
                call(&*self.replace(&handle, || recovery::open(&self.path, &self.lock))?)
            }
            Err(error @ StoreError::Damaged { .. }) => match self.repair(&handle) {
                Some(repaired) => call(&repaired),
                None => Err(error),
            },
            other => other,
        }
    }

    /// Tells that reading went wrong: a database that is damaged is repaired or
    /// set aside, so that the next call finds a whole one.
    pub(super) fn stumbled(&self, error: &StoreError) {
        if matches!(error, StoreError::Damaged { .. }) {
            self.repair(&self.handle());
        }
    }

    fn repair(&self, before: &Arc<Handle>) -> Option<Arc<Handle>> {
        if before.is_read_only() || self.repairs.fetch_add(1, Ordering::Relaxed) >= REPAIRS {
            return None;
        }
        let open = || recovery::open_damaged(&self.path, &self.lock);
        self.replace(before, open).ok()
    }

    /// Puts another handle in the place of `before`, unless another thread did.
    fn replace(
        &self,
        before: &Arc<Handle>,
        open: impl FnOnce() -> Result<Handle, StoreError>,
    ) -> Result<Arc<Handle>, StoreError> {
        let mut handle = self.handle.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(before, &handle) {
            *handle = Arc::new(open()?);
        }
        Ok(handle.clone())
    }

    fn handle(&self) -> Arc<Handle> {
        let handle = self.handle.read().unwrap_or_else(PoisonError::into_inner);
        handle.clone()
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
