//! The runs of a repository.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Artifact, RunId, StepRun, Summary, record::RunRecord};
use crate::{
    codec::{self, ArtifactId},
    store::{Collection, Repository, StoreError},
};

/// A run that is over.
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
/// repo.run(&pipeline!("squares", {
///     let all = squares(4);
///     all
/// }))?;
/// // Here or in another process.
/// let run = repo.last_run("squares")?.expect("it has run");
/// let squares = run.artifact("all")?.expect("it is stored");
/// assert_eq!(squares.value::<Vec<u64>>()?, [0, 1, 4, 9]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct PastRun {
    repository: Repository,
    record: RunRecord,
}

/// A step of a run that is over.
#[derive(Clone, Copy, Debug)]
pub struct PastStep<'a> {
    repository: &'a Repository,
    run: &'a StepRun,
}

impl Repository {
    /// Every run, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn runs(&self) -> Result<Vec<PastRun>, StoreError> {
        self.runs_where(|_| true)
    }

    /// The runs of the pipeline `name`, oldest first.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn runs_of(&self, name: &str) -> Result<Vec<PastRun>, StoreError> {
        self.runs_where(|record| record.pipeline == name)
    }

    /// The latest run of the pipeline `name`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn last_run(&self, name: &str) -> Result<Option<PastRun>, StoreError> {
        let found = self.store().view(|view| {
            let mut found = None;
            view.scan_back(Collection::RUNS, &[], &mut |_, bytes| {
                found = decode(bytes).filter(|record| record.pipeline == name);
                Ok(found.is_none())
            })?;
            Ok(found)
        })?;
        Ok(found.map(|record| PastRun::new(self.clone(), record)))
    }

    /// The run with this ID.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn past_run(&self, id: &RunId) -> Result<Option<PastRun>, StoreError> {
        let key = id.as_str().as_bytes();
        let bytes = self.store().view(|view| view.get(Collection::RUNS, key))?;
        let record = bytes.and_then(|bytes| decode(&bytes));
        Ok(record.map(|record| PastRun::new(self.clone(), record)))
    }

    fn runs_where(&self, wanted: impl Fn(&RunRecord) -> bool) -> Result<Vec<PastRun>, StoreError> {
        let found = self.store().view(|view| {
            let mut found = Vec::new();
            view.scan(Collection::RUNS, &[], &mut |_, bytes| {
                found.extend(decode(bytes).filter(|record| wanted(record)));
                Ok(true)
            })?;
            Ok(found)
        })?;
        let runs = found.into_iter();
        Ok(runs
            .map(|record| PastRun::new(self.clone(), record))
            .collect())
    }
}

fn decode(bytes: &[u8]) -> Option<RunRecord> {
    codec::decode(bytes).ok()
}

impl PastRun {
    pub(super) fn new(repository: Repository, record: RunRecord) -> Self {
        Self { repository, record }
    }

    /// Its ID.
    pub fn id(&self) -> &RunId {
        &self.record.id
    }

    /// The pipeline's name.
    pub fn pipeline(&self) -> &str {
        &self.record.pipeline
    }

    /// The pipeline's version; `None` if it could not be kept.
    pub fn version(&self) -> Option<u32> {
        Some(self.record.version).filter(|&version| version > 0)
    }

    /// When it began.
    pub fn started(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.record.started)
    }

    /// When it began, in milliseconds since 1970.
    pub(super) fn began(&self) -> u64 {
        self.record.started
    }

    /// What came of each step, in the pipeline's order.
    pub fn steps(&self) -> &[StepRun] {
        &self.record.steps
    }

    /// The step that goes by `name` in the pipeline.
    pub fn step(&self, name: &str) -> Option<PastStep<'_>> {
        let run = self.record.steps.iter().find(|step| step.name == name)?;
        Some(PastStep {
            repository: &self.repository,
            run,
        })
    }

    /// The run in a few figures.
    pub fn summary(&self) -> Summary {
        self.record.summary()
    }

    /// The ID of the output that goes by `name`: a name that an output is bound
    /// to, or that of a step with a single output.
    pub fn output_id(&self, name: &str) -> Option<ArtifactId> {
        let bound = self.record.steps.iter().find_map(|step| {
            let position = step.bound.iter().position(|bound| bound == name)?;
            step.outputs.get(position)
        });
        let single = || {
            let step = self.record.steps.iter().find(|step| step.name == name)?;
            step.outputs.first().filter(|_| step.outputs.len() == 1)
        };
        bound.or_else(single).map(|output| output.id)
    }

    /// The output that goes by `name`, if its bytes are stored or were evicted.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn artifact(&self, name: &str) -> Result<Option<Artifact>, StoreError> {
        match self.output_id(name) {
            Some(id) => self.repository.artifact(&id),
            None => Ok(None),
        }
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }
}

impl PastStep<'_> {
    /// What came of it.
    pub fn run(&self) -> &StepRun {
        self.run
    }

    /// Its outputs whose bytes are stored or were evicted, in order.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn artifacts(&self) -> Result<Vec<Artifact>, StoreError> {
        let outputs = self.run.outputs.iter();
        let found = outputs.map(|output| self.repository.artifact(&output.id));
        found.filter_map(Result::transpose).collect()
    }
}
