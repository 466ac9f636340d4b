//! What stands in a module: items, members, imports, and what macros make of it.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    path::Path,
};

use crate::{
    imports::{self, Import},
    normal::Normal,
    references::{PathRef, Reader, source},
    syntax::{self, Kind},
    tree::Tree,
};

use super::{
    Entry, ImplHead, Index, NestedImpl,
    heads::{
        attributes_before, impl_parts, macros_of_items, may_make_items, nested_heads,
        nested_modules, size, trait_path, walk,
    },
};

impl Index {
    pub(super) fn items(&mut self, module: usize, trees: &[Tree], folder: &Path) {
        let is_rewritten = self.modules[module].is_rewritten;
        for item in syntax::items(trees, &self.names) {
            if !is_rewritten && self.is_left_out(module, item.attributes) {
                continue;
            }
            match item.kind {
                Kind::Use => {
                    let start = item.head.iter().position(
                        |tree| matches!(tree, Tree::Ident(name) if self.names.text(*name) == "use"),
                    );
                    // The semicolon is the last token.
                    let end = item.head.len().saturating_sub(1);
                    let is_conditional = self.conditions_of_import(module, item.attributes);
                    if let Some(start) = start {
                        let path = &item.head[start + 1..end];
                        let mut found = imports::parse(path, &self.names);
                        for import in &mut found {
                            import.is_conditional = is_conditional;
                        }
                        self.modules[module].imports.extend(found);
                    }
                }
                Kind::ExternCrate => {
                    let is_conditional = self.conditions_of_import(module, item.attributes);
                    self.import_crate(module, item.head, is_conditional);
                }
                Kind::Module => self.module(module, &item, folder),
                Kind::Impl | Kind::Trait => self.block(module, &item, folder),
                _ => {
                    self.single(module, &item, folder);
                }
            }
        }
    }

    /// Whether what bears these attributes is not there in this build.
    fn is_left_out(&self, module: usize, attributes: &[Tree]) -> bool {
        let krate = &self.crates[self.modules[module].krate];
        krate.presence.leaves_out(attributes, &self.names)
    }

    /// What an import stands under holds for what it brings. One that features alone
    /// decide on needs no mention: it is there, or it is not. Tells whether there is
    /// anything else.
    fn conditions_of_import(&mut self, module: usize, attributes: &[Tree]) -> bool {
        let krate = &self.crates[self.modules[module].krate];
        if attributes.is_empty() || krate.presence.settles(attributes, &self.names) {
            return false;
        }
        let found = Reader::new(&mut self.names).read(attributes).conditions;
        let is_conditional = !found.is_empty();
        self.modules[module].references.conditions.extend(found);
        is_conditional
    }

    /// `extern crate a as b;` is an import.
    fn import_crate(&mut self, module: usize, head: &[Tree], is_conditional: bool) {
        let idents: Vec<_> = head.iter().filter_map(Tree::ident).collect();
        let position = idents.iter().position(|n| self.names.text(*n) == "crate");
        let Some([name, rest @ ..]) = position.map(|at| &idents[at + 1..]) else {
            return;
        };
        let is_own = self.names.text(*name) == "self";
        let own = self.names.intern("crate");
        let import = Import {
            path: PathRef {
                absolute: !is_own,
                segments: vec![if is_own { own } else { *name }],
            },
            binding: imports::Binding::Name(*rest.last().unwrap_or(name)),
            is_conditional,
        };
        let krate = self.modules[module].krate;
        if self.modules[module].parent.is_none() {
            self.crates[krate].renamed.push(import.clone());
        }
        self.modules[module].imports.push(import);
    }

    /// An impl or trait: its head, and each of its members.
    fn block(&mut self, module: usize, item: &syntax::Item<'_>, folder: &Path) {
        let names = &self.names;
        let head: Vec<Tree> = item.attributes.iter().chain(item.head).cloned().collect();
        let place = &self.modules[module].label;
        let label = item.name.map_or_else(
            || format!("{} in {place}", source(item.head, names)),
            |name| format!("{place}::{}", names.text(name)),
        );
        let of_trait = trait_path(item.head, names);
        let impl_head = self.impl_head(item.head, of_trait.as_ref());
        let owner = self.entry(module, item, &head, label.clone(), None, of_trait);
        self.entries[owner].impl_head = impl_head;
        let is_rewritten =
            self.modules[module].is_rewritten || may_make_items(item.attributes, &self.names);
        for member in syntax::items(item.body.unwrap_or_default(), &self.names) {
            if !is_rewritten && self.is_left_out(module, member.attributes) {
                continue;
            }
            let name = member.name.map_or("_", |name| self.names.text(name));
            let label = format!("{label}::{name}");
            let id = self.entry(module, &member, member.tokens, label, Some(owner), None);
            self.entries[owner].members.push(id);
            self.note_steps(module, Some(owner), member.tokens);
            self.nested_impls(id, member.body.unwrap_or_default());
            self.nested_modules(id, member.tokens, folder);
        }
    }

