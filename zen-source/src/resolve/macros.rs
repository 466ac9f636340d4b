//! Which rules a macro call stands for, and which names it may make.

use std::collections::BTreeSet;

use crate::{
    index::Index,
    reach::{STANDARD_MACROS, TAME_CRATES, TAME_MACROS},
    references::PathRef,
    syntax::Kind,
    tree::Name,
};

use super::{Scope, Spaces, Target};

/// What every module knows, and nearly every one uses.
const OF_EVERYBODY: [&str; 28] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16",
    "u32", "u64", "u8", "usize", "std", "core", "alloc", "Some", "None", "Ok", "Err", "Vec",
    "String", "Option", "Result",
];

impl Index {
    /// What may make a name in a module: a macro call whose rules may declare it; one
    /// that may define anything, or a macro that stands on an item, makes any name.
    pub(super) fn makers(&self, module: usize, name: Name) -> Vec<usize> {
        let here = &self.modules[module];
        let may_make = |call: &&usize| {
            let made = self.made.get(call);
            self.wild_calls.contains(call) || made.is_some_and(|made| made.names.contains(&name))
        };
        let calls = here.macro_calls.iter().filter(may_make);
        calls.chain(&here.generators).copied().collect()
    }

    /// Whether a name is known without anybody declaring it.
    pub(crate) fn is_of_everybody(&self, name: Name) -> bool {
        OF_EVERYBODY.contains(&self.names.text(name))
    }

    /// Whether a call is of macros that make no more than their input names.
    pub(crate) fn is_plain(&self, call: usize) -> bool {
        let here = self.entries[call].module;
        let mut macros = self.references(call).macros.iter();
        macros.all(|path| self.is_known_macro(here, path))
    }

    /// Whether a macro makes no items but those that it is given: its name says so, and
    /// is no other's where it is called.
    pub(crate) fn is_known_macro(&self, module: usize, path: &PathRef) -> bool {
        let Some(last) = path.segments.last() else {
            return true;
        };
        if !self.is_standard_macro(path) && !self.is_tame_macro(path) {
            return false;
        }
        let scope = Scope::of(module);
        let is_other = |target: &Target| match target {
            Target::Foreign(krate, name) => !self.is_tame_crate(*krate, name),
            target => self.is_of_other(target),
        };
        let targets = self.resolve(scope, path, Spaces::MACROS);
        !self.rules.contains_key(last) && !targets.iter().any(is_other)
    }

    /// Whether the macros of a crate do what their names say.
    fn is_tame_crate(&self, krate: usize, name: &str) -> bool {
        let dependency = self.crates[krate].package.dependencies.get(name);
        dependency.is_some_and(|found| TAME_CRATES.contains(&found.package.as_str()))
    }

    /// Whether a call's macros, or those that their rules call, are not at hand, so
    /// that it may define anything.
    pub(crate) fn is_wild(&self, call: usize) -> bool {
        let here = self.entries[call].module;
        let macros = &self.references(call).macros;
        let mut paths: Vec<_> = macros.iter().map(|path| (here, path)).collect();
        let mut rules = Vec::new();
        let mut met = BTreeSet::new();
        loop {
            while let Some(rule) = rules.pop() {
                if met.insert(rule) {
                    let inner = self.macros_among_items(rule);
                    paths.extend(inner.iter().map(|path| (self.entries[rule].module, path)));
                }
            }
            if let Some((module, path)) = paths.pop() {
                if self.is_known_macro(module, path) {
                    continue;
                }
                if !self.has_rules(module, path) && !self.has_rules(here, path) {
                    return true;
                }
                rules.extend(self.macro_rules(module, path));
                rules.extend(self.macro_rules(here, path));
                continue;
            }
            if !self.call_what_they_are_given(&met) {
                return false;
            }
            let Some(given) = self.given_macros(call, &met) else {
                return true;
            };
            rules.extend(given.into_iter().filter(|rule| !met.contains(rule)));
            if rules.is_empty() {
                return false;
            }
        }
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
        let found = self.rules_in_scope(module, path);
        if found.is_empty() {
            self.rules_elsewhere(path)
        } else {
            found
        }
    }

