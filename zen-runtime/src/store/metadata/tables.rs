//! The tables by name.

use redb::TableDefinition;

/// Every table maps bytes to bytes: what they mean, and whether they are whole,
/// is for the store to say.
pub(super) type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// A table of the store's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Table(&'static str);

impl Table {
    /// The store's format version under the empty key.
    pub(in crate::store) const FORMAT: Self = Self("format");
    /// Fingerprint -> record.
    pub(in crate::store) const RECORDS: Self = Self("records");
    /// Step's name, creation time counted downwards, fingerprint -> nothing.
    pub(in crate::store) const RECENT: Self = Self("recent");
    /// Artifact ID -> codec, size and the bytes of a small one.
    pub(in crate::store) const ARTIFACTS: Self = Self("artifacts");
    /// Artifact ID, fingerprint -> nothing.
    pub(in crate::store) const LINEAGE: Self = Self("lineage");
    /// Device and inode -> hash of a file outside of the store.
    pub(in crate::store) const FILES: Self = Self("files");

    /// Fingerprint -> when and how often its result was used.
    pub(in crate::store) const USAGE: Self = Self("usage");
    /// Artifact ID -> when it was pinned.
    pub(in crate::store) const PINS: Self = Self("pins");

    /// All of them; they are made with the database.
    pub(in crate::store) const ALL: [Self; 8] = [
        Self::FORMAT,
        Self::RECORDS,
        Self::RECENT,
        Self::ARTIFACTS,
        Self::LINEAGE,
        Self::FILES,
        Self::USAGE,
        Self::PINS,
    ];

    /// Those of sealed values, the collections included.
    pub(in crate::store) fn sealed() -> impl Iterator<Item = Self> {
        let own = [Self::USAGE, Self::PINS, Self::FILES];
        own.into_iter().chain(Collection::ALL.map(Self::of))
    }

    /// The name in the database.
    pub(in crate::store) const fn name(self) -> &'static str {
        self.0
    }

    /// The table that holds a collection.
    pub(in crate::store) const fn of(collection: Collection) -> Self {
        Self(collection.0)
    }

    pub(super) const fn definition(self) -> Definition {
        TableDefinition::new(self.0)
    }
}

/// A set of documents by key, for the rooms above the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Collection(&'static str);

impl Collection {
    /// Versions of pipelines.
    pub(crate) const PIPELINES: Self = Self("pipelines");
    /// Runs.
    pub(crate) const RUNS: Self = Self("runs");
    /// What the source of a step consists of, by its hash.
    pub(crate) const SOURCES: Self = Self("sources");

    /// All of them.
    pub(in crate::store) const ALL: [Self; 3] = [Self::PIPELINES, Self::RUNS, Self::SOURCES];

    /// The name in the database.
    pub(crate) const fn name(self) -> &'static str {
        self.0
    }
}
