//! What tokens refer to: paths, members, macros, files, variables, conditions.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use proc_macro2::Delimiter;

use crate::{
    imports::{self, Import},
    locals,
    normal::is_restriction,
    tree::{Name, Names, Tree},
};

/// Everything that an item's tokens name.
#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    /// Paths, from their first segment on.
    pub(crate) paths: BTreeSet<PathRef>,
    /// Macros that are called.
    pub(crate) macros: BTreeSet<PathRef>,
    /// What follows a `.`, or a `::` that does not begin a path.
    pub(crate) members: BTreeSet<Name>,
    /// Every identifier.
    pub(crate) words: BTreeSet<Name>,
    /// `use`s inside a body.
    pub(crate) imports: Vec<Import>,
    /// Conditions of `cfg`, as text.
    pub(crate) conditions: BTreeSet<String>,
    /// Variables of `env!` and `option_env!`.
    pub(crate) variables: BTreeSet<String>,
    /// The arguments of `include!`, `include_str!` and `include_bytes!`, and
    /// whether they are Rust.
    pub(crate) files: BTreeMap<String, FileArgument>,
    /// Whether values of types that are not named may come in.
    pub(crate) dynamic: bool,
}

/// The argument of an `include..!`.
#[derive(Clone, Debug)]
pub(crate) struct FileArgument {
    pub(crate) parts: Vec<FilePart>,
    pub(crate) is_rust: bool,
}

impl FileArgument {
    /// The path, if it is known, as named in the file `beside`.
    pub(crate) fn path(&self, beside: &Path) -> Option<PathBuf> {
        let mut path = String::new();
        for part in &self.parts {
            match part {
                FilePart::Text(text) => path.push_str(text),
                FilePart::Variable(name) => path.push_str(&std::env::var(name).ok()?),
                FilePart::Unknown => return None,
            }
        }
        Some(beside.parent().unwrap_or(Path::new("")).join(path))
    }
}

/// A part of a file's path.
#[derive(Clone, Debug)]
pub(crate) enum FilePart {
    Text(String),
    Variable(String),
    /// Anything else: the path is not known.
    Unknown,
}

/// A path as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PathRef {
    /// Whether it begins with `::`.
    pub(crate) absolute: bool,
    pub(crate) segments: Vec<Name>,
}

/// Words that name nothing.
const KEYWORDS: [&str; 41] = [
    "as",
    "async",
    "await",
    "break",
    "const",
    "continue",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "pub",
    "ref",
    "return",
    "static",
    "struct",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "yield",
    "_",
    "default",
    "union",
    "macro_rules",
    "auto",
    "safe",
];

