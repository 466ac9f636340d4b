//! Who holds a flight.

use std::{
    process,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Who computes, and since when, as its lock tells other processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) pid: u32,
    /// Seconds since 1970.
    pub(super) since: u64,
}

impl Holder {
    /// This process, from now on.
    pub(super) fn now() -> Self {
        Self {
            pid: process::id(),
            since: now(),
        }
    }

    /// How long it has been computing, as far as the clock tells.
    pub(super) fn elapsed(self) -> Duration {
        Duration::from_secs(now().saturating_sub(self.since))
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
