//! Which large blobs were checked against their IDs.
//!
//! A small artifact is checked each time it is read. For a large one that takes
//! longer than reading it, so it is checked when its file is first seen: until
//! the file's inode, size or times change, no program has written to it. A
//! disk that loses bits by itself is not noticed before the next process reads
//! the file; `ZEN_VERIFY=always` checks everything each time.

use std::{
    collections::HashMap,
    env,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use super::files::{Identity, nanoseconds};
use crate::codec::ArtifactId;

/// From this many bytes on, an artifact is large.
const LARGE: u64 = 1 << 20;

/// Whether everything is to be checked each time that it is asked for.
pub(super) fn is_always() -> bool {
    env::var_os("ZEN_VERIFY").is_some_and(|value| value == "always")
}

/// What this process has checked.
#[derive(Debug)]
pub(super) struct Verified {
    always: bool,
    known: Mutex<HashMap<ArtifactId, Identity>>,
    clock: fn() -> SystemTime,
}

/// A look at a blob's file, from before it is read.
#[derive(Debug)]
pub(super) struct Check {
    id: ArtifactId,
    identity: Identity,
    /// In nanoseconds since 1970.
    begun: i128,
    known: bool,
}

impl Check {
    /// Whether the file was checked before, and has not changed since.
    pub(super) fn is_known(&self) -> bool {
        self.known
    }
}

impl Verified {
    /// As `ZEN_VERIFY` says.
    pub(super) fn from_environment() -> Self {
        Self {
            always: is_always(),
            known: Mutex::default(),
            clock: SystemTime::now,
        }
    }

    /// Looks at the file that is about to be read.
    pub(super) fn begin(&self, id: &ArtifactId, identity: Identity) -> Check {
        let known = !self.always && identity.size >= LARGE && {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.get(id) == Some(&identity)
        };
        Check {
            id: *id,
            identity,
            begun: nanoseconds((self.clock)()),
            known,
        }
    }

    /// The bytes are those of the ID. `after` is what the file was when they
    /// had been read.
    pub(super) fn passed(&self, check: Check, after: &Identity) {
        let identity = check.identity;
        let at_rest = identity == *after && identity.is_at_rest(check.begun);
        if !self.always && at_rest && identity.size >= LARGE && identity.place.is_some() {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(check.id, identity);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        path::Path,
        time::Duration,
    };

    use super::*;

    fn verified(always: bool) -> Verified {
        Verified {
            always,
            known: Mutex::default(),
            // When files written now have come to rest.
            clock: || SystemTime::now() + Duration::from_secs(10),
        }
    }

    fn look(verified: &Verified, path: &Path) -> bool {
        let identity = Identity::of(&fs::metadata(path).unwrap());
        let check = verified.begin(&ArtifactId::from_bytes([1; 32]), identity.clone());
        let known = check.is_known();
        verified.passed(check, &identity);
        known
    }

    #[cfg(unix)]
    #[test]
    fn a_large_file_is_checked_once_and_again_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blob");
        fs::write(&path, vec![0; 1 << 20]).unwrap();
        let once = verified(false);
        assert_eq!([look(&once, &path), look(&once, &path)], [false, true]);
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!([look(&once, &path), look(&once, &path)], [false, true]);
        let always = verified(true);
        assert_eq!([look(&always, &path), look(&always, &path)], [false, false]);
    }

    #[test]
    fn small_files_and_files_not_at_rest_are_checked_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blob");
        fs::write(&path, vec![0; 1 << 19]).unwrap();
        let once = verified(false);
        assert_eq!([look(&once, &path), look(&once, &path)], [false, false]);
        fs::write(&path, vec![0; 1 << 20]).unwrap();
        let now = Verified {
            clock: SystemTime::now,
            ..verified(false)
        };
        assert_eq!([look(&now, &path), look(&now, &path)], [false, false]);
    }
}