/// Reads references out of tokens.
pub(crate) struct Reader<'a> {
    names: &'a mut Names,
    found: References,
    /// Variables in scope, innermost last. They hide functions of their name.
    variables: Vec<Name>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(names: &'a mut Names) -> Self {
        Self {
            names,
            found: References::default(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn read(mut self, trees: &[Tree]) -> References {
        self.variables = locals::parameters(trees, self.names);
        self.trees(trees, Place::Code);
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
                Tree::Group(_, inner) => {
                    self.trees(inner, place);
                    1
                }
            };
        }
        self.variables.truncate(outer);
    }

    /// Reads from an identifier on; gives the number of tokens read.
    fn ident(&mut self, name: Name, trees: &[Tree], at: usize, place: Place) -> usize {
        self.found.words.insert(name);
        let text = self.names.text(name);
        if text == "use" && place == Place::Code {
            return self.local_use(&trees[at..]);
        }
        if text == "dyn" {
            self.found.dynamic = true;
        }
        if text == "pub" && place == Place::Code {
            let next = trees.get(at + 1);
            return 1 + usize::from(next.is_some_and(|tree| is_restriction(tree, self.names)));
        }
        if KEYWORDS.contains(&text) {
            return 1;
        }
        match position(trees, at, self.names) {
            Before::Quote => 1,
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

    fn path(&mut self, trees: &[Tree], start: usize, absolute: bool, place: Place) -> usize {
        let mut segments = Vec::new();
        let mut at = start;
        while let Some(Tree::Ident(name)) = trees.get(at) {
            self.found.words.insert(*name);
            segments.push(*name);
            at += 1;
            let more = is_colons(&trees[at..]) && trees.get(at + 2).and_then(Tree::ident).is_some();
            if !more {
                break;
            }
            at += 2;
        }
        let length = at - start;
        let path = PathRef { absolute, segments };
        if let Some(group) = macro_input(&trees[at..]) {
            self.macro_call(path, group);
            return length + 2;
        }
        let nothing = self.is_label(trees, at, &path, place)
            || self.is_variable(&path)
            || self.is_receiver(&path);
        if !nothing {
            self.found.members.extend(path.segments.iter().skip(1));
            self.found.paths.insert(path);
        }
        length
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
            Some("env" | "option_env") => {
                if let Some(Tree::Literal(text)) = input.first() {
                    self.found.variables.extend(string(text));
                }
            }
            Some(include @ ("include" | "include_str" | "include_bytes")) => {
                let is_rust = include == "include";
                let parts = self.file_parts(input);
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
                    let condition = arguments.split(|tree| tree.is_punct(',')).next();
                    let condition = self.source(condition.unwrap_or_default());
                    self.found.conditions.insert(condition);
                    self.trees(arguments, Place::Attribute);
                }
                _ => self.trees(inner, Place::Attribute),
            },
            [Tree::Ident(name), ..] if self.names.text(*name) == "doc" => {}
            _ => self.trees(inner, Place::Attribute),
        }
        2 + bang
    }

    fn literal(&mut self, text: &str, place: Place) {
        if place == Place::Code {
            return;
        }
        let Some(text) = string(text) else { return };
        if place == Place::Attribute {
            self.path_in_text(&text);
        }
        // `{name}` in a format string.
        for piece in text.split('{').skip(1) {
            let name: String = piece.chars().take_while(|c| is_word(*c)).collect();
            if !name.is_empty() {
                self.word(&name);
            }
        }
    }

    /// A string such as `"path::to::function"`.
    fn path_in_text(&mut self, text: &str) {
        if let Ok(trees) = self.names.lex(text) {
            self.trees(&trees, Place::MacroInput);
        }
    }

    fn word(&mut self, text: &str) {
        let name = self.names.intern(text);
        self.found.words.insert(name);
        if self.variables.contains(&name) {
            return;
        }
        self.found.paths.insert(PathRef {
            absolute: false,
            segments: vec![name],
        });
    }

    fn local_use(&mut self, trees: &[Tree]) -> usize {
        let end = trees
            .iter()
            .position(|tree| tree.is_punct(';'))
            .unwrap_or(trees.len());
        self.found
            .imports
            .extend(imports::parse(&trees[1..end.max(1)], self.names));
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

/// What stands before an identifier.
enum Before {
    Nothing,
    /// `.`: a field or a method.
    Dot,
    /// `'`: a lifetime.
    Quote,
    /// `::` at the beginning of a path.
    Colons,
    /// `>::`: a member of a type.
    Type,
    /// `fn`: the name of a function.
    Fn,
}

fn position(trees: &[Tree], at: usize, names: &Names) -> Before {
    let before = |back: usize| at.checked_sub(back).and_then(|at| trees.get(at));
    let is = |back: usize, mark| before(back).is_some_and(|tree: &Tree| tree.is_punct(mark));
    if is(1, '\'') {
        Before::Quote
    } else if is(1, '.') && !is(2, '.') {
        Before::Dot
    } else if is(1, ':') && is(2, ':') {
        match before(3) {
            Some(Tree::Punct('>', _) | Tree::Group(..) | Tree::Ident(_)) => Before::Type,
            _ => Before::Colons,
        }
    } else if matches!(before(1), Some(Tree::Ident(name)) if names.text(*name) == "fn") {
        Before::Fn
    } else {
        Before::Nothing
    }
}

/// Tokens as text, in one form.
pub(crate) fn source(trees: &[Tree], names: &Names) -> String {
    let mut text = String::new();
    for tree in trees {
        match tree {
            Tree::Ident(name) => {
                if text.ends_with(is_word) {
                    text.push(' ');
                }
                text.push_str(names.text(*name));
            }
            Tree::Punct(mark, _) => text.push(*mark),
            Tree::Literal(literal) => text.push_str(literal),
            Tree::Group(delimiter, inner) => {
                let (open, close) = match delimiter {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    _ => ('[', ']'),
                };
                text.push(open);
                text.push_str(&source(inner, names));
                text.push(close);
            }
        }
    }
    text
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub(crate) fn is_colons(trees: &[Tree]) -> bool {
    matches!(trees, [a, b, ..] if a.is_punct(':') && b.is_punct(':'))
}

/// The input of a macro call, from the `!` on.
fn macro_input(trees: &[Tree]) -> Option<&[Tree]> {
    match trees {
        [bang, Tree::Group(_, input), ..] if bang.is_punct('!') => Some(input),
        _ => None,
    }
}

/// The content of a string literal.
pub(crate) fn string(literal: &str) -> Option<String> {
    let literal: proc_macro2::Literal = literal.parse().ok()?;
    let text = literal.to_string();
    let raw = text.strip_prefix('r').map(|text| text.trim_matches('#'));
    match raw {
        Some(raw) => Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
        None => Some(unescaped(text.strip_prefix('"')?.strip_suffix('"')?)),
    }
}

/// Paths and format strings seldom have escapes; those that do are read well
/// enough to find names in them.
fn unescaped(text: &str) -> String {
    text.replace("\\\\", "\\").replace("\\\"", "\"")
}
