//! `ZEN_STRICT=1` makes errors of trouble with the store, whatever meets it: a plain
//! call and an async one panic, a step of a run fails, and so does a run that cannot
//! be kept. Without it each of them gives its value. What has an answer of its own
//! (opening, flushing, reading an artifact, evicting, clearing away, verifying) gives
//! its error in either case, and never panics.

#![cfg(unix)]
#![allow(missing_docs)]

use std::{
    env,
    error::Error,
    fmt::Display,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use zen_runtime::{GcPolicy, Pipeline, Repository, VerifyOptions, pipeline, step};

/// Larger than what lies in the database.
const LARGE: usize = 50_000;

/// What the store holds a result for, and what it does not.
const STORED: u64 = 1;
const NEW: u64 = 2;

#[step]
fn large(n: u64) -> Vec<u8> {
    vec![n.to_le_bytes()[0]; LARGE]
}

#[step]
async fn large_async(n: u64) -> Vec<u8> {
    vec![n.to_le_bytes()[0]; LARGE]
}

#[step]
fn length(bytes: &[u8]) -> usize {
    bytes.len()
}

fn lengths(n: u64) -> Pipeline<(Vec<u8>, usize)> {
    pipeline!("lengths", {
        let bytes = large(n);
        let length = length(bytes);
        (bytes, length)
    })
    .allow_new_version()
}

fn lengths_async(n: u64) -> Pipeline<(Vec<u8>, usize)> {
    pipeline!("async lengths", {
        let bytes = large_async(n);
        let length = length(bytes);
        (bytes, length)
    })
    .allow_new_version()
}

fn expected(n: u64) -> Vec<u8> {
    vec![n.to_le_bytes()[0]; LARGE]
}

/// What a process does with a store in trouble.
type Use = (&'static str, fn(u64));

const CALLS: [Use; 2] = [
    ("call", |n| told(large(n) == expected(n))),
    ("async call", |n| {
        told(pollster::block_on(large_async(n)) == expected(n));
    }),
];

const RUNS: [Use; 2] = [
    ("run", |n| run(&lengths(n), n)),
    ("async run", |n| run(&lengths_async(n), n)),
];

/// What computes bytes again that it cannot have, or gives an error.
const READS: [Use; 2] = [
    ("outputs", |n| {
        let repo = Repository::discover().unwrap();
        let run = repo.runner().quiet().run(&lengths(n)).unwrap();
        hide_blobs(Path::new("."));
        answer(run.outputs());
    }),
    ("evicted", |_| {
        let repo = Repository::discover().unwrap();
        let run = repo.runs_of("lengths").unwrap().remove(0);
        let bytes = run.artifact("bytes").unwrap().unwrap();
        assert!(bytes.is_evicted().unwrap());
        answer(bytes.value::<Vec<u8>>());
    }),
];

/// What gives its error in either case.
const ANSWERS: [Use; 4] = [
    ("flush", |n| {
        let repo = Repository::discover().unwrap();
        let bytes = repo.scope(|| large(n));
        assert!(bytes == expected(n));
        answer(repo.flush());
    }),
    ("evict", |_| {
        let repo = Repository::discover().unwrap();
        let run = repo.runs_of("lengths").unwrap().remove(0);
        answer(repo.evict(&run.output_id("bytes").unwrap()));
    }),
    ("artifact", |_| {
        let repo = Repository::discover().unwrap();
        let run = repo.runs_of("lengths").unwrap().remove(0);
        let artifact = run.artifact("bytes").map(Option::unwrap);
        answer(artifact.map(|artifact| artifact.value::<Vec<u8>>()));
    }),
    ("gc", |_| {
        let policy = GcPolicy::new().keep_runs(0).max_age(Duration::ZERO);
        answer(Repository::discover().unwrap().gc(&policy));
    }),
];

fn told(is_right: bool) {
    assert!(is_right);
    eprintln!("VALUE");
}

fn run(pipeline: &Pipeline<(Vec<u8>, usize)>, n: u64) {
    let repo = Repository::discover().unwrap();
    match repo.runner().quiet().threads(2).run(pipeline) {
        Ok(run) => told(run.outputs().unwrap() == (expected(n), LARGE)),
        Err(error) => {
            let mut next: Option<&dyn Error> = Some(&error);
            while let Some(error) = next {
                eprintln!("RUN FAILED: {error}");
                next = error.source();
            }
        }
    }
}

fn answer<T, E: Display>(result: Result<T, E>) {
    match result {
        Ok(_) => eprintln!("ANSWER: fine"),
        Err(error) => eprintln!("ANSWER: an error, {error}"),
    }
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let (Ok(role), Ok(number)) = (env::var("ZEN_TEST_ROLE"), env::var("ZEN_TEST_NUMBER")) else {
        return;
    };
    let mut all = CALLS.iter().chain(&RUNS).chain(&READS).chain(&ANSWERS);
    let (_, act) = all.find(|(name, _)| *name == role).unwrap();
    act(number.parse().unwrap());
}

/// What is wrong with the store.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    None,
    /// No store can be had at all.
    NotOpened,
    /// No file may grow.
    NotWritten,
    /// The system will not look at a blob.
    NotRead,
}

impl Trouble {
    /// A folder with results, and this trouble.
    fn folder(self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.lock"), "").unwrap();
        for (role, _) in CALLS.iter().chain(&RUNS) {
            let (success, text) = Self::None.act(folder.path(), role, STORED, false);
            assert!(success, "{text}");
        }
        if self == Self::NotRead {
            hide_blobs(folder.path());
        }
        folder
    }

    /// A process that plays `role`: whether it ended well, and what it said.
    fn act(self, folder: &Path, role: &str, number: u64, strict: bool) -> (bool, String) {
        let limits = match self {
            Self::NotWritten => "trap '' XFSZ && ulimit -f 8 && ",
            _ => "",
        };
        let script = format!("{limits}exec \"$0\" role --exact --nocapture");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &script])
            .arg(env::current_exe().unwrap())
            .env("ZEN_TEST_ROLE", role)
            .env("ZEN_TEST_NUMBER", number.to_string())
            .env_remove("RUST_BACKTRACE")
            .env_remove("ZEN_REPO")
            .current_dir(folder);
        if self == Self::NotOpened {
            shell.env("ZEN_REPO", "/proc/nowhere");
        }
        if strict {
            shell.env("ZEN_STRICT", "1");
        }
        let output = shell.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), text)
    }
}

