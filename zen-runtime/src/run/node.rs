//! Runs one step of a run.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    StepOutcome, StepRun, prepare::prepare, scheduler::Shared, state::Claim, values::gather,
};
use crate::{
    codec::ArtifactId,
    fingerprint::Fingerprint,
    pipeline::{Node, OutputRef},
    step::{
        Asked, Decision, Encoded, MissReason, Need, NewResult, PreparedCall, Step, StepFailure,
        Turn, Value, ask, decide, keep, scoped, warn_once, with_progress,
    },
    store::{Flight, Hit, Output, Wait},
};

/// What came of a worker's turn with a step.
#[derive(Debug)]
pub(super) enum NodeOutcome {
    Done(Box<StepRun>),
    /// A step of the same fingerprint is running; this one comes back.
    Parked,
    /// Another run, call or process computes it; this one comes back.
    Waiting(Wait),
    /// The run begins anew, and the step with it.
    Abandoned,
}

/// Decides on a step, and computes it if it is a miss. `flight` is what it has
/// waited for, if it did.
pub(super) fn run(shared: &Shared<'_>, index: usize, flight: Option<Flight>) -> NodeOutcome {
    let node = &shared.graph.nodes[index];
    let started = Instant::now();
    let Some(step) = &node.step.linked else {
        let failure = StepFailure::new("the step is not linked into this binary");
        return done(shared.step_run(index, failure.into()));
    };
    let prepared = prepare(shared.settings.repository, node, step, &artifacts(shared));
    let (call, decision) = match prepared {
        Err(reason) => (None, Decision::Miss(vec![reason])),
        Ok(call) => {
            if let Some(outcome) = join(shared, index, &call) {
                return outcome;
            }
            if let Some(run) = given(shared, index, &call) {
                return done(run);
            }
            let decision = decide(shared.settings.repository, &call, Need::Ids);
            (Some(call), decision)
        }
    };
    let mut run = match next(shared, call.as_ref(), decision, flight) {
        Next::Cached(hit) => cached(shared, index, call.as_ref(), hit),
        Next::Compute(miss) => compute(shared, index, step, call.as_ref(), miss),
        Next::Wait(wait) => return NodeOutcome::Waiting(wait),
    };
    run.fingerprint = call.map(|call| call.fingerprint());
    run.duration = started.elapsed();
    if run.failure().is_some() && shared.lock().is_cut() {
        return NodeOutcome::Abandoned;
    }
    done(run)
}

/// What a miss is computed with: its reasons, and its flight.
pub(super) struct Miss {
    pub(super) reasons: Vec<MissReason>,
    pub(super) flight: Flight,
}

/// What a decision comes to, when others may be computing the same call.
enum Next {
    Cached(Hit),
    Compute(Miss),
    Wait(Wait),
}

fn next(
    shared: &Shared<'_>,
    call: Option<&PreparedCall>,
    decision: Decision,
    flight: Option<Flight>,
) -> Next {
    let reasons = match decision {
        Decision::Hit(hit) => return Next::Cached(hit),
        Decision::Miss(reasons) => reasons,
    };
    let cached = call.filter(|call| call.definition.is_cached());
    let flight = match (flight, cached) {
        (Some(flight), _) => flight,
        (None, None) => Flight::none(),
        (None, Some(call)) => match ask(shared.settings.repository, call, Need::Ids) {
            Asked::Turn(Turn::Stored(hit)) => return Next::Cached(hit),
            Asked::Turn(Turn::Compute(flight)) => flight,
            Asked::Busy(wait) => return Next::Wait(wait),
        },
    };
    Next::Compute(Miss { reasons, flight })
}

fn done(run: StepRun) -> NodeOutcome {
    NodeOutcome::Done(Box::new(run))
}

/// Joins a step of the same fingerprint, if there is one in this run.
fn join(shared: &Shared<'_>, index: usize, call: &PreparedCall) -> Option<NodeOutcome> {
    if !call.definition.is_cached() {
        return None;
    }
    let mut state = shared.lock();
    match state.claim(index, call.fingerprint()) {
        Claim::Go => None,
        Claim::Parked => Some(NodeOutcome::Parked),
        Claim::SameAs(owner) => {
            let other = state.done(owner)?.clone();
            state.share(index, owner);
            Some(done(same_as(shared, index, other, call.fingerprint())))
        }
    }
}

/// A step that takes over what came of another with the same fingerprint.
fn same_as(shared: &Shared<'_>, index: usize, other: StepRun, fingerprint: Fingerprint) -> StepRun {
    let outcome = match other.outcome {
        StepOutcome::Computed { .. } => StepOutcome::Cached {
            saved: other.duration,
        },
        outcome => outcome,
    };
    StepRun {
        outputs: other.outputs,
        fingerprint: Some(fingerprint),
        ..shared.step_run(index, outcome)
    }
}

