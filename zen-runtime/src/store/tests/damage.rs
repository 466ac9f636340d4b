//! Damage on disk is a missing result, or an error that names the file: never a
//! crash, never a wrong value.

use std::fs;

use super::{artifact, blob, files_in, keep, large, open, record, store};
use crate::{
    fingerprint::Fingerprint,
    store::{Store, StoreError, artifact::INLINE_LIMIT, metadata::Table},
};

/// Changes the stored bytes under a key.
fn change(store: &Store, table: Table, key: &[u8], change: impl Fn(&mut Vec<u8>)) {
    store
        .write(|transaction| {
            let mut bytes = transaction.look(table, key)?.unwrap();
            change(&mut bytes);
            transaction.insert(table, key, &bytes)
        })
        .unwrap();
    store.forget_snapshot();
}

#[test]
fn a_deleted_blob_is_missing_and_can_be_kept_again() {
    let (folder, store) = store();
    let fingerprint = keep(&store, "crate::step", 1, &large());
    fs::remove_file(blob(&folder, &large())).unwrap();
    assert!(!store.contains(&large().id).unwrap());
    assert_eq!(store.read(&large().id).unwrap(), None);
    assert!(store.hit(&fingerprint).unwrap().is_some());
    keep(&store, "crate::step", 1, &large());
    assert_eq!(store.read(&large().id).unwrap(), Some(large().bytes));
}

#[test]
fn a_result_whose_bytes_are_gone_gives_way_to_another() {
    let (folder, store) = store();
    let fingerprint = keep(&store, "crate::step", 1, &large());
    let onlooker = open(folder.path()).unwrap();
    assert!(onlooker.hit(&fingerprint).unwrap().is_some());
    fs::remove_file(blob(&folder, &large())).unwrap();

    let mut second = record("crate::step", 1, &[artifact("second")]);
    second.created += 1;
    store
        .commit(Some(second.clone()), vec![artifact("second")])
        .unwrap();
    assert_eq!(*store.record(&fingerprint).unwrap().unwrap(), second);
    assert_eq!(store.recent("crate::step", 10).unwrap(), [second.clone()]);
    // Who held a snapshot with the first result finds its bytes missing, and
    // then the second one.
    assert!(!onlooker.contains(&large().id).unwrap());
    assert_eq!(onlooker.hit(&fingerprint).unwrap(), Some(second.hit()));
}

#[test]
fn a_flipped_bit_in_a_blob_moves_it_away() {
    let (folder, store) = store();
    keep(&store, "crate::step", 1, &large());
    let path = blob(&folder, &large());
    let mut bytes = large().bytes;
    bytes[50_000] ^= 4;
    fs::remove_file(&path).unwrap();
    fs::write(&path, &bytes).unwrap();

    assert!(store.contains(&large().id).unwrap());
    assert_eq!(store.read(&large().id).unwrap(), None);
    assert!(!store.contains(&large().id).unwrap());
    let moved = files_in(&folder.path().join("quarantine"));
    assert_eq!(moved.len(), 1);
    assert_eq!(fs::read(&moved[0]).unwrap(), bytes);

    keep(&store, "crate::step", 1, &large());
    assert_eq!(store.read(&large().id).unwrap(), Some(large().bytes));
}

#[test]
fn a_truncated_blob_is_missing() {
    let (folder, store) = store();
    keep(&store, "crate::step", 1, &large());
    let path = blob(&folder, &large());
    fs::remove_file(&path).unwrap();
    fs::write(&path, [7; 10]).unwrap();
    assert!(!store.contains(&large().id).unwrap());
    keep(&store, "crate::step", 1, &large());
    assert_eq!(store.read(&large().id).unwrap(), Some(large().bytes));
}

#[test]
fn every_flipped_bit_in_a_record_is_noticed() {
    let (_folder, store) = store();
    let new = artifact("value");
    let fingerprint = keep(&store, "crate::step", 1, &new);
    let whole = store.record(&fingerprint).unwrap().unwrap();
    let snapshot = store.fresh_snapshot().unwrap();
    let bytes = snapshot.record(fingerprint.as_bytes()).unwrap().unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(crate::store::record::decode(&fingerprint, &flipped), None);
        // Damage in the parts leaves the hit, and never a wrong one.
        let hit = crate::store::record::decode_hit(&fingerprint, &flipped);
        assert!(hit.is_none_or(|hit| hit == whole.hit()));
    }
}

