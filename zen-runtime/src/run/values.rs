//! The values that a step of a run is handed: loaded only when a step that
//! misses needs them.

use std::sync::PoisonError;

use super::{redo::redo, scheduler::Shared};
use crate::{
    codec::{ArtifactId, CodecError},
    pipeline::{Bound, OutputRef},
    step::{ParameterType, Slot, StepFailure, Value, Values, warn_once},
    store::Presence,
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
    if let Some(value) = read(shared, output) {
        shared
            .lock()
            .hold(output.node, output.output, value.clone());
        return Ok(value);
    }
    let node = &shared.graph.nodes[output.node];
    if !was_evicted(shared, output) {
        let name = &node.name;
        warn_once(format!(
            "the stored result of `{name}` is gone or damaged: it is computed again"
        ));
    }
    // One worker at a time computes it, too. Where there is a flight to wait for, it
    // sees to that, and finds circles of waits; a lock would hide them. Nodes need
    // earlier nodes only, so the locks are taken in falling order.
    let step = node.step.linked.as_ref();
    let has_flight = step.is_some_and(|step| step.definition().is_cached());
    let _alone = (!has_flight).then_some(alone);
    redo(shared, output)
}

/// Whether the bytes of an output were given up on purpose.
fn was_evicted(shared: &Shared<'_>, output: OutputRef) -> bool {
    let artifact = shared.lock().artifact(output.node, output.output);
    let store = shared.settings.repository.store();
    artifact.is_some_and(|artifact| {
        store
            .presence(&artifact.id)
            .is_ok_and(|presence| presence == Presence::Evicted)
    })
}

fn read(shared: &Shared<'_>, output: OutputRef) -> Option<Value> {
    let artifact = shared.lock().artifact(output.node, output.output)?;
    decode(shared, output, &artifact.id)
}

/// An output's value, from the store, if it is there under this ID.
pub(super) fn decode(shared: &Shared<'_>, output: OutputRef, id: &ArtifactId) -> Option<Value> {
    let store = shared.settings.repository.store();
    let bytes = store.read_announced(id).ok().flatten()?;
    let step = shared.graph.nodes[output.node].step.linked.as_ref()?;
    let kind = step.output_types().get(output.output)?;
    (kind.decode)(&bytes).ok()
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
