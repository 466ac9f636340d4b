//! What the tokens of an entry say, read when it is first asked for: most of a crate
//! is reached by none of its steps.

use crate::{
    lexer::NotRust,
    normal::Normal,
    outline::Part,
    references::{Reader, References},
    tree::{Names, Tree, normalized},
};

use super::{Index, heads::size};

/// What an entry's tokens say.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Of the tokens in normal form; without those of members.
    pub(crate) hash: [u8; 32],
    /// How many tokens those are.
    pub(crate) size: usize,
    pub(crate) references: References,
    /// Whether the text could not be read as tokens. Its hash is that of the text,
    /// and it may name anything.
    pub(crate) is_unread: bool,
}

impl Content {
    /// Of an item, or of a member of `owner`.
    pub(super) fn of(tokens: &[Tree], names: &Names, owner: Option<&References>) -> Self {
        let mut normal = Normal::new(names);
        normal.tokens(tokens);
        let mut reader = Reader::new(names);
        if let Some(owner) = owner {
            reader = reader.inside(owner);
        }
        Self {
            hash: normal.hash(),
            size: size(tokens),
            references: reader.read(tokens),
            is_unread: false,
        }
    }

    /// Of something that counts as a whole.
    pub(super) fn of_text(text: &str) -> Self {
        Self {
            hash: *blake3::hash(text.as_bytes()).as_bytes(),
            size: 1,
            ..Self::default()
        }
    }

    pub(super) fn unread(text: &str) -> Self {
        Self {
            is_unread: true,
            ..Self::of_text(text)
        }
    }
}

impl Index {
    pub(crate) fn content(&self, entry: usize) -> &Content {
        let found = &self.entries[entry];
        found.content.get_or_init(|| {
            let content = match self.lex(&found.part) {
                Ok(tokens) => {
                    let owner = found.owner.map(|owner| self.references(owner));
                    Content::of(&tokens, &self.names, owner)
                }
                Err(NotRust) => Content::unread(self.text(&found.part)),
            };
            Box::new(content)
        })
    }

    pub(crate) fn references(&self, entry: usize) -> &References {
        &self.content(entry).references
    }

    /// Whether anything in an entry stands under a condition.
    pub(crate) fn has_conditions(&self, entry: usize) -> bool {
        let found = &self.entries[entry];
        // Nearly all can be told without reading them.
        let may_have = found.content.get().is_some() || self.text(&found.part).contains("cfg");
        may_have && !self.references(entry).conditions.is_empty()
    }

    /// Keeps the text of a file.
    pub(super) fn add_text(&mut self, text: String) -> Part {
        let text = normalized(text);
        let part = Part {
            file: self.texts.len(),
            bytes: 0..text.len(),
        };
        self.texts.push(text);
        part
    }

    pub(super) fn text(&self, part: &Part) -> &str {
        &self.texts[part.file][part.bytes.clone()]
    }

    pub(super) fn lex(&self, part: &Part) -> Result<Vec<Tree>, NotRust> {
        self.names.lex(self.text(part))
    }
}
