//! A pipeline that outlives the program that made it.

#![allow(missing_docs)]

use std::{path::Path, process::Command};

fn run(program: &str, folder: &Path) -> (String, String) {
    let output = Command::new(program)
        .arg(folder)
        .env_remove("ZEN_REPO")
        .output()
        .expect("the program starts");
    let [out, err] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    assert!(output.status.success(), "{out}{err}");
    (out, err)
}

#[test]
fn steps_that_were_edited_retyped_or_removed_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let (out, _) = run(env!("CARGO_BIN_EXE_before"), folder.path());
    assert_eq!(out, "4\n");
    let (out, err) = run(env!("CARGO_BIN_EXE_after"), folder.path());
    let lines: Vec<_> = out.lines().collect();
    let expected = [
        "a: current",
        "b: its code has changed since the pipeline was made",
        "runs on: 6",
        "c: its types have changed from (x: u64) -> (u64) to (x: u32) -> (u64)",
        "retyped: ",
        "d: it is not linked into this binary",
        "removed: ",
    ];
    assert_eq!(lines.len(), expected.len(), "{out}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line} / {expected}");
    }
    assert!(
        lines[4].contains("`c`") && lines[4].contains("u32"),
        "{}",
        lines[4]
    );
    assert!(
        lines[6].contains("`d`") && lines[6].contains("`removed`"),
        "{}",
        lines[6]
    );
    assert!(err.contains("computed b"), "{err}");
}
