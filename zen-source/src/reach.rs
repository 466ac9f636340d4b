//! What a step reaches.
//!
//! Over-approximates: a path reaches all that it may stand for; a type reaches
//! all its impls of foreign traits, whose methods foreign code may call; of its
//! own methods, and of those of the traits at hand, it reaches those of a name
//! that something reached mentions. No type is needed that is not named: a value
//! of a type comes from code that names it, or from another type's definition.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs,
};

use crate::{
    Item,
    imports::{Binding, Import},
    index::{Index, StepPlace},
    package::every_file,
    references::{FileArgument, PathRef, References},
    resolve::{Scope, Target},
    syntax::Kind,
    tree::Name,
};

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

/// The crate that is being compiled is read first.
const COMPILED: usize = 0;

/// What is reached from one step.
pub(crate) struct Reach<'a> {
    index: &'a Index,
    impls: &'a Impls,
    reached: HashSet<usize>,
    queue: Vec<usize>,
    /// Names after a `.`, and those behind a type.
    members: HashSet<Name>,
    modules: BTreeSet<usize>,
    /// Modules whose traits are in scope, and those traits.
    seen: HashSet<usize>,
    visible: HashSet<usize>,
    foreign: BTreeSet<(usize, String)>,
    /// How each path was resolved: the same text may come to mean another item.
    edges: HashMap<usize, BTreeSet<String>>,
    items: BTreeMap<String, blake3::Hasher>,
    conditions: BTreeSet<String>,
}

/// What every impl is of, worked out once.
#[derive(Debug, Default)]
pub(crate) struct Impls {
    all: Vec<Impl>,
    by_trait: HashMap<usize, Vec<usize>>,
    /// The types and traits that each macro call may name.
    of_macros: HashMap<usize, BTreeSet<usize>>,
}

