//! The checksum that every stored value carries.
//!
//! The database does not check what it reads, so each value ends with 16 bytes
//! of blake3 over the table's name, the key and the value. A value that ends up
//! under another key fails it as surely as one with a flipped bit.

/// The length of a checksum.
pub(super) const LENGTH: usize = 16;

/// What is hashed on the stack; more goes through a hasher.
const SMALL: usize = 1024;

/// Appends the checksum.
pub(super) fn seal(table: &str, key: &[u8], mut body: Vec<u8>) -> Vec<u8> {
    seal_from(table, key, &mut body, 0);
    body
}

/// Appends the checksum of what is in `bytes` from `start` on.
pub(super) fn seal_from(table: &str, key: &[u8], bytes: &mut Vec<u8>, start: usize) {
    let sum = checksum(table, key, &bytes[start..]);
    bytes.extend_from_slice(&sum);
}

/// The value without its checksum; `None` if that does not fit.
pub(super) fn open<'a>(table: &str, key: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (body, sum) = sealed.split_last_chunk::<LENGTH>()?;
    (checksum(table, key, body) == *sum).then_some(body)
}

/// The checksum of a value. Hashed: the lengths of the table's name and of the
/// key as little-endian `u64`s, the name, the key, the value.
pub(super) fn checksum(table: &str, key: &[u8], body: &[u8]) -> [u8; LENGTH] {
    let pieces = [
        &(table.len() as u64).to_le_bytes(),
        &(key.len() as u64).to_le_bytes(),
        table.as_bytes(),
        key,
        body,
    ];
    let hash = hash(&pieces);
    let mut sum = [0; LENGTH];
    sum.copy_from_slice(&hash.as_bytes()[..LENGTH]);
    sum
}

/// The hash of the pieces in a row. One call on one slice takes a third of the
/// time that a hasher takes for several small ones.
fn hash(pieces: &[&[u8]]) -> blake3::Hash {
    let mut stream = [0; SMALL];
    let mut length = 0;
    for piece in pieces {
        let Some(room) = stream.get_mut(length..length + piece.len()) else {
            return hash_long(pieces);
        };
        room.copy_from_slice(piece);
        length += piece.len();
    }
    blake3::hash(&stream[..length])
}

fn hash_long(pieces: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_was_sealed_under_the_same_name_and_key() {
        let sealed = seal("runs", b"key", b"value".to_vec());
        assert_eq!(open("runs", b"key", &sealed), Some(&b"value"[..]));
        assert_eq!(open("runs", b"kez", &sealed), None);
        assert_eq!(open("runsk", b"ey", &sealed), None);
        assert_eq!(open("runs", b"key", b"short"), None);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealed = seal("runs", b"key", b"value".to_vec());
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open("runs", b"key", &flipped), None, "bit {bit}");
        }
    }

    #[test]
    fn short_and_long_values_are_hashed_alike() {
        for length in [0, 900, SMALL - 19, SMALL - 18, SMALL, 100_000] {
            let body = vec![7; length];
            let pieces: [&[u8]; 2] = [b"piece", &body];
            assert_eq!(hash(&pieces), hash_long(&pieces));
        }
    }
}
