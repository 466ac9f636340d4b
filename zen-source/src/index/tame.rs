//! Attributes and derives that make no items but the one that they stand on, as their
//! names tell.

use crate::{
    references::{PathRef, is_colons},
    tree::{Names, Tree},
};

use super::heads::lists;

/// Attributes of the language, and those of others that make no items.
const TAME_ATTRIBUTES: [&str; 45] = [
    "allow",
    "async_trait",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "crate_name",
    "default",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "error",
    "expect",
    "export_name",
    "forbid",
    "from",
    "global_allocator",
    "ignore",
    "inline",
    "link",
    "link_name",
    "link_section",
    "macro_export",
    "macro_use",
    "must_use",
    "no_mangle",
    "non_exhaustive",
    "panic_handler",
    "path",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "repr",
    "rustfmt",
    "clippy",
    "serde",
    "should_panic",
    "step",
    "target_feature",
    "test",
    "track_caller",
    "unsafe",
    "used",
    "warn",
];

/// Those among them that are no part of the language itself, which the compiler lets no
/// import be named like.
const IMPORTED_ATTRIBUTES: [&str; 9] = [
    "async_trait",
    "default",
    "derive",
    "error",
    "from",
    "global_allocator",
    "serde",
    "step",
    "test",
];

/// Those of these that the standard library brings everywhere.
const STANDARD_ATTRIBUTES: [&str; 3] = ["derive", "global_allocator", "test"];

/// What a derive says of the type that it stands on is its own, whatever is imported.
const HELPERS: [(&str, &[&str]); 2] = [
    ("error", &["Error"]),
    ("serde", &["Deserialize", "Serialize"]),
];

/// Derives that implement a trait and make nothing else.
const TAME_DERIVES: [&str; 12] = [
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deserialize",
    "Eq",
    "Error",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Serialize",
];

/// Those of them that the standard library does not bring everywhere.
const FOREIGN_DERIVES: [&str; 3] = ["Deserialize", "Error", "Serialize"];

/// What stands before those that are named by a path.
const TAME_ROOTS: [&str; 11] = [
    "alloc",
    "async_trait",
    "clippy",
    "core",
    "diagnostic",
    "rustfmt",
    "serde",
    "serde_derive",
    "std",
    "thiserror",
    "zen_runtime",
];

/// Those of them that are neither crates nor modules: tools.
const TOOLS: [&str; 3] = ["clippy", "diagnostic", "rustfmt"];

/// The packages that those are of, and those that have other macros of such names.
pub(super) const TAME_PACKAGES: [&str; 6] = [
    "async-trait",
    "log",
    "serde",
    "serde_derive",
    "thiserror",
    "tracing",
];

/// Whether a macro stands on an item, as an attribute or a derive, that may make
/// further items beside it.
pub(super) fn may_make_items(attributes: &[Tree], names: &Names) -> bool {
    lists(attributes).any(|attribute| makes_items(attribute, names))
}

/// Whether an attribute is a macro that may make other items than the one that it
/// stands on.
pub(super) fn makes_items(attribute: &[Tree], names: &Names) -> bool {
    let Some(first) = attribute.first().and_then(Tree::ident) else {
        // `::a::b`
        return is_colons(attribute) && makes_items(&attribute[2..], names);
    };
    let inner = input(attribute);
    match names.text(first) {
        "derive" => inner
            .split(|tree| tree.is_punct(','))
            .any(|path| derive_makes_items(path, names)),
        "cfg_attr" => inner
            .split(|tree| tree.is_punct(','))
            .skip(1)
            .any(|attribute| makes_items(attribute, names)),
        name if is_colons(&attribute[1..]) => !TAME_ROOTS.contains(&name),
        name => !TAME_ATTRIBUTES.contains(&name),
    }
}

/// What stands in the brackets behind the name of an attribute.
fn input(attribute: &[Tree]) -> &[Tree] {
    match attribute.get(1) {
        Some(Tree::Group(_, inner)) => inner,
        _ => &[],
    }
}

/// `Name`, or `a::b::Name`.
fn derive_makes_items(path: &[Tree], names: &Names) -> bool {
    let mut segments = path.iter().filter_map(Tree::ident);
    let Some(first) = segments.next() else {
        return false;
    };
    let last = segments.next_back();
    let is_tame_root = last.is_none() || TAME_ROOTS.contains(&names.text(first));
    !is_tame_root || !TAME_DERIVES.contains(&names.text(last.unwrap_or(first)))
}

