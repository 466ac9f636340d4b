//! An artifact's bytes, or why they are not to be had.
//!
//! That takes two looks, and others do not wait between them: they evict what was
//! there, and compute again what was not. An answer made of two moments would say
//! that something is gone which is there.

use super::{Presence, Store, StoreError};
use crate::codec::ArtifactId;

/// How often is read what is said to be there and is not. Twice if somebody has
/// computed it in between; what is damaged in its place in the database never is.
const READS: u32 = 3;

/// What came of reading an artifact.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fetched {
    Bytes(Vec<u8>),
    /// The bytes were given up.
    Evicted,
    /// They are gone or damaged.
    Gone,
}

impl Store {
    /// An artifact's bytes, or why they are not to be had. A run has announced the
    /// call that gave it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) fn fetch(&self, id: &ArtifactId) -> Result<Fetched, StoreError> {
        fetch(|| self.read_announced(id), || self.presence(id))
    }
}

fn fetch(
    mut read: impl FnMut() -> Result<Option<Vec<u8>>, StoreError>,
    mut presence: impl FnMut() -> Result<Presence, StoreError>,
) -> Result<Fetched, StoreError> {
    for _ in 0..READS {
        if let Some(bytes) = read()? {
            return Ok(Fetched::Bytes(bytes));
        }
        match presence()? {
            Presence::Evicted => return Ok(Fetched::Evicted),
            Presence::Missing => return Ok(Fetched::Gone),
            // Somebody else has computed it since.
            Presence::Stored => {}
        }
    }
    Ok(Fetched::Gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        NewArtifact,
        tests::{artifact, keep, large, open, store},
    };

    /// Two processes, as it were, and an artifact that is evicted, of which one of
    /// them looks for the bytes.
    struct Evicted {
        _folder: tempfile::TempDir,
        this: Store,
        other: Store,
        value: NewArtifact,
    }

    impl Evicted {
        fn new(value: NewArtifact) -> Self {
            let (folder, this) = store();
            let other = open(folder.path()).unwrap();
            let evicted = Self {
                _folder: folder,
                this,
                other,
                value,
            };
            evicted.compute();
            evicted.evict();
            evicted
        }

        /// The other process computes it again.
        fn compute(&self) {
            keep(&self.other, "crate::step", 1, &self.value);
        }

        /// The other process gives its bytes up.
        fn evict(&self) {
            self.other.evict(&self.value.id).unwrap();
        }

        fn bytes(&self) -> Fetched {
            Fetched::Bytes(self.value.bytes.clone())
        }

        /// Fetches it; before each read and each look, with their number, something
        /// happens.
        fn fetch(&self, before_read: impl Fn(u32), before_look: impl Fn(u32)) -> Fetched {
            let (mut reads, mut looks) = (0, 0);
            let read = || {
                reads += 1;
                before_read(reads);
                self.this.read_announced(&self.value.id)
            };
            let look = || {
                looks += 1;
                before_look(looks);
                self.this.presence(&self.value.id)
            };
            fetch(read, look).unwrap()
        }
    }

    fn nothing(_: u32) {}

    #[test]
    fn what_is_computed_between_two_looks_is_read() {
        for value in [artifact("value"), large()] {
            let evicted = Evicted::new(value);
            assert_eq!(evicted.fetch(nothing, nothing), Fetched::Evicted);
            let fetched = evicted.fetch(nothing, |_| evicted.compute());
            assert_eq!(fetched, evicted.bytes());
        }
    }

    #[test]
    fn what_is_computed_and_evicted_between_two_looks_is_evicted() {
        // A small one is read from the snapshot in which it was found.
        let evicted = Evicted::new(large());
        let compute_at_first = |look| {
            if look == 1 {
                evicted.compute();
            }
        };
        let evict_later = |read| {
            if read > 1 {
                evicted.evict();
            }
        };
        let fetched = evicted.fetch(evict_later, compute_at_first);
        assert_eq!(fetched, Fetched::Evicted);
    }

    #[test]
    fn what_is_there_and_cannot_be_read_is_gone_after_a_while() {
        let fetch = |presence| fetch(|| Ok(None), || Ok(presence)).unwrap();
        assert_eq!(fetch(Presence::Stored), Fetched::Gone);
        assert_eq!(fetch(Presence::Missing), Fetched::Gone);
    }
}
