//! How much of a crate its functions reach: the figure that tells how precise
//! closures are.

use std::path::Path;

use crate::{
    Build,
    bare_names::BareNames,
    features,
    index::{COMPILED, Entry, Index, Presence, Target},
    reach::{Impls, Reach},
    syntax::Kind,
};

/// How much of its crate a free function reaches.
#[derive(Clone, Debug)]
pub struct Share {
    /// The path of the function.
    pub function: String,
    /// The tokens that it reaches in its own crate.
    pub reached: usize,
    /// The tokens that it would reach if names alone decided.
    pub bare: usize,
    /// The tokens of the crate.
    pub total: usize,
}

/// An item that a function reaches.
#[derive(Clone, Debug)]
pub struct Reached {
    /// The path of the item, or the head of an impl.
    pub item: String,
    /// Its tokens.
    pub size: usize,
    /// The item that led there. `None` of the function itself, and of what counts since
    /// a type is reached, the name of a member is mentioned, or a macro may be meant.
    pub by: Option<String>,
}

impl Share {
    /// The share of every free function of the library in a package's folder, as it is
    /// built with its default features.
    /// `None` if it cannot be read.
    pub fn of_library(folder: &Path) -> Option<Vec<Self>> {
        let index = read(folder)?;
        let impls = Impls::of(&index);
        let size = |entry: usize| index.content(entry).size;
        let total = own_entries(&index).map(|(id, _)| size(id)).sum();
        let bare = BareNames::of(&index);
        let shares = functions(&index).map(|(id, entry)| {
            let reached = Reach::new(&index, &impls).all_from(id);
            Self {
                function: entry.label.clone(),
                bare: bare.size_of(id),
                reached: reached.iter().map(|(entry, _)| size(*entry)).sum(),
                total,
            }
        });
        Some(shares.collect())
    }

    /// What a free function of such a library reaches, in the order in which it is
    /// met, if there is a function of this path.
    pub fn items_of(folder: &Path, function: &str) -> Option<Vec<Reached>> {
        let index = read(folder)?;
        let impls = Impls::of(&index);
        let mut functions = functions(&index);
        let (id, _) = functions.find(|(_, entry)| entry.label == function)?;
        let label = |entry: usize| index.entries[entry].label.clone();
        let reached = Reach::new(&index, &impls).all_from(id).into_iter();
        let items = reached.map(|(entry, by)| Reached {
            item: label(entry),
            size: index.content(entry).size,
            by: by.map(label),
        });
        Some(items.collect())
    }

    /// The share itself, from 0 to 1.
    pub fn share(&self) -> f64 {
        ratio(self.reached, self.total)
    }

    /// The share by bare names, from 0 to 1.
    pub fn by_bare_names(&self) -> f64 {
        ratio(self.bare, self.total)
    }
}

fn read(folder: &Path) -> Option<Index> {
    let folder = std::fs::canonicalize(folder).ok()?;
    Index::read(Target {
        root: Some(folder.join("src/lib.rs")),
        build: Build::default(),
        presence: Presence {
            is_test: false,
            features: Some(features::by_default(&folder)),
        },
        folder,
    })
}

fn own_entries(index: &Index) -> impl Iterator<Item = (usize, &Entry)> {
    let entries = index.entries.iter().enumerate();
    entries.filter(|(_, entry)| index.modules[entry.module].krate == COMPILED)
}

fn functions(index: &Index) -> impl Iterator<Item = (usize, &Entry)> {
    own_entries(index).filter(|(_, entry)| entry.kind == Kind::Function && entry.owner.is_none())
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, total: usize) -> f64 {
    part as f64 / total.max(1) as f64
}
