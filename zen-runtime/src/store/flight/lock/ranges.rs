//! A flight's lock as a range of bytes.
//!
//! Bits of the fingerprint choose one of [`FILES`] files, `locks/flights-…`, and
//! a zone in it of 2^23 bytes. The files stay, and are empty: a lock may lie
//! where there are no bytes. There are several because the system keeps the locks
//! of a file in a list, and thousands are held while results are on their way to
//! the disk.
//!
//! Nothing is written down, and yet the lock says who holds it. It covers the
//! middle byte of its zone, so that two holders exclude each other; how far it
//! reaches below tells the process, and how far above tells since when:
//!
//! ```text
//! zone:     |. . . . . . . . . . . . . . . .|. . . . . . . . . . . . . . . .|
//!           0                               2^22                           2^23
//! lock:                        [--- pid ---] ^ [--- seconds ---]
//! ```
//!
//! Two fingerprints share a zone if 46 of their bits are the same. In two
//! processes one then waits for the other ([`is_one`]); in one process both are
//! let through, and the first to be over unlocks for both. That costs time, and
//! is never wrong.

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    Attempt, Busy, Held, Lock,
    range::{Range, most_files},
};
use crate::{fingerprint::Fingerprint, store::flight::holder::Holder};

/// How many files there are: more make each lock cheaper while many are held,
/// and take more descriptors. A power of two.
const FILES: usize = 64;

/// What part of the files that a process may have open stays open for locks.
const SHARE_OF_OPEN_FILES: usize = 16;

/// The size of half a zone; each of the two numbers is below it. No process has
/// a greater number on Linux.
const HALF: u64 = 1 << 22;

/// How many zones a file has.
const ZONES: u64 = 1 << 40;

/// The lock files of one store, each opened when it is first needed.
#[derive(Debug)]
pub(super) struct Ranges {
    folder: Arc<Path>,
    /// The open files, by number. Those that are not among them, as this process
    /// may not have many open, are opened for each lock.
    files: Box<[Mutex<Option<Arc<File>>>]>,
}

/// A lock that this process has.
#[derive(Debug)]
pub(super) struct RangeLock {
    file: Arc<File>,
    place: Place,
}

/// Where the lock of a flight lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    file: usize,
    zone: u64,
}

impl Ranges {
    pub(super) fn new(folder: &Arc<Path>) -> Self {
        let kept_open = FILES.min(most_files() / SHARE_OF_OPEN_FILES);
        Self {
            folder: folder.clone(),
            files: (0..kept_open).map(|_| Mutex::default()).collect(),
        }
    }

    pub(super) fn attempt(&self, fingerprint: &Fingerprint) -> io::Result<Attempt> {
        let place = Place::of(fingerprint);
        let file = self.file(place)?;
        if place.range_of(Holder::now()).try_lock(&file)? {
            let lock = Held::Range(RangeLock { file, place });
            return Ok(Attempt::Taken(Lock::new(lock)));
        }
        // What waits has an opening of its own: what comes of a wait that was
        // given up must not unlock for the others.
        Ok(Attempt::Busy(Busy {
            file: open(&self.path(place))?,
            range: Some(place.middle()),
        }))
    }

    pub(super) fn holder(&self, fingerprint: &Fingerprint) -> Option<Holder> {
        let place = Place::of(fingerprint);
        let file = self.file(place).ok()?;
        let range = place.middle().in_the_way(&file).ok()??;
        place.holder_of(range)
    }

    pub(super) fn reopen(&self) {
        for file in &*self.files {
            *lock(file) = None;
        }
    }

    fn file(&self, place: Place) -> io::Result<Arc<File>> {
        let open = || open(&self.path(place)).map(Arc::new);
        let Some(file) = self.files.get(place.file) else {
            return open();
        };
        let mut file = lock(file);
        if let Some(file) = &*file {
            return Ok(file.clone());
        }
        let opened = open()?;
        *file = Some(opened.clone());
        Ok(opened)
    }

    fn path(&self, place: Place) -> PathBuf {
        self.folder.join(format!("flights-{:02x}", place.file))
    }
}

/// Whether two fingerprints have one lock.
pub(super) fn is_one(a: &Fingerprint, b: &Fingerprint) -> bool {
    Place::of(a) == Place::of(b)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true);
    options.create(true).truncate(false).open(path)
}

