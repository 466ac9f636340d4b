//! Hash tables whose keys are hashes.

use std::hash::{BuildHasherDefault, Hasher};

/// For tables whose keys are hashes already.
pub(super) type ByPrefix = BuildHasherDefault<Prefix>;

/// Hashes what is a hash already: its first bytes will do.
#[derive(Debug, Default)]
pub(super) struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length that comes before the bytes says nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
