//! zen, as a bare store and as steps.

use std::path::Path;

use zen_runtime::{__private::BareStore, Repository, step};

use crate::system::{System, key, value};

/// The store without steps.
pub(crate) struct Bare(BareStore);

impl Bare {
    pub(crate) fn open(folder: &Path) -> Self {
        Self(BareStore::open(folder).expect("a store"))
    }
}

impl System for Bare {
    fn hit(&mut self, number: u64) {
        let length = self.0.get(&key(number)).expect("a store that can be read");
        assert_eq!(length, Some(200));
    }

    fn keep(&mut self, number: u64) {
        self.0.put(&key(number), &value(number));
    }

    fn flush(&mut self) {
        self.0.flush().expect("all kept");
    }
}

/// A step's calls.
pub(crate) struct Steps(Repository);

#[step]
fn small(number: u64) -> Vec<u8> {
    value(number).to_vec()
}

impl Steps {
    pub(crate) fn open(folder: &Path) -> Self {
        Self(Repository::open(folder).expect("a repository"))
    }
}

impl System for Steps {
    fn hit(&mut self, number: u64) {
        self.keep(number);
    }

    /// A miss makes a lock file and takes it away again, so that to compute all
    /// would take minutes.
    fn records(&self) -> u64 {
        10_000
    }

    fn keep(&mut self, number: u64) {
        assert_eq!(self.0.scope(|| small(number)).len(), 200);
    }

    fn flush(&mut self) {
        self.0.flush().expect("all kept");
    }
}