#[derive(Debug)]
struct Impl {
    entry: usize,
    /// Types at hand in its head.
    types: Vec<usize>,
    kind: ImplKind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ImplKind {
    Inherent,
    /// Of a trait at hand.
    Local(usize),
    Foreign,
}

impl Impls {
    pub(crate) fn of(index: &Index) -> Self {
        let mut impls = Self::default();
        let entries = index.entries.iter().enumerate();
        for (entry, _) in entries.filter(|(_, entry)| entry.kind == Kind::Impl) {
            let found = Impl::of(index, entry);
            if let ImplKind::Local(of) = found.kind {
                impls.by_trait.entry(of).or_default().push(impls.all.len());
            }
            impls.all.push(found);
        }
        let calls = index.macro_words.iter();
        impls.of_macros = calls
            .map(|(call, words)| (*call, types_in_macro(index, *call, words)))
            .collect();
        impls
    }
}

impl Impl {
    fn of(index: &Index, entry: usize) -> Self {
        let found = &index.entries[entry];
        let scope = Scope {
            module: found.module,
            imports: &[],
        };
        let local_trait = |path: &PathRef| {
            index
                .resolve(scope, path)
                .into_iter()
                .find_map(|target| match target {
                    Target::Entry(entry) if index.entries[entry].kind == Kind::Trait => Some(entry),
                    _ => None,
                })
        };
        let kind = match &found.of_trait {
            None => ImplKind::Inherent,
            Some(path) => local_trait(path).map_or(ImplKind::Foreign, ImplKind::Local),
        };
        let mut types = Vec::new();
        for path in &found.references.paths {
            types_of(index, scope, path, 0, &mut types);
        }
        Self { entry, types, kind }
    }
}

/// The types and traits that words stand for, where a macro is called and where
/// its rules are.
fn types_in_macro(index: &Index, call: usize, words: &BTreeSet<Name>) -> BTreeSet<usize> {
    let found = &index.entries[call];
    let rules = found.references.macros.iter();
    let rules = rules.flat_map(|path| index.macro_rules(path));
    let modules: BTreeSet<_> = rules
        .map(|rule| index.entries[rule].module)
        .chain([found.module])
        .collect();
    let mut types = BTreeSet::new();
    for module in modules {
        let scope = Scope {
            module,
            imports: &[],
        };
        for word in words {
            let path = PathRef {
                absolute: false,
                segments: vec![*word],
            };
            types.extend(
                index
                    .resolve(scope, &path)
                    .into_iter()
                    .filter_map(|target| {
                        let Target::Entry(entry) = target else {
                            return None;
                        };
                        let kind = index.entries[entry].kind;
                        matches!(kind, Kind::Type | Kind::Trait | Kind::Alias).then_some(entry)
                    }),
            );
        }
    }
    types
}

/// The types that a path names, through aliases.
fn types_of(index: &Index, scope: Scope<'_>, path: &PathRef, depth: usize, types: &mut Vec<usize>) {
    for target in index.resolve(scope, path) {
        let Target::Entry(entry) = target else {
            continue;
        };
        let found = &index.entries[entry];
        match found.kind {
            Kind::Type | Kind::MacroCall | Kind::Unknown => types.push(entry),
            Kind::Alias if depth < 8 => {
                let scope = Scope {
                    module: found.module,
                    imports: &[],
                };
                for path in &found.references.paths {
                    types_of(index, scope, path, depth + 1, types);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Reach<'a> {
    pub(crate) fn new(index: &'a Index, impls: &'a Impls) -> Self {
        Self {
            index,
            impls,
            reached: HashSet::new(),
            queue: Vec::new(),
            members: HashSet::new(),
            modules: BTreeSet::new(),
            seen: HashSet::new(),
            visible: HashSet::new(),
            foreign: BTreeSet::new(),
            edges: HashMap::new(),
            items: BTreeMap::new(),
            conditions: BTreeSet::new(),
        }
    }

    /// Follows everything from a step's tokens. `open` are the bounds of types that
    /// the step's caller chooses.
    pub(crate) fn run(
        mut self,
        place: StepPlace,
        step: &References,
        open: &[References],
    ) -> Vec<Item> {
        if let Some(inside) = place.inside {
            self.reach(inside);
        }
        let edges = self.follow(place.module, step);
        self.add("the step's names", edges.join("\n").as_bytes());
        for bounds in open {
            self.open(place.module, bounds);
        }
        let owner = place
            .inside
            .map(|inside| (inside, self.index.entries[inside].kind));
        if let Some((of, Kind::Trait)) = owner {
            // A default body is run by every type that implements the trait.
            self.implementors(of);
        }
        self.settle();
        self.finish()
    }

    /// How many tokens of the compiled crate a free function reaches, itself
    /// counted in.
    pub(crate) fn size_of(mut self, function: usize) -> usize {
        self.reach(function);
        self.settle();
        let entries = self.reached.iter().map(|entry| &self.index.entries[*entry]);
        entries
            .filter(|entry| self.index.modules[entry.module].krate == COMPILED)
            .map(|entry| entry.size)
            .sum()
    }

    /// The list of items, and the conditions that they stand under.
    fn finish(mut self) -> Vec<Item> {
        let mut reached: Vec<_> = self.reached.iter().copied().collect();
        reached.sort_unstable();
        for entry in reached {
            let found = &self.index.entries[entry];
            let edges = self.edges.get(&entry).into_iter().flatten();
            let edges = edges.cloned().collect::<Vec<_>>().join("\n");
            let mut bytes = found.hash.to_vec();
            bytes.extend_from_slice(edges.as_bytes());
            self.add(&found.label, &bytes);
        }
        for (krate, name) in std::mem::take(&mut self.foreign) {
            self.add_foreign(krate, &name);
        }
        for condition in std::mem::take(&mut self.conditions) {
            self.add(&format!("cfg({condition})"), b"");
        }
        let items = self.items.into_iter();
        items
            .map(|(label, hash)| Item {
                label,
                hash: *hash.finalize().as_bytes(),
            })
            .collect()
    }

    fn add(&mut self, label: &str, content: &[u8]) {
        let hasher = self.items.entry(label.to_owned()).or_default();
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content);
    }

    fn add_foreign(&mut self, krate: usize, name: &str) {
        let package = &self.index.crates[krate].package;
        if let Some(dependency) = package.dependencies.get(name) {
            let resolved = self.index.workspace.resolve(&package.name, dependency);
            let label = format!("crate {}", resolved.label);
            self.add(&label, resolved.content.as_bytes());
        }
    }

    fn reach(&mut self, entry: usize) {
        if self.reached.insert(entry) {
            self.queue.push(entry);
        }
    }

    /// Works until nothing new is reached.
    fn settle(&mut self) {
        loop {
            while let Some(entry) = self.queue.pop() {
                self.entry(entry);
            }
            for module in self.modules.clone() {
                self.see(module, 0);
            }
            self.impls();
            self.trait_members();
            self.macro_calls();
            self.module_imports();
            if self.queue.is_empty() {
                return;
            }
        }
    }

    fn entry(&mut self, entry: usize) {
        let index = self.index;
        let found = &index.entries[entry];
        if let Some(owner) = found.owner {
            self.reach(owner);
        }
        let edges = self.follow(found.module, &found.references);
        self.edges.entry(entry).or_default().extend(edges);
        if found.references.dynamic {
            self.reach_implementors(found.module, &found.references);
        }
        if found.kind == Kind::Unknown {
            // It may define anything: nothing in its module is out of reach.
            for other in &index.modules[found.module].entries {
                self.reach(*other);
            }
        }
        if index.crates[index.modules[found.module].krate]
            .package
            .is_proc_macro
        {
            self.whole_crate(index.modules[found.module].krate);
        }
    }

    /// Reaches all that references name from `module`; gives how they were
    /// resolved.
    fn follow(&mut self, module: usize, references: &References) -> Vec<String> {
        self.touch(module);
        self.members.extend(&references.members);
        self.conditions
            .extend(references.conditions.iter().cloned());
        let mut edges = Vec::new();
        for path in &references.paths {
            edges.extend(self.path(module, &references.imports, path));
        }
        // A trait that is imported in the function decides on its method calls.
        let scope = Scope {
            module,
            imports: &[],
        };
        for import in &references.imports {
            for target in self.index.resolve(scope, &import.path) {
                match target {
                    Target::Module(found) => self.see(found, 0),
                    target => edges.push(self.edge(&import.path, BTreeSet::from([target]))),
                }
            }
        }
        for path in &references.macros {
            edges.extend(self.macro_call(module, &references.imports, path));
        }
        for variable in &references.variables {
            self.variable(module, variable);
        }
        for (label, argument) in &references.files {
            self.file(module, label, argument);
        }
        edges
    }

    fn touch(&mut self, module: usize) {
        let mut at = Some(module);
        while let Some(module) = at {
            if !self.modules.insert(module) {
                return;
            }
            let index = self.index;
            self.conditions(module, &index.modules[module].references);
            let entries = &index.modules[module].entries;
            // What could not be read may define anything.
            for entry in entries
                .iter()
                .filter(|e| index.entries[**e].kind == Kind::Unknown)
            {
                self.reach(*entry);
            }
            at = index.modules[module].parent;
        }
    }

    /// The compiler tells conditions as they are for the crate that it compiles.
    /// The features of another one are known as far as manifests tell.
    fn conditions(&mut self, module: usize, references: &References) {
        let index = self.index;
        let krate = index.modules[module].krate;
        for condition in &references.conditions {
            if krate == COMPILED || !condition.contains("feature") {
                self.conditions.insert(condition.clone());
                continue;
            }
            let package = &index.crates[krate].package;
            let label = format!("features of {}", package.name);
            if self.items.contains_key(&label) {
                continue;
            }
            self.add(&label, package.features.as_bytes());
            let dependencies = index
                .crates
                .iter()
                .flat_map(|c| c.package.dependencies.values());
            for dependency in dependencies.filter(|d| d.package == package.name) {
                self.add(&label, dependency.declared.as_bytes());
            }
        }
    }

    fn path(&mut self, module: usize, imports: &[Import], path: &PathRef) -> Option<String> {
        let targets = self.index.resolve(Scope { module, imports }, path);
        if targets.is_empty() {
            return None;
        }
        Some(self.edge(path, targets))
    }

    fn edge(&mut self, path: &PathRef, targets: BTreeSet<Target>) -> String {
        let index = self.index;
        let mut edge = self.shown(path);
        edge.push('=');
        for target in targets {
            match target {
                Target::Entry(entry) => {
                    self.reach(entry);
                    edge.push_str(&index.entries[entry].label);
                }
                Target::Module(module) => {
                    self.module(module);
                    edge.push_str(&index.modules[module].label);
                }
                Target::Foreign(krate, name) => {
                    edge.push_str(&name);
                    self.foreign.insert((krate, name));
                }
            }
            edge.push(',');
        }
        edge
    }

    /// A path that ends in a module stands for a macro, or for something that a
    /// macro made or will name: `#[serde(with = "module")]`.
    fn module(&mut self, module: usize) {
        let index = self.index;
        let krate = index.modules[module].krate;
        if index.crates[krate].package.is_proc_macro {
            self.whole_crate(krate);
            return;
        }
        self.touch(module);
        for entry in &index.modules[module].entries {
            self.reach(*entry);
            for member in &index.entries[*entry].members {
                self.reach(*member);
            }
        }
    }

    /// Notes the traits that a module brings into scope.
    fn see(&mut self, module: usize, depth: usize) {
        if depth > 8 || !self.seen.insert(module) {
            return;
        }
        let index = self.index;
        let scope = Scope {
            module,
            imports: &[],
        };
        for entry in &index.modules[module].entries {
            if index.entries[*entry].kind == Kind::Trait {
                self.visible.insert(*entry);
            }
        }
        for import in &index.modules[module].imports {
            for target in index.resolve(scope, &import.path) {
                match target {
                    Target::Entry(entry) if index.entries[entry].kind == Kind::Trait => {
                        self.visible.insert(entry);
                    }
                    Target::Module(found) if import.binding == Binding::Glob => {
                        self.see(found, depth + 1);
                    }
                    _ => {}
                }
            }
        }
    }

    fn is_visible(&self, of: usize) -> bool {
        self.visible.contains(&of) || self.reached.contains(&of)
    }

    fn shown(&self, path: &PathRef) -> String {
        let names = path
            .segments
            .iter()
            .map(|name| self.index.names.text(*name));
        names.collect::<Vec<_>>().join("::")
    }

    fn macro_call(&mut self, module: usize, imports: &[Import], path: &PathRef) -> Option<String> {
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

    fn all_foreign(&mut self, krate: usize) {
        let index = self.index;
        for name in index.crates[krate].package.dependencies.keys() {
            self.foreign.insert((krate, name.clone()));
        }
    }

    fn variable(&mut self, module: usize, variable: &str) {
        let label = format!("env {variable}");
        // The folder differs from checkout to checkout, what it stands for not.
        if variable == "CARGO_MANIFEST_DIR" || variable == "OUT_DIR" {
            self.add(&label, b"");
            return;
        }
        let krate = self.index.modules[module].krate;
        if krate != COMPILED {
            // Cargo and a build script set variables for each crate alone.
            self.package_files(krate);
        }
        let value = std::env::var(variable).unwrap_or_else(|_| "not set".to_owned());
        self.add(&label, value.as_bytes());
    }

    /// Every source file in the folder of a crate's package, its manifest and its
    /// build script with them.
    fn package_files(&mut self, krate: usize) {
        let package = &self.index.crates[krate].package;
        let label = format!("package {}", package.name);
        if !self.items.contains_key(&label) {
            self.add(&label, every_file(&package.folder).as_bytes());
        }
    }

    fn file(&mut self, module: usize, label: &str, argument: &FileArgument) {
        let Some(path) = argument.path(&self.index.modules[module].file) else {
            self.whole_crate(self.index.modules[module].krate);
            return;
        };
        let content = fs::read(&path).unwrap_or_else(|_| {
            self.package_files(self.index.modules[module].krate);
            Vec::new()
        });
        self.add(&format!("file {label}"), &content);
        if argument.is_rust {
            // Its items may name anything of the module.
            for entry in &self.index.modules[module].entries {
                self.reach(*entry);
            }
        }
    }

    /// All files of a crate, where nothing narrower will do.
    fn whole_crate(&mut self, krate: usize) {
        let index = self.index;
        let found = &index.crates[krate];
        let label = format!("every source file of {}", found.package.name);
        if self.items.contains_key(&label) {
            return;
        }
        let root = &found.package.folder;
        for file in &found.files {
            let path = file.strip_prefix(root).unwrap_or(file);
            let content = fs::read(file).unwrap_or_default();
            self.add(&label, path.to_string_lossy().as_bytes());
            self.add(&label, &content);
        }
        self.all_foreign(krate);
        for local in found.local.values() {
            self.whole_crate(*local);
        }
        if let Some(library) = found.own_library {
            self.whole_crate(library);
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

    /// A value of any type that has the bounds may come in.
    fn open(&mut self, module: usize, bounds: &References) {
        let traits = self.traits(module, bounds);
        if traits.is_empty() {
            self.reach_all_types(self.index.modules[module].krate);
        }
        for of in traits {
            self.implementors(of);
        }
    }

    /// The traits at hand that references name.
    fn traits(&self, module: usize, references: &References) -> BTreeSet<usize> {
        let scope = Scope {
            module,
            imports: &references.imports,
        };
        let paths = references.paths.iter();
        let targets = paths.flat_map(|path| self.index.resolve(scope, path));
        targets
            .filter_map(|target| match target {
                Target::Entry(entry) if self.index.entries[entry].kind == Kind::Trait => {
                    Some(entry)
                }
                _ => None,
            })
            .collect()
    }

    fn implementors(&mut self, of: usize) {
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
    fn reach_implementors(&mut self, module: usize, references: &References) {
        for of in self.traits(module, references) {
            self.implementors(of);
        }
    }

    fn is_live(&self, found: &Impl) -> bool {
        found.types.is_empty() || found.types.iter().any(|ty| self.reached.contains(ty))
    }

    fn impls(&mut self) {
        let impls = self.impls;
        for found in &impls.all {
            if !self.is_live(found) {
                continue;
            }
            match found.kind {
                ImplKind::Foreign => {
                    self.reach(found.entry);
                    for member in &self.index.entries[found.entry].members {
                        self.reach(*member);
                    }
                }
                ImplKind::Inherent => self.mentioned_members(found.entry),
                ImplKind::Local(of) if self.is_visible(of) => {
                    self.mentioned_members(found.entry);
                    if self.reached.contains(&of) && !found.types.is_empty() {
                        self.reach(found.entry);
                    }
                }
                ImplKind::Local(_) => {}
            }
        }
    }

    fn mentioned_members(&mut self, owner: usize) {
        let index = self.index;
        for member in &index.entries[owner].members {
            let name = index.entries[*member].name;
            // A macro in an impl may define any member.
            if name.is_none_or(|name| self.members.contains(&name)) {
                self.reach(*member);
            }
        }
    }

    /// Default bodies of traits that something live implements.
    fn trait_members(&mut self) {
        let index = self.index;
        for (entry, found) in index.entries.iter().enumerate() {
            if found.kind != Kind::Trait {
                continue;
            }
            let impls = self.impls.by_trait.get(&entry).into_iter().flatten();
            let mut impls = impls.map(|position| &self.impls.all[*position]);
            let live = self.reached.contains(&entry) || impls.any(|found| self.is_live(found));
            if live && self.is_visible(entry) {
                self.mentioned_members(entry);
            }
        }
    }

    /// Macros called where items stand, that may define or implement something
    /// that is used.
    fn macro_calls(&mut self) {
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

    /// Imports that are not named but decide what a method call means: those of
    /// traits.
    fn module_imports(&mut self) {
        let index = self.index;
        for module in self.modules.clone() {
            let scope = Scope {
                module,
                imports: &[],
            };
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
                let targets = index.resolve(scope, &import.path);
                if targets.is_empty() && STANDARD_TRAITS.contains(&last) {
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
