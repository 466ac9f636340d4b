//! Looking up calls and artifacts.

use std::sync::Arc;

use super::{
    ArtifactInfo, Hit, Record, Store, StoreError,
    artifact::{Entry, Place, Presence},
    blobs::{self, Content},
    metadata::{Page, Snapshot},
    recall::Recall,
    record::{self, Beside},
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// Up to how many bytes an artifact is fetched with its record: more take longer
/// to check than to find.
const BESIDE: u64 = 1 << 10;

impl Store {
    /// What a hit needs to know of a call's record; `None` if there is no
    /// record, or none that can be read. Whether the artifacts are there is
    /// another question: [`Store::contains`] answers it.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn hit(&self, fingerprint: &Fingerprint) -> Result<Option<Arc<Hit>>, StoreError> {
        if let Some(pending) = self.pending_hit(fingerprint) {
            return Ok(Some(pending));
        }
        let recall = self.disk.recall();
        if let Some(hit) = recall.and_then(|recall| recall.hit(fingerprint)) {
            return Ok(Some(hit));
        }
        self.hit_on_disk(fingerprint)
    }

    /// As [`Store::hit`], without what is remembered: what that says of a call
    /// whose artifacts are not there may be out of date.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn hit_now(
        &self,
        fingerprint: &Fingerprint,
    ) -> Result<Option<Arc<Hit>>, StoreError> {
        if let Some(pending) = self.pending_hit(fingerprint) {
            return Ok(Some(pending));
        }
        self.hit_on_disk(fingerprint)
    }

    /// What is on its way to the disk.
    fn pending_hit(&self, fingerprint: &Fingerprint) -> Option<Arc<Hit>> {
        let pending = self.committer.result(fingerprint)?;
        pending.record.as_ref().map(Record::hit).map(Arc::new)
    }

    fn hit_on_disk(&self, fingerprint: &Fingerprint) -> Result<Option<Arc<Hit>>, StoreError> {
        let recall = self.disk.recall();
        let moment = recall.map(Recall::moment);
        let found = self.disk.look(|snapshot| {
            let Some(page) = snapshot.record(fingerprint.as_bytes())? else {
                return Ok(None);
            };
            let Some(mut hit) = record::decode_hit(fingerprint, &page) else {
                return Ok(None);
            };
            if recall.is_some() {
                hit.beside = beside(snapshot, &page, &hit)?;
            }
            Ok(Some(Arc::new(hit)))
        })?;
        if let (Some(hit), Some(recall), Some(moment)) = (&found, recall, moment) {
            recall.keep_hit(moment, fingerprint, hit.clone());
            if let ([output], Some(bytes)) = (&hit.outputs[..], hit.beside.bytes()) {
                recall.keep_artifact(moment, &output.id, bytes.clone());
            }
        }
        Ok(found)
    }

    /// A call's record; `None` if there is none, or none that can be read.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn record(
        &self,
        fingerprint: &Fingerprint,
    ) -> Result<Option<Arc<Record>>, StoreError> {
        if let Some(pending) = self.committer.result(fingerprint) {
            return Ok(pending.record.clone().map(Arc::new));
        }
        self.disk
            .look(|snapshot| Ok(record_in(snapshot, fingerprint)?.map(Arc::new)))
    }

    /// Whether an artifact's bytes are there: in the metadata store, or as a
    /// blob of the right size. The bytes themselves are not read;
    /// [`Store::read`] checks them.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn presence(&self, id: &ArtifactId) -> Result<Presence, StoreError> {
        let recall = self.disk.recall();
        if self.committer.artifact(id).is_some()
            || recall.is_some_and(|recall| recall.artifact(id).is_some())
        {
            return Ok(Presence::Stored);
        }
        let stored = |presence| (presence == Presence::Stored).then_some(presence);
        let held = self
            .disk
            .look_into_held(|snapshot| Ok(stored(self.presence_in(snapshot, id)?)));
        if let Ok(Some(presence)) = held {
            return Ok(presence);
        }
        // Another process may have stored it since, or have kept another result
        // for the call; or the database was opened anew.
        let presence = self
            .disk
            .look_afresh(|snapshot| self.presence_in(snapshot, id))?;
        // Where it is missing, what is remembered of the call may be out of date.
        if let Some(recall) = recall.filter(|_| presence == Presence::Missing) {
            recall.forget();
        }
        Ok(presence)
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
            Place::Blob if blobs::is_there(&self.disk.layout, id, entry.size)? => Presence::Stored,
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
        if let Some((pending, position)) = self.committer.artifact(id) {
            return Ok(Some(pending.artifacts[position].info()));
        }
        self.disk.look(|snapshot| {
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

    /// As [`Store::read_with`], for an artifact of a hit that was just found.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub(crate) fn read_of<R>(
        &self,
        hit: &Hit,
        id: &ArtifactId,
        f: impl FnOnce(&[u8]) -> R,
    ) -> Result<Option<R>, StoreError> {
        match hit.bytes_of(id) {
            Some(bytes) => Ok(Some(f(bytes))),
            None => self.read_with(id, f),
        }
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
        if let Some((pending, position)) = self.committer.artifact(id) {
            return Ok(Some(f(&pending.artifacts[position].bytes)));
        }
        let recall = self.disk.recall();
        if let Some(bytes) = recall.and_then(|recall| recall.artifact(id)) {
            return Ok(Some(f(&bytes)));
        }
        let moment = recall.map(Recall::moment);
        let found = self.disk.look(|snapshot| {
            let page = snapshot.artifact(id.as_bytes())?;
            Ok(page.and_then(|page| Found::in_page(id, page)))
        })?;
        let codec = match found {
            None => return Ok(None),
            Some(Found::Small { page, start }) => {
                let bytes = &page[start..];
                if let Some((recall, moment)) = recall.zip(moment) {
                    recall.keep_artifact(moment, id, bytes.into());
                }
                return Ok(Some(f(bytes)));
            }
            Some(Found::Blob { codec }) => codec,
        };
        match blobs::read(&self.disk.layout, id, &codec, &self.verified)? {
            Content::Whole(bytes) => Ok(Some(f(&bytes))),
            Content::Missing | Content::Damaged => {
                self.disk.forget_snapshot();
                Ok(None)
            }
        }
    }
}

/// The one, small artifact of a record, if it lies beside it in the database: to
/// find it by its ID later would take longer.
fn beside(snapshot: &Snapshot, record: &Page, hit: &Hit) -> Result<Beside, StoreError> {
    let output = match &hit.outputs[..] {
        [output] if output.size <= BESIDE => output,
        _ => return Ok(Beside::default()),
    };
    let page = snapshot.artifact_before(record, output.id.as_bytes())?;
    Ok(
        match page.and_then(|page| Found::in_page(&output.id, page)) {
            Some(Found::Small { page, start }) => Beside::new(&page[start..]),
            _ => Beside::default(),
        },
    )
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

pub(super) fn record_in(
    snapshot: &Snapshot,
    fingerprint: &Fingerprint,
) -> Result<Option<Record>, StoreError> {
    let page = snapshot.record(fingerprint.as_bytes())?;
    Ok(page.and_then(|page| record::decode(fingerprint, &page)))
}
