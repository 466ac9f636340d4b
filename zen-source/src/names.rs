//! Identifiers as numbers.

// `usize::from` is a call, where nothing is optimised.
#![allow(clippy::cast_lossless)]

use std::cell::RefCell;

use crate::pages::Pages;

/// An interned identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name(u32);

/// All identifiers met so far. It grows while their texts are borrowed, for what an
/// item names is read when the item is reached.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The names in the order of their hashes.
    slots: RefCell<Vec<Slot>>,
    texts: Pages<Known>,
}

#[derive(Debug)]
struct Known {
    text: Box<str>,
    /// What it stands for: `r#a` is `a`.
    plain: Name,
    is_keyword: bool,
}

/// A place for a name; an empty one has none.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u32,
    name: Option<Name>,
}

impl Names {
    pub(crate) fn intern(&self, text: &str) -> Name {
        let hash = hash(text);
        if let Some(name) = self.find(hash, text) {
            return name;
        }
        let plain = text
            .strip_prefix("r#")
            .filter(|rest| !is_reserved(rest))
            .map(|rest| self.intern(rest));
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(Known {
            text: text.into(),
            plain: plain.unwrap_or(name),
            is_keyword: KEYWORDS.contains(&text),
        });
        self.insert(hash, name);
        name
    }

    /// The name of a text, if it is one already.
    pub(crate) fn known(&self, text: &str) -> Option<Name> {
        let name = self.find(hash(text), text)?;
        Some(self.plain(name))
    }

    fn find(&self, hash: u32, text: &str) -> Option<Name> {
        let slots = self.slots.borrow();
        let mask = slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let slot = slots[at];
            let name = slot.name?;
            if slot.hash == hash && self.text(name) == text {
                return Some(name);
            }
            at = (at + 1) & mask;
        }
    }

    /// At least half of the slots stay empty.
    fn insert(&self, hash: u32, name: Name) {
        let mut slots = self.slots.borrow_mut();
        if slots.len() < 2 * self.texts.len() {
            let old = std::mem::take(&mut *slots);
            slots.resize((2 * old.len()).max(128), Slot::default());
            for slot in old.into_iter().filter(|slot| slot.name.is_some()) {
                put(&mut slots, slot);
            }
        }
        let name = Some(name);
        put(&mut slots, Slot { hash, name });
    }

    /// The name that `r#name` and `name` have in common.
    pub(crate) fn plain(&self, name: Name) -> Name {
        match self.texts.get(name.0 as usize) {
            Some(known) => known.plain,
            None => name,
        }
    }

    /// Whether it is a word of the language, which names nothing.
    pub(crate) fn is_keyword(&self, name: Name) -> bool {
        match self.texts.get(name.0 as usize) {
            Some(known) => known.is_keyword,
            None => false,
        }
    }

    pub(crate) fn text(&self, name: Name) -> &str {
        match self.texts.get(name.0 as usize) {
            Some(known) => &known.text,
            None => "",
        }
    }
}

/// Puts a name into the first slot that is empty, from its own on.
fn put(slots: &mut [Slot], slot: Slot) {
    let mask = slots.len() - 1;
    let mut at = slot.hash as usize & mask;
    while slots[at].name.is_some() {
        at = (at + 1) & mask;
    }
    slots[at] = slot;
}

fn hash(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut hash: u32 = 0;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash << 5) ^ (hash >> 27) ^ bytes[at] as u32;
        at += 1;
    }
    hash.wrapping_mul(0x9e37_79b1).rotate_left(16)
}

/// Words of the language, which name nothing.
const KEYWORDS: [&str; 41] = [
    "as",
    "async",
    "await",
    "break",
    "const",
    "continue",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "fn",
    "for",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "match",
    "mod",
    "move",
    "mut",
    "pub",
    "ref",
    "return",
    "static",
    "struct",
    "trait",
    "true",
    "type",
    "unsafe",
    "use",
    "where",
    "while",
    "yield",
    "_",
    "default",
    "union",
    "macro_rules",
    "auto",
    "safe",
];

/// Words that are names with `r#` alone.
fn is_reserved(word: &str) -> bool {
    const WORDS: [&str; 51] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
        "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
        "return", "static", "struct", "trait", "true", "try", "type", "typeof", "union", "unsafe",
        "unsized", "use", "virtual", "where", "while", "yield", "default", "auto",
    ];
    WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_text_has_one_name() {
        let names = Names::default();
        let texts: Vec<_> = (0..1000).map(|number| format!("name{number}")).collect();
        let first: Vec<_> = texts.iter().map(|text| names.intern(text)).collect();
        for (text, name) in texts.iter().zip(first) {
            assert_eq!(names.intern(text), name);
            assert_eq!(names.text(name), text);
        }
    }

    #[test]
    fn a_raw_name_stands_for_the_plain_one() {
        let names = Names::default();
        let raw = names.intern("r#a");
        assert_eq!(names.text(raw), "r#a");
        assert_eq!(names.plain(raw), names.intern("a"));
        let keyword = names.intern("r#fn");
        assert_eq!(names.plain(keyword), keyword);
    }
}
