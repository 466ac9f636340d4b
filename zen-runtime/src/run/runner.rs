//! How a pipeline is run.

use std::{future::Future, num::NonZero, pin::Pin, sync::Arc, thread, time::Instant};

use super::{
    FailedRun, PastRun, Report, Run, RunError,
    record::{RunId, RunRecord},
    report::Observer,
    scheduler::{Finished, schedule},
};
use crate::{
    codec,
    pipeline::{Pipeline, PipelineError},
    step::{BlockOn, warn_once},
    store::{Collection, Repository, StoreError, unix_millis},
    strict::is_strict,
};

/// How a pipeline is run; [`Repository::runner`] makes one.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let project = tempfile::tempdir()?;
/// use zen_runtime::{Report, Repository, pipeline, step};
///
/// #[step]
/// fn double(x: u64) -> u64 {
///     x * 2
/// }
///
/// let repo = Repository::open(project.path())?;
/// let pipeline = pipeline!("double", {
///     let four = double(2);
///     four
/// });
/// let run = repo.runner().threads(2).report(Report::Lines).run(&pipeline)?;
/// assert_eq!(run.outputs()?, 4);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a runner does nothing until `run` is called"]
pub struct Runner {
    pub(super) repository: Repository,
    threads: NonZero<usize>,
    report: Report,
    block_on: BlockOn,
}

impl Repository {
    /// Runs `pipeline`: what is stored is reused, the rest computed, independent
    /// steps in parallel. [`Repository::runner`] has the options.
    ///
    /// # Errors
    /// If the pipeline cannot be run here, or a step fails.
    pub fn run<V>(&self, pipeline: &Pipeline<V>) -> Result<Run<V>, RunError> {
        self.runner().run(pipeline)
    }

    /// A runner with the default options: as many threads as the machine has, a
    /// live report on a terminal and plain lines elsewhere.
    pub fn runner(&self) -> Runner {
        Runner {
            repository: self.clone(),
            threads: thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
            report: Report::Auto,
            block_on: BlockOn::default(),
        }
    }
}

impl Runner {
    /// How many steps run at the same time at most; at least one does.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = NonZero::new(threads).unwrap_or(NonZero::<usize>::MIN);
        self
    }

    /// What is told while the pipeline runs.
    pub fn report(mut self, report: Report) -> Self {
        self.report = report;
        self
    }

    /// Tells nothing while the pipeline runs.
    pub fn quiet(self) -> Self {
        self.report(Report::Quiet)
    }

    /// What drives async steps, for instance a runtime's own `block_on`. The
    /// default parks the thread, which serves futures that need no runtime.
    pub fn executor(
        mut self,
        executor: impl Fn(Pin<Box<dyn Future<Output = ()> + '_>>) + Send + Sync + 'static,
    ) -> Self {
        self.block_on = BlockOn::with(Arc::new(executor));
        self
    }

    /// Runs `pipeline`.
    ///
    /// # Errors
    /// If the pipeline cannot be run here, or a step fails. Steps that do not
    /// depend on the one that failed are run and kept all the same.
    pub fn run<V>(&self, pipeline: &Pipeline<V>) -> Result<Run<V>, RunError> {
        pipeline.check_runnable()?;
        let live = self.repository.store().begin_run();
        let version = self.save(pipeline)?;
        let id = RunId::new();
        let span = tracing::info_span!(
            target: "zen", "run", id = %id, pipeline = pipeline.name(), version
        );
        let _entered = span.enter();
        let observer = self.report.observer(pipeline.name());
        let (started, clock) = (unix_millis(), Instant::now());
        let finished = self.schedule(pipeline, &id, observer.as_ref());
        let record = RunRecord {
            id,
            pipeline: pipeline.name().to_owned(),
            version,
            started,
            elapsed: clock.elapsed(),
            steps: finished.steps,
        };
        self.keep(&record)?;
        observer.finished(&record.summary());
        let past = PastRun::new(self.repository.clone(), record);
        if past.summary().failed > 0 {
            return Err(FailedRun::new(past).into());
        }
        Ok(Run::new(
            pipeline.clone(),
            past,
            finished.values,
            self.block_on.clone(),
            live,
        ))
    }

    fn schedule<V>(&self, pipeline: &Pipeline<V>, id: &RunId, observer: &dyn Observer) -> Finished {
        let settings = super::scheduler::Settings {
            repository: &self.repository,
            threads: self.threads.get(),
            block_on: &self.block_on,
            run: id,
        };
        schedule(&pipeline.graph, &settings, observer)
    }

    /// Keeps the pipeline. A store that cannot be written stops no run.
    fn save<V>(&self, pipeline: &Pipeline<V>) -> Result<u32, PipelineError> {
        match self.repository.save(pipeline) {
            Err(PipelineError::Store(error)) if !is_strict() => {
                warn_once(format!(
                    "the pipeline `{}` is not kept: {error}",
                    pipeline.name()
                ));
                Ok(0)
            }
            other => other,
        }
    }

    /// Keeps the run. A store that cannot be written fails no run.
    fn keep(&self, record: &RunRecord) -> Result<(), PipelineError> {
        match self.try_keep(record) {
            Err(error) if is_strict() => Err(error.into()),
            Err(error) => {
                warn_once(format!(
                    "a run of `{}` is not kept: {error}",
                    record.pipeline
                ));
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn try_keep(&self, record: &RunRecord) -> Result<(), StoreError> {
        let bytes = codec::encode(record).map_err(StoreError::encode)?;
        let key = record.id.as_str().as_bytes().to_vec();
        let store = self.repository.store();
        // With the last results, in the order in which they came.
        store.hand_over_document(Collection::RUNS, key, bytes);
        store.flush()
    }
}
