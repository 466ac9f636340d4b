//! The lock file of a flight.
//!
//! The holder removes the file before it lets go of the lock, so that whoever
//! waited for it finds it gone and looks for the result. A holder that was
//! killed leaves the file, and the first who waited has the lock.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{
    Key,
    holder::{Holder, MOST_BYTES, Note},
    is_this_process,
};

/// How often a lock is tried for whose file was removed meanwhile.
const TRIES: u32 = 100;

/// A lock that this process has.
#[derive(Debug)]
pub(super) struct LockFile {
    path: PathBuf,
    file: File,
    holder: Holder,
    published: Mutex<Note>,
}

/// What came of trying to lock.
#[derive(Debug)]
pub(super) enum Attempt {
    Taken(LockFile),
    /// Another process, or another store in this one, has it.
    Busy(Busy),
    /// Lock files cannot be made or locked here.
    Unavailable,
}

/// A lock that somebody else has.
#[derive(Debug)]
pub(super) struct Busy {
    path: PathBuf,
    file: File,
}

/// What came of waiting for a lock.
#[derive(Debug)]
pub(super) enum Freed {
    /// Its holder died: it is this process's now.
    Taken(LockFile),
    /// Its holder is done.
    Gone,
    /// The lock cannot be waited for.
    Unavailable,
}

/// Tries to lock the file of a flight.
pub(super) fn attempt(key: &Key, holder: &Holder) -> Attempt {
    try_attempt(&key.path(), holder).unwrap_or(Attempt::Unavailable)
}

fn try_attempt(path: &Path, holder: &Holder) -> io::Result<Attempt> {
    for _ in 0..TRIES {
        let file = open(path)?;
        match file.try_lock() {
            // Else its holder removed it between our opening and locking it.
            Ok(()) => {
                if let Some(lock) = LockFile::new(path, file, holder)? {
                    return Ok(Attempt::Taken(lock));
                }
            }
            Err(TryLockError::WouldBlock) => {
                return Ok(Attempt::Busy(Busy {
                    path: path.to_owned(),
                    file,
                }));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(Attempt::Unavailable)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// Whether a file has been removed. Where the system does not say, holders do
/// not remove their files: who waited would take the old one for the new.
#[cfg(unix)]
fn is_removed(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) == 0
}

#[cfg(not(unix))]
fn is_removed(_: &Metadata) -> bool {
    false
}

/// What the lock file of `key` says of its holder, if it can be read.
pub(super) fn read_holder(key: &Key) -> Option<Holder> {
    Holder::parse(&read(key)?)
}

/// What the lock file of `key` says that its holder waits for.
pub(super) fn read_note(key: &Key) -> Option<Note> {
    Some(Note::parse(&read(key)?))
}

fn read(key: &Key) -> Option<String> {
    let mut text = String::new();
    let file = File::open(key.path()).ok()?;
    file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

impl Busy {
    /// Waits until the lock is free. Blocks the thread.
    pub(super) fn wait(self, holder: &Holder) -> Freed {
        if self.file.lock().is_err() {
            return Freed::Unavailable;
        }
        match LockFile::new(&self.path, self.file, &holder.again()) {
            Ok(Some(lock)) => Freed::Taken(lock),
            Ok(None) => Freed::Gone,
            Err(_) => Freed::Unavailable,
        }
    }
}

impl LockFile {
    /// The lock that this process has on `file`, unless that was removed.
    fn new(path: &Path, file: File, holder: &Holder) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        if is_removed(&metadata) {
            return Ok(None);
        }
        let lock = Self {
            path: path.to_owned(),
            file,
            holder: holder.clone(),
            published: Mutex::default(),
        };
        // Who reads nothing in it tells of "another process".
        let _ = lock.write(&Note::default(), metadata.len());
        Ok(Some(lock))
    }

    /// Writes down what its holder waits for, if that has changed.
    pub(super) fn publish(&self, note: &Note) {
        let mut published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *published != *note && self.write(note, u64::MAX).is_ok() {
            published.clone_from(note);
        }
    }

    /// Writes its text, in place of one that is no longer than `before`.
    fn write(&self, note: &Note, before: u64) -> io::Result<()> {
        let text = format!("{}{note}", self.holder);
        let mut file = &self.file;
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        let size = text.len() as u64;
        if before > size {
            file.set_len(size)?;
        }
        Ok(())
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // A forked child has a copy of this, and of the lock.
        if !is_this_process(self.holder.pid) {
            return;
        }
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
        // Not left to closing: a child that is just being started may have
        // the file open too.
        let _ = self.file.unlock();
    }
}
