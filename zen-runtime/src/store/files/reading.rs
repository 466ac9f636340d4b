//! Reading a file to hash it.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use super::{Identity, Remembered};

/// How often a file that changes under the reader is read again.
pub(super) const ATTEMPTS: u32 = 3;

/// Hashes the content of a file. A hash is given only for a content that the
/// file had at one time: if it changes meanwhile, it is read again.
pub(super) fn read(path: &Path, now: i128) -> io::Result<Remembered> {
    if !fs::metadata(path)?.is_file() {
        // A pipe would wait for ever, a device might never end.
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    for _ in 0..ATTEMPTS {
        if let Some(read) = attempt(path, now)? {
            return Ok(read);
        }
    }
    Err(changing())
}

/// The error for what changes faster than it can be read.
pub(super) fn changing() -> io::Error {
    io::Error::other("changed while it was read")
}

fn attempt(path: &Path, now: i128) -> io::Result<Option<Remembered>> {
    let file = File::open(path)?;
    let before = Identity::of(&file.metadata()?);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&file)?;
    let after = Identity::of(&file.metadata()?);
    Ok((before == after).then(|| Remembered {
        identity: before,
        hash: *hasher.finalize().as_bytes(),
        read_at: now,
    }))
}
