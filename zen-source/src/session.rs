//! What is read once per compiler process, and asked once per step.

use std::{
    collections::HashMap,
    env, fmt,
    path::PathBuf,
    sync::{LazyLock, Mutex, PoisonError},
};

use proc_macro2::TokenStream;

use crate::{
    Build, Item,
    build::{self, Input},
    index::{self, Index, Presence, StepPlace, Target},
    normal::Normal,
    reach::{Impls, Reach},
    references::{FileArgument, FilePart, Reader, References, string},
    spaces::Spaces,
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
    /// The root file of the crate that is being compiled; `None` if it comes
    /// through a pipe, as an example in documentation does.
    pub root: Option<PathBuf>,
    /// Whether it is compiled as a test.
    pub is_test: bool,
    /// The build that is going on.
    pub build: Build,
}

/// Why the source of a step is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// It is expanded in an editor: nothing is run.
    Editor,
    /// `CARGO_MANIFEST_DIR` is not set: it is not built by Cargo.
    NoCargo,
    /// The package's manifest cannot be read.
    NoManifest,
    /// A file or folder that the compiler was given cannot be found.
    NoFile,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Editor => "it is expanded in an editor",
            Self::NoCargo => "CARGO_MANIFEST_DIR is not set",
            Self::NoManifest => "the package's manifest cannot be read",
            Self::NoFile => "the crate's folder or root file cannot be found",
        })
    }
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
#[derive(Clone, Debug, Default)]
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
    /// A file that was saved while it was compiled.
    saved: Option<PathBuf>,
    impls: Impls,
}

/// By root file, and whether it is compiled as a test. `None` if the crate cannot
/// be read.
type Sessions = HashMap<(Option<PathBuf>, bool), Option<Session>>;

static SESSIONS: LazyLock<Mutex<Sessions>> = LazyLock::new(Mutex::default);

impl Request {
    /// The request of a macro, from the compiler's command line and Cargo's
    /// variables.
    ///
    /// # Errors
    /// Outside Cargo, and in an editor.
    pub fn from_environment(function: TokenStream, file: Option<PathBuf>) -> Result<Self, Unread> {
        let arguments = build::command_line();
        let input = build::input(&arguments);
        if input == Input::Nothing {
            return Err(Unread::Editor);
        }
        let folder = env::var_os("CARGO_MANIFEST_DIR").ok_or(Unread::NoCargo)?;
        let folder = canonical(folder.into())?;
        let root = match &input {
            // The compiler runs in the workspace's folder.
            Input::File(root) => {
                let working = env::current_dir().map_err(|_| Unread::NoFile)?;
                Some(canonical(working.join(root))?)
            }
            _ => None,
        };
        Ok(Self {
            function,
            file: file.and_then(|file| std::fs::canonicalize(file).ok()),
            open: Vec::new(),
            depends: Vec::new(),
            build: Build::of(&arguments, &input, &folder),
            root,
            folder,
            is_test: arguments.iter().any(|argument| argument == "--test"),
        })
    }
}

fn canonical(path: PathBuf) -> Result<PathBuf, Unread> {
    std::fs::canonicalize(path).map_err(|_| Unread::NoFile)
}

impl Closure {
    /// The closure of a step.
    ///
    /// # Errors
    /// If its package cannot be read at all.
    pub fn of(request: &Request) -> Result<Self, Unread> {
        let mut sessions = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (request.root.clone(), request.is_test);
        let session = sessions
            .entry(key)
            .or_insert_with(|| Session::read(request));
        session
            .as_mut()
            .and_then(|session| session.closure(request))
            .ok_or(Unread::NoManifest)
    }
}

impl Session {
    fn read(request: &Request) -> Option<Self> {
        let index = Index::read(Target {
            folder: request.folder.clone(),
            root: request.root.clone(),
            presence: Presence {
                is_test: request.is_test,
                features: request.build.features.clone(),
            },
            build: request.build.clone(),
        })?;
        let impls = Impls::of(&index);
        Some(Self {
            saved: request.build.saved_since(&index),
            index,
            impls,
        })
    }

    fn closure(&mut self, request: &Request) -> Option<Closure> {
        let trees = self.index.names.trees(request.function.clone());
        let mut references = Reader::new(&self.index.names).read(&trees);
        self.add_depends(&request.depends, &mut references);
        let open: Vec<_> = request
            .open
            .iter()
            .map(|bounds| {
                let trees = self.index.names.trees(bounds.clone());
                Reader::new(&self.index.names).read(&trees)
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
        items.extend(self.saved.as_deref().map(|file| {
            let name = file.strip_prefix(&request.folder).unwrap_or(file);
            Item::unknown(format!("saved while it was compiled: {}", name.display()))
        }));
        if request.root.is_none() {
            // Its own conditions are not known.
            items.push(Item {
                label: "the crates that it is built with".to_owned(),
                hash: *blake3::hash(request.build.unit("").as_bytes()).as_bytes(),
            });
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
                let found = Reader::new(&self.index.names).read(&trees);
                references.given.extend(found.paths.keys().cloned());
                for path in found.paths.into_keys() {
                    references.mean(path, Spaces::ALL);
                }
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
        for entry in 0..self.index.entries.len() {
            hasher.update(&self.index.content(entry).hash);
        }
        let mut items = vec![Item {
            label: "every source file: the step was written by a macro".to_owned(),
            hash: *hasher.finalize().as_bytes(),
        }];
        for (position, krate) in self.index.crates.iter().enumerate() {
            let names = krate.package.dependencies.keys();
            for resolved in names.filter_map(|name| self.index.foreign(position, name)) {
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
    let names = Names::default();
    let trees = names.trees(tokens);
    let mut normal = Normal::new(&names);
    normal.tokens(&trees);
    normal.hash()
}
