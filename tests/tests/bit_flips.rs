//! One flipped bit anywhere in a store, thousands of times: no value comes out
//! wrong, no caller sees an error, no process ends, and the store mends itself, so
//! that a later look after a flip finds everything.
//!
//! Child processes do the flipping and looking, as damage that goes unnoticed could
//! end the process; one that ends is a failure of the flip that it was at. The number
//! of a flip and the seed say which bit it is.
//!
//! The default is short. All 5,000 flips, two minutes on two cores, with a table of
//! where they were and what came of them:
//!
//! ```sh
//! ZEN_FLIPS=5000 cargo test --release -p zen-tests --test bit_flips -- --nocapture
//! ZEN_SEED=2 ZEN_FLIPS=1234..1235 ...     # one of them again
//! ```

#![allow(missing_docs, clippy::cast_possible_truncation)]

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use tempfile::TempDir;
use zen_runtime::{GcPolicy, Pipeline, Repository, Secret, pipeline, step};
use zen_tests::{
    Count,
    child::{ROLE, role as part},
    random::Random,
};

/// Names the flips of a child.
const FLIPS: &str = "ZEN_FLIPS";

/// The file that a child writes to as it goes on.
const PROGRESS: &str = "progress";

/// After a flip, this many looks may have to compute something: where a key is
/// damaged, a result may come to lie where the next one makes it hard to find.
const LOOKS: usize = 5;

static BODIES: Count = Count::new();

#[step]
fn small(n: u64) -> u64 {
    BODIES.add();
    n * n
}

/// A few of these are blobs, and the largest counts as a large one.
#[step]
fn bytes(n: u64) -> Vec<u8> {
    BODIES.add();
    pattern(n)
}

/// Bytes that come again after a while which no page divides.
fn pattern(n: u64) -> Vec<u8> {
    let length = [100, 20_000, 70_000, 1_100_000][n as usize % 4];
    let once: Vec<u8> = (0..251).map(|at| (at * (n + 1) % 251) as u8).collect();
    let mut bytes = once.repeat(length / once.len() + 1);
    bytes.truncate(length);
    bytes
}

#[step(outputs(low, high))]
fn halves(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    BODIES.add();
    let (low, high) = bytes.split_at(bytes.len() / 2);
    (low.to_vec(), high.to_vec())
}

#[step]
fn sum(bytes: &[u8], token: &Secret<u8>) -> u64 {
    BODIES.add();
    let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
    sum + u64::from(*token.expose())
}

fn sums() -> Pipeline<(u64, Vec<u8>)> {
    pipeline!("sums", {
        let all = bytes(2);
        let (low, high) = halves(all);
        let total = sum(low, Secret::new(7));
        (total, high)
    })
}

/// Everything that the store holds, and whether it is right. The number of
/// bodies that had to run.
fn look_at_everything(folder: &Path, flip: &str) -> usize {
    let before = BODIES.get();
    let repo = Repository::open(folder).unwrap_or_else(|error| panic!("{flip}: {error}"));
    repo.scope(|| {
        for n in 0..12 {
            assert_eq!(small(n), n * n, "{flip}");
        }
        for n in 0..4 {
            assert!(bytes(n) == pattern(n), "{flip}");
        }
    });
    let run = repo.runner().quiet().threads(1).run(&sums());
    let run = run.unwrap_or_else(|error| panic!("{flip}: {error}"));
    let (total, high) = run
        .outputs()
        .unwrap_or_else(|error| panic!("{flip}: {error}"));
    let all = pattern(2);
    let low: u64 = all[..35_000].iter().map(|byte| u64::from(*byte)).sum();
    assert_eq!(total, low + 7, "{flip}");
    assert_eq!(high, all[35_000..], "{flip}");
    repo.flush()
        .unwrap_or_else(|error| panic!("{flip}: {error}"));
    what_else_is_stored(&repo, flip);
    BODIES.get() - before
}

