//! What is known of the builds of other crates than the compiled one.

use std::{env, path::PathBuf};

use crate::{
    Build,
    package::{Resolved, every_file},
    references::FileArgument,
};

use super::{COMPILED, Index};

impl Index {
    /// Whether a crate is of the package that is compiled: Cargo sets the same
    /// variables and features for all of its crates.
    pub(crate) fn is_own(&self, krate: usize) -> bool {
        krate == COMPILED || self.crates[COMPILED].own_library == Some(krate)
    }

    /// The name that the compiled crate knows a path dependency by; the library's own,
    /// if it does not name it.
    pub(crate) fn extern_name(&self, krate: usize) -> &str {
        let mut named = self.crates[COMPILED].local.iter();
        let name = named.find(|(_, local)| **local == krate);
        match name {
            Some((name, _)) => self.names.text(*name),
            None => &self.crates[krate].package.library_name,
        }
    }

    /// What tells the build of a path dependency from another one. That of one which
    /// the compiled crate does not name is in those which it does.
    pub(crate) fn unit(&self, krate: usize) -> String {
        let locals = &self.crates[COMPILED].local;
        let is_named = locals.values().any(|local| *local == krate);
        let mut units: Vec<_> = locals
            .iter()
            .filter(|(_, local)| !is_named || **local == krate)
            .filter_map(|(name, _)| self.build.unit_of(self.names.text(*name)))
            .collect();
        units.sort_unstable();
        units.join(" ")
    }

    /// The file that an `include..!` in a module takes, if it is known.
    pub(crate) fn included(&self, module: usize, argument: &FileArgument) -> Option<PathBuf> {
        let module = &self.modules[module];
        argument.path(&module.file, |variable| {
            if self.is_own(module.krate) {
                return env::var_os(variable).map(PathBuf::from);
            }
            let package = &self.crates[module.krate].package;
            match variable {
                "CARGO_MANIFEST_DIR" => Some(package.folder.clone()),
                "OUT_DIR" => self.build.out_dir(&package.name),
                _ => None,
            }
        })
    }

    /// The hash of every file in the folder of a crate's package, and of what its
    /// build script said and made.
    pub(crate) fn package_files(&self, krate: usize) -> String {
        let package = &self.crates[krate].package;
        let files = every_file(&package.folder);
        let made = if self.is_own(krate) {
            Build::made_for_own()
        } else {
            self.build.made(&package.name)
        };
        format!("{files} {made}")
    }

    /// What a name stands for in a crate that depends on it. Where no lock file
    /// tells, the build does.
    pub(crate) fn foreign(&self, krate: usize, name: &str) -> Option<Resolved> {
        let package = &self.crates[krate].package;
        let dependency = package.dependencies.get(name)?;
        let mut resolved = self.workspace.resolve(&package.name, dependency);
        if self.build.lock.is_none() {
            resolved.content.push_str(&self.build.unit(name));
        }
        Some(resolved)
    }
}
