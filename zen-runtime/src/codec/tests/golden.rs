//! Bytes and IDs of fixed values, pinned.
//!
//! A failure here means that every artifact of every user's store goes by
//! another ID: all of it would be computed again, and nothing that is stored
//! would be read. Such a change needs another codec name, not another golden
//! value.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Write,
    path::Path,
    time::Duration,
};

use serde::Serialize;

use super::{Content, Kind};
use crate::codec::{Array, encode, identify};

fn line<T: Serialize + ?Sized>(name: &str, value: &T) -> String {
    let bytes = encode(value).expect("the value has an encoding");
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all");
        hex
    });
    let id = identify(value, &Content).expect("the value has an ID");
    format!("{name}: {hex} {id}\n")
}

fn lines() -> String {
    let set: HashSet<u16> = (0..4).collect();
    let map: HashMap<String, HashSet<u16>> =
        HashMap::from([("b".to_owned(), HashSet::new()), ("a".to_owned(), set)]);
    [
        line("bool", &true),
        line("i8", &-1_i8),
        line("u16", &0x0102_u16),
        line("i32", &-2_i32),
        line("u64", &3_u64),
        line("usize", &4_usize),
        line("i128", &-5_i128),
        line("f32", &1.5_f32),
        line("f64 minus zero", &-0.0_f64),
        line("char", &'ä'),
        line("str", "zen"),
        line("unit", &()),
        line("none", &None::<u8>),
        line("some", &Some(7_u8)),
        line("tuple", &(1_u8, "a")),
        line("array", &[1_u16, 2]),
        line("long array", &Array([1_u8; 40])),
        line("vec", &vec![1_u32, 2]),
        line("vec of text", &vec!["a", "bc"]),
        line("hash map", &map),
        line("b-tree map", &BTreeMap::from([(2_u8, 'x'), (1, 'y')])),
        line("path", Path::new("a/b")),
        line("duration", &Duration::from_millis(1_500)),
        line("unit variant", &Kind::Unit),
        line("newtype variant", &Kind::Newtype(9)),
        line("tuple variant", &Kind::Tuple("t".to_owned(), Some(1))),
        line(
            "struct variant",
            &Kind::Struct {
                name: "n".to_owned(),
                weights: vec![0.5],
            },
        ),
    ]
    .concat()
}

#[test]
fn bytes_and_ids_are_pinned() {
    assert_eq!(lines(), include_str!("golden.txt"));
}
