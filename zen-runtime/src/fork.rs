//! What must not be shared with a child that was forked off.
//!
//! A forked child has its parent's memory and file descriptors, but only the
//! thread that forked. A lock that another thread had stays locked for ever, the
//! committer is gone, and what the database has locked is shared with the
//! parent. So a child leaves all of that alone, and begins anew.

#![allow(unsafe_code, reason = "only the C library tells of a fork")]

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

/// How many forks lie between this process and the one that was started.
static GENERATION: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between this process and the one that was started. Two
/// processes that share memory by a fork never have the same number.
pub(crate) fn generation() -> u32 {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    if !WATCHED.load(Ordering::Relaxed) && !WATCHED.swap(true, Ordering::Relaxed) {
        watch();
    }
    GENERATION.load(Ordering::Relaxed)
}

#[cfg(unix)]
fn watch() {
    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: the function is there for as long as the process is, does not
    // unwind, and does nothing but add to an atomic number, which may be done
    // in a child of a process with several threads.
    let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    if refused != 0 {
        tracing::warn!(target: "zen", "a forked child must not call steps: forks cannot be told");
    }
}

#[cfg(not(unix))]
fn watch() {}

/// A value of which a forked child has one of its own, made when it first asks.
#[derive(Debug)]
pub(crate) struct PerProcess<T> {
    generation: u32,
    value: T,
    /// That of a child.
    next: OnceLock<Box<Self>>,
}

impl<T: Default> PerProcess<T> {
    /// The value of the process that was started.
    pub(crate) const fn new(value: T) -> Self {
        Self {
            generation: 0,
            value,
            next: OnceLock::new(),
        }
    }

    /// This process's value.
    pub(crate) fn get(&self) -> &T {
        let now = generation();
        let mut at = self;
        while at.generation != now {
            at = at.next.get_or_init(|| {
                Box::new(Self {
                    generation: now,
                    ..Self::new(T::default())
                })
            });
        }
        &at.value
    }
}
