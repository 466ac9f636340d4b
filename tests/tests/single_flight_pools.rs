//! Waiting for one another never ends in a deadlock: not on a thread pool that
//! steals work, and not between processes.
//!
//! A worker that waits for a job runs other jobs meanwhile, on top of its own
//! stack. Should one of them wait for a computation that itself waits for what
//! lies below, neither would ever end. Each program here does so for certain,
//! and hangs if waits are never given up. That is seen by what the operating
//! system says of threads, so these tests are for Linux.

#![cfg(target_os = "linux")]
#![allow(missing_docs)]

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use rayon::prelude::*;
use zen_runtime::{Repository, step};
use zen_tests::child::{self, Player, await_parent};

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    match child::role().as_deref() {
        None => {}
        Some("stolen") => pool(2).install(|| assert_eq!(parallel(1, Some(Stolen { next: 1 })), 1)),
        Some("stolen 0") => across(0),
        Some("stolen 1") => across(1),
        Some("mutual 0") => drop(mutual(0, true)),
        Some("mutual 1") => drop(mutual(1, true)),
        Some("nested") => nested(),
        Some(other) => panic!("no role {other}"),
    }
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap()
}

/// What a job that the body waits for does: it runs a job of its own on top,
/// which asks for the call `next`.
#[derive(Clone, Copy, Debug)]
struct Stolen {
    next: u64,
}

/// Gives its argument. The other job of its `join` runs on another worker for
/// certain, as the first goes on only when the other has begun.
#[step(ignore(stolen))]
fn parallel(x: u64, stolen: Option<Stolen>) -> u64 {
    eprintln!("BODY {x}");
    let Some(stolen) = stolen else {
        return x;
    };
    let begun = AtomicBool::new(false);
    rayon::join(
        || {
            while !begun.load(Ordering::SeqCst) {
                std::hint::spin_loop();
            }
        },
        || {
            begun.store(true, Ordering::SeqCst);
            if child::role().as_deref() != Some("stolen") {
                await_parent();
            }
            rayon::spawn(move || assert_eq!(parallel(stolen.next, None), stolen.next));
            // Runs the job, here or on the other worker.
            while rayon::yield_now() == Some(rayon::Yield::Executed) {}
        },
    );
    x
}

fn across(x: u64) {
    pool(2).install(|| assert_eq!(parallel(x, Some(Stolen { next: 1 - x })), x));
}

#[test]
fn a_stolen_job_that_waits_for_what_waits_for_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    Player::start(folder.path(), "stolen").ends_well();
}

#[test]
fn stolen_jobs_of_two_processes_that_wait_for_each_other_end() {
    let folder = tempfile::tempdir().unwrap();
    both_end(folder.path(), ["stolen 0", "stolen 1"]);
}

#[step(ignore(again))]
fn mutual(x: u64, again: bool) -> u64 {
    eprintln!("BODY {x}");
    if again {
        await_parent();
        return mutual(1 - x, false);
    }
    x
}

#[test]
fn bodies_of_two_processes_that_wait_for_each_other_end() {
    let folder = tempfile::tempdir().unwrap();
    both_end(folder.path(), ["mutual 0", "mutual 1"]);
}

/// Starts both, and lets them go on when each is in its body.
fn both_end(folder: &std::path::Path, roles: [&str; 2]) {
    let mut players = roles.map(|role| Player::start(folder, role));
    for player in &mut players {
        player.says("BODY");
    }
    for player in &mut players {
        player.go();
    }
    for player in players {
        player.ends_well();
    }
}

static BODIES: AtomicU32 = AtomicU32::new(0);

#[step]
fn inner(x: u64) -> u64 {
    BODIES.fetch_add(1, Ordering::Relaxed);
    (0..64_u64).into_par_iter().map(|y| leaf(x, y % 8)).sum()
}

#[step]
fn leaf(x: u64, y: u64) -> u64 {
    BODIES.fetch_add(1, Ordering::Relaxed);
    (0..1_000_u64)
        .into_par_iter()
        .map(|z| (x + y) * z % 7)
        .sum()
}

/// As a user would write it: parallel in parallel, with calls in common.
fn nested() {
    let repo = Arc::new(Repository::discover().unwrap());
    let plain: u64 = (0..8_u64)
        .flat_map(|x| (0..64_u64).map(move |y| (x, y % 8)))
        .map(|(x, y)| (0..1_000).map(|z| (x + y) * z % 7).sum::<u64>())
        .sum();
    let cached: u64 = pool(8).install(|| {
        (0..64_u64)
            .into_par_iter()
            .map(|x| repo.scope(|| inner(x % 8)))
            .sum()
    });
    assert_eq!(cached, plain * 8);
    eprintln!("{} BODIES for 72 calls", BODIES.load(Ordering::Relaxed));
}

#[test]
fn parallel_steps_in_parallel_steps_end() {
    let folder = tempfile::tempdir().unwrap();
    let lines = Player::start(folder.path(), "nested").ends_well();
    assert!(
        lines.iter().any(|line| line.contains("BODIES")),
        "{lines:?}"
    );
}
