//! What a thread has in its hands while another one clears away or keeps another
//! result: where a thread could be stopped in the middle of something, the test goes
//! on in its place.

use super::{artifact, keep, store};

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
