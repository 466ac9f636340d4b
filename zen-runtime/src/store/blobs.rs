//! Large artifacts, one file each.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    error::{AtPath, StoreError},
    files::Identity,
    layout::Layout,
    verified::Verified,
    warning::warn_once,
};
use crate::codec::ArtifactId;

/// How many bytes are compared at a time.
const COMPARED: usize = 64 << 10;

/// What a blob's file says.
#[derive(Debug)]
pub(super) enum Content {
    /// The bytes, as the ID says they are.
    Whole(Vec<u8>),
    /// There is no such file.
    Missing,
    /// The bytes are not those of the ID. The file has been moved away.
    Damaged,
}

/// `blobs/ab/cdef…`: the ID in hexadecimal, the first byte as a folder.
fn path(layout: &Layout, id: &ArtifactId) -> PathBuf {
    let name = id.to_string();
    let (folder, file) = name.split_at(2);
    layout.blobs().join(folder).join(file)
}

/// Whether a file of the right size is there.
pub(super) fn is_there(layout: &Layout, id: &ArtifactId, size: u64) -> Result<bool, StoreError> {
    let path = path(layout, id);
    match fs::metadata(&path) {
        Ok(found) => Ok(found.is_file() && found.len() == size),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::io(&path, error)),
    }
}

/// Writes a blob unless it is there. When this returns the file is whole and
/// durable under its name; it never shows under that name before it is whole.
pub(super) fn write(layout: &Layout, id: &ArtifactId, bytes: &[u8]) -> Result<(), StoreError> {
    let path = path(layout, id);
    if is_there(layout, id, bytes.len() as u64)? {
        // Nobody has looked at it since it was written, if its database was
        // lost.
        match holds(&path, bytes) {
            Ok(true) => return Ok(()),
            // Cleared away this very moment.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            _ => quarantine(layout, id),
        }
    }
    let folder = path.parent().unwrap_or(layout.blobs());
    if !folder.is_dir() {
        fs::create_dir_all(folder).at(folder)?;
        sync_folder(layout.blobs())?;
    }
    let temporary = layout.temporary();
    let prefix = layout.writer().prefix(layout);
    let mut builder = tempfile::Builder::new();
    let builder = if prefix.is_empty() {
        &mut builder
    } else {
        builder.prefix(&prefix)
    };
    let mut file = builder.tempfile_in(temporary).at(temporary)?;
    file.write_all(bytes).at(file.path())?;
    forbid_writing(file.as_file()).at(file.path())?;
    file.as_file().sync_data().at(file.path())?;
    file.persist(&path)
        .map_err(|failed| failed.error)
        .at(&path)?;
    sync_folder(folder)
}

/// Takes a blob away, and gives the bytes that this frees. One that is not there
/// is none.
///
/// Only inside of a write transaction, and only a blob that no entry names: a
/// writer looks for the blob again inside of the transaction that names it.
pub(super) fn remove(layout: &Layout, id: &ArtifactId) -> Result<u64, StoreError> {
    let path = path(layout, id);
    let size = match fs::symlink_metadata(&path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(StoreError::io(&path, error)),
    };
    match fs::remove_file(&path) {
        Ok(()) => Ok(size),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(StoreError::io(&path, error)),
    }
}

/// The size of a blob; `None` if it is not there.
pub(super) fn size(layout: &Layout, id: &ArtifactId) -> Option<u64> {
    let found = fs::symlink_metadata(path(layout, id)).ok()?;
    Some(found.len())
}

/// When a blob was written; `None` if that cannot be told.
pub(super) fn written(layout: &Layout, id: &ArtifactId) -> Option<SystemTime> {
    fs::symlink_metadata(path(layout, id)).ok()?.modified().ok()
}

/// The files among the blobs.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) blobs: Vec<ArtifactId>,
    /// Those that go by no blob's name.
    pub(super) strange: Vec<PathBuf>,
}

