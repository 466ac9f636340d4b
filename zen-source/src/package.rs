//! Cargo's manifests and lock file: which crate a name stands for.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use toml::{Table, Value};

use crate::{features, overrides::Overrides};

/// A package whose source is at hand.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) folder: PathBuf,
    pub(crate) name: String,
    /// The root of its library, if it has one.
    pub(crate) library: Option<PathBuf>,
    pub(crate) library_name: String,
    pub(crate) is_proc_macro: bool,
    /// The manifest's table of features.
    pub(crate) features: String,
    pub(crate) feature_names: BTreeSet<String>,
    pub(crate) edition: String,
    /// Whether a build script runs for it.
    pub(crate) is_built: bool,
    /// By the names that its code knows them by.
    pub(crate) dependencies: BTreeMap<String, Dependency>,
}

/// What a manifest says of a dependency.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    pub(crate) package: String,
    /// The folder of a path dependency.
    pub(crate) path: Option<PathBuf>,
    /// The declaration, with its features.
    pub(crate) declared: String,
}

/// The workspace of a package, and what its lock file resolves.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    root: PathBuf,
    dependencies: Table,
    /// The edition that its packages may inherit.
    edition: String,
    patches: HashMap<String, PathBuf>,
    overrides: Overrides,
    locked: Vec<Locked>,
}

/// A package of the lock file.
#[derive(Clone, Debug)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
    checksum: String,
    dependencies: Vec<String>,
}

/// A crate whose source is not followed.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// `name version`, or the name alone if nothing resolves it.
    pub(crate) label: String,
    /// The crate and all that it depends on, as lines.
    pub(crate) content: String,
}

pub(crate) fn table(path: &Path) -> Option<Table> {
    fs::read_to_string(path).ok()?.parse().ok()
}

/// The root of the workspace that a package belongs to; the package itself, if it
/// belongs to none.
fn root(folder: &Path) -> Option<(PathBuf, Table)> {
    let own = table(&folder.join("Cargo.toml"))?;
    let named = own
        .get("package")
        .and_then(|package| package.get("workspace")?.as_str())
        .map(|path| folder.join(path));
    let above = folder.ancestors().map(Path::to_owned);
    named
        .into_iter()
        .chain(above)
        .filter_map(|folder| Some((table(&folder.join("Cargo.toml"))?, folder)))
        .find(|(manifest, _)| manifest.contains_key("workspace"))
        .map(|(manifest, folder)| (folder, manifest))
        .or_else(|| Some((folder.to_owned(), own)))
}

pub(crate) fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key)?.as_str()
}

impl Workspace {
    /// The workspace of the package in `folder`, and what the lock file in use
    /// resolves.
    pub(crate) fn of(folder: &Path, lock_file: Option<&Path>) -> Self {
        let Some((root, manifest)) = root(folder) else {
            return Self::default();
        };
        let workspace = manifest.get("workspace").and_then(Value::as_table);
        let dependencies = workspace
            .and_then(|workspace| workspace.get("dependencies")?.as_table())
            .cloned()
            .unwrap_or_default();
        let edition = workspace
            .and_then(|workspace| workspace.get("package")?.get("edition")?.as_str())
            .unwrap_or_default()
            .to_owned();
        Self {
            edition,
            patches: patches(&root, &manifest),
            overrides: Overrides::around(&root),
            locked: lock_file.map(lock).unwrap_or_default(),
            dependencies,
            root,
        }
    }

    /// The manifest of the package in `folder`, and that of the workspace, which it
    /// may inherit from.
    pub(crate) fn manifests(&self, folder: &Path) -> String {
        let own = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        let root = fs::read_to_string(self.root.join("Cargo.toml")).unwrap_or_default();
        format!("{own}\n{root}")
    }

    /// The package in `folder`.
    pub(crate) fn package(&self, folder: &Path) -> Option<Package> {
        let manifest = table(&folder.join("Cargo.toml"))?;
        let package = manifest.get("package")?.as_table()?;
        let name = text(package, "name")?.to_owned();
        let library = manifest.get("lib").and_then(Value::as_table);
        let path = library.and_then(|library| text(library, "path"));
        let path = folder.join(path.unwrap_or("src/lib.rs"));
        let library_name = library.and_then(|library| text(library, "name"));
        let is_proc_macro = library.is_some_and(|library| {
            ["proc-macro", "proc_macro"]
                .iter()
                .any(|key| library.get(*key).and_then(Value::as_bool) == Some(true))
        });
        Some(Package {
            library: path.is_file().then_some(path),
            library_name: library_name.unwrap_or(&name).replace('-', "_"),
            is_proc_macro,
            features: manifest
                .get("features")
                .map_or_else(String::new, Value::to_string),
            feature_names: features::names(&manifest),
            edition: self.edition(package),
            is_built: package.contains_key("build") || folder.join("build.rs").is_file(),
            dependencies: self.dependencies(folder, &manifest),
            folder: folder.to_owned(),
            name,
        })
    }

    fn edition(&self, package: &Table) -> String {
        let own = package.get("edition");
        let inherits = own.is_some_and(Value::is_table);
        let edition = if inherits {
            self.edition.as_str()
        } else {
            own.and_then(Value::as_str).unwrap_or("2015")
        };
        edition.to_owned()
    }

