//! From a call's arguments to its fingerprint.

use std::{borrow::Cow, fmt};

use super::{
    Definition,
    watched::{Watch, WatchedFile},
};
use crate::{
    codec::{self, ArrayRef, ArtifactId, CodecError, FileHasher, Parameter},
    fingerprint::{ArgumentPart, Content, EnvPart, Fingerprint, Origin, Parts},
};

/// Collects the arguments of one call.
pub struct Arguments<'a> {
    files: Watch<'a>,
    generics: Vec<(String, String)>,
    found: Vec<ArgumentPart>,
    error: Option<(&'static str, CodecError)>,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(files: &'a dyn FileHasher, expected: usize) -> Self {
        Self {
            files: Watch::new(files),
            generics: Vec::new(),
            found: Vec::with_capacity(expected),
            error: None,
        }
    }

    /// A type parameter of a generic step.
    pub fn generic(&mut self, name: &'static str, type_name: &str) {
        self.generics.push((name.to_owned(), type_name.to_owned()));
    }

    /// A const parameter of a generic step.
    pub fn generic_value(&mut self, name: &'static str, value: impl fmt::Display) {
        self.generics.push((name.to_owned(), value.to_string()));
    }

    /// An argument that is part of the key.
    pub fn add<T: Parameter + ?Sized>(&mut self, name: &'static str, value: &T) {
        let identified = codec::identify(value, &self.files);
        self.take(name, identified);
    }

    /// An array of any length.
    pub fn add_array<T: Parameter>(&mut self, name: &'static str, value: &[T]) {
        let identified = codec::identify(&ArrayRef(value), &self.files);
        self.take(name, identified);
    }

    fn take(&mut self, name: &'static str, identified: Result<ArtifactId, CodecError>) {
        match identified {
            Ok(id) => self.found.push(ArgumentPart {
                name: Cow::Borrowed(name),
                content: Content::One(id),
                origin: Origin::Parameter,
            }),
            Err(error) => {
                self.error.get_or_insert((name, error));
            }
        }
    }

    pub(super) fn prepare(
        self,
        definition: &'static Definition,
    ) -> Result<PreparedCall, (&'static str, CodecError)> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(PreparedCall::new(
                definition,
                self.generics,
                self.found,
                self.files.into_seen(),
            )),
        }
    }
}

impl fmt::Debug for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arguments")
            .field("generics", &self.generics)
            .field("found", &self.found)
            .finish_non_exhaustive()
    }
}

/// A step and its arguments, ready to be decided on.
#[derive(Clone, Debug)]
pub struct PreparedCall {
    pub(crate) definition: &'static Definition,
    pub(crate) parts: Parts,
    pub(crate) fingerprint: Fingerprint,
    /// The files whose content is part of the key.
    pub(crate) files: Vec<WatchedFile>,
}

impl PreparedCall {
    pub(crate) fn new(
        definition: &'static Definition,
        generics: Vec<(String, String)>,
        arguments: Vec<ArgumentPart>,
        files: Vec<WatchedFile>,
    ) -> Self {
        let parts = Parts {
            step: Cow::Borrowed(definition.name()),
            path: Cow::Borrowed(definition.path()),
            generics,
            source: *definition.source(),
            version: definition.version().map(str::to_owned),
            env: definition
                .env()
                .iter()
                .map(|name| environment(name))
                .collect(),
            arguments,
        };
        Self {
            fingerprint: parts.fingerprint(),
            definition,
            parts,
            files,
        }
    }

    /// The cache key.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What the key is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }
}

fn environment(name: &'static str) -> EnvPart {
    let hash = |value: std::ffi::OsString| *blake3::hash(value.as_encoded_bytes()).as_bytes();
    EnvPart {
        name: Cow::Borrowed(name),
        value: std::env::var_os(name).map(hash),
    }
}
