//! The list of what was reached, with the hash of each item.

use crate::{Item, references::References};

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
            let mut bytes = found.hash.to_vec();
            bytes.extend_from_slice(edges.as_bytes());
            self.add(&found.label, &bytes);
        }
        for (krate, name) in std::mem::take(&mut self.foreign) {
            self.add_foreign(krate, &name);
        }
        for condition in std::mem::take(&mut self.conditions) {
            self.add(&format!("cfg({condition})"), b"");
        }
        let items = self.items.into_iter();
        items
            .map(|(label, hash)| Item {
                label,
                hash: *hash.finalize().as_bytes(),
            })
            .collect()
    }

    pub(super) fn add(&mut self, label: &str, content: &[u8]) {
        let hasher = self.items.entry(label.to_owned()).or_default();
        hasher.update(&(content.len() as u64).to_le_bytes());
        hasher.update(content);
    }

    fn add_foreign(&mut self, krate: usize, name: &str) {
        if let Some(resolved) = self.index.foreign(krate, name) {
            let label = format!("crate {}", resolved.label);
            self.add(&label, resolved.content.as_bytes());
        }
    }

    /// The compiler tells conditions as they are for the crate that it compiles.
    /// The features of another one are known as far as manifests tell.
    pub(super) fn conditions(&mut self, module: usize, references: &References) {
        let index = self.index;
        let krate = index.modules[module].krate;
        for condition in &references.conditions {
            if krate == COMPILED || !condition.contains("feature") {
                self.conditions.insert(condition.clone());
                continue;
            }
            let package = &index.crates[krate].package;
            let label = format!("features of {}", package.name);
            if self.items.contains_key(&label) {
                continue;
            }
            self.add(&label, package.features.as_bytes());
            let dependencies = index
                .crates
                .iter()
                .flat_map(|c| c.package.dependencies.values());
            for dependency in dependencies.filter(|d| d.package == package.name) {
                self.add(&label, dependency.declared.as_bytes());
            }
        }
    }
}
