//! The one decision: is a call a hit or a miss, and why.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{PreparedCall, conflict::conflicts};
use crate::{
    codec::ArtifactId,
    fingerprint::{Difference, source_changes},
    store::{Hit, Presence, Repository, Store, StoreError},
    strict::trouble,
};

/// How many earlier results of a step are compared to find what changed.
const COMPARED: usize = 16;

/// What the caller of [`decide`] needs of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The IDs of its artifacts: a run goes on with them alone, and loads a value
    /// when a step that misses takes it. An artifact whose bytes were evicted
    /// will do.
    Ids,
    /// The values, now.
    Values,
}

/// What [`decide`] says about a call.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The result is stored, and what the caller needs of it is there.
    Hit(Hit),
    /// The call must be computed.
    Miss(Vec<MissReason>),
}

impl Decision {
    /// Whether it is a hit.
    pub fn is_hit(&self) -> bool {
        matches!(self, Self::Hit(_))
    }

    /// Why it is a miss; empty for a hit.
    pub fn reasons(&self) -> &[MissReason] {
        match self {
            Self::Hit(_) => &[],
            Self::Miss(reasons) => reasons,
        }
    }
}

/// Why a call is a miss.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum MissReason {
    /// No result of this step is stored.
    NeverRun,
    /// The nearest earlier result differs in this.
    Changed(Difference),
    /// The step has `cache = false`.
    CacheDisabled,
    /// Another function goes by the same name.
    NameConflict,
    /// The result is known, but the bytes of one of its artifacts are gone or
    /// damaged.
    ArtifactMissing(ArtifactId),
    /// The result is stored, but cannot be decoded as the type it should have.
    Undecodable(String),
    /// An argument has no identity, so that no result can be found by it.
    NotIdentified {
        /// The argument.
        argument: String,
        /// Why.
        why: String,
    },
    /// The metadata store could not be read.
    StoreUnreadable(String),
    /// The value is needed, and the bytes of one of the result's artifacts were
    /// given up to save room.
    Evicted(ArtifactId),
}

impl MissReason {
    /// The artifact that the call is known to give, but whose bytes are not
    /// there.
    pub(crate) fn lost(&self) -> Option<ArtifactId> {
        match self {
            Self::ArtifactMissing(id) | Self::Evicted(id) => Some(*id),
            _ => None,
        }
    }
}

/// Whether `call` is a hit in `repository` for one who needs this much of it, and
/// if not, why.
///
/// Runs, dry runs, explanations and plain calls all ask this function. It never
/// fails: what cannot be read is a miss.
pub fn decide(repository: &Repository, call: &PreparedCall, need: Need) -> Decision {
    match judge(repository, call, need) {
        Verdict::Hit(hit) => Decision::Hit(Arc::unwrap_or_clone(hit)),
        Verdict::Miss(reason) => Decision::Miss(vec![reason]),
        Verdict::NotStored => Decision::Miss(what_changed(repository, call)),
    }
}

/// What [`decide`] says, but for what it takes to find out why nothing is stored:
/// a plain call does not ask, and would pay for it with each miss.
#[derive(Debug)]
pub(super) enum Verdict {
    Hit(Arc<Hit>),
    Miss(MissReason),
    /// A miss. Why it is one, the step's latest results say.
    NotStored,
}

/// Whether `call` is a hit in `repository` for one who needs this much of it.
pub(super) fn judge(repository: &Repository, call: &PreparedCall, need: Need) -> Verdict {
    if !call.definition.is_cached() {
        return Verdict::Miss(MissReason::CacheDisabled);
    }
    if conflicts(call.definition) {
        return Verdict::Miss(MissReason::NameConflict);
    }
    find(repository, call, need)
        .unwrap_or_else(|error| Verdict::Miss(unreadable(repository, &error)))
}

fn unreadable(repository: &Repository, error: &StoreError) -> MissReason {
    trouble(format!(
        "cannot read {}: {error}",
        repository.dir().display()
    ));
    MissReason::StoreUnreadable(error.to_string())
}

