//! The time, as it is stored.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970; 0 for a clock before that.
pub(crate) fn unix_millis() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        });
    #[cfg(test)]
    let now = jump::jumped(now);
    now
}

/// A moment by the clock, and how long ago it was by the system's count, which is
/// not set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    millis: u64,
    since: Instant,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            millis: unix_millis(),
            since: Instant::now(),
        }
    }

    /// What the clock said then, in milliseconds since 1970.
    pub(super) fn millis(self) -> u64 {
        self.millis
    }

    /// How long ago it was, in milliseconds.
    pub(super) fn elapsed(self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Moves the clock of a whole process of tests.
#[cfg(test)]
pub(super) mod jump {
    use std::sync::atomic::{AtomicI64, Ordering};

    static BY: AtomicI64 = AtomicI64::new(0);

    /// Sets the clock ahead or back by so many milliseconds.
    pub(in crate::store) fn by(millis: i64) {
        BY.store(millis, Ordering::SeqCst);
    }

    pub(super) fn jumped(now: u64) -> u64 {
        now.saturating_add_signed(BY.load(Ordering::SeqCst))
    }
}
