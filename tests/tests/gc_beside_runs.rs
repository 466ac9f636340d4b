//! While four processes run pipelines without pause, another clears away without
//! pause: no value is wrong, nothing goes that a run has touched, and at the end
//! the artifacts are within the limit.
//!
//! A run that lost something to gc would compute it again and say so; none may. A
//! plain call may, as nobody knows beforehand what it will ask for.
//! `ZEN_GC_ROUNDS` is how many runs each process makes, 40 if it is
//! not set:
//!
//! ```sh
//! ZEN_GC_ROUNDS=5000 cargo test --release -p zen-tests --test gc_beside_runs
//! ```

#![allow(missing_docs)]

use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
};

use zen_runtime::{Evict, GcPolicy, Pipeline, Repository, VerifyOptions, pipeline, step};
use zen_tests::random::Random;

const PROCESSES: u64 = 4;

/// How many different first steps there are. Few, so that runs meet what others
/// have computed and gc has left.
const KINDS: u64 = 12;

/// The limit: less than what all of the first steps give.
const LIMIT: u64 = 600_000;

#[step]
fn made(n: u64) -> Vec<u64> {
    (0..10_000).map(|i| i * n).collect()
}

#[step]
fn shifted(numbers: &[u64], by: u64) -> Vec<u64> {
    numbers.iter().map(|n| n + by).collect()
}

#[step]
fn small(numbers: &[u64]) -> Vec<u64> {
    numbers[..100].to_vec()
}

#[step(cache = false)]
fn uncached(n: u64) -> Vec<u64> {
    vec![n; 5_000]
}

#[step]
fn summed(shifted: &[u64], small: &[u64], uncached: &[u64], salt: u64) -> u64 {
    let sum = |numbers: &[u64]| numbers.iter().sum::<u64>();
    sum(shifted) + sum(small) + sum(uncached) + salt
}

fn sums(n: u64, by: u64, salt: u64) -> Pipeline<u64> {
    pipeline!(format!("sums of {n}"), {
        let made = made(n);
        let shifted = shifted(made, by);
        let small = small(made);
        let uncached = uncached(n);
        let sum = summed(shifted, small, uncached, salt);
        sum
    })
    .allow_new_version()
}

fn expected(n: u64, by: u64, salt: u64) -> u64 {
    let made: u64 = (0..10_000).map(|i| i * n).sum();
    let small: u64 = (0..100).map(|i| i * n).sum();
    made + 10_000 * by + small + 5_000 * n + salt
}

fn rounds() -> u64 {
    let told = env::var("ZEN_GC_ROUNDS").ok();
    told.and_then(|rounds| rounds.parse().ok()).unwrap_or(40)
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let Ok(number) = env::var("ZEN_TEST_NUMBER") else {
        return;
    };
    let mut random = Random::new(number.parse().unwrap());
    let repo = Repository::discover().unwrap();
    for _ in 0..rounds() {
        // The salt makes the last step a miss, so that it takes values of steps
        // that hit.
        let (n, by, salt) = (
            random.number(KINDS),
            random.number(2),
            random.number(1 << 30),
        );
        let run = repo
            .runner()
            .quiet()
            .threads(2)
            .run(&sums(n, by, salt))
            .unwrap();
        assert_eq!(run.outputs().unwrap(), expected(n, by, salt));
        let made = run.output::<Vec<u64>>("made").unwrap();
        assert_eq!(made[7], 7 * n);
        let plain = repo.scope(|| small(&made));
        assert_eq!(plain[99], 99 * n);
    }
}

fn start(folder: &Path, number: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["role", "--exact", "--nocapture"])
        .env("ZEN_TEST_NUMBER", number.to_string())
        .env("ZEN_REPO", folder)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn gc_takes_nothing_from_runs_and_meets_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repository::open(folder.path()).unwrap();
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|number| start(folder.path(), number))
        .collect();
    let policy = GcPolicy::new().keep_runs(0).max_size(LIMIT);
    let (mut collections, mut items) = (0, 0);
    while children
        .iter_mut()
        .any(|child| child.try_wait().unwrap().is_none())
    {
        let evict = match collections % 3 {
            0 => Evict::Nothing,
            1 => Evict::Intermediates,
            _ => Evict::All,
        };
        let limit = if collections % 2 == 0 { 0 } else { LIMIT };
        let report = repo
            .gc(&policy.clone().evict(evict).max_size(limit))
            .unwrap();
        collections += 1;
        items += report.items().len();
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let lost = told
            .lines()
            .find(|line| line.contains("the stored result of"));
        assert_eq!(lost, None);
    }
    println!("{collections} collections took {items} items");
    assert!(items > 0, "it had something to take");

    let report = repo.gc(&policy).unwrap();
    assert!(report.is_within_limit(), "{report}");
    assert!(repo.gc(&policy).unwrap().leftovers().bytes == 0);
    let verified = repo.verify(&VerifyOptions::new()).unwrap();
    assert!(verified.is_clean(), "{verified}");
    let run = repo.runner().quiet().run(&sums(3, 1, 5)).unwrap();
    assert_eq!(run.outputs().unwrap(), expected(3, 1, 5));
}
