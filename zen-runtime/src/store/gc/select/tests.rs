//! What goes, and in which order.

use std::time::Duration;

use super::*;
use crate::store::usage::Usage;

/// Now, in milliseconds since 1970.
const NOW: u64 = 1_000_000_000;

fn id(number: u8) -> ArtifactId {
    ArtifactId::from_bytes([number; 32])
}

fn call(number: u8) -> Fingerprint {
    Fingerprint::from_bytes([number; 32])
}

/// A store of calls, each with one artifact of its own number.
#[derive(Default)]
struct Store(Survey);

impl Store {
    fn new() -> Self {
        let mut store = Self::default();
        store.0.now = NOW;
        store
    }

    /// A call that took so many milliseconds, was used so often, and gave so
    /// many bytes; it is older the smaller its number.
    fn call(mut self, number: u8, millis: u64, uses: u64, size: u64) -> Self {
        let known = Known {
            step: "step".to_owned(),
            outputs: vec![id(number)],
            created: NOW - 1_000_000 + u64::from(number) * 1_000,
            duration: Duration::from_millis(millis),
            usage: Usage {
                last: 0,
                uses: uses - 1,
            },
        };
        self.0.records.insert(call(number), known);
        let stored = Stored {
            size,
            has_bytes: true,
            producers: vec![call(number)],
        };
        self.0.artifacts.insert(id(number), stored);
        self
    }

    /// A call that gave the artifact of another one too.
    fn same_as(mut self, number: u8, other: u8) -> Self {
        let mut known = self.0.records[&call(other)].clone();
        known.created += 1;
        self.0.records.insert(call(number), known);
        let stored = self.0.artifacts.get_mut(&id(other));
        stored.unwrap().producers.push(call(number));
        self
    }

    fn taken(mut self, number: u8) -> Self {
        self.0.taken.insert(id(number));
        self
    }

    fn pinned(mut self, number: u8) -> Self {
        self.0.pins.insert(id(number));
        self
    }

    fn select(&self, policy: &GcPolicy, roots: &Roots) -> Vec<(char, u8, u64)> {
        let items = select(policy, &self.0, roots);
        let row = |item: GcItem| {
            let (kind, number) = match (item.action, item.target) {
                (GcAction::Drop, Target::Record(call)) => ('r', call.as_bytes()[0]),
                (GcAction::Drop, Target::Artifact(id)) => ('a', id.as_bytes()[0]),
                (GcAction::Evict, Target::Artifact(id)) => ('e', id.as_bytes()[0]),
                (GcAction::Evict, Target::Record(_)) => unreachable!("records are not evicted"),
            };
            (kind, number, item.bytes)
        };
        items.into_iter().map(row).collect()
    }
}

fn nothing() -> Roots {
    Roots::default()
}

#[test]
fn the_default_policy_takes_what_no_record_names() {
    let mut store = Store::new().call(1, 5, 1, 100).call(2, 5, 1, 100).pinned(4);
    for number in [3, 4, 5] {
        let unnamed = Stored {
            size: 7,
            has_bytes: true,
            producers: Vec::new(),
        };
        store.0.artifacts.insert(id(number), unnamed);
    }
    let roots = Roots {
        artifacts: [id(5)].into(),
        ..nothing()
    };
    let taken = store.select(&GcPolicy::new(), &roots);
    assert_eq!(taken, [('a', 3, 7)]);
}

#[test]
fn over_the_limit_the_cheapest_per_byte_goes_first() {
    // Time by size: 1, 0.1, 1 but used five times, 0.5.
    let store = Store::new()
        .call(1, 100, 1, 100)
        .call(2, 10, 1, 100)
        .call(3, 100, 5, 100)
        .call(4, 100, 1, 200);
    let order = |limit| store.select(&GcPolicy::new().max_size(limit), &nothing());
    assert_eq!(order(500), []);
    assert_eq!(order(499), [('r', 2, 100)]);
    assert_eq!(order(399), [('r', 2, 100), ('r', 4, 200)]);
    assert_eq!(
        order(0),
        [('r', 2, 100), ('r', 4, 200), ('r', 1, 100), ('r', 3, 100)]
    );
}

#[test]
fn an_artifact_of_two_calls_goes_with_the_last_of_them() {
    let store = Store::new().call(1, 5, 1, 100).same_as(2, 1);
    let taken = store.select(&GcPolicy::new().max_size(0), &nothing());
    assert_eq!(taken, [('r', 1, 0), ('r', 2, 100)]);
}

#[test]
fn what_is_old_goes_the_oldest_first() {
    let store = Store::new()
        .call(3, 5, 1, 10)
        .call(1, 5, 1, 10)
        .call(2, 5, 1, 10);
    let age = Duration::from_millis(1_000_000 - 2_500);
    let taken = store.select(&GcPolicy::new().max_age(age), &nothing());
    assert_eq!(taken, [('r', 1, 10), ('r', 2, 10)]);
    let kept = GcPolicy::new()
        .max_age(age)
        .keep_used_within(Duration::from_millis(1_000_000 - 1_500));
    assert_eq!(store.select(&kept, &nothing()), [('r', 1, 10)]);
}

#[test]
fn roots_stay_whatever_the_limits_say() {
    let store = Store::new()
        .call(1, 5, 1, 10)
        .call(2, 5, 1, 10)
        .call(3, 5, 1, 10)
        .pinned(2);
    let roots = Roots {
        records: [call(1)].into(),
        artifacts: [id(1)].into(),
        outputs: [id(1)].into(),
    };
    let policy = GcPolicy::new()
        .max_size(0)
        .max_age(Duration::ZERO)
        .evict(Evict::All);
    let taken = store.select(&policy, &roots);
    assert_eq!(taken, [('r', 3, 10)]);
}

#[test]
fn bytes_are_given_up_before_records_are() {
    let store = Store::new()
        .call(1, 1, 1, 100)
        .call(2, 50, 1, 100)
        .call(3, 10, 1, 100)
        .taken(2)
        .taken(3);
    let evict = GcPolicy::new().evict(Evict::Intermediates);
    assert_eq!(
        store.select(&evict, &nothing()),
        [('e', 3, 100), ('e', 2, 100)]
    );
    let limit = |limit| store.select(&evict.clone().max_size(limit), &nothing());
    assert_eq!(limit(250), [('e', 3, 100)]);
    assert_eq!(limit(50), [('e', 3, 100), ('e', 2, 100), ('r', 1, 100)]);
    let all = GcPolicy::new().evict(Evict::All);
    assert_eq!(store.select(&all, &nothing()).len(), 3);
}

#[test]
fn intermediates_of_kept_runs_are_given_up_and_outputs_are_not() {
    let store = Store::new()
        .call(1, 5, 1, 10)
        .call(2, 5, 1, 10)
        .taken(1)
        .taken(2);
    let roots = Roots {
        records: [call(1), call(2)].into(),
        artifacts: [id(1), id(2)].into(),
        outputs: [id(2)].into(),
    };
    let policy = GcPolicy::new().evict(Evict::Intermediates);
    assert_eq!(store.select(&policy, &roots), [('e', 1, 10)]);
}
