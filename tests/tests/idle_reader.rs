//! A process that has found something in the store and then does nothing, or goes on
//! finding it, does not make the database grow beside one that writes: it lets go of
//! the snapshot that it looked into. (A process that is stopped cannot; see
//! `stopped.rs`.)
//!
//! Nothing here depends on when it does. The writer goes on until it has used pages
//! again: until it has written more than the whole file without making it longer.

#![allow(missing_docs)]

use std::{fs, path::Path};

use zen_runtime::{Repository, step};
use zen_tests::child::{self, Player, await_parent};

/// How many times two commits are made between looks at the file. They leave the
/// database as it was.
const ROUND: u64 = 25;

/// What a commit writes at the least: four pages.
const COMMIT: u64 = 4 * 4096;

/// A file of this size has grown without bound.
const TOO_LARGE: u64 = 64 << 20;

#[step]
fn square(x: u64) -> u64 {
    eprintln!("BODY");
    x * x
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    match child::role().as_deref() {
        None => {}
        Some("idle") => {
            assert_eq!(square(3), 9);
            eprintln!("FOUND");
            await_parent();
            assert_eq!(square(3), 9);
        }
        Some("busy") => {
            assert_eq!(square(3), 9);
            eprintln!("FOUND");
            while !Path::new("over").exists() {
                assert_eq!(square(3), 9);
            }
        }
        Some(other) => panic!("no role {other}"),
    }
}

#[test]
fn a_process_that_only_reads_does_not_make_the_database_grow() {
    for role in ["idle", "busy"] {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repository::open(folder.path()).unwrap();
        repo.scope(|| square(3));
        let run = repo.runner().quiet().run(&nine()).unwrap();
        let id = run.output_id("nine").unwrap();
        let mut reader = Player::start(folder.path(), role);
        reader.says("FOUND");
        let size = || fs::metadata(repo.dir().join("meta.redb")).unwrap().len();
        let (mut last, mut written) = (size(), 0);
        while written <= last {
            for _ in 0..ROUND {
                repo.pin(&id).unwrap();
                repo.unpin(&id).unwrap();
            }
            let now = size();
            assert!(now < TOO_LARGE, "{role}: {now} bytes");
            written = if now == last {
                written + 2 * ROUND * COMMIT
            } else {
                0
            };
            last = now;
        }
        println!(
            "beside a reader that is {role}, the database has {} KiB",
            last >> 10
        );
        fs::write(folder.path().join("over"), "").unwrap();
        let lines = reader.ends_well();
        assert!(!lines.iter().any(|line| line.contains("BODY")), "{role}");
    }
}

fn nine() -> zen_runtime::Pipeline<u64> {
    zen_runtime::pipeline!("nine", {
        let nine = square(3);
        nine
    })
}
