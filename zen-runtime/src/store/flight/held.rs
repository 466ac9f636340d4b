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

/// The flights that a thread is inside of, for the threads that it starts and
/// waits for.
#[derive(Clone, Debug)]
pub(crate) struct Inside(Vec<Key>);

impl Inside {
    /// Those of this thread.
    pub(crate) fn current() -> Self {
        Self(held())
    }

    /// Runs `body`, on a new thread, inside of them.
    pub(crate) fn scope<R>(&self, body: impl FnOnce() -> R) -> R {
        HELD.with_borrow_mut(|held| held.extend_from_slice(&self.0));
        let _leave = Leave(self.0.len());
        body()
    }
}

impl Flight {
    /// Runs `body` as the computation that this flight is for.
    pub(crate) fn during<R>(&self, body: impl FnOnce() -> R) -> R {
        let Some(claim) = &self.0 else {
            return body();
        };
        HELD.with_borrow_mut(|held| held.push(claim.key().clone()));
        let _leave = Leave(1);
        body()
    }

    /// Awaits `body` as the computation that this flight is for.
    pub(crate) async fn around<F: Future>(&self, body: F) -> F::Output {
        let mut body = pin!(body);
        poll_fn(|context| self.during(|| body.as_mut().poll(context))).await
    }
}

/// Leaves that many of the innermost flights, after a panic too.
struct Leave(usize);

impl Drop for Leave {
    fn drop(&mut self) {
        HELD.with_borrow_mut(|held| held.truncate(held.len().saturating_sub(self.0)));
    }
}
