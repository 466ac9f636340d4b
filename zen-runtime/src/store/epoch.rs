//! How far clearing away has got, for runs that look into a snapshot which they
//! hold.
//!
//! What is cleared away is taken out in one transaction, and in the next one
//! either unlinked or put back, if a run has announced that it looks for it. A
//! number in `locks/gc` grows before the first, between the two, and after the
//! second, when it is a multiple of four.
//!
//! A run that has announced a call reads the number, and looks into a new snapshot
//! if it has grown. So it either is heard, as it announced before the number grew
//! between the two, or it looks into a snapshot that no longer shows what goes.
//! What it does not find while the number is no multiple of four may be put back:
//! it waits for that and looks again.
//!
//! Who clears away holds a lock on the file. If it dies, what it has taken out is
//! gone.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{StoreError, error::AtPath, layout::Layout, slow, warning::warn_once};

/// The name of the file in `locks/`: the number as a little-endian `u64`.
const NAME: &str = "gc";

/// How much the number grows from one batch to the next.
const BATCH: u64 = 4;

/// How much it grows from a batch's beginning to its second transaction.
const BETWEEN: u64 = 2;

/// How often who waits looks again.
const PAUSE: Duration = Duration::from_millis(1);

/// After how long a wait for another process that clears away is told.
const LONG: Duration = Duration::from_secs(1);

/// How long a run waits for what may be put back. A batch takes milliseconds, and
/// seconds where the disk is very busy; a process that was stopped in the middle of
/// one is waited for no longer than this, and once.
const PATIENCE: Duration = Duration::from_secs(30);

/// The number, which only grows as long as the process lives.
#[derive(Debug, Default)]
pub(super) struct Epoch {
    source: RwLock<Source>,
    /// The greatest that this process has seen.
    seen: AtomicU64,
    /// The one that this process has waited for in vain, if it is not 0.
    given_up: AtomicU64,
}

/// Where the number comes from.
#[derive(Debug, Default)]
struct Source {
    /// `None` before it is first asked for. An error if there is no such file and none
    /// can be made: then nobody can clear away anything either.
    file: Option<io::Result<File>>,
    /// What is added to the number in the file: in a new store it begins with 0.
    before: u64,
}

impl Source {
    fn number(&self) -> Option<u64> {
        let file = self.file.as_ref()?;
        let number = file.as_ref().ok().and_then(|file| read(file).ok());
        Some(self.before + number.unwrap_or_default())
    }
}

impl Epoch {
    /// The number now.
    pub(super) fn now(&self, layout: &Layout) -> u64 {
        let source = self.source.read().unwrap_or_else(PoisonError::into_inner);
        let number = source.number();
        drop(source);
        let now = number.unwrap_or_else(|| self.open(layout));
        self.seen.fetch_max(now, Ordering::AcqRel);
        now
    }

    fn open(&self, layout: &Layout) -> u64 {
        let mut source = self.source.write().unwrap_or_else(PoisonError::into_inner);
        source.file.get_or_insert_with(|| open(layout));
        source.number().unwrap_or_default()
    }

    /// Goes on with the file of the store that is there now.
    pub(super) fn reopen(&self) {
        let mut source = self.source.write().unwrap_or_else(PoisonError::into_inner);
        source.file = None;
        source.before = self.seen().next_multiple_of(BATCH) + BATCH;
    }

    /// The greatest number that this process has seen.
    pub(super) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Whether what was not found since the number was `before` may be there
    /// after all. Waits until what goes has gone, and the rest is put back.
    pub(super) fn look_again(&self, layout: &Layout, before: u64) -> bool {
        let started = Instant::now();
        let mut now = self.now(layout);
        let mut told = None;
        while !now.is_multiple_of(BATCH) && now / BATCH == before / BATCH {
            if self.given_up.load(Ordering::Acquire) == now || !is_held(layout) {
                return true;
            }
            if started.elapsed() > PATIENCE {
                self.given_up.store(now, Ordering::Release);
            }
            told.get_or_insert_with(|| tell(layout));
            thread::sleep(PAUSE);
            now = self.now(layout);
        }
        now != before
    }
}

/// Whether what a transaction wrote that began when the number was `begun` may have
/// been cleared away, for a run that sees it to be `now`: a later batch has got so far
/// that it does not hear any more what is announced.
pub(super) fn may_be_cleared(begun: u64, now: u64) -> bool {
    now >= begun.next_multiple_of(BATCH) + BETWEEN
}

/// Clearing away, which one process does at a time.
#[derive(Debug)]
pub(super) struct Clearing(File);

impl Clearing {
    /// Waits until no other process clears away.
    pub(super) fn begin(layout: &Layout) -> Result<Self, StoreError> {
        let path = layout.locks().join(NAME);
        let file = open(layout).at(&path)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(StoreError::io(&path, error)),
            }
            if started.elapsed() > LONG {
                warn_once(&format!(
                    "waiting for another process that clears away in {}",
                    layout.root().display()
                ));
            }
        }
        Self::after_the_last(file).at(&path)
    }

    /// Begins if no other process clears away.
    pub(super) fn begin_at_once(layout: &Layout) -> Result<Option<Self>, StoreError> {
        let path = layout.locks().join(NAME);
        let file = open(layout).at(&path)?;
        match file.try_lock() {
            Ok(()) => Self::after_the_last(file).at(&path).map(Some),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path, error)),
        }
    }

    /// Another one may have been killed in the middle of a batch.
    fn after_the_last(file: File) -> io::Result<Self> {
        let clearing = Self(file);
        clearing.end_batch()?;
        Ok(clearing)
    }

    /// A batch goes on to its next transaction.
    pub(super) fn advance(&self) -> io::Result<()> {
        write(&self.0, read(&self.0)? + 1)
    }

    /// A batch is over.
    pub(super) fn end_batch(&self) -> io::Result<()> {
        write(&self.0, read(&self.0)?.next_multiple_of(BATCH))
    }
}

impl Drop for Clearing {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Tells of a wait for what another process may put back, if it lasts.
fn tell(layout: &Layout) -> slow::Waiting {
    let root = layout.root().display().to_string();
    slow::waiting(move |lasted| {
        let lasted = slow::seconds(lasted);
        format!("waiting since {lasted} for another process that clears away in {root}")
    })
}

/// Whether a process clears away, as far as that can be told.
fn is_held(layout: &Layout) -> bool {
    // Opened anew: a lock goes with the opening.
    let Ok(file) = open(layout) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

fn open(layout: &Layout) -> io::Result<File> {
    let path = layout.locks().join(NAME);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(&path).or_else(|_| File::open(&path))
}

/// The number in a file; 0 in a new one.
fn read(file: &File) -> io::Result<u64> {
    let mut bytes = [0; size_of::<u64>()];
    let length = read_at_start(file, &mut bytes)?;
    Ok(if length == bytes.len() {
        u64::from_le_bytes(bytes)
    } else {
        0
    })
}

#[cfg(unix)]
fn read_at_start(file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, 0)
}

#[cfg(windows)]
fn read_at_start(file: &File, bytes: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, 0)
}

#[cfg(unix)]
fn write(file: &File, number: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, &number.to_le_bytes(), 0)
}

#[cfg(windows)]
fn write(file: &File, number: u64) -> io::Result<()> {
    std::os::windows::fs::FileExt::seek_write(file, &number.to_le_bytes(), 0).map(drop)
}
