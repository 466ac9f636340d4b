//! What a step reaches.
//!
//! Over-approximates: a path reaches all that it may stand for; a type reaches
//! all its impls of foreign traits, whose methods foreign code may call; of its
//! own methods, and of those of the traits at hand, it reaches those of a name
//! that something reached mentions. No type is needed that is not named: a value
//! of a type comes from code that names it, or from another type's definition.

mod composed;
mod dispatch;
mod impls;
mod list;
mod macros;
mod members;
mod scope;
mod widen;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Item,
    imports::Import,
    index::{COMPILED, Index, StepPlace},
    references::{PathRef, References},
    resolve::{Scope, Target},
    spaces::Spaces,
    syntax::Kind,
    tables::{Map, Set},
};

use members::Members;

pub(crate) use impls::Impls;
pub(crate) use macros::{STANDARD_MACROS, TAME_CRATES, TAME_MACROS};

/// What is reached from one step.
pub(crate) struct Reach<'a> {
    index: &'a Index,
    impls: &'a Impls,
    reached: Set<usize>,
    /// In the order in which it was met, each with what was followed then.
    met: Vec<(usize, Option<usize>)>,
    followed: Option<usize>,
    /// The impls whose types are reached, and how many of what was met were looked at
    /// for that.
    live: Set<usize>,
    live_impls: Vec<usize>,
    woken: usize,
    queue: Vec<usize>,
    /// Names after a `.`, and those behind a type.
    members: Members,
    modules: BTreeSet<usize>,
    /// Modules whose traits are in scope, and those traits.
    seen: Set<usize>,
    visible: Set<usize>,
    foreign: BTreeSet<(usize, String)>,
    /// How each path was resolved: the same text may come to mean another item.
    edges: Map<usize, BTreeSet<String>>,
    /// By label, the hashes of all that was added under it. Its order tells nothing:
    /// it is that in which names were met.
    items: BTreeMap<String, BTreeSet<[u8; 32]>>,
    conditions: BTreeSet<String>,
    /// Macros whose rules were looked up in a module, and what is imported there.
    expanded: Set<(usize, usize, Vec<Import>)>,
    /// Whether anything looks at its place in its file.
    counts_lines: bool,
    /// Whether a macro looks for a file or a variable that its callers name.
    takes_texts: bool,
    /// Strings in the inputs of macros, and the modules that they stand in.
    texts: BTreeSet<(usize, String)>,
}

