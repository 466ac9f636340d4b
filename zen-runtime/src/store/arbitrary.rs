//! Reads any bytes as what the database may hold. For fuzzing, and for the tests
//! that stand in for it: what matters is that it returns.

use super::{
    artifact::Entry,
    metadata::Table,
    record::{self, HEAD, PARTS},
    seal,
};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// The key that all of it is read under.
const KEY: [u8; 32] = [7; 32];

/// As a record: as it stands, and under checksums that are right, as damage is
/// not the only thing that may be in a store.
pub(crate) fn read_record(bytes: &[u8]) {
    let fingerprint = Fingerprint::from_bytes(KEY);
    let _ = record::decode(&fingerprint, bytes);
    let _ = record::decode_hit(&fingerprint, bytes);
    for (head, parts) in halves(bytes) {
        let sealed = sealed_record(head, parts);
        if let Some(read) = record::decode(&fingerprint, &sealed) {
            let written = record::encode(&read).expect("what was decoded can be encoded");
            assert_eq!(record::decode(&fingerprint, &written), Some(read));
        }
    }
}

/// As an artifact's entry, likewise.
pub(crate) fn read_entry(bytes: &[u8]) {
    let id = ArtifactId::from_bytes(KEY);
    let name = Table::ARTIFACTS.name();
    let mut sealed = bytes.to_vec();
    for split in [18, 26, bytes.len()] {
        let (header, rest) = bytes.split_at(split.min(bytes.len()));
        sealed = seal::seal(name, &KEY, header.to_vec());
        sealed.extend_from_slice(rest);
        let _ = Entry::read(&id, &sealed);
    }
    for stored in [bytes, &sealed] {
        let entry = Entry::read_unchecked(stored);
        let _ = entry.and_then(|entry| entry.checked(&id).map(<[u8]>::len));
    }
}

/// A record of these two halves under right checksums.
fn sealed_record(head: &[u8], parts: &[u8]) -> Vec<u8> {
    let head = seal::seal(HEAD, &KEY, head.to_vec());
    let parts = seal::seal(PARTS, &KEY, parts.to_vec());
    let length = u32::try_from(head.len()).unwrap_or(u32::MAX).to_le_bytes();
    [&[1][..], &length, &head, &parts].concat()
}

/// Where a record may be cut in two: where the bytes say, and in the middle.
fn halves(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let told = bytes.split_first_chunk().and_then(|(length, rest)| {
        let length = usize::from(u16::from_le_bytes(*length));
        rest.split_at_checked(length)
    });
    told.into_iter()
        .chain([bytes.split_at(bytes.len() / 2), (bytes, &[])])
}