/// Lists the files among the blobs.
pub(super) fn list(layout: &Layout) -> Result<Listing, StoreError> {
    let mut listing = Listing::default();
    for folder in fs::read_dir(layout.blobs()).at(layout.blobs())? {
        let folder = folder.at(layout.blobs())?.path();
        let files = match fs::read_dir(&folder) {
            Ok(files) => files,
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                listing.strange.push(folder);
                continue;
            }
            Err(error) => return Err(StoreError::io(&folder, error)),
        };
        for file in files {
            let file = file.at(&folder)?.path();
            match named_by(&file).filter(|id| path(layout, id) == file) {
                Some(id) => listing.blobs.push(id),
                None => listing.strange.push(file),
            }
        }
    }
    Ok(listing)
}

/// The ID that the last two parts of a path spell.
fn named_by(path: &Path) -> Option<ArtifactId> {
    let folder = path.parent()?.file_name()?.to_str()?;
    let file = path.file_name()?.to_str()?;
    format!("{folder}{file}").parse().ok()
}

/// How a blob's file stands to its ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Its bytes, as many as these, are those of the ID.
    Whole(u64),
    /// There is no such file.
    Missing,
    /// Its bytes are not those of the ID.
    Damaged,
}

/// Hashes a blob, and leaves it as it is.
pub(super) fn check(layout: &Layout, id: &ArtifactId, codec: &str) -> Result<State, StoreError> {
    let path = path(layout, id);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Missing),
        Err(error) => return Err(StoreError::io(&path, error)),
    };
    let mut hasher = ArtifactId::hasher(codec);
    hasher.update_reader(&file).at(&path)?;
    if ArtifactId::finish(&hasher) != *id {
        return Ok(State::Damaged);
    }
    Ok(State::Whole(file.metadata().at(&path)?.len()))
}

/// A blob never changes: an editor or a script should not be able to by
/// accident.
#[cfg(unix)]
fn forbid_writing(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o444))
}

/// Windows can neither rename over nor delete a file that may not be written.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn forbid_writing(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes the names in a folder durable.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .at(folder)
}

/// Windows writes names through its journal and offers no way to wait for it.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync_folder(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Whether a file holds these bytes.
fn holds(path: &Path, mut expected: &[u8]) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; expected.len().min(COMPARED)];
    while !expected.is_empty() {
        let length = file.read(&mut buffer)?;
        match expected.strip_prefix(&buffer[..length]) {
            Some(rest) if length > 0 => expected = rest,
            _ => return Ok(false),
        }
    }
    Ok(file.read(&mut [0])? == 0)
}

/// Reads a blob and checks it against its ID, unless `verified` knows of it.
pub(super) fn read(
    layout: &Layout,
    id: &ArtifactId,
    codec: &str,
    verified: &Verified,
) -> Result<Content, StoreError> {
    let path = path(layout, id);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Content::Missing),
        Err(error) => return Err(StoreError::io(&path, error)),
    };
    let before = Identity::of(&file.metadata().at(&path)?);
    let check = verified.begin(id, before.clone());
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).at(&path)?;
    if check.is_known() {
        return Ok(Content::Whole(bytes));
    }
    if ArtifactId::of(codec, &bytes) == *id {
        let after = Identity::of(&file.metadata().at(&path)?);
        verified.passed(check, &after);
        return Ok(Content::Whole(bytes));
    }
    // Another process may have found it damaged too, and have stored it anew.
    let is_same = |now: fs::Metadata| Identity::of(&now) == before;
    if fs::metadata(&path).is_ok_and(is_same) {
        quarantine(layout, id);
    }
    Ok(Content::Damaged)
}

/// Moves a damaged blob away, so that the artifact counts as missing from now
/// on and can be stored anew. Should that fail, it is found damaged again.
pub(super) fn quarantine(layout: &Layout, id: &ArtifactId) {
    let path = path(layout, id);
    let folder = layout.quarantine();
    let moved =
        fs::create_dir_all(folder).and_then(|()| fs::rename(path, folder.join(id.to_string())));
    let what = match moved {
        Ok(()) => format!("and was moved to {}", folder.display()),
        Err(error) => format!("and cannot be moved to {}: {error}", folder.display()),
    };
    warn_once(&format!("the artifact {id:#} is damaged {what}"));
}
