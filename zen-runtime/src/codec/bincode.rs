//! The layout of single values, and the only module that names bincode.
//!
//! bincode 2.0.1 is the last release that works; to leave it is to replace this
//! module, under another codec name. Containers are not read by bincode itself:
//! it allocates what a length says before it looks whether the bytes are there.

use bincode::{
    Decode, Encode,
    config::{self, Configuration, Fixint, LittleEndian, NoLimit},
    de::{DecoderImpl, read::Reader},
    enc::{EncoderImpl, write::Writer},
    error::{DecodeError, EncodeError},
};
use serde::Serialize;

use super::{ArtifactId, CodecError};

/// The name of the codec, stored with every artifact.
pub const BINCODE: &str = "bincode2";

type Layout = Configuration<LittleEndian, Fixint, NoLimit>;

const fn layout() -> Layout {
    config::standard()
        .with_little_endian()
        .with_fixed_int_encoding()
        .with_no_limit()
}

/// Where encoded bytes go.
pub(super) struct Output<'a> {
    buffer: Vec<u8>,
    full: Full<'a>,
}

/// What happens when the buffer is full.
enum Full<'a> {
    /// It grows.
    Grow,
    /// Its bytes are hashed and dropped.
    Hash(Option<Box<blake3::Hasher>>),
    /// Its bytes are compared with these, and dropped; `None` if they differed.
    Compare(Option<&'a [u8]>),
}

impl<'a> Output<'a> {
    /// Keeps all bytes.
    pub(super) const fn new() -> Self {
        Self {
            buffer: Vec::new(),
            full: Full::Grow,
        }
    }

    /// Hashes the bytes whenever `size` of them are in `buffer`.
    pub(super) fn hashing(mut buffer: Vec<u8>, size: usize) -> Self {
        buffer.clear();
        buffer.reserve(size);
        Self {
            buffer,
            full: Full::Hash(None),
        }
    }

    /// Compares the bytes with `expected` whenever there are `size` of them.
    pub(super) fn comparing(expected: &'a [u8], size: usize) -> Self {
        Self {
            buffer: Vec::with_capacity(size),
            full: Full::Compare(Some(expected)),
        }
    }

    /// Writes a number, a `bool` or a `char`.
    #[inline]
    pub(super) fn put<T: Encode>(&mut self, value: T) -> Result<(), CodecError> {
        value
            .encode(&mut EncoderImpl::new(self, layout()))
            .map_err(|error| unencodable(&error))
    }

    /// Writes the number of elements that follow.
    #[inline]
    pub(super) fn length(&mut self, length: usize) -> Result<(), CodecError> {
        self.put(length as u64)
    }

    /// Writes `bytes` as they are.
    #[inline]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        if self.buffer.capacity() - self.buffer.len() < bytes.len() {
            self.overflow(bytes);
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    #[cold]
    fn overflow(&mut self, bytes: &[u8]) {
        if self.full.take(&self.buffer) {
            self.buffer.clear();
        }
        let fits = bytes.len() <= self.buffer.capacity();
        if fits || !self.full.take(bytes) {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Makes room for `additional` bytes, where the buffer grows.
    pub(super) fn reserve(&mut self, additional: usize) {
        if matches!(self.full, Full::Grow) {
            self.buffer.reserve(additional);
        }
    }

    /// The number of bytes in the buffer.
    pub(super) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// The bytes kept.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.buffer
    }

    /// The ID of an artifact of the bytes written, and the buffer, to be used
    /// again.
    pub(super) fn into_id(self) -> (ArtifactId, Vec<u8>) {
        let id = match self.full {
            Full::Hash(Some(mut hasher)) => ArtifactId::finish(hasher.update(&self.buffer)),
            _ => ArtifactId::of(BINCODE, &self.buffer),
        };
        (id, self.buffer)
    }

    /// Whether the bytes written are those expected.
    pub(super) fn compare(mut self) -> bool {
        self.full.take(&self.buffer);
        matches!(self.full, Full::Compare(Some([])))
    }
}

impl Full<'_> {
    /// Takes the next bytes, unless they are to be kept.
    fn take(&mut self, bytes: &[u8]) -> bool {
        match self {
            Self::Grow => return false,
            Self::Hash(hasher) => {
                hasher
                    .get_or_insert_with(|| Box::new(ArtifactId::hasher(BINCODE)))
                    .update(bytes);
            }
            Self::Compare(expected) => {
                *expected = expected.and_then(|expected| expected.strip_prefix(bytes));
            }
        }
        true
    }
}

impl Writer for Output<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.raw(bytes);
        Ok(())
    }
}

/// Adds the bytes that [`encode`](super::encode()) gives, for a value of one of our own
/// types, in which there is no set, map, file or secret to look for.
pub(crate) fn append_own<T: Serialize + ?Sized>(
    bytes: &mut Vec<u8>,
    value: &T,
) -> Result<(), CodecError> {
    bincode::serde::encode_into_std_write(value, bytes, layout())
        .map(drop)
        .map_err(|error| unencodable(&error))
}

#[cold]
fn unencodable(error: &EncodeError) -> CodecError {
    CodecError::Message(format!("cannot encode the value: {error}"))
}

/// Where encoded bytes come from.
pub(super) struct Input<'de> {
    rest: &'de [u8],
}

impl<'de> Input<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads a number, a `bool` or a `char`.
    #[inline]
    pub(super) fn get<T: Decode<()>>(&mut self) -> Result<T, CodecError> {
        T::decode(&mut DecoderImpl::new(self, layout(), ())).map_err(undecodable)
    }

    /// The next `length` bytes as they are.
    #[inline]
    pub(super) fn raw(&mut self, length: usize) -> Result<&'de [u8], CodecError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(CodecError::UnexpectedEnd)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Reads a number of elements, which is not to be trusted.
    #[inline]
    pub(super) fn length(&mut self) -> Result<usize, CodecError> {
        usize::try_from(self.get::<u64>()?).map_err(|_| CodecError::UnexpectedEnd)
    }

    /// All bytes not read yet.
    pub(super) fn rest(&self) -> &'de [u8] {
        self.rest
    }

    /// The number of bytes not read yet.
    #[inline]
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }
}

impl Reader for Input<'_> {
    #[inline]
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), DecodeError> {
        let Some((taken, rest)) = self.rest.split_at_checked(bytes.len()) else {
            let additional = bytes.len() - self.rest.len();
            return Err(DecodeError::UnexpectedEnd { additional });
        };
        bytes.copy_from_slice(taken);
        self.rest = rest;
        Ok(())
    }

    #[inline]
    fn peek_read(&mut self, count: usize) -> Option<&[u8]> {
        self.rest.get(..count)
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }
}

#[cold]
fn undecodable(error: DecodeError) -> CodecError {
    match error {
        DecodeError::UnexpectedEnd { .. } => CodecError::UnexpectedEnd,
        DecodeError::InvalidBooleanValue(found) => {
            CodecError::Message(format!("the byte {found} is not a `bool`"))
        }
        DecodeError::InvalidCharEncoding(_) => CodecError::message("the bytes are not a `char`"),
        other => CodecError::Message(format!("cannot decode the bytes: {other}")),
    }
}
