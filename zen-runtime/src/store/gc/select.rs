//! Which records and artifacts go, and in which order. Nothing is touched here.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::{
    GcAction, GcItem, GcPolicy, GcReason, Target,
    policy::Evict,
    survey::{Known, Stored, Survey},
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// What the runs of pipelines want kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roots {
    /// The calls of the kept runs.
    pub(crate) records: HashSet<Fingerprint>,
    /// The artifacts that their steps gave.
    pub(crate) artifacts: HashSet<ArtifactId>,
    /// Of these, the outputs of their pipelines: their bytes stay too.
    pub(crate) outputs: HashSet<ArtifactId>,
}

/// What goes, in order.
pub(super) fn select(policy: &GcPolicy, survey: &Survey, roots: &Roots) -> Vec<GcItem> {
    let mut selection = Selection {
        policy,
        survey,
        roots,
        producers: survey
            .artifacts
            .iter()
            .map(|(id, stored)| (*id, stored.producers.len()))
            .collect(),
        without_bytes: HashSet::new(),
        dropped: HashSet::new(),
        size: survey.size(),
        items: Vec::new(),
    };
    selection.drop_unnamed();
    selection.drop_old();
    selection.evict();
    selection.drop_to_size();
    selection.items
}

struct Selection<'a> {
    policy: &'a GcPolicy,
    survey: &'a Survey,
    roots: &'a Roots,
    /// How many of the records that are left name an artifact.
    producers: HashMap<ArtifactId, usize>,
    /// The artifacts whose bytes go.
    without_bytes: HashSet<ArtifactId>,
    dropped: HashSet<Fingerprint>,
    /// The size of what is left.
    size: u64,
    items: Vec<GcItem>,
}

impl<'a> Selection<'a> {
    /// Artifacts that no record names, and no run either.
    fn drop_unnamed(&mut self) {
        let survey = self.survey;
        let mut unnamed: Vec<(&ArtifactId, &Stored)> = survey
            .artifacts
            .iter()
            .filter(|(id, stored)| stored.producers.is_empty() && !self.is_wanted(id))
            .collect();
        unnamed.sort_unstable_by_key(|(id, _)| **id);
        for (id, stored) in unnamed {
            let bytes = if stored.has_bytes { stored.size } else { 0 };
            self.size -= bytes;
            self.items.push(GcItem {
                action: GcAction::Drop,
                target: Target::Artifact(*id),
                step: String::new(),
                bytes,
                duration: Duration::ZERO,
                uses: 0,
                last_used: 0,
                reason: GcReason::Unnamed,
            });
        }
    }

    /// Records that were not used for the time that the policy says.
    fn drop_old(&mut self) {
        let Some(age) = self.policy.max_age else {
            return;
        };
        let oldest = before(self.survey.now, age);
        let mut old = self.droppable(|known| known.last_used() < oldest);
        old.sort_unstable_by_key(|(fingerprint, known)| (known.last_used(), **fingerprint));
        for (fingerprint, _) in old {
            self.drop_record(fingerprint, GcReason::Age);
        }
    }

    /// Gives up bytes, the cheapest first, as the policy allows.
    fn evict(&mut self) {
        let survey = self.survey;
        let mut candidates: Vec<(f64, &ArtifactId)> = survey
            .artifacts
            .iter()
            .filter(|(id, stored)| self.may_be_evicted(id, stored))
            .map(|(id, stored)| (self.worth_of_artifact(stored), id))
            .collect();
        candidates.sort_unstable_by(|(a, a_id), (b, b_id)| a.total_cmp(b).then(a_id.cmp(b_id)));
        for (_, id) in candidates {
            if self.policy.max_size.is_some_and(|limit| self.size <= limit) {
                return;
            }
            self.evict_one(id);
        }
    }

    /// Drops records, the cheapest first, until the artifacts are no more than
    /// the policy allows.
    fn drop_to_size(&mut self) {
        let Some(limit) = self.policy.max_size.filter(|limit| self.size > *limit) else {
            return;
        };
        let mut worth: Vec<(f64, &Fingerprint)> = self
            .droppable(|_| true)
            .into_iter()
            .filter_map(|(fingerprint, known)| {
                let bytes = self.bytes_of(known);
                (bytes > 0).then(|| (worth(known.duration, known.uses(), bytes), fingerprint))
            })
            .collect();
        worth.sort_unstable_by(|(a, a_id), (b, b_id)| a.total_cmp(b).then(a_id.cmp(b_id)));
        for (_, fingerprint) in worth {
            if self.size <= limit {
                return;
            }
            self.drop_record(fingerprint, GcReason::Size);
        }
    }

    /// The records that may go, as far as they are `wanted`.
    fn droppable(&self, wanted: impl Fn(&Known) -> bool) -> Vec<(&'a Fingerprint, &'a Known)> {
        let records = self.survey.records.iter();
        records
            .filter(|(fingerprint, known)| wanted(known) && !self.is_kept(fingerprint, known))
            .collect()
    }

