//! What the macro calls inside of an item may make impls of.

use std::{collections::BTreeSet, fs};

use proc_macro2::Delimiter;

use crate::{
    imports::Import,
    references::{PathRef, Reader, References, is_colons},
    resolve::{Scope, Target},
    spaces::Spaces,
    tables::Set,
    tree::{Name, Tree},
};

use super::{
    Index,
    bodies::{Body, Called},
    heads::walk,
    pieces::{Origin, Pieces},
    units::{Unit, Units},
};

/// A macro call inside of an item that may make impls.
#[derive(Debug)]
pub(crate) struct InnerCall {
    /// The item that it stands in.
    pub(crate) inside: usize,
    /// The module of the call, and the imports that hold where it stands.
    pub(crate) module: usize,
    pub(crate) imports: Vec<Import>,
    /// The modules of its rules.
    pub(crate) homes: BTreeSet<usize>,
    /// All that an impl may be of.
    pub(crate) paths: BTreeSet<PathRef>,
}

/// What the macros of a call are.
struct Macros {
    rules: BTreeSet<usize>,
    /// Those without rules at hand, and where they are called.
    others: Vec<(usize, PathRef)>,
}

/// What may come into an impl that a call makes.
#[derive(Default)]
struct Heads {
    words: BTreeSet<Name>,
    /// Whether anything makes an impl of those words.
    are_of_impls: bool,
    /// Whether a macro is called of which only the name is known.
    is_unknown: bool,
}

impl Index {
    /// Finds the calls in an item that may make impls.
    pub(super) fn inner_calls(&mut self, body: &Body, called: &mut Called) {
        let tokens = self.lex(&body.part).unwrap_or_default();
        let module = self.entries[body.inside].module;
        let mut imports = Vec::new();
        if body.has_imports {
            imports.clone_from(&self.references(body.inside).imports);
        }
        let mut units = Units {
            index: self,
            module,
            imports: &imports,
            called,
            own_rules: Set::default(),
            found: Vec::new(),
        };
        units.of_item(tokens);
        let units = units.found;
        for unit in units {
            let call = self.inner_call(body.inside, &unit, &imports);
            self.inner.extend(call);
        }
    }

    fn inner_call(&self, inside: usize, unit: &Unit, imports: &[Import]) -> Option<InnerCall> {
        let module = self.entries[inside].module;
        let mut input = Reader::new(&self.names).read(&unit.tokens);
        input.imports.extend_from_slice(imports);
        let scope = Scope {
            module,
            imports: &input.imports,
        };
        let pieces = Pieces::of(&unit.tokens, &self.names);
        let macros = self.macros_of(scope, &input);
        let heads = self.heads_of(scope, &input, &pieces, &macros);
        let mut paths = BTreeSet::new();
        if heads.are_of_impls {
            paths = self.paths_of(&heads.words, &input, &macros.rules);
        }
        if heads.is_unknown && (unit.is_statement || !macros.rules.is_empty()) {
            self.whole_paths(scope, &unit.tokens, &mut paths);
        }
        let rules = macros.rules.iter();
        (!paths.is_empty()).then(|| InnerCall {
            inside,
            module,
            homes: rules.map(|rule| self.entries[*rule].module).collect(),
            imports: input.imports,
            paths,
        })
    }

    /// The rules that a call may stand for, with those that they call and are given.
    fn macros_of(&self, scope: Scope<'_>, input: &References) -> Macros {
        let here = scope.module;
        let mut rules = BTreeSet::new();
        let mut others = Vec::new();
        let mut met = Set::default();
        let mut queue: Vec<_> = input.macros.iter().map(|path| (here, path)).collect();
        let mut found = Vec::new();
        loop {
            while let Some((module, path)) = queue.pop() {
                if !met.insert((module, path)) || self.is_known_macro(module, path) {
                    continue;
                }
                found.extend(self.macro_rules(module, path));
                found.extend(self.macro_rules(here, path));
                let targets = self.resolve(scope, path, Spaces::MACROS);
                let named: Vec<_> = targets.iter().filter_map(|t| self.rules_of(t)).collect();
                let has_rules = self.has_rules(module, path) || self.has_rules(here, path);
                if !has_rules && named.is_empty() {
                    others.push((module, path.clone()));
                }
                found.extend(named);
            }
            for rule in found.drain(..).filter(|rule| rules.insert(*rule)) {
                let home = self.entries[rule].module;
                queue.extend(self.references(rule).macros.iter().map(|path| (home, path)));
            }
            if queue.is_empty() && self.call_what_they_are_given(&rules) {
                let given = self.words_given(input, &rules).into_iter();
                let given = given.flat_map(|word| self.rules_in_scope(here, &PathRef::of(word)));
                found.extend(given.filter(|rule| !rules.contains(rule)));
            }
            if queue.is_empty() && found.is_empty() {
                return Macros { rules, others };
            }
        }
    }

    /// What a call is given, and what its rules give to each other.
    fn words_given(&self, input: &References, rules: &BTreeSet<usize>) -> BTreeSet<Name> {
        let mut words = input.words.clone();
        for rule in rules {
            words.extend(&self.references(*rule).inputs);
        }
        words
    }

