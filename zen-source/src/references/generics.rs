//! The type parameters of an item. In it they hide types, traits, modules and crates of
//! their name, but neither values nor macros.
//!
//! An item inside of a generic one cannot use its parameters, and cannot name what they
//! hide either. What is imported in a body is nearer than they are.

use proc_macro2::Delimiter;

use crate::tree::{Name, Names, Tree};

use super::text::is_colons;

/// Which names in a list of tokens surely stand for types.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Types {
    /// All.
    All,
    /// Those behind a colon, as in the parameters of a function.
    BehindColon,
    /// Those in `::<..>`.
    #[default]
    InArguments,
}

impl Types {
    /// In the outermost tokens of an item.
    pub(super) fn of_item(item: &[Tree], names: &Names) -> Self {
        let words = ["fn", "impl", "struct", "trait", "type"];
        match first_word(item, names) {
            Some((_, word)) if words.contains(&word) => Self::All,
            _ => Self::InArguments,
        }
    }

    /// In a group among such tokens, of an item.
    pub(super) fn inside(self, delimiter: Delimiter, item: &[Tree], names: &Names) -> Self {
        let word = first_word(item, names).map_or("", |(_, word)| word);
        match (self, delimiter, word) {
            (Self::All | Self::BehindColon, Delimiter::Parenthesis, "fn")
            | (Self::All, Delimiter::Brace, "struct") => Self::BehindColon,
            (known, Delimiter::Parenthesis, _) => known,
            _ => Self::InArguments,
        }
    }

    /// Whether the name at a place is surely that of a type.
    pub(super) fn has(self, trees: &[Tree], at: usize) -> bool {
        let before = &trees[..at];
        if let [.., a, b, open] = before
            && open.is_punct('<')
            && is_colons(&[a.clone(), b.clone()])
        {
            return true;
        }
        match self {
            // That of a constant may be a value.
            Self::All => !before.last().is_some_and(|tree| tree.is_punct('=')),
            Self::BehindColon => is_behind_colon(before),
            Self::InArguments => false,
        }
    }
}

/// Whether a colon stands between the last comma and the end.
fn is_behind_colon(before: &[Tree]) -> bool {
    let mut rest = before;
    while let [earlier @ .., last] = rest {
        match earlier.last() {
            _ if last.is_punct(',') => return false,
            Some(tree) if last.is_punct(':') && tree.is_punct(':') => {
                rest = &earlier[..earlier.len() - 1];
            }
            _ if last.is_punct(':') => return true,
            _ => rest = earlier,
        }
    }
    false
}

/// The word that tells what an item is, and where it stands.
fn first_word<'n>(item: &[Tree], names: &'n Names) -> Option<(usize, &'n str)> {
    let words = item.iter().enumerate();
    let mut words = words.filter_map(|(at, tree)| Some((at, names.text(tree.ident()?))));
    words.find(|(at, word)| match *word {
        "const" | "static" => !is_function(&item[*at..], names),
        word => matches!(
            word,
            "impl" | "fn" | "struct" | "enum" | "union" | "trait" | "type" | "macro_rules"
        ),
    })
}

/// The names of the type parameters that an item declares.
pub(super) fn type_parameters(item: &[Tree], names: &Names) -> Vec<Name> {
    let declares = first_word(item, names).map(|(at, word)| match word {
        "impl" => at + 1,
        "const" | "static" | "macro_rules" => item.len(),
        _ => at + 2,
    });
    match declares.and_then(|at| item.get(at..)) {
        Some([open, list @ ..]) if open.is_punct('<') => in_list(list, names),
        _ => Vec::new(),
    }
}

/// Whether anything is imported among tokens.
pub(super) fn imports_any(trees: &[Tree], names: &Names) -> bool {
    trees.iter().any(|tree| match tree {
        Tree::Ident(name) => names.text(*name) == "use",
        Tree::Group(_, inner) => imports_any(inner, names),
        _ => false,
    })
}

/// `const fn`, `const unsafe extern "C" fn`.
fn is_function(trees: &[Tree], names: &Names) -> bool {
    let is_qualifier = |tree: &&Tree| match tree {
        Tree::Ident(name) => matches!(
            names.text(*name),
            "const" | "async" | "unsafe" | "safe" | "extern"
        ),
        Tree::Literal(_) => true,
        _ => false,
    };
    let next = trees.iter().find(|tree| !is_qualifier(tree));
    let next = next.and_then(Tree::ident);
    next.is_some_and(|name| names.text(name) == "fn")
}

/// From behind the `<` on.
fn in_list(trees: &[Tree], names: &Names) -> Vec<Name> {
    let mut parameters = Vec::new();
    let mut depth = 1_usize;
    let mut begins = true;
    for (at, tree) in trees.iter().enumerate() {
        let arrow = at > 0 && matches!(trees[at - 1], Tree::Punct('-', true));
        match tree {
            Tree::Punct('<', _) => depth += 1,
            Tree::Punct('>', _) if !arrow => depth -= 1,
            Tree::Ident(name) if begins && names.text(*name) != "const" => {
                parameters.push(names.plain(*name));
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        begins = depth == 1 && (tree.is_punct(',') || begins && is_of_attribute(tree));
    }
    parameters
}

fn is_of_attribute(tree: &Tree) -> bool {
    tree.is_punct('#') || matches!(tree, Tree::Group(..))
}

#[cfg(test)]
mod tests {
    use super::type_parameters;
    use crate::tree::Names;

    #[test]
    fn type_parameters_are_those_of_the_item_itself() {
        let cases = [
            (
                "fn f<'a, T, const N: usize, U: Fn(V) -> W>(x: X<Y>) {}",
                "T U",
            ),
            (
                "#[a] pub const unsafe fn f<T = Vec<u8>, #[b] U>() {}",
                "T U",
            ),
            ("impl<T: A<B, C>> D<T> for E {}", "T"),
            ("impl D<T> for E {}", ""),
            ("struct S<T>(T);", "T"),
            ("type R<T, E = Error> = Result<T, E>;", "T E"),
            ("const C: fn(u8) -> Vec<T> = f;", ""),
            ("const C: u8 = { fn f<T>() {} 1 };", ""),
            ("macro_rules! m { () => { fn f<T>() {} } }", ""),
            ("fn f() -> impl Fn<T> {}", ""),
        ];
        for (text, expected) in cases {
            let names = Names::default();
            let found = type_parameters(&names.lex(text).unwrap(), &names);
            let found: Vec<_> = found.iter().map(|name| names.text(*name)).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }
}
