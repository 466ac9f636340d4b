//! A damaged database is set aside, and a new one begun.
//!
//! Records carry checksums and artifacts are checked against their IDs, so a
//! flipped bit in a record is a miss of that record and no more. This is about
//! damage that redb itself stumbles over: a header, or the pages that hold the
//! rest together. Looking at every page each time would take 0.3 s for a
//! million records and find nothing that reading them does not; so that is done
//! when redb has stumbled, and only then.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use super::handle::{Check, Handle, Purpose};
use crate::store::{StoreError, error::AtPath, slow, warning::warn_once};

/// Opens the database. One that is damaged is repaired or set aside.
///
/// `lock` is the file whose lock lets one process at a time do that.
pub(super) fn open(path: &Path, lock: &Path, purpose: Purpose) -> Result<Handle, StoreError> {
    if purpose == Purpose::Reading
        && let Some(handle) = Handle::open_to_read(path)?
    {
        return Ok(handle);
    }
    match Handle::open(path, Check::Books) {
        Err(StoreError::Damaged { .. }) => open_damaged(path, lock),
        other => other,
    }
}

/// Repairs a damaged database, or sets it aside and begins a new one.
pub(super) fn open_damaged(path: &Path, lock: &Path) -> Result<Handle, StoreError> {
    let _alone = lock_file(lock)?;
    // Another process may have set it aside since.
    let error = match Handle::open(path, Check::Full) {
        Err(error @ StoreError::Damaged { .. }) => error,
        other => return other,
    };
    let aside = free_name(path);
    fs::rename(path, &aside).at(path)?;
    warn_once(&format!(
        "{error}; it was renamed to {}, and a new one begun: results are computed again \
         when they are next needed",
        aside.display()
    ));
    Handle::open(path, Check::Books)
}

/// Waits until no other process has the lock. It goes with the file.
fn lock_file(path: &Path) -> Result<File, StoreError> {
    let file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .at(path)?;
    let folder = path.parent().unwrap_or(path).display().to_string();
    let _told = slow::waiting(move |lasted| {
        let lasted = slow::seconds(lasted);
        format!("waiting since {lasted} for another process that repairs the database in {folder}")
    });
    file.lock().at(path)?;
    Ok(file)
}

/// The first of `meta.redb.damaged-1`, `-2`, … that is not taken. The lock
/// keeps others from taking it.
fn free_name(path: &Path) -> PathBuf {
    let name = |n: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{n}"));
        PathBuf::from(name)
    };
    (1..u32::MAX)
        .map(name)
        .find(|path| !path.exists())
        .unwrap_or_else(|| name(u32::MAX))
}
