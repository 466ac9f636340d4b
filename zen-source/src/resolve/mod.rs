//! From a path in a module to what it stands for.

mod graph;
mod macros;
mod taken;

use std::collections::BTreeSet;

use crate::{
    imports::{Binding, Import},
    index::{Index, OWN_PACKAGES},
    references::PathRef,
    spaces::Spaces,
    syntax::Kind,
    tree::Name,
};

pub(crate) use graph::Graph;
use graph::Search;

/// What a path stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Target {
    Entry(usize),
    Module(usize),
    /// Something in a module that is not found there.
    Inside(usize),
    /// Something of the standard library.
    Standard,
    /// A crate whose source is not followed, as the crate that names it knows it.
    Foreign(usize, String),
}

/// Where a path stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) module: usize,
    /// `use`s inside the function.
    pub(crate) imports: &'a [Import],
}

impl Scope<'_> {
    /// That of a module itself.
    pub(crate) fn of(module: usize) -> Self {
        let imports = &[];
        Self { module, imports }
    }
}

impl Index {
    /// All that a path may stand for, under any condition: whatever is declared, in any
    /// namespace, and what macros may make in the given ones.
    pub(crate) fn resolve(
        &self,
        scope: Scope<'_>,
        path: &PathRef,
        spaces: Spaces,
    ) -> BTreeSet<Target> {
        Search::new(self, &mut self.graph.borrow_mut()).all(scope, path, spaces)
    }

    /// The types that it surely stands for, if no macro makes others of its name.
    pub(crate) fn resolve_declared(&self, scope: Scope<'_>, path: &PathRef) -> BTreeSet<Target> {
        Search::new(self, &mut self.graph.borrow_mut()).declared(scope, path)
    }

    /// The crate that `name` stands for where no item has it.
    fn extern_crate(&self, krate: usize, name: Name) -> Option<Target> {
        let owner = &self.crates[krate];
        let renamed = owner
            .renamed
            .iter()
            .find(|import| import.binding == Binding::Name(name));
        let name = match renamed.map(|import| &import.path) {
            Some(path) if !path.absolute => return Some(Target::Module(owner.root)),
            Some(path) => path.segments.first().copied().unwrap_or(name),
            None => name,
        };
        let text = self.names.text(name);
        if let Some(local) = owner.local.get(&name) {
            return Some(Target::Module(self.crates[*local].root));
        }
        if let Some(library) = owner.own_library
            && self.crates[library].package.library_name == text
        {
            return Some(Target::Module(self.crates[library].root));
        }
        let dependency = owner.package.dependencies.get(text)?;
        if OWN_PACKAGES.contains(&dependency.package.as_str()) {
            return None;
        }
        Some(Target::Foreign(krate, text.to_owned()))
    }

    /// What stands outside of all modules and has a name: crates.
    pub(crate) fn outside(&self, krate: usize, name: Name) -> Option<Target> {
        let is_standard = matches!(self.names.text(name), "std" | "core" | "alloc");
        self.extern_crate(krate, name)
            .or(is_standard.then_some(Target::Standard))
    }

    /// Whether a module surely declares a type, a trait or a module of a name, which
    /// hides a crate of that name, and what globs bring. An import of that name may
    /// bring a function alone.
    fn hides_crates(&self, module: usize, name: Name) -> bool {
        self.declares(module, name, is_type) || self.has_module(module, name)
    }

    fn is_type(&self, target: &Target) -> bool {
        match target {
            Target::Entry(entry) => is_type(self.entries[*entry].kind),
            Target::Module(_) => true,
            _ => false,
        }
    }

    /// Whether a module is another one, or stands in it: it sees all that is there.
    fn is_within(&self, module: usize, outer: usize) -> bool {
        let mut at = Some(module);
        while let Some(module) = at {
            if module == outer {
                return true;
            }
            at = self.modules[module].parent;
        }
        false
    }

    /// Whether a module surely has a child of a name.
    fn has_module(&self, module: usize, name: Name) -> bool {
        let children = self.modules[module].children.get(&name);
        let mut children = children.into_iter().flatten();
        children.any(|child| self.modules[*child].references.conditions.is_empty())
    }

    /// Whether a module has an item of these kinds under a name and no condition.
    fn declares(&self, module: usize, name: Name, is_one: impl Fn(Kind) -> bool) -> bool {
        let items = self.modules[module].items.get(&name);
        items.into_iter().flatten().any(|item| {
            let found = &self.entries[*item];
            is_one(found.kind) && !self.has_conditions(*item)
        })
    }
}

/// Whether items of a kind are in the namespace of types.
fn is_type(kind: Kind) -> bool {
    matches!(kind, Kind::Type | Kind::Trait | Kind::Alias)
}
