//! Results on their way to the disk.

use std::{fs, sync::mpsc, thread};

use super::{artifact, large, open, record, store};
use crate::store::{Flight, Store, StoreError};

/// Hands over a call that gave `bytes`, and does not wait.
fn hand_over(store: &Store, n: u64, bytes: &str) -> crate::fingerprint::Fingerprint {
    let new = artifact(bytes);
    let record = record("crate::step", n, std::slice::from_ref(&new));
    let fingerprint = record.fingerprint;
    store.hand_over(Some(record), vec![new], Flight::none());
    fingerprint
}

/// Runs `body` while another process, as it were, has the write lock, so that
/// nothing is committed.
fn while_nothing_is_committed(other: &Store, body: impl FnOnce()) {
    let (locked, is_locked) = mpsc::channel();
    let (over, is_over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let written = other.transact(|_| {
                locked.send(()).unwrap();
                // Ends when the sender is dropped, by a failed assertion too.
                let _ = is_over.recv();
                Ok(())
            });
            written.unwrap();
        });
        is_locked.recv().unwrap();
        body();
        drop(over);
    });
}

#[test]
fn a_result_is_found_before_it_is_committed_and_by_others_after() {
    let (folder, store) = store();
    let other = open(folder.path()).unwrap();
    let mut pending = None;
    while_nothing_is_committed(&other, || {
        let fingerprint = hand_over(&store, 1, "pending");
        let id = artifact("pending").id;
        assert_eq!(store.hit(&fingerprint).unwrap().unwrap().outputs[0].id, id);
        assert!(store.contains(&id).unwrap());
        assert!(store.artifact(&id).unwrap().is_some());
        assert_eq!(store.read(&id).unwrap(), Some(b"pending".to_vec()));
        assert!(store.record(&fingerprint).unwrap().is_some());
        assert_eq!(store.recent("crate::step", 5).unwrap().len(), 1);
        assert_eq!(store.producers(&id).unwrap(), [fingerprint]);
        assert_eq!(other.hit(&fingerprint).unwrap(), None);
        pending = Some(fingerprint);
    });
    store.flush().unwrap();
    assert!(other.hit(&pending.unwrap()).unwrap().is_some());
}

#[test]
fn the_first_of_two_results_counts_before_they_are_committed() {
    let (folder, store) = store();
    let other = open(folder.path()).unwrap();
    while_nothing_is_committed(&other, || {
        let fingerprint = hand_over(&store, 1, "first");
        hand_over(&store, 1, "second");
        let hit = store.hit(&fingerprint).unwrap().unwrap();
        assert_eq!(hit.outputs[0].id, artifact("first").id);
        assert!(store.contains(&artifact("second").id).unwrap());
    });
    store.flush().unwrap();
    let kept = other.recent("crate::step", 5).unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].outputs[0].id, artifact("first").id);
}

#[test]
fn dropping_a_store_keeps_what_was_handed_over() {
    let (folder, store) = store();
    let calls: Vec<_> = (0..500).map(|n| hand_over(&store, n, "same")).collect();
    drop(store);
    let store = open(folder.path()).unwrap();
    for fingerprint in calls {
        assert!(store.hit(&fingerprint).unwrap().is_some());
    }
}

#[test]
fn what_cannot_be_written_is_told_by_the_next_flush_and_costs_nothing_else() {
    let (folder, store) = store();
    fs::remove_dir(folder.path().join("tmp")).unwrap();
    fs::write(folder.path().join("tmp"), "not a folder").unwrap();
    let lost = record("crate::step", 1, &[large()]);
    let fingerprint = lost.fingerprint;
    store.hand_over(Some(lost), vec![large()], Flight::none());
    let kept = hand_over(&store, 2, "small");
    let told = store.flush();
    assert!(
        matches!(told, Err(StoreError::NotKept { count: 1, .. })),
        "{told:?}"
    );
    assert_eq!(store.hit(&fingerprint).unwrap(), None);
    assert!(store.hit(&kept).unwrap().is_some());
    store.flush().unwrap();
}
