//! What the targets in `fuzz/` call. Each takes any bytes and returns; the
//! fuzzer looks for a panic, an exhausted stack, or memory without bound.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    codec::{Array, Secret, Storable, copy, decode, decode_stored, encode},
    pipeline, run, store,
};

/// Reads bytes as everything that the database holds.
pub fn record(bytes: &[u8]) {
    store::arbitrary::read_record(bytes);
    store::arbitrary::read_entry(bytes);
    pipeline::read_arbitrary(bytes);
    run::read_arbitrary(bytes);
}

/// A type of every shape that serde tells apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(u64),
    Tuple(String, Option<u8>),
    Struct { name: String, weights: Vec<f32> },
    List(Vec<Shape>),
    Nested(Box<Shape>),
    Map(BTreeMap<String, Shape>),
}

/// Reads bytes as artifacts of types of every shape. What can be read can be
/// written, and is the same when it is read again.
pub fn artifact(bytes: &[u8]) {
    round::<Shape>(bytes);
    round::<Vec<Vec<String>>>(bytes);
    round::<HashMap<String, HashSet<u64>>>(bytes);
    round::<BTreeMap<Vec<u8>, (char, bool, i128)>>(bytes);
    round::<(char, bool, Option<Box<str>>, [u16; 3])>(bytes);
    round::<Array<Vec<u8>, 100>>(bytes);
    round::<Vec<u128>>(bytes);
    round::<String>(bytes);
    assert!(decode::<Secret<u8>>(bytes).is_err());
}

fn round<T: Storable + DeserializeOwned>(bytes: &[u8]) {
    let _ = decode_stored::<T>(bytes);
    let Ok(value) = decode::<T>(bytes) else {
        return;
    };
    let written = encode(&value).expect("what was decoded can be encoded");
    let again = decode_stored::<T>(&written).expect("what was encoded can be decoded");
    // By their bytes, as a NaN is not equal to itself.
    assert_eq!(encode(&again).ok(), Some(written));
    assert!(copy(&value).is_ok());
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use proptest::prelude::*;

    use super::*;

    /// Bytes with numbers of all sizes in them, as lengths are.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let number = prop_oneof![0_u64..8, 0_u64..300, any::<u64>(), Just(u64::MAX)];
        let piece = prop_oneof![
            number.prop_map(|number| number.to_le_bytes().to_vec()),
            (0_u32..8).prop_map(|number| number.to_le_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
            "[a-z]{0,8}".prop_map(String::into_bytes),
        ];
        prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
    }

    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let entries = fs::read_dir(folder.join(target)).unwrap();
        entries
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect()
    }

    /// Each seed, and each with a bit flipped or cut short at each place.
    fn variations(target: &str) -> impl Iterator<Item = Vec<u8>> {
        seeds(target).into_iter().flat_map(|seed| {
            let flip = |byte: usize| {
                let mut flipped = seed.clone();
                flipped[byte] ^= 1 << (byte % 8);
                flipped
            };
            let cut = |length: usize| seed[..length].to_vec();
            let all: Vec<_> = (0..seed.len()).map(flip).collect();
            all.into_iter()
                .chain((0..=seed.len()).map(cut))
                .collect::<Vec<_>>()
        })
    }

    #[test]
    fn seeds_and_their_variations_can_be_read() {
        variations("record").for_each(|bytes| record(&bytes));
        variations("artifact").for_each(|bytes| artifact(&bytes));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read_as_records(bytes in bytes()) {
            record(&bytes);
        }

        #[test]
        fn any_bytes_can_be_read_as_artifacts(bytes in bytes()) {
            artifact(&bytes);
        }
    }
}
