//! An artifact's bytes are given up, and its ID is not: everything after it still
//! hits. Who needs the bytes has the step run again, with whatever that needs,
//! and the new ID is checked against the old one.

#![allow(missing_docs)]

use std::sync::atomic::{AtomicU64, Ordering};

use zen_runtime::{ArtifactId, Eviction, Pipeline, Repository, Run, pipeline, step};
use zen_tests::{
    Count, TestRepository,
    child::{self, Player},
};

/// Makes a chain of steps that are this test's own, so that its counts are too.
macro_rules! chain {
    () => {
        static FIRST: Count = Count::new();
        static SECOND: Count = Count::new();
        static THIRD: Count = Count::new();

        #[step]
        fn first(n: u64) -> Vec<u64> {
            FIRST.add();
            (0..n).collect()
        }

        #[step]
        fn second(numbers: &[u64]) -> Vec<u64> {
            SECOND.add();
            numbers.iter().map(|n| n * 2).collect()
        }

        #[step]
        fn third(numbers: &[u64], add: u64) -> u64 {
            THIRD.add();
            numbers.iter().sum::<u64>() + add
        }

        fn counts() -> [usize; 3] {
            [FIRST.get(), SECOND.get(), THIRD.get()]
        }

        fn chain(add: u64) -> Pipeline<u64> {
            pipeline!("chain", {
                let first = first(10_000);
                let second = second(first);
                let third = third(second, add);
                third
            })
            .allow_new_version()
        }
    };
}

const SUM: u64 = 9_999 * 10_000;

fn ids<V>(run: &Run<V>) -> Vec<ArtifactId> {
    let outputs = run.steps().iter().flat_map(|step| &step.outputs);
    outputs.map(|output| output.id).collect()
}

fn evict_all<V>(repo: &Repository, run: &Run<V>) {
    for id in ids(run) {
        let eviction = repo.evict(&id).unwrap();
        assert!(matches!(eviction, Eviction::Evicted { .. }), "{eviction:?}");
        assert_eq!(repo.evict(&id).unwrap(), Eviction::AlreadyEvicted);
        assert!(repo.artifact(&id).unwrap().unwrap().is_evicted().unwrap());
    }
}

#[test]
fn a_run_hits_though_all_bytes_are_gone() {
    chain!();
    let repo = TestRepository::new();
    let before = repo.quiet().run(&chain(1)).unwrap();
    evict_all(&repo, &before);
    assert!(repo.plan(&chain(1)).unwrap().is_all_cached());
    let run = repo.quiet().run(&chain(1)).unwrap();
    assert_eq!(run.summary().cached, 3);
    assert_eq!(ids(&run), ids(&before));
    assert_eq!(counts(), [1, 1, 1]);
}

#[test]
fn a_value_that_is_asked_for_is_computed_again_with_what_it_needs() {
    chain!();
    let repo = TestRepository::new();
    let before = repo.quiet().run(&chain(1)).unwrap();
    evict_all(&repo, &before);
    let run = repo.quiet().run(&chain(1)).unwrap();
    assert_eq!(run.output::<Vec<u64>>("second").unwrap()[9_999], 19_998);
    assert_eq!(counts(), [2, 2, 1]);
    assert_eq!(run.outputs().unwrap(), SUM + 1);
    assert_eq!(counts(), [2, 2, 2]);
    for id in ids(&before) {
        assert!(!repo.artifact(&id).unwrap().unwrap().is_evicted().unwrap());
    }
    let again = repo.quiet().run(&chain(1)).unwrap();
    assert_eq!(ids(&again), ids(&before));
    assert_eq!(again.outputs().unwrap(), SUM + 1);
    assert_eq!(counts(), [2, 2, 2]);
}

