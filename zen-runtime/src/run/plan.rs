//! What a run would do.

use std::fmt;

use super::prepare::prepare;
use crate::{
    codec::ArtifactId,
    pipeline::{Bound, OutputRef, Pipeline, PipelineError},
    step::{Decision, MissReason, Need, decide},
    store::Repository,
};

/// What a run of a pipeline would do, found out without running anything.
#[derive(Clone, Debug)]
pub struct Plan {
    pipeline: String,
    steps: Vec<PlannedStep>,
}

/// What a run would do with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlannedStep {
    /// A hit.
    Cached {
        /// Its name in the pipeline.
        name: String,
    },
    /// A miss: it would be computed.
    Computed {
        /// Its name in the pipeline.
        name: String,
        /// Why.
        reasons: Vec<MissReason>,
    },
    /// It comes after a step that would be computed: whether it is a hit is
    /// known only when that step's output is.
    Undecided {
        /// Its name in the pipeline.
        name: String,
        /// The steps that it waits for.
        after: Vec<String>,
    },
}

impl Repository {
    /// What a run of `pipeline` would do. It asks the same [`decide`] as a run,
    /// and reads and writes no artifact.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Repository, pipeline, step};
    ///
    /// #[step]
    /// fn squares(n: u64) -> Vec<u64> {
    ///     (0..n).map(|x| x * x).collect()
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// let pipeline = pipeline!("squares", {
    ///     let squares = squares(4);
    ///     squares
    /// });
    /// assert!(repo.plan(&pipeline)?.to_string().contains("no result of this step is stored"));
    /// repo.run(&pipeline)?;
    /// assert!(repo.plan(&pipeline)?.is_all_cached());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the pipeline cannot be run here.
    pub fn plan<V>(&self, pipeline: &Pipeline<V>) -> Result<Plan, PipelineError> {
        pipeline.check_runnable()?;
        let nodes = &pipeline.graph.nodes;
        let mut known: Vec<Option<Vec<ArtifactId>>> = Vec::with_capacity(nodes.len());
        let mut steps = Vec::with_capacity(nodes.len());
        for node in nodes {
            let after: Vec<String> = node
                .arguments
                .iter()
                .flat_map(Bound::inputs)
                .filter(|input| known[input.node].is_none())
                .map(|input| nodes[input.node].name.clone())
                .collect();
            let name = node.name.clone();
            let Some(step) = node.step.linked.as_ref().filter(|_| after.is_empty()) else {
                known.push(None);
                steps.push(PlannedStep::Undecided { name, after });
                continue;
            };
            let artifact = |output: OutputRef| {
                let outputs = known[output.node].as_ref()?;
                outputs.get(output.output).copied()
            };
            let decision = match prepare(self, node, step, &artifact) {
                Ok(call) => decide(self, &call, Need::Ids),
                Err(reason) => Decision::Miss(vec![reason]),
            };
            match decision {
                Decision::Hit(hit) => {
                    known.push(Some(hit.outputs.iter().map(|output| output.id).collect()));
                    steps.push(PlannedStep::Cached { name });
                }
                Decision::Miss(reasons) => {
                    known.push(None);
                    steps.push(PlannedStep::Computed { name, reasons });
                }
            }
        }
        Ok(Plan {
            pipeline: pipeline.name().to_owned(),
            steps,
        })
    }
}

impl Plan {
    /// What would be done with each step, in the pipeline's order.
    pub fn steps(&self) -> &[PlannedStep] {
        &self.steps
    }

    /// Whether nothing would be computed.
    pub fn is_all_cached(&self) -> bool {
        let is_cached = |step: &PlannedStep| matches!(step, PlannedStep::Cached { .. });
        self.steps.iter().all(is_cached)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pipeline)?;
        self.steps
            .iter()
            .try_for_each(|step| write!(f, "\n  {step}"))
    }
}

impl fmt::Display for PlannedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cached { name } => write!(f, "{name}: cached"),
            Self::Computed { name, reasons } => {
                let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
                write!(f, "{name}: to compute, as {}", reasons.join("; "))
            }
            Self::Undecided { name, after } => {
                write!(f, "{name}: known after {}", after.join(", "))
            }
        }
    }
}
