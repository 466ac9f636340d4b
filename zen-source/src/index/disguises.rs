//! Where a name that tells of a macro which makes no items belongs to another macro.
//!
//! The compiler settles much of it. No import at all may have the name of an attribute of
//! the language. A macro that the standard library brings everywhere is hidden by an
//! import of its name and by `#[macro_use]`, but not by a glob: that is an error, and so
//! is a crate's name that a glob brings too. An import hides all that globs bring.

use std::collections::BTreeSet;

use crate::{
    imports::{Binding, Import},
    package::Dependency,
    references::PathRef,
    resolve::{Scope, Target},
    spaces::Spaces,
    tables::{Map, Set},
    tree::Name,
};

use super::{
    Index, OWN_PACKAGES,
    tame::{TAME_PACKAGES, is_brought_everywhere, is_tool, surely_has},
};

/// How many modules an import is followed through.
const DEPTH: usize = 4;

/// What was found out of names in modules.
#[derive(Debug, Default)]
pub(super) struct Disguises {
    known: Map<(usize, PathRef), bool>,
    /// Those that whole crates know.
    macro_used: Map<usize, Set<Name>>,
}

impl Index {
    /// Adds what bears a macro of another crate under a tame name to what may make items,
    /// and calls whose rules bear one.
    pub(super) fn disguised_macros(&mut self) {
        let mut disguises = Disguises {
            macro_used: self.macro_used(),
            ..Disguises::default()
        };
        let mut found = Vec::new();
        for (module, here) in self.modules.iter().enumerate() {
            for (path, bearer) in &here.bearers {
                if self.is_disguised(&mut disguises, module, path) {
                    found.push((*bearer, path.clone()));
                }
            }
            for call in &here.macro_calls {
                let paths = self.disguised_in_rules(&mut disguises, *call);
                found.extend(paths.into_iter().map(|path| (*call, path)));
            }
        }
        for (bearer, path) in found {
            self.may_make_others(bearer, path);
        }
    }

    fn may_make_others(&mut self, bearer: usize, path: PathRef) {
        let module = self.entries[bearer].module;
        if self.is_macro_call(bearer) && !self.disguised.contains_key(&bearer) {
            // What it makes may have members of any name.
            let made = self.made_of(bearer, true);
            self.made.insert(bearer, made);
        }
        let generators = &mut self.modules[module].generators;
        if !generators.contains(&bearer) {
            generators.push(bearer);
        }
        self.disguised.entry(bearer).or_default().push(path);
    }

    /// The macros under tame names that the rules of a call bear.
    fn disguised_in_rules(&self, disguises: &mut Disguises, call: usize) -> Vec<PathRef> {
        let module = self.entries[call].module;
        let parts = self.made.get(&call).map(|made| &made.parts);
        let pieces = parts.into_iter().flatten();
        let pieces = pieces.filter_map(|part| self.pieces.get(part));
        let borne: BTreeSet<_> = pieces.flat_map(|pieces| &pieces.tame).collect();
        let mut is_disguised = |path: &PathRef| {
            self.is_disguised(disguises, module, path)
                || matches!(path.segments.as_slice(), [only] if self.is_imported_by(call, *only))
        };
        let found = borne.into_iter().filter(|path| is_disguised(path));
        found.cloned().collect()
    }

    /// Whether a tame name or path is in a module that of a macro that may not be tame.
    fn is_disguised(&self, disguises: &mut Disguises, module: usize, path: &PathRef) -> bool {
        let key = (module, path.clone());
        if let Some(known) = disguises.known.get(&key) {
            return *known;
        }
        let is_disguised = match path.segments.as_slice() {
            [only] => self.is_name_disguised(disguises, module, *only),
            _ => self.is_path_of_other(module, path),
        };
        disguises.known.insert(key, is_disguised);
        is_disguised
    }

    fn is_name_disguised(&self, disguises: &Disguises, module: usize, name: Name) -> bool {
        if self.is_settled(module, name, 0) {
            return false;
        }
        let krate = self.modules[module].krate;
        let used = disguises.macro_used.get(&krate);
        if used.is_some_and(|used| used.contains(&name)) {
            return true;
        }
        if is_brought_everywhere(self.names.text(name)) {
            return self.is_imported(module, name);
        }
        self.may_have_other(module, name, &mut Set::default())
    }

    /// Whether a module may have a macro of a name that may not be tame.
    pub(super) fn may_have_other(&self, module: usize, name: Name, met: &mut Set<usize>) -> bool {
        if !met.insert(module) || self.is_settled(module, name, 0) {
            return false;
        }
        let here = &self.modules[module];
        let makes =
            |call: &usize| self.wild_calls.contains(call) || self.is_imported_by(*call, name);
        if self.crates[here.krate].package.is_proc_macro
            || self.is_imported(module, name)
            || !here.generators.is_empty()
            || here.macro_calls.iter().any(makes)
        {
            return true;
        }
        let mut globs = here.imports.iter().filter(|import| import.is_glob());
        globs.any(|glob| self.may_glob_have_other(module, &glob.path, name, met))
    }

    fn may_glob_have_other(
        &self,
        module: usize,
        glob: &PathRef,
        name: Name,
        met: &mut Set<usize>,
    ) -> bool {
        match self.crate_of(module, glob) {
            Some(Target::Standard) => return false,
            Some(target @ Target::Foreign(..)) => return self.is_other(&target, name),
            _ => {}
        }
        let targets = self.resolve(Scope::of(module), glob, Spaces::TYPES);
        targets.iter().any(|target| match target {
            Target::Module(inner) => self.may_have_other(*inner, name, met),
            target => self.is_other(target, name),
        })
    }

