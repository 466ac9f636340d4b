//! Equal values have equal bytes, whatever holds them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use proptest::prelude::*;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::id;
use crate::codec::encode;

#[derive(Serialize)]
struct Holder<'a> {
    before: u8,
    map: &'a HashMap<String, Vec<HashSet<u32>>>,
    maybe: Option<&'a HashSet<u32>>,
}

fn holder_bytes(entries: &[(String, Vec<Vec<u32>>)]) -> Vec<u8> {
    let set = |items: &Vec<u32>| items.iter().copied().collect::<HashSet<_>>();
    let sets = |lists: &Vec<Vec<u32>>| lists.iter().map(set).collect::<Vec<_>>();
    let map: HashMap<_, _> = entries.iter().map(|(k, v)| (k.clone(), sets(v))).collect();
    let all: HashSet<u32> = entries
        .iter()
        .flat_map(|(_, v)| v)
        .flatten()
        .copied()
        .collect();
    let holder = Holder {
        before: 1,
        map: &map,
        maybe: Some(&all),
    };
    let variant = (Some(&holder), Arc::new(vec![&holder]));
    assert_eq!(
        encode(&variant).unwrap(),
        encode(&variant).unwrap(),
        "one value has one encoding"
    );
    encode(&holder).unwrap()
}

proptest! {
    #[test]
    fn the_order_in_which_a_hash_table_was_filled_does_not_count(
        entries in prop::collection::btree_map(
            "[a-z]{0,3}",
            prop::collection::vec(prop::collection::vec(any::<u32>(), 0..20), 0..3),
            0..80,
        )
    ) {
        let mut entries: Vec<_> = entries.into_iter().collect();
        let forth = holder_bytes(&entries);
        entries.reverse();
        prop_assert_eq!(forth, holder_bytes(&entries));
    }

    #[test]
    fn maps_of_different_content_have_different_bytes(
        a in prop::collection::btree_map(0_u8..4, 0_u8..4, 0..4),
        b in prop::collection::btree_map(0_u8..4, 0_u8..4, 0..4),
    ) {
        let bytes = |map: &BTreeMap<u8, u8>| {
            encode(&map.clone().into_iter().collect::<HashMap<_, _>>()).unwrap()
        };
        prop_assert_eq!(a == b, bytes(&a) == bytes(&b));
    }
}

#[test]
fn pointers_and_slices_count_as_what_they_hold() {
    let vec = vec![1.5_f64, -2.0];
    let expected = id(&vec);
    assert_eq!(id(vec.as_slice()), expected);
    assert_eq!(id(&vec.as_slice()), expected);
    assert_eq!(id(&Arc::new(vec.clone())), expected);
    assert_eq!(id(&Arc::<[f64]>::from(vec.clone())), expected);
    assert_eq!(id(&Rc::new(vec.clone())), expected);
    assert_eq!(id(&vec.clone().into_boxed_slice()), expected);
    assert_eq!(id(&Cow::Borrowed(vec.as_slice())), expected);
    assert_eq!(id("text"), id(&"text".to_owned()));
    assert_eq!(id("text"), id(&Arc::<str>::from("text")));
}

#[test]
fn floating_point_numbers_count_by_their_bits() {
    let nan = f64::from_bits(f64::NAN.to_bits() ^ 1);
    let numbers = [0.0, -0.0, f64::NAN, nan, -f64::NAN, 1.0, f64::MIN_POSITIVE];
    for (i, a) in numbers.iter().enumerate() {
        assert_eq!(id(a), id(&a.clone()));
        for b in &numbers[..i] {
            assert_ne!(id(a), id(b));
            assert_ne!(id(&vec![*a]), id(&vec![*b]));
            assert_ne!(id(&Some(*a)), id(&Some(*b)));
        }
    }
}

/// A set, and after it a list, handed to serde as one sequence.
struct Chained(HashSet<u8>, Vec<u8>);

impl Serialize for Chained {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().chain(&self.1))
    }
}

/// The lists of a table, one after the other.
struct Flattened(HashMap<u8, Vec<u8>>);

impl Serialize for Flattened {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values().flatten())
    }
}

/// A set whose elements are changed on their way out.
struct Mapped(HashSet<u8>);

impl Serialize for Mapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|x| u16::from(*x) + 1))
    }
}

#[test]
fn an_order_that_counts_is_kept_beside_one_that_does_not() {
    let chained = |list: &[u8]| encode(&Chained(HashSet::new(), list.to_vec())).unwrap();
    assert_ne!(chained(&[1, 2]), chained(&[2, 1]));
    let flattened = |list: &[u8]| encode(&Flattened(HashMap::from([(0, list.to_vec())]))).unwrap();
    assert_ne!(flattened(&[1, 2]), flattened(&[2, 1]));
    let mapped = |items: &[u8]| encode(&Mapped(items.iter().copied().collect())).unwrap();
    let all: Vec<u8> = (0..=255).collect();
    let back: Vec<u8> = (0..=255).rev().collect();
    assert_eq!(mapped(&all), mapped(&back));
}

/// A map that is written entry by entry, in an order of its own.
struct ByHand(Vec<(u8, u8)>);

impl Serialize for ByHand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[test]
fn a_map_of_unknown_length_has_the_bytes_of_one_of_known_length() {
    let map = BTreeMap::from([(1_u8, 2_u8), (3, 4)]);
    let by_hand = ByHand(vec![(1, 2), (3, 4)]);
    assert_eq!(encode(&map).unwrap(), encode(&by_hand).unwrap());
    assert_ne!(
        encode(&by_hand).unwrap(),
        encode(&ByHand(vec![(3, 4), (1, 2)])).unwrap(),
        "who writes the entries decides on their order"
    );
}
