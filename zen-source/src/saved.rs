//! Files that were saved while they were compiled.
//!
//! The compiler may have read one text of such a file, and the closure the next one.
//! Cargo compiles it again then, so only this build's results must not be taken for
//! those of the next: Cargo notes when it calls the compiler, and a file that is
//! younger was saved since.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    build::Build,
    index::{COMPILED, Index},
};

/// A call of the compiler for a crate.
struct Call {
    /// Cargo's hash in the names of the files.
    unit: String,
    time: SystemTime,
}

impl Build {
    /// A source file of the compiled crate, or of one that it is built with, that is
    /// younger than the call of the compiler which read it.
    pub(crate) fn saved_since(&self, index: &Index) -> Option<PathBuf> {
        let young = (0..index.crates.len()).filter_map(|krate| self.saved_in(index, krate));
        young.into_iter().next()
    }

    fn saved_in(&self, index: &Index, krate: usize) -> Option<PathBuf> {
        let call = self.call(index, krate)?;
        let files = index.crates[krate].files.iter();
        let mut young = files.filter(|file| written(file).is_some_and(|time| time > call.time));
        if krate == COMPILED {
            return young.next().cloned();
        }
        // One that was not compiled, as under a condition, may be of any age.
        let library = &index.crates[krate].package.library_name;
        let read = self.read_by(&format!("{library}-{}.d", call.unit));
        young.find(|file| read.contains(file)).cloned()
    }

    /// The call that compiled a crate.
    fn call(&self, index: &Index, krate: usize) -> Option<Call> {
        let package = &index.crates[krate].package.name;
        if krate == COMPILED {
            return self.call_of_unit(package, self.own_unit()?);
        }
        match self.unit_of(index.extern_name(krate)) {
            Some(unit) => self.call_of_unit(package, unit),
            None => self.last_call(package),
        }
    }

    fn notes(&self) -> Option<PathBuf> {
        Some(self.outputs()?.parent()?.join(".fingerprint"))
    }

    fn call_of_unit(&self, package: &str, unit: &str) -> Option<Call> {
        let folder = self.notes()?.join(format!("{package}-{unit}"));
        let time = written(&folder.join("invoked.timestamp"))?;
        Some(Call {
            unit: unit.to_owned(),
            time,
        })
    }

    /// The last call for the library of a package that the compiled crate does not
    /// name.
    fn last_call(&self, package: &str) -> Option<Call> {
        let entries = fs::read_dir(self.notes()?).ok()?.flatten();
        let units = entries.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let (of, unit) = name.rsplit_once('-')?;
            let is_library = fs::read_dir(entry.path())
                .ok()?
                .flatten()
                .any(|note| note.file_name().as_encoded_bytes().starts_with(b"lib-"));
            (of == package && is_library).then(|| unit.to_owned())
        });
        units
            .filter_map(|unit| self.call_of_unit(package, &unit))
            .max_by_key(|call| call.time)
    }

    /// The files that the compiler says it read.
    fn read_by(&self, list: &str) -> Vec<PathBuf> {
        let list = self
            .outputs()
            .map(|outputs| outputs.with_file_name("deps").join(list));
        let text = list.and_then(|list| fs::read_to_string(list).ok());
        let text = text.unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.strip_suffix(':'));
        lines
            .filter_map(|path| fs::canonicalize(path.replace("\\ ", " ")).ok())
            .collect()
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
