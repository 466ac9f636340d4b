//! What the rules of a macro, or the input of a call, hold of the items that the macro
//! makes.

use std::collections::BTreeSet;

use proc_macro2::Delimiter;

use crate::{
    imports::{self, Binding},
    references::{PathRef, is_colons},
    tree::{Name, Names, Tree},
};

use super::{
    heads::walk,
    tame::{add_tame_macros, makes_items},
};

/// Words that stand before the name of an item or of a member.
const DECLARING: [&str; 12] = [
    "const",
    "enum",
    "fn",
    "macro",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "use",
];

/// Those that never stand in the head of a function, and so begin another item.
const BEGINNING: [&str; 7] = [
    "enum",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
];

/// Where the names that a macro declares, and the heads of its impls, come from. Rules
/// put together what stands in them and what they are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// All stand behind a word that declares.
    #[default]
    Here,
    /// Such a word stands before what the rules are given.
    Given,
    /// Such a word is itself given, and may be put before any other.
    Anywhere,
}

/// The pieces of items in one list of tokens.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// The names behind words that declare.
    pub(super) declared: BTreeSet<Name>,
    pub(super) origin: Origin,
    /// The identifiers behind what rules are given.
    pub(super) behind: BTreeSet<Name>,
    /// Whether rules take words one by one out of what they are given, and not as parts
    /// of items or types.
    pub(super) takes_words: bool,
    /// Every identifier in what may be the head of an impl.
    pub(super) heads: BTreeSet<Name>,
    /// Whether names may come in that stand nowhere: by a glob, or by a macro of
    /// another crate that stands on an item.
    pub(super) brings_others: bool,
    /// The macros that are called where items stand.
    pub(super) macros: Vec<PathRef>,
    /// The macros that stand on items and make no others, as their names tell.
    pub(super) tame: Vec<PathRef>,
    /// Fragments that are attributes, the `$meta` of `#[$meta]`: they are seen as such
    /// wherever they are given.
    attributes: BTreeSet<Name>,
}

impl Pieces {
    pub(super) fn of(tokens: &[Tree], names: &Names) -> Self {
        let mut pieces = Self::default();
        pieces.scan(tokens, Place::default(), names);
        pieces
    }

