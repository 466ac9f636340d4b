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

/// Whether an artifact's bytes are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// They are stored.
    Stored,
    /// They were given up to save room. The ID stands, and whoever needs the
    /// bytes has to compute them again.
    Evicted,
    /// They are gone, or were never there.
    Missing,
}

/// An artifact's entry in the metadata store: a sealed header, then the bytes
/// of a small artifact.
///
/// The header: the format, where the bytes are (a [`Place`]'s number), the size
/// as a little-endian `u64`, the length of the codec's name likewise, the name.
/// The bytes need no checksum: the ID is their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) codec: &'a str,
    pub(super) size: u64,
    pub(super) place: Place<'a>,
}

/// Where an artifact's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// 0: in a blob.
    Blob,
    /// 1: behind the header, unchecked.
    Inline(&'a [u8]),
    /// 2: nowhere. A release that does not know of it looks for a blob, finds
    /// none, and computes the result again.
    Evicted,
}

impl NewArtifact {
    /// Whether the bytes go into the metadata store.
    pub(super) fn is_small(&self) -> bool {
        self.bytes.len() <= INLINE_LIMIT
    }

    /// What the store will know of it.
    pub(super) fn info(&self) -> ArtifactInfo {
        ArtifactInfo {
            codec: self.codec.to_owned(),
            size: self.bytes.len() as u64,
            inline: self.is_small(),
        }
    }

    /// The entry to store.
    pub(super) fn entry(&self) -> Vec<u8> {
        let place = if self.is_small() {
            Place::Inline(&self.bytes)
        } else {
            Place::Blob
        };
        let entry = Entry {
            codec: self.codec,
            size: self.bytes.len() as u64,
            place,
        };
        entry.write(&self.id)
    }
}

impl<'a> Entry<'a> {
    /// The bytes to store.
    pub(super) fn write(self, id: &ArtifactId) -> Vec<u8> {
        let inline = match self.place {
            Place::Inline(bytes) => bytes,
            Place::Blob | Place::Evicted => &[],
        };
        let mut header = Vec::with_capacity(64 + inline.len());
        header.extend([FORMAT, self.place.number()]);
        header.extend(self.size.to_le_bytes());
        header.extend((self.codec.len() as u64).to_le_bytes());
        header.extend(self.codec.as_bytes());
        let mut entry = seal::seal(Table::ARTIFACTS.name(), id.as_bytes(), header);
        entry.extend_from_slice(inline);
        entry
    }

    /// The entry once the bytes have been given up.
    pub(super) fn evicted(self) -> Self {
        Self {
            place: Place::Evicted,
            ..self
        }
    }

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
        let ([format, place], rest) = stored.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let codec = rest.get(..length)?;
        let (sealed, bytes) = stored.split_at_checked(FIXED + length + seal::LENGTH)?;
        let entry = Self {
            codec: std::str::from_utf8(codec).ok()?,
            size: u64::from_le_bytes(*size),
            place: Place::of(*place, bytes),
        };
        (*format == FORMAT && entry.fits()).then_some((sealed, entry))
    }

    fn fits(self) -> bool {
        match self.place {
            Place::Inline(bytes) => bytes.len() as u64 == self.size,
            Place::Blob | Place::Evicted => true,
        }
    }

    /// The bytes of a small artifact; `None`, with a warning, if the ID is
    /// another.
    pub(super) fn checked(self, id: &ArtifactId) -> Option<&'a [u8]> {
        let Place::Inline(bytes) = self.place else {
            return None;
        };
        known((ArtifactId::of(self.codec, bytes) == *id).then_some(bytes))
    }

    /// What the entry says of its artifact.
    pub(super) fn info(self) -> ArtifactInfo {
        ArtifactInfo {
            codec: self.codec.to_owned(),
            size: self.size,
            inline: matches!(self.place, Place::Inline(_)),
        }
    }
}

impl<'a> Place<'a> {
    fn of(number: u8, bytes: &'a [u8]) -> Self {
        match number {
            1 => Self::Inline(bytes),
            2 => Self::Evicted,
            _ => Self::Blob,
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Blob => 0,
            Self::Inline(_) => 1,
            Self::Evicted => 2,
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

    /// How much of an artifact's ID a key begins with. With as many artifacts as
    /// fit on a disk it is unlikely that two have it in common; then one of them
    /// counts as named for as long as the other one is.
    const ID: usize = 8;

    /// How much of a fingerprint a key ends with.
    const CALL: usize = 8;

    /// The beginning of the artifact's ID, then that of the fingerprint.
    pub(in crate::store) fn key(id: &ArtifactId, fingerprint: &Fingerprint) -> [u8; ID + CALL] {
        let mut key = [0; ID + CALL];
        key[..ID].copy_from_slice(prefix(id));
        key[ID..].copy_from_slice(&fingerprint.as_bytes()[..CALL]);
        key
    }

    /// What the keys of an artifact begin with.
    pub(in crate::store) fn prefix(id: &ArtifactId) -> &[u8] {
        &id.as_bytes()[..ID]
    }

    /// The beginning of the fingerprint in a key.
    pub(in crate::store) fn call(key: &[u8]) -> Option<&[u8]> {
        key.last_chunk::<CALL>().map(|call| &call[..])
    }
}
