//! A clock that jumps changes what the times in records say: it loses nothing, and
//! nothing is an error.
//!
//! The clock is one for the whole process, so the test binary starts itself again
//! for each of these.

use std::{env, process::Command, sync::Arc, time::Duration};

use super::{artifact, commit, keep, noted, open, record, store};
use crate::{
    fingerprint::Fingerprint,
    store::{
        GcPolicy, Roots, Store, VerifyOptions,
        clock::{jump, unix_millis},
    },
};

/// Says that the clock is this process's own.
const ALONE: &str = "ZEN_TEST_CLOCK";

const DAY: i64 = 24 * 3600 * 1000;

const YEAR: i64 = 365 * DAY;

/// Runs the test `name` in a process of its own; `false` in any other.
fn is_alone(name: &str) -> bool {
    if env::var_os(ALONE).is_some() {
        return true;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg(format!("store::tests::clock::{name}"))
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("zen: warning"), "{text}");
    false
}

/// Keeps a call as of the time that the clock says.
fn keep_now(store: &Store, n: u64) -> Fingerprint {
    let new = artifact(format!("value {n}"));
    let mut record = record("crate::step", n, std::slice::from_ref(&new));
    record.created = unix_millis();
    let fingerprint = record.fingerprint;
    commit(store, Some(record), vec![new]).unwrap();
    fingerprint
}

/// What goes that is older than a day.
fn by_age() -> GcPolicy {
    GcPolicy::new().max_age(Duration::from_hours(24))
}

fn is_whole(store: &Store, calls: &[Fingerprint]) {
    for call in calls {
        let hit = store.hit(call).unwrap().expect("a hit");
        assert!(store.read(&hit.outputs[0].id).unwrap().is_some());
    }
    assert_eq!(store.recent("crate::step", 100).unwrap().len(), calls.len());
}

#[test]
fn results_from_the_future_are_hits_and_none_is_cleared_away_as_old() {
    if !is_alone("results_from_the_future_are_hits_and_none_is_cleared_away_as_old") {
        return;
    }
    let (folder, store) = store();
    let mut calls = Vec::new();
    // Back to before 1970 at the end.
    for (n, years) in (0..).zip([0, 30, 10, -100]) {
        jump::by(years * YEAR);
        calls.push(keep_now(&store, n));
        is_whole(&store, &calls);
        for call in &calls {
            store.used(call);
        }
    }
    let report = store.gc(&by_age(), &Roots::default()).unwrap();
    assert!(report.items().is_empty(), "{report}");
    drop(store);
    let store = open(folder.path()).unwrap();
    is_whole(&store, &calls);
    let verified = store.verify(&VerifyOptions::new()).unwrap();
    assert!(verified.is_clean(), "{verified}");
}

#[test]
fn a_use_counts_though_the_last_one_was_in_the_future() {
    if !is_alone("a_use_counts_though_the_last_one_was_in_the_future") {
        return;
    }
    let (folder, first) = store();
    let call = keep(&first, "crate::step", 1, &artifact("one"));
    jump::by(30 * YEAR);
    first.used(&call);
    drop(first);
    jump::by(0);
    let second = open(folder.path()).unwrap();
    assert_eq!(noted(&second, &call).unwrap().uses, 1);
    // It only reads, and notes at its end what was not noted lately.
    second.used(&call);
    drop(second);
    let third = open(folder.path()).unwrap();
    let usage = noted(&third, &call).unwrap();
    assert_eq!(usage.uses, 2);
    assert!(usage.last <= unix_millis());
}

#[test]
fn what_a_run_of_another_time_looks_for_stays() {
    if !is_alone("what_a_run_of_another_time_looks_for_stays") {
        return;
    }
    for (before, after) in [(0, 30), (30, 0), (0, -100)] {
        let (_folder, store) = store();
        let store = Arc::new(store);
        jump::by(before * YEAR);
        let call = keep_now(&store, 1);
        let run = store.begin_run();
        store.announce(call.as_bytes());
        jump::by(after * YEAR);
        let report = store.gc(&by_age(), &Roots::default()).unwrap();
        assert!(report.items().is_empty(), "{report}");
        is_whole(&store, &[call]);
        drop(run);
    }
}

/// A store of calls that were used on the last ten days before the clock jumps.
fn ten_days() -> (tempfile::TempDir, Vec<Fingerprint>) {
    let (folder, store) = store();
    let calls = (0..10).map(|day| {
        jump::by((day - 10) * DAY);
        keep_now(&store, u64::try_from(day).unwrap())
    });
    let calls = calls.collect();
    jump::by(0);
    (folder, calls)
}

/// How many of the calls are older than so many days and a half for gc.
fn older_than(store: &Store, days: u64) -> usize {
    let policy = GcPolicy::new().max_age(Duration::from_hours(24 * days + 12));
    let report = store.gc(&policy.dry_run(true), &Roots::default()).unwrap();
    report.items().len()
}

#[test]
fn a_clock_that_is_ahead_makes_what_is_stored_no_more_than_a_day_older() {
    if !is_alone("a_clock_that_is_ahead_makes_what_is_stored_no_more_than_a_day_older") {
        return;
    }
    let (folder, calls) = ten_days();
    let store = open(folder.path()).unwrap();
    assert_eq!(older_than(&store, 5), 5);
    drop(store);
    // Before the store is opened, with results and uses of that time.
    jump::by(30 * YEAR);
    let store = open(folder.path()).unwrap();
    store.used(&calls[0]);
    keep_now(&store, 100);
    // All but the one that was used.
    assert_eq!(older_than(&store, 5), 4);
    assert_eq!(older_than(&store, 20), 0);
}

#[test]
fn a_clock_that_is_set_ahead_meanwhile_makes_nothing_much_older() {
    if !is_alone("a_clock_that_is_set_ahead_meanwhile_makes_nothing_much_older") {
        return;
    }
    let (folder, _) = ten_days();
    let store = open(folder.path()).unwrap();
    jump::by(30 * YEAR);
    assert_eq!(older_than(&store, 5), 5);
    assert_eq!(older_than(&store, 20), 0);
    let (_folder, new) = self::store();
    jump::by(0);
    keep_now(&new, 1);
    jump::by(30 * YEAR);
    assert_eq!(older_than(&new, 2), 0);
}
