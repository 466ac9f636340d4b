//! What is kept is found again.

use std::{fs, sync::Arc};

use super::{artifact, blob, commit, files_in, keep, large, open, record, store};
use crate::{
    fingerprint::SourceItem,
    store::{ArtifactInfo, Store, artifact::INLINE_LIMIT},
};

#[test]
fn a_new_folder_is_laid_out() {
    let (folder, store) = store();
    assert_eq!(store.dir(), folder.path().canonicalize().unwrap());
    for name in [
        "meta.redb",
        "blobs",
        "tmp",
        "locks",
        ".gitignore",
        "CACHEDIR.TAG",
    ] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    assert_eq!(fs::read(folder.path().join(".gitignore")).unwrap(), b"*\n");
}

#[test]
fn small_and_large_artifacts_are_read_back() {
    let (folder, store) = store();
    for length in [0, 1, INLINE_LIMIT, INLINE_LIMIT + 1, 1 << 20] {
        let new = artifact(vec![9; length]);
        assert_eq!(store.read(&new.id).unwrap(), None);
        assert!(!store.contains(&new.id).unwrap());
        keep(&store, "crate::step", length as u64, &new);
        assert!(store.contains(&new.id).unwrap());
        assert_eq!(store.read(&new.id).unwrap(), Some(new.bytes.clone()));
        let inline = length <= INLINE_LIMIT;
        let info = ArtifactInfo {
            codec: new.codec.to_owned(),
            size: length as u64,
            inline,
        };
        assert_eq!(store.artifact(&new.id).unwrap(), Some(info));
        assert_eq!(blob(&folder, &new).exists(), !inline);
    }
    assert!(files_in(&folder.path().join("tmp")).is_empty());
}

#[test]
fn a_hit_brings_its_one_small_artifact_along() {
    let (_folder, store) = store();
    let (small, other) = (artifact("small"), artifact("other"));
    keep(&store, "crate::one", 1, &small);
    let two = record("crate::two", 1, &[other.clone(), artifact("third")]);
    let call = two.fingerprint;
    commit(&store, Some(two), vec![other.clone(), artifact("third")]).unwrap();
    keep(&store, "crate::large", 1, &large());
    for again in [false, true] {
        let look = |step| {
            let call = record(step, 1, &[]).fingerprint;
            store.hit(&call).unwrap().unwrap()
        };
        let hit = look("crate::one");
        assert_eq!(hit.bytes_of(&small.id), Some(&small.bytes[..]), "{again}");
        assert_eq!(hit.bytes_of(&other.id), None);
        let read = store.read_of(&hit, &small.id, <[u8]>::to_vec).unwrap();
        assert_eq!(read.as_ref(), Some(&small.bytes));
        assert_eq!(look("crate::large").bytes_of(&large().id), None);
        let hit = store.hit(&call).unwrap().unwrap();
        assert_eq!(hit.bytes_of(&other.id), None, "there are two");
        let read = store.read_of(&hit, &other.id, <[u8]>::to_vec).unwrap();
        assert_eq!(read, Some(other.bytes.clone()));
    }
}

#[cfg(unix)]
#[test]
fn a_blob_cannot_be_written_to() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, store) = store();
    keep(&store, "crate::step", 1, &large());
    let mode = fs::metadata(blob(&folder, &large())).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o444);
}

#[test]
fn a_source_is_described_with_its_first_record() {
    let (folder, store) = store();
    let item = |label: &str| SourceItem {
        label: label.to_owned(),
        hash: [7; 8],
    };
    let source = record("crate::step", 1, &[]).parts.source;
    keep(&store, "crate::step", 1, &artifact("one"));
    assert_eq!(store.source(&source).unwrap(), None, "nothing told it");

    store.describe_source(&source, || vec![item("k::f")]);
    assert_eq!(store.source(&source).unwrap(), None, "nothing new is kept");
    keep(&store, "crate::step", 2, &artifact("two"));
    store.describe_source(&source, || unreachable!("it is asked once"));
    assert_eq!(store.source(&source).unwrap(), Some(vec![item("k::f")]));

    // What is there stays.
    let other = open(folder.path()).unwrap();
    other.describe_source(&source, || vec![item("another")]);
    keep(&other, "crate::step", 3, &artifact("three"));
    assert_eq!(store.source(&source).unwrap(), Some(vec![item("k::f")]));
}

#[test]
fn everything_is_there_after_reopening() {
    let (folder, first) = store();
    let new = large();
    let fingerprint = keep(&first, "crate::step", 1, &new);
    drop(first);
    let store = open(folder.path()).unwrap();
    let expected = record("crate::step", 1, std::slice::from_ref(&new));
    assert_eq!(*store.record(&fingerprint).unwrap().unwrap(), expected);
    let hit = store.hit(&fingerprint).unwrap().unwrap();
    assert_eq!(*hit, expected.hit());
    assert_eq!(store.read(&new.id).unwrap(), Some(new.bytes));
}

