//! Damage on disk is a missing result: never a crash, never a wrong value.

use std::fs;

use super::{artifact, blob, commit, files_in, keep, large, open, record, store};
use crate::{
    fingerprint::Fingerprint,
    store::{
        Store, StoreError,
        artifact::INLINE_LIMIT,
        metadata::{Format, Table},
    },
};

/// Changes the stored bytes under a key.
fn change(store: &Store, table: Table, key: &[u8], change: impl Fn(&mut Vec<u8>)) {
    store
        .disk
        .write(|transaction| {
            let mut bytes = transaction.look(table, key)?.unwrap();
            change(&mut bytes);
            transaction.insert(table, key, &bytes)
        })
        .unwrap();
    store.disk.forget_snapshot();
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
    commit(&store, Some(second.clone()), vec![artifact("second")]).unwrap();
    assert_eq!(*store.record(&fingerprint).unwrap().unwrap(), second);
    assert_eq!(store.recent("crate::step", 10).unwrap(), [second.clone()]);
    // Who held a snapshot with the first result finds its bytes missing, and
    // then the second one.
    assert!(!onlooker.contains(&large().id).unwrap());
    assert_eq!(
        onlooker.hit(&fingerprint).unwrap().as_deref(),
        Some(&second.hit())
    );
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
    let snapshot = store.disk.fresh_snapshot().unwrap();
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
        .disk
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

/// What can stand in the place of a database, whole or not.
fn broken_databases() -> Vec<(&'static str, Vec<u8>)> {
    let (folder, first) = store();
    keep(&first, "crate::step", 1, &artifact("value"));
    drop(first);
    let whole = fs::read(folder.path().join("meta.redb")).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    let mut no_pages = whole.clone();
    no_pages[4096..].fill(0);
    let mut garbled = whole.clone();
    for byte in &mut garbled[4096..] {
        *byte = byte.wrapping_mul(31).wrapping_add(7);
    }
    vec![
        ("empty", Vec::new()),
        ("text", b"not a database".to_vec()),
        ("zeros", vec![0; 100_000]),
        ("ones", vec![255; 4096]),
        ("half", half),
        ("a header alone", whole[..300].to_vec()),
        ("no pages", no_pages),
        ("garbled pages", garbled),
    ]
}

#[test]
fn a_database_that_cannot_be_opened_is_set_aside_and_a_new_one_begun() {
    for (name, broken) in broken_databases() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("meta.redb");
        fs::write(&database, &broken).unwrap();
        let store = open(folder.path()).unwrap();
        let fingerprint = keep(&store, "crate::step", 1, &large());
        assert!(store.hit(&fingerprint).unwrap().is_some(), "{name}");
        assert_eq!(store.read(&large().id).unwrap(), Some(large().bytes));
        let aside = folder.path().join("meta.redb.damaged-1");
        // redb makes a database of an empty file.
        assert_eq!(aside.exists(), name != "empty", "{name}");
        drop(store);
        assert!(
            open(folder.path())
                .unwrap()
                .hit(&fingerprint)
                .unwrap()
                .is_some()
        );
        assert!(!folder.path().join("meta.redb.damaged-2").exists());
    }
}

#[test]
fn a_database_that_is_damaged_while_it_is_open_is_set_aside() {
    let (folder, store) = store();
    for n in 0..200 {
        keep(&store, "crate::step", n, &artifact(n.to_le_bytes()));
    }
    store.disk.forget_snapshot();
    let database = folder.path().join("meta.redb");
    let length = fs::metadata(&database).unwrap().len();
    let other = open(folder.path()).unwrap();
    let file = fs::File::options().write(true).open(&database).unwrap();
    file.set_len(4096).unwrap();
    file.set_len(length).unwrap();
    // The first lookups may fail, and are misses then; after that all is well.
    for store in [store, other] {
        let _ = store.hit(&Fingerprint::from_bytes([9; 32]));
        let fingerprint = (0..3).find_map(|_| {
            let record = record("crate::step", 500, &[artifact("new")]);
            let kept = commit(&store, Some(record.clone()), vec![artifact("new")]);
            kept.is_ok().then_some(record.fingerprint)
        });
        let fingerprint = fingerprint.expect("a store that mends itself");
        assert!(store.hit(&fingerprint).unwrap().is_some());
    }
    assert!(folder.path().join("meta.redb.damaged-1").exists());
    assert!(!folder.path().join("meta.redb.damaged-2").exists());
}

