//! The identity of stored content.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The identity of an artifact: the blake3 hash of its codec's name and its
/// encoded bytes.
///
/// The same content has the same ID wherever it came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ArtifactId([u8; 32]);

/// What sets the hash of an artifact apart from any other.
const DOMAIN: &[u8] = b"zen artifact 1\n";

impl ArtifactId {
    /// The ID of `bytes` encoded by `codec`.
    ///
    /// Hashed as: `"zen artifact 1\n"`, the length of the codec's name as one
    /// little-endian `u64`, the name, the bytes.
    pub fn of(codec: &str, bytes: &[u8]) -> Self {
        let head = DOMAIN.len() + size_of::<u64>() + codec.len();
        let mut whole = [0; 256];
        if let Some(whole) = whole.get_mut(..head + bytes.len()) {
            let (domain, rest) = whole.split_at_mut(DOMAIN.len());
            let (length, rest) = rest.split_at_mut(size_of::<u64>());
            let (name, content) = rest.split_at_mut(codec.len());
            domain.copy_from_slice(DOMAIN);
            length.copy_from_slice(&(codec.len() as u64).to_le_bytes());
            name.copy_from_slice(codec.as_bytes());
            content.copy_from_slice(bytes);
            return Self(*blake3::hash(whole).as_bytes());
        }
        let mut hasher = Self::hasher(codec);
        hasher.update(bytes);
        Self::finish(&hasher)
    }

    /// A hasher that has taken in everything before the bytes, for content
    /// that comes in pieces.
    pub(crate) fn hasher(codec: &str) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new();
        hasher.update(DOMAIN);
        hasher.update(&(codec.len() as u64).to_le_bytes());
        hasher.update(codec.as_bytes());
        hasher
    }

    /// The ID from a hasher begun by [`ArtifactId::hasher`].
    pub(crate) fn finish(hasher: &blake3::Hasher) -> Self {
        Self(*hasher.finalize().as_bytes())
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// An ID from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ArtifactId {
    /// The full ID in 64 hexadecimal digits; `{:#}` gives the first 12.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for ArtifactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArtifactId({self:#})")
    }
}

/// Text that is not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an ID: expected 64 hexadecimal digits")]
pub struct ParseIdError(String);

impl FromStr for ArtifactId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        parse_hex(text).map(Self)
    }
}

/// Writes `bytes` in hexadecimal; the alternate form stops after 12 digits.
pub(crate) fn write_hex(bytes: &[u8; 32], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown = if f.alternate() { 6 } else { bytes.len() };
    bytes[..shown]
        .iter()
        .try_for_each(|byte| write!(f, "{byte:02x}"))
}

/// Reads 64 hexadecimal digits.
pub(crate) fn parse_hex(text: &str) -> Result<[u8; 32], ParseIdError> {
    blake3::Hash::from_hex(text)
        .map(|hash| *hash.as_bytes())
        .map_err(|_| ParseIdError(text.to_owned()))
}
