//! From the tokens of a file to its items.

use proc_macro2::Delimiter;

use crate::tree::{Name, Names, Tree};

/// One item, as slices of its file's tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'t> {
    pub(crate) kind: Kind,
    /// The position of its first token.
    pub(crate) first: usize,
    /// The name it is known by in its module; `None` for impls, `use`s, macro
    /// calls and `_`.
    pub(crate) name: Option<Name>,
    /// Whether it is `pub` or `pub(crate)`: seen by the whole crate.
    pub(crate) is_public: bool,
    pub(crate) attributes: &'t [Tree],
    /// All tokens, with the attributes.
    pub(crate) tokens: &'t [Tree],
    /// What stands before the last block.
    pub(crate) head: &'t [Tree],
    /// What is in the last block.
    pub(crate) body: Option<&'t [Tree]>,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    /// A struct, enum or union.
    Type,
    Alias,
    /// A constant or static.
    Value,
    Trait,
    Impl,
    Module,
    Use,
    ExternCrate,
    /// `macro_rules!`.
    MacroRules,
    /// A macro called where items stand.
    MacroCall,
    /// `extern "C" { .. }`.
    ForeignBlock,
    /// Whatever else: it may define anything.
    Unknown,
}

/// All items in `trees`, in order.
pub(crate) fn items<'t>(trees: &'t [Tree], names: &Names) -> Vec<Item<'t>> {
    let mut items = Vec::new();
    let mut rest = trees;
    while let Some((item, after)) = next(rest, names) {
        items.extend(item.map(|item| Item {
            first: trees.len() - rest.len(),
            ..item
        }));
        rest = after;
    }
    items
}

/// The next item, if the tokens begin with one and not with a stray semicolon,
/// and what follows.
fn next<'t>(trees: &'t [Tree], names: &Names) -> Option<(Option<Item<'t>>, &'t [Tree])> {
    let inner = inner_attributes(trees);
    if inner > 0 {
        return Some((None, &trees[inner..]));
    }
    if trees.first()?.is_punct(';') {
        return Some((None, &trees[1..]));
    }
    let attributes = outer_attributes(trees);
    let declared = attributes + visibility(&trees[attributes..], names);
    let (kind, name) = kind(&trees[declared..], names);
    let end = declared + length(kind, &trees[declared..], names);
    let tokens = &trees[..end];
    let (head, body) = match tokens.split_last() {
        Some((Tree::Group(Delimiter::Brace, body), head)) => (head, Some(body.as_slice())),
        _ => (tokens, None),
    };
    let item = Item {
        kind,
        first: 0,
        name: name
            .filter(|name| names.text(*name) != "_")
            .map(|name| names.plain(name)),
        is_public: is_public(&trees[attributes..declared], names),
        attributes: &trees[..attributes],
        tokens,
        head: head.get(attributes..).unwrap_or_default(),
        body,
    };
    Some((Some(item), &trees[end..]))
}

/// The length of an inner attribute, `#![..]`.
fn inner_attributes(trees: &[Tree]) -> usize {
    match trees {
        [hash, bang, group, ..]
            if hash.is_punct('#')
                && bang.is_punct('!')
                && group.group(Delimiter::Bracket).is_some() =>
        {
            3
        }
        _ => 0,
    }
}

/// The length of the attributes in front of an item.
pub(crate) fn outer_attributes(trees: &[Tree]) -> usize {
    let mut length = 0;
    while let [hash, group, ..] = &trees[length..]
        && hash.is_punct('#')
        && group.group(Delimiter::Bracket).is_some()
    {
        length += 2;
    }
    length
}

fn visibility(trees: &[Tree], names: &Names) -> usize {
    match trees {
        [
            Tree::Ident(name),
            Tree::Group(Delimiter::Parenthesis, _),
            ..,
        ] if names.text(*name) == "pub" => 2,
        [Tree::Ident(name), ..] if names.text(*name) == "pub" => 1,
        _ => 0,
    }
}

/// Whether the tokens before an item end with `pub` or `pub(crate)`.
pub(crate) fn is_public(trees: &[Tree], names: &Names) -> bool {
    let is = |tree: &Tree, word: &str| matches!(tree, Tree::Ident(n) if names.text(*n) == word);
    match trees {
        [.., word, Tree::Group(Delimiter::Parenthesis, inner)] => {
            is(word, "pub") && matches!(inner.as_slice(), [only] if is(only, "crate"))
        }
        [.., word] => is(word, "pub"),
        [] => false,
    }
}

fn kind(trees: &[Tree], names: &Names) -> (Kind, Option<Name>) {
    let text = |position: usize| match trees.get(position) {
        Some(Tree::Ident(name)) => names.text(*name),
        _ => "",
    };
    let ident = |position: usize| trees.get(position).and_then(Tree::ident);
    let mut at = 0;
    loop {
        match (text(at), text(at + 1)) {
            ("fn", _) => return (Kind::Function, ident(at + 1)),
            ("struct" | "enum", _) => return (Kind::Type, ident(at + 1)),
            ("union", next) if !next.is_empty() => return (Kind::Type, ident(at + 1)),
            ("trait", _) => return (Kind::Trait, ident(at + 1)),
            ("impl", _) => return (Kind::Impl, None),
            ("mod", _) => return (Kind::Module, ident(at + 1)),
            ("use", _) => return (Kind::Use, None),
            ("type", _) => return (Kind::Alias, ident(at + 1)),
            ("static", "mut") => return (Kind::Value, ident(at + 2)),
            ("macro_rules", _) => return (Kind::MacroRules, ident(at + 2)),
            ("macro", _) => return (Kind::MacroRules, ident(at + 1)),
            ("extern", "crate") => return (Kind::ExternCrate, ident(at + 2)),
            ("extern", _) if is_foreign_block(&trees[at..]) => return (Kind::ForeignBlock, None),
            // `extern "C" fn`: the name of the interface is a literal.
            ("const", "fn" | "async" | "unsafe" | "extern") | ("extern", _) => at += 1,
            ("const" | "static", _) => return (Kind::Value, ident(at + 1)),
            ("async" | "unsafe" | "safe" | "default" | "auto", next) if !next.is_empty() => at += 1,
            ("", _) if matches!(trees.get(at), Some(Tree::Literal(_))) => at += 1,
            _ if is_macro_call(&trees[at..]) => return (Kind::MacroCall, None),
            _ => return (Kind::Unknown, None),
        }
    }
}

