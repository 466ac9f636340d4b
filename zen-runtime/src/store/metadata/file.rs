//! The database file as redb sees it: a wait for another process is told if it
//! lasts.
//!
//! redb waits for the byte that who writes has locked, and for the header, which is
//! locked for a moment by who reads or writes it. A process that is stopped just
//! then keeps either.

use std::{fs::OpenOptions, io, ops::Bound, path::Path, sync::Arc};

use redb::{BackendError, DatabaseError, StorageBackend, backends::FileBackend};

use crate::store::{
    process::{Sharing, is_stopped, who_locks},
    slow,
};

/// The byte that redb locks while it writes (`WRITER_BYTE` in its source).
const WRITER: Bound<u64> = Bound::Included(1 << 62);

/// A file that tells whom it waits for.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: Arc<Path>,
    file: FileBackend,
    /// Whether it waits for who writes.
    waits: bool,
}

impl DatabaseFile {
    /// Opens the file to read and write, and makes one if there is none.
    pub(super) fn to_write(path: &Path) -> Result<Self, DatabaseError> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false);
        Self::open(path, options)
    }

    /// Opens the file to read.
    pub(super) fn to_read(path: &Path) -> Result<Self, DatabaseError> {
        Self::open(path, &mut OpenOptions::new())
    }

    fn open(path: &Path, options: &mut OpenOptions) -> Result<Self, DatabaseError> {
        Ok(Self {
            path: path.into(),
            file: FileBackend::new(options.read(true).open(path)?)?,
            waits: true,
        })
    }

    /// Gives [`io::ErrorKind::WouldBlock`] rather than wait for who writes.
    pub(super) fn without_waiting(self) -> Self {
        Self {
            waits: false,
            ..self
        }
    }

    /// Tells whom a wait is for, if it lasts.
    fn told(&self, start: Bound<u64>, wanted: Sharing) -> slow::Waiting {
        let path = self.path.clone();
        let start = match start {
            Bound::Included(start) => start,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        slow::waiting(move |lasted| {
            let who = match who_locks(&path, start, wanted) {
                Some(pid) if is_stopped(pid) => format!("process {pid}, which is stopped"),
                Some(pid) => format!("process {pid}"),
                None => "another process or thread".to_owned(),
            };
            let lasted = slow::seconds(lasted);
            let path = path.display();
            format!("waiting since {lasted} for the metadata store {path}, held by {who}")
        })
    }
}

impl StorageBackend for DatabaseFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        if self.file.try_lock_range(start, end)? {
            return Ok(());
        }
        if start == WRITER && !self.waits {
            return Err(BackendError::Io(io::ErrorKind::WouldBlock.into()));
        }
        let _told = self.told(start, Sharing::Exclusive);
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        if self.file.try_lock_shared_range(start, end)? {
            return Ok(());
        }
        let _told = self.told(start, Sharing::Shared);
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
