//! What a fingerprint is made of.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Fingerprint;
use crate::codec::ArtifactId;

/// The version of the key's layout. It is hashed first: a new layout never
/// meets a key of an old one.
pub const SCHEMA: u32 = 1;

/// Everything that decides what a call returns, kept apart so that a miss can
/// name what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The step's name: its path, or the name given by `#[step(name = "...")]`.
    pub step: Cow<'static, str>,
    /// The path of the function, type parameters in place. Equal to `step`
    /// unless the step was named.
    pub path: Cow<'static, str>,
    /// Type and const parameters by name, for a generic step.
    pub generics: Vec<(String, String)>,
    /// The hash of the step's source.
    pub source: [u8; 32],
    /// The version given by `#[step(version = ...)]`.
    pub version: Option<String>,
    /// The environment variables that the step names.
    pub env: Vec<EnvPart>,
    /// The arguments that count, in the order of the function's signature.
    pub arguments: Vec<ArgumentPart>,
}

/// An environment variable as it was at the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvPart {
    /// The variable.
    pub name: Cow<'static, str>,
    /// The hash of its value, `None` if it was not set. Values themselves are
    /// not kept: they may be secret.
    pub value: Option<[u8; 32]>,
}

/// One argument of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentPart {
    /// The name in the function's signature.
    pub name: Cow<'static, str>,
    /// What was passed.
    pub content: Content,
    /// Where the value came from. It tells a changed parameter from a changed
    /// input; it is not hashed: the same content gives the same fingerprint.
    pub origin: Origin,
}

/// The content of an argument.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// One value.
    One(ArtifactId),
    /// A list of handles, each to one element of the value. It is not the same
    /// as the assembled value: its ID is not known without reading every
    /// element.
    List(Vec<ArtifactId>),
}

impl Content {
    /// The IDs, one or many.
    pub fn ids(&self) -> &[ArtifactId] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::List(ids) => ids,
        }
    }
}

/// Where an argument's value came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Passed by value.
    Parameter,
    /// The output of another step.
    Input,
}

/// One thing in which two calls of a step differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Difference {
    /// The step's source.
    Source,
    /// The function has moved: its path is another.
    Path {
        /// The path before.
        before: String,
        /// The path now.
        now: String,
    },
    /// A type or const parameter.
    Generic {
        /// Its name.
        name: String,
    },
    /// The step's `version`.
    Version {
        /// The version before.
        before: Option<String>,
        /// The version now.
        now: Option<String>,
    },
    /// An environment variable.
    Env {
        /// The variable.
        name: String,
    },
    /// A parameter's value.
    Parameter {
        /// Its name.
        name: String,
    },
    /// An input's content.
    Input {
        /// Its name.
        name: String,
    },
    /// The function takes other arguments than it did.
    Signature,
}

impl Parts {
    /// The hash of the parts.
    ///
    /// Every part is preceded by a byte that says what it is, every text and
    /// list by its length as a little-endian `u64`, so that no two different
    /// sets of parts give the same stream. `docs/formats.md` has the layout.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut stream = Stream::new();
        stream.tag(b'n').text(&self.step);
        stream.tag(b'p').text(&self.path);
        stream.tag(b'g').length(self.generics.len());
        for (name, value) in &self.generics {
            stream.text(name).text(value);
        }
        stream.tag(b's').raw(&self.source);
        stream
            .tag(b'v')
            .optional(self.version.as_deref(), |s, version| {
                s.text(version);
            });
        stream.tag(b'e').length(self.env.len());
        for variable in &self.env {
            stream.text(&variable.name);
            stream.optional(variable.value.as_ref(), |s, value| {
                s.raw(value);
            });
        }
        stream.tag(b'a').length(self.arguments.len());
        for argument in &self.arguments {
            stream.argument(argument);
        }
        stream.finish()
    }

    /// How `self` differs from an `earlier` call of the same step, in the order
    /// in which a reader would look: code first, data last.
    pub fn differences(&self, earlier: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        if self.path != earlier.path {
            found.push(Difference::Path {
                before: earlier.path.to_string(),
                now: self.path.to_string(),
            });
        }
        if self.source != earlier.source {
            found.push(Difference::Source);
        }
        if self.version != earlier.version {
            found.push(Difference::Version {
                before: earlier.version.clone(),
                now: self.version.clone(),
            });
        }
        found.extend(changed_generics(&self.generics, &earlier.generics));
        found.extend(changed_env(&self.env, &earlier.env));
        found.extend(changed_arguments(&self.arguments, &earlier.arguments));
        found
    }
}

