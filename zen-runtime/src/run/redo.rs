//! Computing a step again whose stored bytes are gone, and what follows if it
//! comes out differently.
//!
//! A run decides on steps by the IDs of their inputs. If a step turns out to give
//! another result than its record says, what was decided after it was decided on
//! an ID that no value stands for any more: neither may a later step be handed
//! the new value under the old ID, nor may results before and after be mixed. So
//! the run begins anew, and takes over what it has computed.

use std::collections::HashMap;

use super::{StepRun, node, scheduler::Shared};
use crate::{
    codec::ArtifactId,
    fingerprint::Fingerprint,
    step::{StepFailure, Value, warn_not_deterministic},
};

/// What a run computed before it began anew, by node.
pub(super) type Given = HashMap<usize, Computed>;

/// A step that was computed in this run.
#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) run: StepRun,
    /// The values of its outputs, as far as they are still held.
    pub(super) values: Vec<Option<Value>>,
}

impl Computed {
    /// Whether it is what the call with this fingerprint gave.
    pub(super) fn is_of(&self, fingerprint: Fingerprint) -> bool {
        self.run.fingerprint == Some(fingerprint)
    }
}

/// Computes a node again, gives its values, and holds them for others.
///
/// # Errors
/// If it fails, or if it gives another result than it did: the run is cut short
/// then.
pub(super) fn redo(shared: &Shared<'_>, index: usize) -> Result<Vec<Option<Value>>, StepFailure> {
    let before = shared.lock().done(index).cloned();
    let again = node::compute_again(shared, index)?;
    let ids =
        |run: &StepRun| -> Vec<ArtifactId> { run.outputs.iter().map(|output| output.id).collect() };
    match before {
        Some(before) if ids(&before) != ids(&again.run) => {
            if before.fingerprint == again.run.fingerprint {
                warn_not_deterministic(&before.name);
            }
            let failure = format!("`{}` gave another result than it did before", before.name);
            shared.lock().cut(index, again);
            Err(StepFailure::new(failure))
        }
        _ => {
            node::hold(shared, index, again.values.iter().cloned());
            Ok(again.values)
        }
    }
}
