//! Tokens as plain data.
//!
//! The compiler's own tokens must not be kept from one macro's run to the next;
//! these can be, and are cheap to walk more than once.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::lexer::{Lexer, NotRust};

pub(crate) use crate::names::{Name, Names};

/// A token, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tree {
    Ident(Name),
    /// A punctuation mark, and whether another one follows at once.
    Punct(char, bool),
    Literal(Box<str>),
    Group(Delimiter, Vec<Tree>),
}

impl Names {
    /// The tokens of a text.
    ///
    /// # Errors
    /// If the text is no Rust.
    pub(crate) fn lex(&self, text: &str) -> Result<Vec<Tree>, NotRust> {
        Lexer::new(self, text).trees()
    }

    pub(crate) fn trees(&self, tokens: TokenStream) -> Vec<Tree> {
        let mut trees = Vec::new();
        self.append(tokens, &mut trees);
        trees
    }

    fn append(&self, tokens: TokenStream, trees: &mut Vec<Tree>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let name = self.intern(&ident.to_string());
                    trees.push(Tree::Ident(name));
                }
                TokenTree::Punct(punct) => {
                    let joint = punct.spacing() == Spacing::Joint;
                    trees.push(Tree::Punct(punct.as_char(), joint));
                }
                TokenTree::Literal(literal) => {
                    trees.push(Tree::Literal(literal.to_string().into()));
                }
                // What a macro put in stands as if it had been written.
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                    self.append(group.stream(), trees);
                }
                TokenTree::Group(group) => {
                    let inner = self.trees(group.stream());
                    trees.push(Tree::Group(group.delimiter(), inner));
                }
            }
        }
    }
}

/// The text of a file as the compiler reads it.
pub(crate) fn normalized(text: String) -> String {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let rest = without_shebang(rest);
    if rest.as_bytes().contains(&b'\r') {
        return rest.replace("\r\n", "\n");
    }
    if rest.len() == text.len() {
        return text;
    }
    rest.to_owned()
}

fn without_shebang(text: &str) -> &str {
    match text.strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => {
            rest.split_once('\n').map_or("", |(_, rest)| rest)
        }
        _ => text,
    }
}

impl Tree {
    pub(crate) fn is_punct(&self, mark: char) -> bool {
        matches!(self, Self::Punct(found, _) if *found == mark)
    }

    pub(crate) fn ident(&self) -> Option<Name> {
        match self {
            Self::Ident(name) => Some(*name),
            _ => None,
        }
    }

    pub(crate) fn group(&self, delimiter: Delimiter) -> Option<&[Self]> {
        match self {
            Self::Group(found, inner) if *found == delimiter => Some(inner),
            _ => None,
        }
    }
}