/// Lists of what is stored may be shorter after damage, and are no errors.
fn what_else_is_stored(repo: &Repository, flip: &str) {
    let fail = |error: zen_runtime::StoreError| -> ! { panic!("{flip}: {error}") };
    let pipelines = repo.pipelines().unwrap_or_else(|error| fail(error));
    assert!(pipelines.len() <= 1, "{flip}");
    assert!(pipelines.iter().all(|known| known.name() == "sums"));
    let runs = repo.runs().unwrap_or_else(|error| fail(error));
    let last = repo.last_run("sums").unwrap_or_else(|error| fail(error));
    assert_eq!(runs.is_empty(), last.is_none(), "{flip}");
}

/// All files below a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A folder in memory where the system has one: the campaign waits for nothing
/// there.
fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// Makes the store that the flips begin with.
fn prepare(folder: &Path) {
    assert!(look_at_everything(folder, "none") > 0);
    assert_eq!(look_at_everything(folder, "none"), 0);
    // Leaves the file that counts what was cleared away.
    let repo = Repository::open(folder).unwrap();
    repo.gc(&GcPolicy::new()).unwrap();
    drop(repo);
    // What processes leave behind that are killed.
    let locks = folder.join(".zen/locks");
    let flight = "pid 4194303\nstep small\nsince 1700000000000\n";
    fs::write(locks.join("ab".repeat(32)), flight).unwrap();
    fs::write(locks.join(format!("run-{}", "0".repeat(24))), [1; 72]).unwrap();
}

/// The kinds of places.
const PLACES: [&str; 4] = ["blobs", "database", "database's header", "locks and others"];

fn place(store: &Path, path: &Path) -> &'static str {
    match path.strip_prefix(store).unwrap().iter().next() {
        Some(name) if name == "meta.redb" => PLACES[1],
        Some(name) if name == "blobs" => PLACES[0],
        _ => PLACES[3],
    }
}

/// Flips a bit of one of the files, and says where. One half of the flips goes to
/// the database, as that is where most can go wrong.
fn flip(store: &Path, random: &mut Random) -> (&'static str, String) {
    let mut wanted = [PLACES[0], PLACES[1], PLACES[1], PLACES[3]][random.below(4)];
    let mut candidates = files(store);
    candidates.retain(|path| place(store, path) == wanted);
    candidates.retain(|path| path.metadata().unwrap().len() > 0);
    let path = &candidates[random.below(candidates.len())];
    let mut bytes = fs::read(path).unwrap();
    let mut length = bytes.len();
    if wanted == PLACES[1] && random.below(8) == 0 {
        // What holds the rest together.
        (wanted, length) = (PLACES[2], 320);
    }
    let (byte, bit) = (random.below(length), random.below(8));
    bytes[byte] ^= 1 << bit;
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
    (
        wanted,
        format!("bit {bit} of byte {byte} of {}", path.display()),
    )
}

