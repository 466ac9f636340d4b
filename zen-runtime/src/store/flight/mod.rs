//! Single flight: one computation per fingerprint, over threads and processes.
//!
//! Who is about to compute a call takes its [`Flight`] first. Within a process
//! a table knows who holds it; between processes it is a lock on the file
//! `locks/<fingerprint>`, which the operating system gives up when its holder
//! dies. Everyone else waits, and looks for the result again when the flight is
//! over.
//!
//! A flight only saves work. Where none can be had (a read-only store, no file
//! descriptor left, no locks on the file system, a forked child), and where
//! waiting for one would be waiting for oneself, the call is computed without:
//! twice at worst, never wrongly.

mod deadlock;
mod held;
mod holder;
mod lock;
mod table;
mod threads;
mod wait;
mod watch;

use std::{path::Path, process, sync::Arc};

pub(crate) use self::{
    held::Inside,
    wait::{Wait, Waited},
};
use self::{
    holder::Holder,
    lock::{Attempt, LockFile},
    table::{Claim, Seat},
};
use super::Store;
use crate::fingerprint::Fingerprint;

/// A call in one store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// The folder of lock files.
    folder: Arc<Path>,
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
            folder: self.disk.layout.locks().clone(),
            fingerprint: *fingerprint,
        };
        let holder = Holder::now(step);
        match table::seat(&key, &holder) {
            Seat::None => Boarding::Mine(Flight::none()),
            Seat::Wait(wait) => Boarding::Busy(wait),
            Seat::Claim(claim) => match lock::attempt(&key, &holder) {
                Attempt::Taken(lock) => Boarding::Mine(claim.take_off(Some(lock))),
                Attempt::Unavailable => Boarding::Mine(claim.take_off(None)),
                Attempt::Busy(busy) => Wait::elsewhere(claim, busy, holder),
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
    lock: Option<Arc<LockFile>>,
}

impl Landed {
    /// Whether it keeps a file open.
    pub(super) fn has_file(&self) -> bool {
        self.lock.is_some()
    }
}

impl Key {
    /// The path of its lock file.
    fn path(&self) -> std::path::PathBuf {
        self.folder.join(self.fingerprint.to_string())
    }

    /// Calls in the same store.
    fn beside(&self, fingerprints: &[Fingerprint]) -> Vec<Self> {
        let key = |fingerprint: &Fingerprint| Self {
            folder: self.folder.clone(),
            fingerprint: *fingerprint,
        };
        fingerprints.iter().map(key).collect()
    }
}

/// Whether this process is the one that `pid` names. A child that was forked
/// off has its parent's memory, but none of its threads and none of its rights.
fn is_this_process(pid: u32) -> bool {
    process::id() == pid
}
