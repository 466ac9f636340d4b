//! The folder `.zen/`.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::error::{AtPath, StoreError};

/// Marks the folder as one that backups may leave out; the first line is fixed
/// by <https://bford.info/cachedir/>.
const CACHEDIR_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55
# This folder holds results that zen can compute again.
";

/// The paths inside one store.
#[derive(Debug)]
pub(super) struct Layout {
    root: PathBuf,
    blobs: PathBuf,
    temporary: PathBuf,
    quarantine: PathBuf,
}

impl Layout {
    /// Makes whatever is missing of the store's folder.
    pub(super) fn create(root: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(root).at(root)?;
        let root = root.canonicalize().at(root)?;
        let layout = Self {
            blobs: root.join("blobs"),
            temporary: root.join("tmp"),
            quarantine: root.join("quarantine"),
            root,
        };
        for folder in [&layout.blobs, &layout.temporary, &layout.root.join("locks")] {
            fs::create_dir_all(folder).at(folder)?;
        }
        write_new(&layout.root.join(".gitignore"), b"*\n")?;
        write_new(&layout.root.join("CACHEDIR.TAG"), CACHEDIR_TAG)?;
        Ok(layout)
    }

    /// The store's folder, canonical.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The database file.
    pub(super) fn metadata(&self) -> PathBuf {
        self.root.join("meta.redb")
    }

    /// The folder of finished blobs.
    pub(super) fn blobs(&self) -> &Path {
        &self.blobs
    }

    /// The folder of blobs that are being written.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// The folder of damaged blobs. Made when the first is found.
    pub(super) fn quarantine(&self) -> &Path {
        &self.quarantine
    }
}

/// Writes a small file unless it is there.
fn write_new(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    match fs::File::create_new(path) {
        Ok(mut file) => file.write_all(content).at(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::io(path, error)),
    }
}