/// One flip, and all looks after it. Where it was, and whether anything noticed.
fn one(whole: &Path, number: usize, folder: &Path) -> (&'static str, bool) {
    let seed = env::var("ZEN_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut random = Random::new(seed * 1_000_000 + number as u64);
    // Each in a folder of its own, as a process knows folders by name.
    let damaged = folder.join(number.to_string());
    copy(whole, &damaged);
    let (place, flip) = flip(&damaged.join(".zen"), &mut random);
    let computed = look_at_everything(&damaged, &flip);
    let has = |text| {
        let files = files(&damaged);
        let mut names = files.iter().map(|path| path.to_string_lossy());
        names.any(|name| name.contains(text))
    };
    let detected = computed > 0 || has("damaged-") || has("quarantine");
    let mended = (0..LOOKS).any(|_| look_at_everything(&damaged, &flip) == 0);
    assert!(mended, "not mended: {flip}");
    fs::remove_dir_all(&damaged).unwrap();
    (place, detected)
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    if part().is_none() {
        return;
    }
    let folder = env::current_dir().unwrap();
    let mut progress = String::new();
    for number in range(&env::var(FLIPS).unwrap()) {
        let (place, detected) = one(&folder.join("whole"), number, &folder);
        writeln!(progress, "{number} {detected} {place}").unwrap();
        fs::write(folder.join(PROGRESS), &progress).unwrap();
    }
}

fn range(text: &str) -> Range<usize> {
    let (from, to) = text.split_once("..").unwrap_or(("0", text));
    from.parse().unwrap()..to.parse().unwrap()
}

/// What came of the flips at each kind of place: how many were detected, and how
/// many made no difference.
type Counts = BTreeMap<&'static str, (usize, usize)>;

/// What came of some flips, and what the children said that failed.
#[derive(Default)]
struct Outcome {
    counts: Counts,
    failures: Vec<String>,
}

/// Has children make these flips in copies of `whole`. After one that fails, the
/// next child goes on.
fn campaign(whole: &Path, mut flips: Range<usize>) -> Outcome {
    let mut outcome = Outcome::default();
    let folder = folder();
    copy(whole, &folder.path().join("whole"));
    while !flips.is_empty() {
        let output = Command::new(env::current_exe().unwrap())
            .args(["role", "--exact", "--nocapture"])
            .env(ROLE, "flips")
            .env(FLIPS, format!("{}..{}", flips.start, flips.end))
            .env_remove("ZEN_REPO")
            .env_remove("ZEN_STRICT")
            .current_dir(folder.path())
            .output()
            .unwrap();
        let progress = folder.path().join(PROGRESS);
        let done = fs::read_to_string(&progress).unwrap_or_default();
        flips.start += done.lines().count();
        for line in done.lines() {
            outcome.add(line);
        }
        let _ = fs::remove_file(&progress);
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            let from = text.len().saturating_sub(4000);
            let last = text.get(from..).unwrap_or(&text);
            let (number, status) = (flips.start, output.status);
            outcome
                .failures
                .push(format!("flip {number}: {status}\n{last}"));
            flips.start += 1;
        }
    }
    outcome
}

impl Outcome {
    /// Adds a line of a child's.
    fn add(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ').skip(1);
        let detected = words.next() == Some("true");
        let place = words.next().unwrap();
        let place = PLACES.into_iter().find(|known| *known == place).unwrap();
        let (noticed, harmless) = self.counts.entry(place).or_default();
        *(if detected { noticed } else { harmless }) += 1;
    }

    fn merge(mut self, other: Self) -> Self {
        for (place, (detected, harmless)) in other.counts {
            let sum = self.counts.entry(place).or_default();
            *sum = (sum.0 + detected, sum.1 + harmless);
        }
        self.failures.extend(other.failures);
        self
    }

    fn table(&self) -> String {
        let mut table = format!("{:<20}{:>10}{:>10}\n", "flipped in", "detected", "harmless");
        let mut sum = (0, 0);
        for (place, (detected, harmless)) in &self.counts {
            sum = (sum.0 + detected, sum.1 + harmless);
            writeln!(table, "{place:<20}{detected:>10}{harmless:>10}").unwrap();
        }
        let failed = self.failures.len();
        writeln!(table, "{:<20}{:>10}{:>10}", "all", sum.0, sum.1).unwrap();
        writeln!(table, "{:<20}{failed:>10}", "wrong or an error").unwrap();
        table
    }
}

#[test]
fn no_flipped_bit_gives_a_wrong_value_or_an_error() {
    let flips = range(&env::var(FLIPS).unwrap_or_else(|_| "24".to_owned()));
    let middle = flips.start + flips.len() / 2;
    let folder = folder();
    let whole = folder.path();
    prepare(whole);
    let outcome = thread::scope(|scope| {
        let other = scope.spawn(|| campaign(whole, middle..flips.end));
        campaign(whole, flips.start..middle).merge(other.join().unwrap())
    });
    println!("{}", outcome.table());
    assert!(
        outcome.failures.is_empty(),
        "{}",
        outcome.failures.join("\n\n")
    );
}
