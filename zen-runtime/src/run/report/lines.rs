//! A line per finished step, for logs and pipes.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Observer, Progress, short};
use crate::{
    run::{StepOutcome, StepRun, Summary},
    warning::print_line,
};

/// A line per finished step.
pub(super) struct Lines {
    pipeline: String,
    steps: AtomicUsize,
    finished: AtomicUsize,
}

impl Lines {
    pub(super) fn new(pipeline: &str) -> Self {
        Self {
            pipeline: pipeline.to_owned(),
            steps: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
        }
    }
}

impl Observer for Lines {
    fn started(&self, steps: usize) {
        self.steps.store(steps, Ordering::Relaxed);
        self.finished.store(0, Ordering::Relaxed);
        print_line(&format!("{}: {steps} steps", self.pipeline));
    }

    fn step_started(&self, _: usize, _: &str) {}

    fn progress_of(&self, _: usize) -> Progress {
        Box::new(|_, _| {})
    }

    fn step_finished(&self, _: usize, step: &StepRun) {
        let number = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        let steps = self.steps.load(Ordering::Relaxed);
        print_line(&format!("[{number}/{steps}] {}", line(step)));
    }

    fn finished(&self, summary: &Summary) {
        print_line(&format!("{}: {summary}", self.pipeline));
    }
}

/// What came of a step, in one line.
pub(super) fn line(step: &StepRun) -> String {
    let detail = match &step.outcome {
        StepOutcome::Cached { saved } => format!("saved {}", short(*saved)),
        StepOutcome::Computed { reasons } => {
            let reason = reasons.first().map(ToString::to_string);
            let reason = reason.unwrap_or_default();
            format!("took {}: {reason}", short(step.duration))
        }
        StepOutcome::Failed { chain, .. } => chain.join(": "),
        StepOutcome::Skipped { because } => format!("needs `{because}`"),
    };
    format!("{} {} ({detail})", step.outcome, step.name)
}
