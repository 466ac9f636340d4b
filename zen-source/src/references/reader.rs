//! From tokens to what they refer to.

use std::ops::Range;

use proc_macro2::Delimiter;

use crate::{
    imports::{self, Import},
    locals,
    normal::is_restriction,
    spaces::Spaces,
    tree::{Name, Names, Tree},
};

use super::{
    FileArgument, FilePart, PathRef, References,
    around::{Before, bounds_length, is_call, is_root, macro_input, position, spaces_around},
    generics::{self, Types},
    text::{code_in, is_colons, is_word, source, string},
};

/// Reads references out of tokens.
pub(crate) struct Reader<'a> {
    names: &'a Names,
    found: References,
    /// Whether the tokens are those of `macro_rules!`.
    in_rules: bool,
    /// Whether type parameters hide what has their names.
    hides: bool,
    /// Which names surely stand for types where it reads.
    types: Types,
    /// All of the item.
    item: &'a [Tree],
    /// Variables in scope, innermost last. They hide functions of their name.
    variables: Vec<Name>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(names: &'a Names) -> Self {
        Self {
            names,
            found: References::default(),
            in_rules: false,
            hides: false,
            types: Types::default(),
            item: &[],
            variables: Vec::new(),
        }
    }

    /// Reads a member of what has type parameters.
    pub(crate) fn inside(mut self, owner: &References) -> Self {
        self.found.parameters.clone_from(&owner.parameters);
        self
    }

    pub(crate) fn read(mut self, trees: &'a [Tree]) -> References {
        self.variables = locals::parameters(trees, self.names);
        let mut words = trees.iter().filter_map(Tree::ident);
        self.in_rules = words.any(|n| matches!(self.names.text(n), "macro_rules" | "macro"));
        let own = generics::type_parameters(trees, self.names);
        self.found.parameters.extend(own);
        self.hides = !self.in_rules && !generics::imports_any(trees, self.names);
        self.types = Types::of_item(trees, self.names);
        self.item = trees;
        self.trees(trees, Place::Code);
        self.members_of_aliases();
        self.found
    }

    fn trees(&mut self, trees: &[Tree], place: Place) {
        let outer = self.variables.len();
        let mut bound = None;
        let mut at = 0;
        while at < trees.len() {
            if place == Place::Code {
                // A variable is in scope once its `let` has ended.
                match locals::bound_by_let(trees, at, self.names) {
                    Some((name, length)) => {
                        bound = Some(name);
                        at += length;
                        continue;
                    }
                    None if trees[at].is_punct(';') => self.variables.extend(bound.take()),
                    None => {}
                }
            }
            at += match &trees[at] {
                Tree::Ident(name) => self.ident(*name, trees, at, place),
                Tree::Punct('#', _) => self.attribute(&trees[at..]),
                Tree::Punct(..) => 1,
                Tree::Literal(text) => {
                    self.literal(text, place);
                    1
                }
                Tree::Group(delimiter, inner) => {
                    let outer = self.types;
                    self.types = outer.inside(*delimiter, self.item, self.names);
                    self.trees(inner, place);
                    self.types = outer;
                    1
                }
            };
        }
        self.variables.truncate(outer);
    }

    /// Reads from an identifier on; gives the number of tokens read.
    fn ident(&mut self, name: Name, trees: &[Tree], at: usize, place: Place) -> usize {
        let name = self.names.plain(name);
        self.found.words.insert(name);
        if place == Place::MacroInput && !is_root(&trees[at..], self.names) {
            self.found.inputs.insert(name);
        }
        if self.names.is_keyword(name) {
            return self.keyword(name, &trees[at..], place);
        }
        match position(trees, at, self.names) {
            Before::Quote => 1,
            // A field is no method; what a macro makes of it is not known.
            Before::Dot if place == Place::Code && !is_call(&trees[at + 1..]) => 1,
            Before::Dot | Before::Type => {
                self.found.members.insert(name);
                1
            }
            Before::Fn if place == Place::Code => 1,
            before => {
                let absolute = matches!(before, Before::Colons);
                self.path(trees, at, absolute, place)
            }
        }
    }

    /// Reads from a word of the language on; gives the number of tokens read.
    fn keyword(&mut self, word: Name, trees: &[Tree], place: Place) -> usize {
        match (self.names.text(word), &trees[1..]) {
            ("use", [next, ..]) if next.is_punct('<') => 1,
            ("use", _) => {
                let length = self.local_use(trees, self.in_rules || place != Place::Code);
                // A macro may make anything else of it.
                if place == Place::Code { length } else { 1 }
            }
            // A module in a block is known as one, with all that is in it; one in the
            // rules of a macro is made by its calls.
            ("mod", [Tree::Ident(_), Tree::Group(Delimiter::Brace, _), ..])
                if place == Place::Code && !self.in_rules =>
            {
                3
            }
            ("type", [Tree::Ident(name), ..]) => {
                self.found.aliases.insert(self.names.plain(*name));
                1
            }
            ("dyn", bounds) => {
                self.object(bounds, place);
                1
            }
            ("pub", [next, ..]) if place == Place::Code => {
                1 + usize::from(is_restriction(next, self.names))
            }
            _ => 1,
        }
    }

    /// What an alias in a body has may be anything's.
    fn members_of_aliases(&mut self) {
        let found = &mut self.found;
        if found.aliases.is_empty() {
            return;
        }
        found.members.extend(&found.of_parameters);
        for path in found.paths.keys() {
            if let [first, rest @ ..] = path.segments.as_slice()
                && found.aliases.contains(first)
            {
                found.members.extend(rest);
            }
        }
    }

    /// What stands behind a `dyn`: the bounds of an object.
    fn object(&mut self, bounds: &[Tree], place: Place) {
        let length = bounds_length(bounds);
        let (bounds, rest) = bounds.split_at(length);
        // Of what a macro is given, it may put together anything.
        self.found.dynamic_of_given |= place != Place::Code
            || bounds.is_empty()
            || rest.first().is_some_and(|tree| tree.is_punct('$'));
        let bounds = Reader::new(self.names).read(bounds);
        self.found.dynamic.extend(bounds.paths.into_keys());
    }

    fn path(&mut self, trees: &[Tree], start: usize, absolute: bool, place: Place) -> usize {
        let mut segments = Vec::new();
        let mut at = start;
        while let Some(Tree::Ident(name)) = trees.get(at) {
            let name = self.names.plain(*name);
            self.found.words.insert(name);
            if place == Place::MacroInput && !is_root(&trees[at..], self.names) {
                self.found.inputs.insert(name);
            }
            segments.push(name);
            at += 1;
            let more = is_colons(&trees[at..]) && trees.get(at + 2).and_then(Tree::ident).is_some();
            if !more {
                break;
            }
            at += 2;
        }
        let length = at - start;
        if let [.., class, method] = segments.as_slice()
            && (self.names.text(*class), self.names.text(*method)) == ("Location", "caller")
        {
            self.found.counts_lines = true;
        }
        let path = PathRef { absolute, segments };
        if place == Place::Code && self.is_parameter(&path, trees, start) {
            self.found.of_parameters.extend(&path.segments[1..]);
            return length;
        }
        if let Some(group) = macro_input(&trees[at..]) {
            if start > 0 && trees[start - 1].is_punct('$') && length == 1 {
                self.found.given_macros.insert(path.segments[0]);
                self.trees(group, Place::MacroInput);
            } else {
                self.macro_call(path, group);
            }
            return length + 2;
        }
        let nothing = self.is_label(trees, at, &path, place)
            || self.is_variable(&path)
            || self.is_receiver(&path);
        if !nothing {
            if place == Place::Attribute || place == Place::MacroInput && path.segments.len() > 1 {
                self.found.given.insert(path.clone());
            }
            // `$name::member`: the name stands for something else.
            if start > 0 && trees[start - 1].is_punct('$') {
                let members = path.segments.iter().skip(1);
                self.found.members.extend(members);
            }
            if self.in_rules || place == Place::MacroInput {
                for path in self.without_super(&path) {
                    self.found.mean(path, Spaces::ALL);
                }
            }
            let spaces = self.spaces(trees, start..at, place);
            self.found.mean(path, spaces);
        }
        length
    }

    /// Whether a path is `T` or `T::name`, where `T` is a type parameter.
    fn is_parameter(&self, path: &PathRef, trees: &[Tree], start: usize) -> bool {
        self.hides
            && !path.absolute
            && self.found.parameters.contains(&path.segments[0])
            && (path.segments.len() > 1 || self.types.has(trees, start))
    }

    /// A macro may make a module around `super::name`, which then stands where the call
    /// does.
    fn without_super(&self, path: &PathRef) -> Vec<PathRef> {
        let mut paths = Vec::new();
        let mut rest = path.segments.as_slice();
        while let [first, more @ ..] = rest
            && self.names.text(*first) == "super"
            && !more.is_empty()
        {
            rest = more;
            paths.push(PathRef {
                absolute: false,
                segments: rest.to_vec(),
            });
        }
        paths
    }

    /// The namespaces in which a path at a place may be meant.
    fn spaces(&self, trees: &[Tree], path: Range<usize>, place: Place) -> Spaces {
        if let [.., Tree::Ident(word), bang] = &trees[..path.start]
            && bang.is_punct('!')
            && self.names.text(*word) == "macro_rules"
        {
            return Spaces::MACROS;
        }
        if place != Place::Code || self.in_rules {
            return Spaces::ALL;
        }
        if self.types.has(trees, path.start) {
            return Spaces::TYPES;
        }
        spaces_around(trees, path, self.names)
    }

    /// `self` alone is a value, not a module.
    fn is_receiver(&self, path: &PathRef) -> bool {
        matches!(path.segments.as_slice(), [only]
            if matches!(self.names.text(*only), "self" | "super" | "crate" | "Self"))
    }

    /// Whether a path is a variable in scope.
    fn is_variable(&self, path: &PathRef) -> bool {
        let [only] = path.segments.as_slice() else {
            return false;
        };
        !path.absolute && self.variables.contains(only)
    }

    /// `name: ..` gives a field, a variable or a parameter its type or value;
    /// the name itself refers to nothing.
    fn is_label(&self, trees: &[Tree], after: usize, path: &PathRef, place: Place) -> bool {
        let [only] = path.segments.as_slice() else {
            return false;
        };
        let colon = trees.get(after).is_some_and(|tree| tree.is_punct(':'));
        let lower = self
            .names
            .text(*only)
            .starts_with(|c: char| c.is_lowercase() || c == '_');
        place == Place::Code && colon && !is_colons(&trees[after..]) && lower
    }

    fn macro_call(&mut self, path: PathRef, input: &[Tree]) {
        let last = path.segments.last().map(|last| self.names.text(*last));
        match last {
            Some("cfg") => {
                self.found.conditions.insert(self.source(input));
            }
            Some("line" | "column" | "file") => self.found.counts_lines = true,
            Some("env" | "option_env") => match input.first() {
                Some(Tree::Literal(text)) => self.found.variables.extend(string(text)),
                _ => self.found.takes_texts = true,
            },
            Some(include @ ("include" | "include_str" | "include_bytes")) => {
                let is_rust = include == "include";
                let parts = self.file_parts(input);
                let is_known = |part: &FilePart| !matches!(part, FilePart::Unknown);
                self.found.takes_texts |= !parts.iter().all(is_known);
                let label = self.source(input);
                self.found
                    .files
                    .insert(label, FileArgument { parts, is_rust });
            }
            _ => {}
        }
        self.found.macros.insert(path);
        self.trees(input, Place::MacroInput);
    }

    /// A path out of literals, `concat!` and `env!`.
    fn file_parts(&self, input: &[Tree]) -> Vec<FilePart> {
        let mut parts = Vec::new();
        for part in input.split(|tree| tree.is_punct(',')) {
            match part {
                [] => {}
                [Tree::Literal(text)] => {
                    parts.push(string(text).map_or(FilePart::Unknown, FilePart::Text));
                }
                [Tree::Ident(name), bang, Tree::Group(_, inner)] if bang.is_punct('!') => {
                    match (self.names.text(*name), inner.first()) {
                        ("concat", _) => parts.extend(self.file_parts(inner)),
                        ("env", Some(Tree::Literal(text))) => {
                            parts.push(string(text).map_or(FilePart::Unknown, FilePart::Variable));
                        }
                        _ => parts.push(FilePart::Unknown),
                    }
                }
                _ => parts.push(FilePart::Unknown),
            }
        }
        parts
    }

    /// `#[..]`: conditions, and paths in strings, as serde has them.
    fn attribute(&mut self, trees: &[Tree]) -> usize {
        let bang = usize::from(trees.get(1).is_some_and(|tree| tree.is_punct('!')));
        let Some(inner) = trees
            .get(1 + bang)
            .and_then(|t| t.group(Delimiter::Bracket))
        else {
            return 1;
        };
        match inner {
            [Tree::Ident(name), Tree::Group(_, arguments)] => match self.names.text(*name) {
                "cfg" => {
                    self.found.conditions.insert(self.source(arguments));
                }
                "cfg_attr" => {
                    let end = arguments.iter().position(|tree| tree.is_punct(','));
                    let (condition, attributes) =
                        arguments.split_at(end.unwrap_or(arguments.len()));
                    self.found.conditions.insert(self.source(condition));
                    // A feature's name is no path.
                    self.trees(attributes, Place::Attribute);
                }
                "error" => self.message(arguments),
                _ => self.trees(inner, Place::Attribute),
            },
            [Tree::Ident(name), ..] if self.names.text(*name) == "doc" => {}
            _ => self.trees(inner, Place::Attribute),
        }
        2 + bang
    }

    /// `#[error("..", ..)]`: what a type says as an error. The words of a message are no
    /// paths, and what follows it is code; in braces stand fields, or names as in any
    /// format string.
    fn message(&mut self, arguments: &[Tree]) {
        match arguments {
            [Tree::Literal(text), rest @ ..] if text.contains(' ') && !text.contains("::") => {
                self.literal(text, Place::MacroInput);
                self.trees(rest, Place::Code);
            }
            _ => self.trees(arguments, Place::Attribute),
        }
    }

    fn literal(&mut self, text: &str, place: Place) {
        if place == Place::Code {
            return;
        }
        let Some(text) = string(text) else { return };
        if place == Place::Attribute {
            self.path_in_text(&text);
        }
        // `{name}` and `{name:width$}` in a format string.
        for piece in text.split('{').skip(1) {
            let inside = piece.split('}').next().unwrap_or_default();
            for name in inside.split(|c| !is_word(c)) {
                if name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
                    self.word(name);
                }
            }
        }
        self.found.texts.insert(text);
    }

    /// A string such as `"path::to::function"`. One that is no path as a whole is code
    /// or a message, which nobody goes on from.
    fn path_in_text(&mut self, text: &str) {
        let is_path = text.chars().all(|c| is_word(c) || c == ':');
        let place = if is_path {
            Place::Attribute
        } else {
            Place::Code
        };
        if let Ok(trees) = self.names.lex(&code_in(text)) {
            self.trees(&trees, place);
        }
    }

    fn word(&mut self, text: &str) {
        let name = self.names.intern(text);
        self.found.words.insert(name);
        if self.variables.contains(&name) {
            return;
        }
        self.found.mean(PathRef::of(name), Spaces::ALL);
    }

    fn local_use(&mut self, trees: &[Tree], in_macro: bool) -> usize {
        let end = trees
            .iter()
            .position(|tree| tree.is_punct(';'))
            .unwrap_or(trees.len());
        let found = imports::parse(&trees[1..end.max(1)], self.names);
        if in_macro {
            for import in &found {
                let below = self.without_super(&import.path).into_iter();
                let below = below.map(|path| Import {
                    path,
                    ..import.clone()
                });
                self.found.imports.extend(below);
            }
        }
        self.found.imports.extend(found);
        end.max(1)
    }

    /// Tokens as text, for conditions and labels.
    fn source(&self, trees: &[Tree]) -> String {
        source(trees, self.names)
    }
}

/// Where tokens stand.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Code,
    MacroInput,
    Attribute,
}
