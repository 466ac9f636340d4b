//! The hash of a step's own source.
//!
//! Taken over the function's tokens, so that comments and formatting do not
//! count. What cannot change a result is left out: the visibility, the
//! documentation, lints, hints to the optimiser, and the commas that a formatter
//! adds or removes.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, ItemFn, Visibility};

use super::options::Options;

/// Sets the hash apart from any other, and from that of other rules.
const DOMAIN: &str = "zen step source 1";

/// Attributes that do not change what a function returns.
const WITHOUT_EFFECT: [&str; 10] = [
    "doc",
    "allow",
    "expect",
    "warn",
    "deny",
    "forbid",
    "inline",
    "cold",
    "must_use",
    "deprecated",
];

pub(super) fn hash(function: &ItemFn, options: &Options) -> [u8; 32] {
    let mut function = function.clone();
    function.vis = Visibility::Inherited;
    function.attrs.retain(has_effect);
    let mut source = Source(blake3::Hasher::new());
    source.part(b'Z', DOMAIN);
    source.stream(function.to_token_stream(), Commas::Kept);
    for path in &options.depends {
        source.part(b'D', &path.value());
    }
    // Their number is the number of artifacts; their names are labels.
    source.part(b'O', &options.outputs.len().to_string());
    *source.0.finalize().as_bytes()
}

fn has_effect(attribute: &Attribute) -> bool {
    !WITHOUT_EFFECT
        .iter()
        .any(|name| attribute.path().is_ident(name))
}

/// What becomes of a last comma.
#[derive(Clone, Copy, PartialEq)]
enum Commas {
    Kept,
    Dropped,
    /// In the input of a macro, where a comma may mean anything.
    Opaque,
}

struct Source(blake3::Hasher);

impl Source {
    /// Each part has a tag and a length, so that no two lists of parts give one
    /// stream.
    fn part(&mut self, tag: u8, text: &str) {
        self.0.update(&[tag]);
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    fn stream(&mut self, tokens: TokenStream, commas: Commas) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let end = match (commas, tokens.last()) {
            (Commas::Dropped, Some(TokenTree::Punct(last))) if last.as_char() == ',' => {
                tokens.len() - 1
            }
            _ => tokens.len(),
        };
        let tokens = &tokens[..end];
        for (position, token) in tokens.iter().enumerate() {
            let before = &tokens[..position];
            match token {
                TokenTree::Ident(ident) => self.part(b'I', &ident.to_string()),
                TokenTree::Literal(literal) => self.part(b'L', &literal.to_string()),
                TokenTree::Punct(punct) => {
                    let next = tokens.get(position + 1);
                    let joint = punct.spacing() == Spacing::Joint
                        && matches!(next, Some(TokenTree::Punct(_)));
                    let tag = if joint { b'J' } else { b'P' };
                    self.part(tag, punct.as_char().encode_utf8(&mut [0; 4]));
                }
                TokenTree::Group(group) => self.group(group, before, commas),
            }
        }
    }

    fn group(&mut self, group: &Group, before: &[TokenTree], outer: Commas) {
        let commas = if outer == Commas::Opaque || is_macro_call(before) {
            Commas::Opaque
        } else if may_drop_comma(group, before) {
            Commas::Dropped
        } else {
            Commas::Kept
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Brace => ("{", "}"),
            Delimiter::Bracket => ("[", "]"),
            // What a macro put in stands as if it had been written.
            Delimiter::None => return self.stream(group.stream(), commas),
        };
        self.part(b'G', open);
        self.stream(group.stream(), commas);
        self.part(b'G', close);
    }
}

/// Whether a group is the input of a macro: `name ! group`.
fn is_macro_call(before: &[TokenTree]) -> bool {
    matches!(
        before,
        [.., TokenTree::Ident(_), TokenTree::Punct(bang)] if bang.as_char() == '!'
    )
}

/// Whether a last comma in the group means nothing. In `(a,)` it makes a tuple;
/// not so beside another comma, or where the group is the arguments of a call.
fn may_drop_comma(group: &Group, before: &[TokenTree]) -> bool {
    group.delimiter() != Delimiter::Parenthesis
        || has_inner_comma(group.stream())
        || is_call(before)
}

fn has_inner_comma(tokens: TokenStream) -> bool {
    let is_comma =
        |token: TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let commas: Vec<_> = tokens.into_iter().map(is_comma).collect();
    commas.iter().rev().skip(1).any(|comma| *comma)
}

/// Whether parentheses after these tokens hold arguments or parameters.
fn is_call(before: &[TokenTree]) -> bool {
    match before.last() {
        Some(TokenTree::Ident(ident)) => !is_keyword(&ident.to_string()),
        Some(TokenTree::Punct(punct)) => punct.as_char() == '?',
        Some(TokenTree::Group(group)) => is_callee(group, &before[..before.len() - 1]),
        _ => false,
    }
}

