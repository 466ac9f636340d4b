//! A run in a few figures.

use std::{fmt, time::Duration};

use super::{StepOutcome, StepRun, report::short};

/// A run in a few figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many steps the pipeline has.
    pub steps: usize,
    /// How many were hits.
    pub cached: usize,
    /// How many were computed.
    pub computed: usize,
    /// How many returned an error or panicked.
    pub failed: usize,
    /// How many were not run, as a step that they need failed.
    pub skipped: usize,
    /// How long the run took.
    pub elapsed: Duration,
    /// How long the hits took when they were computed.
    pub time_saved: Duration,
    /// The size of the hits' artifacts, in bytes.
    pub bytes_reused: u64,
}

impl Summary {
    pub(super) fn of(steps: &[StepRun], elapsed: Duration) -> Self {
        let mut summary = Self {
            steps: steps.len(),
            elapsed,
            ..Self::default()
        };
        for step in steps {
            summary.count(step);
        }
        summary
    }

    fn count(&mut self, step: &StepRun) {
        match &step.outcome {
            StepOutcome::Cached { saved } => {
                self.cached += 1;
                self.time_saved = self.time_saved.saturating_add(*saved);
                self.bytes_reused += step.outputs.iter().map(|output| output.size).sum::<u64>();
            }
            StepOutcome::Computed { .. } => self.computed += 1,
            StepOutcome::Failed { .. } => self.failed += 1,
            StepOutcome::Skipped { .. } => self.skipped += 1,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} steps: {} cached, {} computed",
            self.steps, self.cached, self.computed
        )?;
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        write!(
            f,
            "; took {}, saved {}, reused {}",
            short(self.elapsed),
            short(self.time_saved),
            indicatif::HumanBytes(self.bytes_reused)
        )
    }
}
