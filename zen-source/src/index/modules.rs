//! Modules, and the files that they stand in.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    lexer::NotRust,
    outline::Part,
    package::every_file,
    references::{Reader, References},
    syntax::{self, Kind},
    tables::Map,
    tree::Name,
};

use super::{
    Content, Entry, ImplHead, Index, Module, heads::path_attributes, tame::may_make_items,
};

impl Index {
    pub(super) fn add_module(
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
            is_inline: false,
            children: Map::default(),
            items: Map::default(),
            imports: Vec::new(),
            macro_calls: Vec::new(),
            generators: Vec::new(),
            bearers: Vec::new(),
            is_rewritten: false,
            macro_use: false,
            entries: Vec::new(),
            references: References::default(),
        });
        self.modules.len() - 1
    }

    pub(super) fn module(
        &mut self,
        parent: usize,
        item: &syntax::Item<'_>,
        body: Option<Part>,
        folder: &Path,
    ) {
        let Some(name) = item.name else { return };
        let text = self.names.text(name).to_owned();
        let text = text.strip_prefix("r#").unwrap_or(&text);
        let label = format!("{}::{text}", self.modules[parent].label);
        let krate = self.modules[parent].krate;
        let references = Reader::new(&self.names).read(item.attributes);
        let paths = path_attributes(item.attributes, &self.names);
        if let Some(body) = body {
            let file = self.modules[parent].file.clone();
            let module = self.add_module(krate, Some(parent), label, &file);
            self.attributes_of_module(module, name, references);
            self.modules[module].is_inline = true;
            self.modules[module].is_rewritten =
                self.modules[parent].is_rewritten || may_make_items(item.attributes, &self.names);
            let inner = paths
                .first()
                .map_or_else(|| folder.join(text), |p| folder.join(p));
            self.items_or_text(module, &body, &inner);
            return;
        }
        let files = self.module_files(parent, text, &paths, folder);
        // Under a condition it need not be there.
        if files.is_empty() && references.conditions.is_empty() {
            let text = every_file(&self.crates[krate].package.folder);
            self.whole(parent, &text);
        }
        for path in files {
            let module = self.add_module(krate, Some(parent), label.clone(), &path);
            self.attributes_of_module(module, name, references.clone());
            let is_mod_rs =
                path.file_name().is_some_and(|name| name == "mod.rs") || !paths.is_empty();
            let own = path.parent().unwrap_or(Path::new(""));
            let inner = if is_mod_rs {
                own.to_owned()
            } else {
                own.join(text)
            };
            self.file(module, &path, &inner);
        }
    }

    /// The files that a module may stand in: more than one, if conditions tell.
    fn module_files(
        &self,
        parent: usize,
        name: &str,
        paths: &[String],
        folder: &Path,
    ) -> Vec<PathBuf> {
        let parent = &self.modules[parent];
        let beside = if parent.is_inline {
            folder
        } else {
            parent.file.parent().unwrap_or(Path::new(""))
        };
        let given = paths.iter().map(|path| beside.join(path));
        let usual = [
            folder.join(format!("{name}.rs")),
            folder.join(name).join("mod.rs"),
        ];
        let mut files: Vec<_> = given
            .chain(usual)
            .filter_map(|path| fs::canonicalize(path).ok())
            .collect();
        files.dedup();
        files
    }

    /// A module that a macro's input declares, if it is one.
    pub(super) fn module_if_there(
        &mut self,
        parent: usize,
        item: &syntax::Item<'_>,
        folder: &Path,
    ) {
        let Some(name) = item.name else { return };
        let paths = path_attributes(item.attributes, &self.names);
        let files = self.module_files(parent, self.names.text(name), &paths, folder);
        if !files.is_empty() {
            self.module(parent, item, None, folder);
        }
    }

    fn attributes_of_module(&mut self, module: usize, name: Name, references: References) {
        let word = self.names.intern("macro_use");
        let known = &mut self.modules[module];
        known.macro_use = references.words.contains(&word);
        known.references = references;
        if let Some(parent) = known.parent {
            let children = &mut self.modules[parent].children;
            children.entry(name).or_default().push(module);
        }
    }

    /// Reads a file into a module. `folder` is where its modules' files are.
    pub(super) fn file(&mut self, module: usize, path: &Path, folder: &Path) {
        let krate = self.modules[module].krate;
        if !self.crates[krate].files.insert(path.to_owned()) && self.depth(module) > 64 {
            return;
        }
        let part = self.add_text(fs::read_to_string(path).unwrap_or_default());
        self.items_or_text(module, &part, folder);
    }

    /// What cannot be read in parts counts as a whole.
    fn items_or_text(&mut self, module: usize, part: &Part, folder: &Path) {
        if let Err(NotRust) = self.items(module, part, folder) {
            let content = Content::unread(self.text(part));
            self.push_whole(module, content);
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

    pub(super) fn whole(&mut self, module: usize, text: &str) {
        self.push_whole(module, Content::of_text(text));
    }

    fn push_whole(&mut self, module: usize, content: Content) {
        let label = format!("file of {}", self.modules[module].label);
        self.push(Entry {
            module,
            kind: Kind::Unknown,
            is_constructor: false,
            name: None,
            is_public: true,
            label,
            part: Part::default(),
            content: OnceCell::from(Box::new(content)),
            owner: None,
            members: Vec::new(),
            of_trait: None,
            impl_head: ImplHead::default(),
        });
    }
}
