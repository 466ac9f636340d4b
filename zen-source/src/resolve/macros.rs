//! Which rules a macro call stands for, and which names it may make.

use std::collections::BTreeSet;

use crate::{
    index::Index,
    reach::{STANDARD_MACROS, TAME_MACROS},
    references::PathRef,
    syntax::Kind,
    tables::Set,
    tree::Name,
};

use super::{Scope, Target};

/// Types and crates that every module has.
const PRIMITIVES: [&str; 20] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16",
    "u32", "u64", "u8", "usize", "std", "core", "alloc",
];

/// What else everybody uses.
const PRELUDE: [&str; 8] = [
    "Some", "None", "Ok", "Err", "Vec", "String", "Option", "Result",
];

impl Index {
    /// What may make a name in a module: a macro call whose rules may declare it; one
    /// that may define anything, or a macro that stands on an item, makes any name. Only
    /// rules that are at hand are taken to make a primitive type.
    pub(super) fn makers(&self, module: usize, name: Name) -> Vec<usize> {
        let is_primitive = PRIMITIVES.contains(&self.names.text(name));
        let here = &self.modules[module];
        let may_make = |call: &&usize| {
            let made = self.made.get(call);
            !is_primitive && self.wild_calls.contains(call)
                || made.is_some_and(|made| made.names.contains(&name))
        };
        let calls = here.macro_calls.iter().filter(may_make);
        let others = here.generators.iter().filter(|_| !is_primitive);
        calls.chain(others).copied().collect()
    }

    /// Whether a name is known without anybody declaring it.
    pub(crate) fn is_of_everybody(&self, name: Name) -> bool {
        let text = self.names.text(name);
        PRIMITIVES.contains(&text) || PRELUDE.contains(&text)
    }

    /// Whether a call is of macros that make no more than their input names.
    pub(crate) fn is_plain(&self, call: usize) -> bool {
        let mut macros = self.references(call).macros.iter();
        macros.all(|path| self.is_standard_macro(path) || self.is_tame_macro(path))
    }

    /// Whether a call's macros, or those that their rules call, are not at hand, so
    /// that it may define anything.
    pub(crate) fn is_wild(&self, call: usize) -> bool {
        let here = self.entries[call].module;
        let macros = &self.references(call).macros;
        let mut queue: Vec<_> = macros.iter().map(|path| (here, path)).collect();
        let mut met = Set::default();
        while let Some((module, path)) = queue.pop() {
            if self.is_standard_macro(path) || self.is_tame_macro(path) {
                continue;
            }
            let mut rules = self.macro_rules(module, path);
            rules.extend(self.macro_rules(here, path));
            if rules.is_empty() {
                return true;
            }
            for rule in rules {
                if met.insert(rule) {
                    let inner = self.macros_among_items(rule);
                    queue.extend(inner.iter().map(|path| (self.entries[rule].module, path)));
                }
            }
        }
        false
    }

    pub(crate) fn is_standard_macro(&self, path: &PathRef) -> bool {
        let last = path.segments.last();
        last.is_some_and(|last| STANDARD_MACROS.contains(&self.names.text(*last)))
    }

    pub(crate) fn is_tame_macro(&self, path: &PathRef) -> bool {
        let last = path.segments.last();
        last.is_none_or(|last| TAME_MACROS.contains(&self.names.text(*last)))
    }
}

impl Index {
    /// The macros whose rules are at hand that a path may stand for in a module.
    pub(crate) fn macro_rules(&self, module: usize, path: &PathRef) -> Vec<usize> {
        let Some(last) = path.segments.last() else {
            return Vec::new();
        };
        let mut found: Vec<_> = self.rules.get(last).cloned().unwrap_or_default();
        if path.segments.len() == 1 {
            found.retain(|rule| self.is_in_scope(*rule, module));
        } else {
            found.clear();
        }
        let scope = Scope {
            module,
            imports: &[],
        };
        for target in self.resolve(scope, path) {
            if let Target::Entry(entry) = target
                && self.entries[entry].kind == Kind::MacroRules
                && !found.contains(&entry)
            {
                found.push(entry);
            }
        }
        if found.is_empty() {
            // Exported, or imported by what a macro made.
            found = self.rules.get(last).cloned().unwrap_or_default();
            if STANDARD_MACROS.contains(&self.names.text(*last)) {
                found.retain(|rule| self.is_exported(*rule));
            }
        }
        found
    }

    /// Whether the rules of a macro, or of one that they call, put what they are given
    /// behind a `dyn`.
    pub(crate) fn makes_objects_of_given(&self, module: usize, path: &PathRef) -> bool {
        let mut queue = self.macro_rules(module, path);
        let mut met = Set::default();
        while let Some(rule) = queue.pop() {
            if !met.insert(rule) {
                continue;
            }
            let references = self.references(rule);
            if references.dynamic_of_given {
                return true;
            }
            for path in &references.macros {
                queue.extend(self.macro_rules(self.entries[rule].module, path));
                queue.extend(self.macro_rules(module, path));
            }
        }
        false
    }

    /// The macros that a module has because its crate exports them: those of a root.
    pub(super) fn exported_rules(&self, module: usize, name: Name) -> impl Iterator<Item = usize> {
        let krate = self.modules[module].krate;
        let is_root = self.crates[krate].root == module;
        let rules = self.rules.get(&name).into_iter().flatten();
        let is_of_root = move |rule: &&usize| {
            let home = self.entries[**rule].module;
            is_root && self.modules[home].krate == krate && self.is_exported(**rule)
        };
        rules.filter(is_of_root).copied()
    }

    fn is_exported(&self, rule: usize) -> bool {
        let words = &self.references(rule).words;
        words
            .iter()
            .any(|word| self.names.text(*word) == "macro_export")
    }

    /// Whether `macro_rules!` are known by their name alone: below the module that
    /// they stand in, and behind modules that bear `#[macro_use]`.
    fn is_in_scope(&self, rule: usize, module: usize) -> bool {
        let mut reach = self.entries[rule].module;
        while self.modules[reach].macro_use
            && let Some(parent) = self.modules[reach].parent
        {
            reach = parent;
        }
        self.is_within(module, reach)
    }

    /// Every identifier in a macro call, and in the rules that it stands for.
    pub(crate) fn words_of_macro(&self, call: usize) -> BTreeSet<Name> {
        let mut words = BTreeSet::new();
        let mut queue = vec![call];
        let mut met = Set::default();
        while let Some(entry) = queue.pop() {
            if !met.insert(entry) {
                continue;
            }
            let references = self.references(entry);
            words.extend(references.words.iter().copied());
            for path in &references.macros {
                queue.extend(self.macro_rules(self.entries[entry].module, path));
                queue.extend(self.macro_rules(self.entries[call].module, path));
            }
        }
        words
    }
}
