//! Why a step of a run was computed or not, told after the fact.

use std::fmt;

use crate::run::{PastRun, StepOutcome, StepRun};

/// Why a step of a run was a hit or a miss, from what the run kept: nothing is
/// run to tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation(StepRun);

impl PastRun {
    /// Why the step that goes by `name` was a hit or a miss in this run.
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
    /// let run = repo.run(&pipeline)?;
    /// let why = run.why("squares").expect("a step of this name");
    /// assert!(why.to_string().ends_with("no result of this step is stored"));
    /// # Ok(()) }
    /// ```
    pub fn why(&self, name: &str) -> Option<Explanation> {
        let step = self.step(name)?;
        Some(Explanation(step.run().clone()))
    }
}

/// With `{:#}`, everything that changed in a step's source is listed, not only the
/// first few.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = &self.0;
        write!(f, "`{}` ", step.name)?;
        match &step.outcome {
            StepOutcome::Cached { .. } => {
                write!(
                    f,
                    "was reused: its source, parameters and inputs are those of a stored call"
                )
            }
            StepOutcome::Computed { reasons } => {
                write!(f, "was computed:")?;
                reasons.iter().try_for_each(|reason| {
                    write!(f, "\n  ")?;
                    fmt::Display::fmt(reason, f)
                })
            }
            StepOutcome::Failed { chain, .. } => write!(f, "failed: {}", chain.join(": ")),
            StepOutcome::Skipped { because } => {
                write!(f, "was not run, as `{because}` gave it no input")
            }
        }
    }
}
