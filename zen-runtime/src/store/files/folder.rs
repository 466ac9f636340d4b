//! The hash of a folder's content.

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use super::{
    Identity,
    reading::{ATTEMPTS, changing},
};

/// One file or folder in a folder.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// The path below the folder, its parts joined by `/`.
    name: Vec<u8>,
    path: PathBuf,
    /// `None` for a folder: its content has entries of its own.
    file: Option<Identity>,
}

/// Hashes the names and the content of everything in the folder `root`; links
/// are followed.
///
/// Hashed: `"zen folder 1\n"`; then for each entry in the order of its name `f`
/// or `d`, the length of the name as a little-endian `u64`, the name, and the
/// hash of a file's content.
pub(super) fn hash(
    root: &Path,
    mut hash_file: impl FnMut(&Path, &Identity) -> io::Result<[u8; 32]>,
) -> io::Result<[u8; 32]> {
    let mut entries = list(root)?;
    for _ in 0..ATTEMPTS {
        let hash = hash_entries(&entries, &mut hash_file)?;
        let after = list(root)?;
        if entries == after {
            return Ok(hash);
        }
        entries = after;
    }
    Err(changing())
}

fn hash_entries(
    entries: &[Entry],
    hash_file: &mut impl FnMut(&Path, &Identity) -> io::Result<[u8; 32]>,
) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"zen folder 1\n");
    for entry in entries {
        hasher.update(if entry.file.is_some() { b"f" } else { b"d" });
        hasher.update(&(entry.name.len() as u64).to_le_bytes());
        hasher.update(&entry.name);
        if let Some(identity) = &entry.file {
            let hash = hash_file(&entry.path, identity).map_err(|e| named(&entry.path, &e))?;
            hasher.update(&hash);
        }
    }
    Ok(*hasher.finalize().as_bytes())
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Everything in the folder, in the order of the names.
fn list(root: &Path) -> io::Result<Vec<Entry>> {
    if !root.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"));
    }
    let mut entries = WalkDir::new(root)
        .min_depth(1)
        .follow_links(true)
        .into_iter()
        .map(|found| entry(root, &found?))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

fn entry(root: &Path, found: &DirEntry) -> io::Result<Entry> {
    let metadata = found.metadata()?;
    let below = found.path().strip_prefix(root).unwrap_or(found.path());
    Ok(Entry {
        name: name(below),
        path: found.path().to_owned(),
        file: (!metadata.is_dir()).then(|| Identity::of(&metadata)),
    })
}

/// The parts of a path joined by `/`, whatever the system's separator.
fn name(below: &Path) -> Vec<u8> {
    let parts: Vec<_> = below.components().map(part).collect();
    parts.join(&b'/')
}

fn part(component: Component<'_>) -> &[u8] {
    component.as_os_str().as_encoded_bytes()
}
