//! The crates whose source is at hand: modules, and what stands in them.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use crate::{
    imports::{self, Import},
    normal::Normal,
    package::{Package, Workspace, every_file},
    references::{PathRef, Reader, References, is_colons, source, string},
    syntax::{self, Kind},
    tree::{Name, Names, Tree},
};

/// What zen itself does is no part of a step: results survive its releases.
pub(crate) const OWN_PACKAGES: [&str; 3] = ["zen-runtime", "zen-macros", "zen-source"];

/// All that is known of the source. Plain data, kept for all steps of one run of
/// the compiler.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) names: Names,
    pub(crate) workspace: Workspace,
    pub(crate) crates: Vec<Crate>,
    pub(crate) modules: Vec<Module>,
    pub(crate) entries: Vec<Entry>,
    /// Steps, by their text.
    pub(crate) steps: HashMap<[u8; 32], Vec<StepPlace>>,
    /// The words of each macro call, and of the rules that it stands for.
    pub(crate) macro_words: HashMap<usize, BTreeSet<Name>>,
    /// `macro_rules!` by name.
    pub(crate) rules: HashMap<Name, Vec<usize>>,
    by_folder: HashMap<PathBuf, usize>,
}

/// One crate.
#[derive(Debug)]
pub(crate) struct Crate {
    pub(crate) package: Package,
    pub(crate) root: usize,
    /// The library of the package that a binary or a test belongs to.
    pub(crate) own_library: Option<usize>,
    is_test: bool,
    /// Path dependencies by the names that the code knows.
    pub(crate) local: HashMap<Name, usize>,
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
    pub(crate) children: HashMap<Name, usize>,
    pub(crate) items: HashMap<Name, Vec<usize>>,
    pub(crate) imports: Vec<Import>,
    /// Macros called where items stand.
    pub(crate) macro_calls: Vec<usize>,
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
    pub(crate) name: Option<Name>,
    pub(crate) label: String,
    /// Of its tokens in normal form; without those of its members.
    pub(crate) hash: [u8; 32],
    /// How many tokens those are.
    pub(crate) size: usize,
    pub(crate) references: References,
    /// The impl or trait that a member belongs to.
    pub(crate) owner: Option<usize>,
    pub(crate) members: Vec<usize>,
    /// The trait that an impl is of.
    pub(crate) of_trait: Option<PathRef>,
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
    pub(crate) root: PathBuf,
    /// Whether it is compiled as a test: `cfg(test)` holds.
    pub(crate) is_test: bool,
}

impl Index {
    /// Reads a crate and all its path dependencies.
    pub(crate) fn read(target: &Target) -> Option<Self> {
        let mut index = Self {
            workspace: Workspace::of(&target.folder),
            ..Self::default()
        };
        let package = index.workspace.package(&target.folder)?;
        let is_library = package.library.as_deref() == Some(target.root.as_path());
        let krate = index.add_crate(package, &target.root, target.is_test);
        if is_library {
            index.by_folder.insert(target.folder.clone(), krate);
        }
        index.add_dependencies(krate);
        if !is_library {
            index.crates[krate].own_library = index.library(&target.folder);
        }
        let calls = index.modules.iter().flat_map(|module| &module.macro_calls);
        index.macro_words = calls
            .map(|call| (*call, index.words_of_macro(*call)))
            .collect();
        Some(index)
    }

    fn add_crate(&mut self, package: Package, root: &Path, is_test: bool) -> usize {
        let krate = self.crates.len();
        let label = package.library_name.clone();
        self.crates.push(Crate {
            package,
            root: self.modules.len(),
            own_library: None,
            is_test,
            local: HashMap::new(),
            files: BTreeSet::new(),
        });
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        let module = self.add_module(krate, None, label, root);
        self.file(module, root, &folder);
        krate
    }

