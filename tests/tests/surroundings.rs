//! Steps wherever Cargo may build them: in libraries, binaries, unit tests,
//! integration tests, examples, benchmarks, documentation; in and outside of the
//! workspace, vendored, packaged; with tools that expand them, and where the
//! compiler is told less than Cargo tells it.
//!
//! A library's step is one step, whoever builds the library.

#![allow(missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use zen_tests::workspace::{Fixture, stdout, turn};

const CRATES: &str = include_str!("../surroundings/crates.txt");
const VENDORED: &str = include_str!("../surroundings/vendored.txt");

fn fixture(name: &str, files: &str) -> Fixture {
    let fixture = Fixture::new(env!("CARGO_TARGET_TMPDIR"), name, files);
    update(&fixture, "1.0.15");
    fixture
}

fn update(fixture: &Fixture, version: &str) {
    stdout(&mut fixture.cargo(&["update", "--quiet", "itoa", "--precise", version]));
}

/// The source hashes that steps were seen with, by the places that showed them:
/// `<place step hash>`.
fn shown(out: &str) -> BTreeMap<(String, String), String> {
    let parts = out.split('<').filter_map(|part| part.split_once('>'));
    parts
        .filter_map(|(part, _)| {
            let mut words = part.split(' ').map(str::to_owned);
            Some(((words.next()?, words.next()?), words.next()?))
        })
        .collect()
}

fn hash(fixture: &Fixture, step: &str) -> String {
    let mut cargo = fixture.cargo(&["run", "--quiet", "--package", "app"]);
    // As a shell does.
    let out = stdout(cargo.env("PWD", fixture.folder()));
    let found = shown(&out);
    found[&("app".to_owned(), step.to_owned())].clone()
}

/// Every file in a folder, and when it was written.
fn times(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let about = entry.metadata().expect("metadata");
        if about.is_dir() {
            found.extend(times(&entry.path()));
        } else {
            found.insert(entry.path(), about.modified().expect("a time"));
        }
    }
    found
}

#[test]
fn a_library_has_the_same_steps_wherever_it_is_built() {
    let _turn = turn();
    let fixture = fixture("surroundings", CRATES);
    let before = times(fixture.folder());
    let tests = [
        "test",
        "--package",
        "steps",
        "--all-targets",
        "--",
        "--nocapture",
    ];
    let mut out = stdout(&mut fixture.cargo(&tests));
    let documented = ["test", "--package", "steps", "--doc", "--", "--nocapture"];
    out.push_str(&stdout(&mut fixture.cargo(&documented)));
    for arguments in [
        &["run", "--package", "steps", "--example", "e"][..],
        &["run", "--package", "app"],
    ] {
        out.push_str(&stdout(&mut fixture.cargo(arguments)));
    }
    assert_eq!(
        times(fixture.folder()),
        before,
        "nothing is written beside the source"
    );

    let found = shown(&out);
    let places = ["unit", "integration", "example", "bench", "app"];
    let hashes: BTreeSet<_> = places
        .iter()
        .map(|place| &found[&((*place).to_owned(), "steps::f".to_owned())])
        .collect();
    assert_eq!(hashes.len(), 1, "{found:#?}");
    // Those in the tests, the example, the benchmark and the binary. The example in
    // the documentation tells nothing of its own unless it fails.
    let others = found.keys().filter(|(_, step)| step != "steps::f");
    assert_eq!(others.count(), 6, "{found:#?}");
}

#[test]
fn a_crate_with_steps_is_expanded_and_packaged() {
    let _turn = turn();
    let fixture = fixture("tools", CRATES);
    // As `cargo expand` does.
    let expand = ["rustc", "--quiet", "--package", "steps", "--lib"];
    let mut expand = fixture.cargo(&[&expand[..], &["--", "-Zunpretty=expanded"]].concat());
    let expanded = stdout(expand.env("RUSTC_BOOTSTRAP", "1"));
    assert!(expanded.contains("DefinitionParts"), "{expanded}");
    // The packaged crate is unpacked and built.
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../zen-runtime");
    let patch = format!("patch.crates-io.zen-runtime.path={runtime:?}");
    // The unpacked manifest has no profile: without this one, all would be built anew.
    let profile = "profile.dev.debug=0";
    let configured = ["--config", &patch, "--config", profile];
    let package = ["package", "--package", "steps", "--allow-dirty"];
    stdout(&mut fixture.cargo(&[&package[..], &configured].concat()));
}

#[test]
fn a_crate_outside_of_the_workspace_is_resolved_by_the_lock_file_in_use() {
    let _turn = turn();
    let outside = fixture("outside", CRATES);
    let vendored = fixture("vendored", VENDORED);
    for (fixture, step) in [(&outside, "outside::f"), (&vendored, "stepped::f")] {
        let before = hash(fixture, step);
        update(fixture, "1.0.14");
        let after = hash(fixture, step);
        update(fixture, "1.0.15");
        assert_ne!(before, after, "{step}");
        assert_eq!(before, hash(fixture, step), "{step}");
    }
}

#[test]
fn a_file_that_is_saved_while_it_is_compiled_makes_a_source_of_its_own() {
    let _turn = turn();
    let fixture = fixture("saved", CRATES);
    let file = |path: &str| {
        let path = fixture.folder().join(path);
        fs::File::options().write(true).open(path).expect("a file")
    };
    let run = || {
        let mut cargo = fixture.cargo(&["run", "--quiet", "--package", "app"]);
        stdout(cargo.env("SHOW_ITEMS", "1"))
    };
    let own = ("app".to_owned(), "app::own".to_owned());
    let before = shown(&run())[&own].clone();
    for (path, name) in [
        ("app/src/main.rs", "src/main.rs"),
        ("steps/src/lib.rs", "steps/src/lib.rs"),
    ] {
        // As if it were saved an hour after the compiler was called.
        let later = SystemTime::now() + Duration::from_hours(1);
        file(path).set_modified(later).expect("a time");
        let (one, other) = (run(), run());
        assert!(one.contains("(saved while it was compiled: "), "{one}");
        assert!(one.contains(&format!("{name})")), "{one}");
        assert_ne!(shown(&one)[&own], shown(&other)[&own], "{path}");
        file(path).set_modified(SystemTime::now()).expect("a time");
        assert_eq!(shown(&run())[&own], before, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn a_source_that_cannot_be_read_is_another_one_in_each_build() {
    use std::os::unix::fs::PermissionsExt;

    let _turn = turn();
    let fixture = fixture("unread", CRATES);
    let wrapper = fixture.folder().join("wrapper");
    for (script, why) in [
        ("unset CARGO_MANIFEST_DIR", "CARGO_MANIFEST_DIR is not set"),
        (
            "export CARGO_MANIFEST_DIR=/nowhere",
            "the crate's folder or root file cannot be found",
        ),
    ] {
        fs::write(&wrapper, format!("#!/bin/sh\n{script}\nexec \"$@\"\n")).expect("a script");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("a script");
        let run = || {
            fixture.replace("app/src/main.rs", "fn main", "fn main");
            let mut cargo = fixture.cargo(&["run", "--quiet", "--package", "app"]);
            cargo
                .env("RUSTC_WORKSPACE_WRAPPER", &wrapper)
                .env("SHOW_ITEMS", "1");
            stdout(&mut cargo)
        };
        let (one, other) = (run(), run());
        let label = format!("(source that cannot be read: {why})");
        assert!(one.contains(&label), "{one}");
        let own = ("app".to_owned(), "app::own".to_owned());
        assert_ne!(shown(&one)[&own], shown(&other)[&own]);
    }
}
