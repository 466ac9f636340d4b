//! What stands in a module: items, members, imports, and what macros make of it.

use std::{cell::OnceCell, collections::BTreeSet, fs, path::Path};

use crate::{
    imports::{self, Import},
    lexer::NotRust,
    outline::{Outline, Outlined, Part},
    references::{PathRef, Reader, source},
    syntax::{self, Kind},
    tables::Set,
    tree::Tree,
};

use super::{
    Content, Entry, ImplHead, Index, MacroUse,
    heads::{attributes_before, impl_parts, is_module, trait_path, walk},
    pieces::Pieces,
    tame::{may_make_items, tame_macros},
};

impl Index {
    /// Reads the items in a part of a text.
    pub(super) fn items(
        &mut self,
        module: usize,
        part: &Part,
        folder: &Path,
    ) -> Result<(), NotRust> {
        let outline = Outline::of(self.text(part), &self.names)?;
        let is_rewritten = self.modules[module].is_rewritten;
        for outlined in outline.items(&self.names) {
            let item = &outlined.item;
            if !is_rewritten && self.is_left_out(module, item.attributes) {
                continue;
            }
            match item.kind {
                Kind::Use => {
                    let is_conditional = self.conditions_of_import(module, item.attributes);
                    let tokens = self.lex(&part.part(&outlined.bytes))?;
                    self.import(module, &tokens, is_conditional);
                }
                Kind::ExternCrate => {
                    let is_conditional = self.conditions_of_import(module, item.attributes);
                    self.import_crate(module, item, is_conditional);
                }
                Kind::Module => {
                    let body = outlined.body.as_ref().map(|body| part.part(body));
                    self.module(module, item, body, folder);
                }
                Kind::Impl | Kind::Trait => self.block(module, part, &outlined, folder)?,
                _ => self.single(module, part, &outlined, folder)?,
            }
        }
        Ok(())
    }

    /// `use a::{b, c as d};`.
    fn import(&mut self, module: usize, tokens: &[Tree], is_conditional: bool) {
        let is_use =
            |tree: &Tree| matches!(tree, Tree::Ident(name) if self.names.text(*name) == "use");
        // The semicolon is the last token.
        if let Some((_, tokens)) = tokens.split_last()
            && let Some(start) = tokens.iter().position(is_use)
        {
            let mut found = imports::parse(&tokens[start + 1..], &self.names);
            for import in &mut found {
                import.is_conditional = is_conditional;
                import.is_public = syntax::is_public(&tokens[..start], &self.names);
            }
            self.modules[module].imports.extend(found);
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
        let found = Reader::new(&self.names).read(attributes).conditions;
        let is_conditional = !found.is_empty();
        self.modules[module].references.conditions.extend(found);
        is_conditional
    }

    /// `extern crate a as b;` is an import.
    fn import_crate(&mut self, module: usize, item: &syntax::Item<'_>, is_conditional: bool) {
        let idents: Vec<_> = item.head.iter().filter_map(Tree::ident).collect();
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
            is_public: false,
        };
        let krate = self.modules[module].krate;
        if self.modules[module].parent.is_none() {
            let used = MacroUse::of(*name, item.attributes, &self.names);
            self.crates[krate].macro_uses.extend(used);
            self.crates[krate].renamed.push(import.clone());
        }
        self.modules[module].imports.push(import);
    }

    /// An impl or trait: its head, and each of its members.
    fn block(
        &mut self,
        module: usize,
        part: &Part,
        outlined: &Outlined<'_>,
        folder: &Path,
    ) -> Result<(), NotRust> {
        let item = &outlined.item;
        let head_part = part.part(&outlined.head());
        let tokens = self.lex(&head_part)?;
        let head = &tokens[syntax::outer_attributes(&tokens)..];
        let place = &self.modules[module].label;
        let label = item.name.map_or_else(
            || format!("{} in {place}", source(head, &self.names)),
            |name| format!("{place}::{}", self.names.text(name)),
        );
        let of_trait = trait_path(head, &self.names);
        let impl_head = self.impl_head(head, of_trait.as_ref());
        let content = Content::of(&tokens, &self.names, None);
        let owner = self.push(Entry {
            content: OnceCell::from(Box::new(content)),
            of_trait,
            impl_head,
            ..Entry::new(module, item, label.clone(), head_part)
        });
        self.note_head(owner, part, outlined);
        let makes_items = may_make_items(item.attributes, &self.names);
        if makes_items {
            self.modules[module].generators.push(owner);
        }
        self.note_bearer(module, owner, item.attributes);
        let Some(body) = outlined.body.as_ref().map(|body| part.part(body)) else {
            return Ok(());
        };
        let is_rewritten = self.modules[module].is_rewritten || makes_items;
        let outline = Outline::of(self.text(&body), &self.names)?;
        for member in outline.items(&self.names) {
            if !is_rewritten && self.is_left_out(module, member.item.attributes) {
                continue;
            }
            self.member(module, owner, &label, &body, &member);
            self.nested_modules(module, &body, &member, folder);
        }
        Ok(())
    }