fn is_foreign_block(trees: &[Tree]) -> bool {
    matches!(
        trees,
        [_, Tree::Group(Delimiter::Brace, _), ..]
            | [_, Tree::Literal(_), Tree::Group(Delimiter::Brace, _), ..]
    )
}

/// `path::to::name! {..}`.
fn is_macro_call(trees: &[Tree]) -> bool {
    let path = trees
        .iter()
        .take_while(|tree| tree.ident().is_some() || tree.is_punct(':') || tree.is_punct('$'))
        .count();
    path > 0 && trees.get(path).is_some_and(|tree| tree.is_punct('!'))
}

/// How many tokens belong to an item of this kind.
fn length(kind: Kind, trees: &[Tree], names: &Names) -> usize {
    let semicolon = |tree: &Tree| tree.is_punct(';');
    match kind {
        Kind::Use | Kind::ExternCrate | Kind::Alias | Kind::Value => until(trees, semicolon),
        Kind::MacroCall | Kind::MacroRules => macro_length(trees),
        _ => {
            let mut angles_only = true;
            let mut end = 0;
            for (position, tree) in trees.iter().enumerate() {
                end = position + 1;
                if semicolon(tree) {
                    break;
                }
                angles_only &= !matches!(tree, Tree::Ident(name) if names.text(*name) == "where");
                let before = trees.get(position.wrapping_sub(1));
                let argument = angles_only
                    && before.is_some_and(|tree| {
                        tree.is_punct('<') || tree.is_punct(',') || tree.is_punct('=')
                    });
                if tree.group(Delimiter::Brace).is_some() && !argument {
                    break;
                }
            }
            end
        }
    }
}

fn until(trees: &[Tree], last: impl Fn(&Tree) -> bool) -> usize {
    trees
        .iter()
        .position(last)
        .map_or(trees.len(), |last| last + 1)
}

/// A macro's input ends the item: in braces at once, else with a semicolon.
fn macro_length(trees: &[Tree]) -> usize {
    let group = |tree: &Tree| matches!(tree, Tree::Group(..));
    let end = until(trees, group);
    match (trees.get(end - 1), trees.get(end)) {
        (Some(Tree::Group(Delimiter::Brace, _)), _) => end,
        // `macro name(..) {..}`.
        (_, Some(Tree::Group(Delimiter::Brace, _))) => end + 1,
        (_, Some(tree)) if tree.is_punct(';') => end + 1,
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, items};
    use crate::tree::Names;

    fn kinds(text: &str) -> Vec<(Kind, String)> {
        let names = Names::default();
        let trees = names.lex(text).unwrap();
        items(&trees, &names)
            .iter()
            .map(|item| {
                (
                    item.kind,
                    item.name.map_or("", |n| names.text(n)).to_owned(),
                )
            })
            .collect()
    }

    #[test]
    fn each_item_is_told_by_its_first_words() {
        let cases = [
            ("fn f() {}", Kind::Function, "f"),
            (
                "#[a] pub(crate) const unsafe extern \"C\" fn f() -> u8;",
                Kind::Function,
                "f",
            ),
            (
                "async fn f<const N: usize>() where [u8; { N }]: Sized, {}",
                Kind::Function,
                "f",
            ),
            ("fn f() -> A<{ 1 }> {}", Kind::Function, "f"),
            ("struct S(u8);", Kind::Type, "S"),
            ("pub enum E { A { x: u8 }, B }", Kind::Type, "E"),
            ("union U { a: u8 }", Kind::Type, "U"),
            ("const C: [u8; 1] = { [1] };", Kind::Value, "C"),
            ("const _: () = {};", Kind::Value, ""),
            ("static mut X: u8 = 1;", Kind::Value, "X"),
            ("type A<T> = B<T>;", Kind::Alias, "A"),
            ("unsafe trait T: A {}", Kind::Trait, "T"),
            ("impl<T> A for B<T> {}", Kind::Impl, ""),
            ("unsafe impl A for B {}", Kind::Impl, ""),
            ("mod m;", Kind::Module, "m"),
            ("use a::{b, c as d};", Kind::Use, ""),
            ("extern crate a as b;", Kind::ExternCrate, "a"),
            ("extern \"C\" { fn f(); }", Kind::ForeignBlock, ""),
            ("macro_rules! m { () => {} }", Kind::MacroRules, "m"),
            ("a::b!(c);", Kind::MacroCall, ""),
            ("thread_local! { static X: u8 = 1; }", Kind::MacroCall, ""),
        ];
        for (text, kind, name) in cases {
            assert_eq!(kinds(text), [(kind, name.to_owned())], "{text}");
        }
        let all: String = cases.iter().map(|(text, ..)| *text).collect();
        assert_eq!(kinds(&all).len(), cases.len());
    }
}
