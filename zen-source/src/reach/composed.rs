//! What the rules of macros put together of what stands in them and what they are given.

use std::collections::BTreeSet;

use crate::{
    references::PathRef,
    resolve::{Scope, Target},
    spaces::Spaces,
    tables::Set,
    tree::Name,
};

use super::Reach;

impl Reach<'_> {
    /// What rules may put together of what they have and what they are given: macros, and
    /// paths from the modules that either names on.
    pub(super) fn put_together(
        &mut self,
        scope: Scope<'_>,
        rules: &BTreeSet<usize>,
        inputs: &BTreeSet<Name>,
    ) {
        let index = self.index;
        let all = index.rules_within(scope.module, rules);
        if index.call_what_they_are_given(&all) {
            for name in inputs {
                for rule in index.rules_in_scope(scope.module, &PathRef::of(*name)) {
                    self.rule(scope.module, scope.imports, rule);
                }
            }
        }
        let mut modules = self.modules_named(scope, inputs.iter().copied().map(PathRef::of));
        for rule in &all {
            let own = Scope::of(index.entries[*rule].module);
            let paths = index.references(*rule).paths.keys();
            modules.extend(self.modules_named(own, paths.clone().cloned()));
            modules.extend(self.modules_named(scope, paths.cloned()));
        }
        if modules.is_empty() {
            return;
        }
        let mut words = inputs.clone();
        words.extend(all.iter().flat_map(|rule| &index.references(*rule).words));
        words.retain(|word| !is_root_word(index.names.text(*word)));
        self.go_on(modules, &words);
    }

    /// The modules that paths stand for; what a lone `self` is, is most often a value.
    fn modules_named(
        &self,
        scope: Scope<'_>,
        paths: impl Iterator<Item = PathRef>,
    ) -> BTreeSet<usize> {
        let index = self.index;
        let is_name = |path: &PathRef| match path.segments.as_slice() {
            [only] => !is_root_word(index.names.text(*only)),
            _ => true,
        };
        let targets = paths
            .filter(is_name)
            .flat_map(|path| index.resolve(scope, &path, Spaces::TYPES));
        let modules = targets.filter_map(|target| match target {
            Target::Module(module) => Some(module),
            _ => None,
        });
        modules.collect()
    }

    /// Reaches all that paths from some modules on lead to, made of some words.
    fn go_on(&mut self, modules: BTreeSet<usize>, words: &BTreeSet<Name>) {
        let index = self.index;
        let here = index.names.intern("self");
        let mut queue: Vec<_> = modules.into_iter().collect();
        let mut met = Set::default();
        while let Some(module) = queue.pop() {
            if !met.insert(module) {
                continue;
            }
            let scope = Scope::of(module);
            for word in words {
                let path = PathRef {
                    absolute: false,
                    segments: vec![here, *word],
                };
                let mut targets = index.resolve(scope, &path, Spaces::ALL);
                // Most words are no names in it.
                targets.retain(|target| !matches!(target, Target::Inside(_)));
                queue.extend(targets.iter().filter_map(|target| match target {
                    Target::Module(module) => Some(*module),
                    _ => None,
                }));
                self.edge(&path, targets);
            }
        }
    }
}

fn is_root_word(word: &str) -> bool {
    matches!(word, "self" | "super" | "crate")
}
