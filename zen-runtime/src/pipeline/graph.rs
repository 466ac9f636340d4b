//! The graph of a pipeline. Nodes stand in an order in which they can be run:
//! a handle exists only once its step was added.

use serde::{Deserialize, Serialize};

use super::argument::IgnoredValue;
use crate::step::{Step, StepId, Value};

/// A graph of steps.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// What the pipeline gives back.
    pub(crate) outputs: Vec<OutputRef>,
}

/// One step in a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Its name in the pipeline.
    pub(crate) name: String,
    /// The names that its outputs are bound to.
    pub(crate) bound: Vec<String>,
    pub(crate) step: NodeStep,
    pub(crate) arguments: Vec<Bound>,
}

/// The step of a node: as it was when the pipeline was made, and as it is in
/// this binary.
#[derive(Clone, Debug)]
pub(crate) struct NodeStep {
    pub(crate) recorded: RecordedStep,
    pub(crate) linked: Option<Step>,
}

/// What is kept of a step with a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedStep {
    pub(crate) id: StepId,
    pub(crate) source: [u8; 32],
    pub(crate) version: Option<String>,
    /// Names and types.
    pub(crate) parameters: Vec<(String, String)>,
    /// Names and types.
    pub(crate) outputs: Vec<(String, String)>,
}

/// An argument of a node.
#[derive(Clone)]
pub(crate) enum Bound {
    /// A value. It is absent if the step that would decode it is not linked.
    Parameter {
        bytes: Vec<u8>,
        value: Option<Value>,
    },
    Input(OutputRef),
    Inputs(Vec<OutputRef>),
    /// Not part of the key. Absent in a pipeline that was read back.
    Ignored(Option<IgnoredValue>),
}

/// An output of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct OutputRef {
    pub(crate) node: usize,
    pub(crate) output: usize,
}

/// How a pipeline's step stands to this binary.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StepStatus {
    /// It is linked, and its code is that of the pipeline.
    Current,
    /// It is linked, but its code has changed since the pipeline was made: it
    /// is run as it is now.
    Changed,
    /// It is linked, but takes or returns other types than it did: it cannot be
    /// run here.
    Incompatible {
        /// What it was.
        expected: String,
        /// What it is.
        found: String,
    },
    /// No step of this name is linked into this binary: it cannot be run here.
    NotLinked,
}

/// A step of a pipeline, as a reader sees it.
#[derive(Clone, Debug)]
pub struct StepView<'a> {
    pub(super) graph: &'a Graph,
    pub(super) node: &'a Node,
}

impl Graph {
    pub(crate) fn node(&self, name: &str) -> Option<(usize, &Node)> {
        self.nodes
            .iter()
            .enumerate()
            .find(|(_, node)| node.name == name)
    }

    /// The output that goes by `name`: of a node with a single one, or the name
    /// that it was bound to.
    pub(crate) fn output(&self, name: &str) -> Option<OutputRef> {
        let bound = |(index, node): (usize, &Node)| {
            let output = node.bound.iter().position(|bound| bound == name)?;
            Some(OutputRef {
                node: index,
                output,
            })
        };
        let single = |(index, node): (usize, &Node)| {
            let is_it = node.name == name && node.step.recorded.outputs.len() == 1;
            is_it.then_some(OutputRef {
                node: index,
                output: 0,
            })
        };
        let nodes = || self.nodes.iter().enumerate();
        nodes().find_map(bound).or_else(|| nodes().find_map(single))
    }

    /// The name that an output goes by.
    pub(crate) fn output_name(&self, output: OutputRef) -> String {
        let node = &self.nodes[output.node];
        match node.bound.get(output.output) {
            Some(bound) => bound.clone(),
            None if node.step.recorded.outputs.len() <= 1 => node.name.clone(),
            None => format!("{}.{}", node.name, output.output),
        }
    }

