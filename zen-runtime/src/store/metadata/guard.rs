//! Calls into redb, and what its errors mean.

use std::{
    any::Any,
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use crate::store::StoreError;

/// Calls into redb. Its errors and panics become errors that name `path`.
pub(super) fn guard<T, E: Into<redb::Error>>(
    path: &Path,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(refused(path, error.into())),
        Err(panic) => Err(panicked(path, panic.as_ref())),
    }
}

#[cold]
fn refused(path: &Path, error: redb::Error) -> StoreError {
    if tells_of_damage(&error) {
        return damaged(path, error.to_string());
    }
    StoreError::Metadata {
        path: path.to_owned(),
        source: Box::new(error),
    }
}

/// Whether only a file that is not as redb wrote it gives this error. Trouble
/// with the disk, with permissions or with locks is no damage: the file may be
/// whole.
fn tells_of_damage(error: &redb::Error) -> bool {
    match error {
        // The file formats before 3 are older than zen, and all tables of a
        // format that is known are of the same types.
        // Rows are only ever added after the last one.
        redb::Error::UnorderedKey
        | redb::Error::Corrupted(_)
        | redb::Error::UpgradeRequired(_)
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TableIsNotMultimap(_) => true,
        redb::Error::Io(error) => {
            matches!(
                error.kind(),
                ErrorKind::InvalidData | ErrorKind::UnexpectedEof
            )
        }
        _ => false,
    }
}

#[cold]
fn panicked(path: &Path, panic: &(dyn Any + Send)) -> StoreError {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let message = text.or_else(|| panic.downcast_ref::<String>().cloned());
    damaged(
        path,
        message.unwrap_or_else(|| "the database panicked".to_owned()),
    )
}

#[cold]
pub(super) fn damaged(path: &Path, message: String) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        message,
    }
}

/// Whether opening the database again may help: after an error of the disk redb
/// refuses everything until then, though what was committed is whole.
pub(super) fn is_latched(error: &StoreError) -> bool {
    let StoreError::Metadata { source, .. } = error else {
        return false;
    };
    matches!(
        source.downcast_ref(),
        Some(
            redb::Error::PreviousIo
                | redb::Error::DatabaseClosed
                | redb::Error::LockPoisoned(_)
                | redb::Error::TransactionPoisoned
        )
    )
}

/// Whether the database may not be written here.
pub(super) fn is_forbidden(error: &StoreError) -> bool {
    let forbidden = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem];
    io_kind(error).is_some_and(|kind| forbidden.contains(&kind))
}

/// Whether another process writes, and was not to be waited for.
pub(super) fn is_busy(error: &StoreError) -> bool {
    io_kind(error) == Some(ErrorKind::WouldBlock)
}

fn io_kind(error: &StoreError) -> Option<ErrorKind> {
    let StoreError::Metadata { source, .. } = error else {
        return None;
    };
    match source.downcast_ref() {
        Some(redb::Error::Io(error)) => Some(error.kind()),
        _ => None,
    }
}
