//! What goes wrong with a store.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};

/// Why a store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder of the store could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The metadata store refused an operation: it is damaged, locked or on a
    /// file system that lacks what it needs.
    #[error("the metadata store {}: {source}", path.display())]
    Metadata {
        /// The database file.
        path: PathBuf,
        /// What the database said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The metadata store is damaged so that the database gave up on it.
    #[error("the metadata store {} is damaged ({message})", path.display())]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// What the database said.
        message: String,
    },
    /// The store may not be written here. What is in it can be read.
    #[error("the store may be read only: {} cannot be written", path.display())]
    ReadOnly {
        /// The database file.
        path: PathBuf,
    },
    /// The store was made by a newer release.
    #[error(
        "the store has format {found}, and this release knows formats up to {known}; upgrade zen, or name another folder with `ZEN_REPO`"
    )]
    Newer {
        /// The format of the store.
        found: u64,
        /// The newest format that this release knows.
        known: u64,
    },
    /// The store was made by an earlier release, and may not be written.
    #[error(
        "the store has format {found} of an earlier release, and may not be written to bring it to format {known}; open it once where it may be"
    )]
    Older {
        /// The format of the store.
        found: u64,
        /// The format that it would have.
        known: u64,
    },
    /// Results that were handed over could not be written.
    #[error("{} not kept: {first}", results_are(*count))]
    NotKept {
        /// How many since the last flush.
        count: usize,
        /// Why the first one of them is not.
        first: Box<StoreError>,
    },
    /// This process was forked from the one that opened the store, and could
    /// not open it for itself.
    #[error("{} was opened before this process was forked off", path.display())]
    Forked {
        /// The store's folder.
        path: PathBuf,
    },
    /// A record could not be encoded.
    #[error("a record could not be encoded: {source}")]
    Encode {
        /// What the codec said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// A record or document that the codec refused.
    pub(crate) fn encode(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Encode {
            source: source.into(),
        }
    }

    /// An input or output error on `path`.
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

fn results_are(count: usize) -> String {
    match count {
        1 => "a result is".to_owned(),
        count => format!("{count} results are"),
    }
}

/// Names the path in an input or output error.
pub(super) trait AtPath<T> {
    /// The result, with `path` in its error.
    fn at(self, path: &Path) -> Result<T, StoreError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::io(path, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_result_is_and_two_are_not_kept() {
        let not_kept = |count| {
            let first = StoreError::ReadOnly {
                path: "meta".into(),
            };
            let first = Box::new(first);
            StoreError::NotKept { count, first }.to_string()
        };
        assert!(not_kept(1).starts_with("a result is not kept: "));
        assert!(not_kept(2).starts_with("2 results are not kept: "));
    }
}
