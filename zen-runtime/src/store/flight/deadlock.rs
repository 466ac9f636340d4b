//! Waits that would never end.
//!
//! What a computation waits for is known where it can be seen: on the thread,
//! or in the task, that runs its body. A circle of such waits in one process is
//! seen when the last of them begins ([`Table::would_wait_for_itself`]). Between
//! processes each one writes down what its flights wait for ([`notes`]), and who
//! waits follows that from process to process.
//!
//! A thread pool that steals work hides the rest: a worker that waits for a
//! flight may have the work that its holder waits for below it on its own
//! stack. That shows in that nothing moves: every thread of the process waits
//! for another one. Then the process is *stalled*, and one wait of it is given
//! up. If it waits for other processes too, they must be stalled as well, on
//! nothing but each other.
//!
//! Where the system does not say what threads do, or an unrelated thread hides
//! that nothing moves, patience ends all the same after [`PATIENCE`].
//!
//! To give up a wait is to compute without the flight. That is right, and only
//! costs time, so that a doubt is reason enough.
//!
//! [`Table::would_wait_for_itself`]: super::table::Table::would_wait_for_itself
//! [`notes`]: super::notes

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    path::Path,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Key,
    notes::Notes,
    table::{Table, table},
    threads::{self, Doing, ThreadNumber},
    wait::{Outcome, Waiting},
};

/// In how many looks in a row nothing must move.
const STALL: u32 = 10;

/// How long a wait for a flight of this process lasts while its holder waits
/// for something itself, or cannot be looked at.
const PATIENCE: Duration = Duration::from_mins(5);

/// What is remembered from look to look.
#[derive(Debug, Default)]
pub(super) struct Deadlocks {
    /// In how many looks nothing has moved.
    still: u32,
    /// The waits of the look before, by address.
    before: Vec<usize>,
    /// Since when the holder of a flight has been waiting.
    holder_waits: HashMap<Key, Instant>,
}

/// All flights and waits of the process at one moment.
#[derive(Debug)]
pub(super) struct Scene {
    flights: HashMap<Key, Flown>,
    waits: Vec<Arc<Waiting>>,
    /// What other processes say, by folder, once it is asked for.
    others: RefCell<HashMap<Arc<Path>, Rc<[Notes]>>>,
}

/// A flight, as far as deadlocks go.
#[derive(Debug)]
struct Flown {
    elsewhere: bool,
    is_locked: bool,
    thread: Option<ThreadNumber>,
}

impl Scene {
    pub(super) fn of(table: &Table) -> Self {
        let flights = table.flights.iter().map(|(key, entry)| {
            let flown = Flown {
                elsewhere: !entry.is_here(),
                is_locked: entry.is_locked(),
                thread: entry.thread_number(),
            };
            (key.clone(), flown)
        });
        Self {
            flights: flights.collect(),
            waits: table.waits.clone(),
            others: RefCell::default(),
        }
    }

    /// What other processes say of the flights in a store.
    fn others(&self, key: &Key) -> Rc<[Notes]> {
        let folder = key.locks.folder();
        let mut others = self.others.borrow_mut();
        let read = others.entry(folder.clone());
        read.or_insert_with(|| Notes::of_all(folder).into()).clone()
    }

    /// What a computation waits for, where it can be seen.
    fn waited_for(&self, key: &Key) -> Vec<Key> {
        if self.is_here(key) {
            let inside = self.waits.iter().filter(|wait| wait.chain.contains(key));
            return inside.map(|wait| wait.key.clone()).collect();
        }
        let others = self.others(key);
        let waits = others
            .iter()
            .filter_map(|notes| notes.waits_of(&key.locks, &key.fingerprint));
        waits.flat_map(|waits| key.beside(waits)).collect()
    }

    /// What the process of a flight elsewhere is stalled on.
    fn stalled_on(&self, key: &Key) -> Vec<Key> {
        let others = self.others(key);
        let is_its = |notes: &&Notes| notes.waits_of(&key.locks, &key.fingerprint).is_some();
        let notes = others.iter().filter(is_its);
        notes
            .flat_map(|notes| key.beside(&notes.stalled_on))
            .collect()
    }

    fn is_here(&self, key: &Key) -> bool {
        self.flights.get(key).is_some_and(|flown| !flown.elsewhere)
    }

    fn waits_elsewhere(&self) -> impl DoubleEndedIterator<Item = &Arc<Waiting>> {
        self.waits.iter().filter(|wait| !self.is_here(&wait.key))
    }

    /// Tells other processes what the flights of this one wait for.
    fn publish(&self, stalled: bool) {
        let notes = self.notes(stalled);
        if let Some(mut table) = table() {
            for (folder, notes) in notes {
                table.publish(&folder, notes);
            }
        }
    }

