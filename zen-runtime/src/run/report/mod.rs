//! What is told while a pipeline runs.

mod bars;
mod lines;

use std::{
    io::{IsTerminal, stderr},
    time::Duration,
};

use self::{bars::Bars, lines::Lines};
use super::{StepRun, Summary};

/// What is told while a pipeline runs, on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Report {
    /// [`Report::Live`] on a terminal, [`Report::Lines`] elsewhere.
    #[default]
    Auto,
    /// A live line per running step and a bar over all of them.
    Live,
    /// A line per finished step.
    Lines,
    /// Nothing.
    Quiet,
}

/// Takes a step's progress.
pub(super) type Progress = Box<dyn Fn(u64, u64) + Send + Sync>;

/// Is told what happens in a run.
pub(super) trait Observer: Send + Sync {
    /// The run begins, or begins anew.
    fn started(&self, steps: usize);
    /// A step is being computed.
    fn step_started(&self, node: usize, name: &str);
    /// Where the step's progress goes.
    fn progress_of(&self, node: usize) -> Progress;
    /// A step is over.
    fn step_finished(&self, node: usize, step: &StepRun);
    /// The run is over.
    fn finished(&self, summary: &Summary);
}

impl Report {
    pub(super) fn observer(self, pipeline: &str) -> Box<dyn Observer> {
        match self {
            Self::Auto if stderr().is_terminal() => Box::new(Bars::new(pipeline)),
            Self::Live => Box::new(Bars::new(pipeline)),
            Self::Auto | Self::Lines => Box::new(Lines::new(pipeline)),
            Self::Quiet => Box::new(Quiet),
        }
    }
}

struct Quiet;

impl Observer for Quiet {
    fn started(&self, _: usize) {}
    fn step_started(&self, _: usize, _: &str) {}
    fn progress_of(&self, _: usize) -> Progress {
        Box::new(|_, _| {})
    }
    fn step_finished(&self, _: usize, _: &StepRun) {}
    fn finished(&self, _: &Summary) {}
}

/// A duration with the digits that matter: `12 µs`, `3.4 ms`, `5.6 s`, `2 min 3 s`.
pub(super) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds >= 60.0 {
        let whole = duration.as_secs();
        return format!("{} min {} s", whole / 60, whole % 60);
    }
    match seconds {
        s if s >= 1.0 => format!("{s:.1} s"),
        s if s >= 1e-3 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.0} µs", s * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::short;

    #[test]
    fn durations_have_the_digits_that_matter() {
        let cases = [
            (Duration::from_micros(12), "12 µs"),
            (Duration::from_micros(3_400), "3.4 ms"),
            (Duration::from_millis(5_600), "5.6 s"),
            (Duration::from_secs(123), "2 min 3 s"),
        ];
        for (duration, text) in cases {
            assert_eq!(short(duration), text);
        }
    }
}
