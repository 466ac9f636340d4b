//! From a value to its ID.

use std::{cell::Cell, io, path::Path};

use serde::Serialize;

use super::{
    ArtifactId, BUFFER, CodecError,
    bincode::Output,
    encoder::{Encoder, Purpose},
};

/// The codec name in the ID of a value whose bytes alone do not tell it apart.
const TYPED: &str = "bincode2 typed";

thread_local! {
    /// Taken while in use: hashing a file may well identify another value.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// What tells the content of files and folders, and has the key for secrets.
pub trait FileHasher {
    /// The hash of a file's content.
    ///
    /// # Errors
    /// If the file cannot be read.
    fn hash_file(&self, path: &Path) -> io::Result<[u8; 32]>;

    /// The hash of the names and content of all that is in a folder.
    ///
    /// # Errors
    /// If the folder or something in it cannot be read.
    fn hash_dir(&self, path: &Path) -> io::Result<[u8; 32]>;

    /// The key for the hashes of secrets: random, and the same for all who
    /// share a store.
    ///
    /// # Errors
    /// If there is no such key, or it cannot be read.
    fn secret_key(&self) -> io::Result<[u8; 32]> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The ID of a value.
///
/// It is the ID of the artifact that [`encode`](super::encode) would give, so
/// that a value passed directly and the same value passed from a step are one
/// input. Values that no artifact can hold, or whose bytes do not tell them
/// apart, have an ID of their own kind:
///
/// * a [`File`](super::File) or [`Dir`](super::Dir) counts by the hash that
///   `files` gives, a [`Secret`](super::Secret) by a keyed hash, a field left out by `skip_serializing_if` by its name;
/// * a type outside the standard library that serializes as something else, as
///   `serde_json::Value`, untagged enums and transparent structs do, counts by
///   what it serializes as, too. Otherwise the number `0` and the empty string,
///   which have the same bytes, would be one value.
///
/// # Errors
/// If the type's own `Serialize` fails, the value is nested too deep, or `files`
/// fails.
pub fn identify<T: Serialize + ?Sized>(
    value: &T,
    files: &dyn FileHasher,
) -> Result<ArtifactId, CodecError> {
    let output = Output::hashing(SPARE.take(), BUFFER);
    let mut encoder = Encoder::new(output, Purpose::Id(files));
    encoder.write(value)?;
    let (output, typed) = encoder.finish()?;
    let (id, buffer) = output.into_id();
    SPARE.set(buffer);
    Ok(if typed {
        ArtifactId::of(TYPED, id.as_bytes())
    } else {
        id
    })
}
