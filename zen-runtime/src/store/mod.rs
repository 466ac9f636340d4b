//! The repository's files: a metadata store that says which artifacts a call
//! gave, and the artifacts themselves.
//!
//! `docs/formats.md` has the layout of every byte. Nothing that is read is
//! trusted: a record, an artifact or a document that fails its check counts as
//! absent.

mod artifact;
mod blobs;
mod clock;
mod commit;
mod documents;
mod error;
mod evict;
mod files;
mod flight;
mod layout;
mod lookup;
mod metadata;
mod pins;
mod record;
mod repository;
mod seal;
mod shared;
mod sources;
#[cfg(test)]
mod tests;
mod verified;
mod warning;

use std::{
    fmt,
    path::Path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};

pub(crate) use self::{
    artifact::{ArtifactInfo, NewArtifact, Presence},
    clock::unix_millis,
    flight::{Boarding, Flight, Waited},
    metadata::{Collection, Transaction, View, Visit},
    record::Record,
};
pub use self::{
    error::StoreError,
    evict::Eviction,
    record::{Hit, Output},
    repository::Repository,
};
use self::{
    files::FileMemory,
    layout::Layout,
    metadata::{Metadata, Snapshot},
    sources::Sources,
    verified::Verified,
    warning::warn_once,
};

/// After how many own commits the held snapshot is given up: the database
/// cannot use pages again that a snapshot still shows.
const COMMITS_PER_SNAPSHOT: u32 = 64;

/// An open store: the metadata and the artifacts in one folder.
///
/// All of its methods may be called from any thread, and while other processes
/// use the same folder.
pub(crate) struct Store {
    layout: Layout,
    metadata: Metadata,
    /// A look at the database that lookups share. What is in it stays true, as
    /// records do not change; what is not may have come since.
    held: RwLock<Option<Arc<Snapshot>>>,
    commits: AtomicU32,
    files: FileMemory,
    sources: Sources,
    verified: Verified,
}

impl Store {
    fn new(layout: Layout) -> Result<Self, StoreError> {
        Ok(Self {
            metadata: Metadata::open(&layout.metadata(), layout.recovery_lock())?,
            layout,
            held: RwLock::default(),
            commits: AtomicU32::new(0),
            files: FileMemory::default(),
            sources: Sources::default(),
            verified: Verified::from_environment(),
        })
    }

    /// The store's folder.
    pub(crate) fn dir(&self) -> &Path {
        self.layout.root()
    }

    /// Whether the store's database still is the one in the folder.
    fn is_in_place(&self) -> bool {
        self.metadata.is_in_place()
    }

    /// Goes on in a new store where somebody deleted this one or put another in
    /// its place.
    fn follow(&self) -> Result<(), StoreError> {
        if self.is_in_place() {
            return Ok(());
        }
        warn_once(&format!(
            "the store {} was deleted or replaced while it was in use: from now on, results go \
             to the one that is there",
            self.dir().display()
        ));
        self.layout.restore()?;
        self.forget_snapshot();
        self.metadata.reopen()
    }

    /// Reads documents as they are now.
    ///
    /// # Errors
    /// If the metadata store cannot be read, or `f` fails.
    pub(crate) fn view<R>(
        &self,
        f: impl FnOnce(&View) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        f(&View::new(self.metadata.snapshot()?))
    }

    /// Reads and writes documents in one step. No other writer comes between,
    /// and what `f` put is durable when this returns. If `f` fails, nothing is
    /// kept.
    ///
    /// # Errors
    /// If the metadata store cannot be written, or `f` fails.
    pub(crate) fn transact<R>(
        &self,
        f: impl FnMut(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.write(f)
    }

    /// Every write goes through here.
    fn write<R>(
        &self,
        f: impl FnMut(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.follow()?;
        let result = self.metadata.write(f);
        let result = result.inspect_err(|error| self.metadata.stumbled(error))?;
        let commits = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if commits.is_multiple_of(COMMITS_PER_SNAPSHOT) {
            self.forget_snapshot();
        }
        Ok(result)
    }

    /// Looks into the held snapshot, and before the answer is "not there" into
    /// a fresh one, which is held from then on.
    fn look<R>(
        &self,
        find: impl Fn(&Snapshot) -> Result<Option<R>, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        match self.look_into_held(&find) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            // The database may have been opened anew since.
            Err(_) => self.forget_snapshot(),
        }
        let found = self.fresh_snapshot().and_then(|fresh| find(&fresh));
        if let Err(error) = &found {
            self.forget_snapshot();
            self.metadata.stumbled(error);
        }
        found
    }

    fn look_into_held<R>(
        &self,
        find: impl Fn(&Snapshot) -> Result<Option<R>, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_deref().map_or(Ok(None), find)
    }

    /// Begins a new snapshot and holds it.
    fn fresh_snapshot(&self) -> Result<Arc<Snapshot>, StoreError> {
        let fresh = Arc::new(self.metadata.snapshot()?);
        self.hold(Some(fresh.clone()));
        Ok(fresh)
    }

    /// Gives up the held snapshot: the next lookup begins a fresh one.
    fn forget_snapshot(&self) {
        self.hold(None);
    }

    fn hold(&self, snapshot: Option<Arc<Snapshot>>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *held, snapshot);
        drop(held);
        // Ending a snapshot takes a while: not under the lock.
        drop(before);
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("dir", &self.dir())
            .finish_non_exhaustive()
    }
}