fn lock(file: &Mutex<Option<Arc<File>>>) -> MutexGuard<'_, Option<Arc<File>>> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    fn of(fingerprint: &Fingerprint) -> Self {
        let bytes = fingerprint.as_bytes();
        let bits = u64::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default());
        Self {
            file: usize::from(bytes[0]) % FILES,
            zone: bits / FILES as u64 % ZONES,
        }
    }

    fn zone(self) -> Range {
        Range {
            start: self.zone * 2 * HALF,
            length: 2 * HALF,
        }
    }

    fn middle(self) -> Range {
        Range {
            start: self.zone().start + HALF,
            length: 1,
        }
    }

    /// What a holder locks. The first byte of a zone never is, so that the
    /// system does not join the locks of two zones.
    fn range_of(self, holder: Holder) -> Range {
        let before = Some(u64::from(holder.pid)).filter(|pid| *pid < HALF);
        let before = before.unwrap_or(0);
        Range {
            start: self.middle().start - before,
            length: before + 1 + holder.since % HALF,
        }
    }

    /// Who locked `range`, if that is known.
    fn holder_of(self, range: Range) -> Option<Holder> {
        let middle = self.middle().start;
        let before = middle.checked_sub(range.start)?;
        let after = range.length.checked_sub(before + 1)?;
        let pid = u32::try_from(before).ok().filter(|pid| *pid != 0)?;
        (before < HALF && after < HALF).then(|| Holder {
            pid,
            since: latest(after, Holder::now().since),
        })
    }
}

/// The latest time until `now` of which `seconds` is what is left of it in a
/// lock. It is `now` if the clock seems to have been set back.
fn latest(seconds: u64, now: u64) -> u64 {
    let ago = (now % HALF + HALF - seconds) % HALF;
    if ago < HALF / 2 { now - ago } else { now }
}

impl RangeLock {
    pub(super) fn unlock(&self) {
        let _ = self.place.zone().unlock(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::{HALF, Place, ZONES, is_one, latest};
    use crate::{fingerprint::Fingerprint, store::flight::holder::Holder};

    fn places() -> impl Iterator<Item = Place> {
        [0, 1, ZONES / 3, ZONES - 1]
            .into_iter()
            .map(|zone| Place { file: 0, zone })
    }

    #[test]
    fn who_holds_a_lock_and_since_when_is_read_off_it() {
        let now = Holder::now().since;
        for place in places() {
            for pid in [1, 7_000, (1 << 22) - 1] {
                for since in [now, now - 1, now - 1_000_000] {
                    let holder = Holder { pid, since };
                    let range = place.range_of(holder);
                    let read = place.holder_of(range).unwrap();
                    assert_eq!(read.pid, pid);
                    // A second may have passed.
                    assert!(read.since.abs_diff(since) <= 1, "{read:?} {holder:?}");
                }
            }
        }
    }

    #[test]
    fn locks_cover_the_middle_of_their_zone_and_touch_no_other() {
        for place in places() {
            for (pid, since) in [(0, 0), (1, 1), ((1 << 22) - 1, HALF - 1), (u32::MAX, 9)] {
                let range = place.range_of(Holder { pid, since });
                let zone = place.zone();
                let middle = place.middle().start;
                assert!(range.start <= middle && middle < range.start + range.length);
                assert!(zone.start < range.start);
                assert!(range.start + range.length <= zone.start + zone.length);
                assert!(i64::try_from(range.start + range.length - 1).is_ok());
            }
        }
    }

    #[test]
    fn what_is_no_lock_of_a_flight_says_nothing() {
        let place = Place { file: 0, zone: 3 };
        let (zone, middle) = (place.zone(), place.middle());
        for range in [zone, middle, Place { file: 0, zone: 4 }.middle()] {
            assert_eq!(place.holder_of(range), None);
        }
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_long_time() {
        assert_eq!(latest(5, 7), 5);
        assert_eq!(latest(HALF - 1, HALF + 2), HALF - 1);
        assert_eq!(latest(9, HALF + 2), HALF + 2);
    }

    #[test]
    fn fingerprints_that_differ_in_their_first_46_bits_have_locks_of_their_own() {
        let of = |bits: u64| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&bits.to_le_bytes());
            Fingerprint::from_bytes(bytes)
        };
        for bit in 0..64 {
            assert_eq!(is_one(&of(0), &of(1 << bit)), bit >= 46, "{bit}");
        }
    }
}
