//! Wakes the workers of a run.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::Wake,
};

/// Counts how often something has happened that workers may wait for: a step of
/// the run is done, or a wait for somebody else's computation is over.
#[derive(Debug, Default)]
pub(super) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// How often it has rung. To be asked before looking for work, so that no
    /// ring is missed.
    pub(super) fn rings(&self) -> u64 {
        *self.lock()
    }

    /// Waits until it has rung more often.
    pub(super) fn wait(&self, rings: u64) {
        let waited = self.rung.wait_while(self.lock(), |now| *now == rings);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn ring(&self) {
        *self.lock() += 1;
        self.rung.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }
}
