//! The files of a store: what its callers and its committer share.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use super::{
    StoreError, Transaction,
    epoch::Epoch,
    flight::Locks,
    forked::Owner,
    held::{Held, HeldSnapshot},
    layout::Layout,
    metadata::{Metadata, Snapshot},
    recall::Recall,
    sources::Sources,
    usage::{self, Used},
    verified,
    warning::warn_once,
};
use crate::strict::is_strict;

/// After how many own commits the held snapshot is given up: the database
/// cannot use pages again that a snapshot still shows.
const COMMITS_PER_SNAPSHOT: u32 = 64;

/// The database and the blobs in one folder.
#[derive(Debug)]
pub(super) struct Disk {
    /// Another process must leave the database alone: what is locked in it is
    /// locked for both.
    pub(super) owner: Owner,
    pub(super) layout: Layout,
    /// What keeps other processes out of a flight.
    pub(super) flights: Arc<Locks>,
    metadata: Metadata,
    held: HeldSnapshot,
    commits: AtomicU32,
    pub(super) epoch: Epoch,
    /// `None` where everything is to be checked each time.
    recall: Option<Recall>,
    pub(super) sources: Sources,
    pub(super) used: Used,
}

impl Disk {
    pub(super) fn open(layout: Layout) -> Result<Self, StoreError> {
        Ok(Self {
            owner: Owner::this_process(),
            metadata: Metadata::open(&layout.metadata(), layout.recovery_lock())?,
            flights: Arc::new(Locks::new(layout.locks())),
            layout,
            held: HeldSnapshot::default(),
            commits: AtomicU32::new(0),
            epoch: Epoch::default(),
            recall: (!verified::is_always()).then(Recall::default),
            sources: Sources::default(),
            used: Used::default(),
        })
    }

    /// Whether the store's database still is the one in the folder.
    pub(super) fn is_in_place(&self) -> bool {
        self.metadata.is_in_place()
    }

    /// Goes on in a new store where somebody deleted this one or put another in
    /// its place.
    pub(super) fn follow(&self) -> Result<(), StoreError> {
        if self.is_in_place() {
            return Ok(());
        }
        if is_strict() {
            let source = io::Error::other("it was deleted or replaced while it was in use");
            return Err(StoreError::io(self.layout.root(), source));
        }
        warn_once(&format!(
            "the store {} was deleted or replaced while it was in use: from now on, results go \
             to the one that is there",
            self.layout.root().display()
        ));
        self.layout.restore()?;
        self.flights.reopen();
        self.replace_database(|| {
            self.epoch.reopen();
            self.reopen()
        })
    }

