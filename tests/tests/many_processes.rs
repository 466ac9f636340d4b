//! Eight processes begin at once on an empty store, each with its own order of
//! steps of which half are everybody's. Every call is computed once over all of
//! them, every value is right, and nobody is told anything.
//!
//! ```text
//! cargo test -p zen-tests --release --test many_processes -- --nocapture
//! ```
//!
//! `ZEN_TEST_STEPS=1000` is the long form: so many steps for each process (60).
//! It prints how long hits took while others wrote.

#![allow(missing_docs)]

use std::{
    env,
    time::{Duration, Instant},
};

use zen_runtime::{Repository, step};
use zen_tests::{
    child::{self, Player, await_parent},
    random::Random,
};

const PROCESSES: u64 = 8;

/// What the numbers of all shared steps are below.
const SHARED: u64 = 1 << 32;

/// Names a process's number in the role.
const ROLE: &str = "campaign ";

/// Each of the two kinds of artifact: in the database, and in a file.
#[step]
fn small(x: u64) -> u64 {
    eprintln!("BODY small {x}");
    x.wrapping_mul(3)
}

#[step]
fn large(x: u64) -> Vec<u64> {
    eprintln!("BODY large {x}");
    (0..3000).map(|n| small(x) ^ n).collect()
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let role = child::role();
    if let Some(number) = role.as_deref().and_then(|role| role.strip_prefix(ROLE)) {
        campaign(number.parse().unwrap());
    }
}

fn steps() -> u64 {
    let set = env::var("ZEN_TEST_STEPS").ok();
    set.and_then(|steps| steps.parse().ok()).unwrap_or(60)
}

/// The numbers of one process's calls, half of them everybody's, in an order of
/// its own.
fn numbers(process: u64) -> Vec<u64> {
    let half = steps() / 2;
    let mut numbers: Vec<_> = (0..half)
        .flat_map(|n| [n, SHARED * (process + 1) + n])
        .collect();
    let mut random = Random::new(process);
    for last in (1..numbers.len()).rev() {
        numbers.swap(last, random.below(last + 1));
    }
    numbers
}

fn campaign(process: u64) {
    eprintln!("READY");
    await_parent();
    let numbers = numbers(process);
    for (done, &x) in numbers.iter().enumerate() {
        check(x);
        // One that is there by now, while others write.
        let known = numbers[done / 2];
        let started = Instant::now();
        assert_eq!(small(known), known.wrapping_mul(3));
        eprintln!("HIT {}", started.elapsed().as_nanos());
    }
    Repository::discover().unwrap().flush().unwrap();
}

/// A quarter of the calls has a large result, and calls another step inside.
fn check(x: u64) {
    if x.is_multiple_of(4) {
        let value = large(x);
        assert_eq!(value.len(), 3000);
        assert!((0..3000).eq(value.iter().map(|v| v ^ x.wrapping_mul(3))));
    }
    assert_eq!(small(x), x.wrapping_mul(3));
}

#[test]
fn every_call_is_computed_once_by_eight_processes() {
    let folder = tempfile::tempdir().unwrap();
    let mut players: Vec<_> = (0..PROCESSES)
        .map(|number| Player::start(folder.path(), &format!("{ROLE}{number}")))
        .collect();
    for player in &mut players {
        player.says("READY");
    }
    for player in &mut players {
        player.go();
    }
    let lines: Vec<String> = players.into_iter().flat_map(Player::ends_well).collect();

    let mut bodies: Vec<_> = told(&lines, "BODY ").collect();
    let computed = bodies.len();
    bodies.sort_unstable();
    bodies.dedup();
    assert_eq!(computed, bodies.len(), "each body runs once");
    let half = steps() / 2;
    let (each, large) = (half, half.div_ceil(4));
    assert_eq!(computed as u64, (PROCESSES + 1) * (each + large));
    let warnings: Vec<_> = told(&lines, "zen: warning").collect();
    assert!(warnings.is_empty(), "{warnings:?}");

    let hits = told(&lines, "HIT ").map(|text| text.parse().unwrap());
    let mut hits: Vec<_> = hits.map(Duration::from_nanos).collect();
    hits.sort_unstable();
    println!(
        "{} hits while others wrote: p50 {:?}, p99 {:?}",
        hits.len(),
        hits[hits.len() / 2],
        hits[hits.len() * 99 / 100],
    );
}

/// What follows `mark` in the lines that have it.
fn told<'a>(lines: &'a [String], mark: &'a str) -> impl Iterator<Item = &'a str> {
    lines
        .iter()
        .filter_map(move |line| Some(line.split_once(mark)?.1))
}
