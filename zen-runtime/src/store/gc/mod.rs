//! Clearing away what is not worth its room, beside processes that go on.
//!
//! It goes in three steps: a [survey](survey) of the store at one moment, a
//! [selection](select) that is a function of the survey, the policy and what the
//! runs want kept, and a [sweep] that looks at each item again before it goes. A
//! dry run stops before the last.

mod indexes;
mod leftovers;
mod now;
mod policy;
mod report;
mod select;
mod survey;
mod sweep;

pub(super) use self::leftovers::is_young;
use self::report::Target;
pub(crate) use self::select::Roots;
pub use self::{
    policy::{Evict, GcPolicy},
    report::{GcAction, GcItem, GcReason, GcReport, Leftovers},
};
use super::{Store, StoreError};

impl Store {
    /// Now, for what is cleared away by its age, where the store was used at these
    /// times.
    pub(crate) fn now_after(&self, times: impl Iterator<Item = u64>) -> u64 {
        now::bounded(self.opened, times)
    }

    /// Clears away what the policy says, but for what `roots` want kept.
    ///
    /// # Errors
    /// If the store cannot be read or written. What went until then is gone.
    pub(crate) fn gc(&self, policy: &GcPolicy, roots: &Roots) -> Result<GcReport, StoreError> {
        // What this process has used counts, and does not change under the sweep.
        self.flush()?;
        self.disk.note_used();
        let survey = self.survey()?;
        let mut items = select::select(policy, &survey, roots);
        if !policy.dry_run {
            items = self.sweep(&survey, &items, &roots.artifacts)?;
        }
        Ok(GcReport {
            dry_run: policy.dry_run,
            items,
            leftovers: self.clear_leftovers(policy)?,
            before: survey.size(),
            limit: policy.max_size,
            runs: 0,
            versions: 0,
        })
    }
}
