//! The form in which a pipeline is stored.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Bound, Graph, Node, OutputRef, Pipeline, Untyped,
    graph::{NodeStep, RecordedStep},
    pipeline::Origin,
};
use crate::{
    codec::{self, CodecError},
    step::{ParameterType, linked},
};

/// A pipeline as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredPipeline {
    pub(super) name: String,
    pub(super) version: u32,
    /// Milliseconds since 1970.
    pub(super) created: u64,
    pub(super) origin: Origin,
    pub(super) graph: StoredGraph,
}

/// A graph as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredGraph {
    pub(super) nodes: Vec<StoredNode>,
    pub(super) outputs: Vec<OutputRef>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredNode {
    pub(super) name: String,
    pub(super) bound: Vec<String>,
    pub(super) step: RecordedStep,
    pub(super) arguments: Vec<StoredArgument>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum StoredArgument {
    Parameter(Vec<u8>),
    Input(OutputRef),
    Inputs(Vec<OutputRef>),
    Ignored,
}

impl StoredGraph {
    pub(super) fn of(graph: &Graph) -> Self {
        Self {
            nodes: graph.nodes.iter().map(StoredNode::of).collect(),
            outputs: graph.outputs.clone(),
        }
    }

    /// Whether `other` is the same graph, whatever has become of the code of
    /// its steps.
    pub(super) fn same_but_for_code(&self, other: &Self) -> bool {
        self.without_code() == other.without_code()
    }

    fn without_code(&self) -> Self {
        let mut graph = self.clone();
        for node in &mut graph.nodes {
            node.step.source = [0; 32];
            node.step.version = None;
        }
        graph
    }

    /// In a few words, how `other` differs.
    pub(super) fn difference(&self, other: &Self) -> String {
        let step = |node: &StoredNode| format!("its step `{}`", node.name);
        let pairs = self.nodes.iter().zip(&other.nodes);
        let changed = pairs
            .filter(|(a, b)| a.name == b.name && a != b)
            .map(|(a, b)| describe(a, b))
            .next();
        let named = |nodes: &[StoredNode], name: &str| nodes.iter().any(|n| n.name == name);
        let dropped = self.nodes.iter().find(|n| !named(&other.nodes, &n.name));
        let added = other.nodes.iter().find(|n| !named(&self.nodes, &n.name));
        changed
            .or_else(|| dropped.map(|node| format!("{} is not in the new one", step(node))))
            .or_else(|| added.map(|node| format!("the new one has a step `{}`", node.name)))
            .unwrap_or_else(|| "its outputs differ".to_owned())
    }
}

fn describe(old: &StoredNode, new: &StoredNode) -> String {
    if old.step.id != new.step.id {
        return format!(
            "its step `{}` calls `{}`, the new one `{}`",
            old.name, old.step.id, new.step.id
        );
    }
    let arguments = old.arguments.iter().zip(&new.arguments);
    let changed = arguments
        .zip(&old.step.parameters)
        .find(|((a, b), _)| a != b)
        .map(|(_, (name, _))| name);
    match changed {
        Some(argument) => format!("`{argument}` of its step `{}` differs", old.name),
        None => format!("its step `{}` differs", old.name),
    }
}

impl StoredNode {
    fn of(node: &Node) -> Self {
        Self {
            name: node.name.clone(),
            bound: node.bound.clone(),
            step: match &node.step.linked {
                Some(step) => RecordedStep::of(step),
                None => node.step.recorded.clone(),
            },
            arguments: node.arguments.iter().map(StoredArgument::of).collect(),
        }
    }

    fn restore(self) -> Node {
        let linked = linked(&self.step.id);
        let kinds: Vec<Option<ParameterType>> = match &linked {
            Some(step) => step.parameter_types().iter().copied().map(Some).collect(),
            None => Vec::new(),
        };
        let arguments = self
            .arguments
            .into_iter()
            .enumerate()
            .map(|(index, argument)| argument.restore(kinds.get(index).copied().flatten()))
            .collect();
        Node {
            name: self.name,
            bound: self.bound,
            step: NodeStep {
                recorded: self.step,
                linked,
            },
            arguments,
        }
    }
}

impl StoredArgument {
    fn of(argument: &Bound) -> Self {
        match argument {
            Bound::Parameter { bytes, .. } => Self::Parameter(bytes.clone()),
            Bound::Input(input) => Self::Input(*input),
            Bound::Inputs(inputs) => Self::Inputs(inputs.clone()),
            Bound::Ignored(_) => Self::Ignored,
        }
    }

    fn restore(self, kind: Option<ParameterType>) -> Bound {
        match self {
            Self::Parameter(bytes) => Bound::Parameter {
                value: kind
                    .and_then(|kind| kind.operations)
                    .and_then(|operations| (operations.decode)(&bytes).ok()),
                bytes,
            },
            Self::Input(input) => Bound::Input(input),
            Self::Inputs(inputs) => Bound::Inputs(inputs),
            Self::Ignored => Bound::Ignored(None),
        }
    }
}

impl StoredPipeline {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let stored: Self = codec::decode(bytes)?;
        if stored.graph.is_sound() {
            Ok(stored)
        } else {
            Err(CodecError::message("the stored graph is not sound"))
        }
    }

    pub(super) fn restore(self) -> Pipeline<Untyped> {
        let nodes = self.graph.nodes.into_iter().map(StoredNode::restore);
        Pipeline {
            name: self.name,
            origin: self.origin,
            version: Some(self.version),
            graph: Arc::new(Graph {
                nodes: nodes.collect(),
                outputs: self.graph.outputs,
            }),
            problem: None,
            decode: |_| Ok(Untyped),
        }
    }
}

impl StoredGraph {
    /// Whether every reference goes to an output of an earlier node. What comes
    /// from outside is not trusted to be a graph.
    fn is_sound(&self) -> bool {
        let exists = |output: &OutputRef, before: usize| {
            output.node < before && output.output < self.nodes[output.node].step.outputs.len()
        };
        let sound_node = |(index, node): (usize, &StoredNode)| {
            node.arguments.len() == node.step.parameters.len()
                && node.arguments.iter().all(|argument| match argument {
                    StoredArgument::Input(input) => exists(input, index),
                    StoredArgument::Inputs(inputs) => inputs.iter().all(|i| exists(i, index)),
                    StoredArgument::Parameter(_) | StoredArgument::Ignored => true,
                })
        };
        self.nodes.iter().enumerate().all(sound_node)
            && self.outputs.iter().all(|o| exists(o, self.nodes.len()))
    }
}
