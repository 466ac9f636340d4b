//! The metadata store. This module and those under it are the only ones that
//! know of redb.
//!
//! redb does not check the pages that it reads, and a damaged one may make it
//! panic. Every call of it goes through [`guard`], which turns errors and
//! panics alike into a [`StoreError`]. After one the database is opened again.

mod alone;
mod appended;
mod bookkeeping;
mod changing;
mod file;
mod format;
mod guard;
mod handle;
mod levels;
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
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use redb::WriteTransaction;

#[cfg(test)]
pub(super) use self::bookkeeping::places;
#[cfg(test)]
pub(super) use self::format::Format;
pub(super) use self::tables::Table;
use self::{
    guard::{guard, is_latched},
    handle::{Check, Handle, Purpose},
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

/// How often who does not want to wait looks whether others still write.
const LOOK: Duration = Duration::from_millis(1);

/// The database.
pub(super) struct Metadata {
    path: Arc<Path>,
    /// See [`recovery::open`].
    lock: PathBuf,
    handle: RwLock<Arc<Handle>>,
    /// Held by who puts another handle in the place of this one. That may take
    /// long, and whoever reads goes on with the old one meanwhile.
    replacing: Mutex<()>,
    repairs: AtomicU32,
}

impl Metadata {
    /// Opens the database, and makes one if there is none. `lock` is the file
    /// to lock while a damaged one is set aside.
    ///
    /// Waits for no process that writes, unless there is something to write: see
    /// [`handle`].
    pub(super) fn open(path: &Path, lock: PathBuf) -> Result<Self, StoreError> {
        let handle = recovery::open(path, &lock, Purpose::Reading)?;
        Ok(Self {
            handle: RwLock::new(Arc::new(handle)),
            replacing: Mutex::default(),
            path: path.into(),
            lock,
            repairs: AtomicU32::new(0),
        })
    }

    /// Everything as it is now.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.with(Purpose::Reading, |handle| {
            Snapshot::new(self.path.clone(), handle.begin_read(&self.path)?)
        })
    }

    /// Runs `f` in a write transaction and commits it; what `f` wrote is
    /// durable when this returns, and undone if `f` fails.
    pub(super) fn write<R>(
        &self,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let transaction = self.with(Purpose::Writing, |handle| handle.begin_write(&self.path))?;
        self.finish(transaction, f)
    }

    /// As [`Metadata::write`], for what is not worth a wait: gives up, with `None`,
    /// if others write for all of `time`.
    pub(super) fn write_within<R>(
        &self,
        time: Duration,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        let until = Instant::now() + time;
        loop {
            if let Some(transaction) = self.begin_at_once()? {
                return self.finish(transaction, f).map(Some);
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            thread::sleep(LOOK);
        }
    }

    /// Begins to write, if nobody else does just now. A database that was opened to
    /// read is opened to write for this transaction only.
    fn begin_at_once(&self) -> Result<Option<WriteTransaction>, StoreError> {
        let handle = self.handle();
        if !handle.is_for_reading() {
            return handle.begin_write_at_once(&self.path);
        }
        let opened = Handle::open_at_once(&self.path)?;
        opened.map_or(Ok(None), |handle| handle.begin_write_at_once(&self.path))
    }

    /// Runs `f` in a transaction, and commits it.
    fn finish<R>(
        &self,
        transaction: WriteTransaction,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
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
        self.replace_for(Purpose::Reading, &self.handle())?;
        Ok(())
    }

    /// Calls `call` with what is open for that; if redb will not go on with it,
    /// once more with the file opened again.
    fn with<T>(
        &self,
        purpose: Purpose,
        call: impl Fn(&Handle) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut handle = self.handle();
        if purpose == Purpose::Writing && handle.is_for_reading() {
            handle = self.replace_for(purpose, &handle)?;
        }
        match call(&handle) {
            Err(error) if is_latched(&error) => call(&*self.replace_for(purpose, &handle)?),
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

    /// Opens the file again in the place of `before`.
    fn replace_for(
        &self,
        purpose: Purpose,
        before: &Arc<Handle>,
    ) -> Result<Arc<Handle>, StoreError> {
        let open = || recovery::open(&self.path, &self.lock, purpose);
        let mut opened = self.replace(before, open)?;
        // Another thread may have opened it to read.
        while purpose == Purpose::Writing && opened.is_for_reading() {
            opened = self.replace(&opened, open)?;
        }
        Ok(opened)
    }

    /// Puts another handle in the place of `before`, unless another thread did.
    fn replace(
        &self,
        before: &Arc<Handle>,
        open: impl FnOnce() -> Result<Handle, StoreError>,
    ) -> Result<Arc<Handle>, StoreError> {
        let _alone = self
            .replacing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.handle();
        if !Arc::ptr_eq(before, &now) {
            return Ok(now);
        }
        let opened = Arc::new(open()?);
        let mut handle = self.handle.write().unwrap_or_else(PoisonError::into_inner);
        *handle = opened.clone();
        Ok(opened)
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
