//! Artifacts that the user wants to keep, whatever else is cleared.

use super::{
    Repository, Store, StoreError, Transaction, artifact::Entry, clock::unix_millis,
    metadata::Table, seal, warning::warn_once,
};
use crate::codec::ArtifactId;

impl Repository {
    /// Keeps the artifact `id`, and the records that name it, until
    /// [`Repository::unpin`]: [`Repository::gc`] takes neither them nor its
    /// bytes. Says whether there is such an artifact.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{GcPolicy, Repository, pipeline, step};
    ///
    /// #[step]
    /// fn model(seed: u64) -> Vec<u64> {
    ///     vec![seed; 3]
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// let run = repo.run(&pipeline!("train", {
    ///     let model = model(7);
    ///     model
    /// }))?;
    /// let id = run.output_id("model").expect("it is an output");
    /// drop(run);
    /// assert!(repo.pin(&id)?);
    /// repo.gc(&GcPolicy::new().keep_runs(0).max_size(0))?;
    /// let kept = repo.artifact(&id)?.expect("it is pinned");
    /// assert_eq!(kept.value::<Vec<u64>>()?, [7; 3]);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn pin(&self, id: &ArtifactId) -> Result<bool, StoreError> {
        self.store().pin(id)
    }

    /// Undoes [`Repository::pin`]; says whether the artifact was pinned.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn unpin(&self, id: &ArtifactId) -> Result<bool, StoreError> {
        self.store().unpin(id)
    }

    /// The pinned artifacts, in the order of their IDs.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn pins(&self) -> Result<Vec<ArtifactId>, StoreError> {
        self.store().pins()
    }
}

impl Store {
    fn pin(&self, id: &ArtifactId) -> Result<bool, StoreError> {
        // What is on its way to the disk counts.
        self.flush()?;
        self.committer.settle();
        let key = id.as_bytes();
        let since = unix_millis().to_le_bytes().to_vec();
        let pin = seal::seal(Table::PINS.name(), key, since);
        self.disk.write(|transaction| {
            let stored = transaction.look(Table::ARTIFACTS, key)?;
            let known = stored.is_some_and(|stored| Entry::read(id, &stored).is_some());
            if known {
                transaction.insert(Table::PINS, key, &pin)?;
            }
            Ok(known)
        })
    }

    fn unpin(&self, id: &ArtifactId) -> Result<bool, StoreError> {
        self.disk.write(|transaction| {
            let was_pinned = is_pinned(transaction, id)?;
            transaction.remove(Table::PINS, id.as_bytes())?;
            Ok(was_pinned)
        })
    }

    pub(super) fn pins(&self) -> Result<Vec<ArtifactId>, StoreError> {
        self.disk.look_afresh(|snapshot| {
            let mut pins = Vec::new();
            snapshot.scan(Table::PINS, &[], &mut |key, value| {
                // A damaged pin counts: it keeps too much rather than too little.
                if seal::open(Table::PINS.name(), key, value).is_none() {
                    warn_once(
                        "an entry of `pins` in the metadata store is damaged; it counts as a pin",
                    );
                }
                pins.extend(key.try_into().ok().map(ArtifactId::from_bytes));
                Ok(true)
            })?;
            Ok(pins)
        })
    }
}

/// Whether an artifact is pinned.
pub(super) fn is_pinned(
    transaction: &Transaction<'_>,
    id: &ArtifactId,
) -> Result<bool, StoreError> {
    Ok(transaction.look(Table::PINS, id.as_bytes())?.is_some())
}
