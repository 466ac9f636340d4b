//! Parameters that stand for the content of a file or folder.

use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

/// What a [`File`] serializes as: the encoder looks out for it.
pub(super) const FILE: &str = "$zen::File";
/// What a [`Dir`] serializes as.
pub(super) const DIR: &str = "$zen::Dir";

/// An input file, keyed by content.
///
/// Where a step takes a `File`, it is the content that makes the key: not the
/// path, not the time. A file that was moved or touched gives a hit; one that
/// was edited does not. The content is hashed once and remembered for as long
/// as the file's metadata stays the same, so that a second look at a large file
/// costs next to nothing.
///
/// A step cannot return a `File`: return the content.
///
/// ```
/// # use zen_runtime::File;
/// # fn lines(file: File) -> std::io::Result<usize> {
/// Ok(file.read_to_string()?.lines().count())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct File {
    path: PathBuf,
}

impl File {
    /// The file at `path`, which is looked up when a key is made from it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file for reading.
    ///
    /// # Errors
    /// As [`fs::File::open`].
    pub fn open(&self) -> io::Result<fs::File> {
        fs::File::open(&self.path)
    }

    /// The whole content.
    ///
    /// # Errors
    /// As [`fs::read`].
    pub fn read(&self) -> io::Result<Vec<u8>> {
        fs::read(&self.path)
    }

    /// The whole content as text.
    ///
    /// # Errors
    /// As [`fs::read_to_string`].
    pub fn read_to_string(&self) -> io::Result<String> {
        fs::read_to_string(&self.path)
    }
}

/// An input folder, keyed by the names and the content of everything in it.
///
/// As [`File`]: the folder's own path and all times are no part of the key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dir {
    path: PathBuf,
}

impl Dir {
    /// The folder at `path`, which is looked up when a key is made from it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The path as given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The paths of what is directly inside, in the order of their names.
    ///
    /// # Errors
    /// As [`fs::read_dir`].
    pub fn entries(&self) -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.path)?;
        let mut paths = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort_unstable();
        Ok(paths)
    }
}

macro_rules! path_parameter {
    ($type:ident, $name:expr) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($type)).field(&self.path).finish()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.path.display().fmt(f)
            }
        }

        impl AsRef<Path> for $type {
            fn as_ref(&self) -> &Path {
                &self.path
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct($name, &PathText(&self.path))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer
                    .deserialize_newtype_struct($name, PathVisitor)
                    .map(Self::new)
            }
        }
    };
}

path_parameter!(File, FILE);
path_parameter!(Dir, DIR);

/// A path as text if it is text, else as bytes; both have the same encoding.
struct PathText<'a>(&'a Path);

impl Serialize for PathText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.serialize_bytes(self.0.as_os_str().as_encoded_bytes()),
        }
    }
}

struct PathVisitor;

impl<'de> Visitor<'de> for PathVisitor {
    type Value = PathBuf;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<PathBuf, D::Error> {
        inner.deserialize_bytes(self)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<PathBuf, E> {
        Ok(PathBuf::from(text))
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<PathBuf, E> {
        path_from(bytes.to_vec())
    }
}

/// The path whose encoded bytes these are.
pub(super) fn path_from<E: de::Error>(bytes: Vec<u8>) -> Result<PathBuf, E> {
    os_string(bytes).map(PathBuf::from)
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // other systems refuse what is not text
fn os_string<E: de::Error>(bytes: Vec<u8>) -> Result<OsString, E> {
    Ok(std::os::unix::ffi::OsStringExt::from_vec(bytes))
}

#[cfg(not(unix))]
fn os_string<E: de::Error>(bytes: Vec<u8>) -> Result<OsString, E> {
    String::from_utf8(bytes)
        .map(OsString::from)
        .map_err(|_| de::Error::custom("the path is not text"))
}
