//! Why a run did not give its outputs.

use std::fmt;

use super::{PastRun, StepOutcome};
use crate::pipeline::PipelineError;

/// Why a run did not give its outputs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The pipeline cannot be run.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// A step failed.
    #[error(transparent)]
    Failed(#[from] FailedRun),
}

/// A run in which a step failed. What did not depend on it was run, and is
/// kept: running the pipeline again takes up from there.
#[derive(Debug)]
pub struct FailedRun(Box<PastRun>);

impl FailedRun {
    pub(super) fn new(run: PastRun) -> Self {
        Self(Box::new(run))
    }

    /// The run, with what came of every step.
    pub fn run(&self) -> &PastRun {
        &self.0
    }
}

impl std::error::Error for FailedRun {}

impl fmt::Display for FailedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = &self.0;
        write!(f, "the pipeline `{}` failed", run.pipeline())?;
        for failure in run.steps().iter().filter_map(super::StepRun::failure) {
            let how = if failure.panicked {
                "panicked"
            } else {
                "failed"
            };
            write!(f, "\n  step `{}` {how}: ", failure.name)?;
            write!(f, "{}", failure.chain.join("\n    caused by: "))?;
        }
        let skipped: Vec<_> = run
            .steps()
            .iter()
            .filter(|step| matches!(step.outcome, StepOutcome::Skipped { .. }))
            .map(|step| format!("`{}`", step.name))
            .collect();
        if !skipped.is_empty() {
            write!(f, "\n  skipped: {}", skipped.join(", "))?;
        }
        write!(
            f,
            "\n  {} other steps are done and kept; running it again takes up from there",
            run.summary().cached + run.summary().computed
        )
    }
}