    /// Whether a module imports under this name what may be a macro that is not tame.
    fn is_imported(&self, module: usize, name: Name) -> bool {
        let mut imports = self.named_imports(module, name);
        imports.any(|import| self.is_path_of_other(module, &import.path))
    }

    /// Whether the rules of a call, or what they are given, import such a macro.
    fn is_imported_by(&self, call: usize, name: Name) -> bool {
        let Some(made) = self.made.get(&call) else {
            return false;
        };
        if !made.names.contains(&name) {
            return false;
        }
        let here = self.entries[call].module;
        let mut parts = made.parts.iter();
        parts.any(|part| {
            let home = self.entries[*part].module;
            let mut imports = self.references(*part).imports.iter();
            imports.any(|import| {
                // The rules may be given the name.
                let brings = match import.binding {
                    Binding::Name(bound) => bound == name,
                    Binding::Hidden | Binding::Glob => true,
                };
                brings
                    && (self.is_path_of_other(here, &import.path)
                        || self.is_path_of_other(home, &import.path))
            })
        })
    }

    /// Whether a path may lead to a macro that is not tame.
    fn is_path_of_other(&self, module: usize, path: &PathRef) -> bool {
        let Some(last) = path.segments.last() else {
            return false;
        };
        match self.crate_of(module, path) {
            Some(Target::Module(_)) => {}
            Some(target) => return self.is_other(&target, *last),
            None if self.is_outside(module, path) => return false,
            None => {}
        }
        let targets = self.resolve(Scope::of(module), path, Spaces::MACROS);
        targets.iter().any(|target| self.is_other(target, *last))
    }

    /// The crate that a path surely begins with.
    fn crate_of(&self, module: usize, path: &PathRef) -> Option<Target> {
        let first = *path.segments.first()?;
        let is_hidden = !path.absolute && self.has_of_its_own(module, first);
        let krate = self.modules[module].krate;
        (!is_hidden).then(|| self.outside(krate, first)).flatten()
    }

    /// Whether a path surely begins with a tool, or with a crate of our own.
    fn is_outside(&self, module: usize, path: &PathRef) -> bool {
        let Some(first) = path.segments.first() else {
            return false;
        };
        let text = self.names.text(*first);
        let krate = &self.crates[self.modules[module].krate];
        let dependency = krate.package.dependencies.get(text);
        let is_own = dependency.is_some_and(|d| OWN_PACKAGES.contains(&d.package.as_str()));
        (is_own || is_tool(text)) && (path.absolute || !self.has_of_its_own(module, *first))
    }

    /// Whether a module has a name that it does not know from outside or by a glob alone.
    fn has_of_its_own(&self, module: usize, name: Name) -> bool {
        let here = &self.modules[module];
        let is_renamed = |import: &Import| import.path.segments != [name];
        here.children.contains_key(&name)
            || here.items.contains_key(&name)
            || self.named_imports(module, name).any(is_renamed)
    }

    fn named_imports(&self, module: usize, name: Name) -> impl Iterator<Item = &Import> {
        let imports = self.modules[module].imports.iter();
        imports.filter(move |import| import.binding == Binding::Name(name))
    }

    /// Whether a module surely imports the macro that is known by a name.
    fn is_settled(&self, module: usize, name: Name, depth: usize) -> bool {
        let mut imports = self.modules[module].imports.iter();
        imports.any(|import| {
            // Nobody who has all of ours has the step of another crate as well.
            let is_own_glob = import.is_glob()
                && self.names.text(name) == "step"
                && self.is_outside(module, &import.path);
            is_own_glob
                || import.brings_surely(name) && self.is_path_settled(module, &import.path, depth)
        })
    }

    fn is_path_settled(&self, module: usize, path: &PathRef, depth: usize) -> bool {
        let Some((last, before)) = path.segments.split_last() else {
            return false;
        };
        let text = self.names.text(*last);
        match self.crate_of(module, path) {
            Some(Target::Standard) => return is_brought_everywhere(text),
            Some(Target::Foreign(krate, name)) => {
                let dependency = self.crates[krate].package.dependencies.get(&name);
                let has = |found: &Dependency| surely_has(&found.package, &found.declared, text);
                return before.len() == 1 && dependency.is_some_and(has);
            }
            None if self.is_outside(module, path) => return text == "step",
            _ => {}
        }
        let before = PathRef {
            absolute: path.absolute,
            segments: before.to_vec(),
        };
        let targets = self.resolve(Scope::of(module), &before, Spaces::TYPES);
        let mut targets = targets.into_iter();
        match (targets.next(), targets.next()) {
            (Some(Target::Module(inner)), None) => {
                depth < DEPTH && self.is_settled(inner, *last, depth + 1)
            }
            _ => false,
        }
    }

    /// Whether what has the name of a tame macro may be another one.
    fn is_other(&self, target: &Target, name: Name) -> bool {
        match target {
            Target::Foreign(krate, dependency) => !self.is_tame_package(*krate, dependency),
            Target::Entry(entry) if self.may_make_rules(target) => {
                let is_call = self.is_macro_call(*entry);
                !is_call || self.wild_calls.contains(entry) || self.is_imported_by(*entry, name)
            }
            Target::Inside(module) => {
                let mut calls = self.modules[*module].macro_calls.iter();
                self.is_of_other(target) || calls.any(|call| self.wild_calls.contains(call))
            }
            target => self.is_of_other(target),
        }
    }

    pub(super) fn is_tame_package(&self, krate: usize, name: &str) -> bool {
        let dependency = self.crates[krate].package.dependencies.get(name);
        dependency.is_some_and(|found| TAME_PACKAGES.contains(&found.package.as_str()))
    }
}