/// Whether a group can be called: not an attribute, not the `(crate)` of a
/// visibility.
fn is_callee(group: &Group, before: &[TokenTree]) -> bool {
    match (group.delimiter(), before.last()) {
        (Delimiter::Bracket, Some(TokenTree::Punct(punct))) => !"#!".contains(punct.as_char()),
        (Delimiter::Parenthesis, Some(TokenTree::Ident(ident))) => ident != "pub",
        (Delimiter::Parenthesis | Delimiter::Bracket, _) => true,
        _ => false,
    }
}

/// Words after which parentheses hold a value.
fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 25] = [
        "as", "async", "await", "become", "box", "break", "const", "do", "dyn", "else", "for",
        "if", "impl", "in", "let", "loop", "match", "move", "mut", "pub", "ref", "return",
        "unsafe", "while", "yield",
    ];
    WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;

    use super::hash;
    use crate::{ctxt::Ctxt, step::options::Options};

    fn source(options: &str, function: &str) -> [u8; 32] {
        let ctxt = Ctxt::new();
        let tokens: TokenStream = options.parse().unwrap();
        let options = Options::parse(&ctxt, tokens);
        ctxt.check().unwrap();
        hash(&syn::parse_str(function).unwrap(), &options)
    }

    #[test]
    fn what_cannot_change_a_result_does_not_count() {
        let plain = "fn f(a: u8, b: Vec<u8>) -> u8 { g(a, b); h(S { x: 1 }, [1, 2]); (a, 1).0 }";
        let same = [
            "pub(crate) fn f(a: u8, b: Vec<u8>) -> u8 { g(a, b); h(S { x: 1 }, [1, 2]); (a, 1).0 }",
            "/// Doc.\n#[inline] #[must_use] #[allow(dead_code)] fn f(a: u8, b: Vec<u8>,) -> u8 {
                // A comment.
                g(a, b,);
                h(S { x: 1, }, [1, 2,]);
                (a, 1,) . 0
            }",
        ];
        for text in same {
            assert_eq!(source("", plain), source("", text), "{text}");
        }
        assert_eq!(
            source("outputs(a, b)", plain),
            source("outputs(c, d), ignore(a), version = 2", plain),
            "labels count elsewhere or not at all"
        );
    }

    #[test]
    fn whatever_can_change_a_result_counts() {
        let texts = [
            ("", "fn f(a: u8) -> u8 { a + 1 }"),
            ("", "fn f(a: u8) -> u8 { a + 2 }"),
            ("", "fn f(a: u8) -> u8 { a - 1 }"),
            ("", "fn f(a: u16) -> u8 { a + 1 }"),
            ("", "fn f(b: u8) -> u8 { a + 1 }"),
            ("", "#[cfg(x)] fn f(a: u8) -> u8 { a + 1 }"),
            ("", "fn f() { x = (1,) }"),
            ("", "fn f() { x = (1) }"),
            ("", "fn f() { return (1,) }"),
            ("", "fn f() { return (1) }"),
            ("", "fn f() { #[x] (1,) }"),
            ("", "fn f() { #[x] (1) }"),
            ("", "fn f() { struct S(pub(crate) (u8,)); }"),
            ("", "fn f() { struct S(pub(crate) (u8)); }"),
            ("", "fn f() { m!(1,) }"),
            ("", "fn f() { m!(1) }"),
            ("", "fn f() { m!([1,]) }"),
            ("", "fn f() { m!([1]) }"),
            ("", "fn f() { a && b }"),
            ("", "fn f() { a & &b }"),
            ("", "fn f() { \"a b\" }"),
            ("", "fn f() { \"a  b\" }"),
            ("", "fn f() { 1 }"),
            ("", "fn f() { 1u8 }"),
            ("outputs(a, b)", "fn f() { 1 }"),
            ("outputs(a, b, c)", "fn f() { 1 }"),
            ("depends(\"x\")", "fn f() { 1 }"),
            ("depends(\"y\")", "fn f() { 1 }"),
        ];
        for (i, a) in texts.iter().enumerate() {
            for b in &texts[..i] {
                assert_ne!(source(a.0, a.1), source(b.0, b.1), "{a:?} {b:?}");
            }
        }
    }

    /// A change here makes every result of every user's store a miss.
    #[test]
    fn the_rules_are_pinned() {
        let text = "pub fn clean(rows: &Rows, limit: f64) -> Rows { rows.filter(|r| r.x < limit) }";
        let found = blake3::Hash::from(source("depends(\"a.toml\")", text));
        assert_eq!(
            found.to_hex().as_str(),
            "18a011bf9deb1e49dc2d35edb7504c7c1ed1450b094379626361d7cda3a175f6"
        );
    }
}