    fn dependencies(&self, folder: &Path, manifest: &Table) -> BTreeMap<String, Dependency> {
        const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
        let targets = manifest.get("target").and_then(Value::as_table);
        let targets = targets
            .into_iter()
            .flat_map(|targets| targets.values().filter_map(Value::as_table));
        let mut found = BTreeMap::new();
        for place in targets.chain([manifest]) {
            for declared in KINDS
                .iter()
                .rev()
                .filter_map(|kind| place.get(*kind)?.as_table())
            {
                for (name, value) in declared {
                    let dependency = self.dependency(folder, name, value);
                    found.insert(name.replace('-', "_"), dependency);
                }
            }
        }
        found
    }

    fn dependency(&self, folder: &Path, name: &str, value: &Value) -> Dependency {
        let own = value.as_table();
        let inherits = own.is_some_and(|own| own.get("workspace").is_some());
        let inherited = inherits.then(|| self.dependencies.get(name)).flatten();
        let (base, declaration) = match inherited {
            Some(inherited) => (self.root.as_path(), inherited.as_table()),
            None => (folder, own),
        };
        let package = declaration.and_then(|table| text(table, "package"));
        let package = package.unwrap_or(name).to_owned();
        let path = declaration
            .and_then(|table| text(table, "path"))
            .map(|path| base.join(path))
            .or_else(|| self.patches.get(&package).cloned());
        Dependency {
            path,
            package,
            declared: format!(
                "{value} {}",
                inherited.map_or(String::new(), Value::to_string)
            ),
        }
    }

    /// What a dependency of `owner` resolves to, with all that it depends on.
    pub(crate) fn resolve(&self, owner: &str, dependency: &Dependency) -> Resolved {
        let owners = self.locked.iter().filter(|locked| locked.name == owner);
        let found = owners
            .flat_map(|owner| &owner.dependencies)
            .find_map(|entry| self.entry(entry).filter(|l| l.name == dependency.package))
            .or_else(|| self.locked.iter().find(|l| l.name == dependency.package));
        let Some(found) = found else {
            let overrides = self.overrides.of(&dependency.package);
            let folders = dependency.path.as_deref().into_iter().chain(overrides);
            let files: String = folders.map(every_file).collect();
            return Resolved {
                label: dependency.package.clone(),
                content: format!("{}\n{files}", dependency.declared),
            };
        };
        let mut lines = BTreeSet::new();
        self.lines(found, &mut lines);
        let lines: Vec<_> = lines.into_iter().collect();
        Resolved {
            label: format!("{} {}", found.name, found.version),
            content: format!("{}\n{}", dependency.declared, lines.join("\n")),
        }
    }

    fn lines(&self, locked: &Locked, lines: &mut BTreeSet<String>) {
        let source = locked.source.as_deref().unwrap_or("path");
        let patched = match (&locked.source, self.patches.get(&locked.name)) {
            (None, Some(folder)) => every_file(folder),
            _ => String::new(),
        };
        let folders = self.overrides.of(&locked.name);
        let overridden: Vec<_> = folders.map(every_file).collect();
        let line = format!(
            "{} {} {source} {}{patched}{}",
            locked.name,
            locked.version,
            locked.checksum,
            overridden.join(" ")
        );
        if lines.insert(line) {
            for entry in &locked.dependencies {
                if let Some(next) = self.entry(entry) {
                    self.lines(next, lines);
                }
            }
        }
    }

    /// `name`, `name version` or `name version (source)`.
    fn entry(&self, entry: &str) -> Option<&Locked> {
        let mut words = entry.split(' ');
        let (name, version) = (words.next()?, words.next());
        self.locked
            .iter()
            .find(|locked| locked.name == name && version.is_none_or(|v| v == locked.version))
    }
}

/// The hash of every file in a folder: a build script may read any of them. What
/// is hidden, and what Cargo built, is left out.
pub(crate) fn every_file(folder: &Path) -> String {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if name == "target" || name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let name = file.strip_prefix(folder).unwrap_or(&file);
        hasher.update(name.as_os_str().as_encoded_bytes());
        let content = fs::read(&file).unwrap_or_default();
        hasher.update(blake3::hash(&content).as_bytes());
    }
    hasher.finalize().to_string()
}

fn patches(root: &Path, manifest: &Table) -> HashMap<String, PathBuf> {
    let patches = manifest.get("patch").and_then(Value::as_table);
    let registries = patches.into_iter().flat_map(|patches| patches.values());
    registries
        .filter_map(Value::as_table)
        .flatten()
        .filter_map(|(name, value)| {
            let value = value.as_table()?;
            let package = text(value, "package").unwrap_or(name);
            Some((package.to_owned(), root.join(text(value, "path")?)))
        })
        .collect()
}

fn lock(path: &Path) -> Vec<Locked> {
    let lock = table(path).unwrap_or_default();
    let packages = lock.get("package").and_then(Value::as_array);
    packages
        .into_iter()
        .flatten()
        .filter_map(|package| {
            let package = package.as_table()?;
            let owned = |key| text(package, key).map(str::to_owned);
            let dependencies = package.get("dependencies").and_then(Value::as_array);
            Some(Locked {
                name: owned("name")?,
                version: owned("version")?,
                source: owned("source"),
                checksum: owned("checksum").unwrap_or_default(),
                dependencies: dependencies
                    .into_iter()
                    .flatten()
                    .filter_map(|entry| entry.as_str().map(str::to_owned))
                    .collect(),
            })
        })
        .collect()
}
