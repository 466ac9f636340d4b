//! The time, as it is stored.

use std::time::{SystemTime, UNIX_EPOCH};

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
