//! Pipelines: graphs of steps, how they are built, kept, copied and changed.

mod argument;
mod builder;
mod call;
mod catalog;
mod change;
mod error;
mod graph;
mod handle;
mod outputs;
#[allow(clippy::module_inception)]
mod pipeline;
mod replacement;
mod spec;

pub use argument::{Argument, IntoArgument, IntoIgnored};
pub use builder::PipelineBuilder;
pub use call::Call;
pub use error::PipelineError;
pub(crate) use graph::{Bound, Graph, Node, OutputRef};
pub use graph::{StepStatus, StepView};
pub use handle::{Bind, Handle};
pub use outputs::PipelineOutputs;
pub use pipeline::{Pipeline, Untyped};
pub use replacement::Replacement;

/// Reads any bytes as a stored pipeline.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_arbitrary(bytes: &[u8]) {
    if let Ok(stored) = spec::StoredPipeline::decode(bytes) {
        let _ = stored.restore().check_runnable();
    }
}
