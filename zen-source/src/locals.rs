//! Variables, as far as they are easily told: they hide functions of their name.
//!
//! What is missed here is taken for a function, which does no harm. Constants and
//! statics cannot be hidden, so that only names in lower case count.

use proc_macro2::Delimiter;

use crate::tree::{Name, Names, Tree};

/// The parameters of a function. None, if there are functions inside, whose
/// bodies do not see them.
pub(crate) fn parameters(trees: &[Tree], names: &Names) -> Vec<Name> {
    let is_fn = |tree: &Tree| matches!(tree, Tree::Ident(name) if names.text(*name) == "fn");
    let Some(start) = trees.iter().position(is_fn) else {
        return Vec::new();
    };
    let rest = &trees[start + 1..];
    if rest.iter().any(|tree| holds(tree, &is_fn)) || trees[..start].iter().any(is_rules) {
        return Vec::new();
    }
    let list = rest
        .iter()
        .find_map(|tree| tree.group(Delimiter::Parenthesis));
    let parameters = list.unwrap_or_default().split(|tree| tree.is_punct(','));
    parameters
        .filter_map(|parameter| simple(parameter, names))
        .collect()
}

fn is_rules(tree: &Tree) -> bool {
    tree.is_punct('!')
}

fn holds(tree: &Tree, wanted: &dyn Fn(&Tree) -> bool) -> bool {
    match tree {
        Tree::Group(_, inner) => inner.iter().any(|tree| holds(tree, wanted)),
        tree => wanted(tree),
    }
}

/// `name: T` or `mut name: T`.
fn simple(trees: &[Tree], names: &Names) -> Option<Name> {
    match trees {
        [Tree::Ident(word), Tree::Ident(name), colon, ..]
            if names.text(*word) == "mut" && colon.is_punct(':') =>
        {
            variable(*name, names)
        }
        [Tree::Ident(name), colon, ..] if colon.is_punct(':') => variable(*name, names),
        _ => None,
    }
}

/// The name of a statement `let name =`, `let mut name =` or `let name: T =`, and
/// the number of tokens up to it.
pub(crate) fn bound_by_let(trees: &[Tree], at: usize, names: &Names) -> Option<(Name, usize)> {
    let [Tree::Ident(word), rest @ ..] = &trees[at..] else {
        return None;
    };
    // That of an `if let` is bound in its block alone.
    let begins =
        at == 0 || matches!(&trees[at - 1], Tree::Group(..)) || trees[at - 1].is_punct(';');
    if names.text(*word) != "let" || !begins {
        return None;
    }
    let (rest, length) = match rest {
        [Tree::Ident(word), rest @ ..] if names.text(*word) == "mut" => (rest, 3),
        rest => (rest, 2),
    };
    match rest {
        [Tree::Ident(name), next, ..] if next.is_punct('=') || next.is_punct(':') => {
            Some((variable(*name, names)?, length))
        }
        _ => None,
    }
}

fn variable(name: Name, names: &Names) -> Option<Name> {
    let text = names.text(name);
    text.starts_with(|c: char| c.is_lowercase() || c == '_')
        .then_some(name)
}
