//! The list of what was reached, with the hash of each item.

use std::{collections::BTreeSet, fs};

use crate::{
    Item,
    references::{FileArgument, FilePart, References},
};

use super::Reach;
use crate::index::COMPILED;

impl Reach<'_> {
    /// The list of items, and the conditions that they stand under.
    pub(super) fn finish(mut self) -> Vec<Item> {
        let mut reached: Vec<_> = self.reached.iter().copied().collect();
        reached.sort_unstable();
        for entry in reached {
            let found = &self.index.entries[entry];
            let edges = self.edges.get(&entry).into_iter().flatten();
            let edges = edges.cloned().collect::<Vec<_>>().join("\n");
            let mut bytes = self.index.content(entry).hash.to_vec();
            bytes.extend_from_slice(edges.as_bytes());
            self.add(&found.label, &bytes);
        }
        self.edition_of_each_crate();
        self.texts_as_names();
        if self.counts_lines {
            self.whole_files();
        }
        for (krate, name) in std::mem::take(&mut self.foreign) {
            self.add_foreign(krate, &name);
        }
        for condition in std::mem::take(&mut self.conditions) {
            self.add(&format!("cfg({condition})"), b"");
        }
        let items = self.items.into_iter();
        items
            .map(|(label, hashes)| Item {
                label,
                hash: one_hash(&hashes),
            })
            .collect()
    }

    pub(super) fn add(&mut self, label: &str, content: &[u8]) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content);
        let found = self.items.entry(label.to_owned()).or_default();
        found.insert(*hasher.finalize().as_bytes());
    }

    /// The edition decides what some expressions mean.
    fn edition_of_each_crate(&mut self) {
        let index = self.index;
        let modules = self.modules.iter().map(|module| &index.modules[*module]);
        let crates: BTreeSet<_> = modules.map(|module| module.krate).collect();
        for krate in crates {
            let package = &index.crates[krate].package;
            let label = format!("edition of {}", package.name);
            self.add(&label, package.edition.as_bytes());
        }
    }

    /// A macro takes the name of a file or a variable from one of its callers.
    fn texts_as_names(&mut self) {
        if !self.takes_texts {
            return;
        }
        for (module, text) in std::mem::take(&mut self.texts) {
            if self.index.modules[module]
                .file
                .with_file_name(&text)
                .is_file()
            {
                let argument = FileArgument {
                    parts: vec![FilePart::Text(text.clone())],
                    is_rust: false,
                };
                self.file(module, &text, &argument);
            }
            if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !text.is_empty() {
                self.variable(module, &text);
            }
        }
    }

    /// Whatever moves a line counts.
    fn whole_files(&mut self) {
        let index = self.index;
        let entries = self.reached.iter();
        let modules: BTreeSet<_> = entries
            .map(|entry| index.entries[*entry].module)
            .chain(self.modules.iter().copied())
            .collect();
        for module in modules {
            let found = &index.modules[module];
            let content = fs::read(&found.file).unwrap_or_default();
            let label = format!("lines of {}", found.label);
            self.add(&label, &content);
        }
    }

    fn add_foreign(&mut self, krate: usize, name: &str) {
        if let Some(resolved) = self.index.foreign(krate, name) {
            let label = format!("crate {}", resolved.label);
            self.add(&label, resolved.content.as_bytes());
        }
    }

    /// The compiler tells conditions as they are for the crate that it compiles.
    /// What holds for another one is known as far as manifests tell.
    pub(super) fn conditions(&mut self, module: usize, references: &References) {
        let index = self.index;
        let krate = index.modules[module].krate;
        for condition in &references.conditions {
            if krate == COMPILED {
                self.conditions.insert(condition.clone());
                continue;
            }
            for atom in atoms(condition) {
                match atom.split('=').next() {
                    Some("feature") => self.features(krate),
                    Some(name) if EVERYWHERE.contains(&name) || name.starts_with("target_") => {
                        self.conditions.insert(atom.to_owned());
                    }
                    // A build script sets it, or a flag that counts for all crates.
                    _ if index.crates[krate].package.is_built => self.package_files(krate),
                    _ => {
                        self.conditions.insert(atom.to_owned());
                    }
                }
            }
        }
    }

    fn features(&mut self, krate: usize) {
        let index = self.index;
        let package = &index.crates[krate].package;
        let label = format!("features of {}", package.name);
        if self.items.contains_key(&label) {
            return;
        }
        // Manifests ask for them, command lines, and whatever else is built along. Only
        // the build knows.
        let unit = index.unit(krate);
        if !unit.is_empty() && !index.is_own(krate) {
            self.add(&label, unit.as_bytes());
            return;
        }
        self.add(&label, package.features.as_bytes());
        // Any crate may ask for them, and hand on features of its own.
        for other in &index.crates {
            let asked = other.package.dependencies.values();
            for dependency in asked.filter(|d| d.package == package.name) {
                let asked = format!("{}\n{}", dependency.declared, other.package.features);
                self.add(&label, asked.as_bytes());
            }
        }
        for name in &index.crates[COMPILED].package.feature_names {
            self.conditions.insert(format!("feature={name:?}"));
        }
    }
}

/// One hash of all that stands under a label; that of the content itself, if there
/// is one only.
fn one_hash(hashes: &BTreeSet<[u8; 32]>) -> [u8; 32] {
    if let (Some(only), 1) = (hashes.first(), hashes.len()) {
        return *only;
    }
    let bytes: Vec<u8> = hashes.iter().flatten().copied().collect();
    *blake3::hash(&bytes).as_bytes()
}

/// Conditions that hold for all crates of a build, or for none.
const EVERYWHERE: [&str; 8] = [
    "unix",
    "windows",
    "debug_assertions",
    "overflow_checks",
    "panic",
    "miri",
    "true",
    "false",
];

/// The conditions in a condition: `unix` and `feature="a"` in `all(unix,feature="a")`.
fn atoms(condition: &str) -> impl Iterator<Item = &str> {
    let parts = condition.split(['(', ')', ',']);
    parts.filter(|part| !matches!(*part, "" | "all" | "any" | "not"))
}
