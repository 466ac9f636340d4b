//! Looking up calls and artifacts.

use std::sync::Arc;

use super::{
    ArtifactInfo, Hit, Record, Store, StoreError,
    artifact::{Entry, Place, Presence, lineage},
    blobs::{self, Content},
    metadata::{Page, Snapshot, Table},
    record,
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

impl Store {
    /// What a hit needs to know of a call's record; `None` if there is no
    /// record, or none that can be read. Whether the artifacts are there is
    /// another question: [`Store::contains`] answers it.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn hit(&self, fingerprint: &Fingerprint) -> Result<Option<Hit>, StoreError> {
        self.look(|snapshot| {
            let page = snapshot.record(fingerprint.as_bytes())?;
            Ok(page.and_then(|page| record::decode_hit(fingerprint, &page)))
        })
    }

    /// A call's record; `None` if there is none, or none that can be read.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn record(
        &self,
        fingerprint: &Fingerprint,
    ) -> Result<Option<Arc<Record>>, StoreError> {
        self.look(|snapshot| Ok(record_in(snapshot, fingerprint)?.map(Arc::new)))
    }

    /// The latest records of a step, the newest first, no more than `limit`.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn recent(&self, step: &str, limit: usize) -> Result<Vec<Record>, StoreError> {
        let snapshot = self.fresh_snapshot()?;
        let mut records = Vec::new();
        if limit == 0 {
            return Ok(records);
        }
        snapshot.scan(
            Table::RECENT,
            &record::recent::prefix(step),
            &mut |key, _| {
                let found = match record::recent::fingerprint(key) {
                    Some(fingerprint) => record_in(&snapshot, &fingerprint)?,
                    None => None,
                };
                // An entry may outlive its record. And the key says the step's name,
                // a zero and more: with a zero in a name, that may be another step.
                records.extend(
                    found.filter(|record| record.recent_key() == key && record.parts.step == step),
                );
                Ok(records.len() < limit)
            },
        )?;
        Ok(records)
    }

    /// The calls that gave an artifact, in no particular order.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn producers(&self, id: &ArtifactId) -> Result<Vec<Fingerprint>, StoreError> {
        let mut producers = Vec::new();
        let snapshot = self.fresh_snapshot()?;
        snapshot.scan(Table::LINEAGE, id.as_bytes(), &mut |key, _| {
            producers.extend(lineage::fingerprint(key));
            Ok(true)
        })?;
        Ok(producers)
    }

    /// Whether an artifact's bytes are there: in the metadata store, or as a
    /// blob of the right size. The bytes themselves are not read;
    /// [`Store::read`] checks them.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn presence(&self, id: &ArtifactId) -> Result<Presence, StoreError> {
        let stored = |presence| (presence == Presence::Stored).then_some(presence);
        let held = self.look_into_held(|snapshot| Ok(stored(self.presence_in(snapshot, id)?)))?;
        match held {
            Some(presence) => Ok(presence),
            // Another process may have stored it since, or have kept another
            // result for the call.
            None => self.presence_in(&*self.fresh_snapshot()?, id),
        }
    }

    /// What one snapshot, and the folder of blobs, say of an artifact. A damaged
    /// entry can only make less of it.
    fn presence_in(&self, snapshot: &Snapshot, id: &ArtifactId) -> Result<Presence, StoreError> {
        let page = snapshot.artifact(id.as_bytes())?;
        let Some(entry) = page.as_deref().and_then(Entry::read_unchecked) else {
            return Ok(Presence::Missing);
        };
        Ok(match entry.place {
            Place::Inline(_) => Presence::Stored,
            Place::Evicted if Entry::read(id, page.as_deref().unwrap_or_default()).is_some() => {
                Presence::Evicted
            }
            Place::Blob if blobs::is_there(&self.layout, id, entry.size)? => Presence::Stored,
            Place::Blob | Place::Evicted => Presence::Missing,
        })
    }

    /// Whether an artifact's bytes are there.
    #[cfg(test)]
    pub(crate) fn contains(&self, id: &ArtifactId) -> Result<bool, StoreError> {
        Ok(self.presence(id)? == Presence::Stored)
    }

    /// What the store knows of an artifact, whether or not its bytes are there.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn artifact(&self, id: &ArtifactId) -> Result<Option<ArtifactInfo>, StoreError> {
        self.look(|snapshot| {
            let page = snapshot.artifact(id.as_bytes())?;
            let entry = page.as_deref().and_then(|page| Entry::read(id, page));
            Ok(entry.map(Entry::info))
        })
    }

    /// An artifact's encoded bytes, checked against its ID. `None` if they are
    /// missing or damaged. A damaged blob is moved to `quarantine/`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn read(&self, id: &ArtifactId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_with(id, <[u8]>::to_vec)
    }

    /// Like [`Store::read`], without a copy: `f` gets a small artifact's bytes
    /// where they lie in the database.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub(crate) fn read_with<R>(
        &self,
        id: &ArtifactId,
        f: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, StoreError> {
        tracing::trace!(target: "zen", artifact = %id, "read");
        let found = self.look(|snapshot| {
            let page = snapshot.artifact(id.as_bytes())?;
            Ok(page.and_then(|page| Found::in_page(id, page)))
        })?;
        let codec = match found {
            None => return Ok(None),
            Some(Found::Small { page, start }) => return Ok(Some(f(&page[start..]))),
            Some(Found::Blob { codec }) => codec,
        };
        match blobs::read(&self.layout, id, &codec, &self.verified)? {
            Content::Whole(bytes) => Ok(Some(f(&bytes))),
            Content::Missing | Content::Damaged => {
                self.forget_snapshot();
                Ok(None)
            }
        }
    }
}

/// Where an artifact's bytes are.
enum Found {
    /// At the end of this page, checked.
    Small { page: Page, start: usize },
    /// In a blob.
    Blob { codec: String },
}

impl Found {
    fn in_page(id: &ArtifactId, page: Page) -> Option<Self> {
        let entry = Entry::read_unchecked(&page)?;
        match entry.place {
            Place::Evicted => None,
            Place::Blob => Some(Self::Blob {
                codec: entry.codec.to_owned(),
            }),
            Place::Inline(_) => {
                let start = page.len() - entry.checked(id)?.len();
                Some(Self::Small { page, start })
            }
        }
    }
}

fn record_in(snapshot: &Snapshot, fingerprint: &Fingerprint) -> Result<Option<Record>, StoreError> {
    let page = snapshot.record(fingerprint.as_bytes())?;
    Ok(page.and_then(|page| record::decode(fingerprint, &page)))
}