    fn member(
        &mut self,
        module: usize,
        owner: usize,
        label: &str,
        block: &Part,
        member: &Outlined<'_>,
    ) {
        let item = &member.item;
        let name = item.name.map_or("_", |name| self.names.text(name));
        let label = format!("{label}::{name}");
        let part = block.part(&member.bytes);
        self.note_steps(module, Some(owner), item.attributes, &part);
        let id = self.push(Entry {
            owner: Some(owner),
            ..Entry::new(module, item, label, part)
        });
        self.entries[owner].members.push(id);
        self.note_exported(id, item.attributes);
        self.note_body(id, block, member);
        let is_value = item.kind == Kind::Value && member.met.impls > 0;
        if is_value || member.met_in_body.impls > 0 {
            // The head of a function may have `impl`s of another kind.
            let body = member.body.as_ref().filter(|_| !is_value);
            self.nested_impls(id, &block.part(body.unwrap_or(&member.bytes)));
        }
    }

    pub(super) fn impl_head(&self, head: &[Tree], of_trait: Option<&PathRef>) -> ImplHead {
        let Some(parts) = impl_parts(head, &self.names) else {
            return ImplHead::default();
        };
        let last = of_trait.and_then(|path| path.segments.last());
        let converts =
            last.is_some_and(|last| ["From", "TryFrom"].contains(&self.names.text(*last)));
        let paths_in = |tokens| {
            let found = Reader::new(&self.names).read(tokens).paths;
            found.into_keys().collect::<BTreeSet<_>>()
        };
        let mut arguments = BTreeSet::new();
        if !is_path(parts.of_trait) {
            arguments = paths_in(parts.of_trait);
            // The trait itself is no type, and a parameter stands for any.
            arguments.retain(|path| Some(path) != of_trait && !parts.binds(path));
        }
        let self_type = parts.self_path(&self.names);
        let mut named: BTreeSet<_> = self_type.iter().cloned().collect();
        if named.is_empty() || !is_path(parts.self_type) {
            named = paths_in(parts.self_type);
            named.retain(|path| !parts.binds(path));
        }
        named.extend(arguments.iter().cloned());
        ImplHead {
            self_type,
            converted: if converts { arguments } else { BTreeSet::new() },
            named,
        }
    }

    fn single(
        &mut self,
        module: usize,
        part: &Part,
        outlined: &Outlined<'_>,
        folder: &Path,
    ) -> Result<(), NotRust> {
        let item = &outlined.item;
        let name = item.name.map_or("_", |name| self.names.text(name));
        let label = format!("{}::{name}", self.modules[module].label);
        let own = part.part(&outlined.bytes);
        let id = self.push(Entry::new(module, item, label, own.clone()));
        self.note_steps(module, None, item.attributes, &own);
        self.note_exported(id, item.attributes);
        if let (Kind::Function, Some(body)) = (item.kind, &outlined.body)
            && outlined.met_in_body.steps > 0
        {
            let tokens = self.lex(&part.part(body))?;
            self.note_inner_steps(module, id, &tokens);
        }
        let is_block = item.kind == Kind::Value && item.name.is_none();
        if is_code(item.kind) {
            if outlined.met.impls > 0 {
                self.nested_impls(id, &own);
            }
            self.nested_modules(module, part, outlined, folder);
            if !is_block {
                self.note_body(id, part, outlined);
            }
        }
        if may_make_items(item.attributes, &self.names) {
            self.modules[module].generators.push(id);
        }
        self.note_bearer(module, id, item.attributes);
        if item.kind == Kind::ForeignBlock {
            self.declared_in_block(module, id, &own)?;
        }
        if item.kind == Kind::MacroRules {
            let tokens = self.lex(&own)?;
            self.pieces.insert(id, Pieces::of(&tokens, &self.names));
        }
        if is_block {
            self.calls_in_a_block(module, id, &own)?;
        }
        if item.kind == Kind::MacroCall {
            let tokens = self.lex(&own)?;
            self.pieces.insert(id, Pieces::of(&tokens, &self.names));
            self.defined_by_macro(module, id, &tokens, folder);
            self.included_items(module, id, folder);
        }
        Ok(())
    }

