//! Whoever needs evicted bytes has them computed again, once for all that need them:
//! over the workers of a run, threads and processes, for sync and async steps, with
//! whatever the step needs in turn.
//!
//! Nothing here sleeps and hopes: a body waits for the test's word, and that another
//! one waits for it is known from its saying so on standard error.

#![allow(missing_docs)]

use std::{path::Path, sync::Barrier, thread};

use zen_runtime::{Eviction, PastRun, Pipeline, Repository, pipeline, step};
use zen_tests::{
    Count, TestRepository,
    child::{self, Player, await_parent},
};

/// The first two steps wait for the parent's word in the process that is told to.
fn body(name: &str) {
    eprintln!("BODY {name}");
    if child::role().is_some() {
        await_parent();
    }
}

#[step]
fn first(n: u64) -> Vec<u64> {
    body("first");
    (0..n).collect()
}

#[step]
async fn second(numbers: &[u64]) -> Vec<u64> {
    body("second");
    numbers.iter().map(|n| n * 2).collect()
}

#[step]
fn third(numbers: &[u64], add: u64) -> u64 {
    numbers.iter().sum::<u64>() + add
}

const SUM: u64 = 9_999 * 10_000;

fn chain(add: u64) -> Pipeline<u64> {
    pipeline!("chain", {
        let first = first(10_000);
        let second = second(first);
        let third = third(second, add);
        third
    })
    .allow_new_version()
}

fn evict_all(repo: &Repository, run: &PastRun) {
    for output in run.steps().iter().flat_map(|step| &step.outputs) {
        let eviction = repo.evict(&output.id).unwrap();
        let gone = matches!(
            eviction,
            Eviction::Evicted { .. } | Eviction::AlreadyEvicted
        );
        assert!(gone, "{eviction:?}");
    }
}

fn stored_value(name: &str) -> zen_runtime::Artifact {
    let repo = Repository::discover().unwrap();
    let run = repo.runs_of("chain").unwrap().remove(0);
    run.artifact(name).unwrap().unwrap()
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let Some(role) = child::role() else {
        return;
    };
    let repo = Repository::discover().unwrap();
    match role.as_str() {
        // One step that misses, and needs what was evicted.
        "run" => {
            let add = u64::from(std::process::id());
            let run = repo.runner().quiet().threads(2).run(&chain(add)).unwrap();
            assert_eq!(run.outputs().unwrap(), SUM + add);
        }
        // All hits, and then the value.
        "outputs" => {
            let run = repo.runner().quiet().run(&chain(1)).unwrap();
            assert_eq!(run.summary().cached, 3);
            assert_eq!(run.output::<Vec<u64>>("second").unwrap()[9_999], 19_998);
        }
        "artifact" => {
            let second: Vec<u64> = stored_value("second").value().unwrap();
            assert_eq!(second[9_999], 19_998);
        }
        "artifact of the first" => {
            let first: Vec<u64> = stored_value("first").value().unwrap();
            assert_eq!(first[9_999], 9_999);
        }
        "call" => {
            let numbers: Vec<_> = (0..10_000).collect();
            assert_eq!(pollster::block_on(second(&numbers))[9_999], 19_998);
        }
        other => panic!("no role {other}"),
    }
}

/// A folder in which all of a run's bytes were evicted.
fn evicted_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repository::open(folder.path()).unwrap();
    let run = repo.runner().quiet().run(&chain(1)).unwrap();
    evict_all(&repo, &run);
    folder
}

/// Starts one player per role; the first is in the body of `first`, all others
/// wait for a step of its.
fn one_is_at_it(folder: &Path, roles: &[&str]) -> Vec<Player> {
    let mut players = vec![Player::start(folder, roles[0])];
    players[0].says("BODY first");
    let whom = format!("computed by process {} since ", players[0].pid());
    players.extend(roles[1..].iter().map(|role| Player::start(folder, role)));
    for player in &mut players[1..] {
        let line = player.says("zen: waiting for `");
        assert!(line.contains(&whom), "{line}");
    }
    players
}

fn bodies(lines: &[String], name: &str) -> usize {
    let body = format!("BODY {name}");
    lines.iter().filter(|line| line.contains(&body)).count()
}

