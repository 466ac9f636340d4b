//! Where a step stands. The compiler shows a macro the function alone, but the
//! hidden items of a method must be methods too.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::PathBuf,
    sync::{LazyLock, Mutex, PoisonError},
};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ItemFn, visit::Visit};

use super::kept::mentions;

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a module or in a function: items can stand beside it.
    Free,
    /// In an `impl` of a type: functions can stand beside it.
    Inherent,
    /// In a trait or in an `impl` of one: nothing can stand beside it.
    Trait,
}

impl Place {
    /// The place of `function`, whose tokens are `item`.
    pub(super) fn of(function: &ItemFn, item: &TokenStream) -> Self {
        let guess = if names_self(function) {
            Self::Trait
        } else {
            Self::Free
        };
        match in_source(item) {
            // A macro may have moved a method's text.
            Some(Self::Free) if function.sig.receiver().is_some() => guess,
            Some(place) => place,
            None => guess,
        }
    }
}

/// Whether a function has a receiver, or names `Self`, outside inner items.
fn names_self(function: &ItemFn) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
        fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
            self.0 |= mentions(&invocation.tokens, &HashSet::from(["Self".to_owned()]));
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut search = Search(function.sig.receiver().is_some());
    search.visit_signature(&function.sig);
    search.visit_block(&function.block);
    search.0
}

/// The place of a function in the file that is being compiled. `None` if the
/// file is not at hand, or holds the function in two kinds of places, or not at
/// all, as when a macro wrote it.
fn in_source(item: &TokenStream) -> Option<Place> {
    if !proc_macro::is_available() {
        return None;
    }
    let path = proc_macro::Span::call_site().local_file()?;
    let wanted = function_text(&mut item.clone().into_iter())?;
    places(path)?
        .into_iter()
        .filter(|(text, _)| *text == wanted)
        .map(|(_, place)| Some(place))
        .reduce(|a, b| if a == b { a } else { None })
        .flatten()
}

/// A function's text and the place it stands in.
type Found = (String, Place);

/// What was found in a file of this hash.
struct Searched {
    hash: blake3::Hash,
    found: Vec<Found>,
}

/// A file is looked through once for all its steps.
static FILES: LazyLock<Mutex<HashMap<PathBuf, Searched>>> = LazyLock::new(Mutex::default);

fn places(path: PathBuf) -> Option<Vec<Found>> {
    let text = fs::read_to_string(&path).ok()?;
    let hash = blake3::hash(text.as_bytes());
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = files.get(&path)
        && known.hash == hash
    {
        return Some(known.found.clone());
    }
    let found = find(&text)?;
    files.insert(
        path,
        Searched {
            hash,
            found: found.clone(),
        },
    );
    Some(found)
}

/// All functions of a file that bear an attribute named `step`.
fn find(text: &str) -> Option<Vec<Found>> {
    let tokens: TokenStream = text.parse().ok()?;
    let mut found = Vec::new();
    search(tokens, Place::Free, &mut found);
    Some(found)
}

fn search(tokens: TokenStream, place: Place, found: &mut Vec<Found>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (position, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            continue;
        };
        let after = &tokens[position + 1..];
        if group.delimiter() == Delimiter::Bracket && names_step(group.stream()) {
            found.extend(function_text(&mut after.iter().cloned()).map(|text| (text, place)));
        }
        let inner = match group.delimiter() {
            Delimiter::Brace => kind_of_block(&tokens[..position]),
            _ => Place::Free,
        };
        search(group.stream(), inner, found);
    }
}

/// Whether the tokens of an attribute are a path that ends in `step`, or hold
/// one, as those of a `cfg_attr` do.
fn names_step(attribute: TokenStream) -> bool {
    attribute.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "step",
        TokenTree::Group(group) => names_step(group.stream()),
        _ => false,
    })
}

