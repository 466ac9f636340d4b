//! What the head of an item and its attributes say.

use crate::{
    references::{PathRef, is_colons, source, string},
    tree::{Names, Tree},
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

/// `#[cfg(test)]` code is not there when a step runs outside a test.
pub(super) fn is_for_tests(attributes: &[Tree], names: &Names) -> bool {
    let text = source(attributes, names);
    text.contains("#[cfg(test)]")
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
