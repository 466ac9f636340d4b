//! Waiting for a flight that somebody else has: a thread sleeps, a task is
//! woken.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::Instant,
};

use super::{
    Boarding, Flight, Key,
    held::held,
    lock::Busy,
    table::{Claim, table},
    threads,
};

/// The most characters of a step's name that are told.
const MOST_OF_A_NAME: usize = 200;

/// A wait, as the table and the watching thread see it.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) key: Key,
    /// The step's name, safe to show.
    pub(super) step: String,
    /// The flights that cannot land while this wait lasts.
    pub(super) chain: Vec<Key>,
    pub(super) since: Instant,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

/// How a wait ends.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The flight is over, one way or the other.
    Again,
    /// Waiting makes no sense.
    Without,
}

/// A wait for a flight: block on it, or await it.
#[derive(Debug)]
#[must_use = "it waits when it is blocked on or awaited"]
pub(crate) struct Wait {
    waiting: Arc<Waiting>,
    /// This process's place, where the flight is held by another one.
    claim: Option<Claim>,
}

/// What came of a wait.
#[derive(Debug)]
pub(crate) enum Waited {
    /// The flight is over: look for the result, and ask again.
    Over,
    /// The flight is the caller's.
    Mine(Flight),
}

impl Waiting {
    pub(super) fn new(key: &Key, step: &str, chain: Vec<Key>) -> Arc<Self> {
        Arc::new(Self {
            key: key.clone(),
            step: printable(step),
            chain,
            since: Instant::now(),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Ends the wait. Only the first outcome counts.
    pub(super) fn resolve(&self, outcome: Outcome) {
        let mut state = self.lock();
        if state.outcome.is_some() {
            return;
        }
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    /// A wait for another in this process.
    pub(super) fn here(waiting: Arc<Waiting>) -> Self {
        Self {
            waiting,
            claim: None,
        }
    }

    /// A wait for another process. A thread of its own waits for the lock,
    /// as no system wakes a task for one.
    pub(super) fn elsewhere(claim: Claim, busy: Busy, step: &str) -> Boarding {
        let waiting = Waiting::new(claim.key(), step, held());
        claim.note_elsewhere();
        let waiter = waiting.clone();
        let wait = move || match threads::waiting(|| busy.wait()) {
            Ok(()) => waiter.resolve(Outcome::Again),
            Err(_) => waiter.resolve(Outcome::Without),
        };
        let started = table().is_some_and(|mut table| table.wait(&waiting))
            && thread::Builder::new()
                .name("zen-wait".to_owned())
                .spawn(wait)
                .is_ok();
        if !started {
            waiting.resolve(Outcome::Without);
        }
        Boarding::Busy(Self {
            waiting,
            claim: Some(claim),
        })
    }

    /// Waits on the thread.
    pub(crate) fn block(mut self) -> Waited {
        let waiting = self.waiting.clone();
        let mut state = waiting.lock();
        loop {
            if let Some(outcome) = state.outcome.take() {
                drop(state);
                return self.end(outcome);
            }
            state = waiting
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn end(&mut self, outcome: Outcome) -> Waited {
        match (outcome, self.claim.take()) {
            (Outcome::Again, _) => Waited::Over,
            (Outcome::Without, Some(claim)) => Waited::Mine(claim.take_off(None)),
            (Outcome::Without, None) => Waited::Mine(Flight::none()),
        }
    }
}

impl Future for Wait {
    type Output = Waited;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Waited> {
        let waiting = self.waiting.clone();
        let mut state = waiting.lock();
        let Some(outcome) = state.outcome.take() else {
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        drop(state);
        Poll::Ready(self.end(outcome))
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(mut table) = table() {
            table.end(&self.waiting);
        }
    }
}

/// A name in one line that is safe to show on a terminal.
fn printable(name: &str) -> String {
    let shown = name.chars().take(MOST_OF_A_NAME);
    shown
        .map(|character| {
            if character.is_control() {
                '?'
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{MOST_OF_A_NAME, printable};

    #[test]
    fn a_name_is_shown_in_one_line() {
        assert_eq!(printable("train \u{1b}[31m\n on λ"), "train ?[31m? on λ");
        assert_eq!(printable(&"x".repeat(1000)).len(), MOST_OF_A_NAME);
    }
}
