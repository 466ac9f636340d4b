//! A named, immutable graph of steps.

use std::{fmt, sync::Arc};

use super::{Graph, PipelineError, StepStatus, StepView, graph::Bound, outputs::LoadOutput};
use crate::codec::CodecError;

/// The type of a pipeline that was read back from a repository: its outputs are
/// asked for by name.
#[derive(Clone, Copy, Debug)]
pub struct Untyped;

/// A named, immutable graph of steps. `V` is the type of its outputs.
///
/// [`pipeline!`](crate::pipeline) and
/// [`PipelineBuilder`](super::PipelineBuilder) make one,
/// [`Repository::pipeline`](crate::Repository::pipeline) reads one back, and
/// [`Pipeline::copy`] starts a changed one.
pub struct Pipeline<V = Untyped> {
    pub(super) name: String,
    pub(super) origin: Origin,
    pub(super) version: Option<u32>,
    pub(crate) graph: Arc<Graph>,
    pub(super) problem: Option<Arc<PipelineError>>,
    pub(super) decode: Decode<V>,
}

type Decode<V> = fn(&mut dyn Iterator<Item = Vec<u8>>) -> Result<V, CodecError>;

/// Where a pipeline's definition comes from. It says who may change what its
/// name stands for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Origin {
    /// Written in code, in this module: when the code changes, so does the
    /// pipeline.
    Code { module: String },
    /// A copy of another one: its name stands for one graph.
    Copy { of: String },
    /// As either, by the user's leave to change what the name stands for.
    Revision,
}

impl<V> Pipeline<V> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version in the repository it was read from, from 1. `None` for one
    /// that was made in this process.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// Its steps, in an order in which they can be run.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = StepView<'_>> {
        self.graph.nodes.iter().map(|node| StepView {
            graph: &self.graph,
            node,
        })
    }

    /// The step of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn step(&self, name: &str) -> Result<StepView<'_>, PipelineError> {
        self.steps()
            .find(|step| step.name() == name)
            .ok_or_else(|| self.no_such_step(name))
    }

    /// The names of its outputs.
    pub fn output_names(&self) -> Vec<String> {
        let names = self.graph.outputs.iter();
        names
            .map(|output| self.graph.output_name(*output))
            .collect()
    }

    /// Lets the name stand for this pipeline from now on, whatever it stood
    /// for: running it adds a version. Earlier versions stay as they are.
    #[must_use]
    pub fn allow_new_version(mut self) -> Self {
        self.origin = Origin::Revision;
        self
    }

    /// Whether everything is there that a run needs.
    pub(crate) fn check_runnable(&self) -> Result<(), PipelineError> {
        if let Some(problem) = &self.problem {
            return Err(PipelineError::Invalid(Arc::clone(problem)));
        }
        self.graph.nodes.iter().try_for_each(check_node)
    }

    pub(crate) fn decode_outputs<E: From<CodecError>>(
        &self,
        load: &mut LoadOutput<'_, E>,
    ) -> Result<V, E> {
        let bytes = self
            .graph
            .outputs
            .iter()
            .map(|output| load(*output))
            .collect::<Result<Vec<_>, E>>()?;
        Ok((self.decode)(&mut bytes.into_iter())?)
    }

    pub(super) fn no_such_step(&self, step: &str) -> PipelineError {
        PipelineError::NoSuchStep {
            pipeline: self.name.clone(),
            step: step.to_owned(),
            known: self.graph.nodes.iter().map(|n| n.name.clone()).collect(),
        }
    }
}

fn check_node(node: &super::Node) -> Result<(), PipelineError> {
    let step = node.name.clone();
    match node.step.status() {
        StepStatus::Current | StepStatus::Changed => {}
        StepStatus::NotLinked => {
            let id = node.step.recorded.id.to_string();
            return Err(PipelineError::NotLinked { step, id });
        }
        StepStatus::Incompatible { expected, found } => {
            return Err(PipelineError::Incompatible {
                step,
                expected,
                found,
            });
        }
    }
    let names = node.step.recorded.parameters.iter().map(|(name, _)| name);
    for (position, (argument, name)) in node.arguments.iter().zip(names).enumerate() {
        match argument {
            Bound::Ignored(None) => {
                return Err(PipelineError::IgnoredMissing {
                    step,
                    parameter: name.clone(),
                });
            }
            Bound::Parameter { value: None, bytes } => {
                return Err(not_restored(node, position, name, bytes));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Why a parameter's value is not known, though its step is.
#[cold]
fn not_restored(node: &super::Node, position: usize, name: &str, bytes: &[u8]) -> PipelineError {
    let (step, parameter) = (node.name.clone(), name.to_owned());
    let kind = node.step.linked.as_ref();
    let kind = kind.and_then(|step| step.parameter_types().get(position));
    let decode = kind.and_then(|kind| kind.operations).map(|o| o.decode);
    match decode.map(|decode| decode(bytes)) {
        Some(Err(CodecError::SecretNotStored)) => PipelineError::SecretMissing { step, parameter },
        Some(Err(source)) => PipelineError::Parameter {
            step,
            parameter,
            source,
        },
        _ => PipelineError::Parameter {
            step,
            parameter,
            source: CodecError::message("its stored bytes are not of its type"),
        },
    }
}

impl<V> Clone for Pipeline<V> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            origin: self.origin.clone(),
            version: self.version,
            graph: Arc::clone(&self.graph),
            problem: self.problem.clone(),
            decode: self.decode,
        }
    }
}

impl<V> fmt::Debug for Pipeline<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("graph", &self.graph)
            .finish_non_exhaustive()
    }
}

/// The pipeline as a list of calls.
impl<V> fmt::Display for Pipeline<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if let Some(version) = self.version {
            write!(f, " (version {version})")?;
        }
        for step in self.steps() {
            let inputs = step.inputs().join(", ");
            write!(f, "\n  {} = {}({inputs})", step.name(), step.step())?;
        }
        Ok(())
    }
}
