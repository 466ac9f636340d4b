//! Files in `locks/` that say that their process lives: it holds a lock on its
//! file, which the operating system gives up when the process dies.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{StoreError, clock::unix_millis, error::AtPath, files::inode, forked::Owner};

/// How often a file is made whose predecessor was taken for that of a dead
/// process.
const TRIES: u32 = 100;

/// A file that this process holds a lock on. Dropping it removes the file.
#[derive(Debug)]
pub(super) struct LockedFile {
    path: PathBuf,
    file: File,
    owner: Owner,
}

impl LockedFile {
    /// Makes a file whose name begins with `prefix` and is like no other.
    pub(super) fn new(folder: &Path, prefix: &str) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        for _ in 0..TRIES {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let (now, pid) = (unix_millis(), process::id());
            let path = folder.join(format!("{prefix}{now:012x}{pid:08x}{count:04x}"));
            let mut options = OpenOptions::new();
            let file = options.append(true).create_new(true).open(&path)?;
            // Without a lock it would stay, and count as that of a living one.
            file.lock().inspect_err(|_| drop(fs::remove_file(&path)))?;
            if is_at(&file, &path) {
                return Ok(Self {
                    path,
                    file,
                    owner: Owner::this_process(),
                });
            }
        }
        Err(io::Error::other("its file is removed again and again"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file, to add to. `None` in a forked child, which has a copy of this
    /// and of the lock, but is another process.
    pub(super) fn file(&self) -> Option<&File> {
        self.owner.is_this_process().then_some(&self.file)
    }
}

impl Drop for LockedFile {
    fn drop(&mut self) {
        if let Some(file) = self.file() {
            // Before the lock is given up: who has it finds no file any more.
            let _ = fs::remove_file(&self.path);
            // Not left to closing: a child that is just being started may have
            // the file open too.
            let _ = file.unlock();
        }
    }
}

/// A file whose process lives, or is dead.
#[derive(Debug)]
pub(super) enum Holder {
    /// It lives, or there is no telling.
    Alive(File),
    /// It is dead. The lock is this process's now.
    Dead(File),
    /// The file is gone.
    Gone,
}

/// Whether the process that holds the lock on a file lives.
pub(super) fn holder(path: &Path) -> io::Result<Holder> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Holder::Gone),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) if is_at(&file, path) => Ok(Holder::Dead(file)),
        Ok(()) => Ok(Holder::Gone),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => Ok(Holder::Alive(file)),
    }
}

/// The files in `folder` whose name begins with `prefix`.
pub(super) fn files(folder: &Path, prefix: &str) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).at(folder)? {
        let entry = entry.at(folder)?;
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(prefix.as_bytes()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Whether `path` still leads to `file`.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    inode(&open) == inode(&named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let held = LockedFile::new(folder.path(), "run-").unwrap();
        let path = held.path().to_owned();
        assert_eq!(
            files(folder.path(), "run-").unwrap(),
            std::slice::from_ref(&path)
        );
        assert!(files(folder.path(), "other-").unwrap().is_empty());
        assert!(matches!(holder(&path).unwrap(), Holder::Alive(_)));
        drop(held);
        assert!(matches!(holder(&path).unwrap(), Holder::Gone));
    }

    #[test]
    fn a_file_that_nobody_holds_is_that_of_a_dead_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run-1");
        fs::write(&path, "").unwrap();
        assert!(matches!(holder(&path).unwrap(), Holder::Dead(_)));
        assert!(matches!(holder(&path).unwrap(), Holder::Dead(_)));
    }
}
