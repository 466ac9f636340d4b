//! What the tests of the whole share.

pub mod child;
pub mod fixtures;
pub mod random;
pub mod workspace;

use std::{
    ops::Deref,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use zen_runtime::{Repository, Runner};

/// A repository in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct TestRepository {
    repository: Repository,
    folder: tempfile::TempDir,
}

impl TestRepository {
    /// A new, empty one.
    ///
    /// # Panics
    /// If the folder cannot be made.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repository = Repository::open(folder.path()).expect("a repository");
        Self { repository, folder }
    }

    /// The folder that holds `.zen/`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A runner that tells nothing.
    pub fn quiet(&self) -> Runner {
        self.repository.runner().quiet()
    }
}

impl Default for TestRepository {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for TestRepository {
    type Target = Repository;

    fn deref(&self) -> &Repository {
        &self.repository
    }
}

/// Counts how often a step's body runs.
#[derive(Debug)]
pub struct Count(AtomicUsize);

impl Count {
    /// A count of zero.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// The count so far.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
