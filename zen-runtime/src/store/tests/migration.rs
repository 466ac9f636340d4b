//! Stores of earlier releases are brought up to date, and keep their hits.

use std::path::Path;

use redb::{
    Builder, ConcurrencyMode, Key, ReadableTable, ReadableTableMetadata, TableDefinition, Value,
    WriteTransaction,
};

use super::{artifact, keep, open, record};
use crate::store::{
    NewArtifact, Record,
    metadata::{Format, Table},
    record as bytes_of,
};

type Before = TableDefinition<'static, &'static [u8], &'static [u8]>;

fn insert(transaction: &WriteTransaction, table: &'static str, key: &[u8], value: &[u8]) {
    let mut table = transaction.open_table(Before::new(table)).unwrap();
    table.insert(key, value).unwrap();
}

/// Puts a store of an earlier release into a folder, with this result.
fn write_before(folder: &Path, format: &[u8], record: &Record, artifact: &NewArtifact) {
    let database = Builder::new()
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .create(folder.join("meta.redb"))
        .unwrap();
    let transaction = database.begin_write().unwrap();
    let call = record.fingerprint.as_bytes();
    let id = artifact.id.as_bytes();
    insert(&transaction, "format", &[], format);
    insert(
        &transaction,
        "records",
        call,
        &bytes_of::encode(record).unwrap(),
    );
    insert(&transaction, "artifacts", id, &artifact.entry());
    insert(&transaction, "lineage", &[*id, *call].concat(), &[]);
    let time = (u64::MAX - record.created).to_be_bytes();
    let recent = [b"crate::step\0", &time[..], call].concat();
    insert(&transaction, "recent", &recent, &[]);
    transaction.commit().unwrap();
}

#[test]
fn a_store_of_format_1_or_2_is_migrated() {
    for format in [1_u64.to_le_bytes().to_vec(), Format::bytes(2)] {
        let folder = tempfile::tempdir().unwrap();
        let new = artifact("value");
        let kept = record("crate::step", 1, std::slice::from_ref(&new));
        write_before(folder.path(), &format, &kept, &new);
        let store = open(folder.path()).unwrap();
        let call = kept.fingerprint;
        assert_eq!(store.hit(&call).unwrap().as_deref(), Some(&kept.hit()));
        assert_eq!(*store.record(&call).unwrap().unwrap(), kept);
        assert_eq!(store.recent("crate::step", 4).unwrap(), [kept]);
        assert_eq!(store.read(&new.id).unwrap(), Some(new.bytes));
        assert_eq!(store.producers(&new.id).unwrap(), [call]);
        assert!(!folder.path().join("meta.redb.damaged-1").exists());
        let snapshot = store.disk.fresh_snapshot().unwrap();
        let stored = snapshot.look(Table::FORMAT, &[]).unwrap().unwrap();
        assert_eq!(*stored, Format::bytes(4));
        let tables = snapshot.table_names().unwrap();
        assert!(
            tables.iter().all(|name| !name.contains("before")),
            "{tables:?}"
        );
    }
}

/// Makes a store of format 3 out of one of this format: it had nothing young.
fn to_format_3(folder: &Path) {
    let database = Builder::new()
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .create(folder.join("meta.redb"))
        .unwrap();
    let transaction = database.begin_write().unwrap();
    let tables = ["records", "artifacts"].map(|name| make_old::<u64, u64>(&transaction, name));
    let moved = tables.iter().sum::<u64>() + make_old::<u128, ()>(&transaction, "lineage");
    assert_eq!(moved, 3);
    insert(&transaction, "format", &[], &Format::bytes(3));
    transaction.commit().unwrap();
}

/// Moves what is young to what is old, and says how much that was.
fn make_old<K: Key + 'static, V: Value + 'static>(
    transaction: &WriteTransaction,
    name: &str,
) -> u64 {
    let young_name = format!("{name} young");
    let young_table = TableDefinition::<K, V>::new(&young_name);
    let young = transaction.open_table(young_table).unwrap();
    let mut old = transaction
        .open_table(TableDefinition::<K, V>::new(name))
        .unwrap();
    for entry in young.iter().unwrap() {
        let (key, value) = entry.unwrap();
        old.insert(key.value(), value.value()).unwrap();
    }
    drop(young);
    transaction.delete_table(young_table).unwrap();
    old.len().unwrap()
}

#[test]
fn a_store_of_format_3_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let new = artifact("value");
    let store = open(folder.path()).unwrap();
    let call = keep(&store, "crate::step", 1, &new);
    drop(store);
    to_format_3(folder.path());
    let store = open(folder.path()).unwrap();
    assert!(store.hit(&call).unwrap().is_some());
    let other = keep(&store, "crate::step", 2, &new);
    assert_eq!(store.read(&new.id).unwrap(), Some(new.bytes));
    let mut calls = [call, other];
    calls.sort_unstable();
    assert_eq!(store.producers(&new.id).unwrap(), calls);
    let snapshot = store.disk.fresh_snapshot().unwrap();
    let stored = snapshot.look(Table::FORMAT, &[]).unwrap().unwrap();
    assert_eq!(*stored, Format::bytes(4));
}
