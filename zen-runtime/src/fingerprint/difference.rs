//! How two calls of a step differ.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ArgumentPart, EnvPart, Origin, Parts, SourceChange};

/// One thing in which two calls of a step differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Difference {
    /// The step's source.
    Source {
        /// What in it, as far as that is known.
        changes: Vec<SourceChange>,
    },
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
            found.push(Difference::Source {
                changes: Vec::new(),
            });
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

/// How many changes of a source are shown in a line.
const SHOWN: usize = 3;

/// The first few changes; all of them under `{:#}`.
fn source(f: &mut fmt::Formatter<'_>, changes: &[SourceChange]) -> fmt::Result {
    write!(f, "the step's source changed")?;
    let shown = if f.alternate() { usize::MAX } else { SHOWN };
    for (position, change) in changes.iter().take(shown).enumerate() {
        let before = if position == 0 { ": " } else { ", " };
        write!(f, "{before}{change}")?;
    }
    match changes.len().saturating_sub(shown) {
        0 => Ok(()),
        more => write!(f, ", and {more} more"),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { changes } => source(f, changes),
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
