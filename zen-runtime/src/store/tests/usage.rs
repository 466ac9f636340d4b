//! Uses of results are noted: once per process, with whatever is written next, or
//! at the end.

use super::{artifact, keep, noted, open, store};
use crate::store::clock::unix_millis;

#[test]
fn a_use_is_noted_with_the_next_write() {
    let (_folder, store) = store();
    let call = keep(&store, "crate::step", 1, &artifact("one"));
    store.flush().unwrap();
    let before = unix_millis();
    store.used(&call);
    store.used(&call);
    assert_eq!(noted(&store, &call), None, "a hit writes nothing");
    store.transact(|_| Ok(())).unwrap();
    let usage = noted(&store, &call).unwrap();
    assert_eq!(usage.uses, 1);
    assert!((before..=unix_millis()).contains(&usage.last));
}

#[test]
fn processes_that_use_a_result_are_counted() {
    let (folder, first) = store();
    let call = keep(&first, "crate::step", 1, &artifact("one"));
    first.flush().unwrap();
    drop(first);
    for uses in 1..=3 {
        let store = open(folder.path()).unwrap();
        store.used(&call);
        store.transact(|_| Ok(())).unwrap();
        assert_eq!(noted(&store, &call).unwrap().uses, uses);
    }
}

#[test]
fn a_process_that_only_reads_notes_at_its_end_what_is_not_noted_lately() {
    let (folder, first) = store();
    let call = keep(&first, "crate::step", 1, &artifact("one"));
    first.flush().unwrap();
    first.used(&call);
    drop(first);
    let second = open(folder.path()).unwrap();
    assert_eq!(noted(&second, &call).unwrap().uses, 1);
    second.used(&call);
    drop(second);
    let third = open(folder.path()).unwrap();
    assert_eq!(noted(&third, &call).unwrap().uses, 1, "it is a short while");
}