/// Puts a link to itself in the place of each blob: the system will not look at it.
fn hide_blobs(folder: &Path) {
    for blob in blobs(folder) {
        fs::remove_file(&blob).unwrap();
        symlink(blob.file_name().unwrap(), &blob).unwrap();
    }
}

/// The blobs below a folder.
fn blobs(folder: &Path) -> Vec<PathBuf> {
    let folders = fs::read_dir(folder.join(".zen/blobs")).unwrap();
    let files = folders.flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn without_trouble_strict_changes_nothing() {
    let folder = Trouble::None.folder();
    for (role, _) in CALLS.iter().chain(&RUNS) {
        for number in [STORED, NEW] {
            let (success, text) = Trouble::None.act(folder.path(), role, number, true);
            assert!(success && text.contains("VALUE"), "{role}: {text}");
        }
    }
    for (role, _) in ANSWERS {
        let (success, text) = Trouble::None.act(folder.path(), role, STORED, true);
        assert!(success && text.contains("ANSWER: fine"), "{role}: {text}");
    }
}

#[test]
fn trouble_is_an_error_of_a_call() {
    for (trouble, number) in [
        (Trouble::NotOpened, STORED),
        (Trouble::NotWritten, NEW),
        (Trouble::NotRead, STORED),
    ] {
        for (role, _) in CALLS {
            let folder = trouble.folder();
            let (success, text) = trouble.act(folder.path(), role, number, false);
            assert!(success, "{trouble:?}, {role}: {text}");
            assert!(text.contains("VALUE"), "{trouble:?}, {role}: {text}");
            assert!(text.contains("zen: warning"), "{trouble:?}, {role}: {text}");
            let (success, text) = trouble.act(folder.path(), role, number, true);
            assert!(!success, "{trouble:?}, {role}: {text}");
            assert!(text.contains("as ZEN_STRICT is set"), "{role}: {text}");
            assert!(!text.contains("VALUE"), "{trouble:?}, {role}: {text}");
        }
    }
}

#[test]
fn trouble_is_an_error_of_a_run() {
    for (trouble, number) in [(Trouble::NotWritten, NEW), (Trouble::NotRead, STORED)] {
        for (role, _) in RUNS {
            let folder = trouble.folder();
            let (success, text) = trouble.act(folder.path(), role, number, false);
            assert!(success, "{trouble:?}, {role}: {text}");
            assert!(text.contains("VALUE"), "{trouble:?}, {role}: {text}");
            assert!(text.contains("zen: warning"), "{trouble:?}, {role}: {text}");
            // The run gives an error, and does not take the process with it.
            let (success, text) = trouble.act(folder.path(), role, number, true);
            assert!(success, "{trouble:?}, {role}: {text}");
            assert!(text.contains("RUN FAILED"), "{trouble:?}, {role}: {text}");
        }
    }
}

#[test]
fn bytes_that_cannot_be_had_are_an_error_of_who_asks() {
    let evict = |folder: &Path| {
        let (success, text) = Trouble::None.act(folder, "evict", STORED, false);
        assert!(success && text.contains("ANSWER: fine"), "{text}");
    };
    let nothing = |_: &Path| {};
    for (trouble, role, before) in [
        (Trouble::None, "outputs", &nothing as &dyn Fn(&Path)),
        (Trouble::NotWritten, "evicted", &evict),
    ] {
        for (strict, told) in [(false, "ANSWER: fine"), (true, "ANSWER: an error")] {
            let folder = Trouble::None.folder();
            before(folder.path());
            let (success, text) = trouble.act(folder.path(), role, STORED, strict);
            assert!(success && text.contains(told), "{role}: {text}");
        }
    }
}

#[test]
fn what_has_an_answer_gives_its_error_either_way() {
    for (trouble, roles) in [
        (Trouble::NotWritten, &["flush", "evict", "gc"][..]),
        (Trouble::NotRead, &["artifact"]),
    ] {
        for role in roles {
            for strict in [false, true] {
                let folder = trouble.folder();
                // A call in strict mode is an error itself.
                let number = if strict { STORED } else { NEW };
                let (success, text) = trouble.act(folder.path(), role, number, strict);
                assert!(success, "{trouble:?}, {role}: {text}");
                let is_told = text.contains("ANSWER: an error");
                let nothing_to_flush = strict && *role == "flush";
                assert_eq!(is_told, !nothing_to_flush, "{trouble:?}, {role}: {text}");
            }
        }
    }
}

/// Damage is mended in strict mode too.
#[test]
fn damage_is_no_trouble() {
    for (role, _) in CALLS.iter().chain(&RUNS) {
        let folder = Trouble::None.folder();
        for blob in blobs(folder.path()) {
            fs::remove_file(&blob).unwrap();
            fs::write(&blob, vec![0; LARGE + 8]).unwrap();
        }
        let (success, text) = Trouble::None.act(folder.path(), role, STORED, true);
        assert!(success && text.contains("VALUE"), "{role}: {text}");
    }
}

#[test]
fn a_verification_is_an_answer() {
    let folder = Trouble::NotRead.folder();
    let repo = Repository::open(folder.path()).unwrap();
    // It tells what it finds, or why it cannot look; it does not panic.
    if let Ok(report) = repo.verify(&VerifyOptions::new()) {
        assert!(!report.is_clean());
    }
}