fn cached(shared: &Shared<'_>, index: usize, call: Option<&PreparedCall>, hit: Hit) -> StepRun {
    if let Some(call) = call {
        shared.settings.repository.store().used(&call.fingerprint());
    }
    let name = &shared.graph.nodes[index].name;
    tracing::info!(target: "zen", step = %name, "cached");
    let outcome = StepOutcome::Cached {
        saved: hit.duration,
    };
    StepRun {
        outputs: hit.outputs,
        ..shared.step_run(index, outcome)
    }
}

fn compute(
    shared: &Shared<'_>,
    index: usize,
    step: &Step,
    call: Option<&PreparedCall>,
    miss: Miss,
) -> StepRun {
    let node = &shared.graph.nodes[index];
    shared.observer.step_started(index, &node.name);
    match miss.flight.during(|| execute(shared, index, step)) {
        Err(failure) => shared.step_run(index, failure.into()),
        Ok(fresh) => {
            let outputs = store(shared, node, step, call, &fresh, miss.flight);
            hold(shared, index, fresh.values.into_iter().map(Some));
            let outcome = StepOutcome::Computed {
                reasons: miss.reasons,
            };
            StepRun {
                outputs,
                ..shared.step_run(index, outcome)
            }
        }
    }
}

/// What a step's function gave.
pub(super) struct Fresh {
    pub(super) values: Vec<Value>,
    pub(super) duration: Duration,
}

/// Runs the function of a node on its inputs' values, with panics caught.
pub(super) fn execute(
    shared: &Shared<'_>,
    index: usize,
    step: &Step,
) -> Result<Fresh, StepFailure> {
    let node = &shared.graph.nodes[index];
    let values = gather(shared, index)?;
    let span = tracing::info_span!(
        target: "zen", "step", name = %node.name, calls = step.definition().name()
    );
    let progress = Arc::from(shared.observer.progress_of(index));
    let repository = shared.settings.repository.clone();
    let started = Instant::now();
    let body = || {
        span.in_scope(|| {
            scoped(repository, || {
                with_progress(progress, || step.execute(values))
            })
        })
    };
    let values = catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|payload| Err(StepFailure::from_panic(&*payload)))?;
    Ok(Fresh {
        values,
        duration: started.elapsed(),
    })
}

/// Takes over what this run computed before it began anew.
fn given(shared: &Shared<'_>, index: usize, call: &PreparedCall) -> Option<StepRun> {
    let given = shared.given.get(&index)?;
    let given = Some(given).filter(|given| given.is_of(call.fingerprint()))?;
    hold(shared, index, given.values.iter().cloned());
    Some(given.run.clone())
}

/// The artifact that each output has by now.
pub(super) fn artifacts<'a>(
    shared: &'a Shared<'_>,
) -> impl Fn(OutputRef) -> Option<ArtifactId> + 'a {
    move |output| {
        let output = shared.lock().artifact(output.node, output.output)?;
        Some(output.id)
    }
}

/// Holds a node's values for those who may still ask.
pub(super) fn hold(
    shared: &Shared<'_>,
    index: usize,
    values: impl IntoIterator<Item = Option<Value>>,
) {
    let mut state = shared.lock();
    for (output, value) in values.into_iter().enumerate() {
        if let Some(value) = value {
            state.hold(index, output, value);
        }
    }
}

/// Stores a node's values. Without a call they have no place to be found again,
/// and nothing is stored.
pub(super) fn store(
    shared: &Shared<'_>,
    node: &Node,
    step: &Step,
    call: Option<&PreparedCall>,
    fresh: &Fresh,
    flight: Flight,
) -> Vec<Output> {
    let Some(call) = call else {
        return Vec::new();
    };
    let encoded = step
        .output_types()
        .iter()
        .zip(&fresh.values)
        .map(|(kind, value)| (kind.encode)(value))
        .collect::<Result<Vec<Encoded>, _>>();
    match encoded {
        Err(error) => {
            warn_once(format!(
                "the result of `{}` is not kept: {error}",
                node.name
            ));
            Vec::new()
        }
        Ok(encoded) => {
            if !call.definition.is_cached() {
                // No record leads to them, so that only this says who needs them.
                let store = shared.settings.repository.store();
                for new in &encoded {
                    store.announce(new.id.as_bytes());
                }
            }
            let result = NewResult {
                types: step.output_types(),
                encoded,
                duration: fresh.duration,
                run: Some(shared.settings.run.to_string()),
                flight,
            };
            keep(shared.settings.repository, call, result)
        }
    }
}
