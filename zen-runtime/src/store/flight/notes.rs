//! What the computations of a process wait for, written down for others.
//!
//! Only a process in which somebody waits has such a file, `locks/waits-…`, and
//! only those who wait themselves read it. It is no more than a hint: a reader
//! may meet it half written, or out of date.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use super::lock::Locks;
use crate::{
    fingerprint::Fingerprint,
    store::locked::{self, Holder, LockedFile},
};

/// What the names of the files begin with.
pub(in crate::store) const PREFIX: &str = "waits-";

/// The most bytes of a file that are read.
const MOST_BYTES: u64 = 1 << 20;

/// What one process says of its flights in one store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes {
    /// If nothing in the process moves: all that it waits for elsewhere.
    pub(super) stalled_on: Vec<Fingerprint>,
    /// Its flights, and what the computation of each cannot go on without.
    pub(super) flights: Vec<(Fingerprint, Vec<Fingerprint>)>,
}

/// The notes of this process that others can read, until this is dropped.
#[derive(Debug)]
pub(super) struct Published {
    file: LockedFile,
    notes: Notes,
}

impl Notes {
    /// Whether there is nothing to say.
    pub(super) fn is_empty(&self) -> bool {
        self.stalled_on.is_empty() && self.flights.is_empty()
    }

    /// What a flight waits for, if they are those of its process.
    pub(super) fn waits_of(&self, locks: &Locks, flight: &Fingerprint) -> Option<&[Fingerprint]> {
        let mut flights = self.flights.iter();
        flights.find_map(|(noted, waits_for)| {
            let is_it = locks.is_one(noted, flight);
            is_it.then_some(waits_for.as_slice())
        })
    }

    /// Those of all processes that live.
    pub(super) fn of_all(folder: &Path) -> Vec<Self> {
        let files = locked::files(folder, PREFIX).unwrap_or_default();
        let read = |path| match locked::holder(path) {
            Ok(Holder::Alive(file)) => Self::read(file).ok(),
            _ => None,
        };
        files.iter().filter_map(|path| read(path)).collect()
    }

    fn read(file: File) -> io::Result<Self> {
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text)?;
        Ok(Self::parse(&text))
    }

    /// Reads what `Display` wrote. Other lines are passed over.
    fn parse(text: &str) -> Self {
        let mut notes = Self::default();
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        for (name, value) in lines {
            let Ok(fingerprint) = value.parse() else {
                continue;
            };
            match name {
                "stalled-on" => notes.stalled_on.push(fingerprint),
                "flight" => notes.flights.push((fingerprint, Vec::new())),
                "waits-for" => {
                    if let Some((_, waits_for)) = notes.flights.last_mut() {
                        waits_for.push(fingerprint);
                    }
                }
                _ => {}
            }
        }
        notes
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fingerprint in &self.stalled_on {
            writeln!(f, "stalled-on {fingerprint}")?;
        }
        for (flight, waits_for) in &self.flights {
            writeln!(f, "flight {flight}")?;
            for fingerprint in waits_for {
                writeln!(f, "waits-for {fingerprint}")?;
            }
        }
        Ok(())
    }
}

impl Published {
    /// Makes a file for notes in `folder`.
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            file: LockedFile::new(folder, PREFIX)?,
            notes: Notes::default(),
        })
    }

    /// Says this from now on.
    pub(super) fn replace(&mut self, notes: Notes) -> io::Result<()> {
        if self.notes == notes {
            return Ok(());
        }
        if let Some(mut file) = self.file.file() {
            file.set_len(0)?;
            file.write_all(notes.to_string().as_bytes())?;
        }
        self.notes = notes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use super::{Notes, Published};
    use crate::{fingerprint::Fingerprint, store::flight::lock::Locks};

    fn key(byte: u8) -> Fingerprint {
        Fingerprint::from_bytes([byte; 32])
    }

    fn notes() -> Notes {
        Notes {
            stalled_on: vec![key(4)],
            flights: vec![(key(1), vec![key(2), key(3)]), (key(5), vec![])],
        }
    }

    #[test]
    fn notes_are_read_back() {
        assert_eq!(Notes::parse(&notes().to_string()), notes());
        assert_eq!(Notes::parse("waits-for x\nflight\n\0"), Notes::default());
        let orphan = format!("waits-for {}\n", key(1));
        assert_eq!(Notes::parse(&orphan), Notes::default());
    }

    #[test]
    fn notes_are_there_for_others_until_they_are_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut published = Published::new(folder.path()).unwrap();
        for notes in [notes(), Notes::default(), notes()] {
            published.replace(notes.clone()).unwrap();
            assert_eq!(Notes::of_all(folder.path()), [notes]);
        }
        drop(published);
        assert!(Notes::of_all(folder.path()).is_empty());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn the_waits_of_a_flight_are_found() {
        let locks = Locks::new(&Arc::from(Path::new("nowhere")));
        let notes = notes();
        assert_eq!(notes.waits_of(&locks, &key(1)), Some(&[key(2), key(3)][..]));
        assert_eq!(notes.waits_of(&locks, &key(5)), Some(&[][..]));
        assert_eq!(notes.waits_of(&locks, &key(2)), None);
        // It waits for the same lock.
        let mut bytes = [1; 32];
        bytes[31] = 2;
        let shares = notes.waits_of(&locks, &Fingerprint::from_bytes(bytes));
        assert_eq!(shares.is_some(), cfg!(target_os = "linux"));
    }
}
