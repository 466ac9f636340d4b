//! What the head of an item and its attributes say.

use proc_macro2::Delimiter;

use crate::{
    references::{PathRef, is_colons, string},
    tree::{Name, Names, Tree},
};

pub(super) fn size(tokens: &[Tree]) -> usize {
    let inner = |tree: &Tree| match tree {
        Tree::Group(_, inner) => 1 + size(inner),
        _ => 1,
    };
    tokens.iter().map(inner).sum()
}

/// Runs `look` on a list of tokens and on those in all its groups.
pub(super) fn walk(trees: &[Tree], look: &mut dyn FnMut(&[Tree])) {
    look(trees);
    for tree in trees {
        if let Tree::Group(_, inner) = tree {
            walk(inner, look);
        }
    }
}

/// What is in each `#[..]`.
pub(super) fn lists(attributes: &[Tree]) -> impl Iterator<Item = &[Tree]> {
    attributes
        .iter()
        .filter_map(|tree| tree.group(Delimiter::Bracket))
}

pub(super) fn names_step(attributes: &[Tree], names: &Names) -> bool {
    let mut found = false;
    walk(attributes, &mut |trees| {
        found |= trees
            .iter()
            .any(|tree| matches!(tree, Tree::Ident(name) if names.text(*name) == "step"));
    });
    found
}

/// The path of the trait in the head of an impl: `impl<..> path<..> for`.
pub(super) fn trait_path(head: &[Tree], names: &Names) -> Option<PathRef> {
    let is = |tree: &Tree, word: &str| matches!(tree, Tree::Ident(n) if names.text(*n) == word);
    let start = head.iter().position(|tree| is(tree, "impl"))? + 1;
    let mut rest = &head[start..];
    if rest.first()?.is_punct('<') {
        rest = &rest[angles(rest)..];
    }
    // The `for` of `for<'a>` belongs to a bound.
    rest.windows(2)
        .find(|pair| is(&pair[0], "for") && !pair[1].is_punct('<'))?;
    let path = rest
        .iter()
        .skip_while(|tree| tree.is_punct('!') || tree.is_punct(':'))
        .take_while(|tree| tree.ident().is_some() || tree.is_punct(':'));
    Some(PathRef {
        absolute: is_colons(rest),
        segments: path
            .filter_map(Tree::ident)
            .take_while(|n| names.text(*n) != "for")
            .collect(),
    })
}

/// The length of `<..>` at the beginning.
fn angles(trees: &[Tree]) -> usize {
    let mut depth = 0_usize;
    for (position, tree) in trees.iter().enumerate() {
        let arrow = position > 0 && matches!(trees[position - 1], Tree::Punct('-', true));
        match tree {
            Tree::Punct('<', _) => depth += 1,
            Tree::Punct('>', _) if !arrow => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return position + 1;
        }
    }
    trees.len()
}

/// The paths of `#[path = ".."]`, also inside `cfg_attr`.
pub(super) fn path_attributes(attributes: &[Tree], names: &Names) -> Vec<String> {
    let mut paths = Vec::new();
    walk(attributes, &mut |trees| {
        for window in trees.windows(3) {
            if let [Tree::Ident(name), equals, Tree::Literal(text)] = window
                && names.text(*name) == "path"
                && equals.is_punct('=')
            {
                paths.extend(string(text));
            }
        }
    });
    paths
}

/// Where the attributes and the visibility of an item at `end` begin.
pub(super) fn attributes_before(trees: &[Tree], end: usize) -> usize {
    let mut start = end;
    loop {
        start -= match &trees[..start] {
            [.., hash, Tree::Group(Delimiter::Bracket, _)] if hash.is_punct('#') => 2,
            [.., Tree::Ident(_), Tree::Group(Delimiter::Parenthesis, _)] => 2,
            // `pub`, for want of names.
            [.., Tree::Ident(_)] => 1,
            _ => return start,
        };
    }
}

/// The parts of `impl<..> Trait for Type where ..`.
pub(super) struct ImplParts<'t> {
    generics: &'t [Tree],
    /// Empty, if it is of no trait.
    pub(super) of_trait: &'t [Tree],
    pub(super) self_type: &'t [Tree],
}

pub(super) fn impl_parts<'t>(head: &'t [Tree], names: &Names) -> Option<ImplParts<'t>> {
    let is = |tree: &Tree, word: &str| matches!(tree, Tree::Ident(n) if names.text(*n) == word);
    let start = head.iter().position(|tree| is(tree, "impl"))? + 1;
    let (generics, rest) = match head.get(start) {
        Some(tree) if tree.is_punct('<') => head[start..].split_at(angles(&head[start..])),
        _ => (&[][..], &head[start..]),
    };
    let end = rest.iter().position(|tree| is(tree, "where"));
    let rest = &rest[..end.unwrap_or(rest.len())];
    // The `for` of `for<'a>` belongs to a bound.
    let split = rest
        .windows(2)
        .position(|pair| is(&pair[0], "for") && !pair[1].is_punct('<'));
    let (of_trait, self_type) = match split {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (&[][..], rest),
    };
    Some(ImplParts {
        generics,
        of_trait,
        self_type,
    })
}

impl ImplParts<'_> {
    /// The path of the type, if it is neither a parameter nor made of others.
    pub(super) fn self_path(&self, names: &Names) -> Option<PathRef> {
        let is = |tree: &Tree, word: &str| matches!(tree, Tree::Ident(n) if names.text(*n) == word);
        let mut rest = self.self_type;
        loop {
            rest = match rest {
                [tree, rest @ ..] if tree.is_punct('&') || is(tree, "mut") => rest,
                [quote, Tree::Ident(_), rest @ ..] if quote.is_punct('\'') => rest,
                _ => break,
            };
        }
        let path: Vec<_> = rest
            .iter()
            .take_while(|tree| tree.ident().is_some() || tree.is_punct(':'))
            .filter_map(Tree::ident)
            .map(|name| names.plain(name))
            .collect();
        let is_word = matches!(
            names.text(*path.first()?),
            "dyn" | "impl" | "fn" | "unsafe" | "extern"
        );
        let path = PathRef {
            absolute: is_colons(rest),
            segments: path,
        };
        (!is_word && !self.binds(&path)).then_some(path)
    }

    /// Whether a path begins with a parameter of the impl, or with what bounds one.
    pub(super) fn binds(&self, path: &PathRef) -> bool {
        let first = path.segments.first().copied();
        let mut generics = self.generics.iter();
        generics.any(|tree| first.is_some() && tree.ident() == first)
    }
}

/// Whether tokens begin with `mod name {..}` or `mod name;`.
pub(super) fn is_module(tokens: &[Tree], word: Name) -> bool {
    matches!(tokens, [Tree::Ident(first), Tree::Ident(_), end, ..]
        if *first == word && (end.is_punct(';') || end.group(Delimiter::Brace).is_some()))
}
