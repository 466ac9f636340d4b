//! The files that a call's key was made from.

use std::{
    cell::RefCell,
    io,
    path::{Path, PathBuf},
};

use crate::codec::FileHasher;

/// A file or folder, and the hash that went into a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WatchedFile {
    path: PathBuf,
    folder: bool,
    hash: [u8; 32],
}

impl WatchedFile {
    /// Whether it no longer holds what went into the key.
    pub(crate) fn has_changed(&self, files: &dyn FileHasher) -> bool {
        let now = if self.folder {
            files.hash_dir(&self.path)
        } else {
            files.hash_file(&self.path)
        };
        now.ok() != Some(self.hash)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Notes every file that is hashed through it.
pub(crate) struct Watch<'a> {
    files: &'a dyn FileHasher,
    seen: RefCell<Vec<WatchedFile>>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(files: &'a dyn FileHasher) -> Self {
        Self {
            files,
            seen: RefCell::default(),
        }
    }

    /// The files that were hashed.
    pub(crate) fn into_seen(self) -> Vec<WatchedFile> {
        self.seen.into_inner()
    }

    fn note(&self, path: &Path, folder: bool, hash: [u8; 32]) -> [u8; 32] {
        self.seen.borrow_mut().push(WatchedFile {
            path: path.to_owned(),
            folder,
            hash,
        });
        hash
    }
}

impl FileHasher for Watch<'_> {
    fn hash_file(&self, path: &Path) -> io::Result<[u8; 32]> {
        let hash = self.files.hash_file(path)?;
        Ok(self.note(path, false, hash))
    }

    fn hash_dir(&self, path: &Path) -> io::Result<[u8; 32]> {
        let hash = self.files.hash_dir(path)?;
        Ok(self.note(path, true, hash))
    }

    fn secret_key(&self) -> io::Result<[u8; 32]> {
        self.files.secret_key()
    }
}
