//! Which methods may be called, without anybody naming the type that has them.

use std::collections::BTreeSet;

use crate::{
    imports::Import,
    references::{PathRef, References},
    resolve::{Scope, Target},
    spaces::Spaces,
    syntax::Kind,
};

use super::{Reach, impls::ImplKind};

impl Reach<'_> {
    /// A value of any type that has the bounds may come in.
    pub(super) fn open(&mut self, module: usize, bounds: &References) {
        let traits = self.traits(module, &bounds.imports, bounds.paths.keys());
        if traits.is_empty() {
            self.reach_all_types(self.index.modules[module].krate);
        }
        for of in traits {
            self.implementors(of);
        }
    }

    /// The traits at hand that paths name.
    fn traits<'p>(
        &self,
        module: usize,
        imports: &[Import],
        paths: impl IntoIterator<Item = &'p PathRef>,
    ) -> BTreeSet<usize> {
        let scope = Scope { module, imports };
        let targets = paths
            .into_iter()
            .flat_map(|path| self.index.resolve(scope, path, Spaces::TYPES));
        targets
            .filter_map(|target| match target {
                Target::Entry(entry) if self.index.entries[entry].kind == Kind::Trait => {
                    Some(entry)
                }
                _ => None,
            })
            .collect()
    }

    pub(super) fn implementors(&mut self, of: usize) {
        let impls = self.impls;
        self.reach(of);
        for position in impls.by_trait.get(&of).into_iter().flatten() {
            let found = &impls.all[*position];
            if found.types.is_empty() {
                // An impl for all types, or one that a macro made.
                self.reach_all_types(self.index.modules[self.index.entries[of].module].krate);
            }
            for ty in &found.types {
                self.reach(*ty);
            }
        }
    }

    /// A trait object may hold a value of any type that implements the trait.
    pub(super) fn reach_implementors(&mut self, module: usize, references: &References) {
        let mut macros = references.macros.iter();
        let is_of_given = references.dynamic_of_given
            || macros.any(|path| self.index.makes_objects_of_given(module, path));
        let imports = &references.imports;
        let traits = if is_of_given {
            self.traits(module, imports, references.paths.keys())
        } else {
            self.traits(module, imports, &references.dynamic)
        };
        for of in traits {
            self.implementors(of);
        }
    }

    fn reach_all_types(&mut self, krate: usize) {
        let index = self.index;
        for (entry, found) in index.entries.iter().enumerate() {
            if found.kind == Kind::Type && index.modules[found.module].krate == krate {
                self.reach(entry);
            }
        }
    }

    /// Notes the impls whose types have come to be reached.
    fn wake(&mut self) {
        let impls = self.impls;
        while let Some((entry, _)) = self.met.get(self.woken) {
            self.woken += 1;
            for position in impls.by_need.get(entry).into_iter().flatten() {
                let mut needs = impls.all[*position].needs.iter();
                let is_there = needs.all(|types| types.iter().any(|ty| self.reached.contains(ty)));
                if is_there && self.live.insert(*position) {
                    self.live_impls.push(*position);
                }
            }
        }
    }

    pub(super) fn impls(&mut self) {
        self.wake();
        let impls = self.impls;
        for at in 0..self.live_impls.len() {
            let found = &impls.all[self.live_impls[at]];
            if found.nested {
                let is_known = match found.kind {
                    ImplKind::Local(of) => self.is_visible(of),
                    _ => true,
                };
                if is_known {
                    self.reach(found.entry);
                }
                continue;
            }
            match found.kind {
                ImplKind::Foreign => {
                    self.reach(found.entry);
                    for member in &self.index.entries[found.entry].members {
                        self.reach(*member);
                    }
                }
                ImplKind::Inherent => {
                    self.mentioned_members(found.entry, &found.types, found.kind);
                }
                ImplKind::Local(of) if self.is_visible(of) => {
                    self.mentioned_members(found.entry, &found.types, found.kind);
                    if self.reached.contains(&of) && !found.types.is_empty() {
                        self.reach(found.entry);
                    }
                }
                ImplKind::Local(_) => {}
            }
        }
    }

    /// Default bodies of traits that something live implements.
    pub(super) fn trait_members(&mut self) {
        let known = self.impls;
        for of in &known.traits {
            let mut impls = known.by_trait.get(of).into_iter().flatten();
            let live = self.reached.contains(of) || impls.any(|found| self.live.contains(found));
            if live && self.is_visible(*of) {
                self.mentioned_members(*of, &[], ImplKind::Local(*of));
            }
        }
    }
}
