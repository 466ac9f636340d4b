//! What is kept of a run.

use std::{
    fmt,
    str::FromStr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::Summary;
use crate::{
    fingerprint::Fingerprint,
    step::{MissReason, StepFailure, StepId},
    store::{Output, unix_millis},
};

/// The identity of a run. IDs sort by the time at which the runs began.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(String);

/// Text that is not the ID of a run.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the ID of a run: expected 24 hexadecimal digits")]
pub struct ParseRunIdError(String);

/// The digits of an ID: 12 of the time, 8 of the process, 4 of a count.
const DIGITS: usize = 24;

static COUNT: AtomicU32 = AtomicU32::new(0);

impl RunId {
    /// An ID that no other run has: the time in milliseconds, the process, and a
    /// count within it.
    pub(super) fn new() -> Self {
        let count = COUNT.fetch_add(1, Ordering::Relaxed) & 0xffff;
        let process = std::process::id();
        let millis = unix_millis() & 0xffff_ffff_ffff;
        Self(format!("{millis:012x}{process:08x}{count:04x}"))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = ParseRunIdError;

    fn from_str(text: &str) -> Result<Self, ParseRunIdError> {
        let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if digits && text.len() == DIGITS {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ParseRunIdError(text.to_owned()))
        }
    }
}

/// What came of a step in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum StepOutcome {
    /// A hit.
    Cached {
        /// How long the step took when it was computed.
        saved: Duration,
    },
    /// A miss, and computed.
    Computed {
        /// Why it was a miss.
        reasons: Vec<MissReason>,
    },
    /// It returned an error, or panicked.
    Failed {
        /// The error's text and those of its causes, outermost first.
        chain: Vec<String>,
        /// Whether it panicked.
        panicked: bool,
    },
    /// It was not run, as a step that it needs failed.
    Skipped {
        /// The step that failed.
        because: String,
    },
}

/// A step in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRun {
    /// Its name in the pipeline.
    pub name: String,
    /// The step that it calls.
    pub step: StepId,
    /// What came of it.
    pub outcome: StepOutcome,
    /// The cache key; `None` if an argument has no identity, or it was skipped.
    pub fingerprint: Option<Fingerprint>,
    /// Its artifacts, in the order of its outputs.
    pub outputs: Vec<Output>,
    /// The names that its outputs are bound to in the pipeline.
    pub bound: Vec<String>,
    /// How long it took in this run.
    pub duration: Duration,
}

impl StepRun {
    pub(super) fn failure(&self) -> Option<StepFailureView<'_>> {
        match &self.outcome {
            StepOutcome::Failed { chain, panicked } => Some(StepFailureView {
                name: &self.name,
                chain,
                panicked: *panicked,
            }),
            _ => None,
        }
    }

    /// Whether it was a hit.
    pub fn is_cached(&self) -> bool {
        matches!(self.outcome, StepOutcome::Cached { .. })
    }

    /// Whether it was computed in this run.
    pub fn is_computed(&self) -> bool {
        matches!(self.outcome, StepOutcome::Computed { .. })
    }
}

/// A step that failed.
#[derive(Debug)]
pub(super) struct StepFailureView<'a> {
    pub(super) name: &'a str,
    pub(super) chain: &'a [String],
    pub(super) panicked: bool,
}

impl From<StepFailure> for StepOutcome {
    fn from(failure: StepFailure) -> Self {
        Self::Failed {
            panicked: failure.panicked(),
            chain: failure.chain().to_vec(),
        }
    }
}

/// A run as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) id: RunId,
    pub(crate) pipeline: String,
    /// The pipeline's version; 0 if it could not be kept.
    pub(crate) version: u32,
    /// Milliseconds since 1970.
    pub(crate) started: u64,
    pub(crate) elapsed: Duration,
    pub(crate) steps: Vec<StepRun>,
}

impl RunRecord {
    pub(crate) fn summary(&self) -> Summary {
        Summary::of(&self.steps, self.elapsed)
    }
}

impl fmt::Display for StepOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cached { .. } => write!(f, "cached"),
            Self::Computed { .. } => write!(f, "computed"),
            Self::Failed { panicked: true, .. } => write!(f, "panicked"),
            Self::Failed { .. } => write!(f, "failed"),
            Self::Skipped { .. } => write!(f, "skipped"),
        }
    }
}
