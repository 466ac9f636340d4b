//! `#[macro_use] extern crate a;`: macros that all modules of a crate know.

use crate::{
    Build,
    reach::TAME_CRATES,
    resolve::Target,
    syntax,
    tables::{Map, Set},
    tree::{Name, Names, Tree},
};

use super::{COMPILED, Index, Presence, heads::walk, tame::tame_names};

/// A crate whose macros all modules of another one know.
#[derive(Debug)]
pub(super) struct MacroUse {
    krate: Name,
    /// Those that they know, if not all.
    only: Option<Vec<Name>>,
}

impl MacroUse {
    /// That of `extern crate`, if it bears the attribute.
    pub(super) fn of(krate: Name, attributes: &[Tree], names: &Names) -> Option<Self> {
        let mut found = None;
        walk(attributes, &mut |trees| {
            for (at, tree) in trees.iter().enumerate() {
                if tree
                    .ident()
                    .is_some_and(|word| names.text(word) == "macro_use")
                {
                    let only = match trees.get(at + 1) {
                        Some(Tree::Group(_, inner)) => Some(inner),
                        _ => None,
                    };
                    let only = only.map(|inner| inner.iter().filter_map(Tree::ident).collect());
                    found = Some(Self { krate, only });
                }
            }
        });
        found
    }
}

impl Index {
    /// The tame names that crates have in all their modules for macros that may not be
    /// tame.
    pub(super) fn macro_used(&self) -> Map<usize, Set<Name>> {
        let crates = 0..self.crates.len();
        let used = crates.map(|krate| (krate, self.macro_used_in(krate)));
        used.filter(|(_, names)| !names.is_empty()).collect()
    }

    /// The crates that a module may have a macro of a name from for `#[macro_use]`.
    pub(crate) fn crates_of_macros(&self, module: usize, name: Name) -> Vec<Target> {
        let krate = self.modules[module].krate;
        let uses = self.crates[krate].macro_uses.iter();
        let uses = uses.filter(|one| one.only.as_ref().is_none_or(|only| only.contains(&name)));
        let targets = uses.filter_map(|one| self.outside(krate, one.krate));
        let inside = targets.map(|target| match target {
            Target::Module(root) => Target::Inside(root),
            target => target,
        });
        inside.collect()
    }

    fn macro_used_in(&self, krate: usize) -> Set<Name> {
        let root = &self.modules[self.crates[krate].root];
        let is_made = |call: &usize| {
            let words = self.macro_words.get(call).into_iter().flatten();
            words
                .clone()
                .any(|word| self.names.text(*word) == "macro_use")
        };
        let names = || tame_names().map(|name| self.names.intern(name));
        if root.macro_calls.iter().any(is_made) {
            return names().collect();
        }
        let mut found = Set::default();
        for one in &self.crates[krate].macro_uses {
            let wanted = names().filter(|name| {
                let only = one.only.as_ref();
                only.is_none_or(|only| only.contains(name)) && !found.contains(name)
            });
            found.extend(self.exported_by(krate, one.krate, wanted.collect()));
        }
        found
    }

    /// Which of some names a crate that another one depends on may have for macros that
    /// are not tame.
    fn exported_by(&self, krate: usize, of: Name, mut wanted: Vec<Name>) -> Vec<Name> {
        match self.outside(krate, of) {
            Some(Target::Module(root)) => self.retain_exported(root, &mut wanted),
            Some(Target::Foreign(krate, name)) => {
                if self.has_rules_alone(krate, &name) {
                    return Vec::new();
                }
                let others = self.others(krate, &name);
                if !others.is_empty() {
                    wanted.retain(|wanted| {
                        let text = self.names.text(*wanted);
                        others.iter().any(|other| other.contains(text))
                    });
                }
            }
            _ => wanted.clear(),
        }
        wanted
    }

    fn has_rules_alone(&self, krate: usize, name: &str) -> bool {
        let dependency = self.crates[krate].package.dependencies.get(name);
        let is_known = dependency.is_some_and(|d| TAME_CRATES.contains(&d.package.as_str()));
        is_known || self.is_tame_package(krate, name)
    }

    /// The tame names that a crate which is not at hand may have for macros that are not
    /// tame: for each package that the build tells it may be.
    fn others(&self, krate: usize, name: &str) -> Vec<Set<String>> {
        let folders = self.build.folders_of(name, self.is_own(krate)).into_iter();
        let read = folders.map(|folder| {
            let target = super::Target {
                folder,
                root: None,
                presence: Presence::default(),
                build: Build::default(),
            };
            Self::read(target).map_or_else(every_tame_name, |other| other.exported_names())
        });
        read.collect()
    }

    fn exported_names(&self) -> Set<String> {
        let names = tame_names().map(|name| self.names.intern(name));
        let mut names: Vec<_> = names.collect();
        self.retain_exported(self.crates[COMPILED].root, &mut names);
        let texts = names.into_iter().map(|name| self.names.text(name));
        texts.map(str::to_owned).collect()
    }

    /// Leaves the names that the root of a crate may have for macros that are not tame.
    fn retain_exported(&self, root: usize, wanted: &mut Vec<Name>) {
        let krate = &self.crates[self.modules[root].krate];
        if krate.package.is_proc_macro {
            let words = self.words_of_declared_macros(root);
            wanted.retain(|name| words.contains(name));
            return;
        }
        wanted.retain(|name| self.may_have_other(root, *name, &mut Set::default()));
    }

    /// The words that may be names of macros that the root of a crate declares: those of
    /// its functions, those in attributes, and those in macro calls.
    fn words_of_declared_macros(&self, root: usize) -> Set<Name> {
        let mut found = Set::default();
        for entry in &self.modules[root].entries {
            let known = &self.entries[*entry];
            found.extend(known.name);
            found.extend(self.macro_words.get(entry).into_iter().flatten());
            let tokens = self.lex(&known.part).unwrap_or_default();
            let attributes = &tokens[..syntax::outer_attributes(&tokens)];
            walk(attributes, &mut |trees| {
                found.extend(trees.iter().filter_map(Tree::ident));
            });
        }
        found
    }
}

fn every_tame_name() -> Set<String> {
    tame_names().map(str::to_owned).collect()
}
