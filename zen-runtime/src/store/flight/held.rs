//! Which flights the code that runs on a thread is inside of.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::pin,
};

use super::{Flight, Key};

thread_local! {
    static HELD: RefCell<Vec<Key>> = const { RefCell::new(Vec::new()) };
}

/// The flights that cannot land before the code that runs on this thread goes
/// on, outermost first.
pub(super) fn held() -> Vec<Key> {
    HELD.with_borrow(Clone::clone)
}

impl Flight {
    /// Runs `body` as the computation that this flight is for.
    pub(crate) fn during<R>(&self, body: impl FnOnce() -> R) -> R {
        let Some(claim) = &self.0 else {
            return body();
        };
        HELD.with_borrow_mut(|held| held.push(claim.key().clone()));
        let _leave = Leave;
        body()
    }

    /// Awaits `body` as the computation that this flight is for.
    pub(crate) async fn around<F: Future>(&self, body: F) -> F::Output {
        let mut body = pin!(body);
        poll_fn(|context| self.during(|| body.as_mut().poll(context))).await
    }
}

/// Leaves the innermost flight, after a panic too.
struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        HELD.with_borrow_mut(Vec::pop);
    }
}
