//! Each reason for a miss, met from end to end: what a run records, what
//! `PastRun::why` tells, and what `Repository::plan` says beforehand.

#![cfg(unix)]
#![allow(missing_docs)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::{Deserialize, Deserializer, Serialize};
use zen_runtime::{
    ArtifactId, File, MissReason, PastRun, Pipeline, PlannedStep, Repository, StepOutcome,
    pipeline, step,
};
use zen_tests::{
    TestRepository,
    child::{self, Player},
};

/// Larger than what lies in the database.
const LARGE: usize = 50_000;

#[step]
fn large(n: u64) -> Vec<u8> {
    vec![n.to_le_bytes()[0]; LARGE]
}

#[step]
fn length(bytes: &[u8], add: usize) -> usize {
    bytes.len() + add
}

#[step(cache = false)]
fn uncached(n: u64) -> u64 {
    n
}

#[step]
fn path_of(file: &File) -> PathBuf {
    file.path().to_owned()
}

mod one {
    #[zen_runtime::step(name = "of one name")]
    pub(super) fn namesake(n: u64) -> u64 {
        n
    }
}

mod another {
    #[zen_runtime::step(name = "of one name")]
    pub(super) fn namesake(n: u64) -> u64 {
        n + 1
    }
}

/// What can be read back, but for as often as it is told not to.
#[derive(Serialize)]
struct Fickle(u64);

static FAILS: AtomicU32 = AtomicU32::new(0);

impl<'de> Deserialize<'de> for Fickle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fails = |left: u32| left.checked_sub(1);
        let order = Ordering::SeqCst;
        if FAILS.fetch_update(order, order, fails).is_ok() {
            return Err(serde::de::Error::custom("not today"));
        }
        u64::deserialize(deserializer).map(Self)
    }
}

#[step]
fn fickle(n: u64) -> Fickle {
    Fickle(n)
}

#[step]
fn inside(fickle: &Fickle, add: u64) -> u64 {
    fickle.0 + add
}

/// `subject` is a hit in the second run; what follows it is not, and needs its value.
fn lengths(add: usize) -> Pipeline<usize> {
    pipeline!("lengths", {
        let subject = large(7);
        let length = length(subject, add);
        length
    })
    .allow_new_version()
}

fn insides(add: u64) -> Pipeline<u64> {
    pipeline!("insides", {
        let subject = fickle(7);
        let inside = inside(subject, add);
        inside
    })
    .allow_new_version()
}

fn run<V>(repo: &TestRepository, pipeline: &Pipeline<V>) -> PastRun {
    (**repo.quiet().run(pipeline).as_ref().unwrap()).clone()
}

/// A store in which the bytes of `subject` were stored.
fn with_stored_bytes(repo: &TestRepository) -> (ArtifactId, PathBuf) {
    let id = run(repo, &lengths(0)).output_id("subject").unwrap();
    let name = id.to_string();
    let (folder, file) = name.split_at(2);
    let blob = repo.dir().join("blobs").join(folder).join(file);
    assert!(blob.is_file());
    (id, blob)
}

/// A case: what the miss is called here, what is told of it, and a run whose step
/// `subject` is one.
type Case = (&'static str, &'static str, fn(&TestRepository) -> PastRun);

const CASES: [Case; 9] = [
    ("NeverRun", "no result of this step is stored", |repo| {
        run(repo, &lengths(0))
    }),
    ("Changed", "the parameter `n` changed", |repo| {
        run(repo, &lengths(0));
        let other = pipeline!("other", {
            let subject = large(8);
            subject
        });
        run(repo, &other)
    }),
    ("CacheDisabled", "the step has `cache = false`", |repo| {
        let pipeline = pipeline!("uncached", {
            let subject = uncached(1);
            subject
        });
        run(repo, &pipeline)
    }),
    (
        "NameConflict",
        "another function goes by the same name",
        |repo| {
            assert_eq!(repo.scope(|| one::namesake(1)), 1);
            let pipeline = pipeline!("conflict", {
                let subject = another::namesake(1);
                subject
            });
            run(repo, &pipeline)
        },
    ),
    ("ArtifactMissing", "is gone", |repo| {
        let (_, blob) = with_stored_bytes(repo);
        fs::remove_file(blob).unwrap();
        run(repo, &lengths(1))
    }),
    ("Undecodable", "cannot be read: not today", |repo| {
        run(repo, &insides(0));
        // Once when it is first read, once when it is looked for again.
        FAILS.store(2, Ordering::SeqCst);
        run(repo, &insides(1))
    }),
    (
        "NotIdentified",
        "the argument `file` has no identity",
        |repo| {
            let missing = repo.folder().join("no such file");
            let pipeline = pipeline!("unidentified", {
                let subject = path_of(File::new(&missing));
                subject
            });
            run(repo, &pipeline)
        },
    ),
    ("StoreUnreadable", "the store cannot be read", |repo| {
        let (_, blob) = with_stored_bytes(repo);
        fs::remove_file(&blob).unwrap();
        // A link to itself: the system will not look.
        symlink(&blob, &blob).unwrap();
        run(repo, &lengths(1))
    }),
    ("Evicted", "were evicted", |repo| {
        let (id, _) = with_stored_bytes(repo);
        repo.evict(&id).unwrap();
        run(repo, &lengths(1))
    }),
];

