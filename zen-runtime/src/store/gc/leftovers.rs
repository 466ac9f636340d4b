//! What killed processes left behind: half-written files, lock files, blobs that
//! no entry names, entries of indexes whose record is gone.

use std::{
    fs::{self, DirEntry, Metadata},
    io::ErrorKind,
    path::Path,
    time::{Duration, SystemTime},
};

use super::super::{
    Store, StoreError, blobs,
    epoch::Clearing,
    error::AtPath,
    evict::is_named,
    flight,
    layout::Layout,
    live,
    locked::{self, Holder},
    writer,
};
use super::{GcPolicy, Leftovers};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// How many rows or blobs go in one transaction.
const BATCH: usize = 256;

/// Half-written files of an earlier release do not say whose they are.
const UNNAMED_AGE: Duration = Duration::from_hours(24);

/// A blob that is younger than this may be that of a record that is just being
/// written. It could go all the same: its writer would write it again.
const YOUNG: Duration = Duration::from_mins(5);

impl Store {
    /// Clears away what was left behind, or only counts it.
    pub(super) fn clear_leftovers(&self, policy: &GcPolicy) -> Result<Leftovers, StoreError> {
        let mut cleared = Cleared {
            store: self,
            dry_run: policy.dry_run,
            left: Leftovers::default(),
        };
        cleared.temporary()?;
        cleared.locks()?;
        cleared.quarantine(policy.quarantine_age)?;
        cleared.orphans()?;
        cleared.left.index_entries = self.clear_indexes(policy.dry_run)?;
        Ok(cleared.left)
    }
}

struct Cleared<'a> {
    store: &'a Store,
    dry_run: bool,
    left: Leftovers,
}

impl Cleared<'_> {
    /// Files in `tmp/` whose writer is gone.
    fn temporary(&mut self) -> Result<(), StoreError> {
        let layout = &self.store.disk.layout;
        for entry in entries(layout.temporary())? {
            let path = entry.path();
            let Some(metadata) = metadata(&path)? else {
                continue;
            };
            let is_left = match writer::of(layout, &entry.file_name()) {
                Some(lock) => !matches!(locked::holder(&lock).at(&lock)?, Holder::Alive(_)),
                None => age(metadata.modified().ok()) > UNNAMED_AGE,
            };
            if is_left && self.remove(&path, &metadata)? {
                self.left.temporary += 1;
            }
        }
        Ok(())
    }

    /// Lock files whose holder is gone.
    fn locks(&mut self) -> Result<(), StoreError> {
        for entry in entries(self.store.disk.layout.locks())? {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_ours = [live::PREFIX, writer::PREFIX, flight::NOTES]
                .iter()
                .any(|prefix| name.starts_with(prefix))
                || name.parse::<Fingerprint>().is_ok();
            let path = entry.path();
            if !is_ours {
                continue;
            }
            // The lock is held while the file is removed: who waits for it finds
            // that it is another one.
            if let Holder::Dead(file) = locked::holder(&path).at(&path)? {
                let metadata = file.metadata().at(&path)?;
                if self.remove(&path, &metadata)? {
                    self.left.locks += 1;
                }
            }
        }
        Ok(())
    }

    /// Damaged files that nobody came to look at.
    fn quarantine(&mut self, limit: Duration) -> Result<(), StoreError> {
        let folder = self.store.disk.layout.quarantine();
        if !folder.is_dir() {
            return Ok(());
        }
        for entry in entries(folder)? {
            let path = entry.path();
            let Some(metadata) = metadata(&path)?.filter(Metadata::is_file) else {
                continue;
            };
            if age(moved(&metadata)) >= limit && self.remove(&path, &metadata)? {
                self.left.quarantined += 1;
            }
        }
        Ok(())
    }

    /// Blobs that no entry names.
    fn orphans(&mut self) -> Result<(), StoreError> {
        let layout = &self.store.disk.layout;
        let others = writer::others(layout)?;
        let all = blobs::list(layout)?.blobs;
        // Looked at after the folder: what is written meanwhile is in no list.
        let snapshot = self.store.disk.fresh_snapshot()?;
        let mut orphans = Vec::new();
        for id in all {
            let young = others && is_young(layout, &id);
            if !young && !is_named(&snapshot, &id)? {
                orphans.push(id);
            }
        }
        for batch in orphans.chunks(BATCH) {
            self.remove_orphans(batch)?;
        }
        Ok(())
    }

    /// Removes blobs that no entry names. Where another process clears away, these
    /// are left to it: it looks for them at its end.
    fn remove_orphans(&mut self, orphans: &[ArtifactId]) -> Result<(), StoreError> {
        let layout = &self.store.disk.layout;
        let mut sizes = Vec::new();
        if self.dry_run {
            sizes.extend(orphans.iter().filter_map(|id| blobs::size(layout, id)));
        } else {
            // What another process is about to put back is named by no entry either.
            let Some(_clearing) = Clearing::begin_at_once(layout)? else {
                return Ok(());
            };
            sizes = self.store.disk.write(|transaction| {
                let removed = orphans.iter();
                removed
                    .map(|id| self.store.remove_unnamed(transaction, id))
                    .collect()
            })?;
        }
        let removed = sizes.iter().filter(|size| **size > 0);
        self.left.orphans += removed.clone().count();
        self.left.bytes += removed.sum::<u64>();
        Ok(())
    }

    /// Removes a file, unless nothing is to be done; says whether it was there.
    fn remove(&mut self, path: &Path, metadata: &Metadata) -> Result<bool, StoreError> {
        if !self.dry_run {
            match fs::remove_file(path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(StoreError::io(path, error)),
            }
        }
        self.left.bytes += metadata.len();
        Ok(true)
    }
}

/// Whether a blob may be that of a record which is just being written.
pub(in crate::store) fn is_young(layout: &Layout, id: &ArtifactId) -> bool {
    blobs::written(layout, id).is_some_and(|written| age(Some(written)) < YOUNG)
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, StoreError> {
    let entries = fs::read_dir(folder).at(folder)?;
    entries.collect::<Result<_, _>>().at(folder)
}

/// What the file system says of a file, unless it has gone.
fn metadata(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path, error)),
    }
}

/// How long ago a time was; no time at all if it is not known or to come.
fn age(time: Option<SystemTime>) -> Duration {
    let elapsed = time.and_then(|time| time.elapsed().ok());
    elapsed.unwrap_or_default()
}

/// When a file was moved to where it is.
#[cfg(unix)]
fn moved(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let since = Duration::from_secs(u64::try_from(metadata.ctime()).ok()?);
    Some(SystemTime::UNIX_EPOCH + since)
}

/// Windows does not tell: a file counts from its last change on.
#[cfg(not(unix))]
fn moved(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}
