//! `verify` finds each kind of fault, mends it if it is told to, and calls a
//! store clean that is.

#![allow(missing_docs)]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use redb::{Builder, ConcurrencyMode, ReadableTable, Table, TableDefinition, WriteTransaction};
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

/// A table that is as it looks.
type Plain = TableDefinition<'static, &'static [u8], &'static [u8]>;
/// Beginnings of keys to the numbers of rows.
type Keys<'a> = TableDefinition<'a, u64, u64>;

/// The lineage, where all of a small store's is.
const LINEAGE: TableDefinition<'static, u128, ()> = TableDefinition::new("lineage young");

const ROWS: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("rows");

/// What the rows of records and of artifacts begin with.
const RECORD: u8 = 0;
const ARTIFACT: u8 = 1;

/// Changes the database behind the store's back.
fn edit(repo: &TestRepository, edit: impl FnOnce(&WriteTransaction)) {
    let database = Builder::new()
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .create(repo.dir().join("meta.redb"))
        .unwrap();
    let transaction = database.begin_write().unwrap();
    edit(&transaction);
    transaction.commit().unwrap();
}

/// Changes the first value of a table.
fn change(repo: &TestRepository, table: &'static str, change: impl Fn(&mut Vec<u8>)) {
    edit(repo, |transaction| {
        let mut table = transaction.open_table(Plain::new(table)).unwrap();
        let (key, mut value) = first(&table);
        change(&mut value);
        table.insert(&*key, &*value).unwrap();
    });
}

/// The first entry of a table.
fn first(table: &Table<'_, &'static [u8], &'static [u8]>) -> (Vec<u8>, Vec<u8>) {
    let (key, value) = table.first().unwrap().expect("an entry");
    (key.value().to_vec(), value.value().to_vec())
}

/// Puts another row in the place of the first one of a kind, or none.
fn change_row(repo: &TestRepository, kind: u8, change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
    edit(repo, |transaction| {
        let mut rows = transaction.open_table(ROWS).unwrap();
        let mut all = rows.iter().unwrap().map(|row| {
            let (number, row) = row.unwrap();
            (number.value(), row.value().to_vec())
        });
        let (number, row) = all.find(|(_, row)| row[0] == kind).expect("a row");
        drop(all);
        match change(row) {
            Some(row) => drop(rows.insert(number, &*row).unwrap()),
            None => drop(rows.remove(number).unwrap()),
        }
    });
}

/// Puts another number in the place of the first one of a table of keys, or none.
/// In a small store all of them are young.
fn change_key(
    repo: &TestRepository,
    table: &'static str,
    change: impl Fn(u64, u64) -> (u64, Option<u64>),
) {
    edit(repo, |transaction| {
        let young = format!("{table} young");
        let mut table = transaction.open_table(Keys::new(&young)).unwrap();
        let (key, number) = {
            let (key, number) = table.first().unwrap().expect("an entry");
            (key.value(), number.value())
        };
        table.remove(key).unwrap();
        if let (key, Some(number)) = change(key, number) {
            table.insert(key, number).unwrap();
        }
    });
}

/// Takes the first entry of an index away, or puts another one in its place.
fn change_index(repo: &TestRepository, table: &'static str, with_other: bool) {
    edit(repo, |transaction| {
        if table == "lineage" {
            let mut table = transaction.open_table(LINEAGE).unwrap();
            let pair = table.first().unwrap().expect("an entry").0.value();
            table.remove(pair).unwrap();
            if with_other {
                table.insert(pair ^ 1, ()).unwrap();
            }
            return;
        }
        let mut table = transaction.open_table(Plain::new(table)).unwrap();
        let (mut key, value) = first(&table);
        table.remove(&*key).unwrap();
        if with_other {
            flip(&mut key);
            table.insert(&*key, &*value).unwrap();
        }
    });
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

/// Flips a bit wherever the database has these bytes: in the page that counts, and
/// in those that it has given up.
fn flip_in_database(repo: &TestRepository, bytes: &[u8]) {
    let path = repo.dir().join("meta.redb");
    let mut all = fs::read(&path).unwrap();
    let places: Vec<_> = (0..all.len() - bytes.len())
        .filter(|at| all[*at..].starts_with(bytes))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        all[at] ^= 1;
    }
    // In place: the file is open.
    let mut file = fs::File::options().write(true).open(&path).unwrap();
    file.write_all(&all).unwrap();
}

#[test]
fn a_damaged_page_of_the_database() {
    finds(
        |fault| matches!(fault, Fault::Database(_)),
        |repo| flip_in_database(repo, b"sums of 2"),
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
        |repo| {
            change_row(repo, RECORD, |mut row| {
                flip(&mut row);
                Some(row)
            });
        },
    );
}

#[test]
fn a_record_whose_artifact_is_not_known() {
    finds(
        |fault| matches!(fault, Fault::DanglingRecord { .. }),
        |repo| change_row(repo, ARTIFACT, |_| None),
    );
}

#[test]
fn a_damaged_entry_of_an_artifact() {
    finds(
        |fault| matches!(fault, Fault::DamagedEntry(_)),
        |repo| {
            change_row(repo, ARTIFACT, |mut row| {
                row[35] ^= 1;
                Some(row)
            });
        },
    );
}

#[test]
fn a_key_that_leads_to_no_row_of_its_own() {
    let is_it = |fault: &Fault| matches!(fault, Fault::DanglingIndex { table, .. } if ["records", "artifacts"].contains(table));
    for table in ["records", "artifacts"] {
        finds(is_it, |repo| {
            change_key(repo, table, |key, number| (key ^ 1, Some(number)));
        });
        finds(is_it, |repo| {
            change_key(repo, table, |key, number| (key, Some(number ^ 1)));
        });
    }
    for kind in [RECORD, ARTIFACT] {
        finds(is_it, |repo| change_row(repo, kind, |_| None));
        finds(is_it, |repo| {
            change_row(repo, kind, |mut row| {
                row[5] ^= 1;
                Some(row)
            });
        });
    }
}

#[test]
fn a_row_that_no_key_leads_to() {
    let is_it = |fault: &Fault| matches!(fault, Fault::StrayRow(_));
    for table in ["records", "artifacts"] {
        finds(is_it, |repo| change_key(repo, table, |key, _| (key, None)));
    }
    for row in [&[7; 40][..], &[0; 3], &[]] {
        finds(is_it, |repo| {
            change_row(repo, RECORD, |_| Some(row.to_vec()));
        });
    }
}

#[test]
fn a_row_that_no_key_leads_to_is_found_again_when_it_is_whole() {
    for table in ["records", "artifacts"] {
        let repo = filled();
        let before = verify(&repo, false);
        change_key(&repo, table, |key, _| (key, None));
        assert!(!verify(&repo, true).is_clean());
        let after = verify(&repo, false);
        assert!(after.is_clean(), "{after}");
        assert_eq!(after.records(), before.records());
        assert_eq!(after.artifacts(), before.artifacts());
    }
}

#[test]
fn an_entry_of_an_index_that_leads_nowhere() {
    for table in ["recent", "lineage", "usage"] {
        finds(
            |fault| {
                let of = |found: &str| found == table;
                matches!(fault, Fault::DanglingIndex { table, .. } | Fault::DamagedValue { table, .. } if of(table))
            },
            |repo| change_index(repo, table, true),
        );
    }
}

#[test]
fn a_record_that_is_not_in_an_index() {
    for table in ["recent", "lineage"] {
        finds(
            |fault| matches!(fault, Fault::NotIndexed { table: found, .. } if *found == table),
            |repo| change_index(repo, table, false),
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
