//! A repository: the metadata and the artifacts of a project, in its `.zen/`.

use std::{
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Store, StoreError};

/// The folder's name.
const FOLDER: &str = ".zen";

/// A repository: everything that zen keeps for a project, in its `.zen/`.
///
/// Cheap to clone; clones share one open store.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let project = tempfile::tempdir()?;
/// # let project = project.path();
/// use zen_runtime::Repository;
///
/// let repo = Repository::open(project)?;
/// assert!(repo.pipelines()?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Repository {
    store: Arc<Store>,
}

impl Repository {
    /// Opens the repository of the project in `path`, and creates it if there
    /// is none. `path` is the folder that holds `.zen/`, or `.zen/` itself.
    ///
    /// # Errors
    /// If the folder cannot be created, or the store in it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let folder = if path.file_name().is_some_and(|name| name == FOLDER) {
            path.to_owned()
        } else {
            path.join(FOLDER)
        };
        Ok(Self {
            store: Store::open(&folder)?,
        })
    }

    /// Opens the repository that calls use when no other is in scope: the one
    /// that `ZEN_REPO` names, else the nearest `.zen/` above the working
    /// directory, else a new one beside the nearest `Cargo.lock`, else a new
    /// one in the working directory.
    ///
    /// # Errors
    /// As [`Repository::open`]; also if the working directory is gone.
    pub fn discover() -> Result<Self, StoreError> {
        if let Some(path) = env::var_os("ZEN_REPO").filter(|path| !path.is_empty()) {
            return Self::open(PathBuf::from(path));
        }
        let working = env::current_dir().map_err(|error| StoreError::io(Path::new("."), error))?;
        Self::open(project_of(&working))
    }

    /// The folder `.zen/`.
    pub fn dir(&self) -> &Path {
        self.store.dir()
    }

    /// Waits until every result that was computed before is durable.
    ///
    /// A call hands its result over and returns; the result is written in the
    /// background, many at a time. This process finds it at once. After this
    /// method has returned, a kill or a loss of power no longer loses it, and
    /// other processes find it.
    ///
    /// The end of a run flushes, and so does the end of the process if it
    /// returns from `main`, panics or calls `std::process::exit`. So this is
    /// for a process that may be killed, or that tells another one to go on.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let project = tempfile::tempdir()?;
    /// use zen_runtime::{Repository, step};
    ///
    /// #[step]
    /// fn double(x: u32) -> u32 {
    ///     x * 2
    /// }
    ///
    /// let repo = Repository::open(project.path())?;
    /// repo.scope(|| double(4));
    /// repo.flush()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If a result that was handed over since the last flush could not be
    /// kept. It was told on standard error, too, and no call is affected.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.store().flush()
    }

    /// The open store; in a forked child one of its own.
    pub(crate) fn store(&self) -> &Arc<Store> {
        self.store.in_this_process()
    }
}

/// The folder above `working` that holds the repository, or should.
fn project_of(working: &Path) -> &Path {
    let above = |wanted: fn(&Path) -> bool| working.ancestors().find(|folder| wanted(folder));
    above(|folder| folder.join(FOLDER).is_dir())
        .or_else(|| above(|folder| folder.join("Cargo.lock").is_file()))
        .unwrap_or(working)
}
