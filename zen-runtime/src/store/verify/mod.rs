//! Checking everything that is in a store, and mending it.
//!
//! What is found wrong beside processes that go on is looked at once more: the
//! database shows one moment, and the folder of blobs another.

mod blobs;
mod fault;
mod repair;
mod report;
mod tables;

pub use self::{fault::Fault, report::VerifyReport};
use super::{Repository, Store, StoreError};

/// What [`Repository::verify`] does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "the options do nothing until `verify` is called with them"]
pub struct VerifyOptions {
    repair: bool,
}

impl VerifyOptions {
    /// Only looks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also mends what is found: damaged bytes go to `quarantine/`, records whose
    /// artifacts are gone are dropped, so that they are computed again, indexes
    /// are made right, and a damaged database is repaired or set aside.
    pub fn repair(mut self, repair: bool) -> Self {
        self.repair = repair;
        self
    }
}

impl Repository {
    /// Checks every record, entry, note and document against its checksum and
    /// every artifact against its ID, and looks for blobs, records and entries
    /// of indexes that nothing leads to or that lead nowhere. Artifacts that were
    /// evicted are no fault.
    ///
    /// It may run beside processes that use the store.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Repository, VerifyOptions};
    ///
    /// let repo = Repository::open(project.path())?;
    /// let report = repo.verify(&VerifyOptions::new())?;
    /// assert!(report.is_clean(), "{report}");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the store cannot be read, or written to repair it.
    pub fn verify(&self, options: &VerifyOptions) -> Result<VerifyReport, StoreError> {
        self.store().verify(options)
    }
}

impl Store {
    pub(super) fn verify(&self, options: &VerifyOptions) -> Result<VerifyReport, StoreError> {
        self.flush()?;
        let mut report = VerifyReport::default();
        if let Err(error) = self.disk.check_database(options.repair) {
            report.faults.push(Fault::Database(error.to_string()));
            if !options.repair {
                return Ok(report);
            }
        }
        self.check_tables(&mut report)?;
        self.check_blobs(&mut report)?;
        if options.repair {
            self.repair(&report.faults)?;
            report.repaired = true;
        }
        Ok(report)
    }
}
