use std::collections::HashSet;

use super::super::{Evict, GcAction, GcPolicy, Roots, select::select};
use crate::store::{
    artifact::Presence,
    tests::{artifact, keep, store},
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
