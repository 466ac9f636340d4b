//! How much of a crate its functions reach: the figure that tells how precise
//! closures are.

use std::path::Path;

use crate::{
    Build,
    bare_names::BareNames,
    features,
    index::{COMPILED, Index, Presence, Target},
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

impl Share {
    /// The share of every free function of the library in a package's folder, as it is
    /// built with its default features.
    /// `None` if it cannot be read.
    pub fn of_library(folder: &Path) -> Option<Vec<Self>> {
        let folder = std::fs::canonicalize(folder).ok()?;
        let index = Index::read(Target {
            root: Some(folder.join("src/lib.rs")),
            build: Build::default(),
            presence: Presence {
                is_test: false,
                features: Some(features::by_default(&folder)),
            },
            folder,
        })?;
        let impls = Impls::of(&index);
        let entries = || {
            let entries = index.entries.iter().enumerate();
            entries.filter(|(_, entry)| index.modules[entry.module].krate == COMPILED)
        };
        let total = entries().map(|(id, _)| index.content(id).size).sum();
        let functions =
            entries().filter(|(_, entry)| entry.kind == Kind::Function && entry.owner.is_none());
        let bare = BareNames::of(&index);
        let shares = functions.map(|(id, entry)| Self {
            function: entry.label.clone(),
            bare: bare.size_of(id),
            reached: Reach::new(&index, &impls).size_of(id),
            total,
        });
        Some(shares.collect())
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

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, total: usize) -> f64 {
    part as f64 / total.max(1) as f64
}
