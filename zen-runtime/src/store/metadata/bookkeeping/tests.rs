use std::{fs, path::PathBuf};

use redb::{Builder, ConcurrencyMode, Database, ReadableDatabase, TableDefinition};
use tempfile::TempDir;

use super::*;

const TABLE: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("table");

fn database() -> (TempDir, PathBuf, Database) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("meta.redb");
    let mut builder = Builder::new();
    builder.set_concurrency_mode(ConcurrencyMode::MultiWriter);
    let database = builder.create(&path).unwrap();
    (folder, path, database)
}

fn commit(database: &Database, key: u64) {
    let transaction = database.begin_write().unwrap();
    let mut table = transaction.open_table(TABLE).unwrap();
    table.insert(key, [7; 500].as_slice()).unwrap();
    drop(table);
    transaction.commit().unwrap();
}

#[test]
fn the_books_are_whole_after_each_commit() {
    let (_folder, path, database) = database();
    check(&path).unwrap();
    for key in 0..12 {
        commit(&database, key);
        check(&path).unwrap();
    }
    drop(database);
    check(&path).unwrap();
    // The tables of redb's own, some of them with entries.
    assert!(places(&path).len() >= 3, "{:?}", places(&path));
}

#[test]
fn trees_of_several_pages_are_looked_through() {
    let (_folder, path, database) = database();
    commit(&database, 0);
    let few = places(&path).len();
    // What somebody may still read is on the list of what is to be freed.
    let reader = database.begin_read().unwrap();
    for key in 0..40 {
        commit(&database, key);
    }
    let many = places(&path).len();
    assert!(many > few + 10, "{few} and {many} pages");
    drop(reader);
}

#[test]
fn every_flipped_bit_in_the_books_is_noticed() {
    let (_folder, path, database) = database();
    let reader = database.begin_read().unwrap();
    for key in 0..8 {
        commit(&database, key);
    }
    drop(reader);
    drop(database);
    let whole = fs::read(&path).unwrap();
    let target = path.with_extension("flipped");
    for place in places(&path) {
        let start = usize::try_from(place.start).unwrap();
        for byte in (0..place.used).step_by(5) {
            let mut flipped = whole.clone();
            flipped[start + byte] ^= 1 << (byte % 8);
            fs::write(&target, &flipped).unwrap();
            assert!(check(&target).is_err(), "byte {byte} of {place:?}");
        }
    }
}

#[test]
fn what_is_no_database_of_a_known_layout_is_left_to_redb() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    assert!(check(&path).is_ok());
    for bytes in [&[][..], &[0; 100], &[0; 5000]] {
        fs::write(&path, bytes).unwrap();
        assert!(check(&path).is_ok());
    }
}

#[test]
fn any_header_is_looked_at_without_a_panic() {
    let (_folder, path, database) = database();
    commit(&database, 0);
    drop(database);
    let whole = fs::read(&path).unwrap();
    let target = path.with_extension("flipped");
    for bit in 0..HEADER * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&target, &flipped).unwrap();
        let _ = check(&target);
    }
    // The file ends in the middle of the books.
    fs::write(&target, &whole[..5000]).unwrap();
    assert!(check(&target).is_err());
}
