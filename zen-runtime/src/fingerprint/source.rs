//! What a step's source consists of, and how two sources differ.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// One thing that a step's source consists of: the function itself, a function,
/// type or constant that it reaches, a crate, a file, a condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceItem {
    /// What it is: `features::normalize`, `crate geo 0.31.1`, `cfg(unix)`.
    pub label: String,
    /// The beginning of its hash: enough to tell that it changed. The key takes
    /// in the whole.
    pub hash: [u8; 8],
}

/// One thing in which two sources of a step differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SourceChange {
    /// An item is not what it was.
    Changed {
        /// Its label.
        item: String,
    },
    /// The step did not reach it before.
    Added {
        /// Its label.
        item: String,
    },
    /// The step does not reach it any more.
    Removed {
        /// Its label.
        item: String,
    },
    /// A crate of another version.
    Version {
        /// `crate name`.
        item: String,
        /// The version before.
        before: String,
        /// The version now.
        now: String,
    },
}

/// How `now` differs from `before`: what is common to both first.
pub(crate) fn source_changes(before: &[SourceItem], now: &[SourceItem]) -> Vec<SourceChange> {
    let (earlier, later) = (by_label(before), by_label(now));
    let changed = later
        .iter()
        .filter(|(label, hashes)| earlier.get(*label).is_some_and(|other| other != *hashes))
        .map(|(label, _)| SourceChange::Changed {
            item: (*label).to_owned(),
        });
    let mut added = only_in(&later, &earlier);
    let mut removed = only_in(&earlier, &later);
    let versions = versions(&mut removed, &mut added);
    let owned = str::to_owned;
    let added = added.into_iter().map(owned);
    let removed = removed.into_iter().map(owned);
    changed
        .chain(versions)
        .chain(added.map(|item| SourceChange::Added { item }))
        .chain(removed.map(|item| SourceChange::Removed { item }))
        .collect()
}

/// The hashes of each label: two items may share one.
type Labels<'a> = BTreeMap<&'a str, Vec<[u8; 8]>>;

fn by_label(items: &[SourceItem]) -> Labels<'_> {
    let mut found = Labels::new();
    for item in items {
        found.entry(&item.label).or_default().push(item.hash);
    }
    for hashes in found.values_mut() {
        hashes.sort_unstable();
    }
    found
}

fn only_in<'a>(these: &Labels<'a>, others: &Labels<'_>) -> Vec<&'a str> {
    let labels = these.keys().copied();
    labels.filter(|label| !others.contains_key(label)).collect()
}

/// Takes out the crates that went in one version and came in another.
fn versions(removed: &mut Vec<&str>, added: &mut Vec<&str>) -> Vec<SourceChange> {
    let mut found = Vec::new();
    removed.retain(|gone| {
        let Some((name, before)) = crate_version(gone) else {
            return true;
        };
        let come = added
            .iter()
            .position(|label| crate_version(label).is_some_and(|(other, _)| other == name));
        let Some(come) = come else { return true };
        let (_, now) = crate_version(added.remove(come)).unwrap_or_default();
        found.push(SourceChange::Version {
            item: name.to_owned(),
            before: before.to_owned(),
            now: now.to_owned(),
        });
        false
    });
    found
}

/// `crate name` and the version.
fn crate_version(label: &str) -> Option<(&str, &str)> {
    label
        .starts_with("crate ")
        .then(|| label.rsplit_once(' '))?
        .filter(|(name, _)| name.contains(' '))
}

impl fmt::Display for SourceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { item } => write!(f, "`{item}` changed"),
            Self::Added { item } => write!(f, "`{item}` is new"),
            Self::Removed { item } => write!(f, "`{item}` is gone"),
            Self::Version { item, before, now } => {
                write!(f, "`{item}` went from {before} to {now}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceItem, source_changes};

    fn items(items: &[(&str, u8)]) -> Vec<SourceItem> {
        let item = |&(label, hash): &(&str, u8)| SourceItem {
            label: label.to_owned(),
            hash: [hash; 8],
        };
        items.iter().map(item).collect()
    }

    fn told(before: &[(&str, u8)], now: &[(&str, u8)]) -> Vec<String> {
        let changes = source_changes(&items(before), &items(now));
        changes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_changed_is_named() {
        let before = [
            ("a::same", 1),
            ("a::f", 1),
            ("a::OLD", 1),
            ("crate geo 0.31.1", 1),
        ];
        let now = [
            ("a::NEW", 1),
            ("a::f", 2),
            ("a::same", 1),
            ("crate geo 0.31.2", 2),
        ];
        assert_eq!(
            told(&before, &now),
            [
                "`a::f` changed",
                "`crate geo` went from 0.31.1 to 0.31.2",
                "`a::NEW` is new",
                "`a::OLD` is gone",
            ]
        );
        assert!(told(&now, &now).is_empty());
    }

    #[test]
    fn items_that_share_a_label_are_told_by_their_hashes() {
        let (one, other) = ([("a::f", 1), ("a::f", 2)], [("a::f", 2), ("a::f", 1)]);
        assert!(told(&one, &other).is_empty());
        assert_eq!(told(&one, &[("a::f", 1)]), ["`a::f` changed"]);
    }

    #[test]
    fn a_crate_without_a_version_is_an_item_like_any_other() {
        assert_eq!(
            told(&[("crate geo", 1)], &[("crate geo", 2)]),
            ["`crate geo` changed"]
        );
        assert_eq!(
            told(&[("crate geo", 1)], &[("crate geo 1.0.0", 2)]),
            ["`crate geo 1.0.0` is new", "`crate geo` is gone"]
        );
    }
}
