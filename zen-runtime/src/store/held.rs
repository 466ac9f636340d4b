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
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use super::metadata::Snapshot;

/// A snapshot that is there twice when the thread looks is given up.
const TICK: Duration = Duration::from_millis(100);

/// A snapshot, and what was before it was begun.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) snapshot: Arc<Snapshot>,
    /// The [`Epoch`](super::epoch::Epoch).
    pub(super) epoch: u64,
    /// The [`HeldSnapshot::moment`].
    pub(super) moment: u64,
}

/// The place of the snapshot that is held.
#[derive(Debug, Default)]
pub(super) struct HeldSnapshot(Arc<Place>);

#[derive(Debug, Default)]
struct Place {
    held: RwLock<Option<Held>>,
    /// How often what is held was given up for what it may show.
    moment: AtomicU64,
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

    /// What a snapshot is to be begun after, if it is to be held.
    pub(super) fn moment(&self) -> u64 {
        self.0.moment.load(Ordering::Acquire)
    }

    /// Puts another in the place of what is held; nothing, if it fails the test or
    /// was begun before all that were there were to be forgotten.
    pub(super) fn replace(&self, held: Held, is_good: impl FnOnce(&Held) -> bool) {
        let is_held = self.0.change(|place| {
            let is_of_now = held.moment == self.moment() && is_good(&held);
            std::mem::replace(place, is_of_now.then_some(held))
        });
        if is_held {
            Place::watch(&self.0);
        }
    }

    /// Gives up what is held, so that the database can use its pages again.
    pub(super) fn give_up(&self) {
        self.0.change(Option::take);
    }

    /// Gives up what is held for what it may show, and with it all that are begun
    /// but not held yet.
    pub(super) fn forget(&self) {
        self.0.change(|held| {
            self.0.moment.fetch_add(1, Ordering::AcqRel);
            held.take()
        });
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
