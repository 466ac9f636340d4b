//! Putting a result into the database.

use super::PendingResult;
use crate::{
    codec::ArtifactId,
    fingerprint::Fingerprint,
    store::{
        NewArtifact, Record, StoreError, Transaction,
        artifact::{Entry, Place, lineage},
        blobs,
        disk::Disk,
        metadata::Table,
        record::{self, Hit},
    },
};

impl Disk {
    /// Puts all of a result, with the bytes of its record, if it has one; says
    /// whether the call had a record before.
    ///
    /// A result that is already known stays as it is, unless its bytes are
    /// gone: of two results of one call the first one counts.
    pub(super) fn put(
        &self,
        transaction: &mut Transaction<'_>,
        new: &PendingResult,
        encoded: &[u8],
    ) -> Result<bool, StoreError> {
        // Before the artifacts are put, which may make a hollow record whole.
        let standing = match &new.record {
            Some(record) => self.standing(transaction, &record.fingerprint)?,
            None => Standing::None,
        };
        for artifact in &new.artifacts {
            self.put_artifact(transaction, artifact)?;
        }
        if let Some(record) = &new.record {
            put_record(transaction, record, encoded, &standing)?;
        }
        Ok(!matches!(standing, Standing::None | Standing::Damaged))
    }

    /// The record that stands, and whether all of its bytes are there.
    fn standing(
        &self,
        transaction: &Transaction<'_>,
        fingerprint: &Fingerprint,
    ) -> Result<Standing, StoreError> {
        let Some(stored) = transaction.look(Table::RECORDS, fingerprint.as_bytes())? else {
            return Ok(Standing::None);
        };
        let Some(hit) = record::decode_hit(fingerprint, &stored) else {
            return Ok(Standing::Damaged);
        };
        for output in &hit.outputs {
            let entry = transaction.look(Table::ARTIFACTS, output.id.as_bytes())?;
            if !self.has_bytes(&output.id, entry.as_deref())? {
                return Ok(Standing::Hollow(hit));
            }
        }
        Ok(Standing::Whole)
    }

    /// Whether the bytes of an artifact with this entry are there.
    fn has_bytes(&self, id: &ArtifactId, entry: Option<&[u8]>) -> Result<bool, StoreError> {
        let Some(entry) = entry.and_then(|stored| Entry::read(id, stored)) else {
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
        let key = artifact.id.as_bytes();
        let stored = transaction.look(Table::ARTIFACTS, key)?;
        if stored.is_none() {
            return transaction.insert_new(Table::ARTIFACTS, key, &artifact.entry());
        }
        if self.has_bytes(&artifact.id, stored.as_deref())? {
            return Ok(());
        }
        transaction.insert(Table::ARTIFACTS, key, &artifact.entry())
    }
}

/// The record that is there when another one comes.
enum Standing {
    /// There is none.
    None,
    /// It cannot be read.
    Damaged,
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
    let key = record.fingerprint.as_bytes();
    match standing {
        Standing::Whole => return Ok(()),
        Standing::Hollow(hit) if hit.agrees_with(record) => return Ok(()),
        Standing::Hollow(hit) => {
            for output in &hit.outputs {
                let old = lineage::key(&output.id, &record.fingerprint);
                transaction.remove(Table::LINEAGE, &old)?;
            }
            let step = &record.parts.step;
            let old = record::recent::key(step, hit.created, &record.fingerprint);
            transaction.remove(Table::RECENT, &old)?;
            transaction.insert(Table::RECORDS, key, encoded)?;
        }
        Standing::Damaged => transaction.insert(Table::RECORDS, key, encoded)?,
        Standing::None => transaction.insert_new(Table::RECORDS, key, encoded)?,
    }
    for output in &record.outputs {
        let key = lineage::key(&output.id, &record.fingerprint);
        transaction.insert(Table::LINEAGE, &key, &[])?;
    }
    transaction.insert(Table::RECENT, &record.recent_key(), &[])
}
