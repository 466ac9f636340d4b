//! Taking away what was selected, beside processes that go on.
//!
//! In one transaction a batch of records and entries is taken out, each only if
//! nothing has happened to it since it was selected. In the next one their blobs
//! are unlinked: by then nobody finds them by a record any more, and a writer
//! that gives one of them again looks for its blob inside of its own transaction.
//! A run may have found a record just before it was taken out. It had announced
//! that before it looked, so the announcements are read again by then, and what
//! was announced is put back.

mod taken;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use self::taken::Taken;
use super::super::{
    Store, StoreError, Transaction,
    artifact::{Entry, Place, lineage},
    epoch::Clearing,
    error::AtPath,
    evict::{Eviction, evict_entry},
    live::Touched,
    metadata::Table,
    pins::is_pinned,
    record,
    usage::Usage,
};
use super::{
    GcAction, GcItem, Target,
    survey::{Known, Survey},
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// How many items go in one transaction: other writers wait for as long.
const BATCH: usize = 128;

impl Store {
    /// Takes away what was selected, and gives what did go.
    pub(super) fn sweep(
        &self,
        survey: &Survey,
        selected: &[GcItem],
        wanted: &HashSet<ArtifactId>,
    ) -> Result<Vec<GcItem>, StoreError> {
        let clearing = Clearing::begin(&self.disk.layout)?;
        let sweep = Sweep { survey, wanted };
        let mut gone = Vec::with_capacity(selected.len());
        for batch in selected.chunks(BATCH) {
            let swept = self.sweep_batch(&clearing, &sweep, batch);
            let folder = self.disk.layout.locks();
            clearing.end_batch().at(folder)?;
            self.disk.forget_snapshot();
            gone.extend(swept?);
        }
        Ok(gone)
    }

    fn sweep_batch(
        &self,
        clearing: &Clearing,
        sweep: &Sweep<'_>,
        batch: &[GcItem],
    ) -> Result<Vec<GcItem>, StoreError> {
        let taken = self.take_out(clearing, sweep, batch)?;
        self.settle(clearing, &taken)
    }

    /// The first transaction: takes out what nothing has happened to.
    fn take_out(
        &self,
        clearing: &Clearing,
        sweep: &Sweep<'_>,
        batch: &[GcItem],
    ) -> Result<Vec<Taken>, StoreError> {
        let folder = self.disk.layout.locks();
        let taken = self.disk.write(|transaction| {
            clearing.advance().at(folder)?;
            let touched = self.touched()?;
            let taken = batch.iter();
            let taken = taken.map(|item| sweep.take(transaction, &touched, item));
            taken
                .filter_map(Result::transpose)
                .collect::<Result<Vec<Taken>, _>>()
        })?;
        self.disk.forget_snapshot();
        Ok(taken)
    }

    /// The second one: puts back what a run has found before the first, and gives
    /// what is gone.
    fn settle(&self, clearing: &Clearing, taken: &[Taken]) -> Result<Vec<GcItem>, StoreError> {
        let folder = self.disk.layout.locks();
        self.disk.write(|transaction| {
            // Who announces from now on does not see what was taken out.
            clearing.advance().at(folder)?;
            let touched = self.touched()?;
            self.finish(transaction, taken, &touched)
        })
    }

    /// Unlinks the blobs of what a committed transaction took out, and puts back
    /// what a run had found before that.
    fn finish(
        &self,
        transaction: &mut Transaction<'_>,
        taken: &[Taken],
        touched: &Touched,
    ) -> Result<Vec<GcItem>, StoreError> {
        let mut gone = Vec::new();
        for taken in taken {
            if taken.hashes.iter().any(|hash| touched.contains(hash)) {
                taken.put_back(transaction)?;
            } else {
                gone.push(taken);
            }
        }
        // All is put back by now that a blob may be needed for.
        for taken in &gone {
            for id in &taken.artifacts {
                self.finish_artifact(transaction, taken, id)?;
            }
        }
        let gone = gone.into_iter().map(|taken| taken.item.clone()).collect();
        Ok(gone)
    }

    /// Unlinks a blob, unless a record that was put back, or is new, names it.
    fn finish_artifact(
        &self,
        transaction: &mut Transaction<'_>,
        taken: &Taken,
        id: &ArtifactId,
    ) -> Result<(), StoreError> {
        let is_dropped = taken.item.action == GcAction::Drop;
        if !is_dropped || !transaction.any_pair(Table::LINEAGE, lineage::prefix(id))? {
            return self.remove_unnamed(transaction, id).map(drop);
        }
        taken.put_entry_back(transaction, id)
    }
}

struct Sweep<'a> {
    survey: &'a Survey,
    /// The artifacts that stay though no record may name them.
    wanted: &'a HashSet<ArtifactId>,
}

