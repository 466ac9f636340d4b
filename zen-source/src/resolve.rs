//! From a path in a module to what it stands for.

use std::collections::{BTreeSet, HashSet};

use crate::{
    imports::{Binding, Import},
    index::{Index, OWN_PACKAGES},
    reach::STANDARD_MACROS,
    references::PathRef,
    syntax::Kind,
    tree::Name,
};

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

impl Index {
    /// All that a path may stand for: in any namespace, under any condition.
    pub(crate) fn resolve(&self, scope: Scope<'_>, path: &PathRef) -> BTreeSet<Target> {
        let key = (scope.module, path.clone());
        if scope.imports.is_empty()
            && let Some(known) = self.resolved.borrow().get(&key)
        {
            return known.clone();
        }
        let mut search = Search {
            index: self,
            met: HashSet::new(),
            met_in_block: Vec::new(),
        };
        let found = search.path(scope, path);
        // While macros are still read, what they may make is not known.
        if scope.imports.is_empty() && self.is_complete {
            self.resolved.borrow_mut().insert(key, found.clone());
        }
        found
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
}

/// Names that everybody uses and nobody defines.
const PRIMITIVES: [&str; 28] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16",
    "u32", "u64", "u8", "usize", "std", "core", "alloc", "Some", "None", "Ok", "Err", "Vec",
    "String", "Option", "Result",
];

struct Search<'a> {
    index: &'a Index,
    /// Imports may go in circles.
    met: HashSet<(usize, Name)>,
    /// Names that are being looked for in the imports of a function.
    met_in_block: Vec<Name>,
}

/// How many imports of a function that are globs may lead to each other: each
/// may lead to all, so that the search grows with this power.
const GLOBS_IN_A_ROW: usize = 4;

impl Search<'_> {
    fn path(&mut self, scope: Scope<'_>, path: &PathRef) -> BTreeSet<Target> {
        let Some((first, rest)) = path.segments.split_first() else {
            return BTreeSet::new();
        };
        let krate = self.index.modules[scope.module].krate;
        let mut targets = if path.absolute {
            let standard = matches!(self.index.names.text(*first), "std" | "core" | "alloc");
            let standard = standard.then_some(Target::Standard);
            let found = self.index.extern_crate(krate, *first);
            found.or(standard).into_iter().collect()
        } else {
            self.first(scope, *first)
        };
        for (position, segment) in rest.iter().enumerate() {
            let is_last = position + 1 == rest.len();
            targets = targets
                .into_iter()
                .flat_map(|target| match target {
                    Target::Module(module) => {
                        if is_last && self.met.contains(&(module, *segment)) {
                            // An import in a circle: what it brings is being found.
                            return BTreeSet::new();
                        }
                        let found = self.step(module, *segment);
                        // A name that is not found where it must be was made by a
                        // macro, or is one.
                        if found.is_empty() {
                            return BTreeSet::from([Target::Inside(module)]);
                        }
                        found
                    }
                    other => BTreeSet::from([other]),
                })
                .collect();
        }
        targets
    }

    /// `super::super::x` and `x`.
    fn step(&mut self, module: usize, segment: Name) -> BTreeSet<Target> {
        match self.index.names.text(segment) {
            "super" => self.parent(module),
            "self" => BTreeSet::from([Target::Module(module)]),
            _ => self.lookup(module, segment),
        }
    }

    fn parent(&self, module: usize) -> BTreeSet<Target> {
        let parent = self.index.modules[module].parent.unwrap_or(module);
        BTreeSet::from([Target::Module(parent)])
    }

    fn first(&mut self, scope: Scope<'_>, name: Name) -> BTreeSet<Target> {
        let module = scope.module;
        let krate = self.index.modules[module].krate;
        match self.index.names.text(name) {
            "crate" => return BTreeSet::from([Target::Module(self.index.crates[krate].root)]),
            "self" => return BTreeSet::from([Target::Module(module)]),
            "super" => return self.parent(module),
            "Self" => return BTreeSet::new(),
            _ => {}
        }
        let mut found = self.imported_in_block(scope, name);
        found.extend(self.declared(module, name));
        if found.is_empty() {
            found.extend(self.index.extern_crate(krate, name));
            found.extend(self.made_by_macros(module, name));
            if matches!(self.index.names.text(name), "std" | "core" | "alloc") {
                found.insert(Target::Standard);
            }
        }
        found
    }

    /// What has a name in a module, or may have it.
    fn lookup(&mut self, module: usize, name: Name) -> BTreeSet<Target> {
        let mut found = self.declared(module, name);
        if found.is_empty() {
            found.extend(self.made_by_macros(module, name));
        }
        found
    }

    /// What is declared in a module: items, modules, imports.
    fn declared(&mut self, module: usize, name: Name) -> BTreeSet<Target> {
        let index = self.index;
        let here = &index.modules[module];
        let items = here.items.get(&name).into_iter().flatten();
        let mut found: BTreeSet<_> = items.map(|item| Target::Entry(*item)).collect();
        let children = here.children.get(&name).into_iter().flatten();
        found.extend(children.map(|child| Target::Module(*child)));
        // An import may begin with a module of the name that it brings.
        if !self.met.insert((module, name)) {
            return found;
        }
        let scope = Scope {
            module,
            imports: &[],
        };
        found.extend(self.imported(scope, &here.imports, name));
        self.met.remove(&(module, name));
        found
    }

    /// What the imports of a function bring. One may begin with the name of another.
    fn imported_in_block(&mut self, scope: Scope<'_>, name: Name) -> BTreeSet<Target> {
        if scope.imports.is_empty() || self.met_in_block.contains(&name) {
            return BTreeSet::new();
        }
        self.met_in_block.push(name);
        let found = self.imported(scope, scope.imports, name);
        self.met_in_block.pop();
        found
    }

    fn imported(&mut self, scope: Scope<'_>, imports: &[Import], name: Name) -> BTreeSet<Target> {
        let mut found = BTreeSet::new();
        for import in imports {
            match import.binding {
                Binding::Name(bound) if bound == name => {
                    found.extend(self.import_path(scope, &import.path, name));
                }
                Binding::Glob if self.met_in_block.len() <= GLOBS_IN_A_ROW => {
                    found.extend(self.glob(scope, &import.path, name));
                }
                _ => {}
            }
        }
        found
    }

    /// `use a;` would find itself.
    fn import_path(&mut self, scope: Scope<'_>, path: &PathRef, name: Name) -> BTreeSet<Target> {
        if path.segments == [name] {
            let krate = self.index.modules[scope.module].krate;
            return self.index.extern_crate(krate, name).into_iter().collect();
        }
        self.path(scope, path)
    }

    fn glob(&mut self, scope: Scope<'_>, path: &PathRef, name: Name) -> BTreeSet<Target> {
        // The target of a glob is not itself looked for in globs of this name.
        let targets = self.path(scope, path);
        targets
            .into_iter()
            .flat_map(|target| match target {
                Target::Module(module) => self.lookup(module, name),
                // A variant of an enum, or an item in a module that a macro made.
                Target::Entry(entry) if self.may_hold(entry, name) => BTreeSet::from([target]),
                _ => BTreeSet::new(),
            })
            .collect()
    }

    /// Whether what an entry stands for may have an item of this name in it.
    fn may_hold(&self, entry: usize, name: Name) -> bool {
        let found = &self.index.entries[entry];
        let words = match found.kind {
            Kind::Type => &found.references.words,
            Kind::MacroCall => match self.index.macro_words.get(&entry) {
                Some(words) => words,
                None => return true,
            },
            kind => return kind == Kind::Unknown,
        };
        words.contains(&name)
    }

    /// A macro that is called in the module may define any name that it holds; one
    /// that stands on an item, any name.
    fn made_by_macros(&self, module: usize, name: Name) -> BTreeSet<Target> {
        if PRIMITIVES.contains(&self.index.names.text(name)) {
            return BTreeSet::new();
        }
        let generators = self.index.modules[module].generators.iter();
        let calls = self.index.modules[module].macro_calls.iter();
        calls
            .filter(|call| {
                self.index
                    .macro_words
                    .get(call)
                    .is_some_and(|w| w.contains(&name))
            })
            .chain(generators)
            .map(|call| Target::Entry(*call))
            .collect()
    }
}

