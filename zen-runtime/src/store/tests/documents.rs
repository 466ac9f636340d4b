//! Documents against a model.

use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::{open, store};
use crate::store::{Collection, StoreError, Transaction, View};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;
type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// Short keys of few letters, so that they collide and are prefixes of each
/// other; 255 has no byte after it.
fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![Just(0), Just(b'a'), Just(254), Just(255)], 0..4)
}

fn from_model(model: &Model, prefix: &[u8]) -> Entries {
    let entries = model.iter().filter(|(key, _)| key.starts_with(prefix));
    entries.map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn scanned(view: &View, prefix: &[u8], back: bool) -> Entries {
    let mut entries = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        entries.push((key.to_vec(), value.to_vec()));
        Ok(true)
    };
    if back {
        view.scan_back(Collection::RUNS, prefix, &mut visit)
            .unwrap();
    } else {
        view.scan(Collection::RUNS, prefix, &mut visit).unwrap();
    }
    entries
}

fn put_all(transaction: &mut Transaction<'_>, batch: &Entries) -> Result<(), StoreError> {
    batch
        .iter()
        .try_for_each(|(key, value)| transaction.put(Collection::RUNS, key, value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn documents_behave_like_a_sorted_map(
        batches in vec(vec((key(), vec(any::<u8>(), 0..40)), 0..12), 0..4),
        probes in vec(key(), 8),
    ) {
        let (folder, store) = store();
        let mut model = Model::new();
        for batch in &batches {
            store.transact(|transaction| put_all(transaction, batch)).unwrap();
            model.extend(batch.iter().cloned());
        }
        drop(store);
        let store = open(folder.path()).unwrap();
        store.view(|view| {
            for probe in &probes {
                assert_eq!(view.get(Collection::RUNS, probe)?, model.get(probe).cloned());
                assert_eq!(view.get(Collection::PIPELINES, probe)?, None);
                let mut expected = from_model(&model, probe);
                assert_eq!(scanned(view, probe, false), expected);
                expected.reverse();
                assert_eq!(scanned(view, probe, true), expected);
            }
            Ok(())
        }).unwrap();
    }
}

fn put_three(store: &crate::store::Store) {
    store
        .transact(|transaction| {
            for key in [b"a", b"b", b"c"] {
                transaction.put(Collection::RUNS, key, b"value")?;
            }
            Ok(())
        })
        .unwrap();
}

fn some_error() -> StoreError {
    StoreError::Newer { found: 0, known: 0 }
}

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let (_folder, store) = store();
    let failed: Result<(), _> = store.transact(|transaction| {
        transaction.put(Collection::RUNS, b"a", b"value")?;
        Err(some_error())
    });
    assert!(failed.is_err());
    let found = store.view(|view| view.get(Collection::RUNS, b"a"));
    assert_eq!(found.unwrap(), None);
}

#[test]
fn a_panic_in_a_transaction_is_handed_on_and_leaves_nothing() {
    let (_folder, store) = store();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.transact(|transaction| -> Result<(), StoreError> {
            transaction.put(Collection::RUNS, b"a", b"value")?;
            panic!("the caller's own")
        })
    }));
    assert!(panicked.is_err());
    put_three(&store);
    let values = store.view(|view| Ok(scanned(view, b"", false).len()));
    assert_eq!(values.unwrap(), 3);
}

#[test]
fn a_transaction_sees_its_own_writes_and_a_scan_stops_when_told() {
    let (_folder, store) = store();
    put_three(&store);
    let seen = store
        .transact(|transaction| {
            transaction.put(Collection::RUNS, b"aa", b"new")?;
            let mut seen = Vec::new();
            let mut visit = |key: &[u8], _: &[u8]| {
                seen.push(key.to_vec());
                Ok(seen.len() % 2 != 0)
            };
            transaction.scan(Collection::RUNS, b"", &mut visit)?;
            transaction.scan(Collection::RUNS, b"b", &mut visit)?;
            transaction.scan(Collection::RUNS, b"d", &mut visit)?;
            Ok(seen)
        })
        .unwrap();
    assert_eq!(seen, [&b"a"[..], b"aa", b"b"]);
}

#[test]
fn a_damaged_document_is_left_out() {
    let (_folder, store) = store();
    put_three(&store);
    let table = crate::store::metadata::Table::of(Collection::RUNS);
    store
        .disk
        .write(|transaction| {
            let mut bytes = transaction.look(table, b"b")?.unwrap();
            bytes[0] ^= 1;
            transaction.insert(table, b"b", &bytes)
        })
        .unwrap();
    store
        .view(|view| {
            assert_eq!(view.get(Collection::RUNS, b"b")?, None);
            assert_eq!(scanned(view, b"", false).len(), 2);
            Ok(())
        })
        .unwrap();
}
