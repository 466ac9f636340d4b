//! `use` declarations.

use proc_macro2::Delimiter;

use crate::{
    references::{PathRef, is_colons},
    tree::{Name, Names, Tree},
};

/// One name, or all names, brought into a scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Import {
    pub(crate) path: PathRef,
    pub(crate) binding: Binding,
    /// Whether it stands under a condition.
    pub(crate) is_conditional: bool,
    /// Whether the whole crate sees what it brings.
    pub(crate) is_public: bool,
}

impl Import {
    pub(crate) fn is_glob(&self) -> bool {
        self.binding == Binding::Glob
    }

    /// Whether it brings a name from elsewhere in any build.
    pub(crate) fn brings_surely(&self, name: Name) -> bool {
        // `use a;` brings a crate, or what is there without it.
        let is_its_own = self.path.segments == [name];
        self.binding == Binding::Name(name) && !self.is_conditional && !is_its_own
    }
}

impl Import {
    /// The name that it gives to what has another one.
    pub(crate) fn renames(&self) -> Option<Name> {
        let Binding::Name(name) = self.binding else {
            return None;
        };
        (self.path.segments.last() != Some(&name)).then_some(name)
    }
}

/// What an import is known as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Binding {
    Name(Name),
    /// `as _`: the methods of a trait only.
    Hidden,
    /// `*`.
    Glob,
}

/// The imports of a `use`, from behind the `use` up to the semicolon.
pub(crate) fn parse(trees: &[Tree], names: &Names) -> Vec<Import> {
    let mut imports = Vec::new();
    let root = PathRef {
        absolute: is_colons(trees),
        segments: Vec::new(),
    };
    branch(trees, &root, names, &mut imports);
    imports
}

fn branch(trees: &[Tree], prefix: &PathRef, names: &Names, imports: &mut Vec<Import>) {
    let mut path = prefix.clone();
    let mut rest = trees;
    loop {
        match rest {
            [a, b, after @ ..] if a.is_punct(':') && b.is_punct(':') => rest = after,
            // `$crate`
            [dollar, after @ ..] if dollar.is_punct('$') => rest = after,
            [Tree::Group(Delimiter::Brace, inner), ..] => {
                for part in inner.split(|tree| tree.is_punct(',')) {
                    branch(part, &path, names, imports);
                }
                return;
            }
            [star, ..] if star.is_punct('*') => {
                imports.push(Import {
                    path,
                    binding: Binding::Glob,
                    is_conditional: false,
                    is_public: false,
                });
                return;
            }
            [Tree::Ident(word), after @ ..] if names.text(*word) == "as" => {
                // The rules of a macro may be given the name.
                let given = names.intern("_");
                let name = after.first().and_then(Tree::ident).unwrap_or(given);
                push(path, Some(names.plain(name)), names, imports);
                return;
            }
            [Tree::Ident(name), after @ ..] => {
                path.segments.push(names.plain(*name));
                rest = after;
            }
            _ => {
                push(path, None, names, imports);
                return;
            }
        }
    }
}

fn push(mut path: PathRef, renamed: Option<Name>, names: &Names, imports: &mut Vec<Import>) {
    // `use a::b::{self}` is `use a::b`.
    if path.segments.len() > 1
        && path
            .segments
            .last()
            .is_some_and(|last| names.text(*last) == "self")
    {
        path.segments.pop();
    }
    let Some(last) = path.segments.last().copied() else {
        return;
    };
    let name = renamed.unwrap_or(last);
    let binding = if names.text(name) == "_" {
        Binding::Hidden
    } else {
        Binding::Name(name)
    };
    imports.push(Import {
        path,
        binding,
        is_conditional: false,
        is_public: false,
    });
}

#[cfg(test)]
mod tests {
    use super::{Binding, parse};
    use crate::tree::Names;

    #[test]
    fn each_name_is_an_import_of_its_own() {
        let names = Names::default();
        let text = "a::{self, b::*, c as d, e::{F, g as _}, ::h, i as $n}";
        let trees = names.lex(text).unwrap();
        let found: Vec<_> = parse(&trees, &names)
            .iter()
            .map(|import| {
                let path: Vec<_> = import
                    .path
                    .segments
                    .iter()
                    .map(|n| names.text(*n))
                    .collect();
                let binding = match import.binding {
                    Binding::Name(name) => names.text(name),
                    Binding::Hidden => "_",
                    Binding::Glob => "*",
                };
                format!("{} as {binding}", path.join("::"))
            })
            .collect();
        let expected = [
            "a as a",
            "a::b as *",
            "a::c as d",
            "a::e::F as F",
            "a::e::g as _",
            "a::h as h",
            "a::i as _",
        ];
        assert_eq!(found, expected);
    }
}
