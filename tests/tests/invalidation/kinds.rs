//! The kinds of edits, as texts with their edits marked in them.

/// Edits that steps reach, by theme. Each has a step that reaches the edit and
/// mostly one that stands apart.
const MISSES: [&str; 9] = [
    include_str!("../../invalidation/misses/plain.txt"),
    include_str!("../../invalidation/misses/names.txt"),
    include_str!("../../invalidation/misses/namespaces.txt"),
    include_str!("../../invalidation/misses/dispatch.txt"),
    include_str!("../../invalidation/misses/standard.txt"),
    include_str!("../../invalidation/misses/values.txt"),
    include_str!("../../invalidation/misses/macros.txt"),
    include_str!("../../invalidation/misses/bodies.txt"),
    include_str!("../../invalidation/misses/packages.txt"),
];

/// Edits that change nothing for the steps beside them.
const HITS: &str = include_str!("../../invalidation/hits.txt");

/// The files that they share, edited with the first.
const CRATES: &str = include_str!("../../invalidation/crates.txt");

/// Whether the steps beside an edit reach it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Reached,
    Harmless,
}

/// A kind of edit: a module.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    text: &'static str,
    pub(crate) side: Side,
}

impl Kind {
    /// All kinds, in the order of their files.
    pub(crate) fn all() -> Vec<Self> {
        let kind = |(name, text), side| Self { name, text, side };
        let misses = MISSES.iter().flat_map(|text| sections(text));
        let misses = misses.map(|section| kind(section, Side::Reached));
        let hits = sections(HITS).map(|section| kind(section, Side::Harmless));
        misses.chain(hits).collect()
    }

    /// The module, before or after its edit. Its steps tell when they run.
    pub(crate) fn module(&self, edited: bool) -> String {
        let mut text = format!("use zen_runtime::step;\n{}", version(self.text, edited));
        for step in ["pub fn reaches(", "pub fn apart("] {
            if let Some(start) = text.find(step)
                && let Some(body) = text[start..].find('{')
            {
                text.insert_str(start + body + 1, " crate::ran();");
            }
        }
        if self.name == "line_endings" && edited {
            text = text.replace('\n', "\r\n");
        }
        text
    }

    /// The steps of the module, and whether each is a plain function of a number.
    pub(crate) fn steps(&self) -> Vec<(&'static str, bool)> {
        let known = match self.name {
            "method_of_a_step" => return vec![("S::run", false), ("S::other", false)],
            "generic_step" => vec![("generic::<self::generic_step::M>", false)],
            _ => Vec::new(),
        };
        let plain = [("fn reaches(", "reaches"), ("fn apart(", "apart")];
        let plain = plain
            .into_iter()
            .filter(|(text, _)| self.text.contains(text));
        let is_called = |(text, step): (&str, &'static str)| {
            (step, self.text.contains(&format!("{text}x: u64)")))
        };
        known.into_iter().chain(plain.map(is_called)).collect()
    }

    /// Whether a step of this kind must miss after the edit.
    pub(crate) fn must_miss(&self, step: &str) -> bool {
        self.side == Side::Reached && !step.ends_with("apart") && !step.ends_with("other")
    }
}

/// The files that the modules share: paths and contents.
pub(crate) fn files(edited: bool) -> impl Iterator<Item = (&'static str, String)> {
    sections(CRATES).map(move |(path, text)| (path, version(text, edited)))
}

/// `=== name`, and what follows up to the next one.
fn sections(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.split("=== ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
}

/// `⟦a⇒b⟧` stands for `a`, and for `b` once edited.
fn version(text: &str, edited: bool) -> String {
    let mut pieces = text.split('⟦');
    let mut made = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (choice, rest) = piece.split_once('⟧').expect("an edit that ends");
        let (before, after) = choice.split_once('⇒').expect("an edit with two sides");
        made.push_str(if edited { after } else { before });
        made.push_str(rest);
    }
    made
}
