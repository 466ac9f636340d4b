//! Which results runs that are going on have touched, so that nobody clears
//! them away.
//!
//! A process in which a run goes on has a file `locks/run-…` and a lock on it,
//! which the operating system gives up when the process dies. To the file it
//! adds the fingerprint of each call that it is about to decide on. The other
//! side reads these files once its own changes are committed: what a run saw
//! before that, it had announced before.

use std::{
    collections::HashSet,
    io::{Read, Write},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Store, StoreError,
    clock::unix_millis,
    error::AtPath,
    layout::Layout,
    locked::{self, Holder, LockedFile},
    warning::warn_once,
};
use crate::codec::ArtifactId;

/// What the names of the files begin with.
pub(super) const PREFIX: &str = "run-";

/// A fingerprint, or the ID of an artifact that no record leads to.
type Hash = [u8; 32];

/// The runs of this process.
#[derive(Debug, Default)]
pub(super) struct LiveRuns {
    /// How many go on. Asked before each lookup, so it is no lock.
    count: AtomicUsize,
    registration: Mutex<Option<Registration>>,
}

/// This process's file, while runs go on.
#[derive(Debug)]
struct Registration {
    file: LockedFile,
    marked: HashSet<Hash>,
}

/// A run that goes on, until this is dropped.
#[derive(Debug)]
#[must_use = "the run is over when this is dropped"]
pub(crate) struct LiveRun(Arc<Store>);

/// What the runs of all processes have touched.
#[derive(Debug, Default)]
pub(super) struct Touched {
    hashes: HashSet<Hash>,
    /// When the oldest of the runs began, in milliseconds since 1970; `None` if
    /// there is none.
    pub(super) since: Option<u64>,
}

impl Store {
    /// Announces a run. One that cannot be announced goes on all the same: what
    /// it uses may be cleared away, and is computed again then.
    pub(crate) fn begin_run(self: &Arc<Self>) -> LiveRun {
        let live = &self.live;
        let mut registration = lock(&live.registration);
        if live.count.fetch_add(1, Ordering::AcqRel) == 0 {
            match Registration::new(&self.disk.layout) {
                Ok(new) => *registration = Some(new),
                Err(error) => warn_once(&format!(
                    "a run cannot be announced in {}: {error}; \
                     `gc` may take what it uses, and have it computed again",
                    self.disk.layout.locks().display()
                )),
            }
        }
        drop(registration);
        LiveRun(self.clone())
    }

    /// Announces that a run of this process is about to look for `hash`, and sees
    /// to it that it does not find what has been cleared away. Does nothing if
    /// there is no run.
    pub(crate) fn announce(&self, hash: &Hash) {
        if !self.has_run() {
            return;
        }
        if let Some(registration) = &mut *lock(&self.live.registration) {
            registration.mark(hash);
        }
        self.disk.catch_up();
    }

    /// Calls `find`, and once more if it finds nothing at a moment at which what
    /// a run has announced may be about to be put back.
    ///
    /// # Errors
    /// Those of `find`.
    pub(crate) fn find_announced<R>(
        &self,
        find: impl Fn() -> Result<R, StoreError>,
        is_found: impl Fn(&R) -> bool,
    ) -> Result<R, StoreError> {
        if !self.has_run() {
            return find();
        }
        let before = self.disk.epoch.now(&self.disk.layout);
        let found = find()?;
        if is_found(&found) || !self.disk.epoch.look_again(&self.disk.layout, before) {
            return Ok(found);
        }
        self.disk.forget_snapshot();
        find()
    }

    /// As [`Store::read`], for an artifact of a call that was announced.
    ///
    /// # Errors
    /// Those of [`Store::read`].
    pub(crate) fn read_announced(&self, id: &ArtifactId) -> Result<Option<Vec<u8>>, StoreError> {
        self.find_announced(|| self.read(id), Option::is_some)
    }

    /// Whether a run of this process goes on.
    fn has_run(&self) -> bool {
        self.live.count.load(Ordering::Acquire) > 0
    }

    /// Whether a run goes on in any process.
    ///
    /// # Errors
    /// If the folder of lock files cannot be read.
    pub(crate) fn has_live_runs(&self) -> Result<bool, StoreError> {
        Ok(self.touched()?.since.is_some())
    }

    /// What the runs of all processes that live have touched.
    pub(super) fn touched(&self) -> Result<Touched, StoreError> {
        let mut touched = Touched::default();
        for path in locked::files(self.disk.layout.locks(), PREFIX)? {
            if let Holder::Alive(mut file) = locked::holder(&path).at(&path)? {
                let mut content = Vec::new();
                file.read_to_end(&mut content).at(&path)?;
                touched.add(&content);
            }
        }
        Ok(touched)
    }
}

impl Drop for LiveRun {
    fn drop(&mut self) {
        let live = &self.0.live;
        let mut registration = lock(&live.registration);
        if live.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            *registration = None;
        }
    }
}

fn lock(registration: &Mutex<Option<Registration>>) -> MutexGuard<'_, Option<Registration>> {
    registration.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registration {
    fn new(layout: &Layout) -> std::io::Result<Self> {
        let locked = LockedFile::new(layout.locks(), PREFIX)?;
        if let Some(mut file) = locked.file() {
            file.write_all(&unix_millis().to_le_bytes())?;
        }
        Ok(Self {
            file: locked,
            marked: HashSet::new(),
        })
    }

    fn mark(&mut self, hash: &Hash) {
        let Some(mut file) = self.file.file() else {
            return;
        };
        if !self.marked.insert(*hash) {
            return;
        }
        if let Err(error) = file.write_all(hash) {
            warn_once(&format!(
                "a run cannot announce what it uses in {}: {error}",
                self.file.path().display()
            ));
        }
    }
}

impl Touched {
    /// Whether a run has touched a call or an artifact.
    pub(super) fn contains(&self, hash: &Hash) -> bool {
        self.hashes.contains(hash)
    }

    fn add(&mut self, content: &[u8]) {
        let Some((since, hashes)) = content.split_first_chunk() else {
            // It has just been made: the run has seen nothing yet.
            return;
        };
        let since = u64::from_le_bytes(*since);
        self.since = Some(self.since.map_or(since, |oldest| oldest.min(since)));
        self.hashes.extend(hashes.as_chunks().0);
    }
}
