//! What `#[step]` knows about a function.

use std::{fmt, sync::OnceLock};

use super::items::unpacked;
use crate::fingerprint::SourceItem;

/// What `#[step]` knows about a function when it is compiled. One static per
/// step, shared by every instance of a generic one.
pub struct Definition {
    parts: DefinitionParts,
    path: OnceLock<String>,
    conflict: OnceLock<bool>,
    source: OnceLock<[u8; 32]>,
}

/// The fields of a [`Definition`], as the macro writes them.
#[derive(Clone, Copy, Debug)]
pub struct DefinitionParts {
    /// The type name of a function inside the hidden definition function. It
    /// holds the step's full path, with an enclosing function or type, which
    /// `module_path!` leaves out.
    pub here: fn() -> &'static str,
    /// The function's own name.
    pub function: &'static str,
    /// The name given by `name = "..."`.
    pub name: Option<&'static str>,
    /// The hash of the step's source, with all that it reaches.
    pub source: [u8; 32],
    /// What it consists of, packed: see `items.rs`.
    pub items: &'static [u8],
    /// The conditions of `cfg` in it, and whether they hold.
    pub conditions: &'static [(&'static str, bool)],
    /// The version given by `version = ...`.
    pub version: Option<&'static str>,
    /// False for `cache = false`.
    pub cache: bool,
    /// The variables given by `env(...)`.
    pub env: &'static [&'static str],
    /// The function's parameters in order.
    pub parameters: &'static [ParameterDefinition],
    /// The names given by `outputs(...)`; empty for a single output.
    pub outputs: &'static [&'static str],
    /// The module of the function.
    pub module: &'static str,
    /// The file of the function, as the compiler was given it.
    pub file: &'static str,
    /// The line of the function.
    pub line: u32,
}

/// One parameter of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterDefinition {
    /// Its name; `arg0`, `arg1`... where the function has a pattern.
    pub name: &'static str,
    /// Whether `ignore(...)` keeps it out of the key.
    pub ignored: bool,
}

impl Definition {
    /// A definition from what the macro wrote.
    pub const fn new(parts: DefinitionParts) -> Self {
        Self {
            parts,
            path: OnceLock::new(),
            conflict: OnceLock::new(),
            source: OnceLock::new(),
        }
    }

    /// The step's name: the one it was given, else its path.
    pub fn name(&'static self) -> &'static str {
        self.parts.name.unwrap_or_else(|| self.path())
    }

    /// The path of the function, such as `crate::features::clean` or
    /// `crate::model::Model::fit`.
    pub fn path(&'static self) -> &'static str {
        self.path
            .get_or_init(|| path_of((self.parts.here)(), self.parts.function))
    }

    /// The function's own name.
    pub fn function(&self) -> &'static str {
        self.parts.function
    }

    /// The hash of the step's source: the function, all that it reaches, and the
    /// conditions under which that was compiled.
    pub fn source(&self) -> &[u8; 32] {
        if self.parts.conditions.is_empty() {
            return &self.parts.source;
        }
        self.source
            .get_or_init(|| under_conditions(&self.parts.source, self.parts.conditions))
    }

    /// What the source consists of: the function itself, what it reaches, and the
    /// conditions under which that was compiled.
    pub fn source_items(&self) -> Vec<SourceItem> {
        let conditions = self.parts.conditions.iter();
        let conditions = conditions.map(|(condition, holds)| SourceItem {
            label: format!("cfg({condition})"),
            hash: [u8::from(*holds); 8],
        });
        unpacked(self.parts.items)
            .into_iter()
            .chain(conditions)
            .collect()
    }

    /// The version given by `version = ...`.
    pub fn version(&self) -> Option<&'static str> {
        self.parts.version
    }

    /// Whether results are cached at all.
    pub fn is_cached(&self) -> bool {
        self.parts.cache
    }

    /// The environment variables that are part of the key.
    pub fn env(&self) -> &'static [&'static str] {
        self.parts.env
    }

    /// The parameters in order.
    pub fn parameters(&self) -> &'static [ParameterDefinition] {
        self.parts.parameters
    }

    /// The names of the outputs; empty for a single output.
    pub fn outputs(&self) -> &'static [&'static str] {
        self.parts.outputs
    }

    /// Where the function stands, as `file:line`.
    pub fn location(&self) -> String {
        format!("{}:{}", self.parts.file, self.parts.line)
    }

    /// Whether another function goes by the same name; asked once.
    pub(super) fn conflict(&self, ask: impl FnOnce() -> bool) -> bool {
        *self.conflict.get_or_init(ask)
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("function", &self.parts.function)
            .field("location", &self.location())
            .field("version", &self.parts.version)
            .field("cache", &self.parts.cache)
            .finish_non_exhaustive()
    }
}

fn under_conditions(source: &[u8; 32], conditions: &[(&str, bool)]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(source);
    for (condition, holds) in conditions {
        hasher.update(&(condition.len() as u64).to_le_bytes());
        hasher.update(condition.as_bytes());
        hasher.update(&[u8::from(*holds)]);
    }
    *hasher.finalize().as_bytes()
}

/// The function's path from the type name of the marker inside its hidden
/// definition function: `a::b::f::__zen_definition::__zen_here` or
/// `a::B::__zen_definition_f::__zen_here`.
fn path_of(here: &str, function: &str) -> String {
    let here = here.replace("::{{closure}}", "");
    let Some((owner, hidden)) = here
        .rsplit_once("::")
        .and_then(|(hidden, _marker)| hidden.rsplit_once("::"))
    else {
        return here;
    };
    if hidden == "__zen_definition" {
        owner.to_owned()
    } else {
        format!("{owner}::{function}")
    }
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn a_path_holds_the_enclosing_function_or_type() {
        let cases = [
            ("k::m::f::__zen_definition::__zen_here", "f", "k::m::f"),
            ("k::M::__zen_definition_fit::__zen_here", "fit", "k::M::fit"),
            (
                "k::outer::f::{{closure}}::__zen_definition::__zen_here",
                "f",
                "k::outer::f",
            ),
            (
                "<k::M as k::T>::f::__zen_definition::__zen_here",
                "f",
                "<k::M as k::T>::f",
            ),
        ];
        for (here, function, path) in cases {
            assert_eq!(path_of(here, function), path);
        }
    }
}
