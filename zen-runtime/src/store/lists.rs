//! What can be listed of calls: the latest of a step, and those that gave an artifact.

use std::{cmp::Reverse, collections::HashSet};

use super::{
    Record, Store, StoreError,
    artifact::lineage,
    lookup::record_in,
    metadata::{Snapshot, Table},
    record,
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

impl Store {
    /// The latest records of a step, the newest first, no more than `limit`.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn recent(&self, step: &str, limit: usize) -> Result<Vec<Record>, StoreError> {
        let pending = self.recent_pending(step, limit);
        // Later than what is pending was looked at, so that what was committed
        // in between is in here.
        let mut records = self
            .disk
            .look_afresh(|snapshot| recent_in(snapshot, step, limit, pending.clone()))?;
        records.sort_by_key(|record| Reverse(record.created));
        records.truncate(limit);
        Ok(records)
    }

    /// The latest records of a step that are not yet on disk.
    fn recent_pending(&self, step: &str, limit: usize) -> Vec<Record> {
        let mut records: Vec<Record> = Vec::new();
        self.committer.visit_latest(|pending| {
            let found = pending.record.as_ref();
            records.extend(
                found
                    .filter(|record| record.parts.step == step && records.len() < limit)
                    .cloned(),
            );
            records.len() < limit
        });
        records
    }

    /// The calls that gave an artifact, in no particular order.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn producers(&self, id: &ArtifactId) -> Result<Vec<Fingerprint>, StoreError> {
        let mut producers = self.pending_producers(id);
        producers.extend(self.disk.look_afresh(|snapshot| {
            let mut found = Vec::new();
            snapshot.scan(Table::LINEAGE, lineage::prefix(id), &mut |key, _| {
                found.extend(producer(snapshot, id, key)?);
                Ok(true)
            })?;
            Ok(found)
        })?);
        producers.sort_unstable();
        producers.dedup();
        Ok(producers)
    }

    fn pending_producers(&self, id: &ArtifactId) -> Vec<Fingerprint> {
        let mut producers = Vec::new();
        self.committer.visit_latest(|pending| {
            let record = pending.record.as_ref();
            let gave = record.filter(|record| record.outputs.iter().any(|output| output.id == *id));
            producers.extend(gave.map(|record| record.fingerprint));
            true
        });
        producers
    }
}

/// The call that an entry of the lineage leads to, if it gave the artifact: the
/// entry has the beginnings of both only.
fn producer(
    snapshot: &Snapshot,
    id: &ArtifactId,
    entry: &[u8],
) -> Result<Option<Fingerprint>, StoreError> {
    let call = lineage::call(entry).unwrap_or_default();
    let Some(call) = snapshot.whole_key(Table::RECORDS, call)? else {
        return Ok(None);
    };
    let call = Fingerprint::from_bytes(call);
    let page = snapshot.record(call.as_bytes())?;
    let hit = page.and_then(|page| record::decode_hit(&call, &page));
    let gave = hit.is_some_and(|hit| hit.outputs.iter().any(|output| output.id == *id));
    Ok(gave.then_some(call))
}

/// Adds the latest records of a step that a snapshot shows, no more than `limit`.
fn recent_in(
    snapshot: &Snapshot,
    step: &str,
    limit: usize,
    mut records: Vec<Record>,
) -> Result<Vec<Record>, StoreError> {
    let mut seen: HashSet<_> = records.iter().map(|record| record.fingerprint).collect();
    let mut room = limit;
    if room == 0 {
        return Ok(records);
    }
    let prefix = record::recent::prefix(step);
    snapshot.scan_back(Table::RECENT, &prefix, &mut |key, _| {
        let found = match record::recent::fingerprint(key) {
            Some(fingerprint) => record_in(snapshot, &fingerprint)?,
            None => None,
        };
        // An entry may outlive its record. And the key says the step's name, a
        // zero and more: with a zero in a name, that may be another step.
        let found = found
            .filter(|record| record.recent_key() == key && record.parts.step == step)
            .filter(|record| seen.insert(record.fingerprint));
        room -= usize::from(found.is_some());
        records.extend(found);
        Ok(room > 0)
    })?;
    Ok(records)
}
