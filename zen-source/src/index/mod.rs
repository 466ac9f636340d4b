//! The crates whose source is at hand: modules, and what stands in them.

mod bodies;
mod content;
mod crates;
mod disguises;
mod foreign;
mod heads;
mod inner;
mod items;
mod linked;
mod macro_use;
mod made;
mod modules;
mod nested;
mod pieces;
mod presence;
mod steps;
mod tame;
mod units;

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeSet,
    path::PathBuf,
};

use crate::{
    Build,
    imports::Import,
    outline::Part,
    package::{Package, Workspace},
    references::{PathRef, References},
    resolve::Graph,
    syntax::Kind,
    tables::{Map, Set},
    tree::{Name, Names},
};

use bodies::Body;
use content::Content;
pub(crate) use inner::InnerCall;
use macro_use::MacroUse;
pub(crate) use made::Made;
use nested::NestedImpl;
use pieces::Pieces;
pub(crate) use presence::Presence;
pub(crate) use steps::function_hash;

/// The crate that is being compiled is read first.
pub(crate) const COMPILED: usize = 0;

/// What zen itself does is no part of a step: results survive its releases.
pub(crate) const OWN_PACKAGES: [&str; 3] = ["zen-runtime", "zen-macros", "zen-source"];

/// All that is known of the source. Plain data, kept for all steps of one run of
/// the compiler.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) names: Names,
    pub(crate) build: Build,
    pub(crate) workspace: Workspace,
    pub(crate) crates: Vec<Crate>,
    pub(crate) modules: Vec<Module>,
    pub(crate) entries: Vec<Entry>,
    /// Steps, by their text.
    pub(crate) steps: Map<[u8; 32], Vec<StepPlace>>,
    /// The words of each macro call, and of the rules that it stands for.
    pub(crate) macro_words: Map<usize, BTreeSet<Name>>,
    /// `macro_rules!` by name.
    pub(crate) rules: Map<Name, Vec<usize>>,
    /// What is linked to by a name of its own.
    pub(crate) exported: Map<Name, Vec<usize>>,
    /// What each macro call makes.
    pub(crate) made: Map<usize, Made>,
    /// What rules and the inputs of calls hold of that.
    pieces: Map<usize, Pieces>,
    /// Macro calls that may define anything.
    pub(crate) wild_calls: Set<usize>,
    /// The macros that an item or a macro call bears under names that tell of others.
    pub(crate) disguised: Map<usize, Vec<PathRef>>,
    /// What names were found to stand for.
    pub(crate) graph: RefCell<Graph>,
    /// Impls inside functions and constants. They hold outside, too.
    pub(crate) nested: Vec<NestedImpl>,
    /// Macro calls inside of items that may make such impls.
    pub(crate) inner: Vec<InnerCall>,
    /// Items in which macros may be called.
    bodies: Vec<Body>,
    by_folder: Map<PathBuf, usize>,
    /// The texts of all files, by their numbers.
    texts: Vec<String>,
}

/// One crate.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) package: Package,
    pub(crate) root: usize,
    /// The library of the package that a binary or a test belongs to.
    pub(crate) own_library: Option<usize>,
    presence: Presence,
    /// Path dependencies by the names that the code knows.
    pub(crate) local: Map<Name, usize>,
    /// `extern crate` at its root: names that all its modules know.
    pub(crate) renamed: Vec<Import>,
    /// The crates whose macros all its modules know: `#[macro_use] extern crate a`.
    macro_uses: Vec<MacroUse>,
    /// All its files, for when nothing narrower will do.
    pub(crate) files: BTreeSet<PathBuf>,
}

/// One module.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) krate: usize,
    pub(crate) parent: Option<usize>,
    /// `crate::a::b`.
    pub(crate) label: String,
    pub(crate) file: PathBuf,
    /// Whether it stands inside its parent's file.
    pub(crate) is_inline: bool,
    /// More than one of a name, if they stand under conditions.
    pub(crate) children: Map<Name, Vec<usize>>,
    pub(crate) items: Map<Name, Vec<usize>>,
    pub(crate) imports: Vec<Import>,
    /// Macros called where items stand.
    pub(crate) macro_calls: Vec<usize>,
    /// Items that a macro stands on, which may make others.
    pub(crate) generators: Vec<usize>,
    /// The macros on its items that make no others, as their names tell.
    bearers: Vec<(PathRef, usize)>,
    /// Whether a macro stands on it that may keep what conditions leave out.
    pub(crate) is_rewritten: bool,
    /// Whether its macros are known behind it, too: `#[macro_use]`.
    pub(crate) macro_use: bool,
    /// All entries, members left out.
    pub(crate) entries: Vec<usize>,
    /// What holds for the whole module: its conditions.
    pub(crate) references: References,
}

/// An item, or a member of an impl or a trait.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) module: usize,
    pub(crate) kind: Kind,
    /// Whether it is a struct whose name is a value, too: it has no fields, or they have
    /// no names.
    pub(crate) is_constructor: bool,
    pub(crate) name: Option<Name>,
    /// Whether the whole crate sees it.
    pub(crate) is_public: bool,
    pub(crate) label: String,
    /// Where its tokens stand; without those of its members.
    part: Part,
    content: OnceCell<Box<Content>>,
    /// The impl or trait that a member belongs to.
    pub(crate) owner: Option<usize>,
    pub(crate) members: Vec<usize>,
    /// The trait that an impl is of.
    pub(crate) of_trait: Option<PathRef>,
    pub(crate) impl_head: ImplHead,
}

/// What the head of an impl tells of when it is used.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImplHead {
    /// The outermost type that it is for, if it is named by a path.
    pub(crate) self_type: Option<PathRef>,
    /// The types that `From` and `TryFrom` convert.
    pub(crate) converted: BTreeSet<PathRef>,
    /// The types that it names beside its parameters and their bounds.
    pub(crate) named: BTreeSet<PathRef>,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepPlace {
    pub(crate) module: usize,
    /// The item that it stands in, if it is a method or inside a function.
    pub(crate) inside: Option<usize>,
}

/// A crate to be read.
pub(crate) struct Target {
    pub(crate) folder: PathBuf,
    /// Its root file. Without one, it is the package's library that is read: the
    /// crate itself is known only in the function that is asked for.
    pub(crate) root: Option<PathBuf>,
    pub(crate) presence: Presence,
    pub(crate) build: Build,
}
