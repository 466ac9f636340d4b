//! One opening of the database file.
//!
//! redb opens a file for writing only in its writer's turn, and so waits for a
//! process that writes, be it stopped. To read it waits for nobody. So a database
//! that can be read as it is is opened to read, and again to write once there is
//! something to write.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use redb::{
    Builder, ConcurrencyMode, Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase,
    TransactionError, WriteTransaction,
};

use super::{
    alone, bookkeeping,
    file::DatabaseFile,
    format::{FORMAT, Format},
    guard::{guard, is_busy, is_forbidden},
    line::Line,
    migrate,
    overlay::Overlay,
    snapshot,
    transaction::Transaction,
};
use crate::store::{StoreError, error::AtPath, files::inode};

/// Memory for pages, in bytes at most: what is read is kept up to this. It holds
/// the pages of some 100,000 records, which a quarter of it does not.
const CACHE: usize = 256 << 20;

/// How much of the file is looked at when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// What opening needs, and the pages that redb must not stumble over.
    Books,
    /// Every page. What can be repaired is.
    Full,
}

/// What a database is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To read, if it can be read as it is; else to write.
    Reading,
    Writing,
}

/// The open database file.
pub(super) struct Handle {
    /// `None` only while it is dropped.
    database: Option<Opened>,
    /// Tells the file from a later one of the same name; `None` where the
    /// system does not say.
    identity: Option<(u64, u64)>,
    line: Line,
}

enum Opened {
    Shared(Database),
    /// Nothing was to be written so far.
    Reading(ReadOnlyDatabase),
    /// The file may not be written.
    ReadOnly(ReadOnlyDatabase),
    /// Nor could it be read as it is; see [`Overlay`].
    Overlaid(Database),
}

impl Handle {
    /// Opens the database to read, as it is. `None` if it has to be written first:
    /// made, brought up to date or repaired.
    ///
    /// # Errors
    /// [`StoreError::Newer`] only.
    pub(super) fn open_to_read(path: &Path) -> Result<Option<Self>, StoreError> {
        let opened = bookkeeping::check(path).and_then(|()| {
            let database = guard(path, || {
                builder(Check::Books).open_read_only_with_backend(DatabaseFile::to_read(path)?)
            })?;
            let handle = Self::new(path, Opened::Reading(database))?;
            let found = snapshot::format(path, &handle.begin_read(path)?)?;
            Ok(found.is_current(path)?.then_some(handle))
        });
        match opened {
            Err(error @ StoreError::Newer { .. }) => Err(error),
            // Opening it to write finds out why.
            opened => Ok(opened.ok().flatten()),
        }
    }

    /// Opens the database to write, and makes one if there is none. One that may
    /// not be written is opened for reading.
    pub(super) fn open(path: &Path, check: Check) -> Result<Self, StoreError> {
        if check == Check::Books {
            bookkeeping::check(path)?;
        }
        let opened = {
            // Who writes without pause is not to keep this process waiting.
            let _place = Line::of(path).stand();
            guard(path, || {
                builder(check).create_with_backend(DatabaseFile::to_write(path)?)
            })
        };
        let opened = match opened {
            Ok(database) => Opened::Shared(database),
            // Why it may not be written says more than why it may not be read
            // either.
            Err(error) if is_forbidden(&error) => open_read_only(path).map_err(|_| error)?,
            Err(error) if alone::lacks_locks(&error) => Opened::Shared(alone::open(path, check)?),
            Err(error) => return Err(error),
        };
        let handle = Self::new(path, opened)?;
        handle.prepare(path)?;
        Ok(handle)
    }

    /// Opens the database to write, if no other process writes just now.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] if it may not be written, and others.
    pub(super) fn open_at_once(path: &Path) -> Result<Option<Self>, StoreError> {
        bookkeeping::check(path)?;
        let opened = guard(path, || {
            let file = DatabaseFile::to_write(path)?.without_waiting();
            builder(Check::Books).create_with_backend(file)
        });
        let database = match opened {
            Err(error) if is_busy(&error) => return Ok(None),
            Err(error) if is_forbidden(&error) => return Err(read_only(path)),
            opened => opened?,
        };
        let handle = Self::new(path, Opened::Shared(database))?;
        handle.prepare(path)?;
        Ok(Some(handle))
    }

