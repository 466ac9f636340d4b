//! What is to be cleared away.

use std::time::Duration;

/// What [`Repository::gc`](crate::Repository::gc) clears away. The default keeps
/// every record and every artifact that a record names, and clears what has no
/// use at all: leftovers of processes that were killed, artifacts that nothing
/// leads to.
///
/// Whatever the limits say, these stay: pinned artifacts and the records that
/// name them, the records and outputs of the last runs of each pipeline, what
/// was used lately, and all that a run that is going on has touched.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let project = tempfile::tempdir()?;
/// use std::time::Duration;
/// use zen_runtime::{GcPolicy, Repository};
///
/// let repo = Repository::open(project.path())?;
/// let policy = GcPolicy::new()
///     .keep_runs(3)
///     .max_age(Duration::from_hours(30 * 24))
///     .max_size(10 << 30);
/// println!("{}", repo.gc(&policy.clone().dry_run(true))?);
/// let report = repo.gc(&policy)?;
/// assert!(report.is_within_limit());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until `gc` is called with it"]
pub struct GcPolicy {
    pub(crate) keep_runs: usize,
    pub(super) keep_used_within: Option<Duration>,
    pub(super) max_age: Option<Duration>,
    pub(super) max_size: Option<u64>,
    pub(super) evict: Evict,
    pub(super) quarantine_age: Duration,
    pub(crate) drop_runs_after: Option<Duration>,
    pub(crate) dry_run: bool,
}

/// Which artifacts [`Repository::gc`](crate::Repository::gc) may give up the bytes
/// of, with the record kept, so that everything after it still hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evict {
    /// None.
    #[default]
    Nothing,
    /// Those that another stored call takes as an argument, and that no pipeline
    /// of the kept runs gives as an output.
    Intermediates,
    /// All but the outputs of the kept runs.
    All,
}

impl Default for GcPolicy {
    fn default() -> Self {
        Self {
            keep_runs: 1,
            keep_used_within: None,
            max_age: None,
            max_size: None,
            evict: Evict::Nothing,
            quarantine_age: Duration::from_hours(30 * 24),
            drop_runs_after: None,
            dry_run: false,
        }
    }
}

impl GcPolicy {
    /// The default policy.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the records and outputs of the last `runs` runs of each pipeline.
    /// The default is 1.
    pub fn keep_runs(mut self, runs: usize) -> Self {
        self.keep_runs = runs;
        self
    }

    /// Keeps the records that were stored or used within `time`.
    pub fn keep_used_within(mut self, time: Duration) -> Self {
        self.keep_used_within = Some(time);
        self
    }

    /// Drops records that were not used for `age`, and the artifacts that only
    /// they name. A time in which nobody uses the store counts as one day, so that a
    /// clock that is ahead does not make everything old.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Makes the artifacts take no more than `bytes`. What is cheapest to compute
    /// again per byte goes first: the time that it took, times how often it was
    /// used, by its size.
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// Gives up the bytes of artifacts and keeps their records: with a
    /// [`max_size`](Self::max_size) as many as it takes, before any record is
    /// dropped for it; without one, all that may be.
    pub fn evict(mut self, evict: Evict) -> Self {
        self.evict = evict;
        self
    }

    /// Deletes damaged blobs from `quarantine/` once they have been there for
    /// `age`. The default is 30 days.
    pub fn quarantine_age(mut self, age: Duration) -> Self {
        self.quarantine_age = age;
        self
    }

    /// Drops what is kept of runs that are older than `age`, but for the last
    /// ones of each pipeline, and the versions of pipelines that no run that is
    /// left has run, but for the latest. By default all are kept.
    pub fn drop_runs_after(mut self, age: Duration) -> Self {
        self.drop_runs_after = Some(age);
        self
    }

    /// Only tells what would be done.
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }
}
