//! Results on their way to the disk.
//!
//! A caller hands a result over and goes on. One thread per open store takes
//! all that came while it was busy, writes the blobs, and then all records in
//! one transaction, so that the wait for the disk is shared. Lookups of this
//! process see a result from the moment it is handed over; other processes see
//! it once it is committed.

mod batch;
mod exit;
mod group;
mod not_kept;
mod put;
mod queue;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub(super) use self::batch::{Operation, PendingResult};
use self::{batch::Batch, not_kept::NotKept, queue::Queue};
use super::{Flight, StoreError, disk::Disk};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// How long results wait for more of them at most.
const LONGEST_REST: Duration = Duration::from_millis(20);

/// Writes results in the background.
///
/// Dropping it waits until all of them are written.
pub(super) struct Committer {
    work: Arc<Work>,
    /// `None` inside if the system has no thread to give: callers then write
    /// for themselves.
    thread: OnceLock<Option<JoinHandle<()>>>,
}

/// What the thread works on.
struct Work {
    disk: Arc<Disk>,
    queue: Queue,
}

impl Committer {
    /// A committer that starts its thread with the first result.
    pub(super) fn new(disk: Arc<Disk>) -> Self {
        let queue = Queue::default();
        let work = Arc::new(Work { disk, queue });
        exit::flush_at_exit(&work);
        Self {
            work,
            thread: OnceLock::new(),
        }
    }

    /// Takes over an operation. Waits only while too much is waiting already.
    /// `flight` lands when lookups find the result.
    pub(super) fn hand_over(&self, operation: Operation, flight: Flight) {
        let Some(queue) = self.queue() else {
            return;
        };
        queue.push(operation, flight);
        if self.thread.get_or_init(|| self.start()).is_none() {
            self.work.write_waiting();
        }
    }

    /// `None` in a forked child: there is nobody to empty it, and another thread
    /// may have locked it.
    fn queue(&self) -> Option<&Queue> {
        let is_own = self.work.disk.owner.is_this_process();
        is_own.then_some(&self.work.queue)
    }

    fn start(&self) -> Option<JoinHandle<()>> {
        let work = self.work.clone();
        thread::Builder::new()
            .name("zen-committer".to_owned())
            .spawn(move || work.run())
            .inspect_err(|error| {
                tracing::warn!(target: "zen", %error, "results are written by their callers");
            })
            .ok()
    }

    /// Waits until all that was handed over before is written.
    ///
    /// # Errors
    /// If some of what was handed over since the last flush is not kept.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.queue().map_or(Ok(()), Queue::flush)
    }

    /// Waits until all that was handed over before is written or given up.
    pub(super) fn settle(&self) {
        if let Some(queue) = self.queue() {
            queue.settle();
        }
    }

    /// The result of a call that is not yet on disk.
    pub(super) fn result(&self, fingerprint: &Fingerprint) -> Option<Arc<PendingResult>> {
        self.queue()?
            .result(fingerprint, self.work.disk.epoch.seen())
    }

    /// A result with this artifact that is not yet on disk, and the artifact's
    /// position in it.
    pub(super) fn artifact(&self, id: &ArtifactId) -> Option<(Arc<PendingResult>, usize)> {
        self.queue()?.artifact(id, self.work.disk.epoch.seen())
    }

    /// The results that are not yet on disk, the latest first, as far as
    /// `visit` wants them.
    pub(super) fn visit_latest(&self, visit: impl FnMut(&Arc<PendingResult>) -> bool) {
        if let Some(queue) = self.queue() {
            queue.visit_latest(visit);
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        let thread = self.thread.take();
        let Some(queue) = self.queue() else {
            // Nor may a forked child close the database, which is the parent's.
            std::mem::forget((thread, self.work.clone()));
            return;
        };
        queue.close();
        let Some(Some(thread)) = thread else {
            return;
        };
        // What a result carries may own the last handle of the store: then it
        // is the committer itself that gets here, and it ends by itself.
        if thread.thread().id() != thread::current().id() {
            // The thread catches panics, and has told all that went wrong.
            let _ = thread.join();
        }
    }
}

impl Work {
    /// Writes what comes until the queue is closed and empty.
    ///
    /// Between two batches it rests for as long as the first one took: the more
    /// is written at once, the less each result costs, and others who write get
    /// their turn.
    fn run(&self) {
        let mut rest = Duration::ZERO;
        while let Some(batch) = self.queue.take(rest) {
            let begun = Instant::now();
            self.write(batch);
            rest = begun.elapsed().min(LONGEST_REST);
        }
    }

    /// Writes what is waiting now.
    fn write_waiting(&self) {
        while let Some(batch) = self.queue.take_waiting() {
            self.write(batch);
        }
    }

    /// Writes a batch. Whatever happens, the queue moves on.
    fn write(&self, mut batch: Batch) {
        let not_kept = self.commit(&batch);
        not_kept.iter().for_each(NotKept::tell);
        // Other processes find the results by now: the flights are over for
        // them.
        let _ = catch_unwind(AssertUnwindSafe(|| batch.operations.clear()));
        self.queue.finish(not_kept);
    }

    /// Brings a batch to the disk, and says what is not kept.
    fn commit(&self, batch: &Batch) -> Vec<NotKept> {
        let operations = &batch.operations;
        let begins = || {
            let epoch = self.disk.epoch.now(&self.disk.layout);
            self.queue.commits_at(epoch);
        };
        let write = || self.disk.write_group(operations, begins);
        catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|panic| {
            vec![NotKept::after_panic(&self.disk, operations, panic.as_ref())]
        })
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer").finish_non_exhaustive()
    }
}