#[test]
fn a_damaged_record_is_absent_and_can_be_kept_again() {
    let (_folder, store) = store();
    let fingerprint = keep(&store, "crate::step", 1, &artifact("value"));
    change(&store, Table::RECORDS, fingerprint.as_bytes(), |bytes| {
        bytes[20] ^= 1;
    });
    assert!(store.hit(&fingerprint).unwrap().is_none());
    assert!(store.record(&fingerprint).unwrap().is_none());
    assert!(store.recent("crate::step", 10).unwrap().is_empty());
    keep(&store, "crate::step", 1, &artifact("value"));
    assert!(store.record(&fingerprint).unwrap().is_some());
}

#[test]
fn a_record_under_another_key_is_absent() {
    let (_folder, store) = store();
    let fingerprint = keep(&store, "crate::step", 1, &artifact("value"));
    let other = Fingerprint::from_bytes([5; 32]);
    store
        .write(|transaction| {
            let bytes = transaction.look(Table::RECORDS, fingerprint.as_bytes())?;
            transaction.insert(Table::RECORDS, other.as_bytes(), &bytes.unwrap())
        })
        .unwrap();
    assert!(store.hit(&other).unwrap().is_none());
}

#[test]
fn a_record_of_another_format_is_absent() {
    let (_folder, store) = store();
    let fingerprint = keep(&store, "crate::step", 1, &artifact("value"));
    change(&store, Table::RECORDS, fingerprint.as_bytes(), |bytes| {
        bytes[0] = 2;
    });
    assert!(store.hit(&fingerprint).unwrap().is_none());
}

#[test]
fn a_small_artifact_with_a_flipped_bit_is_missing_and_can_be_kept_again() {
    let (_folder, store) = store();
    let new = artifact(vec![8; INLINE_LIMIT]);
    keep(&store, "crate::step", 1, &new);
    for position in [0, 1, 3, 12, 20, 40, 1000] {
        change(&store, Table::ARTIFACTS, new.id.as_bytes(), |bytes| {
            bytes[position] ^= 1;
        });
        // The ID vouches for the bytes, also where the header's checksum, at
        // 40, is what is damaged.
        let read = store.read(&new.id).unwrap();
        assert!(read.is_none() != (position == 40), "byte {position}");
        assert!(read.is_none_or(|bytes| bytes == new.bytes));
        keep(&store, "crate::step", 1, &new);
        assert!(store.contains(&new.id).unwrap());
        assert!(store.read(&new.id).unwrap().is_some());
    }
}

#[test]
fn a_file_that_is_no_database_is_an_error() {
    let garbage = [
        b"not a database".to_vec(),
        vec![0; 100_000],
        vec![255; 4096],
    ];
    for garbage in garbage {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("meta.redb"), garbage).unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("meta.redb"), "{error}");
    }
}

#[test]
fn a_folder_in_the_place_of_the_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("meta.redb")).unwrap();
    assert!(open(folder.path()).is_err());
}

#[test]
fn a_store_of_a_newer_release_is_refused() {
    let (folder, first) = store();
    change(&first, Table::FORMAT, &[], |bytes| bytes[0] = 9);
    drop(first);
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9, known: 1 }));
    assert!(error.to_string().contains("format 9"), "{error}");
}

/// The database's own pages, one flipped bit at a time. What redb notices is an
/// error, what it does not is caught by our own checksums: every answer is the
/// right one, "not there", or an error.
#[test]
fn a_flipped_bit_anywhere_in_the_database_never_gives_a_wrong_answer() {
    let (folder, first) = store();
    let calls: Vec<_> = (0..40)
        .map(|n: u64| {
            let new = artifact(n.to_le_bytes().repeat(20));
            (keep(&first, "crate::step", n, &new), new)
        })
        .collect();
    drop(first);
    let database = folder.path().join("meta.redb");
    let whole = fs::read(&database).unwrap();
    for trial in 0..150 {
        let mut damaged = whole.clone();
        let bit = (trial * 7_919 * 131) % (whole.len() * 8);
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(&database, &damaged).unwrap();
        let Ok(store) = open(folder.path()) else {
            continue;
        };
        for (n, (fingerprint, new)) in (0..).zip(&calls) {
            let expected = record("crate::step", n, std::slice::from_ref(new));
            if let Ok(Some(hit)) = store.hit(fingerprint) {
                assert_eq!(hit, expected.hit(), "bit {bit}");
            }
            if let Ok(Some(bytes)) = store.read(&new.id) {
                assert_eq!(bytes, new.bytes, "bit {bit}");
            }
        }
    }
}