    fn scan(&mut self, trees: &[Tree], place: Place, names: &Names) {
        let mut in_head = false;
        for (at, tree) in trees.iter().enumerate() {
            match tree {
                Tree::Ident(name) if is_word(trees, at) => {
                    let word = names.text(*name);
                    if is_behind_given(&trees[..at]) {
                        self.behind.insert(names.plain(*name));
                    }
                    in_head = word == "fn" || in_head && !BEGINNING.contains(&word);
                    self.word(word, &trees[at..], place, names);
                }
                Tree::Punct(';', _) => in_head = false,
                Tree::Punct('$', _) => self.fragment(&trees[at + 1..], names),
                Tree::Group(Delimiter::Bracket, inner) if is_attribute(&trees[..at]) => {
                    self.attribute(inner, place, names);
                }
                Tree::Group(delimiter, inner) => {
                    let is_input = at > 0 && trees[at - 1].is_punct('!');
                    if is_input && !place.in_body {
                        self.macros.extend(path_before(&trees[..at - 1], names));
                    }
                    let is_body = in_head && *delimiter == Delimiter::Brace;
                    in_head &= !is_body;
                    let inside = Place {
                        in_input: place.in_input || is_input,
                        in_body: place.in_body || is_body,
                    };
                    self.scan(inner, inside, names);
                }
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &str, trees: &[Tree], place: Place, names: &Names) {
        if word == "impl" {
            self.head(trees, names);
        }
        if word == "impl" || DECLARING.contains(&word) {
            let given = if place.in_input {
                Origin::Anywhere
            } else {
                Origin::Here
            };
            self.origin = self.origin.max(given);
        }
        match word {
            "use" => self.import(&trees[1..], place, names),
            // `extern crate a as b;`
            "extern" => {
                let next = trees.get(1).and_then(Tree::ident);
                self.brings_others |= next.is_some_and(|next| names.text(next) == "crate");
            }
            _ if DECLARING.contains(&word) => self.declaration(&trees[1..], names),
            _ => {}
        }
    }

    /// What stands behind a word that declares.
    fn declaration(&mut self, trees: &[Tree], names: &Names) {
        let is_passed = |tree: &&Tree| match tree {
            Tree::Ident(name) => matches!(names.text(*name), "mut" | "ref"),
            tree => tree.is_punct('!'),
        };
        match trees.iter().find(|tree| !is_passed(tree)) {
            Some(Tree::Ident(name)) => {
                self.declared.insert(names.plain(*name));
            }
            Some(tree) if tree.is_punct('$') => self.origin = self.origin.max(Origin::Given),
            // The type of a function, or of a pointer.
            _ => {}
        }
    }

    /// What a `use` brings.
    fn import(&mut self, trees: &[Tree], place: Place, names: &Names) {
        let end = trees.iter().position(|tree| tree.is_punct(';'));
        let tokens = &trees[..end.unwrap_or(trees.len())];
        let mut is_known = end.is_some();
        let text = |tree: &Tree| tree.ident().map(|name| names.text(name));
        walk(tokens, &mut |trees| {
            for (at, pair) in trees.windows(2).enumerate() {
                if !pair[0].is_punct('$') || text(&pair[1]) == Some("crate") {
                    continue;
                }
                if at > 0 && text(&trees[at - 1]) == Some("as") {
                    self.origin = self.origin.max(Origin::Given);
                } else {
                    is_known = false;
                }
            }
        });
        for import in imports::parse(tokens, names) {
            match import.binding {
                Binding::Name(name) => {
                    self.declared.insert(name);
                }
                Binding::Glob => is_known = false,
                Binding::Hidden => {}
            }
        }
        // What is imported in the body of a function is known there alone.
        self.brings_others |= !is_known && !place.in_body;
    }

    /// From an `impl` up to its block.
    fn head(&mut self, trees: &[Tree], names: &Names) {
        // A block among arguments, as in `Array<{ N }>`, ends nothing.
        let is_argument =
            |next: Option<&Tree>| next.is_some_and(|t| t.is_punct('>') || t.is_punct(','));
        let ends = |at: &usize| {
            trees[*at].group(Delimiter::Brace).is_some() && !is_argument(trees.get(at + 1))
        };
        let end = (0..trees.len()).find(ends).unwrap_or(trees.len());
        walk(&trees[..end], &mut |trees| {
            let words = trees.iter().filter_map(Tree::ident);
            self.heads.extend(words.map(|name| names.plain(name)));
        });
    }

    /// `$name:kind`: an attribute that is given as such may be any.
    fn fragment(&mut self, trees: &[Tree], names: &Names) {
        if let [Tree::Ident(name), colon, Tree::Ident(kind), ..] = trees
            && colon.is_punct(':')
        {
            self.attributes.remove(name);
            self.brings_others |= names.text(*kind) == "meta";
            self.takes_words |= matches!(names.text(*kind), "ident" | "tt");
        }
    }

    fn attribute(&mut self, inner: &[Tree], place: Place, names: &Names) {
        let makes_items = match inner {
            [dollar, Tree::Ident(name), colon, ..]
                if dollar.is_punct('$') && colon.is_punct(':') =>
            {
                self.attributes.insert(*name);
                false
            }
            [dollar, Tree::Ident(name)] if dollar.is_punct('$') => !self.attributes.contains(name),
            [dollar, ..] if dollar.is_punct('$') => true,
            _ => makes_items(inner, names),
        };
        if !place.in_body {
            add_tame_macros(inner, names, &mut self.tame);
        }
        if makes_items {
            // It may make members of any name, too.
            self.origin = Origin::Anywhere;
            self.brings_others |= !place.in_body;
        }
    }
}

/// Where tokens stand.
#[derive(Clone, Copy, Default)]
struct Place {
    /// In what a macro is given.
    in_input: bool,
    /// In the body of a function.
    in_body: bool,
}

/// Whether an identifier is one: `'static` and `$type` are something else.
fn is_word(trees: &[Tree], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &trees[before]);
    !before.is_some_and(|before| before.is_punct('\'') || before.is_punct('$'))
}

/// Whether tokens end with `$name`, or with `$(..)*`.
fn is_behind_given(before: &[Tree]) -> bool {
    match before {
        [.., dollar, Tree::Ident(_)] if dollar.is_punct('$') => true,
        [.., Tree::Group(..), sign] => ['*', '+', '?'].iter().any(|mark| sign.is_punct(*mark)),
        [.., Tree::Group(..), _, sign] => ['*', '+'].iter().any(|mark| sign.is_punct(*mark)),
        _ => false,
    }
}

fn is_attribute(before: &[Tree]) -> bool {
    match before {
        [.., hash] if hash.is_punct('#') => true,
        [.., hash, bang] => hash.is_punct('#') && bang.is_punct('!'),
        _ => false,
    }
}

/// The path that tokens end with.
fn path_before(tokens: &[Tree], names: &Names) -> Option<PathRef> {
    let is_part = |tree: &&Tree| tree.ident().is_some() || tree.is_punct(':');
    let length = tokens.iter().rev().take_while(is_part).count();
    let (before, path) = tokens.split_at(tokens.len() - length);
    if path.len() == 1 && before.last().is_some_and(|tree| tree.is_punct('$')) {
        // One that the rules are given.
        return None;
    }
    let segments: Vec<_> = path.iter().filter_map(Tree::ident).collect();
    (!segments.is_empty()).then(|| PathRef {
        absolute: is_colons(path),
        segments: segments.into_iter().map(|name| names.plain(name)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Origin, Pieces};
    use crate::tree::Names;

    #[test]
    fn names_stand_behind_words_that_declare() {
        // Rules or a call, the names that they declare, and where others come from.
        let cases = [
            (
                "macro_rules! m { () => { fn f() { g() } } }",
                "f m",
                Origin::Here,
            ),
            (
                "macro_rules! m { () => { static mut S: u8 = 1; } }",
                "S m",
                Origin::Here,
            ),
            (
                "macro_rules! m { () => { &'static str } }",
                "m",
                Origin::Here,
            ),
            (
                "macro_rules! m { () => { use a::{b, c as d}; } }",
                "b d m",
                Origin::Here,
            ),
            (
                "macro_rules! m { ($n:ident) => { fn $n() {} } }",
                "m",
                Origin::Given,
            ),
            (
                "macro_rules! m { ($n:ident) => { use a::{b as $n}; } }",
                "m",
                Origin::Given,
            ),
            (
                "macro_rules! m { ($k:tt) => { n!(fn $k); } }",
                "m",
                Origin::Anywhere,
            ),
            ("m! { struct S; }", "S", Origin::Anywhere),
            ("m!(a, B);", "", Origin::Here),
            (
                "macro_rules! m { () => { #[other::a] fn f() {} } }",
                "f m",
                Origin::Anywhere,
            ),
        ];
        for (text, declared, origin) in cases {
            let names = Names::default();
            let pieces = Pieces::of(&names.lex(text).unwrap(), &names);
            let mut found: Vec<_> = pieces.declared.iter().map(|n| names.text(*n)).collect();
            found.sort_unstable();
            assert_eq!(found.join(" "), declared, "{text}");
            assert_eq!(pieces.origin, origin, "{text}");
        }
    }

    #[test]
    fn globs_and_macros_of_others_bring_names_that_stand_nowhere() {
        let cases = [
            ("{ () => { use a::*; } }", true),
            ("{ () => { fn f() { use a::*; } } }", false),
            ("{ () => { fn f() {} use a::*; } }", true),
            ("{ ($p:path) => { use $p; } }", true),
            ("{ () => { use $crate::a::b; } }", false),
            ("{ ($n:ident) => { use a::b as $n; } }", false),
            (
                "{ () => { #[derive(Debug, serde::Serialize)] struct S; } }",
                false,
            ),
            ("{ () => { #[derive(Builder)] struct S; } }", true),
            ("{ ($(#[$m:meta])*) => { $(#[$m])* struct S; } }", false),
            ("{ ($m:meta) => { #[$m] struct S; } }", true),
            ("{ ($d:ident) => { #[derive($d)] struct S; } }", true),
        ];
        for (rules, brings_others) in cases {
            let names = Names::default();
            let tokens = names.lex(&format!("macro_rules! m {rules}")).unwrap();
            let pieces = Pieces::of(&tokens, &names);
            assert_eq!(pieces.brings_others, brings_others, "{rules}");
        }
    }
}
