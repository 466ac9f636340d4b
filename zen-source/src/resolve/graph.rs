//! What names stand for, as the least solution of how they lead to each other.
//!
//! A name in a scope is a node. An import leads from the node of each of its
//! segments on to that of the name which it brings, a glob from the nodes of a
//! name in all that the glob names. What is found at a node goes on along all the
//! ways that leave it, once, so that imports in circles add nothing and end. A name
//! that nothing leads to is known to be missing only when all ways are walked.

mod declared;
mod found;
mod leads;

use std::{collections::BTreeSet, mem};

use crate::{imports::Import, index::Index, references::PathRef, tables::Map, tree::Name};

use super::{Scope, Spaces, Target};
use found::{Certainty, Found};

/// Who knows names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Module(usize),
    /// The imports of a function, in front of those of its module.
    Block(usize),
}

/// The names that were looked for, and what leads from one to another. Kept for all
/// paths of a crate.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    names: Map<(Place, Name), usize>,
    /// What the globs of a place name.
    globs: Map<Place, usize>,
    asked: Map<(Place, PathRef), usize>,
    blocks: Vec<Block>,
    blocks_of: Map<usize, Vec<usize>>,
    paths: Vec<Vec<Name>>,
    /// What is found and not handed on yet.
    passes: Vec<Pass>,
    /// Names that are missing, if nothing comes to them.
    awaited: Vec<Awaited>,
}

#[derive(Debug, Default)]
struct Node {
    /// What it is the node of, if it is a name in a module.
    name: Option<(usize, Name)>,
    found: Vec<Found>,
    ways: Vec<Way>,
}

#[derive(Debug)]
struct Block {
    module: usize,
    imports: Vec<Import>,
}

/// Where what is found at a node goes.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// The path that it is on, if that goes on, and how many segments lie behind.
    path: Option<usize>,
    at: usize,
    goal: Goal,
}