#[test]
fn one_store_sees_what_another_one_keeps() {
    let (folder, one) = store();
    let other = open(folder.path()).unwrap();
    let first = keep(&one, "crate::step", 1, &artifact("first"));
    assert!(other.hit(&first).unwrap().is_some());
    // The other one holds a snapshot now, in which this is not there.
    let second = keep(&one, "crate::step", 2, &artifact("second"));
    assert!(other.hit(&second).unwrap().is_some());
    assert!(other.contains(&artifact("second").id).unwrap());
}

#[test]
fn opening_twice_gives_the_same_store() {
    let folder = tempfile::tempdir().unwrap();
    let one = Store::open(folder.path()).unwrap();
    let two = Store::open(&folder.path().join("blobs").join("..")).unwrap();
    assert!(Arc::ptr_eq(&one, &two));
    drop((one, two));
    Store::open(folder.path()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_folder_that_was_deleted_and_made_anew_is_another_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".zen");
    let before = Store::open(&path).unwrap();
    let fingerprint = keep(&before, "crate::step", 1, &artifact("first"));
    fs::rename(&path, folder.path().join("gone")).unwrap();
    let after = Store::open(&path).unwrap();
    assert!(!Arc::ptr_eq(&before, &after));
    assert!(after.hit(&fingerprint).unwrap().is_none());
}

#[test]
fn the_first_of_two_results_counts() {
    let (_folder, store) = store();
    let fingerprint = keep(&store, "crate::step", 1, &artifact("first"));
    keep(&store, "crate::step", 1, &artifact("second"));
    let hit = store.hit(&fingerprint).unwrap().unwrap();
    assert_eq!(hit.outputs[0].id, artifact("first").id);
    // The artifact is kept all the same: its ID may be the input of a call.
    assert!(store.contains(&artifact("second").id).unwrap());
}

#[test]
fn artifacts_can_be_kept_without_a_record() {
    let (_folder, store) = store();
    commit(&store, None, vec![artifact("alone"), large()]).unwrap();
    assert!(store.contains(&artifact("alone").id).unwrap());
    assert!(store.contains(&large().id).unwrap());
    assert_eq!(store.producers(&large().id).unwrap(), []);
}

#[test]
fn a_record_may_name_one_artifact_twice() {
    let (_folder, store) = store();
    let new = artifact("twice");
    let record = record("crate::step", 1, &[new.clone(), new.clone()]);
    let fingerprint = record.fingerprint;
    commit(&store, Some(record), vec![new.clone(), new.clone()]).unwrap();
    assert_eq!(store.hit(&fingerprint).unwrap().unwrap().outputs.len(), 2);
    assert_eq!(store.producers(&new.id).unwrap(), [fingerprint]);
}

#[test]
fn the_latest_records_of_a_step_come_newest_first() {
    let (_folder, store) = store();
    for n in [2, 5, 3] {
        keep(&store, "crate::step", n, &artifact("same"));
        keep(&store, "crate::step_two", n, &artifact("same"));
        keep(&store, "crate::step\0two", n, &artifact("same"));
    }
    let times = |step: &str, limit: usize| -> Vec<u64> {
        let records = store.recent(step, limit).unwrap();
        assert!(records.iter().all(|record| record.parts.step == step));
        records.iter().map(|record| record.created).collect()
    };
    assert_eq!(times("crate::step", 10), [1005, 1003, 1002]);
    assert_eq!(times("crate::step", 2), [1005, 1003]);
    assert_eq!(times("crate::step\0two", 10), [1005, 1003, 1002]);
    assert_eq!(times("crate::step", 0), []);
    assert_eq!(times("crate", 10), []);
}

#[test]
fn an_artifact_knows_the_calls_that_gave_it() {
    let (_folder, store) = store();
    let mut calls = [1, 2].map(|n| keep(&store, "crate::step", n, &large()));
    keep(&store, "crate::step", 3, &artifact("another"));
    calls.sort_unstable();
    assert_eq!(store.producers(&large().id).unwrap(), calls);
}

#[test]
fn many_threads_keep_and_look_up() {
    let (_folder, store) = store();
    let each = |thread: u64| {
        for n in 0..40 {
            let new = artifact((thread * 1000 + n % 7).to_le_bytes());
            let fingerprint = keep(&store, "crate::step", thread * 1000 + n, &new);
            assert!(store.hit(&fingerprint).unwrap().is_some());
            assert_eq!(store.read(&new.id).unwrap(), Some(new.bytes));
        }
    };
    std::thread::scope(|scope| {
        (0..4).for_each(|thread| {
            scope.spawn(move || each(thread));
        });
    });
    assert_eq!(store.recent("crate::step", 1000).unwrap().len(), 160);
}
