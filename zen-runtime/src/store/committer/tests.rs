use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use super::{
    queue::{MOST_BYTES, MOST_OPERATIONS},
    *,
};
use crate::store::{Collection, layout::Layout, metadata::Table};

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