    /// Notes the macros on an item whose names tell that they make no others.
    fn note_bearer(&mut self, module: usize, id: usize, attributes: &[Tree]) {
        let macros = tame_macros(attributes, &self.names).into_iter();
        let bearers = &mut self.modules[module].bearers;
        bearers.extend(macros.map(|path| (path, id)));
    }

    /// Modules inside a function or a constant. They know that around it as their
    /// parent; that others do not see them is left aside.
    fn nested_modules(
        &mut self,
        module: usize,
        part: &Part,
        outlined: &Outlined<'_>,
        folder: &Path,
    ) {
        if outlined.met.modules > 0 {
            self.modules_within(module, &part.part(&outlined.bytes), folder);
        }
    }

    fn modules_within(&mut self, module: usize, part: &Part, folder: &Path) {
        // What is no Rust says so when its entry is reached.
        let Ok(outline) = Outline::of(self.text(part), &self.names) else {
            return;
        };
        let word = self.names.intern("mod");
        let trees = outline.trees();
        let mut at = 0;
        while at < trees.len() {
            if is_module(&trees[at..], word) {
                let start = attributes_before(trees, at);
                let found = part.part(&outline.bytes(start..at + 3));
                // Text that was read once is read again.
                let _ = self.items(module, &found, folder);
                at += 3;
                continue;
            }
            if let Tree::Group(..) = &trees[at] {
                let inner = outline.bytes(at..at + 1);
                self.modules_within(
                    module,
                    &part.part(&(inner.start + 1..inner.end - 1)),
                    folder,
                );
            }
            at += 1;
        }
    }

    /// `include!` where items stand: the file's items are the module's.
    fn included_items(&mut self, module: usize, id: usize, folder: &Path) {
        let files = self.references(id).files.clone();
        for argument in files.values().filter(|argument| argument.is_rust) {
            let path = self.included(module, argument);
            let text = path.and_then(|path| fs::read_to_string(path).ok());
            let part = text.map(|text| self.add_text(text));
            let is_read = part.is_some_and(|part| self.items(module, &part, folder).is_ok());
            if !is_read {
                // Made by a build script that ran for another crate, most likely.
                let krate = self.modules[module].krate;
                let text = self.package_files(krate);
                self.whole(module, &text);
            }
        }
    }

    /// `const _: () = { .. };`: the impls that macros make in it hold outside.
    fn calls_in_a_block(&mut self, module: usize, id: usize, own: &Part) -> Result<(), NotRust> {
        if !self.references(id).macros.is_empty() {
            let tokens = self.lex(own)?;
            self.pieces.insert(id, Pieces::of(&tokens, &self.names));
            self.modules[module].macro_calls.push(id);
        }
        Ok(())
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
        let mut defined = Set::default();
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

/// Whether items of a kind hold code, if only in the length of an array.
fn is_code(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Function | Kind::Value | Kind::Type | Kind::Alias
    )
}

/// Whether tokens are a path, without arguments: that of most traits and types.
fn is_path(tokens: &[Tree]) -> bool {
    let is_part = |tree: &Tree| tree.ident().is_some() || tree.is_punct(':');
    tokens.iter().all(is_part)
}

impl Entry {
    fn new(module: usize, item: &syntax::Item<'_>, label: String, part: Part) -> Self {
        Self {
            module,
            kind: item.kind,
            is_constructor: item.kind == Kind::Type && item.body.is_none(),
            name: item.name,
            is_public: item.is_public,
            label,
            part,
            content: OnceCell::new(),
            owner: None,
            members: Vec::new(),
            of_trait: None,
            impl_head: ImplHead::default(),
        }
    }
}
