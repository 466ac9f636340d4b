//! The build that is going on, as far as the compiler's command line, Cargo's
//! variables and what lies beside its outputs tell.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// The build that a macro is expanded in.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The files of the crates that the compiled one depends on, by the names that
    /// its code knows them by.
    externs: BTreeMap<String, PathBuf>,
    /// The folder that the compiler writes to.
    outputs: Option<PathBuf>,
    /// The hash that Cargo has put in the names of the files which the compiler
    /// writes.
    own_unit: Option<String>,
    /// The features of the compiled package that are on, if a compiler was called.
    pub(crate) features: Option<BTreeSet<String>>,
    /// The lock file that Cargo resolves by.
    pub(crate) lock: Option<PathBuf>,
}

/// What the compiler was told to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The root file of a crate, as it was named.
    File(PathBuf),
    /// Text that comes through a pipe, as for an example in documentation.
    Pipe,
    /// Nothing: it is no compiler, but an editor's server.
    Nothing,
}

/// The command line of this process, with files of arguments opened.
pub(crate) fn command_line() -> Vec<OsString> {
    let mut arguments = Vec::new();
    for argument in env::args_os().skip(1) {
        let file = argument.to_str().and_then(|text| text.strip_prefix('@'));
        match file.and_then(|file| fs::read_to_string(file).ok()) {
            Some(text) => arguments.extend(text.lines().map(OsString::from)),
            None => arguments.push(argument),
        }
    }
    arguments
}

pub(crate) fn input(arguments: &[OsString]) -> Input {
    let is_rust = |path: &&Path| path.extension().is_some_and(|end| end == "rs");
    match arguments.iter().map(Path::new).find(is_rust) {
        Some(root) => Input::File(root.to_owned()),
        None if arguments.iter().any(|argument| argument == "-") => Input::Pipe,
        None => Input::Nothing,
    }
}

impl Build {
    /// The build of the package in `folder`.
    pub(crate) fn of(arguments: &[OsString], input: &Input, folder: &Path) -> Self {
        let outputs = value(arguments, "--out-dir").map(PathBuf::from);
        Self {
            externs: externs(arguments),
            own_unit: own_unit(arguments),
            features: Some(features(arguments)),
            lock: lock(input, folder, outputs.as_deref()),
            outputs,
        }
    }

    /// Tells the build of a dependency from one with other features, of other
    /// dependencies or in another profile: the name of its file, in which Cargo
    /// puts a hash of all that. Of one that the compiled crate does not name, the
    /// names of all those that it does.
    pub(crate) fn unit(&self, name: &str) -> String {
        let known = self.externs.get(name);
        let files = known.map_or_else(|| self.externs.values().collect(), |file| vec![file]);
        let names = files.into_iter().filter_map(|file| file.file_stem());
        let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
        names.join(" ")
    }

    pub(crate) fn outputs(&self) -> Option<&Path> {
        self.outputs.as_deref()
    }

    pub(crate) fn own_unit(&self) -> Option<&str> {
        self.own_unit.as_deref()
    }

    /// The hash in the name of a dependency's file.
    pub(crate) fn unit_of(&self, name: &str) -> Option<&str> {
        let file = self.externs.get(name)?.file_stem()?.to_str()?;
        file.rsplit_once('-').map(|(_, unit)| unit)
    }

    /// The folders of the packages that a dependency may be of, as the compiler noted
    /// beside what it wrote; none, if that is not found. Of a dependency that the compiled
    /// crate does not name itself, those of all crates of its name that were built here.
    pub(crate) fn folders_of(&self, name: &str, is_direct: bool) -> BTreeSet<PathBuf> {
        let direct = self.externs.get(name).filter(|_| is_direct);
        let noted = match direct {
            Some(file) => noted_beside(file).into_iter().collect(),
            None => self.noted_of(name),
        };
        noted
            .iter()
            .filter_map(|noted| noted_folder(noted))
            .collect()
    }

