//! Which traits are in scope: a method's name means what they make of it.

use crate::{
    imports::Binding,
    resolve::{Scope, Target},
    spaces::Spaces,
    syntax::Kind,
};

use super::Reach;

/// Traits outside the prelude whose import decides what a method call means.
const STANDARD_TRAITS: [&str; 31] = [
    "Add",
    "AddAssign",
    "Any",
    "Binary",
    "Borrow",
    "BorrowMut",
    "BufRead",
    "BuildHasher",
    "Debug",
    "Deref",
    "DerefMut",
    "Display",
    "Div",
    "Error",
    "FromStr",
    "Hash",
    "Hasher",
    "Index",
    "IndexMut",
    "LowerHex",
    "Mul",
    "Neg",
    "Not",
    "Pointer",
    "Read",
    "Rem",
    "Seek",
    "Sub",
    "Sum",
    "UpperHex",
    "Write",
];

impl Reach<'_> {
    /// Notes the traits that a module brings into scope.
    pub(super) fn see(&mut self, module: usize) {
        if !self.seen.insert(module) {
            return;
        }
        let index = self.index;
        let scope = Scope::of(module);
        for entry in &index.modules[module].entries {
            if matches!(index.entries[*entry].kind, Kind::Trait | Kind::MacroCall) {
                self.visible.insert(*entry);
            }
        }
        for import in &index.modules[module].imports {
            for target in index.resolve(scope, &import.path, Spaces::TYPES) {
                match target {
                    Target::Entry(entry)
                        if matches!(index.entries[entry].kind, Kind::Trait | Kind::MacroCall) =>
                    {
                        self.visible.insert(entry);
                    }
                    Target::Module(found) if import.binding == Binding::Glob => {
                        self.see(found);
                    }
                    _ => {}
                }
            }
        }
    }

    pub(super) fn is_visible(&self, of: usize) -> bool {
        self.visible.contains(&of) || self.reached.contains(&of)
    }

    /// Imports that are not named but decide what a method call means: those of
    /// traits.
    pub(super) fn module_imports(&mut self) {
        let index = self.index;
        for module in self.modules.clone() {
            let scope = Scope::of(module);
            let mut edges = Vec::new();
            for import in &index.modules[module].imports {
                let last = import
                    .path
                    .segments
                    .last()
                    .map(|last| index.names.text(*last));
                let last = last.unwrap_or_default();
                let named = matches!(import.binding, Binding::Name(_));
                let camel = last.starts_with(char::is_uppercase);
                if named && !camel {
                    continue;
                }
                let targets = index.resolve(scope, &import.path, Spaces::TYPES);
                let is_standard = targets.is_empty() || targets.contains(&Target::Standard);
                if is_standard && STANDARD_TRAITS.contains(&last) {
                    edges.push(self.shown(&import.path));
                }
                for target in targets {
                    match target {
                        Target::Foreign(krate, name) => {
                            self.foreign.insert((krate, name));
                        }
                        Target::Entry(entry)
                            if index.entries[entry].kind == Kind::Trait
                                && self.reached.contains(&entry) =>
                        {
                            edges.push(index.entries[entry].label.clone());
                        }
                        _ => {}
                    }
                }
            }
            edges.sort();
            let label = format!("traits in scope of {}", index.modules[module].label);
            self.items.remove(&label);
            if !edges.is_empty() {
                self.add(&label, edges.join("\n").as_bytes());
            }
        }
    }
}
