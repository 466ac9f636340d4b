//! The example as a user runs it: a process per command, on all of the data.

#![allow(missing_docs)]

use std::{fs, path::Path, process::Command};

use zen_runtime::Repository;

struct Told {
    score: String,
    steps: Vec<String>,
}

fn flights(folder: &Path, arguments: &[&str]) -> Told {
    let output = Command::new(env!("CARGO_BIN_EXE_flights"))
        .args(arguments)
        .arg("--report")
        .arg(folder.join("report.svg"))
        .env("ZEN_REPO", folder)
        .current_dir(folder)
        .output()
        .expect("the example starts");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    let steps = told
        .lines()
        .filter_map(|line| line.split("] ").nth(1))
        .map(|line| line.split(" (").next().unwrap_or(line).to_owned())
        .collect();
    Told {
        score: String::from_utf8_lossy(&output.stdout).into_owned(),
        steps,
    }
}

fn computed(told: &Told) -> Vec<&str> {
    let lines = told.steps.iter();
    let mut names: Vec<&str> = lines.filter_map(|l| l.strip_prefix("computed ")).collect();
    names.sort_unstable();
    names
}

#[test]
fn the_story_of_the_readme() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();

    let first = flights(folder, &[]);
    assert_eq!(computed(&first).len(), 11, "{:?}", first.steps);
    assert!(first.score.contains("AUC      0.7"), "{}", first.score);
    let picture = fs::read_to_string(folder.join("report.svg")).expect("the picture");
    assert!(picture.starts_with("<svg"));
    let repo = Repository::open(folder).expect("the repository");
    let run = repo.last_run("late flights, by tree").expect("runs");
    let run = run.expect("a run");
    let flights_id = run.output_id("flights").expect("an output");
    let rows: zen_examples::flights::Flights = repo
        .artifact(&flights_id)
        .expect("a store")
        .expect("an artifact")
        .value()
        .expect("the table");
    assert_eq!(rows.delay.len(), 336_776);

    let second = flights(folder, &[]);
    assert!(computed(&second).is_empty(), "{:?}", second.steps);
    assert_eq!(second.steps.len(), 11);
    assert_eq!(second.score, first.score);

    let deeper = flights(folder, &["--max-depth", "6"]);
    assert_eq!(computed(&deeper), ["model", "picture", "score"]);
    assert_ne!(deeper.score, first.score);

    let other = flights(folder, &["--trainer", "logistic"]);
    assert_eq!(computed(&other), ["model", "picture", "score"]);
    assert_ne!(other.score, first.score);
    let again = flights(folder, &["--trainer", "logistic"]);
    assert!(computed(&again).is_empty(), "{:?}", again.steps);
}
