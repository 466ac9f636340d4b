//! What tokens refer to: paths, members, macros, files, variables, conditions.

mod around;
mod generics;
mod reader;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{imports::Import, spaces::Spaces, tree::Name};

pub(crate) use reader::Reader;
pub(crate) use text::{is_colons, source, string};

/// Everything that an item's tokens name.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    /// Paths, from their first segment on, and the namespaces in which they may be meant.
    pub(crate) paths: BTreeMap<PathRef, Spaces>,
    /// Those in attributes, whose macros may go on from there.
    pub(crate) given: BTreeSet<PathRef>,
    /// Macros that are called.
    pub(crate) macros: BTreeSet<PathRef>,
    /// What rules call of what they are given: `$name!`.
    pub(crate) given_macros: BTreeSet<Name>,
    /// What follows a `.`, or a `::` that does not begin a path.
    pub(crate) members: BTreeSet<Name>,
    /// Members of type parameters: `T::name`.
    pub(crate) of_parameters: BTreeSet<Name>,
    /// The aliases that it declares, which may stand in a body.
    pub(crate) aliases: BTreeSet<Name>,
    /// The type parameters that hold in it, and in its members.
    pub(crate) parameters: Vec<Name>,
    /// Identifiers in the inputs of macros, which may make members of them.
    pub(crate) inputs: BTreeSet<Name>,
    /// Every identifier.
    pub(crate) words: BTreeSet<Name>,
    /// `use`s inside a body.
    pub(crate) imports: Vec<Import>,
    /// Conditions of `cfg`, as text.
    pub(crate) conditions: BTreeSet<String>,
    /// Variables of `env!` and `option_env!`.
    pub(crate) variables: BTreeSet<String>,
    /// The arguments of `include!`, `include_str!` and `include_bytes!`, and
    /// whether they are Rust.
    pub(crate) files: BTreeMap<String, FileArgument>,
    /// What stands behind each `dyn`: the traits of values whose types are not named.
    pub(crate) dynamic: BTreeSet<PathRef>,
    /// Whether it is given to rules what stands there, so that it may be any trait that
    /// is named.
    pub(crate) dynamic_of_given: bool,
    /// Strings in the inputs of macros.
    pub(crate) texts: BTreeSet<String>,
    /// Whether a macro is given a variable's or a file's name that is not written
    /// there: one of the strings that its callers give it.
    pub(crate) takes_texts: bool,
    /// Whether it matters at which line code stands.
    pub(crate) counts_lines: bool,
}

/// The argument of an `include..!`.
#[derive(Clone, Debug)]
pub(crate) struct FileArgument {
    pub(crate) parts: Vec<FilePart>,
    pub(crate) is_rust: bool,
}

impl FileArgument {
    /// The path, if it is known, as named in the file `beside`, with these values
    /// of variables.
    pub(crate) fn path(
        &self,
        beside: &Path,
        value: impl Fn(&str) -> Option<PathBuf>,
    ) -> Option<PathBuf> {
        let mut path = String::new();
        for part in &self.parts {
            match part {
                FilePart::Text(text) => path.push_str(text),
                FilePart::Variable(name) => path.push_str(value(name)?.to_str()?),
                FilePart::Unknown => return None,
            }
        }
        Some(beside.parent().unwrap_or(Path::new("")).join(path))
    }
}

impl References {
    /// Notes that a path is meant in one of some namespaces.
    pub(crate) fn mean(&mut self, path: PathRef, spaces: Spaces) {
        let known = self.paths.entry(path).or_default();
        *known = *known | spaces;
    }
}

impl PathRef {
    /// A name alone.
    pub(crate) fn of(name: Name) -> Self {
        Self {
            absolute: false,
            segments: vec![name],
        }
    }
}

/// A part of a file's path.
#[derive(Clone, Debug)]
pub(crate) enum FilePart {
    Text(String),
    Variable(String),
    /// Anything else: the path is not known.
    Unknown,
}

/// A path as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PathRef {
    /// Whether it begins with `::`.
    pub(crate) absolute: bool,
    pub(crate) segments: Vec<Name>,
}