    fn impl_head(&mut self, head: &[Tree], of_trait: Option<&PathRef>) -> ImplHead {
        let Some(parts) = impl_parts(head, &self.names) else {
            return ImplHead::default();
        };
        let last = of_trait.and_then(|path| path.segments.last());
        let converts =
            last.is_some_and(|last| ["From", "TryFrom"].contains(&self.names.text(*last)));
        let mut arguments = Reader::new(&mut self.names).read(parts.of_trait).paths;
        // The trait itself is no type, and a parameter stands for any.
        arguments.retain(|path| Some(path) != of_trait && !parts.binds(path));
        let mut named = Reader::new(&mut self.names).read(parts.self_type).paths;
        named.retain(|path| !parts.binds(path));
        named.extend(arguments.iter().cloned());
        ImplHead {
            self_type: parts.self_path(&self.names),
            converted: if converts { arguments } else { BTreeSet::new() },
            named,
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
        if matches!(item.kind, Kind::Function | Kind::Value) {
            self.nested_impls(id, item.tokens);
            self.nested_modules(id, item.tokens, folder);
        }
        if may_make_items(item.attributes, &self.names) {
            self.modules[module].generators.push(id);
        }
        if item.kind == Kind::MacroRules {
            let mut found = Vec::new();
            macros_of_items(item.tokens, &self.names, &mut found);
            self.macros_of_rules.insert(id, found);
        }
        if item.kind == Kind::MacroCall {
            self.defined_by_macro(module, id, item.tokens, folder);
            self.included_items(module, id, folder);
        }
    }

    /// Impls inside a function or a constant hold outside of it.
    fn nested_impls(&mut self, inside: usize, tokens: &[Tree]) {
        let word = self.names.intern("impl");
        if !self.entries[inside].references.words.contains(&word) {
            return;
        }
        for head in nested_heads(tokens, word) {
            let of_trait = trait_path(&head, &self.names);
            let mut references = Reader::new(&mut self.names).read(&head);
            references
                .imports
                .clone_from(&self.entries[inside].references.imports);
            let impl_head = self.impl_head(&head, of_trait.as_ref());
            self.nested.push(NestedImpl {
                inside,
                head: references,
                of_trait,
                impl_head,
            });
        }
    }

    /// Modules inside a function or a constant. They know that around it as their
    /// parent; that others do not see them is left aside.
    fn nested_modules(&mut self, inside: usize, tokens: &[Tree], folder: &Path) {
        let word = self.names.intern("mod");
        let Entry {
            module, references, ..
        } = &self.entries[inside];
        if !references.words.contains(&word) {
            return;
        }
        let module = *module;
        let mut found = Vec::new();
        nested_modules(tokens, word, &mut found);
        for tokens in found {
            if let Some(item) = syntax::items(tokens, &self.names).first() {
                self.module(module, item, folder);
            }
        }
    }

    /// `include!` where items stand: the file's items are the module's.
    fn included_items(&mut self, module: usize, id: usize, folder: &Path) {
        let files = self.entries[id].references.files.clone();
        for argument in files.values().filter(|argument| argument.is_rust) {
            let path = self.included(module, argument);
            let text = path.and_then(|path| fs::read_to_string(path).ok());
            if let Some(Ok(trees)) = text.map(|text| self.names.lex(&text)) {
                self.items(module, &trees, folder);
            } else {
                // Made by a build script that ran for another crate, most likely.
                let krate = self.modules[module].krate;
                let text = self.package_files(krate);
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
            impl_head: ImplHead::default(),
        })
    }

    pub(super) fn push(&mut self, entry: Entry) -> usize {
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

    /// A macro's input that looks like items most likely becomes them:
    /// `thread_local!`, `cfg_if!`, `bitflags!`.
    fn defined_by_macro(&mut self, module: usize, id: usize, tokens: &[Tree], folder: &Path) {
        const WORDS: [&str; 10] = [
            "fn", "struct", "enum", "union", "trait", "type", "const", "static", "ref", "mod",
        ];
        let mut defined = HashSet::new();
        let mut modules = Vec::new();
        walk(tokens, &mut |trees| {
            for (at, window) in trees.windows(3).enumerate() {
                let [Tree::Ident(word), Tree::Ident(name), next] = window else {
                    continue;
                };
                let word = self.names.text(*word);
                if WORDS.contains(&word) {
                    defined.insert(self.names.plain(*name));
                }
                if word == "mod" && next.is_punct(';') {
                    modules.push(trees[attributes_before(trees, at)..at + 3].to_vec());
                }
            }
        });
        for name in defined {
            self.modules[module].items.entry(name).or_default().push(id);
        }
        for tokens in modules {
            if let Some(item) = syntax::items(&tokens, &self.names).first() {
                self.module_if_there(module, item, folder);
            }
        }
    }
}
