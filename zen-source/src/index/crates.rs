//! The crate that is compiled, and its path dependencies.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    package::{Package, Workspace},
    tables::Map,
};

use super::{Crate, Index, OWN_PACKAGES, Presence, Target};

impl Index {
    /// Reads a crate and all its path dependencies.
    pub(crate) fn read(target: Target) -> Option<Self> {
        let mut index = Self {
            workspace: Workspace::of(&target.folder, target.build.lock.as_deref()),
            build: target.build,
            ..Self::default()
        };
        let package = index.workspace.package(&target.folder)?;
        let library = package.library.clone();
        let root = target.root.clone().or(library.clone())?;
        let is_library = library.as_deref() == Some(root.as_path());
        let features = target.presence.features.clone();
        let krate = index.add_crate(package, &root, target.presence);
        if is_library {
            index.by_folder.insert(target.folder.clone(), krate);
        }
        index.add_dependencies(krate);
        if !is_library {
            // Cargo turns on the same features for all crates of a package.
            let presence = Presence {
                is_test: false,
                features,
            };
            index.crates[krate].own_library = index.library(&target.folder, presence);
        }
        index.read_macros();
        Some(index)
    }

    /// What macros may make decides on names; while they are read, it is not known.
    fn read_macros(&mut self) {
        let calls = self.modules.iter().flat_map(|module| &module.macro_calls);
        let words = calls
            .clone()
            .map(|call| (*call, self.words_of_macro(*call)));
        let words = words.collect();
        let wild = calls.copied().filter(|call| self.is_wild(*call)).collect();
        self.macro_words = words;
        self.wild_calls = wild;
        self.made_by_calls();
        self.calls_in_bodies();
        self.graph.take();
        self.disguised_macros();
        self.graph.take();
    }

    fn add_crate(&mut self, package: Package, root: &Path, presence: Presence) -> usize {
        let krate = self.crates.len();
        let label = package.library_name.clone();
        self.crates.push(Crate {
            package,
            root: self.modules.len(),
            own_library: None,
            presence,
            local: Map::default(),
            renamed: Vec::new(),
            macro_uses: Vec::new(),
            files: BTreeSet::new(),
        });
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        let module = self.add_module(krate, None, label, root);
        self.file(module, root, &folder);
        krate
    }

    fn add_dependencies(&mut self, krate: usize) {
        let dependencies = self.crates[krate].package.dependencies.clone();
        for (name, dependency) in dependencies {
            if OWN_PACKAGES.contains(&dependency.package.as_str()) {
                continue;
            }
            let library = dependency
                .path
                .and_then(|path| self.library(&path, Presence::default()));
            if let Some(library) = library {
                let name = self.names.intern(&name);
                self.crates[krate].local.insert(name, library);
            }
        }
    }

    /// The library in a folder, read once. Of the features of a path dependency only
    /// Cargo knows.
    fn library(&mut self, folder: &Path, presence: Presence) -> Option<usize> {
        let folder = fs::canonicalize(folder).ok()?;
        if let Some(known) = self.by_folder.get(&folder) {
            return Some(*known);
        }
        let package = self.workspace.package(&folder)?;
        let root = fs::canonicalize(package.library.as_ref()?).ok()?;
        let krate = self.add_crate(package, &root, presence);
        self.by_folder.insert(folder, krate);
        self.add_dependencies(krate);
        Some(krate)
    }
}
