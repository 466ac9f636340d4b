//! What is measured: anything that keeps values by key.

use std::path::Path;

use crate::zen::{Bare, Steps};

/// How many records most systems hold before they are measured.
const RECORDS: u64 = 100_000;

/// A store, open in one process.
pub(crate) trait System {
    /// Reads a value that is there.
    fn hit(&mut self, number: u64);

    /// Keeps a new value.
    fn keep(&mut self, number: u64);

    /// Keeps many new values, as fast as can be.
    fn fill(&mut self, numbers: std::ops::Range<u64>) {
        numbers.for_each(|number| self.keep(number));
    }

    /// How many records are there before.
    fn records(&self) -> u64 {
        RECORDS
    }

    /// Waits until all of them are kept as safely as the system does.
    fn flush(&mut self) {}
}

/// The names of all systems; the first is what others are compared to.
#[cfg(feature = "peers")]
pub(crate) const ALL: &[&str] = &[
    "zen store",
    "zen steps",
    "LMDB",
    "SQLite WAL",
    "LMDB durable",
    "SQLite durable",
];

/// The names of all systems.
#[cfg(not(feature = "peers"))]
pub(crate) const ALL: &[&str] = &["zen store", "zen steps"];

pub(crate) fn open(name: &str, folder: &Path) -> Box<dyn System> {
    match name {
        "zen store" => Box::new(Bare::open(folder)),
        "zen steps" => Box::new(Steps::open(folder)),
        #[cfg(feature = "peers")]
        "LMDB" | "LMDB durable" => {
            Box::new(crate::lmdb::Lmdb::open(folder, name == "LMDB durable"))
        }
        #[cfg(feature = "peers")]
        "SQLite WAL" | "SQLite durable" => Box::new(crate::sqlite::Sqlite::open(
            folder,
            name == "SQLite durable",
        )),
        other => panic!("no system {other}"),
    }
}

/// The key of a number: looks like a hash.
pub(crate) fn key(number: u64) -> [u8; 32] {
    let mut key = [0; 32];
    let mut state = number;
    for word in key.chunks_exact_mut(8) {
        word.copy_from_slice(&next(&mut state).to_le_bytes());
    }
    key
}

/// The value of a number.
pub(crate) fn value(number: u64) -> [u8; 200] {
    let mut value = [7; 200];
    value[..8].copy_from_slice(&number.to_le_bytes());
    value
}

/// A number at random (splitmix64).
pub(crate) fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