    fn heads_of(
        &self,
        scope: Scope<'_>,
        input: &References,
        given: &Pieces,
        macros: &Macros,
    ) -> Heads {
        let word = self.names.intern("impl");
        let pieces = || macros.rules.iter().filter_map(|rule| self.pieces.get(rule));
        let mut rules = macros.rules.iter();
        let mut heads = Heads {
            words: self.words_given(input, &macros.rules),
            are_of_impls: input.words.contains(&word)
                || rules.any(|rule| self.references(*rule).words.contains(&word)),
            is_unknown: false,
        };
        heads
            .words
            .extend(pieces().flat_map(|pieces| &pieces.heads));
        let mut all = pieces().chain([given]);
        if all.any(|pieces| pieces.origin == Origin::Anywhere) {
            for rule in &macros.rules {
                heads.words.extend(&self.references(*rule).words);
            }
        }
        for (module, path) in &macros.others {
            let mut all = pieces().chain([given]);
            let last = path.segments.last();
            // Rules that it declares itself are among its tokens.
            if !all.any(|pieces| last.is_some_and(|last| pieces.declared.contains(last))) {
                let imports = if *module == scope.module {
                    scope.imports
                } else {
                    &[]
                };
                let module = *module;
                self.other_macro(Scope { module, imports }, path, &mut heads);
            }
        }
        heads
    }

    /// What a macro without rules may bring.
    fn other_macro(&self, scope: Scope<'_>, path: &PathRef, heads: &mut Heads) {
        let Some(last) = path.segments.last() else {
            return;
        };
        if self.makes_values(scope, path) {
            return;
        }
        let targets = self.resolve(scope, path, Spaces::MACROS);
        let word = self.names.intern("impl");
        let mut is_at_hand = false;
        for target in &targets {
            let words = match target {
                Target::Entry(call) if self.is_macro_call(*call) => {
                    let made = self.made.get(call);
                    if !made.is_some_and(|made| made.names.contains(last)) {
                        // It may make any name, for all that is known.
                        continue;
                    }
                    self.words_of_macro(*call)
                }
                // Others stand for what may make any name.
                target if !self.is_of_other(target) => continue,
                Target::Entry(entry) => self.words_of_crate_of(self.entries[*entry].module),
                Target::Inside(module) => self.words_of_crate_of(*module),
                _ => continue,
            };
            is_at_hand = true;
            heads.are_of_impls |= words.contains(&word);
            heads.words.extend(words);
        }
        heads.is_unknown |= !is_at_hand;
    }

    /// The words of a crate whose macros are functions, and of those that it is made
    /// with, as far as they may name anything here.
    fn words_of_crate_of(&self, module: usize) -> BTreeSet<Name> {
        let mut words = BTreeSet::new();
        let mut met = BTreeSet::new();
        let mut queue = vec![self.modules[module].krate];
        while let Some(krate) = queue.pop() {
            if !met.insert(krate) {
                continue;
            }
            let found = &self.crates[krate];
            queue.extend(found.local.values());
            for file in &found.files {
                let text = fs::read_to_string(file).unwrap_or_default();
                let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                words.extend(parts.filter_map(|part| self.names.known(part)));
            }
        }
        words
    }

    /// All paths that may be made of some words.
    fn paths_of(
        &self,
        words: &BTreeSet<Name>,
        input: &References,
        rules: &BTreeSet<usize>,
    ) -> BTreeSet<PathRef> {
        let mut paths: BTreeSet<_> = words.iter().map(|word| PathRef::of(*word)).collect();
        let of_rules = rules.iter().map(|rule| self.references(*rule));
        for references in of_rules.chain([input]) {
            let named = references.paths.keys();
            let is_whole = |path: &&PathRef| path.segments.iter().all(|name| words.contains(name));
            paths.extend(named.filter(is_whole).cloned());
        }
        paths
    }

    /// The paths in tokens that may stand for a type as a whole, as far as their
    /// neighbours tell.
    fn whole_paths(&self, scope: Scope<'_>, tokens: &[Tree], paths: &mut BTreeSet<PathRef>) {
        walk(tokens, &mut |trees| {
            for (at, tree) in trees.iter().enumerate() {
                let goes_on = is_colons(&trees[at + 1..])
                    || trees
                        .get(at + 1)
                        .is_some_and(|next| next.group(Delimiter::Parenthesis).is_some());
                if tree.ident().is_some() && !goes_on {
                    let (_, path) = self.path_up_to(trees, at);
                    if !self.is_of_type(scope, &path) {
                        paths.insert(path);
                    }
                }
            }
        });
    }

    /// Whether a path is that of something in a type: `Type::name`.
    fn is_of_type(&self, scope: Scope<'_>, path: &PathRef) -> bool {
        let mut outer = path.clone();
        outer.segments.pop();
        let targets = self.resolve(scope, &outer, Spaces::TYPES);
        let is_item = |target: &Target| matches!(target, Target::Entry(_));
        !outer.segments.is_empty() && !targets.is_empty() && targets.iter().all(is_item)
    }
}