    fn noted_of(&self, name: &str) -> Vec<PathBuf> {
        let is_of_crate = |path: &PathBuf| {
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            let stem = stem.and_then(|stem| stem.rsplit_once('-'));
            stem.is_some_and(|(of, _)| of == name) && path.extension().is_some_and(|end| end == "d")
        };
        let folders = self.outputs.iter().map(PathBuf::as_path);
        let beside = self.externs.values().filter_map(|file| file.parent());
        let folders: BTreeSet<_> = folders.chain(beside).collect();
        let entries = folders
            .into_iter()
            .filter_map(|folder| fs::read_dir(folder).ok());
        let files = entries.flatten().flatten().map(|entry| entry.path());
        files.filter(is_of_crate).collect()
    }

    /// What the build script of the compiled crate's own package said and made.
    pub(crate) fn made_for_own() -> String {
        let out = env::var_os("OUT_DIR").map(PathBuf::from);
        let run = out.as_deref().and_then(Path::parent).map(Path::to_owned);
        Self::made_in(run.into_iter().collect())
    }

    /// What the build scripts of another package said and made, in any of the ways in
    /// which it is built here.
    pub(crate) fn made(&self, package: &str) -> String {
        Self::made_in(self.runs(package))
    }

    fn made_in(runs: Vec<PathBuf>) -> String {
        let mut found = BTreeSet::new();
        for run in runs {
            let said = fs::read_to_string(run.join("output")).unwrap_or_default();
            let out = run.join("out");
            let mut hasher = blake3::Hasher::new();
            for line in said.lines().filter(|line| is_for_the_crate(line)) {
                let line = line.replace(&*out.to_string_lossy(), "");
                hasher.update(line.as_bytes());
                hasher.update(b"\n");
            }
            for file in files(&out) {
                let name = file.strip_prefix(&out).unwrap_or(&file);
                hasher.update(name.to_string_lossy().as_bytes());
                let content = fs::read(&file).unwrap_or_default();
                hasher.update(blake3::hash(&content).as_bytes());
            }
            found.insert(hasher.finalize().to_string());
        }
        Vec::from_iter(found).join(" ")
    }

    /// The `OUT_DIR` of a package, if it is built in one way only.
    pub(crate) fn out_dir(&self, package: &str) -> Option<PathBuf> {
        let runs = self.runs(package);
        let [run] = runs.as_slice() else { return None };
        Some(run.join("out"))
    }

    /// The folders in which a package's build scripts ran.
    fn runs(&self, package: &str) -> Vec<PathBuf> {
        let build = self.outputs.as_deref().and_then(Path::parent);
        let Some(build) = build.map(|profile| profile.join("build")) else {
            return Vec::new();
        };
        let is_of_package = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            let name = name.as_ref().and_then(|name| name.rsplit_once('-'));
            name.is_some_and(|(name, _)| name == package) && path.join("output").is_file()
        };
        let entries = fs::read_dir(build).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(is_of_package)
            .collect()
    }
}

/// `--extern name=path`, which may have options in front: `priv:name=path`.
fn externs(arguments: &[OsString]) -> BTreeMap<String, PathBuf> {
    let values = arguments.windows(2).filter_map(|pair| {
        let [flag, value] = pair else { return None };
        (flag == "--extern").then(|| value.to_str()).flatten()
    });
    values
        .filter_map(|value| value.split_once('='))
        .map(|(name, path)| {
            let name = name.rsplit(':').next().unwrap_or(name);
            (name.to_owned(), PathBuf::from(path))
        })
        .collect()
}

/// Where the compiler notes the sources of a crate: `libname-hash.rmeta` has a
/// `name-hash.d` beside it.
fn noted_beside(file: &Path) -> Option<PathBuf> {
    let stem = file.file_stem()?.to_str()?;
    let stem = stem.strip_prefix("lib").unwrap_or(stem);
    Some(file.with_file_name(format!("{stem}.d")))
}

/// The folder of the package of the first source that was noted.
fn noted_folder(noted: &Path) -> Option<PathBuf> {
    let text = fs::read_to_string(noted).ok()?;
    let (_, sources) = text.lines().next()?.split_once(": ")?;
    let source = Path::new(sources.split(' ').next()?);
    let mut above = source.ancestors().skip(1).filter(|_| source.is_absolute());
    let folder = above.find(|folder| folder.join("Cargo.toml").is_file());
    folder.map(Path::to_owned)
}

