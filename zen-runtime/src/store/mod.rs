//! The repository's files: a metadata store that says which artifacts a call
//! gave, and the artifacts themselves.
//!
//! `docs/formats.md` has the layout of every byte. Nothing that is read is
//! trusted: a record, an artifact or a document that fails its check counts as
//! absent.

#[cfg(any(test, fuzzing))]
pub(crate) mod arbitrary;
mod artifact;
mod bare;
mod blobs;
mod clock;
mod committer;
mod disk;
mod documents;
mod epoch;
mod error;
mod evict;
mod fetch;
mod files;
mod flight;
mod forked;
mod gc;
mod held;
mod indexes;
mod layout;
mod lists;
mod live;
mod locked;
mod lookup;
mod metadata;
mod pins;
mod prefix;
mod process;
mod recall;
mod record;
mod repository;
mod seal;
mod secret_key;
mod shared;
mod slow;
mod sources;
#[cfg(test)]
mod tests;
mod usage;
mod verified;
mod verify;
mod warning;
mod writer;

use std::{fmt, path::Path, sync::Arc};

pub(crate) use self::{
    artifact::{ArtifactInfo, NewArtifact, Presence},
    clock::unix_millis,
    fetch::Fetched,
    flight::{Boarding, Flight, Inside, Landed, Wait, Waited},
    gc::Roots,
    live::LiveRun,
    metadata::{Collection, Transaction, View, Visit},
    record::Record,
    slow::Printer,
};
pub use self::{
    bare::BareStore,
    error::StoreError,
    evict::Eviction,
    gc::{Evict, GcAction, GcItem, GcPolicy, GcReason, GcReport, Leftovers},
    record::{Hit, Output},
    repository::Repository,
    verify::{Fault, VerifyOptions, VerifyReport},
};
use self::{
    clock::Moment,
    committer::{Committer, Operation, PendingResult},
    disk::Disk,
    files::FileMemory,
    forked::InChild,
    layout::Layout,
    live::LiveRuns,
    verified::Verified,
};
use crate::codec::ArtifactId;

/// An open store: the metadata and the artifacts in one folder.
///
/// All of its methods may be called from any thread, and while other processes
/// use the same folder.
pub(crate) struct Store {
    disk: Arc<Disk>,
    committer: Committer,
    in_child: InChild,
    files: FileMemory,
    verified: Verified,
    live: LiveRuns,
    opened: Moment,
}

impl Store {
    fn new(layout: Layout) -> Result<Self, StoreError> {
        let disk = Arc::new(Disk::open(layout)?);
        Ok(Self {
            committer: Committer::new(disk.clone()),
            disk,
            in_child: InChild::new(),
            files: FileMemory::default(),
            verified: Verified::from_environment(),
            live: LiveRuns::default(),
            opened: Moment::now(),
        })
    }

    /// The store's folder.
    pub(crate) fn dir(&self) -> &Path {
        self.disk.layout.root()
    }

    /// Hands over artifacts and, if there is one, the record that names them,
    /// and goes on. This process finds them from now on, others once they are
    /// durable, and `flight` is over accordingly. What cannot be kept is told
    /// once, and by [`Store::flush`].
    ///
    /// A result that is already known stays as it is, unless its bytes are
    /// gone: of two results of one call the first one counts. `None` keeps
    /// artifacts that no record leads to.
    pub(crate) fn hand_over(
        &self,
        record: Option<Record>,
        artifacts: Vec<NewArtifact>,
        flight: Flight,
    ) {
        debug_assert!(
            artifacts
                .iter()
                .all(|new| ArtifactId::of(new.codec, &new.bytes) == new.id),
            "an artifact's ID is the hash of its codec and bytes"
        );
        let result = Arc::new(PendingResult { record, artifacts });
        let operation = Operation::Result {
            result,
            landed: None,
        };
        self.committer.hand_over(operation, flight);
    }

    /// Hands over a document, to be written with the next results.
    pub(crate) fn hand_over_document(&self, collection: Collection, key: Vec<u8>, value: Vec<u8>) {
        let operation = Operation::Document {
            collection,
            key,
            value,
        };
        self.committer.hand_over(operation, Flight::none());
    }

    /// Waits until all that was handed over before is durable.
    ///
    /// # Errors
    /// If something that was handed over since the last flush could not be
    /// kept.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.committer.flush()
    }

    /// Reads documents as they are now. Where damage shows, `f` runs once more, on
    /// the database that is repaired or new.
    ///
    /// # Errors
    /// If the metadata store cannot be read, or `f` fails.
    pub(crate) fn view<R>(
        &self,
        f: impl Fn(&View) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.disk
            .look_afresh(|snapshot| f(&View::new(snapshot.clone())))
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
        self.disk.write(f)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("dir", &self.dir())
            .finish_non_exhaustive()
    }
}
