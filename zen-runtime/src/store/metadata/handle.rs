//! One opening of the database file.

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
    format::{FORMAT, Format},
    guard::{guard, is_forbidden},
    line::Line,
    migrate,
    overlay::Overlay,
    snapshot,
    transaction::Transaction,
};
use crate::store::{
    StoreError,
    error::AtPath,
    files::inode,
    process::{is_stopped, who_locks},
    slow,
};

/// Memory for pages, in bytes at most: what is read is kept up to this. It holds
/// the pages of some 100,000 records, which a quarter of it does not.
const CACHE: usize = 256 << 20;

/// The byte of the file that redb locks while it writes (`WRITER_BYTE` in its
/// source). Only for telling who does.
const WRITER: u64 = 1 << 62;

/// How much of the file is looked at when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// What opening needs, and the pages that redb must not stumble over.
    Books,
    /// Every page. What can be repaired is.
    Full,
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
    /// The file may not be written.
    ReadOnly(ReadOnlyDatabase),
    /// Nor could it be read as it is; see [`Overlay`].
    Overlaid(Database),
}

impl Handle {
    /// Opens the database, and makes one if there is none. One that may not be
    /// written is opened for reading.
    pub(super) fn open(path: &Path, check: Check) -> Result<Self, StoreError> {
        if check == Check::Books {
            bookkeeping::check(path)?;
        }
        let opened = {
            // Opening may have to wait for a writer too.
            let _told = told(path);
            guard(path, || builder(check).create(path))
        };
        let database = match opened {
            Ok(database) => Opened::Shared(database),
            // Why it may not be written says more than why it may not be read
            // either.
            Err(error) if is_forbidden(&error) => open_read_only(path).map_err(|_| error)?,
            Err(error) if alone::lacks_locks(&error) => Opened::Shared(alone::open(path, check)?),
            Err(error) => return Err(error),
        };
        let handle = Self {
            database: Some(database),
            identity: identity(path)?,
            line: Line::of(path),
        };
        handle.prepare(path)?;
        Ok(handle)
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
            if found != Format::None {
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
            Opened::ReadOnly(database) => database.begin_read(),
        })
    }

    pub(super) fn begin_write(&self, path: &Path) -> Result<WriteTransaction, StoreError> {
        match self.opened() {
            Opened::Shared(database) => guard(path, || self.begin_writing(path, database)),
            Opened::ReadOnly(_) | Opened::Overlaid(_) => Err(StoreError::ReadOnly {
                path: path.to_owned(),
            }),
        }
    }

    /// Begins to write. A wait for another process that writes is told if it
    /// lasts.
    fn begin_writing(
        &self,
        path: &Path,
        database: &Database,
    ) -> Result<WriteTransaction, TransactionError> {
        self.line.give_way();
        match database.try_begin_write() {
            Err(TransactionError::WouldBlock) => {
                let _told = told(path);
                let _place = self.line.stand();
                database.begin_write()
            }
            begun => begun,
        }
    }

    pub(super) fn is_read_only(&self) -> bool {
        !matches!(self.opened(), Opened::Shared(_))
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

/// Tells whom a wait for the database is for, if it lasts.
fn told(path: &Path) -> slow::Waiting {
    let path = path.to_owned();
    slow::waiting(move |lasted| {
        let who = match who_locks(&path, WRITER) {
            Some(pid) if is_stopped(pid) => format!("process {pid}, which is stopped"),
            Some(pid) => format!("process {pid}"),
            None => "another process or thread".to_owned(),
        };
        let lasted = slow::seconds(lasted);
        let path = path.display();
        format!("waiting since {lasted} for the metadata store {path}, held by {who}")
    })
}

/// Opens a database that may not be written.
fn open_read_only(path: &Path) -> Result<Opened, StoreError> {
    let as_it_is = guard(path, || builder(Check::Books).open_read_only(path));
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
