//! Giving up an artifact's bytes and keeping its ID, so that everything after
//! it still hits.

use super::{
    Repository, Store, StoreError, Transaction,
    artifact::{Entry, Place, lineage},
    blobs,
    metadata::{Snapshot, Table},
    pins::is_pinned,
};
use crate::codec::ArtifactId;

/// What came of [`Repository::evict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Eviction {
    /// The bytes are gone. The record stands, with the ID.
    Evicted {
        /// The size of the artifact.
        bytes: u64,
    },
    /// They were given up before.
    AlreadyEvicted,
    /// The artifact is pinned: its bytes stay.
    Pinned,
    /// No record names the artifact, so that nothing could compute it again: its
    /// bytes stay.
    NoRecord,
    /// No such artifact is stored.
    NotStored,
}

impl Repository {
    /// Gives up the bytes of the artifact `id`, and keeps its record: in a run,
    /// the step that gave it and everything after it still hits. Who needs the
    /// bytes has the step run again, and whatever that needs in turn; the new ID
    /// is checked against the old one.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Eviction, Repository, pipeline, step};
    ///
    /// #[step]
    /// fn squares(n: u64) -> Vec<u64> {
    ///     (0..n).map(|x| x * x).collect()
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// let pipeline = pipeline!("squares", {
    ///     let squares = squares(4);
    ///     squares
    /// });
    /// let run = repo.run(&pipeline)?;
    /// let id = run.output_id("squares").expect("a step of this name");
    /// assert!(matches!(repo.evict(&id)?, Eviction::Evicted { .. }));
    /// assert_eq!(repo.run(&pipeline)?.summary().cached, 1);
    /// // Computed again.
    /// assert_eq!(run.outputs()?, [0, 1, 4, 9]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn evict(&self, id: &ArtifactId) -> Result<Eviction, StoreError> {
        self.store().evict(id)
    }
}

impl Store {
    pub(super) fn evict(&self, id: &ArtifactId) -> Result<Eviction, StoreError> {
        // What is on its way to the disk counts.
        self.flush()?;
        let eviction = self
            .disk
            .write(|transaction| evict_entry(transaction, id))?;
        if let Eviction::Evicted { .. } = eviction {
            self.disk.forget_snapshot();
            self.disk
                .write(|transaction| self.remove_unnamed(transaction, id))?;
        }
        Ok(eviction)
    }

    /// Takes a blob away, unless an entry names it by now.
    pub(super) fn remove_unnamed(
        &self,
        transaction: &Transaction<'_>,
        id: &ArtifactId,
    ) -> Result<u64, StoreError> {
        let stored = transaction.look(Table::ARTIFACTS, id.as_bytes())?;
        let entry = stored.as_deref().and_then(|stored| Entry::read(id, stored));
        if entry.is_some_and(|entry| entry.place == Place::Blob) {
            return Ok(0);
        }
        blobs::remove(&self.disk.layout, id)
    }
}

/// Marks an artifact as evicted, if its bytes are there and may go.
pub(super) fn evict_entry(
    transaction: &mut Transaction<'_>,
    id: &ArtifactId,
) -> Result<Eviction, StoreError> {
    let stored = transaction.look(Table::ARTIFACTS, id.as_bytes())?;
    let Some(entry) = stored.as_deref().and_then(|stored| Entry::read(id, stored)) else {
        return Ok(Eviction::NotStored);
    };
    if entry.place == Place::Evicted {
        return Ok(Eviction::AlreadyEvicted);
    }
    if is_pinned(transaction, id)? {
        return Ok(Eviction::Pinned);
    }
    if !transaction.any_pair(Table::LINEAGE, lineage::prefix(id))? {
        return Ok(Eviction::NoRecord);
    }
    let evicted = entry.evicted().write(id);
    transaction.insert(Table::ARTIFACTS, id.as_bytes(), &evicted)?;
    Ok(Eviction::Evicted { bytes: entry.size })
}

/// Whether an entry says that an artifact's bytes are in a blob.
pub(super) fn is_named(snapshot: &Snapshot, id: &ArtifactId) -> Result<bool, StoreError> {
    let page = snapshot.artifact(id.as_bytes())?;
    let entry = page.as_deref().and_then(|stored| Entry::read(id, stored));
    Ok(entry.is_some_and(|entry| entry.place == Place::Blob))
}