#[test]
fn a_step_that_misses_has_its_inputs_computed_again() {
    chain!();
    let repo = TestRepository::new();
    let before = repo.quiet().run(&chain(1)).unwrap();
    evict_all(&repo, &before);
    let run = repo.quiet().run(&chain(2)).unwrap();
    assert_eq!(run.outputs().unwrap(), SUM + 2);
    assert_eq!(run.summary().computed, 3);
    let why = run.why("first").unwrap().to_string();
    assert!(why.contains("were evicted"), "{why}");
    assert_eq!(counts(), [2, 2, 2]);
}

#[test]
fn an_artifact_of_a_past_run_is_computed_again_by_the_stored_pipeline() {
    chain!();
    let repo = TestRepository::new();
    let before = repo.quiet().run(&chain(1)).unwrap();
    repo.quiet().run(&chain(5)).unwrap();
    evict_all(&repo, &before);
    let past = repo.runs_of("chain").unwrap().remove(0);
    let third = past.artifact("third").unwrap().unwrap();
    assert!(third.is_evicted().unwrap());
    assert_eq!(third.value::<u64>().unwrap(), SUM + 1);
    assert_eq!(counts(), [2, 2, 3]);
    assert_eq!(past.output_id("third"), Some(third.id()));
    assert!(!third.is_evicted().unwrap());
}

#[test]
fn a_plain_call_is_computed_again() {
    chain!();
    let repo = TestRepository::new();
    repo.scope(|| {
        let numbers = first(10_000);
        assert_eq!(third(&second(&numbers), 0), SUM);
        let run = repo.quiet().run(&chain(0)).unwrap();
        assert_eq!(run.summary().cached, 3);
        evict_all(&repo, &run);
        assert_eq!(first(10_000), numbers);
        assert_eq!(first(10_000), numbers);
        assert_eq!(counts(), [2, 1, 1]);
    });
}

#[test]
fn an_artifact_that_no_run_gave_says_what_to_do() {
    #[step]
    fn lonely(x: u64) -> u64 {
        x + 1
    }
    let repo = TestRepository::new();
    assert_eq!(repo.scope(|| lonely(1)), 2);
    let id = zen_runtime::codec::identify(&2_u64, &NoFiles).unwrap();
    assert!(matches!(
        repo.evict(&id).unwrap(),
        Eviction::Evicted { bytes: 8 }
    ));
    let artifact = repo.artifact(&id).unwrap().unwrap();
    let error = artifact.value::<u64>().unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("call the step"), "{why}");
    assert_eq!(repo.scope(|| lonely(1)), 2);
    assert_eq!(artifact.value::<u64>().unwrap(), 2);
}

struct NoFiles;

impl zen_runtime::codec::FileHasher for NoFiles {
    fn hash_file(&self, _: &std::path::Path) -> std::io::Result<[u8; 32]> {
        unreachable!()
    }
    fn hash_dir(&self, _: &std::path::Path) -> std::io::Result<[u8; 32]> {
        unreachable!()
    }
}

#[test]
fn a_pinned_artifact_and_one_that_nothing_could_compute_keep_their_bytes() {
    chain!();
    let repo = TestRepository::new();
    let run = repo.quiet().run(&chain(1)).unwrap();
    let id = run.output_id("second").unwrap();
    assert!(repo.pin(&id).unwrap());
    assert_eq!(repo.pins().unwrap(), [id]);
    assert_eq!(repo.evict(&id).unwrap(), Eviction::Pinned);
    assert!(repo.unpin(&id).unwrap());
    assert!(!repo.unpin(&id).unwrap());
    assert!(repo.pins().unwrap().is_empty());
    assert!(matches!(repo.evict(&id).unwrap(), Eviction::Evicted { .. }));
    let unknown = ArtifactId::of("none", b"none");
    assert_eq!(repo.evict(&unknown).unwrap(), Eviction::NotStored);
    assert!(!repo.pin(&unknown).unwrap());
    assert_eq!(counts(), [1, 1, 1]);
}

