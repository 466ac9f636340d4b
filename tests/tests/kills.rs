//! A process is killed with SIGKILL at any moment: while it writes blobs and
//! records, opens a store, clears one away, or checks one. Afterwards no value is
//! wrong, no caller sees an error, what was flushed is there, `verify` finds no
//! fault, and nothing is left behind that `gc` does not clear away.
//!
//! One store goes through all of the kills. The default is short; all 300:
//!
//! ```sh
//! ZEN_KILLS=300 cargo test -p zen-tests --test kills -- --nocapture
//! ```

#![cfg(unix)]
#![allow(missing_docs, clippy::cast_possible_truncation)]

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use zen_runtime::{GcPolicy, Repository, VerifyOptions, step};
use zen_tests::{Count, random::Random};

static BODIES: Count = Count::new();

#[step]
fn small(n: u64) -> u64 {
    BODIES.add();
    n * n
}

#[step]
fn large(n: u64) -> Vec<u8> {
    BODIES.add();
    (0..40_000 + n % 7 * 9_000)
        .map(|at| (at * n % 251) as u8)
        .collect()
}

/// Whether what a call gives is right.
fn is_right(n: u64) -> bool {
    let bytes = large(n);
    small(n) == n * n
        && bytes.len() as u64 == 40_000 + n % 7 * 9_000
        && (0..)
            .zip(&bytes)
            .all(|(at, &byte)| (at * n % 251) as u8 == byte)
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let Ok(role) = env::var("ZEN_TEST_ROLE") else {
        return;
    };
    let (role, first) = role.split_once(' ').unwrap();
    let first = first.parse().unwrap();
    match role {
        "keep" => keep(first),
        "open" => open(first),
        "clear" => clear(first),
        "check" => check(first),
        other => panic!("no role {other}"),
    }
}

/// Says a line that the parent reads, past the test harness.
fn say(text: &str) {
    let mut error = std::io::stderr().lock();
    writeln!(error, "{text}").unwrap();
}

/// Computes and flushes without end.
fn keep(first: u64) {
    let repo = Repository::discover().unwrap();
    say("BEGUN");
    for n in first.. {
        assert!(is_right(n));
        if n % 3 == 0 {
            repo.flush().unwrap();
            say(&format!("FLUSHED {n}"));
        }
    }
}

/// Opens and closes without end.
fn open(first: u64) {
    say("BEGUN");
    for n in first.. {
        let repo = Repository::open(".").unwrap();
        assert!(repo.scope(|| is_right(n)));
        drop(repo);
        say(&format!("FLUSHED {n}"));
    }
}

/// Clears away what others left, beside results that come.
fn clear(first: u64) {
    let repo = Repository::discover().unwrap();
    say("BEGUN");
    for n in first.. {
        assert!(is_right(n));
        repo.gc(&GcPolicy::new()).unwrap();
        repo.flush().unwrap();
        say(&format!("FLUSHED {n}"));
    }
}

/// Checks the store, and mends what it finds, beside results that come.
fn check(first: u64) {
    let repo = Repository::discover().unwrap();
    say("BEGUN");
    for n in first.. {
        assert!(is_right(n));
        repo.verify(&VerifyOptions::new().repair(true)).unwrap();
        say(&format!("FLUSHED {n}"));
    }
}

fn start(folder: &Path, role: &str, first: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["role", "--exact", "--nocapture"])
        .env("ZEN_TEST_ROLE", format!("{role} {first}"))
        .env_remove("ZEN_REPO")
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills a child at a random moment, and gives what it said until then: how far
/// it had flushed, and whether anything but that.
fn kill_in_the_middle(
    folder: &Path,
    role: &str,
    first: u64,
    moment: Duration,
) -> (u64, Vec<String>) {
    let mut child = start(folder, role, first);
    // The moment counts from the child's first line, or an early kill would
    // never meet it at work. One in eight is killed on its way there.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    if !moment.subsec_micros().is_multiple_of(8) {
        said.extend(lines.next().map(Result::unwrap));
    }
    thread::sleep(moment);
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(9), "{role}: {said:?}");
    said.extend(lines.map_while(Result::ok));
    let flushed = said.iter().rev().find_map(|line| {
        let number = line.strip_prefix("FLUSHED ")?;
        number.parse::<u64>().ok()
    });
    // The last line may be cut.
    let last = said.len().saturating_sub(1);
    let odd = said.iter().take(last).filter(|line| {
        let known = line.starts_with("FLUSHED ") || line.as_str() == "BEGUN";
        !known && !line.is_empty() && !line.starts_with("running 1 test")
    });
    let odd = odd.cloned().collect();
    (flushed.map_or(first, |number| number + 1), odd)
}

/// What is left in a folder of the store.
fn left_in(folder: &Path, name: &str) -> usize {
    fs::read_dir(folder.join(".zen").join(name)).map_or(0, Iterator::count)
}

#[test]
fn no_kill_loses_what_was_flushed_or_leaves_anything_wrong() {
    let kills = env::var("ZEN_KILLS").map_or(24, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.lock"), "").unwrap();
    let mut random = Random::new(env::var("ZEN_SEED").map_or(1, |seed| seed.parse().unwrap()));
    let mut next = 0;
    for kill in 0..kills {
        let roles = ["keep", "open", "keep", "clear", "check"];
        let role = roles[random.below(roles.len())];
        let moment = Duration::from_micros(random.number(120_000));
        let (flushed, odd) = kill_in_the_middle(folder.path(), role, next, moment);
        assert!(
            odd.is_empty(),
            "kill {kill} of `{role}` after {moment:?}: {odd:?}"
        );

        let repo = Repository::open(folder.path()).unwrap();
        repo.scope(|| {
            let before = BODIES.get();
            for n in next..flushed {
                assert!(is_right(n), "{n}");
            }
            let lost = BODIES.get() - before;
            assert_eq!(
                lost, 0,
                "kill {kill} of `{role}` after {moment:?} lost flushed results"
            );
            // What it was at when it was killed is right, stored or not.
            for n in flushed..flushed + 4 {
                assert!(is_right(n), "{n}");
            }
        });
        repo.flush().unwrap();
        next = flushed + 4;
    }
    let repo = Repository::open(folder.path()).unwrap();
    let leftovers = *repo.gc(&GcPolicy::new()).unwrap().leftovers();
    assert_eq!(left_in(folder.path(), "tmp"), 0);
    assert_eq!(left_in(folder.path(), "quarantine"), 0);
    let report = repo.verify(&VerifyOptions::new()).unwrap();
    assert!(report.is_clean(), "{:?}", report.faults());
    let before = BODIES.get();
    assert!(repo.scope(|| (0..next).all(is_right)));
    assert_eq!(BODIES.get(), before, "all of it is there at the end");
    println!("{kills} kills, {next} results each of two kinds, cleared away: {leftovers:?}");
}
