//! Keeping results.

use super::{
    NewArtifact, Record, Store, StoreError, Transaction,
    artifact::{Entry, Place, lineage},
    blobs,
    metadata::Table,
    record::{self, Hit},
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

impl Store {
    /// Keeps artifacts and, if there is one, the record that names them. All of
    /// it is durable when this returns.
    ///
    /// A result that is already known stays as it is, unless its bytes are
    /// gone: of two results of one call the first one counts. `None` keeps
    /// artifacts that no record leads to.
    ///
    /// # Errors
    /// If the store cannot be written. Nothing is kept then, but for blobs that
    /// no record names.
    pub(crate) fn commit(
        &self,
        record: Option<Record>,
        artifacts: Vec<NewArtifact>,
    ) -> Result<(), StoreError> {
        let new = NewResult::new(record, artifacts)?;
        self.follow()?;
        for artifact in new.artifacts.iter().filter(|artifact| !artifact.is_small()) {
            blobs::write(&self.layout, &artifact.id, &artifact.bytes)?;
        }
        let was_known = self.write(|transaction| self.put(transaction, &new))?;
        if was_known {
            // The held snapshot may show the record as it was, and its
            // artifacts as missing.
            self.forget_snapshot();
        }
        Ok(())
    }

    /// Puts all of a result; says whether the call had a record before.
    fn put(&self, transaction: &mut Transaction<'_>, new: &NewResult) -> Result<bool, StoreError> {
        // Before the artifacts are put, which may make a hollow record whole.
        let standing = match &new.record {
            Some((record, _)) => self.standing(transaction, &record.fingerprint)?,
            None => Standing::None,
        };
        for artifact in &new.artifacts {
            self.put_artifact(transaction, artifact)?;
        }
        if let Some((record, encoded)) = &new.record {
            self.put_source(transaction, &record.parts.source)?;
            put_record(transaction, record, encoded, &standing)?;
        }
        Ok(!matches!(standing, Standing::None))
    }

    /// The record that stands, and whether all of its bytes are there.
    fn standing(
        &self,
        transaction: &Transaction<'_>,
        fingerprint: &Fingerprint,
    ) -> Result<Standing, StoreError> {
        let stored = transaction.look(Table::RECORDS, fingerprint.as_bytes())?;
        let Some(hit) = stored.and_then(|bytes| record::decode_hit(fingerprint, &bytes)) else {
            return Ok(Standing::None);
        };
        for output in &hit.outputs {
            if !self.has_bytes(transaction, &output.id)? {
                return Ok(Standing::Hollow(hit));
            }
        }
        Ok(Standing::Whole)
    }

    fn has_bytes(
        &self,
        transaction: &Transaction<'_>,
        id: &ArtifactId,
    ) -> Result<bool, StoreError> {
        let Some(stored) = transaction.look(Table::ARTIFACTS, id.as_bytes())? else {
            return Ok(false);
        };
        let Some(entry) = Entry::read(id, &stored) else {
            return Ok(false);
        };
        match entry.place {
            Place::Inline(_) => Ok(entry.checked(id).is_some()),
            Place::Blob => blobs::is_there(&self.layout, id, entry.size),
            Place::Evicted => Ok(false),
        }
    }

    /// Puts an artifact's entry, unless a good one is there.
    fn put_artifact(
        &self,
        transaction: &mut Transaction<'_>,
        artifact: &NewArtifact,
    ) -> Result<(), StoreError> {
        if self.has_bytes(transaction, &artifact.id)? {
            return Ok(());
        }
        transaction.insert(Table::ARTIFACTS, artifact.id.as_bytes(), &artifact.entry())
    }
}

/// A result on its way to the disk.
struct NewResult {
    /// The record and its bytes.
    record: Option<(Record, Vec<u8>)>,
    artifacts: Vec<NewArtifact>,
}

impl NewResult {
    fn new(record: Option<Record>, artifacts: Vec<NewArtifact>) -> Result<Self, StoreError> {
        debug_assert!(
            artifacts
                .iter()
                .all(|new| ArtifactId::of(new.codec, &new.bytes) == new.id),
            "an artifact's ID is the hash of its codec and bytes"
        );
        let encode = |record: Record| record::encode(&record).map(|bytes| (record, bytes));
        Ok(Self {
            record: record.map(encode).transpose()?,
            artifacts,
        })
    }
}

/// The record that is there when another one comes.
enum Standing {
    /// There is none, or it cannot be read.
    None,
    /// Some of its artifacts are gone.
    Hollow(Hit),
    /// It is a hit.
    Whole,
}

fn put_record(
    transaction: &mut Transaction<'_>,
    record: &Record,
    encoded: &[u8],
    standing: &Standing,
) -> Result<(), StoreError> {
    for output in &record.outputs {
        let key = lineage::key(&output.id, &record.fingerprint);
        transaction.insert(Table::LINEAGE, &key, &[])?;
    }
    match standing {
        Standing::Whole => return Ok(()),
        Standing::Hollow(hit) if hit.agrees_with(record) => return Ok(()),
        Standing::Hollow(hit) => {
            let step = &record.parts.step;
            let old = record::recent::key(step, hit.created, &record.fingerprint);
            transaction.remove(Table::RECENT, &old)?;
        }
        Standing::None => {}
    }
    transaction.insert(Table::RECENT, &record.recent_key(), &[])?;
    transaction.insert(Table::RECORDS, record.fingerprint.as_bytes(), encoded)
}
