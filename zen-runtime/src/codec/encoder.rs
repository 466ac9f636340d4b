//! Writes the canonical encoding.

use std::{any::type_name, mem, path::PathBuf};

use serde::Serialize;

use super::{
    CodecError, FileHasher, MAX_DEPTH,
    bincode::Output,
    canonical::{self, Shape},
    file, secret,
};

/// What the bytes are for, which decides on what becomes of a `File`, a `Dir`
/// or a `Secret`.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// An artifact: all of them are errors.
    Artifact,
    /// A parameter of a stored pipeline: a path is written, nothing of a secret.
    Parameter,
    /// Another value in this process: a path is written, and so is a secret.
    Copy,
    /// An ID: what is written are the hash of a file's content and the keyed
    /// hash of a secret.
    Id(&'a dyn FileHasher),
}

/// Writes one value, with all that it contains.
pub(super) struct Encoder<'a> {
    output: Output<'a>,
    purpose: Purpose<'a>,
    /// The type whose `serialize` is running.
    pub(super) subject: &'static str,
    depth: usize,
    typed: bool,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(output: Output<'a>, purpose: Purpose<'a>) -> Self {
        Self {
            output,
            purpose,
            subject: "",
            depth: 0,
            typed: false,
        }
    }

    /// Writes a value inside the current one.
    #[inline]
    pub(super) fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        if self.depth == MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        self.subject = type_name::<T>();
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }

    #[inline]
    pub(super) fn output(&mut self) -> &mut Output<'a> {
        &mut self.output
    }

    /// What was written, and whether that is more than the value's bytes.
    ///
    /// # Errors
    /// If something inside failed, and the type's own `Serialize` did not care.
    pub(super) fn finish(self) -> Result<(Output<'a>, bool), CodecError> {
        match self.depth {
            0 => Ok((self.output, self.typed)),
            _ => Err(CodecError::message(
                "the value serializes in part only: its `Serialize` hides an error",
            )),
        }
    }

    pub(super) fn identifies(&self) -> bool {
        matches!(self.purpose, Purpose::Id(_))
    }

    /// Runs `write` with an empty output, and gives what it wrote.
    pub(super) fn aside<R>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<R, CodecError>,
    ) -> Result<(R, Output<'a>), CodecError> {
        let outer = self.swap(Output::new());
        let result = write(self)?;
        Ok((result, self.swap(outer)))
    }

    /// Replaces the output.
    pub(super) fn swap(&mut self, output: Output<'a>) -> Output<'a> {
        mem::replace(&mut self.output, output)
    }

    /// A field that its type leaves out. The ID of a value may do so: nobody
    /// reads it back.
    pub(super) fn skipped(&mut self, field: &'static str) -> Result<(), CodecError> {
        if !self.identifies() {
            return Err(CodecError::SkippedField { field });
        }
        self.typed = true;
        self.output.raw(&canonical::SKIPPED);
        self.text(field.as_bytes())
    }

    pub(super) fn text(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.output.length(bytes.len())?;
        self.output.raw(bytes);
        Ok(())
    }

    /// Notes what a type serializes as, if that does not follow from the type.
    #[inline]
    pub(super) fn shape(&mut self, shape: Shape) {
        if self.identifies() && !canonical::is_plain(self.subject) {
            self.mark(shape, &[]);
        }
    }

    /// As [`Encoder::shape`], for what serializes under a name. The name is the
    /// type's own, or another type's in its stead.
    #[inline]
    pub(super) fn named_shape(&mut self, shape: Shape, name: &str) {
        if self.identifies() && !canonical::is_named(self.subject, name) {
            self.mark(shape, name.as_bytes());
        }
    }

    #[cold]
    pub(super) fn mark(&mut self, shape: Shape, detail: &[u8]) {
        self.typed = true;
        self.output.raw(&[shape as u8]);
        self.output.raw(&(detail.len() as u64).to_le_bytes());
        self.output.raw(detail);
    }

    pub(super) fn path<T: Serialize + ?Sized>(
        &mut self,
        shape: Shape,
        path: &T,
    ) -> Result<(), CodecError> {
        let files = match self.purpose {
            Purpose::Parameter | Purpose::Copy => return self.write(path),
            Purpose::Artifact => None,
            Purpose::Id(files) => Some(files),
        };
        let path = self.path_of(path)?;
        let Some(files) = files else {
            return Err(CodecError::FileInArtifact { path });
        };
        let hashed = match shape {
            Shape::Dir => files.hash_dir(&path),
            _ => files.hash_file(&path),
        };
        let hash = hashed.map_err(|source| CodecError::File { path, source })?;
        self.mark(shape, &hash);
        Ok(())
    }

    /// The path inside a `File`, by way of its encoding: serde tells no types.
    fn path_of<T: Serialize + ?Sized>(&mut self, path: &T) -> Result<PathBuf, CodecError> {
        let purpose = mem::replace(&mut self.purpose, Purpose::Parameter);
        let ((), output) = self.aside(|encoder| encoder.write(path))?;
        self.purpose = purpose;
        let mut bytes = output.into_bytes();
        bytes.drain(..size_of::<u64>().min(bytes.len()));
        file::path_from(bytes)
    }

    /// A secret, veiled: see [`secret`].
    pub(super) fn secret<T: Serialize + ?Sized>(&mut self, veiled: &T) -> Result<(), CodecError> {
        let files = match self.purpose {
            Purpose::Artifact => return Err(CodecError::SecretInArtifact),
            Purpose::Parameter => return Ok(()),
            Purpose::Copy => return secret::revealed(|| self.write(veiled)),
            Purpose::Id(files) => files,
        };
        let key = files.secret_key().map_err(CodecError::SecretKey)?;
        let write = |encoder: &mut Self| secret::revealed(|| encoder.write(veiled));
        let ((), output) = self.aside(write)?;
        let hash = blake3::keyed_hash(&key, &output.into_bytes());
        self.mark(Shape::Secret, hash.as_bytes());
        Ok(())
    }

    pub(super) fn variant(
        &mut self,
        shape: Shape,
        name: &str,
        index: u32,
    ) -> Result<(), CodecError> {
        self.named_shape(shape, name);
        self.output.put(index)
    }

    /// The elements of a hash table in the order of their bytes.
    pub(super) fn ordered<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), CodecError>,
    ) -> Result<(), CodecError> {
        let (mut ranges, output) = self.aside(|encoder| {
            encoder.output.reserve(SCRATCH);
            let mut ranges = Vec::with_capacity(items.size_hint().0);
            for item in items {
                let start = encoder.output.len();
                write(encoder, item)?;
                ranges.push(start..encoder.output.len());
            }
            Ok(ranges)
        })?;
        let bytes = output.into_bytes();
        canonical::sort(&mut ranges, &bytes);
        self.output.length(ranges.len())?;
        self.output.reserve(bytes.len());
        for range in ranges {
            self.output.raw(&bytes[range]);
        }
        Ok(())
    }
}

/// Room enough for most hash tables that are parameters.
const SCRATCH: usize = 256;

#[cold]
fn too_deep() -> CodecError {
    CodecError::TooDeep { limit: MAX_DEPTH }
}