#[test]
fn blobs_of_a_lost_database_are_used_again_if_they_are_whole() {
    let (folder, first) = store();
    keep(&first, "crate::step", 1, &large());
    drop(first);
    let path = blob(&folder, &large());
    let file = || crate::store::files::Identity::of(&fs::metadata(&path).unwrap());
    let before = file();
    fs::write(folder.path().join("meta.redb"), "garbage").unwrap();
    let second = open(folder.path()).unwrap();
    assert_eq!(second.read(&large().id).unwrap(), None);
    keep(&second, "crate::step", 1, &large());
    assert_eq!(file(), before, "it was not written again");
    drop(second);

    fs::write(folder.path().join("meta.redb"), "garbage").unwrap();
    let mut bytes = large().bytes;
    bytes[99_999] ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let third = open(folder.path()).unwrap();
    keep(&third, "crate::step", 1, &large());
    assert_eq!(third.read(&large().id).unwrap(), Some(large().bytes));
    assert_eq!(files_in(&folder.path().join("quarantine")).len(), 1);
}

#[test]
fn a_store_that_is_deleted_while_it_is_open_gives_way_to_a_new_one() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(".zen");
    let store = open(&folder).unwrap();
    let before = keep(&store, "crate::step", 1, &large());
    fs::remove_dir_all(&folder).unwrap();
    // What is held shows the record still; its bytes are gone.
    assert!(!store.contains(&large().id).unwrap());
    let after = keep(&store, "crate::step", 2, &large());
    assert_eq!(store.read(&large().id).unwrap(), Some(large().bytes));
    drop(store);
    let store = open(&folder).unwrap();
    assert!(store.hit(&before).unwrap().is_none());
    assert!(store.hit(&after).unwrap().is_some());
}

#[test]
fn a_folder_in_the_place_of_the_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("meta.redb")).unwrap();
    assert!(open(folder.path()).is_err());
}

/// Writes bytes in the place of the format.
fn set_format(store: &Store, bytes: &[u8]) {
    change(store, Table::FORMAT, &[], |format| *format = bytes.to_vec());
}

#[test]
fn a_store_of_a_newer_release_is_refused_and_left_as_it_is() {
    let (folder, first) = store();
    set_format(&first, &Format::bytes(9));
    drop(first);
    let error = open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 9, known: 4 }));
    assert!(error.to_string().contains("format 9"), "{error}");
    assert!(!folder.path().join("meta.redb.damaged-1").exists());
}

#[test]
fn a_flipped_bit_in_the_format_is_no_newer_release() {
    for bit in 0..Format::bytes(4).len() * 8 {
        let (folder, first) = store();
        change(&first, Table::FORMAT, &[], |bytes| {
            bytes[bit / 8] ^= 1 << (bit % 8);
        });
        drop(first);
        open(folder.path()).unwrap();
    }
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
        let store = open(folder.path()).unwrap();
        for (n, (fingerprint, new)) in (0..).zip(&calls) {
            let expected = record("crate::step", n, std::slice::from_ref(new));
            if let Ok(Some(hit)) = store.hit(fingerprint) {
                assert_eq!(*hit, expected.hit(), "bit {bit}");
            }
            if let Ok(Some(bytes)) = store.read(&new.id) {
                assert_eq!(bytes, new.bytes, "bit {bit}");
            }
        }
    }
}