    fn add_dependencies(&mut self, krate: usize) {
        let dependencies = self.crates[krate].package.dependencies.clone();
        for (name, dependency) in dependencies {
            if OWN_PACKAGES.contains(&dependency.package.as_str()) {
                continue;
            }
            let library = dependency.path.and_then(|path| self.library(&path));
            if let Some(library) = library {
                let name = self.names.intern(&name);
                self.crates[krate].local.insert(name, library);
            }
        }
    }

    /// The library in a folder, read once.
    fn library(&mut self, folder: &Path) -> Option<usize> {
        let folder = fs::canonicalize(folder).ok()?;
        if let Some(known) = self.by_folder.get(&folder) {
            return Some(*known);
        }
        let package = self.workspace.package(&folder)?;
        let root = fs::canonicalize(package.library.as_ref()?).ok()?;
        let krate = self.add_crate(package, &root, false);
        self.by_folder.insert(folder, krate);
        self.add_dependencies(krate);
        Some(krate)
    }

    fn add_module(
        &mut self,
        krate: usize,
        parent: Option<usize>,
        label: String,
        file: &Path,
    ) -> usize {
        self.modules.push(Module {
            krate,
            parent,
            label,
            file: file.to_owned(),
            children: HashMap::new(),
            items: HashMap::new(),
            imports: Vec::new(),
            macro_calls: Vec::new(),
            entries: Vec::new(),
            references: References::default(),
        });
        self.modules.len() - 1
    }

    /// Reads a file into a module. `folder` is where its modules' files are.
    fn file(&mut self, module: usize, path: &Path, folder: &Path) {
        let krate = self.modules[module].krate;
        if !self.crates[krate].files.insert(path.to_owned()) && self.depth(module) > 64 {
            return;
        }
        let text = fs::read_to_string(path).unwrap_or_default();
        match self.names.lex(&text) {
            Ok(trees) => self.items(module, &trees, folder),
            // What cannot be read in parts counts as a whole.
            Err(_) => self.whole(module, &text),
        }
    }

    fn depth(&self, module: usize) -> usize {
        let mut depth = 0;
        let mut at = module;
        while let Some(parent) = self.modules[at].parent {
            depth += 1;
            at = parent;
        }
        depth
    }

    fn whole(&mut self, module: usize, text: &str) {
        let label = format!("file of {}", self.modules[module].label);
        let hash = *blake3::hash(text.as_bytes()).as_bytes();
        self.push(Entry {
            module,
            kind: Kind::Unknown,
            name: None,
            label,
            hash,
            size: 1,
            references: References::default(),
            owner: None,
            members: Vec::new(),
            of_trait: None,
        });
    }

    fn push(&mut self, entry: Entry) -> usize {
        let id = self.entries.len();
        let module = &mut self.modules[entry.module];
        if entry.owner.is_none() {
            module.entries.push(id);
            if let Some(name) = entry.name {
                module.items.entry(name).or_default().push(id);
            }
            match (entry.kind, entry.name) {
                (Kind::MacroCall, _) => module.macro_calls.push(id),
                (Kind::MacroRules, Some(name)) => self.rules.entry(name).or_default().push(id),
                _ => {}
            }
        }
        self.entries.push(entry);
        id
    }

    fn items(&mut self, module: usize, trees: &[Tree], folder: &Path) {
        let is_test = self.crates[self.modules[module].krate].is_test;
        for item in syntax::items(trees, &self.names) {
            if !is_test && is_for_tests(item.attributes, &self.names) {
                continue;
            }
            match item.kind {
                Kind::Use => {
                    let start = item.head.iter().position(
                        |tree| matches!(tree, Tree::Ident(name) if self.names.text(*name) == "use"),
                    );
                    // The semicolon is the last token.
                    let end = item.head.len().saturating_sub(1);
                    if let Some(start) = start {
                        let path = &item.head[start + 1..end];
                        let found = imports::parse(path, &self.names);
                        self.modules[module].imports.extend(found);
                    }
                }
                Kind::ExternCrate => self.import_crate(module, item.head),
                Kind::Module => self.module(module, &item, folder),
                Kind::Impl | Kind::Trait => self.block(module, &item),
                _ => {
                    self.single(module, &item, folder);
                }
            }
        }
    }

