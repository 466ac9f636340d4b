use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use super::{
    super::tests::{artifact, keep, open, record, store},
    queue::{MOST_BYTES, MOST_OPERATIONS},
    *,
};
use crate::store::{Collection, GcPolicy, Presence, Roots, Store, layout::Layout, metadata::Table};

fn document(number: usize, length: usize) -> Operation {
    Operation::Document {
        collection: Collection::RUNS,
        key: number.to_be_bytes().to_vec(),
        value: vec![0; length],
    }
}

/// Fills a queue with these, and sees that one more waits for a batch to be taken.
fn is_full_with(operations: impl IntoIterator<Item = Operation>) {
    let queue = Queue::default();
    let mut count = 0;
    for operation in operations {
        queue.push(operation, Flight::none());
        count += 1;
    }
    let pushed = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            queue.push(document(usize::MAX, 0), Flight::none());
            pushed.store(true, Ordering::SeqCst);
        });
        // However far that thread has come.
        let batch = queue.take(Duration::ZERO).unwrap();
        assert_eq!(batch.operations.len(), count);
        queue.finish(Vec::new());
    });
    assert!(pushed.into_inner());
    assert_eq!(queue.take(Duration::ZERO).unwrap().operations.len(), 1);
}

#[test]
fn a_caller_waits_while_too_many_results_wait_before_it() {
    is_full_with((0..MOST_OPERATIONS).map(|number| document(number, 0)));
}

#[test]
fn a_caller_waits_while_too_large_results_wait_before_it() {
    is_full_with([document(0, MOST_BYTES)]);
}

fn disk() -> (tempfile::TempDir, Arc<Disk>) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(Layout::create(folder.path()).unwrap()).unwrap();
    (folder, Arc::new(disk))
}

fn is_stored(disk: &Disk, number: usize) -> bool {
    let snapshot = disk.fresh_snapshot().unwrap();
    let page = snapshot.look(Table::of(Collection::RUNS), &number.to_be_bytes());
    page.unwrap().is_some()
}

#[test]
fn callers_write_for_themselves_where_there_is_no_thread() {
    let (_folder, disk) = disk();
    let committer = Committer::new(disk.clone());
    // What a system that has no thread to give leaves.
    committer.thread.set(None).unwrap();
    committer.hand_over(document(0, 10), Flight::none());
    assert!(is_stored(&disk, 0), "it is written when the call returns");
    thread::scope(|scope| {
        for thread in 1..5 {
            let committer = &committer;
            scope.spawn(move || {
                for n in 0..20 {
                    committer.hand_over(document(thread * 100 + n, 10), Flight::none());
                }
            });
        }
    });
    committer.flush().unwrap();
    for thread in 1..5 {
        assert!((0..20).all(|n| is_stored(&disk, thread * 100 + n)));
    }
    drop(committer);
}

/// Another process, as it were, takes away all that no run has touched.
fn clear_all(other: &Store) -> usize {
    let policy = GcPolicy::new().max_size(0);
    let report = other.gc(&policy, &Roots::default()).unwrap();
    report.items().len()
}

/// What a run that begins now finds of a call that gave `artifact`.
fn found(store: &Arc<Store>, call: &Fingerprint, artifact: &ArtifactId) -> (bool, Presence) {
    let _run = store.begin_run();
    store.announce(call.as_bytes());
    let hit = store.hit(call).unwrap();
    (hit.is_some(), store.presence(artifact).unwrap())
}

#[test]
fn a_run_does_not_find_in_a_batch_what_gc_took_since_its_commit() {
    let (folder, store) = store();
    let store = Arc::new(store);
    let other = open(folder.path()).unwrap();
    let value = artifact("value");
    let record = record("crate::step", 1, std::slice::from_ref(&value));
    let call = record.fingerprint;
    let result = Arc::new(PendingResult {
        record: Some(record),
        artifacts: vec![value.clone()],
    });
    let operation = Operation::Result {
        result,
        landed: None,
    };
    // What the thread does, up to where it may be held up.
    let work = &store.committer.work;
    work.queue.push(operation, Flight::none());
    let batch = work.queue.take(Duration::ZERO).unwrap();

    keep(&other, "crate::step", 2, &artifact("other"));
    assert_eq!(clear_all(&other), 1);
    let here = (true, Presence::Stored);
    assert_eq!(found(&store, &call, &value.id), here, "it is not committed");

    assert!(work.commit(&batch).is_empty());
    assert_eq!(found(&store, &call, &value.id), here);
    assert_eq!(clear_all(&other), 1);
    let gone = (false, Presence::Missing);
    assert_eq!(found(&store, &call, &value.id), gone);
    work.queue.finish(Vec::new());
}
