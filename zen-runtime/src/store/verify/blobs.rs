//! The folder of blobs: every file against its ID, and against what the
//! database says.

use super::super::{
    Store, StoreError,
    artifact::{Entry, Place},
    blobs::{self, State},
    evict::is_named,
    gc::is_young,
    metadata::Table,
    writer,
};
use super::{Fault, VerifyReport};
use crate::codec::ArtifactId;

impl Store {
    /// Hashes all blobs, and looks for those that are gone or that nothing leads
    /// to.
    pub(super) fn check_blobs(&self, report: &mut VerifyReport) -> Result<(), StoreError> {
        for (id, codec) in self.named_blobs()? {
            match blobs::check(&self.disk.layout, &id, &codec)? {
                State::Whole(bytes) => report.bytes += bytes,
                State::Damaged => report.faults.push(Fault::DamagedArtifact(id)),
                State::Missing if self.is_missing(&id)? => {
                    report.faults.push(Fault::MissingBlob(id));
                }
                State::Missing => {}
            }
        }
        self.orphans(report)
    }

    /// The artifacts whose entries name a blob, and their codecs.
    fn named_blobs(&self) -> Result<Vec<(ArtifactId, String)>, StoreError> {
        let mut named = Vec::new();
        let snapshot = self.disk.fresh_snapshot()?;
        snapshot.scan(Table::ARTIFACTS, &[], &mut |key, value| {
            let id = key.try_into().ok().map(ArtifactId::from_bytes);
            let entry = id.and_then(|id| Some((id, Entry::read(&id, value)?)));
            named.extend(
                entry
                    .filter(|(_, entry)| entry.place == Place::Blob)
                    .map(|(id, entry)| (id, entry.codec.to_owned())),
            );
            Ok(true)
        })?;
        Ok(named)
    }

    /// Whether a blob that was not found should have been. It may have been
    /// cleared away since: then an entry that is looked up now does not name it.
    fn is_missing(&self, id: &ArtifactId) -> Result<bool, StoreError> {
        let named = is_named(&*self.disk.fresh_snapshot()?, id)?;
        Ok(named && blobs::size(&self.disk.layout, id).is_none())
    }

    fn orphans(&self, report: &mut VerifyReport) -> Result<(), StoreError> {
        let layout = &self.disk.layout;
        let others = writer::others(layout)?;
        let listing = blobs::list(layout)?;
        let strange = listing.strange.into_iter();
        report.faults.extend(strange.map(Fault::StrangeFile));
        // Looked at after the folder: what is written meanwhile is in no list.
        let snapshot = self.disk.fresh_snapshot()?;
        for id in listing.blobs {
            // It may be that of a record which is just being written.
            let young = others && is_young(layout, &id);
            if !young && !is_named(&snapshot, &id)? && blobs::size(layout, &id).is_some() {
                report.faults.push(Fault::OrphanBlob(id));
            }
        }
        Ok(())
    }
}
