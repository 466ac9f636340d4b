//! A flight's lock as a file of its own, `locks/<fingerprint>`, which says who
//! holds it.
//!
//! The holder removes the file before it lets go of the lock. A holder that was
//! killed leaves the file, and the next one takes it over.

use std::{
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Attempt, Busy, Held, Lock};
use crate::{fingerprint::Fingerprint, store::flight::holder::Holder};

/// How often a lock is tried for whose file was removed meanwhile.
const TRIES: u32 = 100;

/// The most bytes of a file that are read.
const MOST_BYTES: u64 = 1 << 10;

/// The lock files of one store.
#[derive(Debug)]
pub(super) struct Files(Arc<Path>);

/// A lock that this process has.
#[derive(Debug)]
pub(super) struct FileLock {
    path: PathBuf,
    file: File,
}

impl Files {
    pub(super) fn new(folder: &Arc<Path>) -> Self {
        Self(folder.clone())
    }

    pub(super) fn attempt(&self, fingerprint: &Fingerprint) -> io::Result<Attempt> {
        let path = self.path(fingerprint);
        for _ in 0..TRIES {
            let file = open(&path)?;
            match file.try_lock() {
                // Else its holder removed it between our opening and locking it.
                Ok(()) => {
                    if let Some(lock) = FileLock::new(&path, file)? {
                        return Ok(Attempt::Taken(Lock::new(Held::File(lock))));
                    }
                }
                Err(TryLockError::WouldBlock) => {
                    return Ok(Attempt::Busy(Busy { file, range: None }));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other("its file is removed again and again"))
    }

    pub(super) fn holder(&self, fingerprint: &Fingerprint) -> Option<Holder> {
        let mut text = String::new();
        let file = File::open(self.path(fingerprint)).ok()?;
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        parse(&text)
    }

    fn path(&self, fingerprint: &Fingerprint) -> PathBuf {
        self.0.join(fingerprint.to_string())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true);
    options.create(true).truncate(false).open(path)
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

impl FileLock {
    /// The lock that this process has on `file`, unless that was removed.
    fn new(path: &Path, file: File) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        if is_removed(&metadata) {
            return Ok(None);
        }
        // Who reads nothing in it tells of "another process".
        let _ = write(&file, metadata.len(), Holder::now());
        Ok(Some(Self {
            path: path.to_owned(),
            file,
        }))
    }
}

/// Writes who holds the file, in place of what it has.
fn write(mut file: &File, before: u64, holder: Holder) -> io::Result<()> {
    let text = format!("pid {}\nsince {}\n", holder.pid, holder.since);
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    let size = text.len() as u64;
    if before > size {
        file.set_len(size)?;
    }
    Ok(())
}

/// Reads what [`write`] wrote. Other lines are passed over.
fn parse(text: &str) -> Option<Holder> {
    let field = |name: &str| {
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .find_map(|(key, value)| (key == name).then_some(value))
    };
    Some(Holder {
        pid: field("pid")?.parse().ok()?,
        since: field("since")?.parse().ok()?,
    })
}

impl FileLock {
    pub(super) fn unlock(&self) {
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
        // Not left to closing: a child that is just being started may have
        // the file open too.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::store::flight::holder::Holder;

    #[test]
    fn a_holder_is_read_beside_lines_of_other_releases() {
        let text = "pid 12\nstep train\nsince 5\nwaits-for x\n";
        assert_eq!(parse(text), Some(Holder { pid: 12, since: 5 }));
    }

    #[test]
    fn what_is_no_holder_is_none() {
        for text in ["", "pid", "pid x\nsince 1", "pid 1\n", "\0\0"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
