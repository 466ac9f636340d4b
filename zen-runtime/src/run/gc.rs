//! What the runs of pipelines want kept, and which runs are forgotten.

use std::collections::{HashMap, HashSet};

use super::{PastRun, RunId};
use crate::{
    codec::ArtifactId,
    pipeline::Pipeline,
    store::{Collection, GcPolicy, GcReport, Repository, Roots, StoreError},
};

impl Repository {
    /// Clears away what `policy` says, beside whatever else goes on: what a run
    /// has touched stays, and a plain call that loses a result to it computes it
    /// again. [`GcPolicy::dry_run`] only tells what would go.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{GcPolicy, Repository, pipeline, step};
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
    /// repo.run(&pipeline)?;
    /// let policy = GcPolicy::new().max_size(1 << 30).dry_run(true);
    /// let report = repo.gc(&policy)?;
    /// // A table of what would go.
    /// println!("{report}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the store cannot be read or written. What went until then is gone, and
    /// what is left is whole.
    pub fn gc(&self, policy: &GcPolicy) -> Result<GcReport, StoreError> {
        let runs = self.runs()?;
        let kept = last_runs(&runs, policy.keep_runs);
        let roots = self.roots(&kept)?;
        let mut report = self.store().gc(policy, &roots)?;
        if let Some(age) = policy.drop_runs_after {
            let age = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
            let now = self.store().now_after(runs.iter().map(PastRun::began));
            let kept: HashSet<&RunId> = kept.iter().map(|run| run.id()).collect();
            let forget = Forget {
                repository: self,
                runs: &runs,
                kept: &kept,
                before: now.saturating_sub(age),
            };
            (report.runs, report.versions) = forget.forget(policy.dry_run)?;
        }
        Ok(report)
    }

    fn roots(&self, runs: &[&PastRun]) -> Result<Roots, StoreError> {
        let mut roots = Roots::default();
        let mut outputs = Outputs::default();
        for run in runs {
            for step in run.steps() {
                roots.records.extend(step.fingerprint);
                roots
                    .artifacts
                    .extend(step.outputs.iter().map(|output| output.id));
            }
            roots.outputs.extend(outputs.of(self, run)?);
        }
        Ok(roots)
    }
}

/// The last runs of each pipeline. Runs are ordered by time.
fn last_runs(runs: &[PastRun], count: usize) -> Vec<&PastRun> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let latest = runs.iter().rev();
    latest
        .filter(|run| {
            let seen = counts.entry(run.pipeline()).or_default();
            *seen += 1;
            *seen <= count
        })
        .collect()
}

/// The outputs of runs, by their pipelines.
#[derive(Default)]
struct Outputs {
    versions: HashMap<String, Vec<Pipeline>>,
}

impl Outputs {
    /// The outputs of the pipeline that was run. If it is not known any more,
    /// all that its steps gave counts.
    fn of(
        &mut self,
        repository: &Repository,
        run: &PastRun,
    ) -> Result<Vec<ArtifactId>, StoreError> {
        let name = run.pipeline();
        if !self.versions.contains_key(name) {
            let versions = repository.stored_versions(name)?;
            self.versions.insert(name.to_owned(), versions);
        }
        let versions = &self.versions[name];
        let pipeline = versions
            .iter()
            .find(|pipeline| pipeline.version() == run.version());
        let steps = run.steps();
        let Some(pipeline) = pipeline else {
            let outputs = steps.iter().flat_map(|step| &step.outputs);
            return Ok(outputs.map(|output| output.id).collect());
        };
        let outputs = pipeline.graph.outputs.iter();
        Ok(outputs
            .filter_map(|output| steps.get(output.node)?.outputs.get(output.output))
            .map(|output| output.id)
            .collect())
    }
}

/// Forgetting runs, and versions of pipelines that no run needs.
struct Forget<'a> {
    repository: &'a Repository,
    runs: &'a [PastRun],
    kept: &'a HashSet<&'a RunId>,
    /// What is older goes, in milliseconds since 1970.
    before: u64,
}

impl Forget<'_> {
    /// Forgets what is old, or only counts it: runs and versions.
    fn forget(&self, dry_run: bool) -> Result<(usize, usize), StoreError> {
        let is_old = |run: &&PastRun| run.began() < self.before && !self.kept.contains(run.id());
        let (old, left): (Vec<&PastRun>, Vec<&PastRun>) = self.runs.iter().partition(is_old);
        let needed = left
            .iter()
            .filter_map(|run| Some((run.pipeline().to_owned(), run.version()?)))
            .collect();
        let versions = self
            .repository
            .forget_versions(self.before, &needed, dry_run)?;
        if !dry_run {
            self.repository.store().transact(|transaction| {
                let ids = old.iter().map(|run| run.id().as_str().as_bytes());
                ids.into_iter()
                    .try_for_each(|id| transaction.delete(Collection::RUNS, id))
            })?;
        }
        Ok((old.len(), versions))
    }
}
