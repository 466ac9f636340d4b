//! The items of a text, without what is in their blocks.
//!
//! Of an item that no step reaches, nothing else is looked at: its tokens are read
//! from its part of the text when they are asked for.

use std::ops::Range;

use proc_macro2::Delimiter;

use crate::{
    lexer::{Lexer, Met, NotRust},
    syntax::{self, Item},
    tree::{Names, Tree},
};

/// A part of a file's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The file, by its number.
    pub(crate) file: usize,
    pub(crate) bytes: Range<usize>,
}

impl Part {
    /// A part of this one, by its place in it.
    pub(crate) fn part(&self, bytes: &Range<usize>) -> Self {
        let start = self.bytes.start;
        Self {
            file: self.file,
            bytes: start + bytes.start..start + bytes.end,
        }
    }
}

/// The tokens of a list of items; braces have nothing in them, and documentation is
/// left out.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    trees: Vec<Tree>,
    marks: Vec<Mark>,
    /// Where the marks of macro calls may stand, in the blocks, too.
    calls: Vec<usize>,
}

/// Where a token or group stands.
#[derive(Clone, Debug)]
struct Mark {
    /// Where the documentation in front of it begins, if there is any.
    documented: usize,
    bytes: Range<usize>,
    /// What has been met up to its end.
    met: Met,
}

/// An item in an outline.
#[derive(Debug)]
pub(crate) struct Outlined<'o> {
    pub(crate) item: Item<'o>,
    /// All of it.
    pub(crate) bytes: Range<usize>,
    /// What is in its last block.
    pub(crate) body: Option<Range<usize>>,
    /// What is met in all of it, and in that block.
    pub(crate) met: Met,
    pub(crate) met_in_body: Met,
    /// Where the marks of macro calls may stand in it.
    pub(crate) calls: &'o [usize],
}

impl Outlined<'_> {
    /// What stands before its last block.
    pub(crate) fn head(&self) -> Range<usize> {
        let end = self
            .body
            .as_ref()
            .map_or(self.bytes.end, |body| body.start - 1);
        self.bytes.start..end
    }
}

impl Outline {
    pub(crate) fn of(text: &str, names: &Names) -> Result<Self, NotRust> {
        let mut lexer = Lexer::new(names, text);
        let mut outline = Self::default();
        loop {
            let mut documented = None;
            let next = lexer.peek(&mut |start, doc| {
                if !doc.is_inner {
                    documented.get_or_insert(start);
                }
            })?;
            let Some(byte) = next else {
                outline.calls = lexer.into_calls();
                return Ok(outline);
            };
            let start = lexer.position();
            let tree = if byte == b'{' {
                lexer.pass_block()?;
                Tree::Group(Delimiter::Brace, Vec::new())
            } else {
                lexer.tree(byte)?
            };
            outline.trees.push(tree);
            outline.marks.push(Mark {
                documented: documented.unwrap_or(start),
                bytes: start..lexer.position(),
                met: lexer.met(),
            });
        }
    }

    pub(crate) fn items(&self, names: &Names) -> Vec<Outlined<'_>> {
        let items = syntax::items(&self.trees, names).into_iter();
        items.map(|item| self.outlined(item)).collect()
    }

    pub(crate) fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Where tokens stand.
    pub(crate) fn bytes(&self, trees: Range<usize>) -> Range<usize> {
        let start = self.marks[trees.start].bytes.start;
        start..self.marks[trees.end - 1].bytes.end
    }

    fn outlined<'o>(&'o self, item: Item<'o>) -> Outlined<'o> {
        let last = item.first + item.tokens.len().saturating_sub(1);
        let before = |position: usize| match position.checked_sub(1) {
            Some(before) => self.marks[before].met,
            None => Met::default(),
        };
        let end = &self.marks[last];
        let calls = before(item.first).calls as usize..end.met.calls as usize;
        // Without the braces.
        let body = || end.bytes.start + 1..end.bytes.end - 1;
        Outlined {
            bytes: self.marks[item.first].documented..end.bytes.end,
            body: item.body.map(|_| body()),
            met: end.met - before(item.first),
            met_in_body: end.met - before(last),
            calls: &self.calls[calls],
            item,
        }
    }
}
