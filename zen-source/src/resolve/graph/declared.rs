//! What a name surely is: what is declared, and not hidden by another; and what
//! leads nowhere.

use std::collections::BTreeSet;

use crate::{imports::Import, references::PathRef, syntax::Kind};

use super::{Certainty, Scope, Search, Target};

impl Search<'_> {
    /// The types that a path stands for, as they are declared; none, if it may as
    /// well stand for one that is not at hand.
    ///
    /// An item does not hide what a glob brings: it may be of another namespace, or
    /// outside of the block that the glob stands in. So a name that a glob may bring
    /// is surely that of a type only where the module itself declares or imports a
    /// type of that name.
    pub(in super::super) fn declared(
        mut self,
        scope: Scope<'_>,
        path: &PathRef,
    ) -> BTreeSet<Target> {
        let (declared, is_all) = self.seen(scope, path);
        if is_all || self.hides_globs(scope, path) {
            declared
        } else {
            BTreeSet::new()
        }
    }

    /// What of a path is declared, and whether that is all that is not made.
    fn seen(&mut self, scope: Scope<'_>, path: &PathRef) -> (BTreeSet<Target>, bool) {
        let found = self.ask(scope, path);
        let declared = found
            .iter()
            .filter(|found| found.how == Certainty::Declared);
        let declared = declared.map(|found| found.target.clone()).collect();
        let is_all = found.iter().all(|found| found.how != Certainty::Unseen);
        (declared, is_all)
    }

    /// Whether a path is the name of a type that its module surely has, whatever the
    /// globs bring.
    fn hides_globs(&mut self, scope: Scope<'_>, path: &PathRef) -> bool {
        let [name] = path.segments.as_slice() else {
            return false;
        };
        if scope.imports.iter().any(Import::is_glob) {
            return false;
        }
        let index = self.index;
        if index.hides_crates(scope.module, *name) {
            return true;
        }
        let outer = Scope {
            imports: &[],
            ..scope
        };
        let imports = index.modules[scope.module].imports.iter();
        let mut imports = imports.filter(|import| import.brings_surely(*name));
        imports.any(|import| {
            let (declared, is_all) = self.seen(outer, &import.path);
            is_all && declared.iter().any(|target| index.is_type(target))
        })
    }

    /// Whether no path goes on through a target: a function, a value or the rules of a
    /// macro, unless a macro stands on it, which may make a module of its name.
    pub(super) fn is_end(&self, target: &Target) -> bool {
        let Target::Entry(entry) = target else {
            return false;
        };
        let found = &self.index.entries[*entry];
        let is_value = matches!(found.kind, Kind::Function | Kind::Value | Kind::MacroRules);
        is_value && !self.index.modules[found.module].generators.contains(entry)
    }

    /// Whether a module surely sees, through a glob, what another one has: that itself
    /// is visible, or came by imports which are public.
    pub(super) fn is_seen(&self, target: &Target, by: usize, from: usize) -> bool {
        let index = self.index;
        let Target::Entry(entry) = target else {
            return true;
        };
        let found = &index.entries[*entry];
        if index.is_within(by, from) {
            return true;
        }
        if index.modules[by].krate != index.modules[from].krate {
            // `pub(crate)` passes for public.
            return false;
        }
        let imports = &index.modules[from].imports;
        if found.module == from {
            found.is_public
        } else {
            imports.iter().all(|import| import.is_public)
        }
    }
}
