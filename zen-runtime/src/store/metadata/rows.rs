//! The bytes of rows and of short keys.

use std::ops::RangeInclusive;

use super::tables::Kind;

/// What comes before a value: the kind, and the key.
pub(super) const HEADER: usize = 1 + 32;

/// Adds a row, which is [`HEADER`] bytes longer than the value: its kind, the whole
/// key, the value.
pub(super) fn append(rows: &mut Vec<u8>, kind: Kind, key: &[u8; 32], value: &[u8]) {
    rows.push(kind as u8);
    rows.extend_from_slice(key);
    rows.extend_from_slice(value);
}

/// The key and the value of a row of this kind.
pub(super) fn read(kind: Kind, row: &[u8]) -> Option<(&[u8; 32], &[u8])> {
    let (first, rest) = row.split_first()?;
    (*first == kind as u8).then(|| rest.split_first_chunk())?
}

/// The key of a row of this kind, if it begins so.
pub(super) fn key_with(kind: Kind, row: &[u8], beginning: &[u8]) -> Option<[u8; 32]> {
    let (key, _) = read(kind, row)?;
    key.starts_with(beginning).then_some(*key)
}

/// The kind, the key and the value of any row.
pub(super) fn read_any(row: &[u8]) -> Option<(Kind, &[u8; 32], &[u8])> {
    let mut kinds = Kind::ALL.into_iter();
    kinds.find_map(|kind| read(kind, row).map(|(key, value)| (kind, key, value)))
}

/// The length of a short key.
pub(super) const SHORT: usize = size_of::<u64>();

/// The short key of a key, or of what it begins with: in the order of the keys.
/// `None` if that is too little.
pub(super) fn short(beginning: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(*beginning.first_chunk::<SHORT>()?))
}

/// The number that stands for a key of pairs; `None` if it is not one.
pub(super) fn pair(key: &[u8]) -> Option<u128> {
    Some(u128::from_be_bytes(key.try_into().ok()?))
}

/// The keys of pairs that begin with `prefix`.
pub(super) fn pairs(prefix: &[u8]) -> RangeInclusive<u128> {
    let bound = |filler| {
        let mut bound = [filler; 2 * SHORT];
        let length = prefix.len().min(bound.len());
        bound[..length].copy_from_slice(&prefix[..length]);
        u128::from_be_bytes(bound)
    };
    bound(0)..=bound(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whose_it_is() {
        let mut rows = vec![1];
        append(&mut rows, Kind::Artifact, &[7; 32], b"value");
        let (before, row) = rows.split_at(1);
        assert_eq!((before, row.len()), (&[1][..], HEADER + 5));
        assert_eq!(read(Kind::Artifact, row), Some((&[7; 32], &b"value"[..])));
        assert_eq!(read(Kind::Record, row), None);
        assert_eq!(key_with(Kind::Artifact, row, &[7; 9]), Some([7; 32]));
        assert_eq!(key_with(Kind::Artifact, row, &[7, 8]), None);
        let any = (Kind::Artifact, &[7; 32], &b"value"[..]);
        assert_eq!(read_any(row), Some(any));
        assert_eq!(read_any(&row[..32]), None);
        assert_eq!(read_any(&[9; 40]), None);
    }

    #[test]
    fn numbers_are_in_the_order_of_their_keys() {
        assert!(short(&[1, 0, 0, 0, 0, 0, 0, 2]) < short(&[1, 0, 0, 0, 0, 0, 1, 0]));
        assert_eq!(short(&[1; 32]), short(&[1; 8]));
        assert_eq!(short(&[1; 7]), None);
        assert_eq!(pair(&[1; 15]), None);
        assert_eq!(pair(&[0xab; 16]), Some(u128::MAX / 255 * 0xab));
    }

    #[test]
    fn the_pairs_that_begin_with_a_prefix() {
        let range = pairs(&[3, 4]);
        assert!(range.contains(&pair(&[[3, 4], [0, 0]].concat().repeat(4)).unwrap()));
        assert_eq!(range.start() >> 112, 0x0304);
        assert_eq!(range.end() >> 112, 0x0304);
        assert_eq!(pairs(&[]), 0..=u128::MAX);
    }
}