/// `-C extra-filename=-hash`.
fn own_unit(arguments: &[OsString]) -> Option<String> {
    let options = arguments.iter().filter_map(|argument| argument.to_str());
    let mut options = options.filter_map(|option| option.strip_prefix("extra-filename=-"));
    options.next().map(str::to_owned)
}

/// `--cfg feature="name"`, which Cargo, a build script or flags may give.
fn features(arguments: &[OsString]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut arguments = arguments.iter().filter_map(|argument| argument.to_str());
    while let Some(argument) = arguments.next() {
        let condition = match argument.strip_prefix("--cfg") {
            Some("") => arguments.next(),
            Some(joined) => joined.strip_prefix('='),
            None => None,
        };
        let name = condition
            .and_then(|condition| condition.trim().strip_prefix("feature"))
            .and_then(|rest| rest.trim_start().strip_prefix('='))
            .and_then(|name| name.trim().strip_prefix('"')?.strip_suffix('"'));
        found.extend(name.map(str::to_owned));
    }
    found
}

fn value<'a>(arguments: &'a [OsString], flag: &str) -> Option<&'a OsString> {
    let position = arguments.iter().position(|argument| argument == flag)?;
    arguments.get(position + 1)
}

/// The lock file in use. A package of the workspace is compiled in the workspace's
/// folder, by a path from there. One from a registry, a vendored one and one from
/// elsewhere have lock files of their own, which Cargo does not look at: the right
/// one is above the outputs, or above the folder in which Cargo was called.
fn lock(input: &Input, folder: &Path, outputs: Option<&Path>) -> Option<PathBuf> {
    let working = env::current_dir().ok()?;
    let in_workspace = match input {
        Input::File(root) => root.is_relative(),
        _ => true,
    };
    // What `cargo install` compiles was unpacked, and resolved anew.
    let is_unpacked = folder.join(".cargo-ok").is_file();
    if in_workspace && !is_unpacked {
        let locks = working.ancestors().map(|folder| folder.join("Cargo.lock"));
        return locks.into_iter().find(|lock| lock.is_file());
    }
    let called = env::var_os("PWD").map(PathBuf::from);
    let above = outputs.into_iter().chain(called.as_deref());
    above
        .flat_map(Path::ancestors)
        .filter(|above| !folder.starts_with(above) || *above != folder)
        .map(|above| above.join("Cargo.lock"))
        .find(|lock| lists_compiled_package(lock))
}

/// Whether a lock file has the package that Cargo says is compiled.
fn lists_compiled_package(lock: &Path) -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    let (name, version) = (variable("CARGO_PKG_NAME"), variable("CARGO_PKG_VERSION"));
    let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    let text = fs::read_to_string(lock).unwrap_or_default();
    text.replace("\r\n", "\n").contains(&entry)
}

/// What a build script says that its own crate can see.
fn is_for_the_crate(line: &str) -> bool {
    let line = line
        .strip_prefix("cargo::")
        .or_else(|| line.strip_prefix("cargo:"));
    line.is_some_and(|line| line.starts_with("rustc-env=") || line.starts_with("rustc-cfg="))
}

/// All files in a folder, in order.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => {
                    found.insert(entry.path());
                }
                Err(_) => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsString, path::PathBuf};

    use super::{Build, Input, externs, input};

    fn arguments(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_compiler_has_an_input_and_an_editors_server_has_none() {
        let file = Input::File(PathBuf::from("src/lib.rs"));
        assert_eq!(input(&arguments("--crate-name k src/lib.rs")), file);
        assert_eq!(input(&arguments("--crate-name k -")), Input::Pipe);
        assert_eq!(input(&arguments("--format postcard")), Input::Nothing);
    }

    #[test]
    fn dependencies_are_known_by_their_names() {
        let line = "--extern a=/t/liba-1.rmeta --extern priv,noprelude:b=/t/libb-2.rlib --extern c";
        let build = Build {
            externs: externs(&arguments(line)),
            ..Build::default()
        };
        assert_eq!(build.unit("a"), "liba-1");
        assert_eq!(build.unit("b"), "libb-2");
        assert_eq!(build.unit("unknown"), "liba-1 libb-2");
    }
}
