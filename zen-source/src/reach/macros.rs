//! Macros: those that are called in an expression, and those that make items.

use crate::{imports::Import, references::PathRef, resolve::Scope, syntax::Kind, tree::Name};

use super::Reach;

/// Macros of the standard library: they define no more than their input names.
const STANDARD_MACROS: [&str; 44] = [
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
const TAME_MACROS: [&str; 8] = [
    "lazy_static",
    "bitflags",
    "cfg_if",
    "cfg_select",
    "pin_project",
    "criterion_group",
    "criterion_main",
    "static_assertions",
];

impl Reach<'_> {
    pub(super) fn macro_call(
        &mut self,
        module: usize,
        imports: &[Import],
        path: &PathRef,
    ) -> Option<String> {
        let index = self.index;
        let rules: Vec<_> = index.macro_rules(path).collect();
        if !rules.is_empty() {
            for rule in &rules {
                self.reach(*rule);
                // What the rules name is looked up where they are used, too.
                let references = index.entries[*rule].references.clone();
                for path in references.paths.iter().chain(&references.macros) {
                    if index.modules[module].krate
                        == index.modules[index.entries[*rule].module].krate
                        || path.segments.len() == 1
                    {
                        self.path(module, imports, path);
                    }
                }
            }
            return None;
        }
        let targets = index.resolve(Scope { module, imports }, path);
        if targets.is_empty() && !self.is_standard_macro(path) {
            // It comes from somewhere, by `#[macro_use]` or a prelude.
            self.all_foreign(index.modules[module].krate);
        }
        (!targets.is_empty()).then(|| self.edge(path, targets))
    }

    fn is_standard_macro(&self, path: &PathRef) -> bool {
        let last = path
            .segments
            .last()
            .map(|last| self.index.names.text(*last));
        last.is_some_and(|last| STANDARD_MACROS.contains(&last))
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
            let implements = |word: &Name| index.names.text(*word) == "impl";
            let may_implement = !self.has_rules(*id) || words.iter().any(implements);
            let mentioned = may_implement && words.iter().any(|word| self.members.contains(word));
            if types.clone().any(|ty| self.reached.contains(ty))
                || mentioned && self.may_be_in_scope(types)
            {
                self.reach(*id);
            }
            let found = &index.entries[*id];
            let touched = self.modules.contains(&found.module);
            if touched && self.could_define_anything(*id) {
                self.reach(*id);
                for other in &index.modules[found.module].entries {
                    self.reach(*other);
                }
            }
        }
    }

    /// Whether the rules of all macros of a call are at hand.
    fn has_rules(&self, call: usize) -> bool {
        let mut macros = self.index.entries[call].references.macros.iter();
        macros.all(|path| self.index.macro_rules(path).next().is_some())
    }

    /// Whether a macro may implement a trait whose methods can be called: one that
    /// is in scope, or one that its words do not tell.
    fn may_be_in_scope<'t>(&self, types: impl Iterator<Item = &'t usize>) -> bool {
        let mut traits = types
            .filter(|ty| self.index.entries[**ty].kind == Kind::Trait)
            .peekable();
        traits.peek().is_none() || traits.any(|of| self.is_visible(*of))
    }

    fn could_define_anything(&self, call: usize) -> bool {
        self.index.entries[call]
            .references
            .macros
            .iter()
            .any(|path| {
                let last = path
                    .segments
                    .last()
                    .map(|last| self.index.names.text(*last));
                let tame = last.is_none_or(|last| TAME_MACROS.contains(&last));
                let known = self.index.macro_rules(path).next().is_some();
                !tame && !known && !self.is_standard_macro(path)
            })
    }
}