/// What [`decide`] finds when a call that was a miss may have become a hit, as
/// another thread or process computed it. Does not ask why it is a miss still.
pub(super) fn decide_again(
    repository: &Repository,
    call: &PreparedCall,
    need: Need,
) -> Option<Hit> {
    if conflicts(call.definition) {
        return None;
    }
    match find(repository, call, need) {
        Ok(Verdict::Hit(hit)) => Some(Arc::unwrap_or_clone(hit)),
        // It was told when it was decided on first.
        Ok(Verdict::Miss(_) | Verdict::NotStored) | Err(_) => None,
    }
}

/// What is stored of a call.
fn find(repository: &Repository, call: &PreparedCall, need: Need) -> Result<Verdict, StoreError> {
    let store = repository.store();
    store.announce(call.fingerprint.as_bytes());
    let is_hit = |found: &Verdict| matches!(found, Verdict::Hit(_));
    store.find_announced(|| find_now(repository, call, need), is_hit)
}

fn find_now(
    repository: &Repository,
    call: &PreparedCall,
    need: Need,
) -> Result<Verdict, StoreError> {
    let store = repository.store();
    let Some(hit) = store.hit(&call.fingerprint)? else {
        return Ok(Verdict::NotStored);
    };
    let Some(missing) = missing_of(store, &hit)? else {
        return Ok(Verdict::Hit(hit));
    };
    // Somebody may have computed it since, and have kept another result.
    let Some(now) = store.hit_now(&call.fingerprint)? else {
        return Ok(Verdict::NotStored);
    };
    let missing = if now.outputs == hit.outputs {
        Some(missing)
    } else {
        missing_of(store, &now)?
    };
    Ok(match missing {
        Some(MissReason::Evicted(_)) if need == Need::Ids => Verdict::Hit(now),
        Some(reason) => Verdict::Miss(reason),
        None => Verdict::Hit(now),
    })
}

/// What there is to say of a result of which not all bytes are there.
fn missing_of(store: &Store, hit: &Hit) -> Result<Option<MissReason>, StoreError> {
    let mut evicted = None;
    for output in &hit.outputs {
        match store.presence(&output.id)? {
            Presence::Stored => {}
            Presence::Evicted => evicted = Some(MissReason::Evicted(output.id)),
            Presence::Missing => return Ok(Some(MissReason::ArtifactMissing(output.id))),
        }
    }
    Ok(evicted)
}

/// How the call differs from the nearest of the step's latest results.
fn what_changed(repository: &Repository, call: &PreparedCall) -> Vec<MissReason> {
    look_for_changes(repository, call).unwrap_or_else(|error| vec![unreadable(repository, &error)])
}

fn look_for_changes(
    repository: &Repository,
    call: &PreparedCall,
) -> Result<Vec<MissReason>, StoreError> {
    let store = repository.store();
    let recent = store.recent(&call.parts.step, COMPARED)?;
    let differences = recent
        .iter()
        .map(|record| (record, call.parts.differences(&record.parts)));
    let Some((record, mut differences)) = differences.min_by_key(|(_, found)| found.len()) else {
        return Ok(vec![MissReason::NeverRun]);
    };
    for difference in &mut differences {
        if let Difference::Source { changes } = difference {
            let before = store.source(&record.parts.source)?;
            let now = call.definition.source_items();
            *changes = before.map_or_else(Vec::new, |before| source_changes(&before, &now));
        }
    }
    Ok(differences.into_iter().map(MissReason::Changed).collect())
}

impl fmt::Display for MissReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverRun => write!(f, "no result of this step is stored"),
            Self::Changed(difference) => fmt::Display::fmt(difference, f),
            Self::CacheDisabled => write!(f, "the step has `cache = false`"),
            Self::NameConflict => write!(f, "another function goes by the same name"),
            Self::ArtifactMissing(id) => write!(f, "the artifact {id:#} is gone"),
            Self::Undecodable(why) => write!(f, "the stored result cannot be read: {why}"),
            Self::NotIdentified { argument, why } => {
                write!(f, "the argument `{argument}` has no identity: {why}")
            }
            Self::StoreUnreadable(why) => write!(f, "the store cannot be read: {why}"),
            Self::Evicted(id) => write!(f, "the bytes of the artifact {id:#} were evicted"),
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hit(_) => write!(f, "hit"),
            Self::Miss(reasons) => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "miss: {}", reasons.join("; "))
            }
        }
    }
}
