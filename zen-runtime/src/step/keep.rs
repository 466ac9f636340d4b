//! From a computed value to a record.

use std::{borrow::Cow, time::Duration};

use super::{Encoded, OutputType, PreparedCall, warn_once};
use crate::{
    codec::{ArtifactId, BINCODE},
    store::{Flight, NewArtifact, Output, Record, Repository, unix_millis},
    strict::{is_strict, trouble},
};

/// A computed result on its way into the store.
#[derive(Debug)]
pub(crate) struct NewResult<'a> {
    pub(crate) types: &'a [OutputType],
    pub(crate) encoded: Vec<Encoded>,
    pub(crate) duration: Duration,
    pub(crate) run: Option<String>,
    /// Over when the result can be seen.
    pub(crate) flight: Flight,
}

/// Stores a result, unless an input file changed while the step read it, and
/// gives its outputs as they stand in the record. What goes wrong is told once
/// and changes nothing for the caller.
pub(crate) fn keep(
    repository: &Repository,
    call: &PreparedCall,
    result: NewResult<'_>,
) -> Vec<Output> {
    let outputs = describe(call, result.types, &result.encoded);
    if may_be_kept(repository, call) {
        write(repository, call, &outputs, result);
    }
    outputs
}

fn describe(call: &PreparedCall, types: &[OutputType], encoded: &[Encoded]) -> Vec<Output> {
    let names = call.definition.outputs();
    encoded
        .iter()
        .zip(types)
        .enumerate()
        .map(|(index, (encoded, kind))| Output {
            name: Cow::Borrowed(names.get(index).copied().unwrap_or("")),
            id: encoded.id,
            type_name: kind.name.to_owned(),
            size: encoded.bytes.len() as u64,
        })
        .collect()
}

fn may_be_kept(repository: &Repository, call: &PreparedCall) -> bool {
    let changed = call
        .files
        .iter()
        .find(|file| file.has_changed(&**repository.store()));
    if let Some(file) = changed {
        warn_once(format!(
            "the result of `{}` is not kept: {} changed while the step ran",
            call.definition.name(),
            file.path().display(),
        ));
    }
    changed.is_none()
}

fn write(repository: &Repository, call: &PreparedCall, outputs: &[Output], result: NewResult<'_>) {
    let record = Record {
        fingerprint: call.fingerprint,
        parts: call.parts.clone(),
        outputs: outputs.to_vec(),
        created: unix_millis(),
        duration: result.duration,
        run: result.run,
    };
    let record = call.definition.is_cached().then_some(record);
    let artifacts = artifacts(result.encoded);
    let store = repository.store();
    store.describe_source(&call.parts.source, || call.definition.source_items());
    store.hand_over(record, artifacts, result.flight);
    // The committer warns of what it cannot keep.
    if is_strict()
        && let Err(error) = store.flush()
    {
        trouble(format!(
            "the result of `{}` is not kept: {error}",
            call.definition.name()
        ));
    }
}

fn artifacts(encoded: Vec<Encoded>) -> Vec<NewArtifact> {
    let mut seen: Vec<ArtifactId> = Vec::new();
    encoded
        .into_iter()
        .filter(|artifact| {
            let new = !seen.contains(&artifact.id);
            seen.push(artifact.id);
            new
        })
        .map(|artifact| NewArtifact {
            id: artifact.id,
            codec: BINCODE,
            bytes: artifact.bytes,
        })
        .collect()
}

/// Tells the user that a stored result was computed again, and came out
/// differently.
pub(crate) fn warn_not_deterministic(name: &str) {
    warn_once(format!(
        "`{name}` is not deterministic: computed again from the same inputs, it gave another \
         result, which is kept from now on; what comes after it is decided on anew",
    ));
}