/// The macros on an item that make no other items, as their names tell, and that an
/// import may give to others.
pub(super) fn tame_macros(attributes: &[Tree], names: &Names) -> Vec<PathRef> {
    let mut found = Vec::new();
    for attribute in lists(attributes) {
        add_tame_macros(attribute, names, &mut found);
    }
    let derives: Vec<_> = found.iter().filter_map(|path| last(path, names)).collect();
    let is_helper = |path: &PathRef| {
        let name = only(path, names);
        let mut helpers = HELPERS.iter();
        helpers.any(|(helper, of)| {
            name == Some(*helper) && of.iter().any(|derive| derives.contains(derive))
        })
    };
    let (helpers, others): (Vec<_>, Vec<_>) = found.iter().partition(|path| is_helper(path));
    if helpers.is_empty() {
        return found;
    }
    others.into_iter().cloned().collect()
}

/// Adds those that one attribute names.
pub(super) fn add_tame_macros(attribute: &[Tree], names: &Names, found: &mut Vec<PathRef>) {
    let path = path(attribute, names);
    let parts = || input(attribute).split(|tree| tree.is_punct(','));
    match only(&path, names) {
        Some("cfg_attr") => {
            for part in parts().skip(1) {
                add_tame_macros(part, names, found);
            }
        }
        Some("derive") => {
            let derives = parts().filter(|derive| !derive_makes_items(derive, names));
            let derives = derives.map(|derive| self::path(derive, names));
            found.extend(derives.filter(|path| !path.segments.is_empty()));
            found.push(path);
        }
        Some(name) if IMPORTED_ATTRIBUTES.contains(&name) => found.push(path),
        None if path.segments.len() > 1 && !makes_items(attribute, names) => found.push(path),
        _ => {}
    }
}

/// The path that tokens begin with.
fn path(tokens: &[Tree], names: &Names) -> PathRef {
    let is_part = |tree: &&Tree| tree.ident().is_some() || tree.is_punct(':');
    let segments = tokens.iter().take_while(is_part).filter_map(Tree::ident);
    PathRef {
        absolute: is_colons(tokens),
        segments: segments.map(|name| names.plain(name)).collect(),
    }
}

/// The name that a path is.
fn only<'n>(path: &PathRef, names: &'n Names) -> Option<&'n str> {
    match path.segments.as_slice() {
        [only] => Some(names.text(*only)),
        _ => None,
    }
}

fn last<'n>(path: &PathRef, names: &'n Names) -> Option<&'n str> {
    path.segments.last().map(|name| names.text(*name))
}

/// Whether the standard library brings a macro of this name everywhere. The compiler then
/// takes no other that a glob brings, and none that a macro call imports for what stands
/// outside of it: both are errors.
pub(super) fn is_brought_everywhere(name: &str) -> bool {
    STANDARD_ATTRIBUTES.contains(&name)
        || TAME_DERIVES.contains(&name) && !FOREIGN_DERIVES.contains(&name)
}

/// Whether a path may begin with this where no item or import has the name.
pub(super) fn is_tool(name: &str) -> bool {
    TOOLS.contains(&name)
}

/// Whether a crate surely has a macro of a name: a package, and what the manifest says of
/// it.
pub(super) fn surely_has(package: &str, declared: &str, name: &str) -> bool {
    match name {
        "Deserialize" | "Serialize" => match package {
            "serde" => declared.contains("\"derive\""),
            package => package == "serde_derive",
        },
        "Error" => package == "thiserror",
        "async_trait" => package == "async-trait",
        _ => false,
    }
}

/// The names that an import may give to other macros.
pub(super) fn tame_names() -> impl Iterator<Item = &'static str> {
    TAME_DERIVES.into_iter().chain(IMPORTED_ATTRIBUTES)
}

#[cfg(test)]
mod tests {
    use super::tame_macros;
    use crate::tree::Names;

    #[test]
    fn names_that_imports_may_give_to_others_are_found() {
        let cases = [
            ("#[inline] #[allow(a)] #[doc = \"b\"]", ""),
            ("#[derive(Clone, Other, a::Debug)]", "Clone derive"),
            ("#[derive(serde::Serialize)]", "serde::Serialize derive"),
            ("#[cfg_attr(a, derive(Debug), error)]", "Debug derive error"),
            ("#[error(\"a\")] #[derive(Clone)]", "error Clone derive"),
            ("#[derive(Error)] #[error(\"a\")]", "Error derive"),
            ("#[serde::a] #[other::a] #[other]", "serde::a"),
            ("#[::serde::a(b)] #[::other::a]", "serde::a"),
        ];
        for (attributes, expected) in cases {
            let names = Names::default();
            let trees = names.lex(attributes).unwrap();
            let found = tame_macros(&trees, &names).into_iter();
            let found = found.map(|path| {
                let segments = path.segments.iter().map(|name| names.text(*name));
                segments.collect::<Vec<_>>().join("::")
            });
            assert_eq!(
                found.collect::<Vec<_>>().join(" "),
                expected,
                "{attributes}"
            );
        }
    }
}
