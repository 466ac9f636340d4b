//! Building a pipeline step by step.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    Argument, Bind, Bound, Call, Graph, Node, OutputRef, Pipeline, PipelineError, PipelineOutputs,
    argument::Passed,
    graph::NodeStep,
    handle::{BindOutput, RawHandle},
    pipeline::Origin,
};
use crate::{
    codec::CodecError,
    step::{ParameterType, Step, Value, remember},
};

static BUILDERS: AtomicU64 = AtomicU64::new(0);

/// Builds a pipeline in plain Rust: for graphs with loops, or over a list that
/// is known only when the program runs. [`pipeline!`](crate::pipeline) writes
/// the same calls.
///
/// ```
/// use zen_runtime::{PipelineBuilder, Repository, call, step};
///
/// #[step]
/// fn square(x: u64) -> u64 {
///     x * x
/// }
///
/// #[step]
/// fn sum(parts: &[u64]) -> u64 {
///     parts.iter().sum()
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut builder = PipelineBuilder::new("sum of squares");
/// let squares: Vec<_> = (1..=10)
///     .map(|x| builder.add(format!("square {x}"), call!(square(x))))
///     .collect();
/// let total = builder.add("total", call!(sum(squares)));
/// let pipeline = builder.finish(total);
///
/// # let project = tempfile::tempdir()?;
/// # let project = project.path();
/// let run = Repository::open(project)?.runner().quiet().run(&pipeline)?;
/// assert_eq!(run.outputs()?, 385);
/// # Ok(()) }
/// ```
pub struct PipelineBuilder {
    id: u64,
    name: String,
    module: String,
    nodes: Vec<Node>,
    problem: Option<PipelineError>,
}

impl PipelineBuilder {
    /// A pipeline without steps.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            id: BUILDERS.fetch_add(1, Ordering::Relaxed),
            problem: check_name(&name).err(),
            name,
            module: String::new(),
            nodes: Vec::new(),
        }
    }

    /// Names the module that the pipeline is written in. A later pipeline of the
    /// same name and module is a new version of this one; of another module, it
    /// is another pipeline, and the name is taken.
    #[must_use]
    pub fn defined_in(mut self, module: impl Into<String>) -> Self {
        self.module = module.into();
        self
    }

    /// Adds a step under a name of its own and gives the handles to its outputs.
    ///
    /// A mistake, such as a name that is given twice, is kept and told by
    /// [`PipelineBuilder::try_finish`], or when the pipeline is run.
    pub fn add<O: Bind>(&mut self, name: impl Into<String>, call: Call<O>) -> O::Handles {
        self.add_bound(name, &[], call)
    }

    /// Adds a step whose outputs go by the names `bound`.
    pub fn add_bound<O: Bind>(
        &mut self,
        name: impl Into<String>,
        bound: &[&str],
        call: Call<O>,
    ) -> O::Handles {
        let name = name.into();
        let node = self.nodes.len();
        let added = self.node(name, bound, call.step, call.arguments);
        match added {
            Ok(node) => self.nodes.push(node),
            Err(problem) => {
                self.problem.get_or_insert(problem);
            }
        }
        O::bind(BindOutput {
            builder: self.id,
            node,
        })
    }

    /// The pipeline. Mistakes are told when it is run.
    #[allow(clippy::needless_pass_by_value)]
    pub fn finish<O: PipelineOutputs>(self, outputs: O) -> Pipeline<O::Values> {
        let handles = outputs.handles();
        let mut problem = self.problem;
        let mut refs = Vec::new();
        for handle in handles {
            match own(self.id, self.nodes.len(), handle.0) {
                Some(output) => refs.push(output),
                None => {
                    problem.get_or_insert(PipelineError::ForeignHandle {
                        step: "outputs".to_owned(),
                    });
                }
            }
        }
        Pipeline {
            name: self.name,
            origin: Origin::Code {
                module: self.module,
            },
            version: None,
            graph: Arc::new(Graph {
                nodes: self.nodes,
                outputs: refs,
            }),
            problem: problem.map(Arc::new),
            decode: O::decode,
        }
    }

    /// The pipeline.
    ///
    /// # Errors
    /// If a name was given twice or is no name, a parameter cannot be kept, or a
    /// handle came from another builder.
    pub fn try_finish<O: PipelineOutputs>(
        self,
        outputs: O,
    ) -> Result<Pipeline<O::Values>, PipelineError> {
        let pipeline = self.finish(outputs);
        match &pipeline.problem {
            Some(problem) => Err(PipelineError::Invalid(Arc::clone(problem))),
            None => Ok(pipeline),
        }
    }

    fn node(
        &self,
        name: String,
        bound: &[&str],
        step: Step,
        arguments: Vec<Argument>,
    ) -> Result<Node, PipelineError> {
        if self.nodes.iter().any(|node| node.name == name) {
            return Err(PipelineError::DuplicateStep {
                pipeline: self.name.clone(),
                step: name,
            });
        }
        remember(&step);
        let kinds = step.parameter_types().to_vec();
        let names = step.definition().parameters();
        let arguments = arguments
            .into_iter()
            .zip(kinds)
            .zip(names)
            .map(|((argument, kind), parameter)| self.bind(&name, parameter.name, argument, kind))
            .collect::<Result<_, _>>()?;
        Ok(Node {
            name,
            bound: bound.iter().map(|&bound| bound.to_owned()).collect(),
            step: NodeStep::of(step),
            arguments,
        })
    }

    fn bind(
        &self,
        step: &str,
        parameter: &str,
        argument: Argument,
        kind: ParameterType,
    ) -> Result<Bound, PipelineError> {
        let foreign = || PipelineError::ForeignHandle {
            step: step.to_owned(),
        };
        let mine = |handle| own(self.id, self.nodes.len(), handle).ok_or_else(foreign);
        match argument.0 {
            Passed::Input(handle) => Ok(Bound::Input(mine(handle)?)),
            Passed::Inputs(handles) => {
                let inputs = handles.into_iter().map(mine).collect::<Result<_, _>>()?;
                Ok(Bound::Inputs(inputs))
            }
            Passed::Ignored(value) => Ok(Bound::Ignored(Some(value))),
            Passed::Parameter(value) => {
                parameter_of(value, kind).map_err(|source| PipelineError::Parameter {
                    step: step.to_owned(),
                    parameter: parameter.to_owned(),
                    source,
                })
            }
        }
    }
}

/// A parameter with its bytes.
pub(super) fn parameter_of(value: Value, kind: ParameterType) -> Result<Bound, CodecError> {
    let operations = kind
        .operations
        .ok_or_else(|| CodecError::message("an ignored argument is not a parameter"))?;
    let bytes = (operations.encode)(&value)?;
    Ok(Bound::Parameter {
        bytes,
        value: Some(value),
    })
}

/// The output that a handle stands for, if it is one of this builder.
fn own(builder: u64, nodes: usize, handle: RawHandle) -> Option<OutputRef> {
    (handle.builder == builder && handle.node < nodes).then_some(OutputRef {
        node: handle.node,
        output: handle.output,
    })
}

/// Whether a pipeline can have this name.
pub(super) fn check_name(name: &str) -> Result<(), PipelineError> {
    let why = if name.trim().is_empty() {
        "it is empty"
    } else if name.chars().any(char::is_control) {
        "it holds a control character"
    } else if name.len() > 512 {
        "it is longer than 512 bytes"
    } else {
        return Ok(());
    };
    Err(PipelineError::BadName {
        name: name.to_owned(),
        why,
    })
}

impl fmt::Debug for PipelineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipelineBuilder")
            .field("name", &self.name)
            .field("nodes", &self.nodes)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
