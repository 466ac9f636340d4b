//! What the macro calls among the items make, as far as the rules of their macros tell.
//!
//! Rules put together what is in them and what they are given. The name of an item or
//! of a method stands behind its keyword: in the rules, unless they are given the word
//! or the name. What an impl is of stands in its head: in the rules, or in what one
//! macro gives another.

use std::collections::BTreeSet;

use crate::{imports::Binding, references::PathRef, tables::Map, tree::Name};

use super::{Index, pieces::Origin};

/// What a macro call makes.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// The names of all items and members that it may make, but those that stand
    /// nowhere.
    pub(crate) names: BTreeSet<Name>,
    /// All that may be named in the head of an impl, if all rules are at hand.
    pub(crate) heads: Option<BTreeSet<Name>>,
    /// The call, and all rules at hand that it may stand for.
    pub(crate) parts: BTreeSet<usize>,
    /// The globs in its rules, and the modules that they stand in.
    pub(crate) globs: BTreeSet<(usize, PathRef)>,
}

impl Made {
    /// The names of the members that it may make, if all rules are at hand.
    pub(crate) fn members(&self) -> Option<&BTreeSet<Name>> {
        self.heads.is_some().then_some(&self.names)
    }
}

/// The rules that a call may stand for.
struct Parts {
    /// The call with them.
    entries: BTreeSet<usize>,
    /// Whether those are all.
    are_all: bool,
}

impl Index {
    /// Works out what each call makes. Those that may make any name join the items that
    /// do.
    pub(super) fn made_by_calls(&mut self) {
        let calls: Vec<_> = self.macro_words.keys().copied().collect();
        let made: Map<_, _> = calls
            .iter()
            .map(|call| (*call, self.made_of(*call, false)))
            .collect();
        for call in calls {
            let parts = made[&call].parts.iter();
            let mut pieces = parts.filter_map(|part| self.pieces.get(part));
            if pieces.any(|pieces| pieces.brings_others) {
                let module = self.entries[call].module;
                self.modules[module].generators.push(call);
            }
        }
        self.made = made;
    }

    /// The macros that rules call where items stand.
    pub(crate) fn macros_among_items(&self, rule: usize) -> &[PathRef] {
        let pieces = self.pieces.get(&rule);
        pieces.map_or(&[], |pieces| &pieces.macros)
    }

    /// What a call makes; with macros of other crates in its rules, members of any name.
    pub(super) fn made_of(&self, call: usize, by_others: bool) -> Made {
        let parts = self.parts_of_macro(call);
        let pieces = || {
            parts
                .entries
                .iter()
                .filter_map(|part| self.pieces.get(part))
        };
        let mut inputs = self.references(call).words.clone();
        for part in &parts.entries {
            inputs.extend(&self.references(*part).inputs);
        }
        let mut origin = pieces()
            .map(|pieces| pieces.origin)
            .max()
            .unwrap_or_default();
        if parts.are_all && !pieces().any(|pieces| pieces.takes_words) {
            // Items that are given are made as they are.
            origin = Origin::Here;
        }
        if by_others {
            origin = Origin::Anywhere;
        }
        let mut names = BTreeSet::new();
        if origin >= Origin::Given {
            names.extend(&inputs);
        }
        if origin == Origin::Anywhere {
            names.extend(pieces().flat_map(|pieces| &pieces.behind));
        }
        if self.is_plain(call) {
            // What everybody knows is used, unless a word before it declares it.
            names.retain(|name| !self.is_of_everybody(*name));
        }
        names.extend(pieces().flat_map(|pieces| &pieces.declared));
        let mut heads = inputs;
        if origin == Origin::Anywhere {
            heads.extend(&self.macro_words[&call]);
        }
        heads.extend(pieces().flat_map(|pieces| &pieces.heads));
        Made {
            names,
            heads: parts.are_all.then_some(heads),
            globs: self.globs_of(call, &parts),
            parts: parts.entries,
        }
    }

    /// What rules import all of, where they stand and where they are called.
    fn globs_of(&self, call: usize, parts: &Parts) -> BTreeSet<(usize, PathRef)> {
        let here = self.entries[call].module;
        let mut globs = BTreeSet::new();
        for part in &parts.entries {
            let imports = self.references(*part).imports.iter();
            for import in imports.filter(|import| import.binding == Binding::Glob) {
                globs.insert((here, import.path.clone()));
                globs.insert((self.entries[*part].module, import.path.clone()));
            }
        }
        globs
    }

    /// A macro call, and all rules that it may stand for.
    fn parts_of_macro(&self, call: usize) -> Parts {
        let here = self.entries[call].module;
        let mut parts = Parts {
            entries: BTreeSet::new(),
            are_all: true,
        };
        let mut queue = vec![call];
        while let Some(part) = queue.pop().or_else(|| self.given_macro(call, &mut parts)) {
            if !parts.entries.insert(part) {
                continue;
            }
            let module = self.entries[part].module;
            for path in &self.references(part).macros {
                let has_rules = self.has_rules(module, path) || self.has_rules(here, path);
                let mut rules = self.macro_rules(module, path);
                rules.extend(self.macro_rules(here, path));
                // Those of the standard library make no items but of their input.
                let is_known = part != call
                    && self.is_standard_macro(path)
                    && self.is_known_macro(module, path);
                parts.are_all &= has_rules || is_known;
                queue.extend(rules);
            }
        }
        parts
    }

    /// A macro that is not among the parts of a call yet, and that those may be given.
    fn given_macro(&self, call: usize, parts: &mut Parts) -> Option<usize> {
        if !self.call_what_they_are_given(&parts.entries) {
            return None;
        }
        let given = self.given_macros(call, &parts.entries);
        parts.are_all &= given.is_some();
        let mut given = given.unwrap_or_default().into_iter();
        given.find(|rule| !parts.entries.contains(rule))
    }

    /// The macros that a call may give to those of its parts that call what they are
    /// given. None, if not all of them are at hand.
    pub(crate) fn given_macros(&self, call: usize, parts: &BTreeSet<usize>) -> Option<Vec<usize>> {
        let here = self.entries[call].module;
        let input = self.references(call);
        let mut words = input.words.clone();
        for part in parts {
            words.extend(&self.references(*part).inputs);
        }
        let paths = words.iter().map(|word| PathRef::of(*word));
        let found: Vec<_> = paths
            .flat_map(|path| self.rules_in_scope(here, &path))
            .collect();
        let mut paths = input.paths.keys();
        let is_known = !found.is_empty() && !paths.any(|path| self.may_be_other(here, path));
        is_known.then_some(found)
    }

    /// Every identifier in a macro call, and in the rules that it stands for.
    pub(super) fn words_of_macro(&self, call: usize) -> BTreeSet<Name> {
        let parts = self.parts_of_macro(call).entries;
        let words = parts.iter().flat_map(|part| &self.references(*part).words);
        words.copied().collect()
    }
}
