//! Writes what is waiting before the process ends by itself.
//!
//! A repository in a static is never dropped, and `process::exit` drops
//! nothing at all. Both run the functions that were given to `atexit`.

#![allow(unsafe_code, reason = "the only way to be called at the process's end")]

use std::{
    panic::catch_unwind,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use super::Work;
use crate::fork::PerProcess;

/// What may have something waiting.
static OPEN: PerProcess<Mutex<Vec<Weak<Work>>>> = PerProcess::new(Mutex::new(Vec::new()));

/// A forked child keeps what its parent registered.
static REGISTERED: AtomicBool = AtomicBool::new(false);

/// Sees to it that what `work` has waiting, and what was used, is written when the process returns
/// from `main` or calls `process::exit`.
pub(super) fn flush_at_exit(work: &Arc<Work>) {
    if !REGISTERED.swap(true, Ordering::Relaxed) {
        register();
    }
    let mut open = OPEN.get().lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|work| work.strong_count() > 0);
    open.push(Arc::downgrade(work));
}

fn register() {
    // SAFETY: the function is there for as long as the process is, and does not
    // unwind.
    let refused = unsafe { libc::atexit(flush_all) };
    if refused != 0 {
        tracing::warn!(target: "zen", "results are lost at exit unless they are flushed");
    }
}

extern "C" fn flush_all() {
    // Nothing may unwind out of here, and there is nobody left to tell.
    let _ = catch_unwind(|| {
        let open = OPEN.get().lock();
        let open = std::mem::take(&mut *open.unwrap_or_else(PoisonError::into_inner));
        for work in open.iter().filter_map(Weak::upgrade) {
            // The committer has told what is not kept.
            let _ = work.queue.flush();
            work.disk.note_used_at_end();
        }
    });
}