    /// `extern crate a as b;` is an import.
    fn import_crate(&mut self, module: usize, head: &[Tree]) {
        let idents: Vec<_> = head.iter().filter_map(Tree::ident).collect();
        let position = idents.iter().position(|n| self.names.text(*n) == "crate");
        let Some([name, rest @ ..]) = position.map(|at| &idents[at + 1..]) else {
            return;
        };
        self.modules[module].imports.push(Import {
            path: PathRef {
                absolute: true,
                segments: vec![*name],
            },
            binding: imports::Binding::Name(*rest.last().unwrap_or(name)),
        });
    }

    fn module(&mut self, parent: usize, item: &syntax::Item<'_>, folder: &Path) {
        let Some(name) = item.name else { return };
        let text = self.names.text(name).to_owned();
        let text = text.strip_prefix("r#").unwrap_or(&text);
        let label = format!("{}::{text}", self.modules[parent].label);
        let krate = self.modules[parent].krate;
        let references = Reader::new(&mut self.names).read(item.attributes);
        let paths = path_attributes(item.attributes, &self.names);
        let file = self.modules[parent].file.clone();
        if let Some(body) = item.body {
            let module = self.add_module(krate, Some(parent), label, &file);
            self.modules[module].references = references;
            self.modules[parent].children.insert(name, module);
            let inner = paths
                .first()
                .map_or_else(|| folder.join(text), |p| folder.join(p));
            self.items(module, body, &inner);
            return;
        }
        let beside = file.parent().unwrap_or(Path::new("")).to_owned();
        let given = paths.iter().map(|path| beside.join(path));
        let usual = [
            folder.join(format!("{text}.rs")),
            folder.join(text).join("mod.rs"),
        ];
        let candidates = given
            .chain(usual)
            .find_map(|path| fs::canonicalize(path).ok());
        let Some(path) = candidates else {
            // Under a condition it need not be there.
            if references.conditions.is_empty() {
                let missing = format!("missing module {label}");
                self.whole(parent, &missing);
            }
            return;
        };
        let module = self.add_module(krate, Some(parent), label, &path);
        self.modules[module].references = references;
        self.modules[parent].children.insert(name, module);
        let is_mod_rs = path.file_name().is_some_and(|name| name == "mod.rs") || !paths.is_empty();
        let own = path.parent().unwrap_or(Path::new(""));
        let inner = if is_mod_rs {
            own.to_owned()
        } else {
            own.join(text)
        };
        self.file(module, &path, &inner);
    }

    /// An impl or trait: its head, and each of its members.
    fn block(&mut self, module: usize, item: &syntax::Item<'_>) {
        let names = &self.names;
        let head: Vec<Tree> = item.attributes.iter().chain(item.head).cloned().collect();
        let place = &self.modules[module].label;
        let label = item.name.map_or_else(
            || format!("{} in {place}", source(item.head, names)),
            |name| format!("{place}::{}", names.text(name)),
        );
        let of_trait = trait_path(item.head, names);
        let owner = self.entry(module, item, &head, label.clone(), None, of_trait);
        let is_test = self.crates[self.modules[module].krate].is_test;
        for member in syntax::items(item.body.unwrap_or_default(), &self.names) {
            if !is_test && is_for_tests(member.attributes, &self.names) {
                continue;
            }
            let name = member.name.map_or("_", |name| self.names.text(name));
            let label = format!("{label}::{name}");
            let id = self.entry(module, &member, member.tokens, label, Some(owner), None);
            self.entries[owner].members.push(id);
            self.note_steps(module, Some(owner), member.tokens);
        }
    }