#[test]
fn processes_compute_evicted_bytes_once() {
    let others = [
        "run",
        "outputs",
        "artifact",
        "artifact of the first",
        "call",
    ];
    for holder in ["run", "artifact", "outputs"] {
        let folder = evicted_folder();
        let mut players = one_is_at_it(folder.path(), &[&[holder], &others[..]].concat());
        players[0].go();
        players[0].says("BODY second");
        players[0].go();
        let lines: Vec<_> = players.into_iter().flat_map(Player::ends_well).collect();
        assert_eq!(bodies(&lines, "first"), 1, "{holder}: {lines:?}");
        assert_eq!(bodies(&lines, "second"), 1, "{holder}: {lines:?}");
    }
}

#[test]
fn who_waits_for_a_killed_process_computes_evicted_bytes() {
    let folder = evicted_folder();
    let mut players = one_is_at_it(folder.path(), &["run", "run"]);
    players.remove(0).kill();
    let mut next = players.remove(0);
    for name in ["first", "second"] {
        next.says(&format!("BODY {name}"));
        next.go();
    }
    next.ends_well();
}

/// Makes a chain of steps that are this test's own, so that its counts are too.
macro_rules! counted {
    ($one:ident, $two:ident) => {
        static ONE: Count = Count::new();
        static TWO: Count = Count::new();

        #[step]
        fn $one(n: u64) -> Vec<u64> {
            ONE.add();
            (0..n).collect()
        }

        #[step]
        async fn $two(numbers: &[u64]) -> Vec<u64> {
            TWO.add();
            numbers.iter().map(|n| n * 2).collect()
        }
    };
}

const ROUNDS: usize = 20;

#[test]
fn threads_compute_evicted_bytes_once() {
    counted!(one, two);
    let repo = TestRepository::new();
    let chain = |add: u64| {
        pipeline!("threads", {
            let one = one(10_000);
            let two = two(one);
            let sum = third(two, add);
            sum
        })
        .allow_new_version()
    };
    for round in 0..ROUNDS {
        let run = repo.quiet().run(&chain(0)).unwrap();
        evict_all(&repo, &run);
        let together = Barrier::new(4);
        thread::scope(|scope| {
            for number in 0..4 {
                let (repo, together, run, chain) = (&repo, &together, &run, &chain);
                scope.spawn(move || {
                    together.wait();
                    if number % 2 == 0 {
                        let two = run.output::<Vec<u64>>("two").unwrap();
                        assert_eq!(two[9_999], 19_998);
                        return;
                    }
                    let add = (round * 4 + number) as u64;
                    let run = repo.quiet().threads(2).run(&chain(add)).unwrap();
                    assert_eq!(run.outputs().unwrap(), SUM + add);
                });
            }
        });
        assert_eq!((ONE.get(), TWO.get()), (round + 2, round + 2));
    }
}

#[test]
fn workers_of_a_run_compute_evicted_bytes_once() {
    counted!(one, two);
    let repo = TestRepository::new();
    let fan = |add: u64| {
        pipeline!("fan", {
            let one = one(10_000);
            let two = two(one);
            let a = third(two, add);
            let b = third(one, add);
            let c = third(two, add + 1);
            (a, b, c)
        })
        .allow_new_version()
    };
    for round in 0..ROUNDS {
        let add = 2 * round as u64;
        let run = repo.quiet().threads(3).run(&fan(add)).unwrap();
        let expected = (SUM + add, SUM / 2 + add, SUM + add + 1);
        assert_eq!(run.outputs().unwrap(), expected);
        assert_eq!((ONE.get(), TWO.get()), (round + 1, round + 1));
        evict_all(&repo, &run);
    }
}

/// A step that gives back what it was given is one call twice in a chain: who
/// computes the second again needs the first, which is the same.
#[test]
fn a_call_that_needs_itself_does_not_wait_for_itself() {
    #[step]
    fn cleaned(rows: &[u64]) -> Vec<u64> {
        let mut rows = rows.to_vec();
        rows.dedup();
        rows
    }
    let repo = TestRepository::new();
    for round in 0..ROUNDS as u64 {
        let pipeline = pipeline!("twice", {
            let once = cleaned(vec![1_u64, 2, 3]);
            let twice = cleaned(once);
            let a = third(twice, round * 2);
            let b = third(once, round * 2 + 1);
            (a, b)
        })
        .allow_new_version();
        let run = repo.quiet().threads(2).run(&pipeline).unwrap();
        assert_eq!(run.outputs().unwrap(), (6 + round * 2, 7 + round * 2));
        evict_all(&repo, &run);
    }
}
