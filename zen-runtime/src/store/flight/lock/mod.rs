//! The locks that keep other processes out of a flight.
//!
//! There are two forms: a range of bytes in one of a few files ([`ranges`]),
//! which costs two system calls and no file, and a file of its own
//! ([`files`]), which any system has. The platform decides, so that all
//! processes of a host agree. Where two do not (hosts of different kinds that
//! share a network file system, releases of different age), they do not see each
//! other's flights, and compute twice.
//!
//! In either form a lock goes with its holder, however that ends, and who waits
//! for it never keeps it: once it is free, everybody looks for the result and
//! asks again. A lock that was handed to a task which nobody polls would keep
//! others from a result that is there.

mod files;
mod range;
mod ranges;

use std::{env, fs::File, io, path::Path, sync::Arc};

use self::{
    files::{FileLock, Files},
    range::Range,
    ranges::{RangeLock, Ranges},
};
use super::holder::Holder;
use crate::{fingerprint::Fingerprint, store::forked::Owner};

/// With the value `files`, files of their own even where there are ranges. All
/// processes of a store must have it, or none.
const FORM: &str = "ZEN_FLIGHT_LOCKS";

/// The locks on the flights of one store.
#[derive(Debug)]
pub(in crate::store) struct Locks {
    folder: Arc<Path>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Ranges(Ranges),
    Files(Files),
}

/// A lock that this process has, until this is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    held: Held,
    owner: Owner,
}

#[derive(Debug)]
enum Held {
    Range(RangeLock),
    File(FileLock),
}

/// What came of trying to lock.
#[derive(Debug)]
pub(super) enum Attempt {
    Taken(Lock),
    /// Another process, or another store in this one, has it.
    Busy(Busy),
}

/// A lock that somebody else has.
#[derive(Debug)]
pub(super) struct Busy {
    file: File,
    /// `None` for the whole file.
    range: Option<Range>,
}

impl Locks {
    /// Those in `folder`, in the form that this platform has.
    pub(in crate::store) fn new(folder: &Arc<Path>) -> Self {
        let files = !range::AVAILABLE || env::var_os(FORM).is_some_and(|form| form == "files");
        let form = if files {
            Form::Files(Files::new(folder))
        } else {
            Form::Ranges(Ranges::new(folder))
        };
        let folder = folder.clone();
        Self { folder, form }
    }

    /// The folder of lock files.
    pub(super) fn folder(&self) -> &Arc<Path> {
        &self.folder
    }

    /// Tries to lock a flight.
    ///
    /// # Errors
    /// If locks cannot be had here.
    pub(super) fn attempt(&self, fingerprint: &Fingerprint) -> io::Result<Attempt> {
        match &self.form {
            Form::Ranges(ranges) => ranges.attempt(fingerprint),
            Form::Files(files) => files.attempt(fingerprint),
        }
    }

    /// Which other process has a flight, and since when, if it can be known.
    pub(super) fn holder(&self, fingerprint: &Fingerprint) -> Option<Holder> {
        match &self.form {
            Form::Ranges(ranges) => ranges.holder(fingerprint),
            Form::Files(files) => files.holder(fingerprint),
        }
    }

    /// Whether two flights have one lock, so that one waits for the other.
    pub(super) fn is_one(&self, a: &Fingerprint, b: &Fingerprint) -> bool {
        match &self.form {
            Form::Ranges(_) => ranges::is_one(a, b),
            Form::Files(_) => a == b,
        }
    }

    /// Opens all files anew from now on, as the folder was replaced.
    pub(in crate::store) fn reopen(&self) {
        if let Form::Ranges(ranges) = &self.form {
            ranges.reopen();
        }
    }
}

impl Lock {
    /// One that this process has from now on.
    fn new(held: Held) -> Self {
        Self {
            held,
            owner: Owner::this_process(),
        }
    }

    /// What it weighs, for who holds many. One with a file of its own is heavier:
    /// a process may not have many more than a thousand open.
    pub(super) fn weight(&self) -> usize {
        match self.held {
            Held::Range(_) => 1,
            Held::File(_) => 8,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A forked child has a copy of this, and of the lock.
        if !self.owner.is_this_process() {
            return;
        }
        match &self.held {
            Held::Range(lock) => lock.unlock(),
            Held::File(lock) => lock.unlock(),
        }
    }
}

impl Busy {
    /// Waits until the lock is free. Blocks the thread.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub(super) fn wait(&self) -> io::Result<()> {
        match &self.range {
            None => {
                self.file.lock()?;
                self.file.unlock()
            }
            Some(range) => {
                range.lock(&self.file)?;
                range.unlock(&self.file)
            }
        }
    }
}

#[cfg(test)]
mod tests;
