//! Where every step of a run stands.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::{
    StepOutcome, StepRun,
    redo::{Computed, Given},
};
use crate::{
    fingerprint::Fingerprint,
    pipeline::Graph,
    step::Value,
    store::{Flight, Output, Wait, Waited},
};

/// Where every step of a run stands. The scheduler's workers share one behind a
/// lock.
#[derive(Debug)]
pub(super) struct State {
    ready: VecDeque<usize>,
    /// Steps that another run, call or process computes.
    waiting: Vec<(usize, Wait)>,
    pub(super) unfinished: usize,
    nodes: Vec<NodeState>,
    dependents: Vec<Vec<usize>>,
    flights: HashMap<Fingerprint, InRun>,
    /// Steps that gave another result than before: with the first, the run is
    /// cut short, to begin anew.
    differing: Given,
    may_be_cut: bool,
}

#[derive(Debug)]
struct NodeState {
    /// How many of its inputs' steps are not done.
    waiting_for: usize,
    done: Option<StepRun>,
    /// The node that holds the values: itself, or the one that computed the same
    /// fingerprint.
    holder: usize,
    /// Values of this process, while somebody may ask for them.
    values: Vec<Option<Value>>,
    /// How many steps and pipeline outputs may still ask.
    uses: usize,
}

/// A step to go on with.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) node: usize,
    /// What it has waited for.
    pub(super) flight: Option<Flight>,
}

/// A fingerprint that is being computed in this run, or was.
#[derive(Debug)]
struct InRun {
    owner: usize,
    parked: Vec<usize>,
}

/// What a node that is about to be decided on should do.
#[derive(Debug)]
pub(super) enum Claim {
    /// Go on.
    Go,
    /// Nothing: it comes back to the queue when the owner is done.
    Parked,
    /// Take over what came of the node with the same fingerprint.
    SameAs(usize),
}

impl State {
    pub(super) fn new(graph: &Graph) -> Self {
        let count = graph.nodes.len();
        let mut dependents = vec![Vec::new(); count];
        let mut nodes = Vec::with_capacity(count);
        for (index, node) in graph.nodes.iter().enumerate() {
            let needs = node.needs();
            for &need in &needs {
                dependents[need].push(index);
            }
            nodes.push(NodeState {
                waiting_for: needs.len(),
                done: None,
                holder: index,
                values: vec![None; node.step.recorded.outputs.len()],
                uses: 0,
            });
        }
        for (node, dependents) in nodes.iter_mut().zip(&dependents) {
            node.uses = dependents.len();
        }
        for output in &graph.outputs {
            nodes[output.node].uses += 1;
        }
        let ready = (0..count).filter(|&n| nodes[n].waiting_for == 0).collect();
        Self {
            ready,
            waiting: Vec::new(),
            unfinished: count,
            nodes,
            dependents,
            flights: HashMap::new(),
            differing: Given::new(),
            may_be_cut: true,
        }
    }

    /// A run that is over: what came of every step is known, and no value is
    /// held yet.
    pub(super) fn of_past(graph: &Graph, steps: &[StepRun]) -> Self {
        let mut state = Self::new(graph).never_cut();
        for (node, step) in state.nodes.iter_mut().zip(steps) {
            node.done = Some(step.clone());
            node.uses = 1;
        }
        state
    }

    /// A run that goes on to the end, whatever comes.
    pub(super) fn never_cut(self) -> Self {
        Self {
            may_be_cut: false,
            ..self
        }
    }

    /// Cuts the run short, as a step gave another result than before.
    pub(super) fn cut(&mut self, node: usize, computed: Computed) {
        self.differing.insert(node, computed);
    }

    /// Whether the run has been cut short.
    pub(super) fn is_cut(&self) -> bool {
        self.may_be_cut && !self.differing.is_empty()
    }

    /// A step that gave another result than before.
    pub(super) fn differing_step(&self) -> Option<usize> {
        self.differing.keys().next().copied()
    }

    /// What was computed in a run that was cut short.
    pub(super) fn into_given(self) -> Given {
        let nodes = self.nodes.into_iter().enumerate();
        let mut given: Given = nodes
            .filter_map(|(index, node)| {
                let run = node.done.filter(StepRun::is_computed)?;
                let values = node.values;
                Some((index, Computed { run, values }))
            })
            .collect();
        given.extend(self.differing);
        given
    }

    /// A step to go on with. `waker` is told when one of those that wait may.
    pub(super) fn next(&mut self, waker: &Waker) -> Option<Ready> {
        let mut context = Context::from_waker(waker);
        for index in 0..self.waiting.len() {
            let wait = Pin::new(&mut self.waiting[index].1);
            if let Poll::Ready(waited) = wait.poll(&mut context) {
                let (node, _) = self.waiting.swap_remove(index);
                let flight = match waited {
                    Waited::Over => None,
                    Waited::Mine(flight) => Some(flight),
                };
                return Some(Ready { node, flight });
            }
        }
        let node = self.ready.pop_front()?;
        Some(Ready { node, flight: None })
    }

