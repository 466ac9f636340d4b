//! File systems without locks that several processes could share.
//!
//! redb locks ranges of the file for that. Where there are none, one process at
//! a time can still have the database to itself, with a lock on the whole file.
//! Where there is not even that, nothing keeps two processes from writing at
//! once, and the store is not opened.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use redb::{ConcurrencyMode, Database};

use super::{
    guard::guard,
    handle::{Check, builder},
};
use crate::store::{StoreError, error::AtPath, warning::warn_once};

/// Whether the error says that ranges of a file cannot be locked.
pub(super) fn lacks_locks(error: &StoreError) -> bool {
    let StoreError::Metadata { source, .. } = error else {
        return false;
    };
    matches!(source.downcast_ref(), Some(redb::Error::Unsupported))
}

/// Opens the database for this process alone.
pub(super) fn open(path: &Path, check: Check) -> Result<Database, StoreError> {
    if !can_be_locked(path).at(path)? {
        let error = io::Error::new(
            io::ErrorKind::Unsupported,
            "the file system has no locks, without which two processes would spoil the store; \
             name a folder elsewhere with `ZEN_REPO`",
        );
        return Err(StoreError::io(path, error));
    }
    let database = guard(path, || {
        builder(check)
            .set_concurrency_mode(ConcurrencyMode::ExclusiveWriter)
            .create(path)
    })?;
    warn_once(&format!(
        "the file system of {} has no locks that processes could share: while this one has the \
         store open, others compute without it",
        path.display()
    ));
    Ok(database)
}

/// Whether the whole file can be locked, by this process or by another one.
fn can_be_locked(path: &Path) -> io::Result<bool> {
    let file = File::options().append(true).create(true).open(path)?;
    match file.try_lock() {
        Ok(()) => file.unlock().map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_a_file_system_without_locks_is_known() {
        let error = guard::<(), _>(Path::new("meta.redb"), || Err(redb::Error::Unsupported));
        assert!(lacks_locks(&error.unwrap_err()));
        let error = guard::<(), _>(Path::new("meta.redb"), || {
            Err(redb::Error::DatabaseAlreadyOpen)
        });
        assert!(!lacks_locks(&error.unwrap_err()));
    }

    #[test]
    fn who_has_the_database_alone_keeps_all_others_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("meta.redb");
        let alone = open(&path, Check::Books).unwrap();
        assert!(open(&path, Check::Books).is_err());
        assert!(guard(&path, || builder(Check::Books).create(&path)).is_err());
        drop(alone);
        assert!(guard(&path, || builder(Check::Books).create(&path)).is_ok());
    }
}
