//! What is read once per compiler process, and asked once per step.

use std::{
    collections::HashMap,
    env,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
};

use proc_macro2::TokenStream;

use crate::{
    Item,
    index::{self, Index, StepPlace, Target},
    normal::Normal,
    reach::{Impls, Reach},
    references::{FileArgument, FilePart, Reader, References, string},
    syntax::Kind,
    tree::{Names, Tree},
};

/// A step whose closure is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The function, as the compiler gave it to the macro.
    pub function: TokenStream,
    /// The file that the function stands in, if the compiler tells it.
    pub file: Option<PathBuf>,
    /// The bounds of each type that the function's caller chooses: of type
    /// parameters, `impl Trait` and trait objects.
    pub open: Vec<TokenStream>,
    /// What counts beside what the function reaches: string literals, the paths of
    /// files from the package's folder, and paths of items.
    pub depends: Vec<TokenStream>,
    /// The folder of the package that is being compiled.
    pub folder: PathBuf,
    /// The root file of the crate that is being compiled.
    pub root: PathBuf,
    /// Whether it is compiled as a test.
    pub is_test: bool,
}

/// Where a function stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a module or in a function.
    Free,
    /// In an `impl` of a type.
    Inherent,
    /// In a trait or in an `impl` of one.
    Trait,
}

/// All that decides what a function returns.
#[derive(Clone, Debug)]
pub struct Closure {
    /// In the order of their labels.
    pub items: Vec<Item>,
    /// Conditions of `cfg` in it, as text, to be told by the compiler.
    pub conditions: Vec<String>,
    /// Where the function stands; `None` if it was not found in the source.
    pub place: Option<Place>,
}

struct Session {
    index: Index,
    impls: Impls,
}

/// By root file, and whether it is compiled as a test. `None` if the crate cannot
/// be read.
type Sessions = HashMap<(PathBuf, bool), Option<Session>>;

static SESSIONS: LazyLock<Mutex<Sessions>> = LazyLock::new(Mutex::default);

impl Request {
    /// The request of a macro, from the compiler's command line and Cargo's
    /// variables. `None` outside Cargo and where there is no command line, as in
    /// an editor.
    pub fn from_environment(function: TokenStream, file: Option<PathBuf>) -> Option<Self> {
        let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
        let arguments: Vec<_> = env::args_os().skip(1).collect();
        let root = arguments
            .iter()
            .map(Path::new)
            .find(|path| path.extension().is_some_and(|end| end == "rs"))?;
        // The compiler runs in the workspace's folder.
        let root = env::current_dir().ok()?.join(root);
        Some(Self {
            function,
            file: file.and_then(|file| std::fs::canonicalize(file).ok()),
            open: Vec::new(),
            depends: Vec::new(),
            root: std::fs::canonicalize(root).ok()?,
            folder: std::fs::canonicalize(folder).ok()?,
            is_test: arguments.iter().any(|argument| argument == "--test"),
        })
    }
}

impl Closure {
    /// The closure of a step. `None` if its crate cannot be read at all.
    pub fn of(request: &Request) -> Option<Self> {
        let mut sessions = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (request.root.clone(), request.is_test);
        let session = sessions
            .entry(key)
            .or_insert_with(|| Session::read(request));
        session.as_mut()?.closure(request)
    }
}

impl Session {
    fn read(request: &Request) -> Option<Self> {
        let index = Index::read(&Target {
            folder: request.folder.clone(),
            root: request.root.clone(),
            is_test: request.is_test,
        })?;
        let impls = Impls::of(&index);
        Some(Self { index, impls })
    }

    fn closure(&mut self, request: &Request) -> Option<Closure> {
        let trees = self.index.names.trees(request.function.clone());
        let mut references = Reader::new(&mut self.index.names).read(&trees);
        self.add_depends(&request.depends, &mut references);
        let open: Vec<_> = request
            .open
            .iter()
            .map(|bounds| {
                let trees = self.index.names.trees(bounds.clone());
                Reader::new(&mut self.index.names).read(&trees)
            })
            .collect();
        let hash = index::function_hash(&trees, &self.index.names)?;
        let mut places = self.index.steps.get(&hash).cloned().unwrap_or_default();
        if let Some(file) = &request.file {
            places.retain(|place| self.index.modules[place.module].file == *file);
        }
        let place = self.place(&places);
        let mut items = Vec::new();
        let mut conditions = Vec::new();
        if places.is_empty() {
            // A macro wrote it: it may stand anywhere, and name anything.
            items.extend(self.everything());
        }
        for place in places {
            let reach = Reach::new(&self.index, &self.impls);
            let found = reach.run(place, &references, &open);
            items.extend(found);
        }
        items.sort_by(|a, b| a.label.cmp(&b.label).then(a.hash.cmp(&b.hash)));
        items.dedup();
        items.retain(|item| match condition(&item.label) {
            Some(condition) => {
                conditions.push(condition.to_owned());
                false
            }
            None => true,
        });
        conditions.dedup();
        Some(Closure {
            items,
            conditions,
            place,
        })
    }

    fn add_depends(&mut self, depends: &[TokenStream], references: &mut References) {
        for one in depends {
            let trees = self.index.names.trees(one.clone());
            if let [Tree::Literal(text)] = trees.as_slice() {
                let folder = self.index.crates[0].package.folder.to_string_lossy();
                let path = string(text).unwrap_or_default();
                let argument = FileArgument {
                    parts: vec![FilePart::Text(format!("{folder}/{path}"))],
                    is_rust: false,
                };
                references.files.insert(path, argument);
            } else {
                let found = Reader::new(&mut self.index.names).read(&trees);
                references.paths.extend(found.paths);
                references.members.extend(found.members);
            }
        }
    }

    /// All steps of one text stand in one kind of place, or it is not known.
    fn place(&self, places: &[StepPlace]) -> Option<Place> {
        let kind = |place: &StepPlace| {
            let Some(inside) = place.inside else {
                return Place::Free;
            };
            let owner = &self.index.entries[inside];
            match (owner.kind, &owner.of_trait) {
                (Kind::Impl, None) => Place::Inherent,
                (Kind::Impl, Some(_)) | (Kind::Trait, _) => Place::Trait,
                _ => Place::Free,
            }
        };
        let mut kinds = places.iter().map(kind);
        let first = kinds.next()?;
        kinds.all(|kind| kind == first).then_some(first)
    }

    /// Every item at hand.
    fn everything(&self) -> Vec<Item> {
        let mut hasher = blake3::Hasher::new();
        for entry in &self.index.entries {
            hasher.update(&entry.hash);
        }
        let mut items = vec![Item {
            label: "every source file: the step was written by a macro".to_owned(),
            hash: *hasher.finalize().as_bytes(),
        }];
        for krate in &self.index.crates {
            for dependency in krate.package.dependencies.values() {
                let resolved = self
                    .index
                    .workspace
                    .resolve(&krate.package.name, dependency);
                items.push(Item {
                    label: format!("crate {}", resolved.label),
                    hash: *blake3::hash(resolved.content.as_bytes()).as_bytes(),
                });
            }
        }
        items
    }
}

fn condition(label: &str) -> Option<&str> {
    label.strip_prefix("cfg(")?.strip_suffix(')')
}

/// The hash of tokens in their normal form.
pub fn hash_of(tokens: TokenStream) -> [u8; 32] {
    let mut names = Names::default();
    let trees = names.trees(tokens);
    let mut normal = Normal::new(&names);
    normal.tokens(&trees);
    normal.hash()
}
