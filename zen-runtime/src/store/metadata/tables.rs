//! The tables by name, and how each lies in the database.

use redb::TableDefinition;

use super::levels::Leveled;

/// Most tables map bytes to bytes: what they mean, and whether they are whole,
/// is for the store to say.
pub(super) type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Short keys to numbers of rows: all of one length, so that a page holds many.
pub(super) type Numbered = Leveled<u64, u64>;

/// Two short keys in one.
pub(super) type Pairs = Leveled<u128, ()>;

/// The values of all tables of the form [`Form::Rows`], in the order in which
/// they came.
pub(super) const ROWS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("rows");

/// A table of the store's own. Whatever its form, it maps bytes to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Table {
    name: &'static str,
    form: Form,
}

/// How a table lies in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Plain,
    /// The keys are hashes, which are in no order: a page of one such table is
    /// changed by as good as every result. So only the beginnings of the keys
    /// are in such a table, with the numbers of rows; the whole keys and the
    /// values are in [`ROWS`], whose pages are filled one after the other. Of two
    /// keys that begin alike the later one counts, which with a billion of them
    /// happens to some three.
    Rows(Kind),
    /// There are no values, and all keys have 16 bytes.
    Pairs,
}

/// What a row is. The number is what it begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Record = 0,
    Artifact = 1,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::Record, Self::Artifact];
}

impl Table {
    /// The store's format version under the empty key.
    pub(in crate::store) const FORMAT: Self = Self::plain("format");
    /// Fingerprint -> record.
    pub(in crate::store) const RECORDS: Self = Self::new("records", Form::Rows(Kind::Record));
    /// Step's name, creation time, fingerprint -> nothing.
    pub(in crate::store) const RECENT: Self = Self::plain("recent");
    /// Artifact ID -> codec, size and the bytes of a small one.
    pub(in crate::store) const ARTIFACTS: Self = Self::new("artifacts", Form::Rows(Kind::Artifact));
    /// Beginnings of an artifact ID and a fingerprint -> nothing.
    pub(in crate::store) const LINEAGE: Self = Self::new("lineage", Form::Pairs);
    /// Device and inode -> hash of a file outside of the store.
    pub(in crate::store) const FILES: Self = Self::plain("files");

    /// Fingerprint -> when and how often its result was used.
    pub(in crate::store) const USAGE: Self = Self::plain("usage");
    /// Artifact ID -> when it was pinned.
    pub(in crate::store) const PINS: Self = Self::plain("pins");

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

    const fn new(name: &'static str, form: Form) -> Self {
        Self { name, form }
    }

    const fn plain(name: &'static str) -> Self {
        Self::new(name, Form::Plain)
    }

    /// Those of sealed values, the collections included.
    pub(in crate::store) fn sealed() -> impl Iterator<Item = Self> {
        let own = [Self::USAGE, Self::PINS, Self::FILES];
        own.into_iter().chain(Collection::ALL.map(Self::of))
    }

    /// The name in the database.
    pub(in crate::store) const fn name(self) -> &'static str {
        self.name
    }

    /// The table that holds a collection.
    pub(in crate::store) const fn of(collection: Collection) -> Self {
        Self::plain(collection.0)
    }

    /// The table of the keys of rows of this kind.
    pub(super) const fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Record => Self::RECORDS,
            Kind::Artifact => Self::ARTIFACTS,
        }
    }

    pub(super) const fn form(self) -> Form {
        self.form
    }

    pub(super) const fn definition(self) -> Definition {
        TableDefinition::new(self.name)
    }

    /// Of a table of rows.
    pub(super) const fn numbered(self) -> Numbered {
        Leveled::new(self.name, self.young())
    }

    /// Of a table of pairs.
    pub(super) const fn pairs(self) -> Pairs {
        Leveled::new(self.name, self.young())
    }

    /// The name of the table of what is young in this one.
    const fn young(self) -> &'static str {
        match self.form {
            Form::Rows(Kind::Record) => "records young",
            Form::Rows(Kind::Artifact) => "artifacts young",
            Form::Pairs | Form::Plain => "lineage young",
        }
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