impl<'a> Reach<'a> {
    pub(crate) fn new(index: &'a Index, impls: &'a Impls) -> Self {
        Self {
            index,
            impls,
            reached: Set::default(),
            met: Vec::new(),
            followed: None,
            live: impls.without_need.iter().copied().collect(),
            live_impls: impls.without_need.clone(),
            woken: 0,
            queue: Vec::new(),
            members: Members::default(),
            modules: BTreeSet::new(),
            seen: Set::default(),
            visible: Set::default(),
            foreign: BTreeSet::new(),
            edges: Map::default(),
            items: BTreeMap::new(),
            conditions: BTreeSet::new(),
            expanded: Set::default(),
            counts_lines: false,
            takes_texts: false,
            texts: BTreeSet::new(),
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
        let mut edges = self.follow(place.module, step, place.inside);
        edges.sort();
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

    /// What of the compiled crate a free function reaches, itself first. Each with the
    /// item that led there; with none, if what was reached before did as a whole.
    pub(crate) fn all_from(mut self, function: usize) -> Vec<(usize, Option<usize>)> {
        self.reach(function);
        self.settle();
        let index = self.index;
        let is_own = |entry: usize| index.modules[index.entries[entry].module].krate == COMPILED;
        self.met.retain(|(entry, _)| is_own(*entry));
        self.met
    }

    fn reach(&mut self, entry: usize) {
        if self.reached.insert(entry) {
            self.met.push((entry, self.followed));
            self.queue.push(entry);
        }
    }

    /// Works until nothing new is reached.
    fn settle(&mut self) {
        loop {
            while let Some(entry) = self.queue.pop() {
                self.followed = Some(entry);
                self.entry(entry);
            }
            self.followed = None;
            for module in self.modules.clone() {
                self.see(module);
            }
            self.impls();
            self.trait_members();
            self.macro_calls();
            self.inner_calls();
            if self.queue.is_empty() {
                break;
            }
        }
        self.module_imports();
    }

    fn entry(&mut self, entry: usize) {
        let index = self.index;
        let found = &index.entries[entry];
        if let Some(owner) = found.owner {
            self.reach(owner);
        }
        let content = index.content(entry);
        let references = &content.references;
        let edges = self.follow(found.module, references, found.owner.or(Some(entry)));
        self.edges.entry(entry).or_default().extend(edges);
        self.reach_implementors(found.module, references);
        // What a macro call imports all of.
        for (module, path) in index.made.get(&entry).iter().flat_map(|made| &made.globs) {
            let (module, imports) = (*module, &[][..]);
            self.given(Scope { module, imports }, path);
        }
        self.disguised(entry);
        if found.kind == Kind::ForeignBlock {
            self.linked(references);
        }
        if found.kind == Kind::Unknown {
            // It may define anything: nothing in its module is out of reach.
            for other in &index.modules[found.module].entries {
                self.reach(*other);
            }
        }
        let krate = index.modules[found.module].krate;
        if content.is_unread || index.crates[krate].package.is_proc_macro {
            self.whole_crate(krate);
        }
    }

    /// Reaches all that references name from `module`; gives how they were
    /// resolved.
    fn follow(
        &mut self,
        module: usize,
        references: &References,
        owner: Option<usize>,
    ) -> Vec<String> {
        self.touch(module);
        self.members.of_anything(&references.members);
        self.members.of_traits(&references.of_parameters);
        self.conditions(module, references);
        self.counts_lines |= references.counts_lines;
        self.takes_texts |= references.takes_texts;
        let texts = references.texts.iter();
        self.texts.extend(texts.map(|text| (module, text.clone())));
        let mut edges = Vec::new();
        let imports = &references.imports;
        for (path, spaces) in &references.paths {
            edges.extend(self.path(Scope { module, imports }, path, *spaces, owner));
        }
        self.members_of_made_aliases(Scope { module, imports }, references);
        for path in &references.given {
            self.given(Scope { module, imports }, path);
        }
        edges.extend(self.imports(Scope { module, imports }));
        for path in &references.macros {
            edges.extend(self.macro_call(module, &references.imports, path, &references.inputs));
        }
        for variable in &references.variables {
            self.variable(module, variable);
        }
        for (label, argument) in &references.files {
            self.file(module, label, argument);
        }
        edges
    }

    /// A trait that is imported in a function decides on its method calls.
    fn imports(&mut self, scope: Scope<'_>) -> Vec<String> {
        let mut edges = Vec::new();
        for import in scope.imports {
            for target in self.index.resolve(scope, &import.path, Spaces::TYPES) {
                match target {
                    Target::Module(found) => self.see(found),
                    target => edges.push(self.edge(&import.path, BTreeSet::from([target]))),
                }
            }
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
            let references = &index.modules[module].references;
            self.conditions(module, references);
            // What stands on a module may change all that is in it.
            let scope = Scope::of(index.modules[module].parent.unwrap_or(module));
            for (path, spaces) in &references.paths {
                self.path(scope, path, *spaces, None);
            }
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

    fn path(
        &mut self,
        scope: Scope<'_>,
        path: &PathRef,
        spaces: Spaces,
        owner: Option<usize>,
    ) -> Option<String> {
        let targets = self.index.resolve(scope, path, spaces);
        self.mention(scope.imports, path, &targets, owner);
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
                // No value, type or macro: a variable bears its name.
                Target::Module(module) => {
                    self.touch(module);
                    edge.push_str(&index.modules[module].label);
                }
                Target::Inside(module) => {
                    self.module(module);
                    edge.push_str(&index.modules[module].label);
                    edge.push('?');
                }
                Target::Standard => edge.push_str("std"),
                Target::Foreign(krate, name) => {
                    edge.push_str(&name);
                    self.foreign.insert((krate, name));
                }
            }
            edge.push(',');
        }
        edge
    }

    /// Follows a path that a macro is given: it may be that of a module, whose items
    /// the macro will name, as with `#[serde(with = "module")]`.
    fn given(&mut self, scope: Scope<'_>, path: &PathRef) {
        for target in self.index.resolve(scope, path, Spaces::TYPES) {
            if let Target::Module(module) = target {
                self.module(module);
            }
        }
    }

    /// Reaches all that is in a module.
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

    fn shown(&self, path: &PathRef) -> String {
        let names = path
            .segments
            .iter()
            .map(|name| self.index.names.text(*name));
        names.collect::<Vec<_>>().join("::")
    }
}
