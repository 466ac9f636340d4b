//! What a thread has in its hands while another one clears away or keeps another
//! result: where a thread could be stopped in the middle of something, the test goes
//! on in its place.

use std::sync::Arc;

use super::{artifact, keep, large, open, store};
use crate::{
    fingerprint::Fingerprint,
    store::{GcPolicy, Roots, Store},
};

/// Another process, as it were, takes away all that no run has touched.
fn clear_all(other: &Store) {
    let policy = GcPolicy::new().max_size(0);
    let report = other.gc(&policy, &Roots::default()).unwrap();
    assert!(!report.items().is_empty());
}

/// Whether a thread of a run finds the call.
fn is_found(store: &Store, call: &Fingerprint) -> bool {
    store.announce(call.as_bytes());
    store.hit(call).unwrap().is_some()
}

#[test]
fn what_gc_took_is_not_remembered_for_a_thread_that_comes_while_another_forgets() {
    let (folder, store) = store();
    let store = Arc::new(store);
    let other = open(folder.path()).unwrap();
    let call = keep(&store, "crate::step", 1, &artifact("value"));
    assert!(store.hit(&call).unwrap().is_some());
    clear_all(&other);
    let _run = store.begin_run();
    // Without a run's word it may be found.
    assert!(store.hit(&call).unwrap().is_some());
    store.disk.catch_up_by(|| {
        // This far the thread has come. What it forgets first is the snapshot.
        store.disk.give_up_snapshot();
        assert!(!is_found(&store, &call));
        store.disk.forget_snapshot();
    });
    assert!(!is_found(&store, &call));
}

#[test]
fn a_snapshot_from_before_another_result_was_kept_is_not_held() {
    let (_folder, store) = store();
    let [first, second] = [artifact("first"), artifact("second")];
    let call = keep(&store, "crate::step", 1, &first);
    store.evict(&first.id).unwrap();
    // A thread begins to look for something else.
    let begun = store.disk.begin_snapshot().unwrap();
    assert_eq!(keep(&store, "crate::step", 1, &second), call);
    store.disk.hold(begun);
    let hit = store.hit(&call).unwrap().unwrap();
    assert_eq!(hit.outputs[0].id, second.id);
}

#[test]
fn what_was_found_while_another_database_was_opened_is_forgotten() {
    let (folder, store) = store();
    let call = keep(&store, "crate::step", 1, &large());
    for file in ["meta.redb", "blobs"] {
        let gone = folder.path().join(file);
        std::fs::rename(&gone, gone.with_extension("gone")).unwrap();
    }
    store.disk.layout.restore().unwrap();
    store.disk.forget_snapshot();
    store.disk.replace_database(|| {
        // Another thread still looks into the one before.
        assert!(store.hit(&call).unwrap().is_some());
        store.disk.reopen().unwrap();
    });
    assert_eq!(store.hit(&call).unwrap(), None);
}

#[test]
fn gc_is_heard_of_in_a_store_that_took_the_place_of_another() {
    let (folder, store) = store();
    let store = Arc::new(store);
    for n in 0..3 {
        keep(&store, "crate::step", n, &artifact("value"));
        clear_all(&store);
    }
    std::fs::remove_dir_all(folder.path()).unwrap();
    let other = open(folder.path()).unwrap();
    let call = keep(&store, "crate::step", 7, &artifact("value"));
    let _run = store.begin_run();
    let something = artifact("something else").id;
    store.announce(something.as_bytes());
    assert!(store.hit(&call).unwrap().is_some());
    // The run has not announced it.
    clear_all(&other);
    assert!(!is_found(&store, &call));
}
