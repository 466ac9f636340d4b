//! Macro calls inside of functions, constants and types. An impl that one makes holds
//! outside, too.
//!
//! Nearly every function calls macros, and next to none of those make impls: where the
//! marks of calls stand is noted as a crate is read, and of a function that calls none
//! but harmless macros nothing more is read.

use std::mem;

use crate::{
    imports::Binding,
    outline::{Outlined, Part},
    reach::STANDARD_MACROS,
    references::PathRef,
    resolve::{Scope, Target},
    spaces::Spaces,
    tables::{Map, Set},
    tree::{Name, Names, Tree},
};

use super::{Index, heads::lists};

/// Packages whose macros make values, and no impls for what they are given.
const OF_VALUES: [&str; 22] = [
    "anyhow",
    "approx",
    "assert_matches",
    "color-eyre",
    "eyre",
    "futures",
    "futures-util",
    "indexmap",
    "indoc",
    "itertools",
    "log",
    "maplit",
    "memoffset",
    "ndarray",
    "pretty_assertions",
    "quote",
    "serde_json",
    "smallvec",
    "snafu",
    "syn",
    "tokio",
    "tracing",
];

/// Macros and attributes of the language beside those of the standard library's prelude.
const OF_LANGUAGE: [&str; 5] = ["asm", "global_asm", "llvm_asm", "naked_asm", TEST];

/// What a function bears that is dropped where no test is compiled.
const TEST: &str = "test";

/// The macros of zen, which is never followed.
const OWN_MACROS: [&str; 3] = ["call", "pipeline", "step_ref"];

/// An item in which macros may be called.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) inside: usize,
    pub(super) part: Part,
    /// Where the marks of calls may stand in it.
    marks: Vec<usize>,
    pub(super) has_imports: bool,
    has_impls: bool,
    /// Whether it is a test.
    is_test: bool,
}

/// What is known of the macros that bodies call.
#[derive(Default)]
pub(super) struct Called {
    /// Names that are those of harmless macros wherever they stand alone.
    harmless: Set<Name>,
    /// By module and path, whether a macro may make impls.
    met: Map<(usize, PathRef), bool>,
}

impl Index {
    /// Remembers where macros may be called in an item whose outline is read.
    pub(super) fn note_body(&mut self, inside: usize, part: &Part, outlined: &Outlined<'_>) {
        let start = outlined.bytes.start;
        self.note_marks(inside, part.part(&outlined.bytes), start, outlined);
    }

    /// The same of its head.
    pub(super) fn note_head(&mut self, inside: usize, part: &Part, outlined: &Outlined<'_>) {
        let head = outlined.head();
        let start = head.start;
        self.note_marks(inside, part.part(&head), start, outlined);
    }

    fn note_marks(&mut self, inside: usize, part: Part, start: usize, outlined: &Outlined<'_>) {
        let krate = self.modules[self.entries[inside].module].krate;
        if self.crates[krate].package.is_proc_macro {
            // It counts as a whole.
            return;
        }
        let length = part.bytes.len();
        let marks = outlined.calls.iter().map(|mark| mark - start);
        let marks: Vec<_> = marks.take_while(|mark| *mark < length).collect();
        if !marks.is_empty() {
            self.bodies.push(Body {
                inside,
                part,
                marks,
                has_imports: outlined.met.uses > 0,
                has_impls: outlined.met.impls > 0,
                is_test: is_test(outlined.item.attributes, &self.names),
            });
        }
    }

    /// Finds the calls in bodies that may make impls.
    pub(super) fn calls_in_bodies(&mut self) {
        let mut called = Called {
            harmless: self.harmless_names(),
            ..Called::default()
        };
        for body in mem::take(&mut self.bodies) {
            if !self.leaves_out(&body, &called) && self.may_hold_impls(&body, &mut called) {
                self.inner_calls(&body, &mut called);
            }
        }
    }

    /// Whether a body is that of a test, which is dropped where none is compiled.
    fn leaves_out(&self, body: &Body, called: &Called) -> bool {
        let krate = self.modules[self.entries[body.inside].module].krate;
        let is_left_out = body.is_test && !self.crates[krate].presence.is_test;
        is_left_out && called.harmless.contains(&self.names.intern(TEST))
    }

    /// The names of well-known macros that nobody gives to others. A glob cannot: that
    /// is an error where the name is used.
    fn harmless_names(&self) -> Set<Name> {
        let known = STANDARD_MACROS.iter().chain(&OF_LANGUAGE);
        let mut names: Set<_> = known.map(|name| self.names.intern(name)).collect();
        for name in self.rules.keys() {
            names.remove(name);
        }
        let imports = self.modules.iter().flat_map(|module| &module.imports);
        for import in imports {
            if let Binding::Name(name) = import.binding
                && !self.is_of_standard(&import.path)
            {
                names.remove(&name);
            }
        }
        names
    }

    fn is_of_standard(&self, path: &PathRef) -> bool {
        let first = path.segments.first();
        let text = first.map_or("", |first| self.names.text(*first));
        matches!(text, "std" | "core" | "alloc")
    }