    fn single(&mut self, module: usize, item: &syntax::Item<'_>, folder: &Path) {
        let name = item.name.map_or("_", |name| self.names.text(name));
        let label = format!("{}::{name}", self.modules[module].label);
        let id = self.entry(module, item, item.tokens, label, None, None);
        self.note_steps(module, None, item.tokens);
        if item.kind == Kind::Function {
            self.note_inner_steps(module, id, item.body.unwrap_or_default());
        }
        if item.kind == Kind::MacroCall {
            self.defined_by_macro(module, id, item.tokens, folder);
            self.included_items(module, id, folder);
        }
    }

    /// `include!` where items stand: the file's items are the module's.
    fn included_items(&mut self, module: usize, id: usize, folder: &Path) {
        let files = self.entries[id].references.files.clone();
        for argument in files.values().filter(|argument| argument.is_rust) {
            let path = argument.path(&self.modules[module].file);
            let text = path.and_then(|path| fs::read_to_string(path).ok());
            if let Some(Ok(trees)) = text.map(|text| self.names.lex(&text)) {
                self.items(module, &trees, folder);
            } else {
                // Made by a build script that ran for another crate, most likely.
                let krate = self.modules[module].krate;
                let text = every_file(&self.crates[krate].package.folder);
                self.whole(module, &text);
            }
        }
    }

    fn entry(
        &mut self,
        module: usize,
        item: &syntax::Item<'_>,
        tokens: &[Tree],
        label: String,
        owner: Option<usize>,
        of_trait: Option<PathRef>,
    ) -> usize {
        let references = Reader::new(&mut self.names).read(tokens);
        let mut normal = Normal::new(&self.names);
        normal.tokens(tokens);
        let hash = normal.hash();
        self.push(Entry {
            module,
            kind: item.kind,
            name: item.name,
            label,
            hash,
            size: size(tokens),
            references,
            owner,
            members: Vec::new(),
            of_trait,
        })
    }

    /// A macro's input that looks like items most likely becomes them:
    /// `thread_local!`, `cfg_if!`, `bitflags!`.
    fn defined_by_macro(&mut self, module: usize, id: usize, tokens: &[Tree], folder: &Path) {
        const WORDS: [&str; 10] = [
            "fn", "struct", "enum", "union", "trait", "type", "const", "static", "ref", "mod",
        ];
        let mut defined = HashSet::new();
        let mut modules = Vec::new();
        walk(tokens, &mut |trees| {
            for window in trees.windows(3) {
                let [Tree::Ident(word), Tree::Ident(name), next] = window else {
                    continue;
                };
                let word = self.names.text(*word);
                if WORDS.contains(&word) {
                    defined.insert(*name);
                }
                if word == "mod" && next.is_punct(';') {
                    modules.push(*name);
                }
            }
        });
        for name in defined {
            self.modules[module].items.entry(name).or_default().push(id);
        }
        for name in modules {
            let word = self.names.intern("mod");
            let tokens = [
                Tree::Ident(word),
                Tree::Ident(name),
                Tree::Punct(';', false),
            ];
            let item = syntax::items(&tokens, &self.names);
            let text = self.names.text(name);
            let exists = folder.join(format!("{text}.rs")).is_file()
                || folder.join(text).join("mod.rs").is_file();
            if let (true, Some(item)) = (exists, item.first()) {
                self.module(module, item, folder);
            }
        }
    }

    /// Remembers where a function that bears `#[step]` stands.
    fn note_steps(&mut self, module: usize, inside: Option<usize>, tokens: &[Tree]) {
        let attributes = syntax::outer_attributes(tokens);
        if !names_step(&tokens[..attributes], &self.names) {
            return;
        }
        if let Some(text) = function_hash(tokens, &self.names) {
            let place = StepPlace { module, inside };
            self.steps.entry(text).or_default().push(place);
        }
    }

