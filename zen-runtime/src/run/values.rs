//! The values that a step of a run is handed: loaded only when a step that
//! misses needs them.

use std::sync::PoisonError;

use super::{redo::redo, scheduler::Shared};
use crate::{
    codec::{ArtifactId, CodecError},
    pipeline::{Bound, OutputRef},
    step::{MissReason, ParameterType, Slot, StepFailure, Value, Values, warn_once},
    store::{Fetched, StoreError},
    strict::trouble,
};

/// The values of all arguments of a node.
pub(super) fn gather(shared: &Shared<'_>, index: usize) -> Result<Values, StepFailure> {
    let node = &shared.graph.nodes[index];
    let kinds = node
        .step
        .linked
        .as_ref()
        .map_or(&[][..], |step| step.parameter_types());
    let slots = node
        .arguments
        .iter()
        .zip(kinds)
        .map(|(argument, kind)| slot(shared, argument, *kind))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Values::new(slots, shared.settings.block_on.clone()))
}

fn slot(shared: &Shared<'_>, argument: &Bound, kind: ParameterType) -> Result<Slot, StepFailure> {
    let unknown = || StepFailure::new("the value of an argument is not known");
    match argument {
        Bound::Parameter { value, .. } => value.clone().map(Slot::Value).ok_or_else(unknown),
        Bound::Ignored(make) => {
            let make = make.as_ref().ok_or_else(unknown)?;
            Ok(Slot::Ignored(make()))
        }
        Bound::Input(input) => load(shared, *input).map(Slot::Value),
        Bound::Inputs(inputs) => assemble(shared, inputs, kind).map(Slot::Value),
    }
}

/// The value of an output, whose ID is the one it has in this run: of this process,
/// else from the store, else computed again.
pub(super) fn load(shared: &Shared<'_>, output: OutputRef) -> Result<Value, StepFailure> {
    let held = || shared.lock().value(output.node, output.output);
    if let Some(value) = held() {
        return Ok(value);
    }
    // One worker at a time reads a node.
    let alone = shared.loading[output.node]
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = held() {
        return Ok(value);
    }
    if shared.lock().is_cut() {
        return Err(StepFailure::new("the run begins anew"));
    }
    let lost = match read(shared, output) {
        Ok(value) => {
            shared
                .lock()
                .hold(output.node, output.output, value.clone());
            return Ok(value);
        }
        Err(lost) => lost,
    };
    let node = &shared.graph.nodes[output.node];
    tell(&node.name, &lost);
    // One worker at a time computes it, too. Where there is a flight to wait for, it
    // sees to that, and finds circles of waits; a lock would hide them. Nodes need
    // earlier nodes only, so the locks are taken in falling order.
    let step = node.step.linked.as_ref();
    let has_flight = step.is_some_and(|step| step.definition().is_cached());
    let _alone = (!has_flight).then_some(alone);
    redo(shared, output, lost)
}

/// Tells why the stored result of the step `name` is computed again, unless its
/// bytes were given up on purpose.
fn tell(name: &str, lost: &MissReason) {
    match lost {
        MissReason::Evicted(_) => {}
        MissReason::StoreUnreadable(why) => {
            trouble(format!("cannot read the stored result of `{name}`: {why}"));
        }
        _ => warn_once(format!(
            "the stored result of `{name}` is gone or damaged: it is computed again"
        )),
    }
}

/// An output's value from the store, or why it is not to be had.
fn read(shared: &Shared<'_>, output: OutputRef) -> Result<Value, MissReason> {
    let artifact = shared.lock().artifact(output.node, output.output);
    let id = artifact.ok_or(MissReason::NeverRun)?.id;
    read_stored(shared, output, &id)
}

/// The value of an output that is stored under this ID, or why it is not to be had.
pub(super) fn read_stored(
    shared: &Shared<'_>,
    output: OutputRef,
    id: &ArtifactId,
) -> Result<Value, MissReason> {
    let store = shared.settings.repository.store();
    let unreadable = |error: StoreError| MissReason::StoreUnreadable(error.to_string());
    let bytes = match store.fetch(id).map_err(unreadable)? {
        Fetched::Bytes(bytes) => bytes,
        Fetched::Evicted => return Err(MissReason::Evicted(*id)),
        Fetched::Gone => return Err(MissReason::ArtifactMissing(*id)),
    };
    let step = shared.graph.nodes[output.node].step.linked.as_ref();
    let kind = step.and_then(|step| step.output_types().get(output.output));
    let kind = kind.ok_or_else(|| MissReason::Undecodable("its type is not known".to_owned()))?;
    (kind.decode)(&bytes).map_err(|error| MissReason::Undecodable(error.to_string()))
}

/// The `Vec` that a list of handles stands for. Its encoding is its length and
/// those of its elements, so it is put together without knowing their type.
fn assemble(
    shared: &Shared<'_>,
    inputs: &[OutputRef],
    kind: ParameterType,
) -> Result<Value, StepFailure> {
    let told = |error: CodecError| StepFailure::from_error(&error);
    let mut bytes = (inputs.len() as u64).to_le_bytes().to_vec();
    for input in inputs {
        let value = load(shared, *input)?;
        let step = shared.graph.nodes[input.node].step.linked.as_ref();
        let output = step.and_then(|step| step.output_types().get(input.output));
        let output = output.ok_or_else(|| StepFailure::new("an input is of no known type"))?;
        bytes.extend((output.encode)(&value).map_err(told)?.bytes);
    }
    let operations = kind
        .operations
        .ok_or_else(|| StepFailure::new("an ignored argument cannot be a list of inputs"))?;
    (operations.decode)(&bytes).map_err(told)
}