impl Index {
    /// The macros whose rules are at hand that a path may stand for in a module.
    pub(crate) fn macro_rules(&self, module: usize, path: &PathRef) -> Vec<usize> {
        let Some(last) = path.segments.last() else {
            return Vec::new();
        };
        let mut found: Vec<_> = self.rules.get(last).cloned().unwrap_or_default();
        if path.segments.len() == 1 {
            found.retain(|rule| self.is_in_scope(*rule, module));
        } else {
            found.clear();
        }
        let scope = Scope {
            module,
            imports: &[],
        };
        for target in self.resolve(scope, path) {
            if let Target::Entry(entry) = target
                && self.entries[entry].kind == Kind::MacroRules
                && !found.contains(&entry)
            {
                found.push(entry);
            }
        }
        if found.is_empty() {
            // Exported, or imported by what a macro made.
            found = self.rules.get(last).cloned().unwrap_or_default();
            if STANDARD_MACROS.contains(&self.names.text(*last)) {
                found.retain(|rule| self.is_exported(*rule));
            }
        }
        found
    }

    fn is_exported(&self, rule: usize) -> bool {
        let words = &self.entries[rule].references.words;
        words
            .iter()
            .any(|word| self.names.text(*word) == "macro_export")
    }

    /// Whether `macro_rules!` are known by their name alone: below the module that
    /// they stand in, and behind modules that bear `#[macro_use]`.
    fn is_in_scope(&self, rule: usize, module: usize) -> bool {
        let mut reach = self.entries[rule].module;
        while self.modules[reach].macro_use
            && let Some(parent) = self.modules[reach].parent
        {
            reach = parent;
        }
        let mut at = Some(module);
        while let Some(module) = at {
            if module == reach {
                return true;
            }
            at = self.modules[module].parent;
        }
        false
    }

    /// Every identifier in a macro call, and in the rules that it stands for.
    pub(crate) fn words_of_macro(&self, call: usize) -> BTreeSet<Name> {
        let mut words = BTreeSet::new();
        let mut queue = vec![call];
        let mut met = HashSet::new();
        while let Some(entry) = queue.pop() {
            if !met.insert(entry) {
                continue;
            }
            let references = &self.entries[entry].references;
            words.extend(references.words.iter().copied());
            for path in &references.macros {
                queue.extend(self.macro_rules(self.entries[entry].module, path));
                queue.extend(self.macro_rules(self.entries[call].module, path));
            }
        }
        words
    }
}
