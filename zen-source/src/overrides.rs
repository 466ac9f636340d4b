//! Packages that Cargo's configuration puts in the place of others: `paths` and
//! `[patch]` in `.cargo/config.toml`.
//!
//! Cargo reads it above the folder in which it is called, and a macro cannot tell for
//! certain which folder that is. So nothing is followed there: all files of what may
//! stand in a package's place count beside what the lock file says of it.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use crate::package::{table, text};

/// The folders that may stand in a package's place, by its name.
#[derive(Debug, Default)]
pub(crate) struct Overrides(BTreeMap<String, Vec<PathBuf>>);

impl Overrides {
    /// What the configurations say that Cargo may read for the workspace at `root`.
    pub(crate) fn around(root: &Path) -> Self {
        let called = env::var_os("PWD").map(PathBuf::from);
        let places = [Some(root), called.as_deref()];
        let above = places.into_iter().flatten().flat_map(Path::ancestors);
        let mut folders: Vec<_> = above.map(|folder| folder.join(".cargo")).collect();
        folders.extend(home());
        let mut found = Self::default();
        for folder in folders {
            for name in ["config.toml", "config"] {
                if let Some(config) = table(&folder.join(name)) {
                    found.add(folder.parent().unwrap_or(&folder), &config);
                }
            }
        }
        found
    }

    /// The folders that may stand in the place of a package.
    pub(crate) fn of(&self, package: &str) -> impl Iterator<Item = &Path> {
        let folders = self.0.get(package).into_iter().flatten();
        folders.map(PathBuf::as_path)
    }

    /// Adds those of one configuration, whose paths begin at `base`.
    fn add(&mut self, base: &Path, config: &Table) {
        let paths = config.get("paths").and_then(Value::as_array);
        for path in paths.into_iter().flatten().filter_map(Value::as_str) {
            self.put(None, base.join(path));
        }
        let patches = config.get("patch").and_then(Value::as_table);
        let patches = patches.into_iter().flat_map(Table::values);
        for (name, value) in patches.filter_map(Value::as_table).flatten() {
            let Some(value) = value.as_table() else {
                continue;
            };
            if let Some(path) = text(value, "path") {
                let package = text(value, "package").unwrap_or(name);
                self.put(Some(package), base.join(path));
            }
        }
    }

    /// Puts a folder in the place of a package; of the one that is in it, if no other
    /// is named.
    fn put(&mut self, package: Option<&str>, folder: PathBuf) {
        let named = package.map(str::to_owned);
        let Some(name) = named.or_else(|| package_in(&folder)) else {
            return;
        };
        let folders = self.0.entry(name).or_default();
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
}

fn package_in(folder: &Path) -> Option<String> {
    let manifest = table(&folder.join("Cargo.toml"))?;
    Some(text(manifest.get("package")?.as_table()?, "name")?.to_owned())
}

/// Cargo's own folder.
fn home() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")))
}
