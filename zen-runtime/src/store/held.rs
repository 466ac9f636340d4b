//! The snapshot of the database that lookups share, and for how long.
//!
//! What is in a snapshot stays true, as records do not change; what is not may have
//! come since. But the database cannot use pages again that any process still looks
//! at: beside one that holds a snapshot from long ago, the file would grow with each
//! commit of the others. So none is held for much longer than [`TICK`], however often
//! or seldom it is looked into. A thread sees to that while there is one.

use std::{
    sync::{
        Arc, Mutex, PoisonError, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::metadata::Snapshot;

/// A snapshot that is there twice when the thread looks is given up.
const TICK: Duration = Duration::from_millis(100);

/// A snapshot, and what [`Epoch`](super::epoch::Epoch) was before it was begun.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) epoch: u64,
}

/// The place of the snapshot that is held.
#[derive(Debug, Default)]
pub(super) struct HeldSnapshot(Arc<Place>);

#[derive(Debug, Default)]
struct Place {
    held: RwLock<Option<Held>>,
    /// Whether the thread runs.
    watched: AtomicBool,
    /// Locked while the thread ends a snapshot, so that none outlives the database.
    ending: Mutex<()>,
}

impl HeldSnapshot {
    /// Looks at what is held. Nobody puts another in its place meanwhile.
    pub(super) fn look<R>(&self, look: impl FnOnce(Option<&Held>) -> R) -> R {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        look(held.as_ref())
    }

    /// Puts another in the place of what is held; nothing, if it fails the test.
    pub(super) fn replace(&self, held: Option<Held>, is_good: impl FnOnce(&Held) -> bool) {
        let is_held = self
            .0
            .change(|place| std::mem::replace(place, held.filter(is_good)));
        if is_held {
            Place::watch(&self.0);
        }
    }

    /// Gives up what is held, and waits until the thread has, so that no snapshot
    /// outlives the database.
    pub(super) fn end(&self) {
        let ending = self.0.ending.lock();
        self.0.change(Option::take);
        drop(ending);
    }
}

impl Place {
    /// Changes what is held; `change` gives what was. Says whether one is held then.
    fn change(&self, change: impl FnOnce(&mut Option<Held>) -> Option<Held>) -> bool {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let before = change(&mut held);
        let is_held = held.is_some();
        drop(held);
        // Ending a snapshot takes a while: not under the lock.
        drop(before);
        is_held
    }

    /// Starts the thread, if there is none. Without one, the snapshot is held for as
    /// long as nobody looks for something that is not in it.
    fn watch(place: &Arc<Self>) {
        if place.watched.swap(true, Ordering::AcqRel) {
            return;
        }
        let weak = Arc::downgrade(place);
        let thread = thread::Builder::new().name("zen-snapshot".to_owned());
        if thread.spawn(move || give_up(&weak)).is_err() {
            place.watched.store(false, Ordering::Release);
        }
    }

    /// Gives up the snapshot that was there the last time; notes the one that is
    /// there now. Says whether there was any.
    fn tick(&self, last: &mut usize) -> bool {
        let address = |held: &Held| Arc::as_ptr(&held.snapshot).addr();
        let ending = self.ending.lock();
        self.change(|held| held.take_if(|held| address(held) == *last));
        drop(ending);
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(last, held.as_ref().map_or(0, address));
        *last != 0 || before != 0
    }
}

/// Gives up snapshots until there has been none for a while.
fn give_up(place: &Weak<Place>) {
    let mut last = 0;
    loop {
        thread::sleep(TICK);
        let Some(place) = place.upgrade() else {
            return;
        };
        if place.tick(&mut last) {
            continue;
        }
        place.watched.store(false, Ordering::Release);
        // One may have come just now, and have found this thread running.
        let held = place.held.read().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() || place.watched.swap(true, Ordering::AcqRel) {
            return;
        }
    }
}
