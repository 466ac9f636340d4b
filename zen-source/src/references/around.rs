//! What stands around an identifier, and tells what it is.

use std::ops::Range;

use proc_macro2::Delimiter;

use crate::{
    spaces::Spaces,
    tree::{Names, Tree},
};

use super::text::is_colons;

/// What stands before an identifier.
pub(super) enum Before {
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

pub(super) fn position(trees: &[Tree], at: usize, names: &Names) -> Before {
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

/// The namespaces in which a path in code may be meant, as far as its neighbours tell.
pub(super) fn spaces_around(trees: &[Tree], path: Range<usize>, names: &Names) -> Spaces {
    let before = path.start.checked_sub(1).map(|before| &trees[before]);
    let word = before
        .and_then(Tree::ident)
        .map_or("", |name| names.text(name));
    match trees.get(path.end) {
        // `Size(..)`, but not `impl Fn(..)`.
        Some(Tree::Group(Delimiter::Parenthesis, _)) => match before {
            Some(Tree::Ident(_)) if matches!(word, "dyn" | "impl" | "for") => Spaces::ALL,
            Some(before) if ":+>?".chars().any(|mark| before.is_punct(mark)) => Spaces::ALL,
            _ => Spaces::VALUES,
        },
        Some(Tree::Group(Delimiter::Brace, inner)) if has_fields(inner) => Spaces::TYPES,
        Some(next) if next.is_punct('.') => Spaces::VALUES,
        _ => match word {
            "struct" | "enum" | "union" | "trait" | "type" | "impl" | "dyn" => Spaces::TYPES,
            "const" | "static" => Spaces::VALUES,
            // What a macro is called by stands elsewhere.
            _ => Spaces::TYPES | Spaces::VALUES,
        },
    }
}

/// Whether a block is that of a struct's fields, and no other.
fn has_fields(block: &[Tree]) -> bool {
    match block {
        [Tree::Ident(_), colon, next, ..] if colon.is_punct(':') => !next.is_punct(':'),
        [Tree::Ident(_), comma, ..] => comma.is_punct(','),
        [a, b, ..] => a.is_punct('.') && b.is_punct('.'),
        _ => false,
    }
}

/// How many tokens belong to the bounds that they begin with, up to the arguments of
/// the last trait at least.
pub(super) fn bounds_length(trees: &[Tree]) -> usize {
    let mut depth = 0_usize;
    let ends = |tree: &Tree| match tree {
        Tree::Punct('<', _) => {
            depth += 1;
            false
        }
        Tree::Punct('>', _) if depth > 0 => {
            depth -= 1;
            false
        }
        Tree::Punct(mark, _) => depth == 0 && !"+:'?".contains(*mark),
        Tree::Group(delimiter, _) => depth == 0 && *delimiter != Delimiter::Parenthesis,
        Tree::Literal(_) => depth == 0,
        Tree::Ident(_) => false,
    };
    trees.iter().position(ends).unwrap_or(trees.len())
}

/// Whether tokens begin with the root of a longer path, which is no name of its own.
pub(super) fn is_root(trees: &[Tree], names: &Names) -> bool {
    matches!(trees, [Tree::Ident(name), rest @ ..]
        if is_colons(rest) && matches!(names.text(*name), "crate" | "self" | "super"))
}

/// Whether a name before these tokens is a method's: `(` or `::<` follows.
pub(super) fn is_call(trees: &[Tree]) -> bool {
    is_colons(trees)
        || trees
            .first()
            .is_some_and(|tree| tree.group(Delimiter::Parenthesis).is_some())
}

/// The input of a macro call, from the `!` on.
pub(super) fn macro_input(trees: &[Tree]) -> Option<&[Tree]> {
    match trees {
        [bang, Tree::Group(_, input), ..] if bang.is_punct('!') => Some(input),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::spaces_around;
    use crate::{
        spaces::Spaces,
        tree::{Names, Tree},
    };

    #[test]
    fn neighbours_tell_what_a_name_is() {
        let either = Spaces::TYPES | Spaces::VALUES;
        let cases = [
            ("a(x)", Spaces::VALUES),
            ("impl a(x)", Spaces::ALL),
            ("b: a(x)", Spaces::ALL),
            ("a.b", Spaces::VALUES),
            ("a { b: x }", Spaces::TYPES),
            ("a { b, c }", Spaces::TYPES),
            ("a { ..x }", Spaces::TYPES),
            ("if a { b::c() }", either),
            ("if a { b }", either),
            ("struct a;", Spaces::TYPES),
            ("dyn a", Spaces::TYPES),
            ("const a: u8", Spaces::VALUES),
            ("x + a", either),
            ("a::<T>(x)", either),
        ];
        for (text, spaces) in cases {
            let names = Names::default();
            let trees = names.lex(text).unwrap();
            let name = Some(names.intern("a"));
            let at = trees.iter().position(|tree: &Tree| tree.ident() == name);
            let at = at.unwrap();
            assert_eq!(spaces_around(&trees, at..at + 1, &names), spaces, "{text}");
        }
    }
}
