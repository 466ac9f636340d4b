//! Ordinary Rust functions as cached pipeline steps.

pub mod codec;
mod explain;
pub mod fingerprint;
mod pipeline;
mod run;
mod step;
mod store;

pub use codec::{ArtifactId, Dir, File, Storable};
pub use explain::{Explanation, Lineage};
pub use fingerprint::Fingerprint;
pub use pipeline::{
    Bind, Call, Handle, IntoArgument, IntoIgnored, Pipeline, PipelineBuilder, PipelineError,
    PipelineOutputs, Replacement, StepStatus, StepView, Untyped,
};
pub use run::{
    FailedRun, OutputError, ParseRunIdError, PastRun, PastStep, Plan, PlannedStep, Report, Run,
    RunError, RunId, Runner, StepOutcome, StepRun, Summary,
};
pub use step::{
    Artifact, ArtifactError, Decision, MissReason, PreparedCall, Step, StepFailure, StepId, decide,
    progress,
};
pub use store::{Hit, Output, Repository, StoreError};
pub use zen_macros::{call, pipeline, step, step_ref};

#[doc(hidden)]
pub mod __private;

// The macros name this crate by its absolute path, inside it too.
extern crate self as zen_runtime;
