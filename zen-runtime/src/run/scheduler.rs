//! Runs the steps of a graph on a bounded number of threads.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use super::{
    RunId, StepOutcome, StepRun,
    node::{self, NodeOutcome},
    redo::Given,
    report::Observer,
    state::State,
};
use crate::{
    pipeline::{Graph, OutputRef},
    step::{BlockOn, Value},
    store::Repository,
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
    changed: Condvar,
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
    let span = tracing::Span::current();
    thread::scope(|scope| {
        for number in 1..workers {
            let body = || span.in_scope(|| work(&shared));
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
    while let Some(node) = next(shared) {
        match node::run(shared, node) {
            NodeOutcome::Parked => {}
            // The other workers wait for steps that will not come.
            NodeOutcome::Abandoned => shared.changed.notify_all(),
            NodeOutcome::Done(step) => finish(shared, node, *step),
        }
    }
}

fn next(shared: &Shared<'_>) -> Option<usize> {
    let mut state = shared.lock();
    loop {
        if state.unfinished == 0 || state.is_cut() {
            return None;
        }
        if let Some(node) = state.ready.pop_front() {
            return Some(node);
        }
        state = shared
            .changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner);
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
    shared.changed.notify_all();
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
            changed: Condvar::new(),
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