/// What a brace group holds, from the tokens before it.
fn kind_of_block(before: &[TokenTree]) -> Place {
    let start = before
        .iter()
        .rposition(ends_an_item)
        .map_or(0, |end| end + 1);
    let head = &before[start..];
    let is =
        |token: &TokenTree, keyword: &str| matches!(token, TokenTree::Ident(i) if i == keyword);
    let first = head
        .iter()
        .position(|token| ["impl", "trait", "fn", "mod"].iter().any(|k| is(token, k)));
    let Some(first) = first else {
        return Place::Free;
    };
    if is(&head[first], "trait") {
        return Place::Trait;
    }
    if !is(&head[first], "impl") {
        return Place::Free;
    }
    // The `for` of `for<'a>` belongs to a bound.
    let of_trait = head.windows(2).any(|pair| {
        is(&pair[0], "for") && !matches!(&pair[1], TokenTree::Punct(p) if p.as_char() == '<')
    });
    if of_trait {
        Place::Trait
    } else {
        Place::Inherent
    }
}

fn ends_an_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    }
}

/// The text of a function from its `fn` to the end of its body.
fn function_text(tokens: &mut dyn Iterator<Item = TokenTree>) -> Option<String> {
    let mut text = String::new();
    let mut tokens = tokens.skip_while(|token| match token {
        TokenTree::Ident(ident) => ident != "fn",
        // Another item's body: no function follows the attribute.
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        _ => true,
    });
    loop {
        let token = tokens.next()?;
        write(&token, &mut text);
        if matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace) {
            return text.starts_with("fn").then_some(text);
        }
    }
}

/// Tokens without the spaces that a printer would put between them.
fn write(token: &TokenTree, text: &mut String) {
    let TokenTree::Group(group) = token else {
        text.push_str(&token.to_token_stream().to_string());
        text.push('\u{1}');
        return;
    };
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    text.push_str(open);
    for token in group.stream() {
        write(&token, text);
    }
    text.push_str(close);
}

#[cfg(test)]
mod tests {
    use super::{Place, find};

    fn places(text: &str) -> Vec<Place> {
        let found = find(text).expect("the text lexes");
        found.into_iter().map(|(_, place)| place).collect()
    }

    #[test]
    fn the_place_of_a_function_is_what_stands_before_its_block() {
        let cases = [
            ("#[step] fn f() {}", Place::Free),
            (
                "mod m { struct S {} #[zen::step(version = 2)] pub fn f() {} }",
                Place::Free,
            ),
            ("fn g() -> impl Sized { #[step] fn f() {} }", Place::Free),
            ("fn g(x: impl Sized) { #[step] fn f() {} }", Place::Free),
            (
                "impl S { const N: u8 = 1; #[step] pub fn f() {} }",
                Place::Inherent,
            ),
            (
                "impl<T: for<'a> X<'a>> S<T> { fn a() {} /// doc\n #[step] #[inline] fn f() {} }",
                Place::Inherent,
            ),
            ("impl T for S { #[step] fn f() {} }", Place::Trait),
            (
                "unsafe impl<A> T<A> for S<A> where A: B { #[step] fn f() {} }",
                Place::Trait,
            ),
            ("trait T: Sized { #[step] fn f() {} }", Place::Trait),
            ("impl S { fn g() { #[step] fn f() {} } }", Place::Free),
            ("#[cfg_attr(all(), step)] fn f() {}", Place::Free),
        ];
        for (text, place) in cases {
            assert_eq!(places(text), [place], "{text}");
        }
    }

    #[test]
    fn other_attributes_and_other_items_are_passed_over() {
        assert_eq!(
            places("#[inline] fn f() {} #[step] struct S {} fn g() {}"),
            []
        );
        let found = find("/// A.\n#[step(x)] #[must_use] pub(crate) fn f() -> u8 { 1 }").unwrap();
        assert_eq!(found[0].0, find("#[step] fn f() -> u8 { 1 }").unwrap()[0].0);
    }
}
