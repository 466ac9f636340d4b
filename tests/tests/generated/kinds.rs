//! The kinds of items, read from the templates in `kinds/*.txt`.
//!
//! A kind is a heading `=== name`, the item's text, and after `---` an
//! expression of a `u64` that uses it. Lines after `+++` belong to the crate of
//! derives. In the templates stand
//!
//! - `@p` and `@w` for the numbers of the item and of its world,
//! - `@v` for the item's value, the number that an edit changes,
//! - `@body` for statements that compute a `u64` from a variable `x` through
//!   the value and other items,
//! - `@x` for the variable that the user has,
//! - `@[name]` for a path to a name of the item, `@use[name]` for its import,
//! - `@root` for the item's crate.
//!
//! Words after the name say where an item may stand: `early` ahead of all
//! modules, `absolute` where its own paths hold anywhere, `rare` in few worlds.

/// One kind of item.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) item: String,
    pub(crate) used: String,
    /// What its crate of derives holds.
    pub(crate) derive: String,
    /// A `macro_rules!` known by its place in the text.
    pub(crate) early: bool,
    /// It is expanded elsewhere, so a relative path in it would mean another thing.
    pub(crate) absolute: bool,
    /// An edit of it may miss every step: most worlds have none.
    pub(crate) rare: bool,
}

const FILES: [&str; 9] = [
    include_str!("kinds/functions.txt"),
    include_str!("kinds/values.txt"),
    include_str!("kinds/traits.txt"),
    include_str!("kinds/standard.txt"),
    include_str!("kinds/macros.txt"),
    include_str!("kinds/names.txt"),
    include_str!("kinds/namespaces.txt"),
    include_str!("kinds/shapes.txt"),
    include_str!("kinds/bodies.txt"),
];

pub(crate) fn all() -> Vec<Kind> {
    FILES
        .iter()
        .flat_map(|file| file.split("=== ").skip(1))
        .map(Kind::read)
        .collect()
}

impl Kind {
    fn read(text: &'static str) -> Self {
        let (heading, lines) = text.split_once('\n').expect("a heading");
        let (name, words) = heading.split_once(' ').unwrap_or((heading, ""));
        let has = |word| words.split(' ').any(|other| other == word);
        let mut kind = Self {
            name,
            item: String::new(),
            used: String::new(),
            derive: String::new(),
            early: has("early"),
            absolute: has("early") || has("absolute"),
            rare: has("rare"),
        };
        for line in lines.lines() {
            if let Some(used) = line.strip_prefix("--- ") {
                used.clone_into(&mut kind.used);
            } else if let Some(derive) = line.strip_prefix("+++ ") {
                kind.derive.push_str(derive);
            } else {
                kind.item.push_str(line);
                kind.item.push('\n');
            }
        }
        assert!(!kind.used.is_empty(), "{name} is used");
        kind
    }

    /// Whether an item of this kind uses other items.
    pub(crate) fn has_body(&self) -> bool {
        self.item.contains("@body")
    }

    /// The names by which others reach an item, with `@p` in them.
    pub(crate) fn names(&self) -> Vec<&str> {
        let pieces = self.used.split("@[").chain(self.used.split("@use["));
        let mut names: Vec<_> = pieces
            .filter_map(|piece| piece.split_once(']'))
            .map(|(name, _)| name)
            .filter(|name| name.ends_with("@p") && !name.contains(['[', ' ', '(']))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// `text` with each `mark` + `name]` replaced by what `path` says of the name.
pub(crate) fn with_paths(text: &str, mark: &str, path: impl Fn(&str) -> String) -> String {
    let mut pieces = text.split(mark);
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(']').expect("a closed name");
        whole.push_str(&path(name));
        whole.push_str(rest);
    }
    whole
}
