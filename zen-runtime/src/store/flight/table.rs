//! The process's table of flights: who holds which, and who waits for which.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
    time::Instant,
};

use super::{
    Flight, Key, Wait,
    held::held,
    lock::Lock,
    notes::{Notes, Published},
    threads::{self, ThreadNumber},
    wait::{Outcome, Waiting},
    watch,
};
use crate::store::{forked::Owner, prefix::ByPrefix};

static TABLE: LazyLock<Shared> = LazyLock::new(|| Shared {
    owner: Owner::this_process(),
    table: Mutex::default(),
});

struct Shared {
    /// The process that made the table.
    owner: Owner,
    table: Mutex<Table>,
}

/// All flights and waits of this process.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) flights: HashMap<Key, Entry, ByPrefix>,
    pub(super) waits: Vec<Arc<Waiting>>,
    /// What other processes are told, by folder.
    notes: HashMap<Arc<Path>, Published>,
    /// Whether the thread that watches over the waits runs.
    pub(super) watched: bool,
}

/// A flight that is held, or being asked for, in this process.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) since: Instant,
    /// The thread that asked for it.
    pub(super) thread: Thread,
    thread_number: Option<ThreadNumber>,
    /// Whether it is another process that computes.
    elsewhere: bool,
    /// Whether other processes are kept out.
    is_locked: bool,
}

/// What a caller gets of the table.
pub(super) enum Seat {
    /// Nothing: it computes without a flight.
    None,
    /// No other in this process has it.
    Claim(Claim),
    /// Another in this process has it.
    Wait(Wait),
}

/// The one place in this process's table for a flight.
#[derive(Debug)]
pub(super) struct Claim {
    key: Key,
    /// What keeps other processes out, where there are locks.
    lock: Option<Lock>,
}

/// The table, locked. `None` in a forked child: there it may have been locked
/// by a thread that the child does not have.
pub(super) fn table() -> Option<MutexGuard<'static, Table>> {
    let is_own = TABLE.owner.is_this_process();
    is_own.then(|| TABLE.table.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Takes a place in the table.
pub(super) fn seat(key: &Key, step: &str) -> Seat {
    let chain = held();
    if chain.contains(key) {
        return Seat::None;
    }
    let Some(mut table) = table() else {
        return Seat::None;
    };
    if !table.flights.contains_key(key) {
        table.flights.insert(key.clone(), Entry::new());
        let key = key.clone();
        return Seat::Claim(Claim { key, lock: None });
    }
    if table.would_wait_for_itself(key, &chain) {
        return Seat::None;
    }
    let waiting = Waiting::new(key, step, chain);
    if !table.wait(&waiting) {
        return Seat::None;
    }
    Seat::Wait(Wait::here(waiting))
}

impl Entry {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            thread: thread::current(),
            thread_number: threads::current(),
            elsewhere: false,
            is_locked: false,
        }
    }

    /// Whether other processes may wait for it.
    pub(super) fn is_locked(&self) -> bool {
        self.is_locked
    }

    /// The number of the thread that asked for it.
    pub(super) fn thread_number(&self) -> Option<ThreadNumber> {
        self.thread_number
    }

    /// Whether it is computed in this process.
    pub(super) fn is_here(&self) -> bool {
        !self.elsewhere
    }
}

impl Table {
    /// Enters a wait; says whether there is somebody to watch over it.
    pub(super) fn wait(&mut self, waiting: &Arc<Waiting>) -> bool {
        self.watched = self.watched || watch::start();
        if self.watched {
            self.waits.push(waiting.clone());
        }
        self.watched
    }

    /// Takes a wait out.
    pub(super) fn end(&mut self, waiting: &Arc<Waiting>) {
        self.waits.retain(|wait| !Arc::ptr_eq(wait, waiting));
        if self.waits.is_empty() {
            self.notes.clear();
        }
    }

    /// Tells other processes what the flights in the store of `folder` wait for,
    /// as long as anybody waits.
    pub(super) fn publish(&mut self, folder: &Arc<Path>, notes: Notes) {
        if self.waits.is_empty() {
            return;
        }
        // What cannot be written is found out in another way, or later.
        if let Some(published) = self.notes.get_mut(folder) {
            let _ = published.replace(notes);
        } else if !notes.is_empty()
            && let Ok(mut published) = Published::new(folder)
        {
            let _ = published.replace(notes);
            self.notes.insert(folder.clone(), published);
        }
    }

    /// The waits for a flight.
    pub(super) fn waits_for(&self, key: &Key) -> impl Iterator<Item = &Arc<Waiting>> {
        self.waits.iter().filter(move |wait| wait.key == *key)
    }

    /// Whether `key` waits, over any number of flights, for one of `chain`.
    pub(super) fn would_wait_for_itself(&self, key: &Key, chain: &[Key]) -> bool {
        if chain.is_empty() {
            return false;
        }
        let mut reached = vec![key];
        let mut next = 0;
        while let Some(&flight) = reached.get(next) {
            next += 1;
            if chain.contains(flight) {
                return true;
            }
            for wait in &self.waits {
                if wait.chain.contains(flight) && !reached.contains(&&wait.key) {
                    reached.push(&wait.key);
                }
            }
        }
        false
    }
}

impl Claim {
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// Notes that another process computes.
    pub(super) fn note_elsewhere(&self) {
        self.note(|entry| entry.elsewhere = true);
    }

    /// The flight, with the lock that keeps other processes out, if there is
    /// one.
    pub(super) fn take_off(mut self, lock: Option<Lock>) -> Flight {
        self.note(|entry| {
            entry.elsewhere = false;
            entry.since = Instant::now();
            entry.is_locked = lock.is_some();
        });
        self.lock = lock;
        Flight(Some(self))
    }

    fn note(&self, change: impl FnOnce(&mut Entry)) {
        let mut table = table();
        let entry = table
            .as_mut()
            .and_then(|table| table.flights.get_mut(&self.key));
        if let Some(entry) = entry {
            change(entry);
        }
    }

    /// Ends the flight for this process.
    pub(super) fn land(mut self) -> Option<Lock> {
        self.lock.take()
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Before others of this process try to lock.
        drop(self.lock.take());
        let Some(mut table) = table() else {
            return;
        };
        table.flights.remove(&self.key);
        let waits: Vec<_> = table.waits_for(&self.key).cloned().collect();
        // Waking may run code that comes back here.
        drop(table);
        for wait in waits {
            wait.resolve(Outcome::Again);
        }
    }
}