    /// Opens what is now in the store's folder.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        self.metadata.reopen()
    }

    /// Opens another database, and forgets what threads have found meanwhile in the
    /// one before.
    pub(super) fn replace_database<R>(&self, open: impl FnOnce() -> R) -> R {
        let opened = open();
        self.forget_snapshot();
        opened
    }

    /// Refuses to go on in a forked child.
    fn check_owner(&self) -> Result<(), StoreError> {
        if self.owner.is_this_process() {
            return Ok(());
        }
        Err(StoreError::Forked {
            path: self.layout.root().to_owned(),
        })
    }

    /// Looks at every page of the database; with `repair`, one that cannot be
    /// mended is set aside, and a new one begun.
    pub(super) fn check_database(&self, repair: bool) -> Result<(), StoreError> {
        self.check_owner()?;
        let checked = self.metadata.check(repair);
        if checked.is_err() {
            self.forget_snapshot();
        }
        checked
    }

    /// Everything as it is now.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.check_owner()?;
        self.metadata.snapshot()
    }

    /// Sees to a database that is damaged.
    pub(super) fn stumbled(&self, error: &StoreError) {
        self.replace_database(|| self.metadata.stumbled(error));
    }

    /// Every write goes through here, and takes the notes of what was used with
    /// it. What `f` wrote is durable when this returns; if `f` fails, nothing is
    /// kept.
    pub(super) fn write<R>(
        &self,
        mut f: impl FnMut(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.check_owner()?;
        self.follow()?;
        let used = self.used.take();
        let mut write = || {
            self.metadata.write(|transaction| {
                let result = f(transaction)?;
                usage::note(transaction, &used)?;
                Ok(result)
            })
        };
        let mut written = write();
        if let Err(error @ StoreError::Damaged { .. }) = &written {
            // The results at hand are not to be lost with the database.
            self.stumbled(error);
            written = write();
        }
        let result = written.inspect_err(|_| self.used.give_back(used))?;
        let commits = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if commits.is_multiple_of(COMMITS_PER_SNAPSHOT) {
            self.give_up_snapshot();
        }
        Ok(result)
    }

    /// Writes what is not worth a wait: gives up, with `None`, if others write for
    /// all of `time`, or the store is no longer in its place.
    pub(super) fn write_within<R>(
        &self,
        time: Duration,
        f: impl FnOnce(&mut Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        self.check_owner()?;
        if !self.is_in_place() {
            return Ok(None);
        }
        self.metadata.write_within(time, f)
    }

    /// Looks into the held snapshot, and before the answer is "not there" into
    /// a fresh one, which is held from then on.
    pub(super) fn look<R>(
        &self,
        find: impl Fn(&Snapshot) -> Result<Option<R>, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        match self.look_into_held(&find) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            // The database may have been opened anew since.
            Err(_) => self.forget_snapshot(),
        }
        self.look_afresh(|fresh| find(fresh))
    }

    /// Looks into a fresh snapshot, which is held from then on. Where damage
    /// shows, `find` looks once more, into the database that is repaired or new.
    pub(super) fn look_afresh<R>(
        &self,
        find: impl Fn(&Arc<Snapshot>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let look = || find(&self.fresh_snapshot()?);
        let found = look().or_else(|error| {
            self.stumbled(&error);
            match error {
                StoreError::Damaged { .. } => look(),
                error => Err(error),
            }
        });
        found.inspect_err(|_| self.forget_snapshot())
    }

    /// Looks into the held snapshot only.
    pub(super) fn look_into_held<R>(
        &self,
        find: impl Fn(&Snapshot) -> Result<Option<R>, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        self.check_owner()?;
        let find = |held: &Held| find(&held.snapshot);
        self.held.look(|held| held.map_or(Ok(None), find))
    }

    /// Sees to it that lookups from now on find nothing that was cleared away
    /// before.
    pub(super) fn catch_up(&self) {
        self.catch_up_by(|| self.forget_snapshot());
    }

    /// As [`Disk::catch_up`], where all is forgotten by `forget`.
    pub(super) fn catch_up_by(&self, forget: impl FnOnce()) {
        let now = self.epoch.now(&self.layout);
        let is_behind = |held: &Held| held.epoch < now;
        let is_behind = self.held.look(|held| held.is_some_and(is_behind));
        let recall = self.recall();
        if is_behind || recall.is_some_and(|recall| recall.is_before(now)) {
            forget();
            // Not before: another thread would take it for done.
            if let Some(recall) = recall {
                recall.caught_up(now);
            }
        }
    }

    /// Begins a new snapshot and holds it.
    pub(super) fn fresh_snapshot(&self) -> Result<Arc<Snapshot>, StoreError> {
        let begun = self.begin_snapshot()?;
        let snapshot = begun.snapshot.clone();
        self.hold(begun);
        Ok(snapshot)
    }

    /// Begins a new snapshot, which may be held.
    pub(super) fn begin_snapshot(&self) -> Result<Held, StoreError> {
        Ok(Held {
            moment: self.held.moment(),
            epoch: self.epoch.now(&self.layout),
            snapshot: Arc::new(self.snapshot()?),
        })
    }

    /// Holds a snapshot, unless another thread has seen since that it is too old.
    pub(super) fn hold(&self, begun: Held) {
        let is_new = |new: &Held| new.epoch >= self.epoch.seen();
        self.held.replace(begun, is_new);
    }

    /// What was found lately; `None` where nothing is kept, and in a forked child,
    /// where another thread may have had it locked.
    pub(super) fn recall(&self) -> Option<&Recall> {
        let recall = self.recall.as_ref();
        recall.filter(|_| self.owner.is_this_process())
    }

    /// Gives up the held snapshot for what it keeps the database from.
    pub(super) fn give_up_snapshot(&self) {
        self.held.give_up();
    }

    /// Gives up the held snapshot, and what was found in it: the next lookup
    /// begins a fresh one.
    pub(super) fn forget_snapshot(&self) {
        // In a forked child, another thread may have had it locked.
        if !self.owner.is_this_process() {
            return;
        }
        self.held.forget();
        if let Some(recall) = self.recall() {
            recall.forget();
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.note_used_at_end();
        // In a forked child, the thread that ends snapshots may have had the lock.
        if self.owner.is_this_process() {
            self.held.end();
        }
    }
}