    /// Lets a step wait for somebody else's computation.
    pub(super) fn wait(&mut self, node: usize, wait: Wait) {
        self.waiting.push((node, wait));
    }

    /// The artifact of an output, if it has one.
    pub(super) fn artifact(&self, node: usize, output: usize) -> Option<Output> {
        self.nodes[node].done.as_ref()?.outputs.get(output).cloned()
    }

    pub(super) fn value(&self, node: usize, output: usize) -> Option<Value> {
        let holder = self.nodes[node].holder;
        self.nodes[holder].values.get(output).cloned().flatten()
    }

    /// Holds a value for those who may still ask.
    pub(super) fn hold(&mut self, node: usize, output: usize, value: Value) {
        let holder = self.nodes[node].holder;
        let wanted = self.nodes[holder].uses > 0;
        if let Some(slot) = self.nodes[holder].values.get_mut(output).filter(|_| wanted) {
            *slot = Some(value);
        }
    }

    /// Says what a node with this fingerprint should do: each is computed once.
    pub(super) fn claim(&mut self, node: usize, fingerprint: Fingerprint) -> Claim {
        let flight = self.flights.entry(fingerprint).or_insert(InRun {
            owner: node,
            parked: Vec::new(),
        });
        if flight.owner == node {
            return Claim::Go;
        }
        if self.nodes[flight.owner].done.is_some() {
            return Claim::SameAs(flight.owner);
        }
        flight.parked.push(node);
        Claim::Parked
    }

    pub(super) fn done(&self, node: usize) -> Option<&StepRun> {
        self.nodes[node].done.as_ref()
    }

    /// Notes that a step which was a hit was computed all the same, to the same
    /// result, as its bytes were needed.
    pub(super) fn note_computed(&mut self, node: usize, again: &StepRun) {
        let done = self.nodes[node].done.as_mut();
        if let Some(done) = done.filter(|done| done.is_cached() && again.is_computed()) {
            done.outcome = again.outcome.clone();
            done.duration = again.duration;
        }
    }

    /// Lets `node` hold its values where `owner` does.
    pub(super) fn share(&mut self, node: usize, owner: usize) {
        let holder = self.nodes[owner].holder;
        self.nodes[holder].uses += self.nodes[node].uses;
        self.nodes[node].holder = holder;
    }

    /// Takes in what came of a step and queues what waited for it. Gives the
    /// steps that are skipped because of it.
    pub(super) fn finish(&mut self, graph: &Graph, node: usize, step: StepRun) -> Vec<usize> {
        let failed = matches!(
            step.outcome,
            StepOutcome::Failed { .. } | StepOutcome::Skipped { .. }
        );
        if let Some(fingerprint) = step.fingerprint {
            self.unpark(node, fingerprint);
        }
        self.nodes[node].done = Some(step);
        self.unfinished -= 1;
        self.release_inputs(graph, node);
        let dependents = self.dependents[node].clone();
        if failed {
            let open = |&d: &usize| self.nodes[d].done.is_none();
            return dependents.into_iter().filter(open).collect();
        }
        for dependent in dependents {
            let state = &mut self.nodes[dependent];
            state.waiting_for -= 1;
            if state.waiting_for == 0 && state.done.is_none() {
                self.ready.push_back(dependent);
            }
        }
        Vec::new()
    }

    fn unpark(&mut self, node: usize, fingerprint: Fingerprint) {
        let flight = self.flights.get_mut(&fingerprint);
        if let Some(flight) = flight.filter(|flight| flight.owner == node) {
            self.ready.extend(flight.parked.drain(..));
        }
    }

    /// Lets go of values that nobody will ask for any more.
    fn release_inputs(&mut self, graph: &Graph, node: usize) {
        for need in graph.nodes[node].needs() {
            let holder = self.nodes[need].holder;
            let state = &mut self.nodes[holder];
            state.uses = state.uses.saturating_sub(1);
            if state.uses == 0 {
                state.values.fill(None);
            }
        }
    }

    /// What came of every step.
    pub(super) fn into_steps(self, graph: &Graph) -> Vec<StepRun> {
        self.nodes
            .into_iter()
            .zip(&graph.nodes)
            .map(|(state, node)| {
                state.done.unwrap_or_else(|| StepRun {
                    name: node.name.clone(),
                    step: node.step.recorded.id.clone(),
                    outcome: StepOutcome::Skipped {
                        because: "the run was cut short".to_owned(),
                    },
                    fingerprint: None,
                    outputs: Vec::new(),
                    bound: node.bound.clone(),
                    duration: Duration::ZERO,
                })
            })
            .collect()
    }
}
