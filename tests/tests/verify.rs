//! `verify` finds each kind of fault, mends it if it is told to, and calls a
//! store clean that is.

#![allow(missing_docs)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use redb::{Builder, ConcurrencyMode, ReadableTable, TableDefinition};
use zen_runtime::{Fault, Pipeline, VerifyOptions, VerifyReport, pipeline, step};
use zen_tests::TestRepository;

#[step]
fn made(n: u64) -> Vec<u64> {
    (0..10_000).map(|i| i * n).collect()
}

#[step]
fn shortened(numbers: &[u64]) -> Vec<u64> {
    numbers[..10].to_vec()
}

#[step]
fn summed(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

fn sums(n: u64) -> Pipeline<u64> {
    pipeline!(format!("sums of {n}"), {
        let made = made(n);
        let short = shortened(made);
        let sum = summed(short);
        sum
    })
}

/// A store with some of everything.
fn filled() -> TestRepository {
    let repo = TestRepository::new();
    for n in [2, 3] {
        repo.quiet().run(&sums(n)).unwrap();
        // What was used is noted.
        repo.quiet().run(&sums(n)).unwrap();
    }
    let run = repo.last_run("sums of 2").unwrap().unwrap();
    assert!(repo.pin(&run.output_id("short").unwrap()).unwrap());
    let evicted = run.output_id("made").unwrap();
    repo.evict(&evicted).unwrap();
    repo
}

fn verify(repo: &TestRepository, repair: bool) -> VerifyReport {
    repo.verify(&VerifyOptions::new().repair(repair)).unwrap()
}

/// Checks that a fault is found, stays as long as nobody mends it, and is mended
/// then; and that the store works afterwards.
fn finds(fault: impl Fn(&Fault) -> bool, damage: impl FnOnce(&TestRepository)) {
    let repo = filled();
    assert!(verify(&repo, false).is_clean());
    damage(&repo);
    for _ in 0..2 {
        let found = verify(&repo, false);
        assert!(!found.is_repaired());
        let of_kind = found.faults().iter().find(|found| fault(found));
        let of_kind = of_kind.expect("it is found");
        assert_eq!(found.is_clean(), of_kind.is_harmless(), "{found}");
    }
    let mended = verify(&repo, true);
    assert!(mended.is_repaired());
    assert!(mended.faults().iter().any(&fault), "{mended}");
    let after = verify(&repo, false);
    assert!(after.faults().is_empty(), "{after}");
    for n in [2, 3] {
        let run = repo.quiet().run(&sums(n)).unwrap();
        assert_eq!(run.outputs().unwrap(), 45 * n);
        assert_eq!(run.output::<Vec<u64>>("made").unwrap().len(), 10_000);
    }
    assert!(verify(&repo, false).is_clean());
}

fn blob(repo: &TestRepository) -> PathBuf {
    fn first(folder: &Path) -> Option<PathBuf> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).find_map(|path| {
            if path.is_dir() {
                first(&path)
            } else {
                Some(path)
            }
        })
    }
    first(&repo.dir().join("blobs")).expect("a blob")
}

type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Changes a table behind the store's back. `change` is given each entry, and
/// gives what becomes of its value, until it has changed one.
fn change(repo: &TestRepository, table: &'static str, change: impl Fn(&mut Vec<u8>)) {
    edit(repo, table, |key, mut value| {
        change(&mut value);
        vec![(key, Some(value))]
    });
}

fn edit(
    repo: &TestRepository,
    table: &'static str,
    edit: impl FnOnce(Vec<u8>, Vec<u8>) -> Vec<(Vec<u8>, Option<Vec<u8>>)>,
) {
    let database = Builder::new()
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .create(repo.dir().join("meta.redb"))
        .unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let mut table = transaction.open_table(Table::new(table)).unwrap();
        let (key, value) = {
            let (key, value) = table.first().unwrap().expect("an entry");
            (key.value().to_vec(), value.value().to_vec())
        };
        for (key, value) in edit(key, value) {
            match value {
                Some(value) => drop(table.insert(&*key, &*value).unwrap()),
                None => drop(table.remove(&*key).unwrap()),
            }
        }
    }
    transaction.commit().unwrap();
}

