//! What is in the store, at one moment.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use super::super::{
    Store, StoreError,
    artifact::{Entry, Place},
    live::Touched,
    metadata::Table,
    record,
    usage::Usage,
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// What is in the store, as far as it matters to what is cleared away.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) records: HashMap<Fingerprint, Known>,
    pub(super) artifacts: HashMap<ArtifactId, Stored>,
    pub(super) pins: HashSet<ArtifactId>,
    /// The artifacts that stored calls take as arguments.
    pub(super) taken: HashSet<ArtifactId>,
    pub(super) touched: Touched,
    /// What age is counted from, in milliseconds since 1970.
    pub(super) now: u64,
}

/// A record.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) step: String,
    pub(super) outputs: Vec<ArtifactId>,
    pub(super) created: u64,
    pub(super) duration: Duration,
    pub(super) usage: Usage,
}

/// An artifact's entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub(super) size: u64,
    /// Whether its bytes are there.
    pub(super) has_bytes: bool,
    /// The calls that gave it.
    pub(super) producers: Vec<Fingerprint>,
}

impl Known {
    /// When the result was last used, in milliseconds since 1970.
    pub(super) fn last_used(&self) -> u64 {
        self.created.max(self.usage.last)
    }

    /// How often it was used. Computing it is a use.
    pub(super) fn uses(&self) -> u64 {
        self.usage.uses.saturating_add(1)
    }
}

impl Store {
    /// Looks at everything. The damaged is left out.
    pub(super) fn survey(&self) -> Result<Survey, StoreError> {
        self.disk.look_afresh(|snapshot| {
            let mut survey = Survey {
                pins: self.pins()?.into_iter().collect(),
                touched: self.touched()?,
                ..Survey::default()
            };
            snapshot.scan(Table::ARTIFACTS, &[], &mut |key, value| {
                survey.add_artifact(key, value);
                Ok(true)
            })?;
            snapshot.scan(Table::RECORDS, &[], &mut |key, value| {
                survey.add_record(key, value);
                Ok(true)
            })?;
            snapshot.scan(Table::USAGE, &[], &mut |key, value| {
                survey.add_usage(key, value);
                Ok(true)
            })?;
            survey.now = self.now_after(survey.times());
            Ok(survey)
        })
    }
}

impl Survey {
    /// All times of which a record says that it was stored or used.
    fn times(&self) -> impl Iterator<Item = u64> {
        let records = self.records.values();
        // Without a note of a use there is no time of it.
        records.flat_map(|known| {
            let used = (known.usage.uses > 0).then_some(known.usage.last);
            [Some(known.created), used].into_iter().flatten()
        })
    }

    /// The size of all artifacts whose bytes are there.
    pub(super) fn size(&self) -> u64 {
        let with_bytes = self.artifacts.values().filter(|stored| stored.has_bytes);
        with_bytes.map(|stored| stored.size).sum()
    }

    fn add_artifact(&mut self, key: &[u8], value: &[u8]) {
        let Some(id) = key.try_into().ok().map(ArtifactId::from_bytes) else {
            return;
        };
        if let Some(entry) = Entry::read(&id, value) {
            let stored = Stored {
                size: entry.size,
                has_bytes: entry.place != Place::Evicted,
                producers: Vec::new(),
            };
            self.artifacts.insert(id, stored);
        }
    }

    fn add_record(&mut self, key: &[u8], value: &[u8]) {
        let Some(fingerprint) = key.try_into().ok().map(Fingerprint::from_bytes) else {
            return;
        };
        let Some(record) = record::decode(&fingerprint, value) else {
            return;
        };
        for argument in &record.parts.arguments {
            self.taken.extend(argument.content.ids());
        }
        let mut outputs: Vec<ArtifactId> = record.outputs.iter().map(|o| o.id).collect();
        outputs.sort_unstable();
        outputs.dedup();
        for id in &outputs {
            if let Some(stored) = self.artifacts.get_mut(id) {
                stored.producers.push(fingerprint);
            }
        }
        let known = Known {
            step: record.parts.step.into_owned(),
            outputs,
            created: record.created,
            duration: record.duration,
            usage: Usage::default(),
        };
        self.records.insert(fingerprint, known);
    }

    fn add_usage(&mut self, key: &[u8], value: &[u8]) {
        let Some(fingerprint) = key.try_into().ok().map(Fingerprint::from_bytes) else {
            return;
        };
        let known = self.records.get_mut(&fingerprint);
        if let Some((known, usage)) = known.zip(Usage::decode(&fingerprint, value)) {
            known.usage = usage;
        }
    }
}
