//! Single flight: one computation per fingerprint, over threads and processes.
//!
//! Who is about to compute a call takes its [`Flight`] first. Within a process
//! a table knows who holds it; between processes it is a lock in the folder
//! `locks/`, which the operating system gives up when its holder dies. Everyone
//! else waits, and looks for the result again when the flight is over.
//!
//! A flight only saves work. Where none can be had (a read-only store, no file
//! descriptor left, no locks on the file system, a forked child), and where
//! waiting for one would be waiting for oneself, the call is computed without:
//! twice at worst, never wrongly.

#![allow(
    clippy::mutable_key_type,
    reason = "a key is its folder and its fingerprint; which lock files are open does not count"
)]

mod deadlock;
mod held;
mod holder;
mod lock;
mod notes;
mod table;
mod threads;
mod wait;
mod watch;

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

pub(crate) use self::{
    held::Inside,
    wait::{Wait, Waited},
};
pub(super) use self::{lock::Locks, notes::PREFIX as NOTES};
use self::{
    lock::{Attempt, Lock},
    table::{Claim, Seat},
};
use super::Store;
use crate::fingerprint::Fingerprint;

/// A call in one store.
#[derive(Clone, Debug)]
struct Key {
    locks: Arc<Locks>,
    fingerprint: Fingerprint,
}

/// The right to compute a call. Dropping it lets the next one have it.
#[derive(Debug)]
#[must_use = "the flight is over when this is dropped"]
pub(crate) struct Flight(Option<Claim>);

/// What came of asking for a flight.
#[derive(Debug)]
pub(crate) enum Boarding {
    /// It is the caller's. Somebody may have landed since the caller last
    /// looked for the result.
    Mine(Flight),
    /// Somebody else has it.
    Busy(Wait),
}

impl Store {
    /// Asks for the flight of a call of the step `step`.
    pub(crate) fn board(&self, fingerprint: &Fingerprint, step: &str) -> Boarding {
        let key = Key {
            locks: self.disk.flights.clone(),
            fingerprint: *fingerprint,
        };
        match table::seat(&key, step) {
            Seat::None => Boarding::Mine(Flight::none()),
            Seat::Wait(wait) => Boarding::Busy(wait),
            Seat::Claim(claim) => match self.disk.flights.attempt(fingerprint) {
                Ok(Attempt::Taken(lock)) => Boarding::Mine(claim.take_off(Some(lock))),
                Ok(Attempt::Busy(busy)) => Wait::elsewhere(claim, busy, step),
                Err(_) => Boarding::Mine(claim.take_off(None)),
            },
        }
    }
}

impl Flight {
    /// No flight at all, for what is computed without.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Lets others in this process go on, as they can see the result from now
    /// on, and gives what keeps other processes waiting.
    pub(crate) fn land(mut self) -> Landed {
        Landed {
            lock: self.0.take().and_then(Claim::land),
        }
    }
}

/// A flight that is over for this process. Dropping it ends it for others.
#[derive(Debug)]
#[must_use = "the flight is over for all when this is dropped"]
pub(crate) struct Landed {
    lock: Option<Lock>,
}

impl Landed {
    /// What its lock weighs, for who holds many.
    pub(super) fn weight(&self) -> usize {
        self.lock.as_ref().map_or(0, Lock::weight)
    }
}

impl Key {
    /// Whether who asks for it waits for the other one's holder.
    fn has_lock_of(&self, other: &Self) -> bool {
        self == other
            || self.locks.folder() == other.locks.folder()
                && self.locks.is_one(&self.fingerprint, &other.fingerprint)
    }

    /// Calls in the same store.
    fn beside(&self, fingerprints: &[Fingerprint]) -> Vec<Self> {
        let key = |fingerprint: &Fingerprint| Self {
            locks: self.locks.clone(),
            fingerprint: *fingerprint,
        };
        fingerprints.iter().map(key).collect()
    }
}

impl PartialEq for Key {
    /// A folder may be open as two stores.
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint && self.locks.folder() == other.locks.folder()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.fingerprint.hash(state);
    }
}
