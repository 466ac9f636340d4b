//! What can be wrong with a store.

use std::{fmt, path::PathBuf};

use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// Something that is wrong with a store. None of it gives a wrong value: what
/// fails its check counts as absent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// A record does not pass its check.
    DamagedRecord(Fingerprint),
    /// A record names an artifact that the store knows nothing of.
    DanglingRecord {
        /// The record.
        record: Fingerprint,
        /// The artifact.
        artifact: ArtifactId,
    },
    /// What is known of an artifact does not pass its check.
    DamagedEntry(ArtifactId),
    /// The bytes of an artifact are not those of its ID.
    DamagedArtifact(ArtifactId),
    /// The bytes of an artifact are gone.
    MissingBlob(ArtifactId),
    /// A blob that nothing leads to. It takes room and does no harm.
    OrphanBlob(ArtifactId),
    /// A file among the blobs that is none. It is left alone.
    StrangeFile(PathBuf),
    /// An entry of an index leads to no record, or a key of a record or artifact
    /// to none of its own.
    DanglingIndex {
        /// The index.
        table: &'static str,
        /// The entry's key.
        key: Vec<u8>,
    },
    /// A record is not in an index that it should be in.
    NotIndexed {
        /// The index.
        table: &'static str,
        /// The record.
        record: Fingerprint,
    },
    /// A note, a pin, a run, a version of a pipeline or the description of a
    /// source does not pass its check.
    DamagedValue {
        /// The table that it is in.
        table: &'static str,
        /// Its key.
        key: Vec<u8>,
    },
    /// The row of this number is found by no key.
    StrayRow(u64),
    /// The database itself is damaged.
    Database(String),
}

impl Fault {
    /// Whether it only takes room.
    pub fn is_harmless(&self) -> bool {
        matches!(self, Self::OrphanBlob(_) | Self::StrangeFile(_))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DamagedRecord(record) => write!(f, "the record {record:#} is damaged"),
            Self::DanglingRecord { record, artifact } => write!(
                f,
                "the record {record:#} names the artifact {artifact:#}, which is not known"
            ),
            Self::DamagedEntry(id) => write!(f, "the entry of the artifact {id:#} is damaged"),
            Self::DamagedArtifact(id) => write!(f, "the bytes of the artifact {id:#} are damaged"),
            Self::MissingBlob(id) => write!(f, "the bytes of the artifact {id:#} are gone"),
            Self::OrphanBlob(id) => write!(f, "nothing leads to the blob {id:#}"),
            Self::StrangeFile(path) => write!(f, "{} is no blob", path.display()),
            Self::DanglingIndex { table, key } => {
                write!(f, "the entry {} of `{table}` leads nowhere", Key(key))
            }
            Self::NotIndexed { table, record } => {
                write!(f, "the record {record:#} is not in `{table}`")
            }
            Self::DamagedValue { table, key } => {
                write!(f, "the value of {} in `{table}` is damaged", Key(key))
            }
            Self::StrayRow(number) => write!(f, "the row {number} is found by no key"),
            Self::Database(message) => write!(f, "the database is damaged: {message}"),
        }
    }
}

/// The beginning of a key, in a form that can be shown.
struct Key<'a>(&'a [u8]);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(24)];
        write!(f, "`{}`", shown.escape_ascii())
    }
}
