//! Tests in many processes and threads share slow fixtures: under `cargo test`
//! and `cargo nextest run`, and under both at once, each fixture is computed
//! once.
//!
//! The tests are those of `shared_fixtures_one.rs` and `shared_fixtures_two.rs`.
//! The whole workspace is named each time, so that nothing is built again that
//! `cargo test --workspace` has built.

#![allow(missing_docs)]

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use zen_tests::fixtures::{FIXTURES, LOG};

const CARGO_TEST: &[&str] = &["test"];
const NEXTEST: &[&str] = &["nextest", "run"];

fn start(runner: &[&str], folder: &Path) -> Child {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Command::new(cargo)
        .args(runner)
        .args(["--workspace", "--locked", "--offline"])
        .args(["--test", "shared_fixtures_one"])
        .args(["--test", "shared_fixtures_two"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .env("ZEN_REPO", folder)
        .env(LOG, folder.join("log"))
        // Set by a nextest around this one.
        .env_remove("NEXTEST")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ends_well(child: Child) {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

fn each_is_computed_once(folder: &Path) {
    let log = fs::read_to_string(folder.join("log")).unwrap();
    let mut computed: Vec<u64> = log.lines().map(|line| line.parse().unwrap()).collect();
    computed.sort_unstable();
    assert_eq!(computed, (0..FIXTURES).collect::<Vec<_>>());
}

/// Says so if it is not.
fn nextest_is_installed() -> bool {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new(cargo).args(["nextest", "--version"]).output();
    let installed = version.is_ok_and(|output| output.status.success());
    if !installed {
        eprintln!("skipped: `cargo nextest` is not installed");
    }
    installed
}

#[test]
fn cargo_test_computes_each_fixture_once() {
    let folder = tempfile::tempdir().unwrap();
    ends_well(start(CARGO_TEST, folder.path()));
    each_is_computed_once(folder.path());
}

#[test]
fn nextest_computes_each_fixture_once() {
    if !nextest_is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    ends_well(start(NEXTEST, folder.path()));
    each_is_computed_once(folder.path());
}

#[test]
fn both_at_once_compute_each_fixture_once() {
    if !nextest_is_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for child in [CARGO_TEST, NEXTEST].map(|runner| start(runner, folder.path())) {
        ends_well(child);
    }
    each_is_computed_once(folder.path());
}