impl Sweep<'_> {
    /// Takes an item out, unless something has happened to it.
    fn take(
        &self,
        transaction: &mut Transaction<'_>,
        touched: &Touched,
        item: &GcItem,
    ) -> Result<Option<Taken>, StoreError> {
        let mut taken = Taken::new(item.clone());
        let did = match (&item.target, item.action) {
            (Target::Record(fingerprint), _) => {
                self.take_record(transaction, touched, fingerprint, &mut taken)?
            }
            (Target::Artifact(id), GcAction::Drop) => {
                self.take_unnamed(transaction, touched, id, &mut taken)?
            }
            (Target::Artifact(id), GcAction::Evict) => {
                self.evict(transaction, touched, id, &mut taken)?
            }
        };
        Ok(did.then_some(taken))
    }

    fn take_record(
        &self,
        transaction: &mut Transaction<'_>,
        touched: &Touched,
        fingerprint: &Fingerprint,
        taken: &mut Taken,
    ) -> Result<bool, StoreError> {
        let Some(known) = self.survey.records.get(fingerprint) else {
            return Ok(false);
        };
        if !is_as_it_was(transaction, touched, fingerprint, known)? {
            return Ok(false);
        }
        for id in &known.outputs {
            if is_pinned(transaction, id)? {
                return Ok(false);
            }
        }
        taken.hashes.push(*fingerprint.as_bytes());
        let key = fingerprint.as_bytes();
        taken.remove(transaction, Table::RECORDS, key)?;
        let recent = record::recent::key(&known.step, known.created, fingerprint);
        taken.remove(transaction, Table::RECENT, &recent)?;
        taken.remove(transaction, Table::USAGE, key)?;
        taken.item.bytes = 0;
        for id in &known.outputs {
            let key = lineage::key(id, fingerprint);
            taken.remove(transaction, Table::LINEAGE, &key)?;
            self.take_unnamed(transaction, touched, id, taken)?;
        }
        Ok(true)
    }

    /// Takes an artifact out that no record names.
    fn take_unnamed(
        &self,
        transaction: &mut Transaction<'_>,
        touched: &Touched,
        id: &ArtifactId,
        taken: &mut Taken,
    ) -> Result<bool, StoreError> {
        if self.wanted.contains(id)
            || touched.contains(id.as_bytes())
            || transaction.any_pair(Table::LINEAGE, lineage::prefix(id))?
            || is_pinned(transaction, id)?
        {
            return Ok(false);
        }
        let entry = transaction.look(Table::ARTIFACTS, id.as_bytes())?;
        let entry = entry.as_deref().and_then(|stored| Entry::read(id, stored));
        let with_bytes = entry.filter(|entry| entry.place != Place::Evicted);
        if matches!(taken.item.target, Target::Record(_)) {
            taken.item.bytes += with_bytes.map_or(0, |entry| entry.size);
        }
        taken.hashes.push(*id.as_bytes());
        taken.artifacts.push(*id);
        taken.remove(transaction, Table::ARTIFACTS, id.as_bytes())
    }

    fn evict(
        &self,
        transaction: &mut Transaction<'_>,
        touched: &Touched,
        id: &ArtifactId,
        taken: &mut Taken,
    ) -> Result<bool, StoreError> {
        let Some(stored) = self.survey.artifacts.get(id) else {
            return Ok(false);
        };
        if touched.contains(id.as_bytes()) || is_given_anew(transaction, id, &stored.producers)? {
            return Ok(false);
        }
        for fingerprint in &stored.producers {
            let known = self.survey.records.get(fingerprint);
            let Some(known) = known else { continue };
            let gone = transaction
                .look(Table::RECORDS, fingerprint.as_bytes())?
                .is_none();
            if !gone && !is_as_it_was(transaction, touched, fingerprint, known)? {
                return Ok(false);
            }
            taken.hashes.push(*fingerprint.as_bytes());
        }
        let before = transaction.look(Table::ARTIFACTS, id.as_bytes())?;
        let Some(before) = before.filter(|stored| Entry::read(id, stored).is_some()) else {
            return Ok(false);
        };
        if !matches!(evict_entry(transaction, id)?, Eviction::Evicted { .. }) {
            return Ok(false);
        }
        taken.hashes.push(*id.as_bytes());
        taken.artifacts.push(*id);
        taken.add(Table::ARTIFACTS, id.as_bytes(), before);
        Ok(true)
    }
}

/// Whether another call gave an artifact since it was selected.
fn is_given_anew(
    transaction: &Transaction<'_>,
    id: &ArtifactId,
    producers: &[Fingerprint],
) -> Result<bool, StoreError> {
    for key in transaction.pairs_with(Table::LINEAGE, lineage::prefix(id))? {
        let call = lineage::call(&key).unwrap_or_default();
        let is_known = |known: &Fingerprint| known.as_bytes().starts_with(call);
        if !producers.iter().any(is_known) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a record is the one that was selected, and was not used since.
fn is_as_it_was(
    transaction: &Transaction<'_>,
    touched: &Touched,
    fingerprint: &Fingerprint,
    known: &Known,
) -> Result<bool, StoreError> {
    let key = fingerprint.as_bytes();
    if touched.contains(key) {
        return Ok(false);
    }
    let stored = transaction.look(Table::RECORDS, key)?;
    let hit = stored.and_then(|stored| record::decode_hit(fingerprint, &stored));
    let usage = transaction.look(Table::USAGE, key)?;
    let usage = usage.and_then(|usage| Usage::decode(fingerprint, &usage));
    Ok(hit.is_some_and(|hit| hit.created == known.created)
        && usage.unwrap_or_default() == known.usage)
}
