//! Why a value did not become bytes, or bytes a value.

use std::{fmt, io, path::PathBuf};

/// Why a value did not become bytes, or bytes a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The value, or its type's own serialization, says no.
    #[error("{0}")]
    Message(String),

    /// A [`File`](super::File) or [`Dir`](super::Dir) inside an artifact.
    #[error(
        "the value holds the path `{path}`, and an artifact must hold its content: \
         return the content, or a plain `PathBuf`"
    )]
    FileInArtifact {
        /// The path of the file or folder.
        path: PathBuf,
    },

    /// A [`Secret`](super::Secret) inside an artifact.
    #[error(
        "the value holds a secret, and an artifact is stored as it is: \
         return what may be known"
    )]
    SecretInArtifact,

    /// The key for the hashes of secrets cannot be had.
    #[error("the store's key for secrets cannot be used: {0}")]
    SecretKey(io::Error),

    /// A [`Secret`](super::Secret) in bytes that were stored.
    #[error("the value of a secret is not stored")]
    SecretNotStored,

    /// An input file that cannot be read.
    #[error("cannot read the input `{path}`")]
    File {
        /// The path of the file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A field left out by `#[serde(skip_serializing_if = "..")]`.
    #[error(
        "the field `{field}` is left out when it is empty, and could not be read back: \
         remove `skip_serializing_if` from it"
    )]
    SkippedField {
        /// The name of the field.
        field: &'static str,
    },

    /// More nested values than the stack may hold.
    #[error("the value is nested too deep: at most {limit} values may contain one another")]
    TooDeep {
        /// How many are allowed.
        limit: usize,
    },

    /// Bytes that end in the middle of the value.
    #[error("the bytes end before the value does")]
    UnexpectedEnd,

    /// Bytes after the value.
    #[error("{count} bytes are left over after the value")]
    TrailingBytes {
        /// How many.
        count: usize,
    },

    /// More empty elements than there can be.
    #[error("more than {limit} elements that take no bytes")]
    TooManyEmpty {
        /// How many are allowed.
        limit: usize,
    },

    /// A type that asks the bytes what they are.
    #[error(
        "the type can be read only from a format that describes itself, such as JSON: \
         `untagged`, `tag`, `flatten` and values of any type need one. \
         Use a plain struct or enum, or store it as JSON text"
    )]
    NotSelfDescribing,

    /// A value that is stored, but would not be found again.
    #[error("a `{type_name}` cannot be read back from its own bytes")]
    Unreadable {
        /// The type of the value.
        type_name: &'static str,
        /// What reading them gave.
        source: Box<CodecError>,
    },

    /// A value that is not the same after it was stored.
    #[error(
        "a `{type_name}` read back from its bytes is another value: \
         its `Serialize` and `Deserialize` do not agree"
    )]
    Changed {
        /// The type of the value.
        type_name: &'static str,
    },
}

impl CodecError {
    /// An error in the caller's words.
    pub fn message(text: impl Into<String>) -> Self {
        Self::Message(text.into())
    }
}

impl serde::ser::Error for CodecError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Message(text.to_string())
    }
}

impl serde::de::Error for CodecError {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::Message(text.to_string())
    }
}
