//! Running a pipeline: the scheduler, what it tells while it runs, and what is
//! kept of a run.

mod artifact;
mod bell;
mod error;
mod gc;
mod history;
mod node;
mod plan;
mod prepare;
mod rebuild;
mod record;
mod redo;
mod report;
mod result;
mod runner;
mod scheduler;
mod state;
mod summary;
mod values;

pub use artifact::{Artifact, ArtifactError};
pub use error::{FailedRun, RunError};
pub use history::{PastRun, PastStep};
pub use plan::{Plan, PlannedStep};
pub use record::{ParseRunIdError, RunId, StepOutcome, StepRun};
pub use report::Report;
pub use result::{OutputError, Run};
pub use runner::Runner;
pub use summary::Summary;

/// Reads any bytes as a stored run.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_arbitrary(bytes: &[u8]) {
    if let Ok(run) = crate::codec::decode::<record::RunRecord>(bytes) {
        run.summary();
    }
}