    fn may_hold_impls(&self, body: &Body, called: &mut Called) -> bool {
        let module = self.entries[body.inside].module;
        let text = self.text(&body.part);
        body.marks.iter().any(|mark| {
            let path = path_before(text, *mark, &self.names);
            path.is_some_and(|path| match self.names.text(path.segments[0]) {
                "macro_rules" => body.has_impls,
                // What it imports, and what macros are given, its tokens tell.
                _ if body.has_imports || body.has_impls => !self.is_harmless(&path, called),
                _ => self.may_make_impls(module, path, called),
            })
        })
    }

    pub(super) fn is_harmless(&self, path: &PathRef, called: &Called) -> bool {
        match path.segments.as_slice() {
            [only] => called.harmless.contains(only),
            _ => self.is_of_standard(path),
        }
    }

    /// Whether a macro may make impls, of what its rules hold or of what it is given.
    pub(super) fn may_make_impls(&self, module: usize, path: PathRef, called: &mut Called) -> bool {
        if self.is_harmless(&path, called) {
            return false;
        }
        let key = (module, path);
        if let Some(known) = called.met.get(&key) {
            return *known;
        }
        let found = self.makes_impls(module, &key.1);
        called.met.insert(key, found);
        found
    }

    fn makes_impls(&self, module: usize, path: &PathRef) -> bool {
        if self.is_known_macro(module, path) {
            return false;
        }
        let rules = self.macro_rules(module, path).into_iter().collect();
        let all = self.rules_within(module, &rules);
        if !self.has_rules(module, path) && !self.makes_values(Scope::of(module), path) {
            return true;
        }
        let word = self.names.intern("impl");
        self.call_what_they_are_given(&all)
            || all.iter().any(|rule| {
                let references = self.references(*rule);
                let home = self.entries[*rule].module;
                let mut macros = references.macros.iter();
                let is_other = |path: &PathRef| {
                    !self.is_known_macro(home, path)
                        && !self.has_rules(home, path)
                        && !self.has_rules(module, path)
                        && !self.makes_values(Scope::of(home), path)
                };
                references.words.contains(&word) || macros.any(is_other)
            })
    }

    /// Whether what is surely a macro of another crate makes no impls.
    pub(super) fn makes_values(&self, scope: Scope<'_>, path: &PathRef) -> bool {
        let targets = self.resolve(scope, path, Spaces::MACROS);
        if targets.is_empty() {
            let last = path.segments.last();
            return last.is_none_or(|last| OWN_MACROS.contains(&self.names.text(*last)));
        }
        targets.iter().all(|target| match target {
            Target::Standard => true,
            Target::Foreign(krate, name) => {
                let dependency = self.crates[*krate].package.dependencies.get(name);
                dependency.is_some_and(|found| OF_VALUES.contains(&found.package.as_str()))
            }
            _ => false,
        })
    }
}

fn is_test(attributes: &[Tree], names: &Names) -> bool {
    let mut all = lists(attributes);
    all.any(|list| matches!(list, [Tree::Ident(name)] if names.text(*name) == TEST))
}

/// The path that stands before a mark in a text, if it may be that of a macro: one that
/// leads nowhere, where a comment may stand between them.
fn path_before(text: &str, mark: usize, names: &Names) -> Option<PathRef> {
    let before = text.get(..mark)?;
    let text = before.trim_end();
    if is_behind_comment(text, &before[text.len()..]) {
        return Some(PathRef::of(names.intern("")));
    }
    let bytes = text.as_bytes();
    let end = bytes.len();
    let mut start = end;
    while start > 0 && is_of_path(bytes[start - 1]) {
        start -= 1;
    }
    let path = text.get(start..end)?;
    let segments = path.split(':').filter(|name| !name.is_empty());
    let segments: Vec<_> = segments
        .map(|name| names.plain(names.intern(name)))
        .collect();
    let last = segments.last()?;
    (!names.is_keyword(*last)).then(|| PathRef {
        absolute: path.starts_with(':'),
        segments,
    })
}

/// Whether a text may end with a comment, from what is blank behind it.
fn is_behind_comment(text: &str, blank: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or_default();
    text.ends_with("*/") || blank.contains('\n') && line.contains("//")
}

fn is_of_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'#') || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::path_before;
    use crate::{references::PathRef, tree::Names};

    #[test]
    fn a_path_stands_before_the_mark_of_a_call() {
        let cases = [
            ("a!", "a"),
            ("{ a::b !", "a b"),
            ("(::a::r#b!", "a b"),
            ("return é!", "é"),
            ("a\n !", "a"),
            ("a // b\n::c!", "c"),
            ("if !", ""),
            ("a && !", ""),
            ("!", ""),
        ];
        for (text, expected) in cases {
            let names = Names::default();
            let path = path_before(text, text.len() - 1, &names);
            let segments = path.map(|path| path.segments).unwrap_or_default();
            let found: Vec<_> = segments.iter().map(|name| names.text(*name)).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_comment_may_hide_what_is_called() {
        for text in ["a /* b */ !", "a // vec\n !", "a // b\n/* /* */ */!"] {
            let names = Names::default();
            let path = path_before(text, text.len() - 1, &names);
            assert_eq!(path, Some(PathRef::of(names.intern(""))), "{text}");
        }
    }
}
