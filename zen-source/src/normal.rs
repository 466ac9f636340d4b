//! The normal form of tokens: what is hashed.
//!
//! Comments and formatting are no tokens. What cannot change a result is left
//! out: visibility, documentation, lints, hints to the optimiser, and the commas
//! that a formatter adds or removes.

use proc_macro2::Delimiter;

use crate::tree::{Names, Tree};

/// Attributes that do not change what a function returns.
const WITHOUT_EFFECT: [&str; 10] = [
    "doc",
    "allow",
    "expect",
    "warn",
    "deny",
    "forbid",
    "inline",
    "cold",
    "must_use",
    "deprecated",
];

/// Writes tokens in their normal form. Each part has a tag and a length, so that
/// no two lists of parts give one stream.
pub(crate) struct Normal<'a> {
    names: &'a Names,
    bytes: Vec<u8>,
}

/// What becomes of a last comma.
#[derive(Clone, Copy, PartialEq)]
enum Commas {
    Kept,
    Dropped,
    /// In the input of a macro, where a comma may mean anything.
    Opaque,
}

impl<'a> Normal<'a> {
    pub(crate) fn new(names: &'a Names) -> Self {
        Self {
            names,
            bytes: Vec::with_capacity(1024),
        }
    }

    pub(crate) fn part(&mut self, tag: u8, text: &str) {
        self.bytes.push(tag);
        self.bytes
            .extend_from_slice(&(text.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn tokens(&mut self, trees: &[Tree]) {
        self.stream(trees, Commas::Kept);
    }

    pub(crate) fn hash(self) -> [u8; 32] {
        *blake3::hash(&self.bytes).as_bytes()
    }

    fn stream(&mut self, trees: &[Tree], commas: Commas) {
        let end = match (commas, trees.last()) {
            (Commas::Dropped, Some(last)) if last.is_punct(',') => trees.len() - 1,
            _ => trees.len(),
        };
        let trees = &trees[..end];
        let mut position = 0;
        while let Some(tree) = trees.get(position) {
            let skipped = match commas {
                Commas::Opaque => 0,
                _ => without_effect(&trees[position..], self.names),
            };
            if skipped == 0 {
                self.tree(trees, position, tree, commas);
            }
            position += skipped.max(1);
        }
    }

    fn tree(&mut self, trees: &[Tree], position: usize, tree: &Tree, commas: Commas) {
        match tree {
            Tree::Ident(name) => {
                let names = self.names;
                self.part(b'I', names.text(*name));
            }
            Tree::Literal(literal) => self.part(b'L', literal),
            Tree::Punct(mark, joint) => {
                let next = trees.get(position + 1);
                let joint = *joint && matches!(next, Some(Tree::Punct(..)));
                let tag = if joint { b'J' } else { b'P' };
                self.part(tag, mark.encode_utf8(&mut [0; 4]));
            }
            Tree::Group(delimiter, inner) => {
                let before = &trees[..position];
                self.group(*delimiter, inner, before, commas);
            }
        }
    }

    fn group(&mut self, delimiter: Delimiter, inner: &[Tree], before: &[Tree], outer: Commas) {
        let commas = if outer == Commas::Opaque || is_macro_input(before) {
            Commas::Opaque
        } else if may_drop_comma(delimiter, inner, before, self.names) {
            Commas::Dropped
        } else {
            Commas::Kept
        };
        let (open, close) = match delimiter {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            _ => ("[", "]"),
        };
        self.part(b'G', open);
        self.stream(inner, commas);
        self.part(b'G', close);
    }
}

/// How many of the next tokens change nothing: those of an attribute or of a
/// visibility.
fn without_effect(trees: &[Tree], names: &Names) -> usize {
    match trees {
        [hash, rest @ ..] if hash.is_punct('#') => {
            let bang = usize::from(rest.first().is_some_and(|tree| tree.is_punct('!')));
            let attribute = rest.get(bang).and_then(|t| t.group(Delimiter::Bracket));
            let name = attribute.and_then(|inner| inner.first()?.ident());
            let is_path =
                attribute.is_some_and(|inner| inner.get(1).is_some_and(|t| t.is_punct(':')));
            let listed = name.is_some_and(|name| WITHOUT_EFFECT.contains(&names.text(name)));
            if listed && !is_path { 2 + bang } else { 0 }
        }
        [Tree::Ident(name), rest @ ..] if names.text(*name) == "pub" => match rest.first() {
            Some(tree) if is_restriction(tree, names) => 2,
            _ => 1,
        },
        _ => 0,
    }
}

/// The `(crate)` of a visibility, not the type of a tuple struct's field.
pub(crate) fn is_restriction(tree: &Tree, names: &Names) -> bool {
    let inner = tree.group(Delimiter::Parenthesis).unwrap_or_default();
    match inner {
        [Tree::Ident(only)] => matches!(names.text(*only), "crate" | "self" | "super"),
        [Tree::Ident(first), ..] => names.text(*first) == "in",
        _ => false,
    }
}

/// Whether a group is the input of a macro: `name ! group`, or the rules of one:
/// `macro_rules ! name group`.
fn is_macro_input(before: &[Tree]) -> bool {
    match before {
        [.., Tree::Ident(_), bang] | [.., Tree::Ident(_), bang, Tree::Ident(_)] => {
            bang.is_punct('!')
        }
        _ => false,
    }
}

/// Whether a last comma in the group means nothing. In `(a,)` it makes a tuple;
/// not so beside another comma, or where the group is the arguments of a call.
fn may_drop_comma(delimiter: Delimiter, inner: &[Tree], before: &[Tree], names: &Names) -> bool {
    let inner_comma = inner.iter().rev().skip(1).any(|tree| tree.is_punct(','));
    delimiter != Delimiter::Parenthesis || inner_comma || is_call(before, names)
}

/// Whether parentheses after these tokens hold arguments or parameters.
fn is_call(before: &[Tree], names: &Names) -> bool {
    let Some((last, earlier)) = before.split_last() else {
        return false;
    };
    match (last, earlier.last()) {
        (Tree::Ident(name), _) => !is_keyword(names.text(*name)),
        (Tree::Punct(mark, _), _) => *mark == '?',
        (Tree::Group(Delimiter::Bracket, _), Some(Tree::Punct(mark, _))) => !"#!".contains(*mark),
        (Tree::Group(Delimiter::Parenthesis, _), Some(Tree::Ident(name))) => {
            names.text(*name) != "pub"
        }
        (Tree::Group(Delimiter::Bracket | Delimiter::Parenthesis, _), _) => true,
        _ => false,
    }
}

/// Words after which parentheses hold a value.
fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 25] = [
        "as", "async", "await", "become", "box", "break", "const", "do", "dyn", "else", "for",
        "if", "impl", "in", "let", "loop", "match", "move", "mut", "pub", "ref", "return",
        "unsafe", "while", "yield",
    ];
    WORDS.contains(&word)
}
