//! Files and variables that count, what is linked by its name, and what is taken where
//! nothing narrower will do.

use std::fs;

use crate::references::{FileArgument, References};

use super::Reach;

impl Reach<'_> {
    pub(super) fn all_foreign(&mut self, krate: usize) {
        let index = self.index;
        for local in index.crates[krate].local.values() {
            self.whole_crate(*local);
        }
        for name in index.crates[krate].package.dependencies.keys() {
            self.foreign.insert((krate, name.clone()));
        }
    }

    pub(super) fn variable(&mut self, module: usize, variable: &str) {
        let label = format!("env {variable}");
        // The folder differs from checkout to checkout, what it stands for not.
        if variable == "CARGO_MANIFEST_DIR" || variable == "OUT_DIR" {
            self.add(&label, b"");
            return;
        }
        let krate = self.index.modules[module].krate;
        if !self.index.is_own(krate) {
            // Cargo and a build script set variables for each crate alone.
            let package = &self.index.crates[krate].package;
            if variable.starts_with("CARGO_") {
                let manifests = self.index.workspace.manifests(&package.folder);
                self.add(&label, manifests.as_bytes());
                return;
            }
            if package.is_built {
                self.package_files(krate);
            }
        }
        let value = std::env::var(variable).unwrap_or_else(|_| "not set".to_owned());
        self.add(&label, value.as_bytes());
    }

    /// Every file in the folder of a crate's package, its manifest and its build
    /// script with them, and what the script said and made.
    pub(super) fn package_files(&mut self, krate: usize) {
        let package = &self.index.crates[krate].package;
        let label = format!("package {}", package.name);
        if !self.items.contains_key(&label) {
            let files = self.index.package_files(krate);
            self.add(&label, files.as_bytes());
        }
    }

    pub(super) fn file(&mut self, module: usize, label: &str, argument: &FileArgument) {
        let Some(path) = self.index.included(module, argument) else {
            self.package_files(self.index.modules[module].krate);
            self.whole_crate(self.index.modules[module].krate);
            return;
        };
        let content = fs::read(&path).unwrap_or_else(|_| {
            self.package_files(self.index.modules[module].krate);
            Vec::new()
        });
        self.add(&format!("file {label}"), &content);
        if argument.is_rust {
            // Its items may name anything of the module.
            for entry in &self.index.modules[module].entries {
                self.reach(*entry);
            }
        }
    }

    /// What a block of foreign functions may be linked to, of what is at hand.
    pub(super) fn linked(&mut self, block: &References) {
        let index = self.index;
        let texts = block.texts.iter().map(|text| index.names.intern(text));
        for symbol in texts.chain(block.words.iter().copied()) {
            for entry in index.exported.get(&symbol).into_iter().flatten() {
                self.reach(*entry);
            }
        }
    }

    /// All files of a crate, where nothing narrower will do.
    pub(super) fn whole_crate(&mut self, krate: usize) {
        let index = self.index;
        let found = &index.crates[krate];
        let label = format!("every source file of {}", found.package.name);
        if self.items.contains_key(&label) {
            return;
        }
        let root = &found.package.folder;
        for file in &found.files {
            let path = file.strip_prefix(root).unwrap_or(file);
            let content = fs::read(file).unwrap_or_default();
            let mut bytes = path.to_string_lossy().into_owned().into_bytes();
            bytes.push(0);
            bytes.extend_from_slice(&content);
            self.add(&label, &bytes);
        }
        self.all_foreign(krate);
        if let Some(library) = found.own_library {
            self.whole_crate(library);
        }
    }
}
