//! Members that are named: which of a type's, and which of a trait's.

use std::collections::BTreeSet;

use crate::{
    imports::Import, references::PathRef, resolve::Target, syntax::Kind, tables::Set, tree::Name,
};

use super::{Reach, impls::ImplKind};

/// Modules of the standard library that are no types, too, as `str` is.
const STANDARD_MODULES: [&str; 24] = [
    "alloc", "any", "array", "atomic", "cmp", "convert", "env", "fmt", "fs", "hint", "io", "iter",
    "mem", "mpsc", "net", "ops", "panic", "path", "process", "ptr", "slice", "sync", "thread",
    "time",
];

/// Names of members, by what is known of whose they are.
#[derive(Debug, Default)]
pub(super) struct Members {
    /// Of anything: `value.name()`.
    any: Set<Name>,
    /// Of a trait, on a type that is not at hand: `u64::name()`, `T::name()`.
    of_traits: Set<Name>,
    /// Of a type: `Type::name()`.
    of_types: Set<(usize, Name)>,
    /// All of these.
    all: Set<Name>,
}

impl Members {
    pub(super) fn of_anything<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>) {
        for name in names {
            self.any.insert(*name);
            self.all.insert(*name);
        }
    }

    pub(super) fn of_traits<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>) {
        for name in names {
            self.of_traits.insert(*name);
            self.all.insert(*name);
        }
    }

    fn of_type(&mut self, ty: usize, names: &[Name]) {
        self.of_types.extend(names.iter().map(|name| (ty, *name)));
        // It may have them from a trait.
        self.of_traits(names);
    }

    /// Whether anybody names a member so.
    pub(super) fn contains(&self, name: Name) -> bool {
        self.all.contains(&name)
    }

    fn may_be_of_trait(&self, name: Name) -> bool {
        self.any.contains(&name) || self.of_traits.contains(&name)
    }

    fn may_be_of_type(&self, types: &[usize], name: Name) -> bool {
        let named = |ty: &usize| self.of_types.contains(&(*ty, name));
        self.any.contains(&name) || types.iter().any(named)
    }
}

impl Reach<'_> {
    /// Notes the members that a path names, in an item of `owner`.
    pub(super) fn mention(
        &mut self,
        imports: &[Import],
        path: &PathRef,
        targets: &BTreeSet<Target>,
        owner: Option<usize>,
    ) {
        let Some((first, rest)) = path.segments.split_first() else {
            return;
        };
        if rest.is_empty() {
            return;
        }
        if self.index.names.text(*first) == "Self" {
            self.mention_of_self(rest, owner);
        } else if targets.is_empty() {
            self.members.of_traits(rest);
        }
        for target in targets {
            match target {
                Target::Module(_) => {}
                Target::Standard if self.ends_in_a_module(imports, path) => {}
                Target::Foreign(..) | Target::Standard => self.members.of_traits(rest),
                Target::Inside(_) => self.members.of_anything(rest),
                Target::Entry(entry) => match self.index.entries[*entry].kind {
                    Kind::Function | Kind::Value | Kind::MacroRules => {}
                    Kind::Type => self.members.of_type(*entry, rest),
                    _ => self.members.of_anything(rest),
                },
            }
        }
    }

    /// Whether what a path into the standard library names stands in one of its
    /// modules, and not in a type, so that it is no member: `fs::rename`.
    fn ends_in_a_module(&self, imports: &[Import], path: &PathRef) -> bool {
        let [.., before, _] = path.segments.as_slice() else {
            return false;
        };
        let is_module = STANDARD_MODULES.contains(&self.index.names.text(*before));
        let mut in_block = imports.iter().filter_map(Import::renames);
        let is_renamed = self.impls.renamed.contains(before) || in_block.any(|n| n == *before);
        is_module && !is_renamed
    }

    /// `Self::name`. In `Self::Type::name`, the type may be any.
    fn mention_of_self(&mut self, rest: &[Name], owner: Option<usize>) {
        let of = owner.map(|owner| (owner, self.index.entries[owner].kind));
        let types = of.and_then(|(owner, _)| self.impls.types_of(owner));
        match (of, types) {
            (Some((_, Kind::Trait)), _) if rest.len() == 1 => self.members.of_traits(rest),
            (_, Some(types)) if rest.len() == 1 && !types.is_empty() => {
                for ty in types {
                    self.members.of_type(*ty, rest);
                }
            }
            _ => self.members.of_anything(rest),
        }
    }

    /// Reaches the members of an impl or a trait that are named.
    pub(super) fn mentioned_members(&mut self, owner: usize, types: &[usize], kind: ImplKind) {
        let index = self.index;
        for member in &index.entries[owner].members {
            let is_named = |name| match kind {
                ImplKind::Inherent => self.members.may_be_of_type(types, name),
                _ => self.members.may_be_of_trait(name),
            };
            // A macro in an impl may define any member.
            if index.entries[*member].name.is_none_or(is_named) {
                self.reach(*member);
            }
        }
    }
}