    /// Whether a record stays whatever the limits say, or has gone already.
    fn is_kept(&self, fingerprint: &Fingerprint, known: &Known) -> bool {
        let lately = |time| known.last_used() >= before(self.survey.now, time);
        self.dropped.contains(fingerprint)
            || self.roots.records.contains(fingerprint)
            || self.is_touched(fingerprint, known)
            || self.policy.keep_used_within.is_some_and(lately)
            || known.outputs.iter().any(|id| self.survey.pins.contains(id))
    }

    /// Whether a run that is going on may need a record.
    fn is_touched(&self, fingerprint: &Fingerprint, known: &Known) -> bool {
        let touched = &self.survey.touched;
        touched.contains(fingerprint.as_bytes())
            || touched
                .since
                .is_some_and(|since| known.last_used() >= since)
    }

    /// Whether an artifact is wanted though no record may name it.
    fn is_wanted(&self, id: &ArtifactId) -> bool {
        self.survey.pins.contains(id)
            || self.roots.artifacts.contains(id)
            || self.survey.touched.contains(id.as_bytes())
    }

    fn may_be_evicted(&self, id: &ArtifactId, stored: &Stored) -> bool {
        let allowed = match self.policy.evict {
            Evict::Nothing => false,
            Evict::Intermediates => self.survey.taken.contains(id),
            Evict::All => true,
        };
        let needed = |fingerprint: &Fingerprint| {
            let known = self.survey.records.get(fingerprint);
            known.is_some_and(|known| self.is_touched(fingerprint, known))
        };
        allowed
            && stored.has_bytes
            && self.producers.get(id).is_some_and(|left| *left > 0)
            && !self.survey.pins.contains(id)
            && !self.roots.outputs.contains(id)
            && !self.survey.touched.contains(id.as_bytes())
            && !stored.producers.iter().any(needed)
    }

    /// What the bytes of an artifact are worth: the cheapest of the calls that
    /// gave it would be made again, for whoever uses any of them.
    fn worth_of_artifact(&self, stored: &Stored) -> f64 {
        let (duration, uses) = self.made_by(stored);
        worth(duration, uses, stored.size)
    }

    fn made_by(&self, stored: &Stored) -> (Duration, u64) {
        let known = || {
            let left = stored
                .producers
                .iter()
                .filter(|p| !self.dropped.contains(*p));
            left.filter_map(|producer| self.survey.records.get(producer))
        };
        let cheapest = known().map(|known| known.duration).min();
        let uses = known().map(Known::uses).fold(0, u64::saturating_add);
        (cheapest.unwrap_or_default(), uses)
    }

    /// The bytes that only a record and its like keep.
    fn bytes_of(&self, known: &Known) -> u64 {
        known.outputs.iter().map(|id| self.bytes_left(id)).sum()
    }

    /// The bytes of an artifact that are still there.
    fn bytes_left(&self, id: &ArtifactId) -> u64 {
        let stored = self.survey.artifacts.get(id);
        let there = stored.filter(|stored| stored.has_bytes && !self.without_bytes.contains(id));
        there.map_or(0, |stored| stored.size)
    }

    fn evict_one(&mut self, id: &ArtifactId) {
        let Some(stored) = self.survey.artifacts.get(id) else {
            return;
        };
        let (duration, uses) = self.made_by(stored);
        let known = stored
            .producers
            .iter()
            .find_map(|p| self.survey.records.get(p));
        self.size -= self.bytes_left(id);
        self.without_bytes.insert(*id);
        self.items.push(GcItem {
            action: GcAction::Evict,
            target: Target::Artifact(*id),
            step: known.map(|known| known.step.clone()).unwrap_or_default(),
            bytes: stored.size,
            duration,
            uses,
            last_used: known.map_or(0, Known::last_used),
            reason: match self.policy.max_size {
                Some(_) => GcReason::Size,
                None => GcReason::Evicted,
            },
        });
    }

    /// Drops a record, and the artifacts that only it named.
    fn drop_record(&mut self, fingerprint: &Fingerprint, reason: GcReason) {
        let Some(known) = self.survey.records.get(fingerprint) else {
            return;
        };
        self.dropped.insert(*fingerprint);
        let mut bytes = 0;
        for id in &known.outputs {
            let left = self.producers.get_mut(id).map(|left| {
                *left -= 1;
                *left
            });
            if left == Some(0) && !self.is_wanted(id) {
                bytes += self.bytes_left(id);
                self.without_bytes.insert(*id);
            }
        }
        self.size -= bytes;
        self.items.push(GcItem {
            action: GcAction::Drop,
            target: Target::Record(*fingerprint),
            step: known.step.clone(),
            bytes,
            duration: known.duration,
            uses: known.uses(),
            last_used: known.last_used(),
            reason,
        });
    }
}

/// The time that a use of a result saves, over all uses, by the bytes that it
/// takes.
#[allow(clippy::cast_precision_loss)] // It is only compared.
fn worth(duration: Duration, uses: u64, bytes: u64) -> f64 {
    duration.as_secs_f64() * uses as f64 / bytes.max(1) as f64
}

/// The time `length` before `now`, in milliseconds since 1970.
fn before(now: u64, length: Duration) -> u64 {
    now.saturating_sub(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
