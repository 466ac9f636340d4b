//! Macros: those that are called in an expression, and those that make items.

use std::collections::BTreeSet;

use crate::{
    imports::Import,
    index::Made,
    references::{PathRef, References},
    resolve::Scope,
    spaces::Spaces,
    syntax::Kind,
    tree::Name,
};

use super::Reach;

/// Macros of the standard library: they define no more than their input names.
pub(crate) const STANDARD_MACROS: [&str; 44] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "thread_local",
    "todo",
    "try",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
    "is_x86_feature_detected",
    "pin",
    "ready",
    "addr_of",
    "addr_of_mut",
    "offset_of",
    "cfg_select",
    "macro_rules",
];

/// Macros of other crates that define no more than their input names.
pub(crate) const TAME_MACROS: [&str; 8] = [
    "lazy_static",
    "bitflags",
    "cfg_if",
    "cfg_select",
    "pin_project",
    "criterion_group",
    "criterion_main",
    "static_assertions",
];

/// The crates that those are of.
pub(crate) const TAME_CRATES: [&str; 6] = [
    "bitflags",
    "cfg-if",
    "criterion",
    "lazy_static",
    "pin-project",
    "static_assertions",
];

impl Reach<'_> {
    pub(super) fn macro_call(
        &mut self,
        module: usize,
        imports: &[Import],
        path: &PathRef,
        inputs: &BTreeSet<Name>,
    ) -> Option<String> {
        let index = self.index;
        let mut targets = index.resolve(Scope { module, imports }, path, Spaces::MACROS);
        let mut rules: BTreeSet<_> = index.macro_rules(module, path).into_iter().collect();
        rules.extend(targets.iter().filter_map(|target| index.rules_of(target)));
        if !rules.is_empty() || !self.index.is_standard_macro(path) {
            self.members.of_anything(inputs);
            for name in inputs {
                self.given(Scope { module, imports }, &PathRef::of(*name));
            }
        }
        if !rules.is_empty() {
            // Where others have the name, it may be theirs.
            targets.retain(|target| index.is_of_other(target) || index.may_make_rules(target));
            for rule in &rules {
                self.rule(module, imports, *rule);
            }
            self.put_together(Scope { module, imports }, &rules, inputs);
        } else if targets.is_empty() && !index.is_standard_macro(path) {
            // It comes from somewhere, by `#[macro_use]` or a prelude.
            self.all_foreign(index.modules[module].krate);
        }
        (!targets.is_empty()).then(|| self.edge(path, targets))
    }

    /// What the rules name is looked up where they are used, too.
    pub(super) fn rule(&mut self, module: usize, imports: &[Import], rule: usize) {
        self.reach(rule);
        let index = self.index;
        let found = &index.entries[rule];
        let references = index.references(rule);
        let is_own = index.modules[module].krate == index.modules[found.module].krate;
        let mut imports = imports.to_vec();
        if is_own {
            // Those of the rules' own blocks count where they are used.
            for import in &references.imports {
                if !imports.contains(import) {
                    imports.push(import.clone());
                }
            }
        }
        if !self.expanded.insert((module, rule, imports.clone())) {
            return;
        }
        let imports = imports.as_slice();
        self.imports(Scope { module, imports });
        let is_seen = |path: &&PathRef| is_own || path.segments.len() == 1;
        let paths = references.paths.iter();
        for (path, spaces) in paths.filter(|(path, _)| is_seen(path)) {
            self.path(Scope { module, imports }, path, *spaces, None);
        }
        for path in references.macros.iter().filter(is_seen) {
            self.macro_call(module, imports, path, &references.inputs);
        }
    }

    /// Where rules may make an alias in a body, what an unknown name has may be
    /// anything's.
    pub(super) fn members_of_made_aliases(&mut self, scope: Scope<'_>, references: &References) {
        let index = self.index;
        let makes_aliases = |rule: &usize| {
            let mut words = index.references(*rule).words.iter();
            words.any(|word| matches!(index.names.text(*word), "type" | "use"))
        };
        let mut macros = references.macros.iter();
        if !macros.any(|path| {
            index
                .macro_rules(scope.module, path)
                .iter()
                .any(makes_aliases)
        }) {
            return;
        }
        let long = references
            .paths
            .keys()
            .filter(|path| path.segments.len() > 1);
        for path in long.filter(|path| index.resolve(scope, path, Spaces::ALL).is_empty()) {
            self.members.of_anything(&path.segments[1..]);
        }
        self.members.of_anything(&references.of_parameters);
    }

    /// Macros called where items stand, that may define or implement something
    /// that is used.
    pub(super) fn macro_calls(&mut self) {
        let index = self.index;
        for (id, words) in &index.macro_words {
            if self.reached.contains(id) {
                continue;
            }
            let types = self.impls.of_macros.get(id).into_iter().flatten();
            if types.clone().any(|ty| self.reached.contains(ty))
                || self.may_implement(*id, words) && self.may_be_in_scope(*id, words, types)
            {
                self.reach(*id);
            }
            let found = &index.entries[*id];
            let touched = self.modules.contains(&found.module);
            if touched && index.wild_calls.contains(id) {
                self.reach(*id);
                for other in &index.modules[found.module].entries {
                    self.reach(*other);
                }
            }
        }
    }

    /// Items in which a macro is called that may make an impl which is used.
    pub(super) fn inner_calls(&mut self) {
        let impls = self.impls;
        for (inside, types) in &impls.of_inner {
            let mut types = types.iter();
            if !self.reached.contains(inside) && types.any(|ty| self.may_be_used(*ty)) {
                self.reach(*inside);
            }
        }
    }

    /// Whether something of a type or a trait may be used: it is reached, or a method is
    /// called that it may have.
    fn may_be_used(&self, ty: usize) -> bool {
        if self.reached.contains(&ty) {
            return true;
        }
        let index = self.index;
        if !self.visible.contains(&ty) {
            return false;
        }
        let made = index.made.get(&ty).into_iter();
        let mut made = made.flat_map(|made| &made.names);
        let members = index.entries[ty].members.iter();
        let mut members = members.filter_map(|member| index.entries[*member].name);
        members.any(|name| self.members.contains(name))
            || made.any(|name| self.members.contains(*name))
    }

    /// Macros that an item or the rules of a call bear under names that tell of others.
    pub(super) fn disguised(&mut self, entry: usize) {
        let index = self.index;
        let module = index.entries[entry].module;
        for path in index.disguised.get(&entry).into_iter().flatten() {
            let mut targets = index.resolve(Scope::of(module), path, Spaces::MACROS);
            if let [only] = path.segments.as_slice() {
                targets.extend(index.crates_of_macros(module, *only));
            }
            let edge = self.edge(path, targets);
            self.edges.entry(entry).or_default().insert(edge);
        }
    }

    /// Whether the rules of all macros of a call are at hand.
    fn has_rules(&self, call: usize) -> bool {
        let found = &self.index.entries[call];
        let mut macros = self.index.references(call).macros.iter();
        macros.all(|path| self.index.has_rules(found.module, path))
    }

    /// Whether a macro may make a method that is called.
    fn may_implement(&self, call: usize, words: &BTreeSet<Name>) -> bool {
        let implements = |word: &Name| self.index.names.text(*word) == "impl";
        let is_plain = self.index.is_plain(call);
        let may = !self.has_rules(call) && !is_plain || words.iter().any(implements);
        let made = self.index.made.get(&call);
        let members = made.and_then(Made::members).unwrap_or(words);
        may && members.iter().any(|name| self.members.contains(*name))
    }

    /// Whether such a method can be called: it is of a trait in scope, or of one
    /// that the words do not tell.
    fn may_be_in_scope<'t>(
        &self,
        call: usize,
        words: &BTreeSet<Name>,
        types: impl Iterator<Item = &'t usize>,
    ) -> bool {
        let is_trait = |ty: usize| self.index.entries[ty].kind == Kind::Trait;
        let types: Vec<_> = types.copied().collect();
        let has = |word: &str| {
            let mut words = words.iter();
            words.any(|name| self.index.names.text(*name) == word)
        };
        // One that it makes itself is in scope where the call stands.
        let makes_trait = has("trait");
        if makes_trait && self.visible.contains(&call) {
            return true;
        }
        let mut traits = types.iter().filter(|ty| is_trait(**ty)).peekable();
        if makes_trait || traits.peek().is_some() {
            return traits.any(|of| self.is_visible(*of));
        }
        // Without a trait, it is of a type, which is named or which it makes.
        let makes_type = ["struct", "enum", "union"].into_iter().any(has);
        !self.has_rules(call) || types.is_empty() && !makes_type
    }
}