fn flip(value: &mut [u8]) {
    let last = value.len() - 1;
    value[last] ^= 1;
}

#[test]
fn a_clean_store_is_clean() {
    let repo = filled();
    let report = verify(&repo, false);
    assert!(report.is_clean(), "{report}");
    assert_eq!((report.records(), report.artifacts()), (6, 6));
    assert_eq!(report.evicted(), 1);
    assert!(report.bytes() > 80_000);
    assert!(report.to_string().ends_with("clean"), "{report}");
    let mended = verify(&repo, true);
    assert!(mended.is_clean());
}

#[test]
fn a_damaged_blob() {
    finds(
        |fault| matches!(fault, Fault::DamagedArtifact(_)),
        |repo| {
            let path = blob(repo);
            let mut bytes = fs::read(&path).unwrap();
            bytes[5_000] ^= 4;
            fs::remove_file(&path).unwrap();
            fs::write(&path, bytes).unwrap();
        },
    );
}

#[test]
fn a_blob_that_is_gone() {
    finds(
        |fault| matches!(fault, Fault::MissingBlob(_)),
        |repo| fs::remove_file(blob(repo)).unwrap(),
    );
}

#[test]
fn a_blob_that_nothing_leads_to() {
    finds(
        |fault| matches!(fault, Fault::OrphanBlob(_)),
        |repo| {
            let folder = repo.dir().join("blobs/ab");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("cd".repeat(31)), "orphan").unwrap();
        },
    );
}

#[test]
fn a_file_that_is_no_blob_is_told_and_left_alone() {
    let repo = filled();
    let path = repo.dir().join("blobs/notes.txt");
    fs::write(&path, "mine").unwrap();
    let report = verify(&repo, true);
    assert_eq!(report.faults(), [Fault::StrangeFile(path.clone())]);
    assert!(report.is_clean());
    assert!(path.exists());
}

#[test]
fn a_damaged_record() {
    finds(
        |fault| matches!(fault, Fault::DamagedRecord(_)),
        |repo| change(repo, "records", |value| flip(value)),
    );
}

#[test]
fn a_record_whose_artifact_is_not_known() {
    finds(
        |fault| matches!(fault, Fault::DanglingRecord { .. }),
        |repo| edit(repo, "artifacts", |key, _| vec![(key, None)]),
    );
}

#[test]
fn a_damaged_entry_of_an_artifact() {
    finds(
        |fault| matches!(fault, Fault::DamagedEntry(_)),
        |repo| change(repo, "artifacts", |value| value[2] ^= 1),
    );
}

#[test]
fn an_entry_of_an_index_that_leads_nowhere() {
    for table in ["recent", "lineage", "usage"] {
        finds(
            |fault| {
                let of = |found: &str| found == table;
                matches!(fault, Fault::DanglingIndex { table, .. } | Fault::DamagedValue { table, .. } if of(table))
            },
            |repo| {
                edit(repo, table, |mut key, value| {
                    flip(&mut key);
                    vec![(key, Some(value))]
                });
            },
        );
    }
}

#[test]
fn a_record_that_is_not_in_an_index() {
    for table in ["recent", "lineage"] {
        finds(
            |fault| matches!(fault, Fault::NotIndexed { table: found, .. } if *found == table),
            |repo| edit(repo, table, |key, _| vec![(key, None)]),
        );
    }
}

#[test]
fn a_damaged_note_pin_run_or_pipeline() {
    for table in ["usage", "pins", "runs", "pipelines", "sources"] {
        finds(
            |fault| matches!(fault, Fault::DamagedValue { table: found, .. } if *found == table),
            |repo| change(repo, table, |value| flip(value)),
        );
    }
}

#[test]
fn a_key_that_is_none() {
    for table in ["records", "artifacts"] {
        finds(
            |fault| matches!(fault, Fault::StrangeKey { table: found, .. } if *found == table),
            |repo| {
                edit(repo, table, |_, value| {
                    vec![(b"short".to_vec(), Some(value))]
                });
            },
        );
    }
}
