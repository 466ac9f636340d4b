//! Damage in the pages in which redb keeps its own books. Left to redb it ends the
//! process: a number on the list of the pages to be freed that is none, for
//! instance, makes it panic twice in a commit.

use std::fs;

use super::{artifact, keep, large, open};
use crate::store::metadata::places;

#[test]
fn a_flipped_bit_in_redbs_own_books_costs_the_database_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("meta.redb");
    let first = open(folder.path()).unwrap();
    keep(&first, "crate::step", 0, &large());
    // What an onlooker may still read is on the list of what is to be freed.
    let onlooker = first.disk.fresh_snapshot().unwrap();
    for n in 1..6 {
        keep(&first, "crate::step", n, &artifact("value"));
    }
    drop((onlooker, first));
    let whole = fs::read(&database).unwrap();
    let aside = database.with_extension("redb.damaged-1");
    let places = places(&database);
    assert!(places.len() > 4, "{places:?}");
    for place in places {
        let start = usize::try_from(place.start).unwrap();
        for byte in [1, 4, 23, 100, 154, place.used - 1] {
            let byte = start + byte.min(place.used - 1);
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << 4;
            fs::write(&database, flipped).unwrap();
            let store = open(folder.path()).unwrap();
            assert!(aside.exists(), "byte {byte}");
            let fingerprint = keep(&store, "crate::step", 0, &large());
            keep(&store, "crate::step", 10, &artifact("new"));
            drop(store);
            let store = open(folder.path()).unwrap();
            assert!(store.hit(&fingerprint).unwrap().is_some(), "byte {byte}");
            assert_eq!(store.read(&large().id).unwrap(), Some(large().bytes));
            drop(store);
            fs::remove_file(&aside).unwrap();
        }
    }
}
