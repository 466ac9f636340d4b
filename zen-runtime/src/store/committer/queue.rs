//! Between the callers and the thread that writes.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    batch::{Batch, Index, Operation, PendingResult},
    not_kept::NotKept,
};
use crate::{
    codec::ArtifactId,
    fingerprint::Fingerprint,
    store::{Flight, StoreError, epoch::may_be_cleared},
};

/// A caller waits while more than this many bytes wait before it.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// A caller waits while this many operations wait before it.
pub(super) const MOST_OPERATIONS: usize = 4096;

/// A caller waits while what waits before it holds locks of this weight: others
/// may wait for their results, and a transaction with many keeps other processes
/// from theirs.
const MOST_LOCKS: usize = 1024;

/// A bounded queue that is emptied a batch at a time.
///
/// What is being written stays visible until it is finished: looked up in here
/// first and then on disk, a result is always found in one of the two.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something came for a writer that is idle, or one that rests is wanted.
    came: Condvar,
    /// A batch was taken or finished.
    moved: Condvar,
    /// Whether any result is in here, so that most lookups need no lock.
    pending: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    filling: Batch,
    index: Index,
    /// What is in the batch that is being written.
    writing: Option<Index>,
    /// The [epoch](crate::store::epoch) in which its transaction began, if it has.
    committing: Option<u64>,
    /// How many batches were taken.
    taken: u64,
    /// How many batches were finished.
    finished: u64,
    /// What was not kept since the last flush.
    not_kept: Vec<NotKept>,
    /// Whether the writer waits for something to come.
    idle: bool,
    /// Whether somebody waits for what is in `filling`.
    awaited: bool,
    closed: bool,
}

impl State {
    fn has_room(&self) -> bool {
        let filling = &self.filling;
        filling.bytes <= MOST_BYTES
            && filling.operations.len() < MOST_OPERATIONS
            && filling.locks < MOST_LOCKS
    }

    /// Whether what is waiting is to be written without a rest, as somebody waits
    /// for it or soon will.
    fn is_urgent(&self) -> bool {
        let filling = &self.filling;
        self.awaited
            || self.closed
            || filling.locks > MOST_LOCKS / 2
            || filling.bytes > MOST_BYTES / 2
            || filling.operations.len() > MOST_OPERATIONS / 2
    }

    /// What is in the batch that is being written, for who has seen this epoch. It
    /// may be committed already, and cleared away again.
    fn written_by(&self, epoch: u64) -> Option<&Index> {
        let is_cleared = self
            .committing
            .is_some_and(|begun| may_be_cleared(begun, epoch));
        self.writing.as_ref().filter(|_| !is_cleared)
    }

    /// Takes what is waiting; `None` if nothing is.
    fn take(&mut self) -> Option<Batch> {
        if self.filling.operations.is_empty() {
            return None;
        }
        self.taken += 1;
        self.awaited = false;
        self.writing = Some(std::mem::take(&mut self.index));
        self.committing = None;
        Some(std::mem::take(&mut self.filling))
    }
}

impl Queue {
    /// Adds an operation; waits for room.
    pub(super) fn push(&self, operation: Operation, flight: Flight) {
        let mut state = self.lock();
        while !state.has_room() {
            state = wait(&self.moved, state);
        }
        let was_urgent = state.is_urgent();
        state.index.add(&operation);
        self.pending.store(true, Ordering::Release);
        // Who waits for the flight looks for the result as soon as it lands.
        state.filling.push(operation, flight.land());
        let became_urgent = state.is_urgent() && !was_urgent;
        let wake = std::mem::take(&mut state.idle) || became_urgent;
        drop(state);
        if wake {
            self.came.notify_one();
        }
    }

    /// Waits for something to write, for as long as `rest` unless it is urgent;
    /// `None` once the queue is closed and empty. Each batch that is taken must be
    /// finished.
    pub(super) fn take(&self, rest: Duration) -> Option<Batch> {
        let until = Instant::now() + rest;
        let mut state = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || state.is_urgent() {
                if let Some(batch) = state.take() {
                    self.moved.notify_all();
                    return Some(batch);
                }
                if state.closed {
                    return None;
                }
                state.idle = true;
                state = wait(&self.came, state);
            } else {
                state = wait_for(&self.came, state, left);
            }
        }
    }

    /// Takes what is waiting now, after all that others have taken is finished.
    pub(super) fn take_waiting(&self) -> Option<Batch> {
        let mut state = self.lock();
        while state.writing.is_some() {
            state = wait(&self.moved, state);
        }
        let batch = state.take();
        self.moved.notify_all();
        batch
    }

    /// Says in which epoch the transaction of the batch taken last begins.
    pub(super) fn commits_at(&self, epoch: u64) {
        self.lock().committing = Some(epoch);
    }

    /// Says that the batch taken last is written, but for `not_kept`.
    pub(super) fn finish(&self, not_kept: Vec<NotKept>) {
        let mut state = self.lock();
        let written = state.writing.take();
        state.finished = state.taken;
        state.not_kept.extend(not_kept);
        if state.filling.operations.is_empty() {
            self.pending.store(false, Ordering::Release);
        }
        drop(state);
        self.moved.notify_all();
        // It may be long: not under the lock.
        drop(written);
    }

    /// Waits until all that came before is written, and tells what is not kept.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let mut state = self.settled();
        NotKept::into_result(std::mem::take(&mut state.not_kept))
    }

    /// Waits until all that came before is written; what is not kept is left
    /// for the next flush to tell.
    pub(super) fn settle(&self) {
        drop(self.settled());
    }

    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        let is_waiting = !state.filling.operations.is_empty();
        let wanted = state.taken + u64::from(is_waiting);
        if is_waiting {
            state.awaited = true;
            self.came.notify_one();
        }
        while state.finished < wanted {
            state = wait(&self.moved, state);
        }
        state
    }

    /// Lets the writer end once all is written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.came.notify_one();
    }

    /// The result of a call, for who has seen this epoch.
    pub(super) fn result(
        &self,
        fingerprint: &Fingerprint,
        epoch: u64,
    ) -> Option<Arc<PendingResult>> {
        self.find(epoch, |index| index.result(fingerprint).cloned())
    }

    /// A result with this artifact, for who has seen this epoch.
    pub(super) fn artifact(
        &self,
        id: &ArtifactId,
        epoch: u64,
    ) -> Option<(Arc<PendingResult>, usize)> {
        self.find(epoch, |index| index.artifact(id).cloned())
    }

    /// Looks into what is being written, then into what is waiting.
    fn find<R>(&self, epoch: u64, find: impl Fn(&Index) -> Option<R>) -> Option<R> {
        if !self.pending.load(Ordering::Acquire) {
            return None;
        }
        let state = self.lock();
        let writing = state.written_by(epoch).and_then(&find);
        writing.or_else(|| find(&state.index))
    }

    /// Calls `visit` with the results, the latest first, until it says `false`.
    pub(super) fn visit_latest(&self, mut visit: impl FnMut(&Arc<PendingResult>) -> bool) {
        if !self.pending.load(Ordering::Acquire) {
            return;
        }
        let state = self.lock();
        let writing = state.writing.iter().flat_map(Index::latest);
        for result in state.index.latest().chain(writing) {
            if !visit(result) {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait_for<'a>(
    condition: &Condvar,
    state: MutexGuard<'a, State>,
    time: Duration,
) -> MutexGuard<'a, State> {
    let waited = condition.wait_timeout(state, time);
    waited.unwrap_or_else(PoisonError::into_inner).0
}

fn wait<'a>(condition: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    condition
        .wait(state)
        .unwrap_or_else(PoisonError::into_inner)
}