    /// What this process has to say, by folder.
    fn notes(&self, stalled: bool) -> HashMap<Arc<Path>, Notes> {
        let mut all: HashMap<Arc<Path>, Notes> = HashMap::new();
        let flights = self.flights.iter();
        for (key, _) in flights.filter(|(_, flown)| flown.is_locked) {
            let notes = all.entry(key.locks.folder().clone()).or_default();
            let waits = self.waited_for(key);
            if stalled || !waits.is_empty() {
                let waits = waits.iter().map(|key| key.fingerprint).collect();
                notes.flights.push((key.fingerprint, waits));
            }
        }
        for wait in self.waits_elsewhere().filter(|_| stalled) {
            if let Some(notes) = all.get_mut(wait.key.locks.folder()) {
                notes.stalled_on.push(wait.key.fingerprint);
            }
        }
        all
    }

    /// Whether a computation that `wait` holds up is waited for by the one that
    /// it waits for.
    fn is_circle(&self, wait: &Waiting) -> bool {
        let mut reached = vec![wait.key.clone()];
        let mut next = 0;
        while let Some(key) = reached.get(next).cloned() {
            next += 1;
            if wait.chain.iter().any(|inside| inside.has_lock_of(&key)) {
                return true;
            }
            for key in self.waited_for(&key) {
                if !reached.contains(&key) {
                    reached.push(key);
                }
            }
        }
        false
    }

    /// Whether all that this process waits for is stalled, as it is itself.
    fn is_knot(&self) -> bool {
        let mut reached: Vec<Key> = self.waits_elsewhere().map(|w| w.key.clone()).collect();
        let mut next = 0;
        while let Some(key) = reached.get(next).cloned() {
            next += 1;
            if self.is_here(&key) {
                continue;
            }
            let stalled_on = self.stalled_on(&key);
            if stalled_on.is_empty() {
                return false;
            }
            for key in stalled_on {
                if !reached.contains(&key) {
                    reached.push(key);
                }
            }
        }
        true
    }

    /// Whether every thread of this process waits for another one, and those
    /// that hold flights do without a time limit.
    fn is_still(&self) -> bool {
        let Some(threads) = threads::all() else {
            return false;
        };
        let holders: HashSet<_> = self.flights.values().filter_map(|f| f.thread).collect();
        let me = threads::current();
        threads
            .iter()
            .filter(|thread| Some(**thread) != me)
            .all(|thread| match threads::doing(*thread) {
                Doing::Waits => true,
                Doing::WaitsForAWhile => !holders.contains(thread),
                Doing::Other => false,
            })
    }
}

impl Deadlocks {
    /// Looks at all waits, and gives up those that would never end.
    pub(super) fn look(&mut self, scene: &Scene) {
        let stalled = self.is_stalled(scene);
        scene.publish(stalled);
        for wait in scene
            .waits_elsewhere()
            .filter(|wait| !wait.chain.is_empty())
        {
            if scene.is_circle(wait) {
                give_up(wait);
            }
        }
        if stalled && scene.is_knot() {
            // The one that began last: others may need what it holds up.
            if let Some(last) = scene.waits.iter().max_by_key(|wait| wait.since) {
                give_up(last);
            }
            self.still = 0;
        }
        self.lose_patience(scene);
    }

    fn is_stalled(&mut self, scene: &Scene) -> bool {
        let address = |wait: &Arc<Waiting>| Arc::as_ptr(wait).addr();
        let now: Vec<_> = scene.waits.iter().map(address).collect();
        let same = now == self.before;
        self.before = now;
        self.still = if same && scene.is_still() {
            self.still + 1
        } else {
            0
        };
        self.still >= STALL
    }

    fn lose_patience(&mut self, scene: &Scene) {
        let now = Instant::now();
        let mut before = std::mem::take(&mut self.holder_waits);
        for (key, flown) in &scene.flights {
            let doing = flown.thread.map(threads::doing);
            if !flown.elsewhere && doing != Some(Doing::Other) {
                let since = before.remove(key).unwrap_or(now);
                self.holder_waits.insert(key.clone(), since);
            }
        }
        for wait in &scene.waits {
            let since = self.holder_waits.get(&wait.key);
            if since.is_some_and(|since| now.duration_since(wait.since.max(*since)) > PATIENCE) {
                give_up(wait);
            }
        }
    }
}

fn give_up(wait: &Waiting) {
    tracing::warn!(
        target: "zen",
        step = %wait.step,
        "computed twice: its computation may be waiting for this one",
    );
    wait.resolve(Outcome::Without);
}
