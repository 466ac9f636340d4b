//! Computing a step again whose stored bytes are gone, and what follows if it
//! comes out differently.
//!
//! As with every computation, others that need the same bytes wait for it rather
//! than compute them too, in this run, in others and in other processes. No lock of
//! the run is held meanwhile: each wait is one for a flight, which circles are
//! looked for in.
//!
//! A run decides on steps by the IDs of their inputs. If a step turns out to give
//! another result than its record says, what was decided after it was decided on
//! an ID that no value stands for any more: neither may a later step be handed
//! the new value under the old ID, nor may results before and after be mixed. So
//! the run begins anew, and takes over what it has computed.

use std::collections::HashMap;

use super::{
    StepOutcome, StepRun,
    node::{self, Miss},
    prepare::prepare,
    scheduler::Shared,
    values::read_stored,
};
use crate::{
    codec::ArtifactId,
    fingerprint::Fingerprint,
    pipeline::OutputRef,
    step::{
        MissReason, Need, PreparedCall, Step, StepFailure, Turn, Value, turn,
        warn_not_deterministic,
    },
    store::{Flight, Hit},
};

/// What a run computed before it began anew, by node.
pub(super) type Given = HashMap<usize, Computed>;

/// A step that was computed in this run.
#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) run: StepRun,
    /// The values of its outputs, as far as they are still held.
    pub(super) values: Vec<Option<Value>>,
}

impl Computed {
    /// Whether it is what the call with this fingerprint gave.
    pub(super) fn is_of(&self, fingerprint: Fingerprint) -> bool {
        self.run.fingerprint == Some(fingerprint)
    }
}

/// The value of an output whose bytes are `lost`: computes its step again, and holds
/// the values for others of the run. If somebody else is at it, waits for that.
///
/// # Errors
/// If it fails, or if it gives another result than it did: the run is cut short
/// then.
pub(super) fn redo(
    shared: &Shared<'_>,
    output: OutputRef,
    lost: MissReason,
) -> Result<Value, StepFailure> {
    let index = output.node;
    let node = &shared.graph.nodes[index];
    let linked = node.step.linked.as_ref();
    let step = linked.ok_or_else(|| StepFailure::new("the step is not linked into this binary"))?;
    let call = prepare(
        shared.settings.repository,
        node,
        step,
        &node::artifacts(shared),
    );
    let call = call.ok();
    let flight = match find_turn(shared, output, call.as_ref()) {
        Found::Turn(flight) => flight,
        Found::Value(value) => return Ok(value),
        Found::Stored { hit, value } => {
            let run = taken_over(shared, index, call.as_ref(), hit);
            let mut values = vec![None; run.outputs.len()];
            values[output.output] = Some(value);
            return settle(shared, output, Computed { run, values });
        }
    };
    if shared.lock().is_cut() {
        return Err(StepFailure::new("the run begins anew"));
    }
    let again = compute(
        shared,
        index,
        step,
        call.as_ref(),
        Miss {
            reasons: vec![lost],
            flight,
        },
    )?;
    settle(shared, output, again)
}

/// What there is to do about an output whose bytes were gone.
enum Found {
    /// It is this worker's turn to compute.
    Turn(Flight),
    /// Another worker of this run has the value by now.
    Value(Value),
    /// Somebody else has kept the result meanwhile.
    Stored { hit: Hit, value: Value },
}

fn find_turn(shared: &Shared<'_>, output: OutputRef, call: Option<&PreparedCall>) -> Found {
    let Some(call) = call.filter(|call| call.definition.is_cached()) else {
        return Found::Turn(Flight::none());
    };
    let turn = turn(shared.settings.repository, call, Need::Values);
    let held = shared.lock().value(output.node, output.output);
    match (turn, held) {
        (_, Some(value)) => Found::Value(value),
        (Turn::Compute(flight), None) => Found::Turn(flight),
        (Turn::Stored(hit), None) => {
            let id = hit.outputs.get(output.output).map(|stored| stored.id);
            match id.and_then(|id| read_stored(shared, output, &id).ok()) {
                Some(value) => Found::Stored { hit, value },
                None => Found::Turn(Flight::none()),
            }
        }
    }
}

/// What came of a step that somebody else computed.
fn taken_over(shared: &Shared<'_>, index: usize, call: Option<&PreparedCall>, hit: Hit) -> StepRun {
    let saved = hit.duration;
    StepRun {
        outputs: hit.outputs,
        fingerprint: call.map(PreparedCall::fingerprint),
        ..shared.step_run(index, StepOutcome::Cached { saved })
    }
}

fn compute(
    shared: &Shared<'_>,
    index: usize,
    step: &Step,
    call: Option<&PreparedCall>,
    Miss { reasons, flight }: Miss,
) -> Result<Computed, StepFailure> {
    let node = &shared.graph.nodes[index];
    let fresh = flight.during(|| node::execute(shared, index, step))?;
    let outputs = node::store(shared, node, step, call, &fresh, flight);
    let run = StepRun {
        outputs,
        fingerprint: call.map(PreparedCall::fingerprint),
        duration: fresh.duration,
        ..shared.step_run(index, StepOutcome::Computed { reasons })
    };
    let values = fresh.values.into_iter().map(Some).collect();
    Ok(Computed { run, values })
}

/// Checks the result against the one that the run has gone on with.
fn settle(shared: &Shared<'_>, output: OutputRef, again: Computed) -> Result<Value, StepFailure> {
    let index = output.node;
    let before = shared.lock().done(index).cloned();
    let ids =
        |run: &StepRun| -> Vec<ArtifactId> { run.outputs.iter().map(|output| output.id).collect() };
    match before {
        Some(before) if ids(&before) != ids(&again.run) => {
            if before.fingerprint == again.run.fingerprint {
                warn_not_deterministic(&before.name);
            }
            let failure = format!("`{}` gave another result than it did before", before.name);
            shared.lock().cut(index, again);
            Err(StepFailure::new(failure))
        }
        _ => {
            let value = again.values.get(output.output).cloned().flatten();
            shared.lock().note_computed(index, &again.run);
            node::hold(shared, index, again.values);
            let name = &shared.graph.nodes[index].name;
            value.ok_or_else(|| StepFailure::new(format!("the step `{name}` gave no value")))
        }
    }
}
