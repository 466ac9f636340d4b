//! From text to tokens, as the compiler has them.
//!
//! A macro runs unoptimised in the dev builds of its users, where each call costs
//! more than the byte that it looks at, and most of a crate is reached by none of its
//! steps. Hence loops over bytes and a table of what they are, and a way to pass over
//! a block without making anything of it.
//!
//! What is no Rust may pass as well: the compiler will tell of it.

// `usize::from` is a call.
#![allow(clippy::cast_lossless)]

mod literals;

use std::ops::Sub;

use proc_macro2::Delimiter;
use unicode_ident::{is_xid_continue, is_xid_start};

use crate::tree::{Names, Tree};

/// A text is no Rust, as far as this lexer can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotRust;

/// How often words have been met that tell of items inside of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    pub(crate) impls: u32,
    pub(crate) steps: u32,
    pub(crate) modules: u32,
    pub(crate) uses: u32,
    /// Marks that may be those of macro calls.
    pub(crate) calls: u32,
}

impl Sub for Met {
    type Output = Self;

    /// What has been met since then.
    fn sub(self, before: Self) -> Self {
        Self {
            impls: self.impls - before.impls,
            steps: self.steps - before.steps,
            modules: self.modules - before.modules,
            uses: self.uses - before.uses,
            calls: self.calls - before.calls,
        }
    }
}

/// A comment that is documentation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doc<'t> {
    text: &'t str,
    /// Whether it belongs to what it stands in: `//!`.
    pub(crate) is_inner: bool,
}

