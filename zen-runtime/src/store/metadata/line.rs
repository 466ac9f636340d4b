//! Who waits to write goes before who has just written.
//!
//! The database's own lock goes to whoever asks first once it is free. A process
//! that writes without pause asks again at once, before the system has woken the
//! one that waits, which may so wait for seconds. So who waits says it, by a
//! shared lock on `locks/line`, and who is about to write first gives way to it.
//!
//! This is no more than good manners: it ends after [`MANNERS`], in case that the
//! one who waits was stopped, and where there are no locks there are none.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

/// How long a process gives way at most: the system has woken the other one by
/// then, be it busy.
const MANNERS: Duration = Duration::from_millis(20);

/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_micros(500);

/// How often a place is asked for.
const TRIES: u32 = 20;

/// Those who wait to write to one database.
#[derive(Debug)]
pub(super) struct Line {
    path: PathBuf,
    /// To look who is there; `None` inside if it cannot be opened.
    file: OnceLock<Option<File>>,
}

/// A place in the line, until this is dropped.
#[derive(Debug)]
pub(super) struct Place(File);

impl Line {
    /// That of the database at `path`.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.with_file_name("locks").join("line"),
            file: OnceLock::new(),
        }
    }

    /// Says that somebody waits. `None` if that cannot be said.
    pub(super) fn stand(&self) -> Option<Place> {
        // A lock belongs to what was opened: each needs its own.
        let file = self.open()?;
        // One that gives way has it for a moment, or, if it was stopped just then,
        // for long.
        let taken = (0..TRIES).any(|_| match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                thread::sleep(LOOK);
                false
            }
            taken => taken.is_ok(),
        });
        taken.then_some(Place(file))
    }

    /// Lets those who wait go first.
    pub(super) fn give_way(&self) {
        self.give_way_for(MANNERS);
    }

    fn give_way_for(&self, at_most: Duration) {
        let Some(file) = self.file.get_or_init(|| self.open()) else {
            return;
        };
        let until = Instant::now() + at_most;
        while is_anybody_in(file) && Instant::now() < until {
            thread::sleep(LOOK);
        }
    }

    fn open(&self) -> Option<File> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true);
        options.create(true).truncate(false).open(&self.path).ok()
    }
}

fn is_anybody_in(file: &File) -> bool {
    match file.try_lock() {
        Ok(()) => {
            let _ = file.unlock();
            false
        }
        Err(TryLockError::WouldBlock) => true,
        // There are no locks here.
        Err(TryLockError::Error(_)) => false,
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Not left to closing: a child that is just being started may have the
        // file open too.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        thread,
        time::Duration,
    };

    use super::Line;

    const LONG: Duration = Duration::from_mins(10);

    /// Two processes' views of one line.
    fn two() -> (tempfile::TempDir, Line, Line) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("locks")).unwrap();
        let line = || Line::of(&folder.path().join("meta.redb"));
        let (one, other) = (line(), line());
        (folder, one, other)
    }

    #[test]
    fn who_waits_goes_first() {
        let (_folder, one, other) = two();
        let gone = AtomicBool::new(false);
        let places = [one.stand().unwrap(), one.stand().unwrap()];
        thread::scope(|scope| {
            let gave_way = scope.spawn(|| {
                other.give_way_for(LONG);
                gone.load(Ordering::SeqCst)
            });
            gone.store(true, Ordering::SeqCst);
            drop(places);
            assert!(gave_way.join().unwrap());
        });
    }

    #[test]
    fn nobody_is_waited_for_where_nobody_waits() {
        let (folder, one, other) = two();
        one.give_way_for(LONG);
        drop(other.stand());
        one.give_way_for(LONG);
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(one.stand().is_none());
        Line::of(&folder.path().join("meta.redb")).give_way_for(LONG);
    }

    #[test]
    fn who_stays_in_the_line_is_not_waited_for_for_ever() {
        let (_folder, one, other) = two();
        let _place = one.stand().unwrap();
        other.give_way_for(Duration::from_millis(1));
    }
}
