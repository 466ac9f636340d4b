//! Runs the steps of a graph on a bounded number of threads.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    thread,
    time::Duration,
};

use super::{
    RunId, StepOutcome, StepRun,
    bell::Bell,
    node::{self, NodeOutcome},
    redo::Given,
    report::Observer,
    state::{Ready, State},
};
use crate::{
    pipeline::{Graph, OutputRef},
    step::{BlockOn, StepFailure, Value},
    store::{Inside, Repository},
};

/// What the scheduler needs to know of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings<'a> {
    pub(super) repository: &'a Repository,
    pub(super) threads: usize,
    pub(super) block_on: &'a BlockOn,
    pub(super) run: &'a RunId,
}

/// What came of a run.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) steps: Vec<StepRun>,
    /// The pipeline's outputs that were computed in this process.
    pub(super) values: Vec<(OutputRef, Value)>,
}

/// What the workers of a run share.
pub(super) struct Shared<'a> {
    pub(super) graph: &'a Graph,
    pub(super) settings: &'a Settings<'a>,
    pub(super) observer: &'a dyn Observer,
    /// One lock per node, held while its values are read back or computed again.
    pub(super) loading: Vec<Mutex<()>>,
    /// What was computed before the run began anew.
    pub(super) given: Given,
    state: Mutex<State>,
    bell: Arc<Bell>,
}

/// Runs every step of `graph` that can be run. Should a step that is computed
/// again give another result than its record says, all begins anew from what has
/// been computed: at most once per step, so that it comes to an end.
pub(super) fn schedule(
    graph: &Graph,
    settings: &Settings<'_>,
    observer: &dyn Observer,
) -> Finished {
    let mut given = Given::new();
    for _ in &graph.nodes {
        let state = pass(Shared::new(
            graph,
            settings,
            observer,
            State::new(graph),
            given,
        ));
        if !state.is_cut() {
            return Finished::of(graph, state);
        }
        given = state.into_given();
    }
    let last = State::new(graph).never_cut();
    let state = pass(Shared::new(graph, settings, observer, last, given));
    Finished::of(graph, state)
}

/// Runs what can be run, until a step gives another result than before.
fn pass(shared: Shared<'_>) -> State {
    shared.observer.started(shared.graph.nodes.len());
    let workers = shared.settings.threads.min(shared.graph.nodes.len());
    let (span, inside) = (tracing::Span::current(), Inside::current());
    thread::scope(|scope| {
        for number in 1..workers {
            let body = || span.in_scope(|| inside.scope(|| work(&shared)));
            // A thread that cannot be started is one worker fewer: the calling
            // thread works too.
            let _ = thread::Builder::new()
                .name(format!("zen-{number}"))
                .spawn_scoped(scope, body);
        }
        work(&shared);
    });
    shared
        .state
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

impl Finished {
    fn of(graph: &Graph, state: State) -> Self {
        let held = |output: &OutputRef| {
            let value = state.value(output.node, output.output)?;
            Some((*output, value))
        };
        let values = graph.outputs.iter().filter_map(held).collect();
        Self {
            steps: state.into_steps(graph),
            values,
        }
    }
}

/// Takes steps from the queue until none is left.
fn work(shared: &Shared<'_>) {
    let waker = Waker::from(shared.bell.clone());
    while let Some(Ready { node, flight }) = next(shared, &waker) {
        // Steps' own panics are caught where they run. One of trouble with the
        // store must not leave the other workers waiting either.
        let outcome = catch_unwind(AssertUnwindSafe(|| node::run(shared, node, flight)));
        let outcome = outcome.unwrap_or_else(|payload| {
            let failure = StepFailure::from_panic(&*payload);
            NodeOutcome::Done(Box::new(shared.step_run(node, failure.into())))
        });
        match outcome {
            NodeOutcome::Parked => {}
            // This worker asks it to ring the bell when it looks for the next.
            NodeOutcome::Waiting(wait) => shared.lock().wait(node, wait),
            // The other workers wait for steps that will not come.
            NodeOutcome::Abandoned => shared.bell.ring(),
            NodeOutcome::Done(step) => finish(shared, node, *step),
        }
    }
}

fn next(shared: &Shared<'_>, waker: &Waker) -> Option<Ready> {
    loop {
        let rings = shared.bell.rings();
        let mut state = shared.lock();
        if state.unfinished == 0 || state.is_cut() {
            return None;
        }
        if let Some(ready) = state.next(waker) {
            return Some(ready);
        }
        drop(state);
        shared.bell.wait(rings);
    }
}

/// Takes in what came of a step, and skips what can no longer be run.
fn finish(shared: &Shared<'_>, node: usize, step: StepRun) {
    let mut state = shared.lock();
    let mut queue = VecDeque::from([(node, step)]);
    while let Some((node, step)) = queue.pop_front() {
        shared.observer.step_finished(node, &step);
        let because = match &step.outcome {
            StepOutcome::Skipped { because } => because.clone(),
            _ => step.name.clone(),
        };
        for skipped in state.finish(shared.graph, node, step) {
            if queue.iter().all(|(queued, _)| *queued != skipped) {
                queue.push_back((skipped, shared.skipped(skipped, &because)));
            }
        }
    }
    drop(state);
    shared.bell.ring();
}

impl<'a> Shared<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        settings: &'a Settings<'a>,
        observer: &'a dyn Observer,
        state: State,
        given: Given,
    ) -> Self {
        Self {
            graph,
            settings,
            observer,
            loading: graph.nodes.iter().map(|_| Mutex::new(())).collect(),
            given,
            state: Mutex::new(state),
            bell: Arc::default(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn skipped(&self, node: usize, because: &str) -> StepRun {
        let outcome = StepOutcome::Skipped {
            because: because.to_owned(),
        };
        self.step_run(node, outcome)
    }

    /// What came of a node, before anything else is known of it.
    pub(super) fn step_run(&self, node: usize, outcome: StepOutcome) -> StepRun {
        let node = &self.graph.nodes[node];
        StepRun {
            name: node.name.clone(),
            step: node.step.recorded.id.clone(),
            outcome,
            fingerprint: None,
            outputs: Vec::new(),
            bound: node.bound.clone(),
            duration: Duration::ZERO,
        }
    }
}
