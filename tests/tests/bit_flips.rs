//! One flipped bit anywhere in a store, thousands of times: no value comes out
//! wrong, no caller sees an error, and the store mends itself, so that a later
//! look after a flip finds everything.
//!
//! The default is short. All 5,000 flips:
//!
//! ```sh
//! ZEN_FLIPS=5000 cargo test --release -p zen-tests --test bit_flips -- --nocapture
//! ```

#![allow(missing_docs, clippy::cast_possible_truncation)]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use zen_runtime::{Pipeline, Repository, Secret, pipeline, step};
use zen_tests::{Count, random::Random};

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
    BODIES.get() - before
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

/// Flips a bit of one of the files. One half of the flips goes to the database,
/// as that is where most can go wrong.
fn flip(store: &Path, random: &mut Random) -> String {
    let database = store.join("meta.redb");
    let others: Vec<_> = files(store)
        .into_iter()
        .filter(|path| *path != database)
        .collect();
    let path = match random.below(2) {
        0 => database,
        _ => others[random.below(others.len())].clone(),
    };
    let mut bytes = fs::read(&path).unwrap();
    if bytes.is_empty() {
        return format!("{} is empty", path.display());
    }
    // The database's first pages hold the rest together.
    let length = if random.below(4) == 0 {
        bytes.len().min(8192)
    } else {
        bytes.len()
    };
    let (byte, bit) = (random.below(length), random.below(8));
    bytes[byte] ^= 1 << bit;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    format!("bit {bit} of byte {byte} of {}", path.display())
}

#[test]
fn no_flipped_bit_gives_a_wrong_value_or_an_error() {
    let flips = env::var("ZEN_FLIPS").map_or(12, |flips| flips.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    assert!(look_at_everything(&whole, "none") > 0);
    assert_eq!(look_at_everything(&whole, "none"), 0);
    let mut random = Random::new(env::var("ZEN_SEED").map_or(1, |seed| seed.parse().unwrap()));
    let (mut detected, mut harmless) = (0, 0);
    for number in 0..flips {
        // Each in a folder of its own, as a process knows folders by name.
        let damaged = folder.path().join(number.to_string());
        copy(&whole, &damaged);
        let flip = flip(&damaged.join(".zen"), &mut random);
        let computed = look_at_everything(&damaged, &flip);
        let has = |text| {
            files(&damaged)
                .iter()
                .any(|path| path.to_string_lossy().contains(text))
        };
        let set_aside = has("damaged-");
        if computed > 0 || set_aside || has("quarantine") {
            detected += 1;
        } else {
            harmless += 1;
        }
        if set_aside {
            // What was found before it was set aside is not in the new database.
            look_at_everything(&damaged, &flip);
        }
        assert_eq!(look_at_everything(&damaged, &flip), 0, "not mended: {flip}");
        fs::remove_dir_all(&damaged).unwrap();
    }
    println!("{flips} flipped bits: {detected} detected, {harmless} harmless, none wrong");
}
