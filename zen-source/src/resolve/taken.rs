//! In which namespaces a name is surely declared: what macros make of it in others is
//! not hidden by that.

use crate::{
    imports::Binding,
    index::{Entry, Index},
    references::PathRef,
    spaces::Spaces,
    syntax::Kind,
    tree::Name,
};

impl Entry {
    /// The namespaces that an item takes its name in.
    fn spaces(&self) -> Spaces {
        match self.kind {
            Kind::Type if self.is_constructor => Spaces::TYPES | Spaces::VALUES,
            Kind::Type | Kind::Alias | Kind::Trait => Spaces::TYPES,
            Kind::Function | Kind::Value => Spaces::VALUES,
            Kind::MacroRules => Spaces::MACROS,
            _ => Spaces::NONE,
        }
    }
}

impl Index {
    /// The namespaces in which a module surely has a name, so that no macro makes it
    /// there.
    pub(super) fn taken(&self, module: usize, name: Name) -> Spaces {
        self.taken_through(module, name, 0)
    }

    fn taken_through(&self, module: usize, name: Name, depth: usize) -> Spaces {
        let mut taken = Spaces::NONE;
        let items = self.modules[module].items.get(&name);
        for item in items.into_iter().flatten() {
            if !self.has_conditions(*item) {
                taken = taken | self.entries[*item].spaces();
            }
        }
        if self.has_module(module, name) {
            taken = taken | Spaces::TYPES;
        }
        let imports = self.modules[module].imports.iter();
        for import in imports.filter(|import| import.brings_surely(name)) {
            if depth < 4 && !taken.has_all(Spaces::ALL) {
                taken = taken | self.brought(module, &import.path, depth + 1);
            }
        }
        taken
    }

    /// The namespaces in which a path surely leads to an item, as far as modules and
    /// imports tell that stand there by name.
    fn brought(&self, module: usize, path: &PathRef, depth: usize) -> Spaces {
        let Some((last, before)) = path.segments.split_last() else {
            return Spaces::NONE;
        };
        let is_root = matches!(self.names.text(*last), "crate" | "self" | "super");
        if before.is_empty() && (path.absolute || is_root) {
            // A crate, or a module.
            return Spaces::TYPES;
        }
        if path.absolute {
            return Spaces::NONE;
        }
        let mut at = module;
        for (position, segment) in before.iter().enumerate() {
            let next = match self.names.text(*segment) {
                "crate" => Some(self.crates[self.modules[at].krate].root),
                "self" => Some(at),
                "super" => self.modules[at].parent,
                _ => self.only_module(at, *segment).or_else(|| {
                    // A crate that no item can be taken for.
                    let krate = self.modules[at].krate;
                    let local = self.crates[krate].local.get(segment);
                    let is_hidden = self.modules[at].items.contains_key(segment);
                    local
                        .filter(|_| position == 0 && !is_hidden)
                        .map(|local| self.crates[*local].root)
                }),
            };
            match next {
                Some(next) => at = next,
                None => return Spaces::NONE,
            }
        }
        self.taken_through(at, *last, depth)
    }

    /// The child of a name, if that is all that the name can be in a path that goes on.
    fn only_module(&self, module: usize, name: Name) -> Option<usize> {
        let children = self.modules[module].children.get(&name)?;
        let is_imported = |binding: &Binding| *binding == Binding::Name(name);
        let mut imports = self.modules[module].imports.iter();
        match children.as_slice() {
            [only] if self.has_module(module, name) => {
                (!imports.any(|import| is_imported(&import.binding))).then_some(*only)
            }
            _ => None,
        }
    }
}