fn changed_generics(now: &[(String, String)], before: &[(String, String)]) -> Vec<Difference> {
    now.iter()
        .filter(|pair| !before.contains(pair))
        .map(|(name, _)| Difference::Generic { name: name.clone() })
        .collect()
}

fn changed_env(now: &[EnvPart], before: &[EnvPart]) -> Vec<Difference> {
    let added_or_changed = now.iter().filter(|part| !before.contains(part));
    let dropped = before
        .iter()
        .filter(|part| !now.iter().any(|other| other.name == part.name));
    added_or_changed
        .chain(dropped)
        .map(|part| Difference::Env {
            name: part.name.to_string(),
        })
        .collect()
}

fn changed_arguments(now: &[ArgumentPart], before: &[ArgumentPart]) -> Vec<Difference> {
    let names =
        |parts: &[ArgumentPart]| parts.iter().map(|p| p.name.to_string()).collect::<Vec<_>>();
    if names(now) != names(before) {
        return vec![Difference::Signature];
    }
    now.iter()
        .zip(before)
        .filter(|(a, b)| a.content != b.content)
        .map(|(a, _)| match a.origin {
            Origin::Parameter => Difference::Parameter {
                name: a.name.to_string(),
            },
            Origin::Input => Difference::Input {
                name: a.name.to_string(),
            },
        })
        .collect()
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Source => write!(f, "the step's source changed"),
            Self::Path { before, now } => {
                write!(f, "the function moved from `{before}` to `{now}`")
            }
            Self::Generic { name } => write!(f, "the type parameter `{name}` changed"),
            Self::Version { before, now } => {
                let show = |version: &Option<String>| version.clone().unwrap_or("none".to_owned());
                write!(
                    f,
                    "the version changed from {} to {}",
                    show(before),
                    show(now)
                )
            }
            Self::Env { name } => write!(f, "the environment variable `{name}` changed"),
            Self::Parameter { name } => write!(f, "the parameter `{name}` changed"),
            Self::Input { name } => write!(f, "the input `{name}` changed"),
            Self::Signature => write!(f, "the function takes other arguments"),
        }
    }
}

/// The byte stream that is hashed. Filled first and hashed once: blake3 is
/// several times faster on one slice than on many small ones.
struct Stream(Vec<u8>);

impl Stream {
    fn new() -> Self {
        let mut bytes = Vec::with_capacity(512);
        bytes.extend_from_slice(b"zen fingerprint ");
        bytes.extend_from_slice(&SCHEMA.to_le_bytes());
        Self(bytes)
    }

    fn tag(&mut self, tag: u8) -> &mut Self {
        self.0.push(tag);
        self
    }

    fn length(&mut self, length: usize) -> &mut Self {
        self.raw(&(length as u64).to_le_bytes())
    }

    fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.length(text.len()).raw(text.as_bytes())
    }

    fn optional<T>(&mut self, value: Option<T>, some: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            None => {
                self.tag(0);
            }
            Some(value) => some(self.tag(1), value),
        }
        self
    }

    fn argument(&mut self, argument: &ArgumentPart) {
        self.text(&argument.name);
        match &argument.content {
            Content::One(id) => self.tag(b'o').raw(id.as_bytes()),
            Content::List(ids) => self.tag(b'l').length(ids.len()).ids(ids),
        };
    }

    fn ids(&mut self, ids: &[ArtifactId]) -> &mut Self {
        ids.iter()
            .fold(self, |stream, id| stream.raw(id.as_bytes()))
    }

    fn finish(&self) -> Fingerprint {
        Fingerprint::from_bytes(*blake3::hash(&self.0).as_bytes())
    }
}
