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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::{ArgumentPart, Content, EnvPart, Origin, Parts};
    use crate::codec::ArtifactId;

    fn id(byte: u8) -> ArtifactId {
        ArtifactId::from_bytes([byte; 32])
    }

    fn argument(name: &str, content: Content, origin: Origin) -> ArgumentPart {
        ArgumentPart {
            name: name.to_owned().into(),
            content,
            origin,
        }
    }

    fn parts() -> Parts {
        Parts {
            step: "train".into(),
            path: "model::train".into(),
            generics: vec![("T".to_owned(), "f64".to_owned())],
            source: [7; 32],
            version: Some("2".to_owned()),
            env: vec![
                EnvPart {
                    name: "TZ".into(),
                    value: None,
                },
                EnvPart {
                    name: "LANG".into(),
                    value: Some([9; 32]),
                },
            ],
            arguments: vec![
                argument("rows", Content::One(id(1)), Origin::Input),
                argument("parts", Content::List(vec![id(2), id(3)]), Origin::Input),
                argument("seed", Content::One(id(4)), Origin::Parameter),
            ],
        }
    }

    /// A failure here means that no result of any user's store is found again.
    /// A key that has to change gets another schema number.
    #[test]
    fn the_fingerprint_is_pinned() {
        assert_eq!(
            parts().fingerprint().to_string(),
            "90b8994ec4bab6707999e591eff42920bb69a234fbd2916dbf42d11daef919a7",
        );
    }

    #[test]
    fn every_part_counts_but_for_where_a_value_came_from() {
        let edits: [fn(&mut Parts); 16] = [
            |_| (),
            |p| p.step = "other".into(),
            |p| p.path = "model::other".into(),
            |p| p.generics[0].0 = "U".to_owned(),
            |p| p.generics[0].1 = "f32".to_owned(),
            |p| p.generics.clear(),
            |p| p.source = [8; 32],
            |p| p.version = Some("3".to_owned()),
            |p| p.version = None,
            |p| p.env[0].value = Some([0; 32]),
            |p| p.env.truncate(1),
            |p| p.arguments[0].name = "row".into(),
            |p| p.arguments[0].content = Content::One(id(9)),
            |p| p.arguments[0].content = Content::List(vec![id(1)]),
            |p| p.arguments[1].content = Content::List(vec![id(3), id(2)]),
            |p| p.arguments.truncate(2),
        ];
        let fingerprints: HashSet<_> = edits
            .iter()
            .map(|edit| {
                let mut parts = parts();
                edit(&mut parts);
                parts.fingerprint()
            })
            .collect();
        assert_eq!(fingerprints.len(), edits.len());

        let mut elsewhere = parts();
        elsewhere.arguments[0].origin = Origin::Parameter;
        assert_eq!(elsewhere.fingerprint(), parts().fingerprint());
    }

    proptest! {
        #[test]
        fn where_one_text_ends_and_the_next_begins_counts(
            text in "[ab]{0,5}", one in 0_usize..6, other in 0_usize..6,
        ) {
            let cut = |at: usize| {
                let (step, path) = text.split_at(at.min(text.len()));
                let mut all = parts();
                all.step = step.to_owned().into();
                all.path = path.to_owned().into();
                all
            };
            let (a, b) = (cut(one), cut(other));
            prop_assert_eq!(a == b, a.fingerprint() == b.fingerprint());
        }
    }
}
