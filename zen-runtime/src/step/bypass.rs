//! Lets a run at a step's body past the memoization around it.

use std::{
    cell::Cell,
    future::Future,
    pin::{Pin, pin},
    ptr,
    task::{Context, Poll},
};

use super::Definition;

thread_local! {
    static BYPASS: Cell<Option<&'static Definition>> = const { Cell::new(None) };
}

/// Lets the next call of a step on this thread run its body at once.
///
/// A run has already decided on the call; the function's body stands in the
/// user's function alone, and this is how the run gets at it.
pub(super) struct Bypass;

impl Bypass {
    /// Whether this call of `definition` is the one that was let through. Any
    /// other step that comes first is not, and takes the pass away with it.
    pub(super) fn taken(definition: &'static Definition) -> bool {
        BYPASS
            .take()
            .is_some_and(|passed| ptr::eq(passed, definition))
    }
}

/// Calls a step with its body run at once.
pub fn bypass<R>(definition: &'static Definition, call: impl FnOnce() -> R) -> R {
    BYPASS.set(Some(definition));
    let _clear = ClearBypass;
    call()
}

/// Takes back a pass that was not used.
struct ClearBypass;

impl Drop for ClearBypass {
    fn drop(&mut self) {
        BYPASS.set(None);
    }
}

/// Awaits an async step with its body run at once.
pub async fn bypass_async<F: Future>(definition: &'static Definition, call: F) -> F::Output {
    let call = pin!(call);
    FirstPoll {
        definition: Some(definition),
        call,
    }
    .await
}

/// Sets the pass for the first poll, which is where an async step begins.
struct FirstPoll<'a, F> {
    definition: Option<&'static Definition>,
    call: Pin<&'a mut F>,
}

impl<F: Future> Future for FirstPoll<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        match this.definition.take() {
            Some(definition) => bypass(definition, || this.call.as_mut().poll(context)),
            None => this.call.as_mut().poll(context),
        }
    }
}