    /// Whether the rules of every macro that a path may stand for are at hand.
    pub(crate) fn has_rules(&self, module: usize, path: &PathRef) -> bool {
        !self.rules_in_scope(module, path).is_empty()
            || !self.rules_elsewhere(path).is_empty() && !self.may_be_other(module, path)
    }

    /// Whether a path may stand for a macro without rules, or whose rules are not at hand.
    pub(crate) fn may_be_other(&self, module: usize, path: &PathRef) -> bool {
        let scope = Scope::of(module);
        let targets = self.resolve(scope, path, Spaces::MACROS);
        targets.iter().any(|target| self.is_of_other(target))
    }

    /// The `macro_rules!` that a target is.
    pub(crate) fn rules_of(&self, target: &Target) -> Option<usize> {
        match target {
            Target::Entry(entry) if self.entries[*entry].kind == Kind::MacroRules => Some(*entry),
            _ => None,
        }
    }

    pub(crate) fn is_macro_call(&self, entry: usize) -> bool {
        self.entries[entry].kind == Kind::MacroCall
    }

    /// Whether a target is a macro call, or stands under a macro, that may make rules.
    pub(crate) fn may_make_rules(&self, target: &Target) -> bool {
        let Target::Entry(entry) = target else {
            return false;
        };
        let found = &self.entries[*entry];
        self.is_macro_call(*entry) || self.modules[found.module].generators.contains(entry)
    }

    /// Whether what has a macro's name is a macro of another crate, without rules at hand.
    pub(crate) fn is_of_other(&self, target: &Target) -> bool {
        let module = match target {
            Target::Foreign(..) => return true,
            Target::Entry(entry) => self.entries[*entry].module,
            // A derive has another name than its function.
            Target::Inside(module) => *module,
            Target::Module(_) | Target::Standard => return false,
        };
        self.crates[self.modules[module].krate]
            .package
            .is_proc_macro
    }

    /// Those that are in scope there.
    pub(crate) fn rules_in_scope(&self, module: usize, path: &PathRef) -> Vec<usize> {
        let Some(last) = path.segments.last() else {
            return Vec::new();
        };
        let mut found: Vec<_> = self.rules.get(last).cloned().unwrap_or_default();
        if path.segments.len() == 1 {
            found.retain(|rule| self.is_in_scope(*rule, module));
        } else {
            found.clear();
        }
        let scope = Scope::of(module);
        for target in self.resolve(scope, path, Spaces::MACROS) {
            if let Some(rule) = self.rules_of(&target)
                && !found.contains(&rule)
            {
                found.push(rule);
            }
        }
        found
    }

    /// Those that are exported, or imported by what a macro made.
    fn rules_elsewhere(&self, path: &PathRef) -> Vec<usize> {
        let Some(last) = path.segments.last() else {
            return Vec::new();
        };
        let mut found = self.rules.get(last).cloned().unwrap_or_default();
        if STANDARD_MACROS.contains(&self.names.text(*last)) {
            found.retain(|rule| self.is_exported(*rule));
        }
        found
    }

    /// Whether the rules of a macro, or of one that they call, put what they are given
    /// behind a `dyn`.
    pub(crate) fn makes_objects_of_given(&self, module: usize, path: &PathRef) -> bool {
        let rules = self.macro_rules(module, path).into_iter().collect();
        let all = self.rules_within(module, &rules);
        all.iter()
            .any(|rule| self.references(*rule).dynamic_of_given)
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

    /// Whether any of some rules call macros that they are given the names of.
    pub(crate) fn call_what_they_are_given(&self, rules: &BTreeSet<usize>) -> bool {
        let mut rules = rules.iter();
        rules.any(|rule| !self.references(*rule).given_macros.is_empty())
    }

    /// Rules, and all others that they call, where they are called in a module.
    pub(crate) fn rules_within(&self, module: usize, rules: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut all = BTreeSet::new();
        let mut queue: Vec<_> = rules.iter().copied().collect();
        while let Some(rule) = queue.pop() {
            if !all.insert(rule) {
                continue;
            }
            for path in &self.references(rule).macros {
                queue.extend(self.macro_rules(self.entries[rule].module, path));
                queue.extend(self.macro_rules(module, path));
            }
        }
        all
    }
}
