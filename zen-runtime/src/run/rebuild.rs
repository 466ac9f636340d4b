//! Computing an artifact of a past run again, as its bytes were evicted or are
//! gone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    PastRun, RunId, StepRun,
    redo::Given,
    report::Report,
    scheduler::{Settings, Shared},
    state::State,
    values::load,
};
use crate::{
    codec::ArtifactId,
    pipeline::{OutputRef, Pipeline, PipelineError},
    step::{BlockOn, StepFailure},
    store::{Repository, StoreError},
};

/// Why an artifact could not be computed again.
#[derive(Debug, thiserror::Error)]
pub(super) enum RebuildError {
    /// No stored run tells how.
    #[error(
        "its bytes were evicted, and no stored run of a stored pipeline gave it; \
         call the step that gives it again"
    )]
    NoRun,
    /// The pipeline cannot be run here.
    #[error("its bytes were evicted, and the pipeline that gave it cannot be run here")]
    Pipeline(#[from] PipelineError),
    /// A step failed.
    #[error("its bytes were evicted, and computing it again failed")]
    Failed(#[from] StepFailure),
    /// Another artifact came of it.
    #[error(
        "its bytes were evicted, and `{step}`, computed again, gave another artifact; \
         run the pipeline again for what follows from that"
    )]
    Differs {
        /// The step.
        step: String,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a past run is computed again with.
#[derive(Debug)]
pub(super) struct Rebuild<'a, V> {
    pub(super) repository: &'a Repository,
    pub(super) pipeline: &'a Pipeline<V>,
    pub(super) run: &'a RunId,
    pub(super) steps: &'a [StepRun],
    pub(super) block_on: &'a BlockOn,
}

impl<V> Rebuild<'_, V> {
    /// The bytes of an output, whose ID is that of the run. What is computed on
    /// the way is stored.
    pub(super) fn bytes(&self, output: OutputRef) -> Result<Vec<u8>, RebuildError> {
        self.pipeline.check_runnable()?;
        let graph = &self.pipeline.graph;
        if self.steps.len() != graph.nodes.len() {
            return Err(RebuildError::NoRun);
        }
        let _live = self.repository.store().begin_run();
        let settings = Settings {
            repository: self.repository,
            threads: 1,
            block_on: self.block_on,
            run: self.run,
        };
        let observer = Report::Quiet.observer(self.pipeline.name());
        let state = State::of_past(graph, self.steps);
        let shared = Shared::new(graph, &settings, &*observer, state, Given::new());
        // Trouble with the store is an error of who asked, as it is of a run.
        let value = catch_unwind(AssertUnwindSafe(|| load(&shared, output)))
            .unwrap_or_else(|payload| Err(StepFailure::from_panic(&*payload)));
        if let Some(step) = shared.lock().differing_step() {
            let step = graph.nodes[step].name.clone();
            return Err(RebuildError::Differs { step });
        }
        let step = &graph.nodes[output.node];
        let kind = step
            .step
            .linked
            .as_ref()
            .and_then(|step| step.output_types().get(output.output));
        let kind = kind.ok_or(RebuildError::NoRun)?;
        let encoded = (kind.encode)(&value?).map_err(|error| StepFailure::from_error(&error))?;
        let expected = self.steps[output.node].outputs.get(output.output);
        if expected.is_some_and(|expected| expected.id == encoded.id) {
            Ok(encoded.bytes)
        } else {
            Err(RebuildError::Differs {
                step: step.name.clone(),
            })
        }
    }
}

/// The bytes of an artifact, computed again as in the latest run that gave it
/// and can be run here.
pub(super) fn rebuild(repository: &Repository, id: &ArtifactId) -> Result<Vec<u8>, RebuildError> {
    let mut failure = RebuildError::NoRun;
    for run in repository.runs()?.iter().rev() {
        let Some(output) = output_of(run, id) else {
            continue;
        };
        match rebuild_in(run, output) {
            Ok(bytes) => return Ok(bytes),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn rebuild_in(run: &PastRun, output: OutputRef) -> Result<Vec<u8>, RebuildError> {
    let versions = run.repository().versions(run.pipeline())?;
    let pipeline = versions
        .iter()
        .find(|pipeline| pipeline.version() == run.version())
        .ok_or(RebuildError::NoRun)?;
    let rebuild = Rebuild {
        repository: run.repository(),
        pipeline,
        run: run.id(),
        steps: run.steps(),
        block_on: &BlockOn::default(),
    };
    rebuild.bytes(output)
}

/// Where in a run an artifact came from.
fn output_of(run: &PastRun, id: &ArtifactId) -> Option<OutputRef> {
    run.steps().iter().enumerate().find_map(|(node, step)| {
        let output = step.outputs.iter().position(|output| output.id == *id)?;
        Some(OutputRef { node, output })
    })
}
