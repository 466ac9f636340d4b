//! Hashes of files outside of the store, and the memory of them.
//!
//! A second look at a large file costs a question to the file system: its hash
//! is remembered with its device, inode, size and times of change. The hash of
//! a file that changed moments ago is not remembered, as another change within
//! the clock's resolution would leave the same times.

mod folder;
mod identity;
mod memory;
mod reading;

use std::{fs, io, path::Path};

use self::memory::Remembered;
pub(super) use self::{
    identity::{Identity, inode, nanoseconds},
    memory::FileMemory,
};
use super::{Store, StoreError, metadata::Table, secret_key, warning::warn_once};
use crate::codec::FileHasher;

/// From this many bytes read on, hashing again takes longer than a commit.
const WORTH_A_COMMIT: u64 = 256 << 10;

impl FileHasher for Store {
    fn hash_file(&self, path: &Path) -> io::Result<[u8; 32]> {
        let mut fresh = Vec::new();
        let identity = Identity::of(&fs::metadata(path)?);
        let hash = self.hash(path, &identity, &mut fresh)?;
        self.remember(&fresh);
        Ok(hash)
    }

    fn hash_dir(&self, path: &Path) -> io::Result<[u8; 32]> {
        let mut fresh = Vec::new();
        let hash = folder::hash(path, |file, identity| self.hash(file, identity, &mut fresh))?;
        self.remember(&fresh);
        Ok(hash)
    }

    fn secret_key(&self) -> io::Result<[u8; 32]> {
        secret_key::get(&self.disk.layout)
    }
}

impl Store {
    /// The hash of a file, remembered or read. What was read goes to `fresh`.
    fn hash(
        &self,
        path: &Path,
        identity: &Identity,
        fresh: &mut Vec<Remembered>,
    ) -> io::Result<[u8; 32]> {
        if let Some(hash) = self.remembered(identity) {
            return Ok(hash);
        }
        let read = reading::read(path, self.files.now())?;
        let hash = read.hash;
        fresh.push(read);
        Ok(hash)
    }

    /// The remembered hash of a file that still is as it was. Trouble with the
    /// store is no trouble here: the file is read.
    fn remembered(&self, identity: &Identity) -> Option<[u8; 32]> {
        if let Some(known) = self.files.get(identity) {
            return Some(known.hash);
        }
        let key = identity.key()?;
        let stored = self.disk.look(|snapshot| {
            let page = snapshot.file(&key)?;
            let known = page.and_then(|page| Remembered::decode(&key, &page));
            Ok(known.filter(|known| known.identity == *identity))
        });
        let known = stored.ok()??;
        let hash = known.hash;
        self.files.put(known);
        Some(hash)
    }

    /// Remembers what was read, if the files were at rest by then.
    fn remember(&self, fresh: &[Remembered]) {
        let settled: Vec<_> = fresh.iter().filter(|read| read.is_settled()).collect();
        for read in &settled {
            self.files.put((*read).clone());
        }
        let bytes: u64 = settled.iter().map(|read| read.identity.size).sum();
        if bytes < WORTH_A_COMMIT {
            return;
        }
        if let Err(error) = self.write_remembered(&settled) {
            warn_once(&format!("hashes of files are not remembered: {error}"));
        }
    }

    fn write_remembered(&self, settled: &[&Remembered]) -> Result<(), StoreError> {
        self.disk.write(|transaction| {
            for read in settled {
                let Some(key) = read.identity.key() else {
                    continue;
                };
                if let Some(value) = read.encode(&key) {
                    transaction.insert(Table::FILES, &key, &value)?;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
