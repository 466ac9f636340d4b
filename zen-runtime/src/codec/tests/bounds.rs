//! No bytes do harm.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    rc::Rc,
};

use proptest::prelude::*;

use super::Kind;
use crate::codec::{Array, CodecError, decode, decode_stored, encode};

/// Reads `bytes` as types of every kind. What matters is that it returns.
fn read_as_everything(bytes: &[u8]) {
    let _ = decode::<Vec<Vec<String>>>(bytes);
    let _ = decode::<HashMap<String, HashSet<u64>>>(bytes);
    let _ = decode::<BTreeMap<Vec<u8>, Kind>>(bytes);
    let _ = decode::<Vec<()>>(bytes);
    let _ = decode::<(char, bool, Option<Box<str>>, [u16; 3])>(bytes);
    let _ = decode::<Array<Vec<u8>, 100>>(bytes);
    let _ = decode::<Kind>(bytes);
    let _ = decode_stored::<Vec<u128>>(bytes);
    let _ = decode_stored::<String>(bytes);
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn bytes_that_went_bad_can_be_read(at in 0_usize..400, with in any::<u8>(), cut in 0_usize..400) {
        let kind = Kind::List(vec![
            Kind::Struct { name: "a".repeat(40), weights: vec![0.5; 20] },
            Kind::Nested(Box::new(Kind::Tuple("b".repeat(40), Some(3)))),
        ]);
        let mut bytes = encode(&kind).unwrap();
        let length = bytes.len();
        bytes[at % length] ^= with;
        bytes.truncate(cut.min(length));
        read_as_everything(&bytes);
    }
}

#[test]
fn a_length_that_lies_allocates_nothing() {
    for length in [u64::MAX, 1 << 62, 1 << 40] {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend([0; 64]);
        read_as_everything(&bytes);
        assert!(matches!(
            decode_stored::<Vec<u64>>(&bytes),
            Err(CodecError::UnexpectedEnd)
        ));
        assert!(matches!(
            decode::<String>(&bytes),
            Err(CodecError::UnexpectedEnd)
        ));
        assert!(matches!(
            decode::<Vec<()>>(&bytes),
            Err(CodecError::TooManyEmpty { .. })
        ));
    }
}

#[test]
fn a_deep_nesting_is_an_error_on_both_ways() {
    let mut kind = Kind::Unit;
    for _ in 0..100 {
        kind = Kind::Nested(Box::new(kind));
    }
    let bytes = encode(&kind).unwrap();
    assert_eq!(decode::<Kind>(&bytes).unwrap(), kind);
    for _ in 0..1_000 {
        kind = Kind::Nested(Box::new(kind));
    }
    assert!(matches!(encode(&kind), Err(CodecError::TooDeep { .. })));
    let nested = 5_u32.to_le_bytes().repeat(100_000);
    assert!(matches!(
        decode::<Kind>(&nested),
        Err(CodecError::TooDeep { .. })
    ));
}

#[test]
fn what_is_left_over_is_an_error() {
    let mut bytes = encode(&(1_u8, "text")).unwrap();
    bytes.push(0);
    let error = decode::<(u8, String)>(&bytes).unwrap_err();
    assert!(matches!(error, CodecError::TrailingBytes { count: 1 }));
    let mut numbers = encode(&vec![1_u32, 2]).unwrap();
    numbers.push(0);
    let error = decode_stored::<Vec<u32>>(&numbers).unwrap_err();
    assert!(matches!(error, CodecError::TrailingBytes { count: 1 }));
}

#[test]
fn vectors_of_numbers_are_read_in_one_way() {
    let numbers: Vec<f64> = (0..10_000_u32).map(|n| f64::from(n).sqrt()).collect();
    let bytes = encode(&numbers).unwrap();
    assert_eq!(decode::<Vec<f64>>(&bytes).unwrap(), numbers);
    assert_eq!(decode_stored::<Vec<f64>>(&bytes).unwrap(), numbers);
    let one_by_one: Vec<_> = numbers.iter().map(|n| Rc::new(Some(*n))).collect();
    assert_ne!(encode(&one_by_one).unwrap(), bytes);
}