    fn new(path: &Path, opened: Opened) -> Result<Self, StoreError> {
        Ok(Self {
            database: Some(opened),
            identity: identity(path)?,
            line: Line::of(path),
        })
    }

    /// Makes sure that the format is one this release knows, and that all
    /// tables are there.
    fn prepare(&self, path: &Path) -> Result<(), StoreError> {
        // The format comes first: the tables of a later one may be of other
        // types, so that they cannot be opened.
        let found = snapshot::format(path, &self.begin_read(path)?)?;
        if found.is_current(path)? {
            return Ok(());
        }
        if self.is_read_only() {
            return found.may_be_read();
        }
        let transaction = self.begin_write(path)?;
        // Another process may have been first.
        let found = Transaction::new(path, &transaction).into_format()?;
        if !found.is_current(path)? {
            // Format 3 has all that this one has, and nothing is young in it.
            if matches!(found, Format::Known(..3)) {
                migrate::from_format_2(path, &transaction)?;
            }
            let mut writing = Transaction::new(path, &transaction);
            writing.create_tables(FORMAT)?;
            writing.close()?;
        }
        guard(path, || transaction.commit())
    }

    pub(super) fn begin_read(&self, path: &Path) -> Result<ReadTransaction, StoreError> {
        guard(path, || match self.opened() {
            Opened::Shared(database) | Opened::Overlaid(database) => database.begin_read(),
            Opened::Reading(database) | Opened::ReadOnly(database) => database.begin_read(),
        })
    }

    pub(super) fn begin_write(&self, path: &Path) -> Result<WriteTransaction, StoreError> {
        match self.opened() {
            Opened::Shared(database) => guard(path, || self.begin_writing(database)),
            Opened::Reading(_) | Opened::ReadOnly(_) | Opened::Overlaid(_) => Err(read_only(path)),
        }
    }

    /// Begins to write, if nobody else does just now.
    pub(super) fn begin_write_at_once(
        &self,
        path: &Path,
    ) -> Result<Option<WriteTransaction>, StoreError> {
        let Opened::Shared(database) = self.opened() else {
            return Err(read_only(path));
        };
        guard(path, || match database.try_begin_write() {
            Err(TransactionError::WouldBlock) => Ok(None),
            begun => begun.map(Some),
        })
    }

    fn begin_writing(&self, database: &Database) -> Result<WriteTransaction, TransactionError> {
        self.line.give_way();
        match database.try_begin_write() {
            Err(TransactionError::WouldBlock) => {
                let _place = self.line.stand();
                database.begin_write()
            }
            begun => begun,
        }
    }

    /// Whether it was opened to read though it may be written for all that is
    /// known.
    pub(super) fn is_for_reading(&self) -> bool {
        matches!(self.opened(), Opened::Reading(_))
    }

    /// Whether it cannot be written.
    pub(super) fn is_read_only(&self) -> bool {
        matches!(self.opened(), Opened::ReadOnly(_) | Opened::Overlaid(_))
    }

    /// Whether the file is still the one that goes by the name `path`.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        identity(path).is_ok_and(|now| now == self.identity)
    }

    fn opened(&self) -> &Opened {
        self.database.as_ref().expect("it is taken only by drop")
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Closing a damaged database may panic. All that was promised is
        // already on disk.
        let database = self.database.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(database)));
    }
}

fn read_only(path: &Path) -> StoreError {
    StoreError::ReadOnly {
        path: path.to_owned(),
    }
}

/// Opens a database that may not be written.
fn open_read_only(path: &Path) -> Result<Opened, StoreError> {
    let as_it_is = guard(path, || {
        builder(Check::Books).open_read_only_with_backend(DatabaseFile::to_read(path)?)
    });
    if let Ok(database) = as_it_is {
        return Ok(Opened::ReadOnly(database));
    }
    // A process that is gone left it in need of a repair.
    let overlay = Overlay::open(path).at(path)?;
    // No other process sees what is written, so none is locked out.
    let open = || builder_alone().create_with_backend(overlay);
    guard(path, open).map(Opened::Overlaid)
}

fn builder_alone() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

pub(super) fn builder(check: Check) -> Builder {
    let mut builder = Builder::new();
    builder
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .set_cache_size(CACHE)
        .set_check_integrity_on_open(check == Check::Full);
    builder
}

fn identity(path: &Path) -> Result<Option<(u64, u64)>, StoreError> {
    Ok(inode(&std::fs::metadata(path).at(path)?))
}