fn name(reason: &MissReason) -> &'static str {
    match reason {
        MissReason::NeverRun => "NeverRun",
        MissReason::Changed(_) => "Changed",
        MissReason::CacheDisabled => "CacheDisabled",
        MissReason::NameConflict => "NameConflict",
        MissReason::ArtifactMissing(_) => "ArtifactMissing",
        MissReason::Undecodable(_) => "Undecodable",
        MissReason::NotIdentified { .. } => "NotIdentified",
        MissReason::StoreUnreadable(_) => "StoreUnreadable",
        MissReason::Evicted(_) => "Evicted",
        other => panic!("{other} has no case here"),
    }
}

#[test]
fn each_reason_is_recorded_and_told() {
    for (expected, told, case) in CASES {
        let repo = TestRepository::new();
        let run = case(&repo);
        let subject = run.step("subject").unwrap();
        let StepOutcome::Computed { reasons } = &subject.run().outcome else {
            panic!("{expected}: {:?}", subject.run());
        };
        let names: Vec<_> = reasons.iter().map(name).collect();
        assert_eq!(names, [expected]);
        let why = run.why("subject").unwrap().to_string();
        assert!(why.starts_with("`subject` was computed:\n  "), "{why}");
        assert!(why.contains(told), "{why}");
        // It is in the store, too.
        let stored = repo.runs().unwrap().pop().unwrap();
        assert_eq!(stored.id(), run.id());
        assert_eq!(stored.why("subject").unwrap().to_string(), why);
    }
}

#[test]
fn a_plan_gives_the_reason_before_anything_runs() {
    let repo = TestRepository::new();
    let (id, blob) = with_stored_bytes(&repo);
    let plan = |add| repo.plan(&lengths(add)).unwrap().steps().to_vec();
    let computed = |step: &PlannedStep| match step {
        PlannedStep::Computed { reasons, .. } => reasons.iter().map(name).collect(),
        _ => Vec::new(),
    };
    assert_eq!(computed(&plan(1)[1]), ["Changed"]);
    // A run may not need the bytes.
    repo.evict(&id).unwrap();
    assert!(computed(&plan(1)[0]).is_empty());
    run(&repo, &lengths(1));
    fs::remove_file(blob).unwrap();
    assert_eq!(computed(&plan(1)[0]), ["ArtifactMissing"]);
}

/// One step as it was and as it is now: what an edit makes of it. A process knows
/// one of them.
macro_rules! edition {
    ($module:ident, [$($option:tt)*], ($($parameter:tt)*), ($($argument:tt)*), $body:expr) => {
        mod $module {
            use zen_runtime::{pipeline, step};

            #[step(name = "edited" $($option)*)]
            fn edited($($parameter)*) -> u64 {
                $body
            }

            pub(super) fn pipeline() -> zen_runtime::Pipeline<u64> {
                pipeline!("edited", {
                    let subject = edited($($argument)*);
                    subject
                })
                .allow_new_version()
            }
        }
    };
}

edition!(before, [], (n: u64), (1_u64), n);
edition!(edited_body, [], (n: u64), (1_u64), n + 1);
edition!(new_version, [, version = 2], (n: u64), (1_u64), n);
edition!(more_arguments, [], (n: u64, add: u64), (1_u64, 2_u64), n + add);
edition!(in_an_environment, [, env("ZEN_TEST_VARIABLE")], (n: u64), (1_u64), n);
edition!(other_parameter, [], (n: u64), (2_u64), n);

#[step]
fn first_of<T: zen_runtime::Storable + Clone>(all: &[T]) -> T {
    all[0].clone()
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let Some(role) = child::role() else {
        return;
    };
    let pipeline = match role.as_str() {
        "before" => before::pipeline(),
        "edited body" => edited_body::pipeline(),
        "new version" => new_version::pipeline(),
        "more arguments" => more_arguments::pipeline(),
        "environment" => in_an_environment::pipeline(),
        "other parameter" => other_parameter::pipeline(),
        other => panic!("no role {other}"),
    };
    let repo = Repository::discover().unwrap();
    let run = repo.runner().quiet().run(&pipeline).unwrap();
    for line in run.why("subject").unwrap().to_string().lines() {
        eprintln!("WHY {line}");
    }
}

#[test]
fn each_difference_of_an_edited_step_is_told() {
    for (role, told) in [
        (
            "edited body",
            "the step's source changed: `its own body` changed",
        ),
        ("edited body", "the function moved from"),
        ("new version", "the version changed from none to 2"),
        ("more arguments", "the function takes other arguments"),
        (
            "environment",
            "the environment variable `ZEN_TEST_VARIABLE` changed",
        ),
        ("other parameter", "the parameter `n` changed"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        Player::start(folder.path(), "before").ends_well();
        let lines = Player::start(folder.path(), role).ends_well();
        let why = |line: &&String| line.starts_with("WHY") && line.contains(told);
        assert!(lines.iter().any(|line| why(&line)), "{role}: {lines:?}");
    }
}

#[test]
fn differences_of_inputs_and_type_parameters_are_told() {
    let repo = TestRepository::new();
    let of_numbers = |n: u64| {
        pipeline!("numbers", {
            let bytes = large(n);
            let subject = first_of::<u8>(bytes);
            subject
        })
        .allow_new_version()
    };
    run(&repo, &of_numbers(1));
    let why = |run: &PastRun| run.why("subject").unwrap().to_string();
    let changed = run(&repo, &of_numbers(2));
    assert!(why(&changed).contains("the input `all` changed"));
    let of_words = pipeline!("words", {
        let subject = first_of::<String>(vec!["a".to_owned()]);
        subject
    });
    let generic = why(&run(&repo, &of_words));
    assert!(
        generic.contains("the type parameter `T` changed"),
        "{generic}"
    );
}
