//! What age is counted from.
//!
//! A clock that is ahead would make everything old at once. What is known without
//! it: when the store was last used before this process opened it, and for how long
//! this process has had it open. If the clock is later than both together by more than
//! a day, a day is all that is believed. So a time in which nobody uses a store counts
//! as no more than a day.

use crate::store::clock::{Moment, unix_millis};

/// By how much the clock may be later than the last use, in milliseconds: a store
/// that is used daily is taken by the clock.
const IDLE: u64 = 24 * 60 * 60 * 1000;

/// Now, for what is cleared away by its age, in milliseconds since 1970: no later
/// than the clock says, and no more than [`IDLE`] later than the last of `times`
/// before `opened`, when this process opened the store, with the time since. What
/// this process has stored itself says nothing of its own clock.
pub(super) fn bounded(opened: Moment, times: impl Iterator<Item = u64>) -> u64 {
    let last = times.filter(|time| *time < opened.millis()).max();
    // Without any, the clock may still have been set since.
    let last = last.unwrap_or(opened.millis());
    let latest = last.saturating_add(IDLE).saturating_add(opened.elapsed());
    unix_millis().min(latest)
}
