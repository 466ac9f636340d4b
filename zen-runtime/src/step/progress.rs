//! How far a running step is.

use std::{cell::RefCell, sync::Arc};

/// Takes a step's progress while it runs.
pub(crate) type ProgressSink = Arc<dyn Fn(u64, u64) + Send + Sync>;

thread_local! {
    static SINK: RefCell<Option<ProgressSink>> = const { RefCell::new(None) };
}

/// Tells how far the running step is: `done` of `total`, in whatever unit the
/// step counts. A total of 0 means that it is not known.
///
/// Shown beside the step while a pipeline runs on a terminal. Outside of a run,
/// and on threads that a step starts itself, it does nothing.
///
/// ```
/// # use zen_runtime::progress;
/// for row in 0..1_000 {
///     if row % 100 == 0 {
///         progress(row, 1_000);
///     }
/// }
/// ```
pub fn progress(done: u64, total: u64) {
    let sink = SINK.with_borrow(Clone::clone);
    if let Some(sink) = sink {
        sink(done, total);
    }
}

/// Runs `body` with its progress going to `sink`.
pub(crate) fn with_progress<R>(sink: ProgressSink, body: impl FnOnce() -> R) -> R {
    let _restore = Restore(SINK.replace(Some(sink)));
    body()
}

/// Puts the outer step's sink back, after a panic too.
struct Restore(Option<ProgressSink>);

impl Drop for Restore {
    fn drop(&mut self) {
        SINK.set(self.0.take());
    }
}