/// A step that gives another result each time, and what is built on it: no value
/// is ever made of two of its results.
#[test]
fn a_step_that_is_not_deterministic_never_mixes_its_results() {
    static STAMP: AtomicU64 = AtomicU64::new(1);

    #[step]
    fn stamp() -> Vec<u64> {
        vec![STAMP.fetch_add(1, Ordering::SeqCst); 10_000]
    }

    #[step]
    fn copied(stamp: &[u64]) -> Vec<u64> {
        stamp.to_vec()
    }

    #[step]
    fn compare(stamp: &[u64], copied: &[u64], add: u64) -> Vec<u64> {
        vec![stamp[0], copied[0], add]
    }

    fn stamped(add: u64) -> Pipeline<Vec<u64>> {
        pipeline!("stamped", {
            let stamp = stamp();
            let copied = copied(stamp);
            let compared = compare(stamp, copied, add);
            compared
        })
        .allow_new_version()
    }

    for threads in [1, 4] {
        let repo = TestRepository::new();
        let first = repo.quiet().threads(threads).run(&stamped(0)).unwrap();
        let old = first.outputs().unwrap()[0];
        assert_eq!(first.outputs().unwrap(), [old, old, 0]);
        let id = first.output_id("stamp").unwrap();
        assert!(matches!(repo.evict(&id).unwrap(), Eviction::Evicted { .. }));

        // What needs no bytes goes on as before.
        let warm = repo.quiet().run(&stamped(0)).unwrap();
        assert_eq!(warm.summary().cached, 3);

        // What needs them gets the new ones, and so does all that follows.
        let new = old + 1;
        let run = repo.quiet().threads(threads).run(&stamped(7)).unwrap();
        assert_eq!(run.outputs().unwrap(), [new, new, 7]);
        assert_eq!(run.summary().computed, 3, "{:?}", run.steps());
        let again = repo.quiet().run(&stamped(7)).unwrap();
        assert_eq!(again.summary().cached, 3);
        assert_eq!(again.outputs().unwrap(), [new, new, 7]);
        assert_eq!(
            STAMP.load(Ordering::SeqCst),
            new + 1,
            "it was run once more than at first"
        );

        // The old value cannot be had any more, and no other is given for it.
        let error = first.output::<Vec<u64>>("stamp").unwrap_err();
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert!(why.contains("another artifact"), "{why}");
    }
}

/// What comes next is what [`drawn`] gives.
static NEXT: AtomicU64 = AtomicU64::new(1);

#[step]
fn drawn() -> Vec<u64> {
    vec![NEXT.fetch_add(1, Ordering::SeqCst); 10_000]
}

#[step]
fn added(drawn: &[u64], add: u64) -> u64 {
    drawn[0] + add
}

fn sums(add: u64) -> Pipeline<u64> {
    pipeline!("sums", {
        let drawn = drawn();
        let sum = added(drawn, add);
        sum
    })
    .allow_new_version()
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    if child::role().is_none() {
        return;
    }
    NEXT.store(100, Ordering::SeqCst);
    let repo = Repository::discover().unwrap();
    let run = repo.last_run("sums").unwrap().unwrap();
    let id = run.output_id("drawn").unwrap();
    assert!(matches!(repo.evict(&id).unwrap(), Eviction::Evicted { .. }));
    let run = repo.runner().quiet().run(&sums(7)).unwrap();
    assert_eq!(run.outputs().unwrap(), 107);
}

#[test]
fn what_another_process_has_kept_since_counts_for_one_that_remembers_what_was() {
    let repo = TestRepository::new();
    for _ in 0..2 {
        let run = repo.quiet().run(&sums(0)).unwrap();
        assert_eq!(run.outputs().unwrap(), 1);
    }
    Player::start(repo.folder(), "draws again").ends_well();

    let run = repo.quiet().run(&sums(0)).unwrap();
    assert_eq!(run.outputs().unwrap(), 100);
    assert_eq!(run.output::<Vec<u64>>("drawn").unwrap()[0], 100);
    assert_eq!(repo.scope(drawn)[0], 100);
    assert_eq!(NEXT.load(Ordering::SeqCst), 2, "it was not run here again");
}
