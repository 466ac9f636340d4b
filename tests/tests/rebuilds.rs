//! Whatever is edited, the next `cargo build` expands the steps anew that reach it.
//!
//! A step's source is read when the step is expanded, so an edit that did not make
//! Cargo compile the step's crate again would leave its fingerprint as it was. One
//! edit at a time, a real workspace is built incrementally and run; the steps that
//! reach the edit must have another source hash, the others the same.

#![allow(missing_docs)]

use std::collections::BTreeMap;

use zen_tests::workspace::{Fixture, stdout};

const CRATES: &str = include_str!("../rebuilds/crates.txt");

/// An edit of one thing, and the steps that reach it.
struct Edit {
    what: What,
    reached: &'static [&'static str],
}

enum What {
    /// In a file: what stands there, and what stands there then.
    File(&'static str, &'static str, &'static str),
    /// The version of a package in the lock file.
    Version(&'static str, &'static str),
    /// The value of a variable.
    Variable(&'static str),
}
use What::{File, Variable, Version};

const fn edit(what: What, reached: &'static [&'static str]) -> Edit {
    Edit { what, reached }
}

/// A crate's build tells that of those which it depends on.
const FEATURES_OF_PATH_DEPENDENCIES: [&str; 2] = [
    "feature_of_a_path_dependency",
    "feature_of_an_inherited_one",
];

/// Whatever a build script may do counts as one.
const MADE_FOR_A_PATH_DEPENDENCY: [&str; 3] = [
    "condition_made_for_a_path_dependency",
    "made_for_a_path_dependency",
    "variable_made_for_a_path_dependency",
];

const EDITS: [Edit; 17] = [
    edit(
        File("app/src/part.rs", "x + 1", "x + 2"),
        &["file_of_the_crate"],
    ),
    edit(
        File("helper/src/inner.rs", "x * 1", "x * 2"),
        &["path_dependency"],
    ),
    edit(
        File(
            "deep/src/lib.rs",
            "deepest(x: u64) -> u64 { x + 1",
            "deepest(x: u64) -> u64 { x + 2",
        ),
        &["re_export"],
    ),
    edit(
        File("deep/src/far.rs", "x + 1", "x + 2"),
        &["path_dependency_of_one"],
    ),
    edit(
        Version("itoa", "1.0.14"),
        &["registry", "transitive_registry"],
    ),
    edit(
        File("app/Cargo.toml", "default = []", "default = [\"fast\"]"),
        &["feature"],
    ),
    edit(
        File(
            "app/Cargo.toml",
            "helper\", features = []",
            "helper\", features = [\"loud\"]",
        ),
        &FEATURES_OF_PATH_DEPENDENCIES,
    ),
    edit(
        File("Cargo.toml", "features = []", "features = [\"loud\"]"),
        &FEATURES_OF_PATH_DEPENDENCIES,
    ),
    edit(File("app/text.txt", "text", "a text"), &["included_text"]),
    edit(
        File("app/plugin.bin", "plugin", "a plugin"),
        &["file_it_depends_on"],
    ),
    edit(Variable("REBUILD_VARIABLE"), &["variable"]),
    edit(Variable("REBUILD_OPTIONAL"), &["optional_variable"]),
    edit(Variable("REBUILD_DEEP"), &["variable_of_a_path_dependency"]),
    edit(
        File("helper/text.txt", "text", "a text"),
        &["text_of_a_path_dependency"],
    ),
    edit(File("app/made.txt", "1", "2"), &["made_by_a_build_script"]),
    edit(
        File("built/made.txt", "1", "3"),
        &MADE_FOR_A_PATH_DEPENDENCY,
    ),
    edit(
        File("built/made.txt", "3", "2"),
        &MADE_FOR_A_PATH_DEPENDENCY,
    ),
];

type Hashes = BTreeMap<String, String>;

struct Workspace {
    fixture: Fixture,
    variables: BTreeMap<&'static str, &'static str>,
}

impl Workspace {
    fn new() -> Self {
        let fixture = Fixture::new(env!("CARGO_TARGET_TMPDIR"), "rebuilds", CRATES);
        let workspace = Self {
            fixture,
            variables: BTreeMap::from([("REBUILD_VARIABLE", "a")]),
        };
        // The lock file's versions that the edits begin with.
        workspace.update("itoa", "1.0.15");
        workspace
    }

    fn update(&self, package: &str, version: &str) {
        let arguments = ["update", "--quiet", package, "--precise", version];
        stdout(&mut self.fixture.cargo(&arguments));
    }

    fn apply(&mut self, what: &What) {
        match what {
            File(path, from, to) => self.fixture.replace(path, from, to),
            Version(package, version) => self.update(package, version),
            Variable(name) => {
                self.variables.insert(name, "another value");
            }
        }
    }

    fn run(&self, arguments: &[&str]) -> String {
        let run = ["run", "--quiet", "--package", "app", "--"];
        let mut cargo = self.fixture.cargo(&[&run, arguments].concat());
        stdout(cargo.envs(&self.variables))
    }

    fn hashes(&self) -> Hashes {
        let out = self.run(&[]);
        out.lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(step, hash)| (step.to_owned(), hash.to_owned()))
            .collect()
    }
}

fn changed<'h>(before: &'h Hashes, after: &Hashes) -> Vec<&'h str> {
    let changed = before
        .iter()
        .filter(|(step, hash)| after.get(*step) != Some(hash));
    changed.map(|(step, _)| step.as_str()).collect()
}

#[test]
fn each_edit_expands_the_steps_that_reach_it() {
    let mut workspace = Workspace::new();
    let mut before = workspace.hashes();
    let mut wrong = Vec::new();
    assert!(before.len() > EDITS.len());
    for edit in &EDITS {
        workspace.apply(&edit.what);
        let after = workspace.hashes();
        let name = match &edit.what {
            File(path, _, to) => format!("`{to}` in {path}"),
            Version(package, version) => format!("{package} {version}"),
            Variable(name) => format!("the variable {name}"),
        };
        let changed = changed(&before, &after);
        if changed != edit.reached {
            wrong.push(format!("after {name}: {changed:?}, not {:?}", edit.reached));
        }
        before = after;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");

    workspace.run(&["why"]);
    let cached = workspace.run(&["why"]);
    assert!(cached.contains("y: cached"), "{cached}");
    workspace.apply(&File("helper/src/inner.rs", "x * 2", "x * 3"));
    let told = workspace.run(&["why"]);
    let expected = "the step's source changed: `helper::inner::scale` changed";
    assert!(told.contains(expected), "{told}");
}
