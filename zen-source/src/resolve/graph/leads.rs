//! What leads to a name: what its place declares, imports, and may have made.

use crate::{
    imports::{Binding, Import},
    references::PathRef,
    syntax::Kind,
    tree::Name,
};

use super::{Certainty, Found, Goal, Place, Search, Spaces, Target, Way};

impl Search<'_> {
    /// The node of a name in a place.
    pub(super) fn name(&mut self, place: Place, name: Name) -> usize {
        if let Some(known) = self.graph.names.get(&(place, name)) {
            return *known;
        }
        let node = match place {
            Place::Module(module) => self.node(Some((module, name))),
            Place::Block(_) => self.node(None),
        };
        self.graph.names.insert((place, name), node);
        match place {
            Place::Module(module) => self.own(node, module, name),
            Place::Block(block) => {
                let module = self.graph.blocks[block].module;
                let outer = self.name(Place::Module(module), name);
                self.lead(outer, Way::straight(Goal::Is(node)));
            }
        }
        for path in self.named(place, name) {
            self.begin(place, &path, Goal::Is(node));
        }
        let globs = self.globs(place);
        let by = self.module_of(place);
        self.lead(globs, Way::straight(Goal::In(node, by, name)));
        node
    }

    fn imports(&self, place: Place) -> &[Import] {
        match place {
            Place::Module(module) => &self.index.modules[module].imports,
            Place::Block(block) => &self.graph.blocks[block].imports,
        }
    }

    fn named(&self, place: Place, name: Name) -> Vec<PathRef> {
        let imports = self.imports(place).iter();
        let bound = imports.filter(|import| import.binding == Binding::Name(name));
        bound.map(|import| import.path.clone()).collect()
    }

    fn globs(&mut self, place: Place) -> usize {
        if let Some(known) = self.graph.globs.get(&place) {
            return *known;
        }
        let node = self.node(None);
        self.graph.globs.insert(place, node);
        let imports = self.imports(place).iter();
        let globs = imports.filter(|import| import.binding == Binding::Glob);
        for path in globs.map(|import| import.path.clone()).collect::<Vec<_>>() {
            self.begin(place, &path, Goal::Glob(node));
        }
        node
    }

    /// What a module itself has of a name: items, modules, and what macros in it
    /// may make of that name, in the namespaces in which nothing else surely has it.
    fn own(&mut self, node: usize, module: usize, name: Name) {
        let index = self.index;
        let here = &index.modules[module];
        for item in here.items.get(&name).into_iter().flatten() {
            self.add(node, &Found::of(Target::Entry(*item), Certainty::Declared));
        }
        for child in here.children.get(&name).into_iter().flatten() {
            self.add(
                node,
                &Found::of(Target::Module(*child), Certainty::Declared),
            );
        }
        for rule in index.exported_rules(module, name) {
            self.add(node, &Found::of(Target::Entry(rule), Certainty::Declared));
        }
        let makers = index.makers(module, name);
        if makers.is_empty() {
            return;
        }
        let spaces = Spaces::ALL - index.taken(module, name);
        if spaces == Spaces::NONE {
            return;
        }
        for call in makers {
            let found = Found {
                target: Target::Entry(call),
                how: Certainty::Made,
                spaces,
            };
            self.add(node, &found);
        }
    }

    /// Whether an entry may have an item of this name in it.
    pub(super) fn may_hold(&self, entry: usize, name: Name) -> bool {
        let index = self.index;
        let found = &index.entries[entry];
        if index.modules[found.module].generators.contains(&entry) {
            return true;
        }
        let words = match found.kind {
            Kind::Type => &index.references(entry).words,
            Kind::MacroCall => match index.macro_words.get(&entry) {
                Some(words) => words,
                None => return true,
            },
            kind => return kind == Kind::Unknown,
        };
        words.contains(&name)
    }
}
