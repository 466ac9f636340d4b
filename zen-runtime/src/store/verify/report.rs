//! What was checked, and what was wrong.

use std::fmt;

use indicatif::HumanBytes;

use super::Fault;

/// How many faults are shown; `{:#}` shows all.
const SHOWN: usize = 40;

/// What [`Repository::verify`](crate::Repository::verify) checked, and what it
/// found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    pub(super) faults: Vec<Fault>,
    pub(super) repaired: bool,
    pub(super) records: usize,
    pub(super) artifacts: usize,
    pub(super) evicted: usize,
    pub(super) bytes: u64,
    pub(super) others: usize,
}

impl VerifyReport {
    /// Whether nothing was wrong. A blob that nothing leads to is nothing wrong: a
    /// process that was killed may have left it, and gc takes it away.
    pub fn is_clean(&self) -> bool {
        self.faults.iter().all(Fault::is_harmless)
    }

    /// What was found, the harmless included.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether it was mended.
    pub fn is_repaired(&self) -> bool {
        self.repaired
    }

    /// How many records were checked.
    pub fn records(&self) -> usize {
        self.records
    }

    /// How many artifacts were checked, the evicted ones included.
    pub fn artifacts(&self) -> usize {
        self.artifacts
    }

    /// How many artifacts' bytes were evicted.
    pub fn evicted(&self) -> usize {
        self.evicted
    }

    /// How many bytes of artifacts were hashed.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl fmt::Display for VerifyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if f.alternate() {
            self.faults.len()
        } else {
            SHOWN
        };
        for fault in self.faults.iter().take(shown) {
            writeln!(f, "{fault}")?;
        }
        if self.faults.len() > shown {
            writeln!(f, "… and {} more", self.faults.len() - shown)?;
        }
        write!(
            f,
            "checked {} records, {} artifacts ({}; {} evicted) and {} other entries: ",
            self.records,
            self.artifacts,
            HumanBytes(self.bytes),
            self.evicted,
            self.others
        )?;
        match (self.faults.len(), self.repaired) {
            (0, _) => write!(f, "clean"),
            (left, false) if self.is_clean() => write!(f, "clean, with {left} leftovers"),
            (faults, true) => write!(f, "{faults} faults, mended"),
            (faults, false) => write!(f, "{faults} faults"),
        }
    }
}