    pub(crate) fn output_type(&self, output: OutputRef) -> &str {
        let outputs = &self.nodes[output.node].step.recorded.outputs;
        outputs
            .get(output.output)
            .map_or("", |(_, kind)| kind.as_str())
    }
}

impl RecordedStep {
    pub(crate) fn of(step: &Step) -> Self {
        let owned = |(name, kind): (&str, &str)| (name.to_owned(), kind.to_owned());
        Self {
            id: step.id(),
            source: *step.definition().source(),
            version: step.definition().version().map(str::to_owned),
            parameters: step.parameters().map(owned).collect(),
            outputs: step.outputs().map(owned).collect(),
        }
    }

    /// The step's types in the way they would be written.
    fn signature(&self) -> String {
        let parameters: Vec<_> = self
            .parameters
            .iter()
            .map(|(name, kind)| format!("{name}: {kind}"))
            .collect();
        let outputs: Vec<_> = self.outputs.iter().map(|(_, kind)| kind.as_str()).collect();
        format!("({}) -> ({})", parameters.join(", "), outputs.join(", "))
    }
}

impl NodeStep {
    pub(crate) fn of(step: Step) -> Self {
        Self {
            recorded: RecordedStep::of(&step),
            linked: Some(step),
        }
    }

    pub(crate) fn status(&self) -> StepStatus {
        let Some(step) = &self.linked else {
            return StepStatus::NotLinked;
        };
        let now = RecordedStep::of(step);
        let same_types = |a: &[(String, String)], b: &[(String, String)]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.1 == b.1)
        };
        if !same_types(&now.parameters, &self.recorded.parameters)
            || !same_types(&now.outputs, &self.recorded.outputs)
        {
            return StepStatus::Incompatible {
                expected: self.recorded.signature(),
                found: now.signature(),
            };
        }
        if now == self.recorded {
            StepStatus::Current
        } else {
            StepStatus::Changed
        }
    }
}

impl Node {
    /// The nodes whose outputs it takes, each once.
    pub(crate) fn needs(&self) -> Vec<usize> {
        let inputs = self.arguments.iter().flat_map(Bound::inputs);
        let mut needs: Vec<usize> = inputs.map(|input| input.node).collect();
        needs.sort_unstable();
        needs.dedup();
        needs
    }
}

impl Bound {
    /// The outputs that this argument needs.
    pub(crate) fn inputs(&self) -> &[OutputRef] {
        match self {
            Self::Input(input) => std::slice::from_ref(input),
            Self::Inputs(inputs) => inputs,
            Self::Parameter { .. } | Self::Ignored(_) => &[],
        }
    }
}

impl StepView<'_> {
    /// Its name in the pipeline.
    pub fn name(&self) -> &str {
        &self.node.name
    }

    /// The step that it calls.
    pub fn step(&self) -> &StepId {
        &self.node.step.recorded.id
    }

    /// How it stands to this binary.
    pub fn status(&self) -> StepStatus {
        self.node.step.status()
    }

    /// The parameters' names and types.
    pub fn parameters(&self) -> &[(String, String)] {
        &self.node.step.recorded.parameters
    }

    /// The names of the outputs that it takes as inputs.
    pub fn inputs(&self) -> Vec<String> {
        self.node
            .arguments
            .iter()
            .flat_map(Bound::inputs)
            .map(|input| self.graph.output_name(*input))
            .collect()
    }
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parameter { bytes, .. } => write!(f, "Parameter({} bytes)", bytes.len()),
            Self::Input(input) => write!(f, "Input({}.{})", input.node, input.output),
            Self::Inputs(inputs) => write!(f, "Inputs({})", inputs.len()),
            Self::Ignored(_) => write!(f, "Ignored"),
        }
    }
}

impl std::fmt::Display for StepStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Current => write!(f, "current"),
            Self::Changed => write!(f, "its code has changed since the pipeline was made"),
            Self::Incompatible { expected, found } => {
                write!(f, "its types have changed from {expected} to {found}")
            }
            Self::NotLinked => write!(f, "it is not linked into this binary"),
        }
    }
}
