//! Impls inside of functions and constants. They hold outside, too, unless they are for
//! a type that is declared beside them.

use proc_macro2::Delimiter;

use crate::{
    outline::Part,
    references::{PathRef, Reader, References},
    tree::{Name, Names, Tree},
};

use super::{
    ImplHead, Index,
    heads::{attributes_before, lists, trait_path},
};

/// Attributes of the language that leave a type as it is written.
const PLAIN: [&str; 9] = [
    "allow",
    "deny",
    "derive",
    "doc",
    "expect",
    "must_use",
    "non_exhaustive",
    "repr",
    "warn",
];

/// An impl inside a function or a constant.
#[derive(Debug)]
pub(crate) struct NestedImpl {
    /// The item that it stands in.
    pub(crate) inside: usize,
    /// What its head names.
    pub(crate) head: References,
    pub(crate) of_trait: Option<PathRef>,
    pub(crate) impl_head: ImplHead,
    /// Whether it is for a type that nobody has who does not reach what it stands in.
    pub(crate) is_own: bool,
}

impl Index {
    pub(super) fn nested_impls(&mut self, inside: usize, part: &Part) {
        // What is no Rust says so when the entry is reached.
        let tokens = self.lex(part).unwrap_or_default();
        for found in Heads::of(&tokens, &self.names) {
            let of_trait = trait_path(&found.tokens, &self.names);
            let impl_head = self.impl_head(&found.tokens, of_trait.as_ref());
            let self_type = impl_head.self_type.as_ref();
            let is_beside = self_type.is_some_and(|path| found.is_beside(path));
            let mut head = Reader::new(&self.names).read(&found.tokens);
            head.imports.clone_from(&self.references(inside).imports);
            self.nested.push(NestedImpl {
                inside,
                head,
                of_trait,
                impl_head,
                // What stands in `const _` is known to whoever is told of it there.
                is_own: is_beside && self.entries[inside].name.is_some(),
            });
        }
    }
}

/// The head of an impl that stands as a statement in a block.
struct Head {
    tokens: Vec<Tree>,
    /// The types that are declared in that block.
    beside: Vec<Name>,
}

impl Head {
    fn is_beside(&self, path: &PathRef) -> bool {
        matches!(path.segments.as_slice(), [only] if !path.absolute && self.beside.contains(only))
    }
}

/// Looks for heads.
struct Heads<'a> {
    names: &'a Names,
    found: Vec<Head>,
}

impl Heads<'_> {
    fn of(tokens: &[Tree], names: &Names) -> Vec<Head> {
        let found = Vec::new();
        let mut heads = Heads { names, found };
        heads.look(tokens, false);
        heads.found
    }

    /// In tokens; those that a macro is given may come to stand elsewhere.
    fn look(&mut self, trees: &[Tree], is_given: bool) {
        for (at, tree) in trees.iter().enumerate() {
            if let Some(length) = self.head_length(trees, at) {
                let beside = if is_given {
                    Vec::new()
                } else {
                    self.declared_types(trees)
                };
                let tokens = trees[at..at + length].to_vec();
                self.found.push(Head { tokens, beside });
            }
            if let Tree::Group(_, inner) = tree {
                self.look(inner, is_given || is_given_to_macro(&trees[..at]));
            }
        }
    }

    /// How many tokens belong to a head, if one begins at a place.
    fn head_length(&self, trees: &[Tree], at: usize) -> Option<usize> {
        let begins = match trees[..at].last() {
            None | Some(Tree::Ident(_) | Tree::Group(Delimiter::Brace | Delimiter::Bracket, _)) => {
                true
            }
            Some(before) => before.is_punct(';'),
        };
        if !begins || self.names.text(trees[at].ident()?) != "impl" {
            return None;
        }
        let is_block = |tree: &Tree| tree.group(Delimiter::Brace).is_some();
        trees[at..].iter().position(is_block)
    }

    /// The types that a block surely declares, as they are written.
    fn declared_types(&self, block: &[Tree]) -> Vec<Name> {
        let names = self.names;
        let declared = block.windows(2).enumerate().filter_map(|(at, pair)| {
            let [Tree::Ident(word), Tree::Ident(name)] = pair else {
                return None;
            };
            let is_type = matches!(names.text(*word), "struct" | "enum" | "union");
            let attributes = &block[attributes_before(block, at)..at];
            let is_plain = |list: &[Tree]| {
                let first = list.first().and_then(Tree::ident);
                first.is_some_and(|name| PLAIN.contains(&names.text(name)))
            };
            (is_type && lists(attributes).all(is_plain)).then(|| names.plain(*name))
        });
        declared.collect()
    }
}

/// Whether a group behind these tokens is the input of a macro, or the rules of one.
fn is_given_to_macro(before: &[Tree]) -> bool {
    match before {
        [.., bang] if bang.is_punct('!') => true,
        [.., bang, Tree::Ident(_)] => bang.is_punct('!'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Heads;
    use crate::{references::PathRef, tree::Names};

    #[test]
    fn a_type_is_own_where_it_is_declared_in_the_block_of_its_impl() {
        let cases = [
            ("fn f() { struct S; impl T for S {} }", true),
            (
                "fn f() { impl T for S {} #[derive(Clone)] pub enum S {} }",
                true,
            ),
            ("{ g(); union S { a: u8 } impl T for S {} }", true),
            ("fn f() { impl T for S {} }", false),
            ("fn f() { { struct S; } impl T for S {} }", false),
            ("fn f() { struct S; { use a::S; impl T for S {} } }", false),
            ("fn f() { struct Q; impl T for S {} }", false),
            ("fn f() { type S = Q; impl T for S {} }", false),
            ("fn f() { #[cfg(a)] struct S; impl T for S {} }", false),
            (
                "fn f() { #[cfg_attr(a, b)] struct S; impl T for S {} }",
                false,
            ),
            ("fn f() { #[other] struct S; impl T for S {} }", false),
            ("fn f() { m! { struct S; impl T for S {} } }", false),
            (
                "fn f() { macro_rules! m { () => { struct S; impl T for S {} } } }",
                false,
            ),
        ];
        for (text, is_own) in cases {
            let names = Names::default();
            let heads = Heads::of(&names.lex(text).unwrap(), &names);
            let [head] = heads.as_slice() else {
                panic!("{text}")
            };
            let own = PathRef::of(names.intern("S"));
            assert_eq!(head.is_beside(&own), is_own, "{text}");
        }
    }
}
