//! What the metadata store knows of an artifact.

use super::{metadata::Table, seal, warning::warn_once};
use crate::codec::ArtifactId;

/// The layout of an entry's bytes.
const FORMAT: u8 = 1;

/// The length of a header without the codec's name.
const FIXED: usize = 18;

/// Artifacts up to this many bytes lie in the metadata store. A commit of one
/// takes half as long as with a blob, which takes two more waits for the disk,
/// and reading it back is no slower. Much larger ones would fill the database.
pub(super) const INLINE_LIMIT: usize = 16 << 10;

/// A new artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewArtifact {
    /// Its ID: [`ArtifactId::of`] the codec and the bytes.
    pub id: ArtifactId,
    /// The name of the codec that encoded it.
    pub codec: &'static str,
    /// Its encoded bytes.
    pub bytes: Vec<u8>,
}

/// What the store knows of an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArtifactInfo {
    /// The name of the codec that encoded it.
    pub codec: String,
    /// Its encoded size in bytes.
    pub size: u64,
    /// Whether its bytes lie in the metadata store, and not in a blob.
    pub inline: bool,
}

/// An artifact's entry in the metadata store: a sealed header, then the bytes
/// of a small artifact.
///
/// The header: the format, 1 if the bytes follow, else 0, the size as a
/// little-endian `u64`, the length of the codec's name likewise, the name.
/// The bytes need no checksum: the ID is their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) codec: &'a str,
    pub(super) size: u64,
    /// The bytes of a small artifact, unchecked.
    pub(super) inline: Option<&'a [u8]>,
}

impl NewArtifact {
    /// Whether the bytes go into the metadata store.
    pub(super) fn is_small(&self) -> bool {
        self.bytes.len() <= INLINE_LIMIT
    }

    /// The entry to store.
    pub(super) fn entry(&self) -> Vec<u8> {
        let small = self.is_small();
        let mut header = Vec::with_capacity(64 + if small { self.bytes.len() } else { 0 });
        header.extend([FORMAT, u8::from(small)]);
        header.extend((self.bytes.len() as u64).to_le_bytes());
        header.extend((self.codec.len() as u64).to_le_bytes());
        header.extend(self.codec.as_bytes());
        let mut entry = seal::seal(Table::ARTIFACTS.name(), self.id.as_bytes(), header);
        if small {
            entry.extend_from_slice(&self.bytes);
        }
        entry
    }
}

impl<'a> Entry<'a> {
    /// Reads a stored entry; `None`, with a warning, if its header is damaged
    /// or of another format.
    pub(super) fn read(id: &ArtifactId, stored: &'a [u8]) -> Option<Self> {
        let name = Table::ARTIFACTS.name();
        let entry = Self::parse(stored)
            .filter(|(sealed, _)| seal::open(name, id.as_bytes(), sealed).is_some());
        known(entry.map(|(_, entry)| entry))
    }

    /// Reads a stored entry without its checksum. The codec's name and the
    /// bytes of a small artifact are to be trusted once they give the ID; the
    /// size is not.
    pub(super) fn read_unchecked(stored: &'a [u8]) -> Option<Self> {
        known(Self::parse(stored).map(|(_, entry)| entry))
    }

    /// The sealed header, and what the entry says.
    fn parse(stored: &'a [u8]) -> Option<(&'a [u8], Self)> {
        let ([format, inline], rest) = stored.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let codec = rest.get(..length)?;
        let (sealed, bytes) = stored.split_at_checked(FIXED + length + seal::LENGTH)?;
        let entry = Self {
            codec: std::str::from_utf8(codec).ok()?,
            size: u64::from_le_bytes(*size),
            inline: (*inline == 1).then_some(bytes),
        };
        (*format == FORMAT && entry.fits(bytes)).then_some((sealed, entry))
    }

    fn fits(self, bytes: &[u8]) -> bool {
        self.inline.is_none() || bytes.len() as u64 == self.size
    }

    /// The bytes of a small artifact; `None`, with a warning, if the ID is
    /// another.
    pub(super) fn checked(self, id: &ArtifactId) -> Option<&'a [u8]> {
        let bytes = self.inline?;
        known((ArtifactId::of(self.codec, bytes) == *id).then_some(bytes))
    }

    /// What the entry says of its artifact.
    pub(super) fn info(self) -> ArtifactInfo {
        ArtifactInfo {
            codec: self.codec.to_owned(),
            size: self.size,
            inline: self.inline.is_some(),
        }
    }
}

fn known<T>(read: Option<T>) -> Option<T> {
    if read.is_none() {
        warn_once(&format!(
            "an entry of `{}` in the metadata store is damaged or of another release; \
             the artifact counts as missing",
            Table::ARTIFACTS.name()
        ));
    }
    read
}

/// Keys of the index from artifacts to the calls that gave them.
pub(super) mod lineage {
    use super::ArtifactId;
    use crate::fingerprint::Fingerprint;

    /// The artifact's ID, then the fingerprint.
    pub(in crate::store) fn key(id: &ArtifactId, fingerprint: &Fingerprint) -> [u8; 64] {
        let mut key = [0; 64];
        key[..32].copy_from_slice(id.as_bytes());
        key[32..].copy_from_slice(fingerprint.as_bytes());
        key
    }

    /// The fingerprint at the end of a key.
    pub(in crate::store) fn fingerprint(key: &[u8]) -> Option<Fingerprint> {
        key.last_chunk().copied().map(Fingerprint::from_bytes)
    }
}