    fn note_inner_steps(&mut self, module: usize, id: usize, body: &[Tree]) {
        let mut found = Vec::new();
        let names = &self.names;
        walk(body, &mut |trees| {
            for at in 0..trees.len() {
                let attributes = syntax::outer_attributes(&trees[at..]);
                if attributes > 0 && names_step(&trees[at..at + attributes], names) {
                    found.extend(function_hash(&trees[at..], names));
                }
            }
        });
        for text in found {
            let place = StepPlace {
                module,
                inside: Some(id),
            };
            self.steps.entry(text).or_default().push(place);
        }
    }
}

fn size(tokens: &[Tree]) -> usize {
    let inner = |tree: &Tree| match tree {
        Tree::Group(_, inner) => 1 + size(inner),
        _ => 1,
    };
    tokens.iter().map(inner).sum()
}

/// Runs `look` on a list of tokens and on those in all its groups.
fn walk(trees: &[Tree], look: &mut dyn FnMut(&[Tree])) {
    look(trees);
    for tree in trees {
        if let Tree::Group(_, inner) = tree {
            walk(inner, look);
        }
    }
}

/// `#[cfg(test)]` code is not there when a step runs outside a test.
fn is_for_tests(attributes: &[Tree], names: &Names) -> bool {
    let text = source(attributes, names);
    text.contains("#[cfg(test)]")
}

fn names_step(attributes: &[Tree], names: &Names) -> bool {
    let mut found = false;
    walk(attributes, &mut |trees| {
        found |= trees
            .iter()
            .any(|tree| matches!(tree, Tree::Ident(name) if names.text(*name) == "step"));
    });
    found
}

/// The hash of a function from its `fn` to the end of its body.
pub(crate) fn function_hash(tokens: &[Tree], names: &Names) -> Option<[u8; 32]> {
    let start = tokens
        .iter()
        .position(|tree| matches!(tree, Tree::Ident(name) if names.text(*name) == "fn"))?;
    let function = &tokens[start..];
    let item = syntax::items(function, names);
    let mut normal = Normal::new(names);
    normal.tokens(item.first()?.tokens);
    Some(normal.hash())
}

/// The path of the trait in the head of an impl: `impl<..> path<..> for`.
fn trait_path(head: &[Tree], names: &Names) -> Option<PathRef> {
    let is = |tree: &Tree, word: &str| matches!(tree, Tree::Ident(n) if names.text(*n) == word);
    let start = head.iter().position(|tree| is(tree, "impl"))? + 1;
    let mut rest = &head[start..];
    if rest.first()?.is_punct('<') {
        rest = &rest[angles(rest)..];
    }
    // The `for` of `for<'a>` belongs to a bound.
    rest.windows(2)
        .find(|pair| is(&pair[0], "for") && !pair[1].is_punct('<'))?;
    let path = rest
        .iter()
        .skip_while(|tree| tree.is_punct('!') || tree.is_punct(':'))
        .take_while(|tree| tree.ident().is_some() || tree.is_punct(':'));
    Some(PathRef {
        absolute: is_colons(rest),
        segments: path
            .filter_map(Tree::ident)
            .take_while(|n| names.text(*n) != "for")
            .collect(),
    })
}

/// The length of `<..>` at the beginning.
fn angles(trees: &[Tree]) -> usize {
    let mut depth = 0_usize;
    for (position, tree) in trees.iter().enumerate() {
        let arrow = position > 0 && matches!(trees[position - 1], Tree::Punct('-', true));
        match tree {
            Tree::Punct('<', _) => depth += 1,
            Tree::Punct('>', _) if !arrow => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return position + 1;
        }
    }
    trees.len()
}

/// The paths of `#[path = ".."]`, also inside `cfg_attr`.
fn path_attributes(attributes: &[Tree], names: &Names) -> Vec<String> {
    let mut paths = Vec::new();
    walk(attributes, &mut |trees| {
        for window in trees.windows(3) {
            if let [Tree::Ident(name), equals, Tree::Literal(text)] = window
                && names.text(*name) == "path"
                && equals.is_punct('=')
            {
                paths.extend(string(text));
            }
        }
    });
    paths
}
