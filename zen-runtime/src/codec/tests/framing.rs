//! Different values have different bytes and IDs.

use std::collections::HashSet;

use proptest::prelude::*;
use serde::Serialize;

use super::{Kind, id};
use crate::codec::{decode, encode};

fn kinds() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Unit),
        (0_u64..3).prop_map(Kind::Newtype),
        ("[ab]{0,2}", prop::option::of(0_u8..2)).prop_map(|(a, b)| Kind::Tuple(a, b)),
        ("[ab]{0,2}", prop::collection::vec(-1.0_f32..1.0, 0..3))
            .prop_map(|(name, weights)| Kind::Struct { name, weights }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Kind::List),
            inner.prop_map(|kind| Kind::Nested(Box::new(kind))),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_is_read_back_as_it_was(kind in kinds()) {
        let bytes = encode(&kind).unwrap();
        prop_assert_eq!(decode::<Kind>(&bytes).unwrap(), kind);
    }

    #[test]
    fn different_values_have_different_bytes(a in kinds(), b in kinds()) {
        prop_assert_eq!(a == b, encode(&a).unwrap() == encode(&b).unwrap());
        prop_assert_eq!(a == b, id(&a) == id(&b));
    }

    #[test]
    fn where_one_text_ends_and_the_next_begins_counts(
        text in "[ab]{0,6}", one in 0_usize..7, other in 0_usize..7,
    ) {
        let cut = |at: usize| text.split_at(at.min(text.len()));
        let same = cut(one) == cut(other);
        prop_assert_eq!(same, encode(&cut(one)).unwrap() == encode(&cut(other)).unwrap());
    }
}

#[test]
fn what_looks_alike_is_told_apart() {
    let bytes = [
        encode(&(vec![vec![1_u8], vec![]], ())).unwrap(),
        encode(&(vec![vec![], vec![1_u8]], ())).unwrap(),
        encode(&(vec![vec![1_u8]], ())).unwrap(),
        encode(&vec![None::<()>, None]).unwrap(),
        encode(&vec![Some(()), None]).unwrap(),
        encode(&vec![None, Some(())]).unwrap(),
        encode(&Some(None::<u8>)).unwrap(),
        encode(&None::<Option<u8>>).unwrap(),
    ];
    let distinct: HashSet<_> = bytes.iter().collect();
    assert_eq!(distinct.len(), bytes.len());
}

/// A value of any type, as `serde_json::Value` is.
#[derive(Clone, Copy)]
enum Any<'a> {
    Zero,
    Text(&'a str),
    Missing,
    List(&'a [u8]),
}

impl Serialize for Any<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Zero => serializer.serialize_u64(0),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Missing => serializer.serialize_unit(),
            Self::List(items) => items.serialize(serializer),
        }
    }
}

#[test]
fn a_type_that_is_many_types_counts_by_what_it_is() {
    let values = [Any::Zero, Any::Text(""), Any::Missing, Any::List(&[])];
    assert_eq!(
        encode(&Any::Zero).unwrap(),
        encode(&Any::Text("")).unwrap(),
        "their bytes alone do not tell them apart"
    );
    for (i, a) in values.iter().enumerate() {
        assert_eq!(id(a), id(&a.clone()));
        for b in &values[..i] {
            assert_ne!(id(a), id(b));
            assert_ne!(id(&vec![*a]), id(&vec![*b]));
        }
    }
}

#[derive(Serialize)]
struct Sparse {
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second: Option<u8>,
}

#[test]
fn a_field_that_is_left_out_counts_as_left_out() {
    let of = |first, second| id(&Sparse { first, second });
    let ids = [
        of(Some(1), None),
        of(None, Some(1)),
        of(Some(1), Some(1)),
        of(None, None),
    ];
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}