impl Way {
    /// The way from a node straight to its goal.
    fn straight(goal: Goal) -> Self {
        Self {
            path: None,
            at: 0,
            goal,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Goal {
    /// The node stands for what comes.
    Is(usize),
    /// The node is that of a place's globs, and what comes is one of them.
    Glob(usize),
    /// A node of a module, and its name as it is in what comes: a glob's.
    In(usize, usize, Name),
    /// The node stands for what comes, if its module sees it in the one it is from.
    Seen(usize, usize, usize),
}

/// One target on one way.
#[derive(Debug)]
struct Pass {
    /// The node that it comes from.
    from: Option<usize>,
    found: Found,
    way: Way,
}

/// A segment that must be in a module.
#[derive(Debug)]
struct Awaited {
    node: usize,
    module: usize,
    way: Way,
}

pub(super) struct Search<'a> {
    index: &'a Index,
    graph: &'a mut Graph,
}

impl<'a> Search<'a> {
    pub(super) fn new(index: &'a Index, graph: &'a mut Graph) -> Self {
        Self { index, graph }
    }

    /// All that a path may stand for in some namespaces.
    pub(super) fn all(
        mut self,
        scope: Scope<'_>,
        path: &PathRef,
        spaces: Spaces,
    ) -> BTreeSet<Target> {
        let found = self.ask(scope, path).iter();
        let found = found.filter(|found| found.spaces.meets(spaces));
        found.map(|found| found.target.clone()).collect()
    }

    fn ask(&mut self, scope: Scope<'_>, path: &PathRef) -> &[Found] {
        let place = self.place(scope);
        // No key can be borrowed from a place and a path.
        let key = (place, path.clone());
        let node = if let Some(known) = self.graph.asked.get(&key) {
            *known
        } else {
            let node = self.node(None);
            self.graph.asked.insert(key, node);
            self.begin(place, path, Goal::Is(node));
            self.settle();
            node
        };
        &self.graph.nodes[node].found
    }

    fn place(&mut self, scope: Scope<'_>) -> Place {
        if scope.imports.is_empty() {
            return Place::Module(scope.module);
        }
        let graph = &mut *self.graph;
        let known = graph.blocks_of.entry(scope.module).or_default();
        let same = |block: &&usize| graph.blocks[**block].imports == scope.imports;
        if let Some(block) = known.iter().find(same) {
            return Place::Block(*block);
        }
        known.push(graph.blocks.len());
        graph.blocks.push(Block {
            module: scope.module,
            imports: scope.imports.to_vec(),
        });
        Place::Block(graph.blocks.len() - 1)
    }

    fn module_of(&self, place: Place) -> usize {
        match place {
            Place::Module(module) => module,
            Place::Block(block) => self.graph.blocks[block].module,
        }
    }

    /// Hands on what is found, until nothing new is.
    fn settle(&mut self) {
        loop {
            while let Some(pass) = self.graph.passes.pop() {
                self.pass(pass);
            }
            let awaited = mem::take(&mut self.graph.awaited);
            if awaited.is_empty() {
                return;
            }
            for step in awaited {
                if self.is_missing(&step) {
                    let inside = Found::of(Target::Inside(step.module), Certainty::Unseen);
                    self.arrive(inside, step.way);
                }
            }
        }
    }

    /// A name that is not found where it must be was made by a macro, or is one.
    fn is_missing(&self, step: &Awaited) -> bool {
        let Node { name, found, .. } = &self.graph.nodes[step.node];
        let is_there = |found: &Found| found.how <= Certainty::Made;
        // What an import brings is missing where that comes from.
        let imports = &self.index.modules[step.module].imports;
        let brings = |name| imports.iter().any(|import| import.brings_surely(name));
        !found.iter().any(is_there) && !name.is_some_and(|(_, name)| brings(name))
    }
}

/// Nodes, and the ways between them.
impl Search<'_> {
    fn node(&mut self, name: Option<(usize, Name)>) -> usize {
        self.graph.nodes.push(Node {
            name,
            ..Node::default()
        });
        self.graph.nodes.len() - 1
    }

    fn add(&mut self, node: usize, new: &Found) {
        let Node { found, ways, .. } = &mut self.graph.nodes[node];
        match found.iter_mut().find(|known| known.target == new.target) {
            Some(known) => {
                if !known.grow(new) {
                    return;
                }
            }
            None => found.push(new.clone()),
        }
        let passes = ways.iter().map(|way| Pass {
            from: Some(node),
            found: new.clone(),
            way: *way,
        });
        self.graph.passes.extend(passes);
    }

    fn lead(&mut self, from: usize, way: Way) {
        let Node { found, ways, .. } = &mut self.graph.nodes[from];
        ways.push(way);
        let passes = found.iter().map(|found| Pass {
            from: Some(from),
            found: found.clone(),
            way,
        });
        self.graph.passes.extend(passes);
    }

    /// Sends on its way what comes from no node.
    fn send(&mut self, target: Target, way: Way) {
        self.graph.passes.push(Pass {
            from: None,
            found: Found::of(target, Certainty::Declared),
            way,
        });
    }

    fn pass(&mut self, pass: Pass) {
        let way = pass.way;
        let segment = self.segment(way);
        let leads_on = segment.is_some() || matches!(way.goal, Goal::Glob(_));
        let is_made = pass.found.how >= Certainty::Made;
        if leads_on && is_made && self.is_module(pass.from) {
            // A path goes on through a module, if there is one.
            return;
        }
        if leads_on && !pass.found.spaces.meets(Spaces::TYPES) {
            return;
        }
        if segment.is_some() && self.is_end(&pass.found.target) {
            return;
        }
        match (segment, pass.found.target) {
            (Some(segment), Target::Module(module)) => {
                let at = way.at + 1;
                self.step(module, segment, Way { at, ..way });
            }
            (Some(_), target) => {
                // What is in it may be in any namespace.
                self.arrive(Found::of(target, pass.found.how), way);
            }
            (None, target) => self.arrive(
                Found {
                    target,
                    ..pass.found
                },
                way,
            ),
        }
    }

    fn segment(&self, way: Way) -> Option<Name> {
        self.graph.paths[way.path?].get(way.at).copied()
    }

    fn is_module(&self, node: Option<usize>) -> bool {
        let name = node.and_then(|node| self.graph.nodes[node].name);
        name.is_some_and(|(module, name)| self.index.has_module(module, name))
    }

    /// At the end of a path, or where it goes on in what is not followed.
    fn arrive(&mut self, found: Found, way: Way) {
        let how = found.how;
        match (way.goal, &found.target) {
            (Goal::Is(node) | Goal::Glob(node), _) => self.add(node, &found),
            (Goal::Seen(node, by, from), target) => {
                let is_seen = how != Certainty::Declared || self.is_seen(target, by, from);
                let how = if is_seen { how } else { Certainty::Hidden };
                self.add(node, &Found { how, ..found });
            }
            (Goal::In(node, by, name), Target::Module(module)) => {
                let from = self.name(Place::Module(*module), name);
                self.lead(from, Way::straight(Goal::Seen(node, by, *module)));
            }
            // A variant of an enum, or an item in a module that a macro made.
            (Goal::In(node, _, name), Target::Entry(entry)) => {
                if self.may_hold(*entry, name) {
                    self.add(node, &Found::of(found.target, how));
                }
            }
            (Goal::In(..), Target::Standard) => {}
            (Goal::In(node, ..), _) => {
                self.add(node, &Found::of(found.target, Certainty::Unseen));
            }
        }
    }

    fn begin(&mut self, place: Place, path: &PathRef, goal: Goal) {
        let Some(first) = path.segments.first() else {
            return;
        };
        let way = Way {
            path: Some(self.graph.paths.len()),
            at: 1,
            goal,
        };
        self.graph.paths.push(path.segments.clone());
        let module = self.module_of(place);
        let krate = self.index.modules[module].krate;
        let target = match self.index.names.text(*first) {
            _ if path.absolute => self.index.outside(krate, *first),
            "crate" => Some(Target::Module(self.index.crates[krate].root)),
            "self" => Some(Target::Module(module)),
            "super" => Some(self.parent(module)),
            "Self" => None,
            _ => {
                let node = self.name(place, *first);
                self.lead(node, way);
                let hidden = self.index.hides_crates(module, *first);
                let outside = (!hidden).then(|| self.index.outside(krate, *first));
                outside.flatten()
            }
        };
        if let Some(target) = target {
            self.send(target, way);
        }
    }

    fn parent(&self, module: usize) -> Target {
        Target::Module(self.index.modules[module].parent.unwrap_or(module))
    }

    /// `super::super::x` and `x`, of which `way` leads on.
    fn step(&mut self, module: usize, segment: Name, way: Way) {
        let target = match self.index.names.text(segment) {
            "super" => self.parent(module),
            "self" => Target::Module(module),
            _ => {
                let node = self.name(Place::Module(module), segment);
                self.lead(node, way);
                self.graph.awaited.push(Awaited { node, module, way });
                return;
            }
        };
        self.send(target, way);
    }
}
