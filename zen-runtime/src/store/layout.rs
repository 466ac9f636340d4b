//! The folder `.zen/`.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    error::{AtPath, StoreError},
    writer::Writer,
};

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
    locks: Arc<Path>,
    quarantine: PathBuf,
    writer: Writer,
}

impl Layout {
    /// Makes whatever is missing of the store's folder. What is there and may
    /// not be written is left as it is: it can be read.
    pub(super) fn create(root: &Path) -> Result<Self, StoreError> {
        if !root.is_dir() {
            create_owned(root, true).at(root)?;
        }
        let root = root.canonicalize().at(root)?;
        let layout = Self {
            blobs: root.join("blobs"),
            temporary: root.join("tmp"),
            locks: root.join("locks").into(),
            quarantine: root.join("quarantine"),
            writer: Writer::default(),
            root,
        };
        layout.fill()?;
        Ok(layout)
    }

    /// Makes the folder anew that somebody deleted. The one that holds it must
    /// be there still.
    pub(super) fn restore(&self) -> Result<(), StoreError> {
        if !self.root.is_dir() {
            create_owned(&self.root, false).at(&self.root)?;
        }
        self.fill()
    }

    fn fill(&self) -> Result<(), StoreError> {
        for folder in [&*self.blobs, &self.temporary, &self.locks] {
            unless_forbidden(fs::create_dir_all(folder)).at(folder)?;
        }
        write_new(&self.root.join(".gitignore"), b"*\n")?;
        write_new(&self.root.join("CACHEDIR.TAG"), CACHEDIR_TAG)
    }

    /// The store's folder, canonical.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The database file.
    pub(super) fn metadata(&self) -> PathBuf {
        self.root.join("meta.redb")
    }

    /// The key for the hashes of secrets.
    pub(super) fn secret_key(&self) -> PathBuf {
        self.root.join("secret.key")
    }

    /// The file to lock while a damaged database is set aside.
    pub(super) fn recovery_lock(&self) -> PathBuf {
        self.locks.join("recovery")
    }

    /// The folder of finished blobs.
    pub(super) fn blobs(&self) -> &Path {
        &self.blobs
    }

    /// The folder of blobs that are being written.
    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// This process as a writer of blobs.
    pub(super) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The folder of lock files.
    pub(super) fn locks(&self) -> &Arc<Path> {
        &self.locks
    }

    /// The folder of damaged blobs. Made when the first is found.
    pub(super) fn quarantine(&self) -> &Path {
        &self.quarantine
    }
}

/// Makes a folder that only its owner may look into: results may be as private
/// as what they were made from.
fn create_owned(path: &Path, with_parents: bool) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|_| with_parents) {
        fs::create_dir_all(parent)?;
    }
    match owned_folder().create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

#[cfg(unix)]
fn owned_folder() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// The rights are those of the folder that it is in.
#[cfg(not(unix))]
fn owned_folder() -> fs::DirBuilder {
    fs::DirBuilder::new()
}

/// Writes a small file unless it is there.
fn write_new(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    match fs::File::create_new(path) {
        Ok(mut file) => file.write_all(content).at(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => unless_forbidden(Err(error)).at(path),
    }
}

/// A store that may not be written can be read all the same.
fn unless_forbidden(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}
