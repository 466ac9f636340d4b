//! The lock file of a flight.
//!
//! The holder removes the file before it lets go of the lock, so that whoever
//! waited for it finds it gone and looks for the result. A holder that was
//! killed leaves the file, and the first who waited has the lock.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::{
    Key,
    holder::{Holder, MOST_BYTES, Note},
    is_this_process,
};
use crate::store::files::inode;

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
            Ok(()) if is_at(&file, path) => {
                return Ok(Attempt::Taken(LockFile::new(path, file, holder)));
            }
            // Its holder removed it between our opening and locking it.
            Ok(()) => {}
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

/// Whether `path` still leads to `file`. Where the system does not say, files
/// are never removed by their holders.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    inode(&open) == inode(&named)
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
        match self.file.lock() {
            Err(_) => Freed::Unavailable,
            Ok(()) if is_at(&self.file, &self.path) => {
                Freed::Taken(LockFile::new(&self.path, self.file, &holder.again()))
            }
            Ok(()) => Freed::Gone,
        }
    }
}

impl LockFile {
    fn new(path: &Path, file: File, holder: &Holder) -> Self {
        let lock = Self {
            path: path.to_owned(),
            file,
            holder: holder.clone(),
            published: Mutex::default(),
        };
        // Who reads nothing in it tells of "another process".
        let _ = lock.write(&Note::default());
        lock
    }

    /// Writes down what its holder waits for, if that has changed.
    pub(super) fn publish(&self, note: &Note) {
        let mut published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *published != *note && self.write(note).is_ok() {
            published.clone_from(note);
        }
    }

    fn write(&self, note: &Note) -> io::Result<()> {
        let text = format!("{}{note}", self.holder);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(text.as_bytes())?;
        // A holder that was killed may have left a longer text.
        file.set_len(text.len() as u64)
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // A forked child has a copy of this, and of the lock.
        if !is_this_process(self.holder.pid) {
            return;
        }
        let removable = self.file.metadata().is_ok_and(|m| inode(&m).is_some());
        if removable {
            let _ = fs::remove_file(&self.path);
        }
        // Not left to closing: a child that is just being started may have
        // the file open too.
        let _ = self.file.unlock();
    }
}
