//! Attributes and derives that make no items but the one that they stand on, as their
//! names tell; and where a name belongs to another macro.

use crate::{
    imports::Binding,
    references::is_colons,
    resolve::{Scope, Target},
    spaces::Spaces,
    syntax,
    tables::Set,
    tree::{Name, Names, Tree},
};

use super::{
    Index,
    heads::{lists, walk},
};

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

/// The packages that those are of, and those that have other macros of such names.
const TAME_PACKAGES: [&str; 6] = [
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
    let inner = match attribute.get(1) {
        Some(Tree::Group(_, inner)) => inner.as_slice(),
        _ => &[],
    };
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

impl Index {
    /// Adds what bears a macro of another crate that was imported under a tame name to
    /// what may make items.
    pub(super) fn disguised_macros(&mut self) {
        for module in 0..self.modules.len() {
            let disguises = self.disguises(module);
            if disguises.is_empty() {
                continue;
            }
            let entries = self.modules[module].entries.iter().copied();
            let bearers: Vec<_> = entries
                .filter(|entry| self.bears(*entry, &disguises))
                .collect();
            let generators = &mut self.modules[module].generators;
            generators.extend(bearers);
            generators.sort_unstable();
            generators.dedup();
        }
    }

    /// The tame names that a module imports from crates that are not known to be tame.
    fn disguises(&self, module: usize) -> Set<Name> {
        let scope = Scope {
            module,
            imports: &[],
        };
        let imports = self.modules[module].imports.iter();
        let names = imports.filter_map(|import| {
            let Binding::Name(name) = import.binding else {
                return None;
            };
            let text = self.names.text(name);
            if !TAME_DERIVES.contains(&text) && !TAME_ATTRIBUTES.contains(&text) {
                return None;
            }
            let targets = self.resolve(scope, &import.path, Spaces::MACROS);
            let mut targets = targets.iter();
            targets
                .any(|target| self.is_disguised(target))
                .then_some(name)
        });
        names.collect()
    }

    fn is_disguised(&self, target: &Target) -> bool {
        let Target::Foreign(krate, name) = target else {
            return self.is_of_other(target);
        };
        let dependency = self.crates[*krate].package.dependencies.get(name);
        dependency.is_none_or(|found| !TAME_PACKAGES.contains(&found.package.as_str()))
    }

    /// Whether an item's attributes name any of these.
    fn bears(&self, entry: usize, wanted: &Set<Name>) -> bool {
        let tokens = self.lex(&self.entries[entry].part).unwrap_or_default();
        let attributes = &tokens[..syntax::outer_attributes(&tokens)];
        let mut found = false;
        walk(attributes, &mut |trees| {
            let mut words = trees.iter().filter_map(Tree::ident);
            found |= words.any(|word| wanted.contains(&self.names.plain(word)));
        });
        found
    }
}
