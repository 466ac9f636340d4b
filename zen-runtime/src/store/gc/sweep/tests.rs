use std::{collections::HashSet, sync::Arc};

use super::{
    super::{Evict, GcAction, GcPolicy, Roots, select::select},
    Clearing, Sweep,
};
use crate::fingerprint::Fingerprint;
use crate::store::{
    NewArtifact, Store, VerifyOptions,
    artifact::Presence,
    tests::{artifact, commit, keep, large, record, store},
};

#[test]
fn what_another_call_gave_since_it_was_selected_keeps_its_bytes() {
    let cases = [(false, Presence::Evicted, 1), (true, Presence::Stored, 0)];
    for (is_given_again, presence, count) in cases {
        let (_folder, store) = store();
        let value = artifact("value");
        keep(&store, "crate::step", 1, &value);
        let survey = store.survey().unwrap();
        let policy = GcPolicy::new().max_size(0).evict(Evict::All);
        let mut items = select(&policy, &survey, &Roots::default());
        items.retain(|item| item.action == GcAction::Evict);
        assert_eq!(items.len(), 1);
        if is_given_again {
            keep(&store, "crate::step", 2, &value);
        }
        let gone = store.sweep(&survey, &items, &HashSet::new()).unwrap();
        assert_eq!(gone.len(), count);
        assert_eq!(store.presence(&value.id).unwrap(), presence);
    }
}

/// Takes everything out of a store that no run has touched, lets something happen, and
/// comes to an end with it. Says how much is gone.
fn in_the_middle_of_a_batch(store: &Store, happens: impl FnOnce()) -> usize {
    let survey = store.survey().unwrap();
    let policy = GcPolicy::new().max_size(0);
    let items = select(&policy, &survey, &Roots::default());
    let clearing = Clearing::begin(&store.disk.layout).unwrap();
    let sweep = Sweep {
        survey: &survey,
        wanted: &HashSet::new(),
    };
    let taken = store.take_out(&clearing, &sweep, &items).unwrap();
    assert_eq!(taken.len(), items.len());
    happens();
    let gone = store.settle(&clearing, &taken).unwrap();
    clearing.end_batch().unwrap();
    gone.len()
}

/// Sees that a call is a hit, and that all is as it should be.
fn is_whole(store: &Store, call: &Fingerprint, artifact: &NewArtifact) {
    assert!(store.hit(call).unwrap().is_some());
    let read = store.read(&artifact.id).unwrap();
    assert!(read.is_some_and(|read| read == artifact.bytes));
    let verified = store.verify(&VerifyOptions::new()).unwrap();
    assert!(verified.is_clean(), "{verified}");
}

#[test]
fn what_is_computed_again_in_the_middle_of_a_batch_is_among_the_latest_once() {
    let (_folder, store) = store();
    let store = Arc::new(store);
    let value = artifact("value");
    let call = keep(&store, "crate::step", 1, &value);
    let _run = store.begin_run();
    let gone = in_the_middle_of_a_batch(&store, || {
        assert_eq!(store.hit(&call).unwrap(), None);
        // A run has found it before, and a plain call finds it gone.
        store.announce(call.as_bytes());
        let mut again = record("crate::step", 1, std::slice::from_ref(&value));
        again.created += 1_000;
        commit(&store, Some(again), vec![value.clone()]).unwrap();
    });
    assert_eq!(gone, 0);
    is_whole(&store, &call, &value);
}

#[test]
fn a_blob_stays_that_is_put_back_while_others_look_for_leftovers() {
    let leftovers: [fn(&Store); 2] = [
        |store| {
            store.clear_leftovers(&GcPolicy::new()).unwrap();
        },
        |store| {
            store.verify(&VerifyOptions::new().repair(true)).unwrap();
        },
    ];
    for look_for_leftovers in leftovers {
        let (_folder, store) = store();
        let store = Arc::new(store);
        let value = large();
        let call = keep(&store, "crate::step", 1, &value);
        let _run = store.begin_run();
        let gone = in_the_middle_of_a_batch(&store, || {
            store.announce(call.as_bytes());
            look_for_leftovers(&store);
        });
        assert_eq!(gone, 0);
        is_whole(&store, &call, &value);
    }
}
