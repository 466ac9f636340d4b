//! What one process keeps, another finds: plain calls, pipelines by name, and
//! nothing is lost when a process ends by itself.
//!
//! Each test starts this test binary again with `ZEN_TEST_ROLE` set, in a folder
//! of its own.

#![allow(missing_docs)]

use std::{
    env,
    path::Path,
    process::{Command, Output},
};

use zen_runtime::{Repository, pipeline, step, step_ref};

#[step]
fn slow(x: u64) -> u64 {
    eprintln!("BODY slow {x}");
    x * 3
}

#[step]
fn after(x: u64, add: u64) -> u64 {
    eprintln!("BODY after {x}");
    x + add
}

#[step]
fn other_after(x: u64, add: u64) -> u64 {
    eprintln!("BODY other {x}");
    x * add
}

#[step]
fn silent(x: u64) -> u64 {
    x * 2
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let Ok(role) = env::var("ZEN_TEST_ROLE") else {
        return;
    };
    match role.as_str() {
        "call" => assert_eq!(slow(14), 42),
        "call and exit" => {
            assert_eq!(slow(14), 42);
            std::process::exit(0);
        }
        "run" => {
            let repo = Repository::discover().unwrap();
            let a = pipeline!("A", {
                let x = slow(14);
                let y = after(x, 1);
                y
            });
            let run = repo.runner().quiet().run(&a).unwrap();
            assert_eq!(run.outputs().unwrap(), 43);
        }
        "copy" => {
            let repo = Repository::discover().unwrap();
            let a = repo.pipeline("A").unwrap();
            let b = a.copy("B").replace("y", step_ref!(other_after)).unwrap();
            let run = repo.runner().quiet().run(&b).unwrap();
            assert_eq!(run.output::<u64>("y").unwrap(), 42);
            assert_eq!(run.summary().cached + run.summary().computed, 2);
        }
        "talk" => {
            let b = pipeline!("Talks", {
                let y = silent(4);
                y
            });
            let repo = Repository::discover().unwrap();
            assert_eq!(repo.run(&b).unwrap().outputs().unwrap(), 8);
            std::fs::remove_dir_all(repo.dir()).unwrap();
            std::fs::write(repo.dir(), "a file").unwrap();
            assert_eq!(silent(5), 10);
        }
        other => panic!("no role {other}"),
    }
}

fn child(folder: &Path, role: &str) -> Output {
    let output = Command::new(env::current_exe().unwrap())
        .args(["role", "--exact", "--nocapture"])
        .env("ZEN_TEST_ROLE", role)
        .env_remove("ZEN_REPO")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{role}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn bodies(folder: &Path, role: &str) -> Vec<String> {
    let output = child(folder, role);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines = text.lines().filter_map(|line| line.split("BODY ").nth(1));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_second_process_finds_what_the_first_computed() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(bodies(folder.path(), "call"), ["slow 14"]);
    assert!(folder.path().join(".zen").is_dir());
    assert!(bodies(folder.path(), "call").is_empty());
}

#[test]
fn nothing_is_lost_when_a_process_exits_at_once() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(bodies(folder.path(), "call and exit"), ["slow 14"]);
    assert!(bodies(folder.path(), "call and exit").is_empty());
}

#[test]
fn a_pipeline_is_found_by_name_copied_and_changed_in_another_process() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(bodies(folder.path(), "run"), ["slow 14", "after 42"]);
    assert_eq!(bodies(folder.path(), "copy"), ["other 42"]);
    assert!(bodies(folder.path(), "copy").is_empty());
}

#[test]
fn the_repository_is_found_above_the_working_folder_and_beside_the_lock_file() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::write(folder.path().join("Cargo.lock"), "").unwrap();
    assert_eq!(bodies(&inner, "call"), ["slow 14"]);
    assert!(folder.path().join(".zen").is_dir());
    assert!(bodies(folder.path(), "call").is_empty());
}

#[test]
fn a_repository_that_cannot_be_opened_stops_no_call() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".zen"), "a file").unwrap();
    let output = child(folder.path(), "call");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.matches("zen: warning").count(), 1, "{text}");
    assert!(text.contains("BODY slow 14"), "{text}");
}

#[test]
fn nobody_who_reads_standard_error_stops_no_call_and_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env::current_exe().unwrap())
        .args(["role", "--exact", "--nocapture"])
        .env("ZEN_TEST_ROLE", "talk")
        .env_remove("ZEN_REPO")
        .current_dir(folder.path())
        .stderr(writer)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}