/// Reads tokens out of a text, from a position on.
#[derive(Debug)]
pub(crate) struct Lexer<'t> {
    names: &'t Names,
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    met: Met,
    /// Where each `!` stands that a group or a blank follows.
    calls: Vec<usize>,
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(names: &'t Names, text: &'t str) -> Self {
        Self {
            names,
            text,
            bytes: text.as_bytes(),
            at: 0,
            met: Met::default(),
            calls: Vec::new(),
        }
    }

    /// All tokens.
    pub(crate) fn trees(mut self) -> Result<Vec<Tree>, NotRust> {
        self.list(None)
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn met(&self) -> Met {
        self.met
    }

    /// Where the marks of macro calls may stand that were met.
    pub(crate) fn into_calls(self) -> Vec<usize> {
        self.calls
    }

    /// The next byte that is neither blank nor in a comment. Documentation is given
    /// to `note`.
    pub(crate) fn peek(
        &mut self,
        note: &mut dyn FnMut(usize, Doc<'t>),
    ) -> Result<Option<u8>, NotRust> {
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            let class = CLASS[byte as usize];
            if class == BLANK {
                self.at += 1;
            } else if class == SLASH && self.is_comment() {
                let start = self.at;
                if let Some(doc) = self.comment()? {
                    note(start, doc);
                }
            } else if class == WIDE && self.is_wide_blank() {
                self.at += self.wide().map_or(1, char::len_utf8);
            } else {
                return Ok(Some(byte));
            }
        }
        Ok(None)
    }

    /// The token that begins here with `byte`, or the group.
    pub(crate) fn tree(&mut self, byte: u8) -> Result<Tree, NotRust> {
        let start = self.at;
        match CLASS[byte as usize] {
            WORD => self.word(),
            MARK | BANG | SLASH => Ok(self.mark(byte)),
            OPEN | OPEN_BRACE => self.group(byte),
            DIGIT => {
                self.pass_number();
                Ok(self.literal(start))
            }
            QUOTE => {
                self.pass_string()?;
                Ok(self.literal(start))
            }
            TICK => self.tick(),
            WIDE if self.wide().is_some_and(is_xid_start) => self.word(),
            _ => Err(NotRust),
        }
    }

    /// Passes over a group in braces.
    pub(crate) fn pass_block(&mut self) -> Result<(), NotRust> {
        let mut depth = 0_u32;
        let bytes = self.bytes;
        while self.at < bytes.len() {
            let mut at = self.at;
            while at < bytes.len() && CLASS[bytes[at] as usize] <= CLOSE {
                at += 1;
            }
            self.at = at;
            if at == bytes.len() {
                break;
            }
            let class = CLASS[bytes[at] as usize];
            let start = self.at;
            match class {
                WORD => {
                    self.pass_word();
                    let length = self.at - start;
                    if matches!(length, 3 | 4) {
                        self.count(start);
                    } else if length <= 2 {
                        self.pass_prefixed(start)?;
                    }
                }
                DIGIT => self.pass_word(),
                BANG => {
                    self.note_call();
                    self.at += 1;
                }
                QUOTE => self.pass_string()?,
                TICK if self.pass_character()? => {}
                SLASH if self.is_comment() => {
                    self.comment()?;
                }
                OPEN_BRACE => {
                    depth += 1;
                    self.at += 1;
                }
                CLOSE_BRACE => {
                    self.at += 1;
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                WIDE if self.wide().is_some_and(is_xid_start) => self.pass_word(),
                WIDE => self.at += self.wide().map_or(1, char::len_utf8),
                TICK | SLASH => self.at += 1,
                _ => return Err(NotRust),
            }
        }
        Err(NotRust)
    }

    /// The tokens up to the end of a group, or of the text.
    fn list(&mut self, close: Option<u8>) -> Result<Vec<Tree>, NotRust> {
        let mut trees = Vec::new();
        loop {
            let names = self.names;
            let next = self.peek(&mut |_, doc| doc.append(names, &mut trees))?;
            if next == close {
                self.at += 1;
                return Ok(trees);
            }
            let byte = next.ok_or(NotRust)?;
            trees.push(self.tree(byte)?);
        }
    }

    fn group(&mut self, open: u8) -> Result<Tree, NotRust> {
        let (delimiter, close) = match open {
            b'(' => (Delimiter::Parenthesis, b')'),
            b'[' => (Delimiter::Bracket, b']'),
            _ => (Delimiter::Brace, b'}'),
        };
        self.at += 1;
        Ok(Tree::Group(delimiter, self.list(Some(close))?))
    }

    /// A mark is joined to one that follows at once.
    fn mark(&mut self, byte: u8) -> Tree {
        if byte == b'!' {
            self.note_call();
        }
        self.at += 1;
        let joint = self.at < self.bytes.len()
            && match CLASS[self.bytes[self.at] as usize] {
                MARK | BANG | TICK => true,
                SLASH => !self.is_comment(),
                _ => false,
            };
        Tree::Punct(byte as char, joint)
    }

    fn word(&mut self) -> Result<Tree, NotRust> {
        let start = self.at;
        self.pass_word();
        let length = self.at - start;
        if matches!(length, 3 | 4) {
            self.count(start);
        } else if length <= 2 && self.pass_prefixed(start)? {
            return Ok(self.literal(start));
        }
        if length == 1 && self.byte(0) == b'#' && &self.text[start..self.at] == "r" {
            self.at += 1;
            self.pass_word();
            if self.at == start + 2 {
                return Err(NotRust);
            }
        }
        Ok(Tree::Ident(self.names.intern(&self.text[start..self.at])))
    }

    /// A character, or the mark in front of a lifetime's name.
    fn tick(&mut self) -> Result<Tree, NotRust> {
        let start = self.at;
        if self.pass_character()? {
            return Ok(self.literal(start));
        }
        self.at += 1;
        match CLASS[self.byte(0) as usize] {
            WORD | WIDE => Ok(Tree::Punct('\'', true)),
            _ => Err(NotRust),
        }
    }

    fn literal(&self, start: usize) -> Tree {
        Tree::Literal(self.text[start..self.at].into())
    }

    /// Passes over letters and digits.
    fn pass_word(&mut self) {
        // Most of a crate's bytes are looked at here.
        let bytes = self.bytes;
        let mut at = self.at;
        while at < bytes.len() {
            let class = CLASS[bytes[at] as usize];
            if class < DIGIT {
                break;
            }
            if class == WIDE {
                let rest = &self.text[at..];
                let length = rest.find(|c| !is_xid_continue(c));
                at += length.unwrap_or(rest.len());
                break;
            }
            at += 1;
        }
        self.at = at;
    }

    /// Notes the `!` that stands here, if it may be that of a macro call.
    fn note_call(&mut self) {
        if matches!(
            CLASS[self.byte(1) as usize],
            BLANK | OPEN | OPEN_BRACE | SLASH
        ) {
            self.met.calls += 1;
            self.calls.push(self.at);
        }
    }

    /// Counts a word of three or four letters.
    fn count(&mut self, start: usize) {
        match &self.bytes[start..self.at] {
            b"impl" => self.met.impls += 1,
            b"step" => self.met.steps += 1,
            b"mod" => self.met.modules += 1,
            b"use" => self.met.uses += 1,
            _ => {}
        }
    }

    /// The byte that far on; zero behind the end.
    fn byte(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.bytes.len() {
            self.bytes[at]
        } else {
            0
        }
    }

    fn wide(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn is_wide_blank(&self) -> bool {
        // Marks of direction count as blanks.
        let is_blank = |c: char| c.is_whitespace() || c == '\u{200e}' || c == '\u{200f}';
        self.wide().is_some_and(is_blank)
    }

    fn is_comment(&self) -> bool {
        matches!(self.byte(1), b'/' | b'*')
    }

    /// Passes over a comment.
    fn comment(&mut self) -> Result<Option<Doc<'t>>, NotRust> {
        let start = self.at;
        let is_block = self.byte(1) == b'*';
        if is_block {
            self.pass_block_comment()?;
        } else {
            self.pass_line();
        }
        let comment = &self.bytes[start..self.at];
        let (first, second) = match comment {
            [_, _, first, second, ..] => (*first, *second),
            [_, _, first] => (*first, 0),
            _ => return Ok(None),
        };
        let is_inner = first == b'!';
        let is_outer = match (is_block, first) {
            (false, b'/') => second != b'/',
            // `/**/` is empty.
            (true, b'*') => second != b'*' && comment.len() > 4,
            _ => false,
        };
        let end = if is_block { self.at - 2 } else { self.at };
        Ok((is_inner || is_outer).then(|| Doc {
            text: &self.text[start + 3..end],
            is_inner,
        }))
    }

    fn pass_line(&mut self) {
        let bytes = self.bytes;
        let mut at = self.at;
        while at < bytes.len() && bytes[at] != b'\n' {
            at += 1;
        }
        self.at = at;
    }

    /// Comments nest.
    fn pass_block_comment(&mut self) -> Result<(), NotRust> {
        let mut depth = 0_u32;
        while self.at < self.bytes.len() {
            match (self.bytes[self.at], self.byte(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 1;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(NotRust)
    }
}

impl Doc<'_> {
    /// As the attribute that the compiler makes of it.
    fn append(self, names: &Names, trees: &mut Vec<Tree>) {
        trees.push(Tree::Punct('#', false));
        if self.is_inner {
            trees.push(Tree::Punct('!', false));
        }
        let inner = vec![
            Tree::Ident(names.intern("doc")),
            Tree::Punct('=', false),
            Tree::Literal(literals::quoted(self.text).into()),
        ];
        trees.push(Tree::Group(Delimiter::Bracket, inner));
    }
}

/// What a byte may begin. Those that can be passed over in a block come first,
/// those of words last.
const BLANK: u8 = 0;
const MARK: u8 = 1;
const OPEN: u8 = 2;
const CLOSE: u8 = 3;
const OPEN_BRACE: u8 = 4;
const CLOSE_BRACE: u8 = 5;
const BANG: u8 = 6;
const SLASH: u8 = 7;
const QUOTE: u8 = 8;
const TICK: u8 = 9;
const NOTHING: u8 = 10;
const DIGIT: u8 = 11;
const WORD: u8 = 12;
/// A character that is not ASCII.
const WIDE: u8 = 13;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [NOTHING; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)]
        let of = byte as u8;
        classes[byte] = match of {
            b' ' | 0x09..=0x0d => BLANK,
            b'(' | b'[' => OPEN,
            b')' | b']' => CLOSE,
            b'{' => OPEN_BRACE,
            b'}' => CLOSE_BRACE,
            b'!' => BANG,
            b'/' => SLASH,
            b'"' => QUOTE,
            b'\'' => TICK,
            b'0'..=b'9' => DIGIT,
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => WORD,
            b'~' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'-' | b'=' | b'+' | b'|'
            | b';' | b':' | b',' | b'<' | b'.' | b'>' | b'?' => MARK,
            0x80.. => WIDE,
            _ => NOTHING,
        };
        byte += 1;
    }
    classes
}

#[cfg(test)]
mod tests;
