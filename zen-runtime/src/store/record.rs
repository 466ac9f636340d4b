//! What a call gave.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{StoreError, metadata::Table, seal, warning::warn_once};
use crate::{
    codec::{self, ArtifactId},
    fingerprint::{Fingerprint, Parts},
};

/// The layout of a record's bytes.
const FORMAT: u8 = 1;

/// What a call gave, and everything that its fingerprint was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The call.
    pub fingerprint: Fingerprint,
    /// What the fingerprint is the hash of.
    pub parts: Parts,
    /// The artifacts, in the order of the step's outputs.
    pub outputs: Vec<Output>,
    /// When the result was stored, in milliseconds since 1970.
    pub created: u64,
    /// How long the step's body took.
    pub duration: Duration,
    /// The run that computed it; `None` for a plain call.
    pub run: Option<String>,
}

/// One artifact of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The output's name; empty for a single output.
    pub name: Cow<'static, str>,
    /// The artifact.
    pub id: ArtifactId,
    /// The Rust type of the value.
    pub type_name: String,
    /// The artifact's size in bytes.
    pub size: u64,
}

/// The part of a record that a hit needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The artifacts, in the order of the step's outputs.
    pub outputs: Vec<Output>,
    /// When the result was stored, in milliseconds since 1970.
    pub created: u64,
    /// How long the step's body took.
    pub duration: Duration,
    /// The run that computed it; `None` for a plain call.
    pub run: Option<String>,
    /// Not stored: where the bytes are that were found with it.
    #[serde(skip)]
    pub(super) beside: Beside,
}

/// The bytes of a hit's one, small artifact, checked, if they were found with it:
/// who asks for the value then need not look for them. They are not part of what a
/// hit is.
#[derive(Clone, Default)]
pub(super) struct Beside(Option<Arc<[u8]>>);

impl Beside {
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(Some(bytes.into()))
    }

    pub(super) fn bytes(&self) -> Option<&Arc<[u8]>> {
        self.0.as_ref()
    }
}

impl PartialEq for Beside {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Beside {}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.as_ref().map(|bytes| bytes.len());
        f.debug_tuple("Beside").field(&length).finish()
    }
}

/// The bytes of a record: the format, the length of the head as a little-endian
/// `u32`, the head with its checksum, the parts with theirs.
///
/// The head is what a hit needs. It is checked and decoded on its own, so that
/// a hit does not pay for the parts, which only explanations read.
pub(super) fn encode(record: &Record) -> Result<Vec<u8>, StoreError> {
    let key = record.fingerprint.as_bytes();
    let mut bytes = Vec::with_capacity(USUAL);
    bytes.extend([FORMAT, 0, 0, 0, 0]);
    let head = bytes.len();
    codec::append_own(&mut bytes, &Head::of(record)).map_err(StoreError::encode)?;
    seal::seal_from(HEAD, key, &mut bytes, head);
    let parts = bytes.len();
    codec::append_own(&mut bytes, &record.parts).map_err(StoreError::encode)?;
    seal::seal_from(PARTS, key, &mut bytes, parts);
    let length = u32::try_from(parts - head).map_err(StoreError::encode)?;
    bytes[1..head].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// What most records have room in.
const USUAL: usize = 512;

/// What is encoded as a [`Hit`], where it lies.
#[derive(Serialize)]
struct Head<'a> {
    outputs: &'a [Output],
    created: u64,
    duration: Duration,
    run: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn of(record: &'a Record) -> Self {
        Self {
            outputs: &record.outputs,
            created: record.created,
            duration: record.duration,
            run: record.run.as_deref(),
        }
    }
}

/// What the checksums of the two halves are bound to.
pub(super) const HEAD: &str = "records head";
pub(super) const PARTS: &str = "records parts";

/// The head of a stored record; `None`, with a warning, if it is damaged or of
/// another format.
pub(super) fn decode_hit(fingerprint: &Fingerprint, bytes: &[u8]) -> Option<Hit> {
    known(read_hit(fingerprint, bytes))
}

/// A stored record; `None`, with a warning, if it is damaged or of another
/// format.
pub(super) fn decode(fingerprint: &Fingerprint, bytes: &[u8]) -> Option<Record> {
    known(read(fingerprint, bytes))
}

fn read_hit(fingerprint: &Fingerprint, bytes: &[u8]) -> Option<Hit> {
    let (head, _) = split(bytes)?;
    codec::decode(seal::open(HEAD, fingerprint.as_bytes(), head)?).ok()
}

fn read(fingerprint: &Fingerprint, bytes: &[u8]) -> Option<Record> {
    let hit = read_hit(fingerprint, bytes)?;
    let (_, parts) = split(bytes)?;
    let parts = codec::decode(seal::open(PARTS, fingerprint.as_bytes(), parts)?).ok()?;
    Some(Record {
        fingerprint: *fingerprint,
        parts,
        outputs: hit.outputs,
        created: hit.created,
        duration: hit.duration,
        run: hit.run,
    })
}

/// The sealed head and the sealed parts.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (format, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    (*format == FORMAT)
        .then(|| rest.split_at_checked(length))
        .flatten()
}

fn known<T>(read: Option<T>) -> Option<T> {
    if read.is_none() {
        warn_once(&format!(
            "an entry of `{}` in the metadata store is damaged or of another release; \
             its result is computed again",
            Table::RECORDS.name()
        ));
    }
    read
}

impl Record {
    /// The part that a hit needs.
    pub(super) fn hit(&self) -> Hit {
        Hit {
            outputs: self.outputs.clone(),
            created: self.created,
            duration: self.duration,
            run: self.run.clone(),
            beside: Beside::default(),
        }
    }
}

impl Hit {
    /// The bytes of an artifact of it, if they were found with it.
    pub(super) fn bytes_of(&self, id: &ArtifactId) -> Option<&[u8]> {
        let bytes = self.beside.bytes()?;
        matches!(&self.outputs[..], [output] if output.id == *id).then_some(bytes)
    }

    /// Whether `other` names the same artifacts in the same order.
    pub(super) fn agrees_with(&self, other: &Record) -> bool {
        let ids = self.outputs.iter().map(|output| output.id);
        ids.eq(other.outputs.iter().map(|output| output.id))
    }
}

/// Keys of the index of a step's latest records.
pub(super) mod recent {
    use super::{Fingerprint, Record};

    /// The key of `record`: the step's name, a zero, the time of creation as a
    /// big-endian `u64`, the fingerprint. So a new one comes after all others of
    /// its step, which is where adding it moves nothing.
    pub(in crate::store) fn key(step: &str, created: u64, fingerprint: &Fingerprint) -> Vec<u8> {
        let time = created.to_be_bytes();
        [&prefix(step)[..], &time, fingerprint.as_bytes()].concat()
    }

    /// What the keys of a step begin with. A name may hold a zero itself, so
    /// that another step's keys may begin so too: [`Record::parts`] tell.
    pub(in crate::store) fn prefix(step: &str) -> Vec<u8> {
        [step.as_bytes(), &[0]].concat()
    }

    /// The fingerprint at the end of a key.
    pub(in crate::store) fn fingerprint(key: &[u8]) -> Option<Fingerprint> {
        key.last_chunk().copied().map(Fingerprint::from_bytes)
    }

    impl Record {
        pub(in crate::store) fn recent_key(&self) -> Vec<u8> {
            key(&self.parts.step, self.created, &self.fingerprint)
        }
    }
}
