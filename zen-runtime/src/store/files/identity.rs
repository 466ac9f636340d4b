//! What tells one state of a file from another without reading it.

use std::{fs::Metadata, time::SystemTime};

use serde::{Deserialize, Serialize};

/// A file that changed less than this before it was read may change again
/// without its times telling: file systems keep them in steps of up to two
/// seconds.
const RESOLUTION: i128 = 2_000_000_000;

/// What the file system says of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Identity {
    /// Device and inode; `None` on systems that have no such numbers.
    pub(in crate::store) place: Option<(u64, u64)>,
    pub(in crate::store) size: u64,
    /// When the content changed, in nanoseconds since 1970. A program may set
    /// it to anything.
    pub(super) modified: i128,
    /// When the content or anything else of the file changed. No program can
    /// set it back.
    pub(super) changed: i128,
}

impl Identity {
    pub(in crate::store) fn of(metadata: &Metadata) -> Self {
        let (modified, changed) = times(metadata);
        Self {
            place: inode(metadata),
            size: metadata.len(),
            modified,
            changed,
        }
    }

    /// Whether any change after `then`, in nanoseconds since 1970, shows in the
    /// times.
    pub(in crate::store) fn is_at_rest(&self, then: i128) -> bool {
        let last = self.modified.max(self.changed);
        last.saturating_add(RESOLUTION) < then
    }

    /// The key that the file is remembered under: device and inode as
    /// big-endian numbers.
    pub(super) fn key(&self) -> Option<[u8; 16]> {
        let (device, inode) = self.place?;
        Some(((u128::from(device) << 64) | u128::from(inode)).to_be_bytes())
    }
}

/// Nanoseconds since 1970.
pub(in crate::store) fn nanoseconds(time: SystemTime) -> i128 {
    let nanoseconds = |length: std::time::Duration| i128::try_from(length.as_nanos());
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => nanoseconds(since).unwrap_or(i128::MAX),
        Err(before) => nanoseconds(before.duration()).map_or(i128::MIN, |length| -length),
    }
}

/// Device and inode.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps)] // Other systems have none.
pub(in crate::store) fn inode(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(unix)]
fn times(metadata: &Metadata) -> (i128, i128) {
    use std::os::unix::fs::MetadataExt;
    let nanoseconds =
        |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    (
        nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
        nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
    )
}

/// Windows has file numbers, but the standard library does not give them.
#[cfg(not(unix))]
pub(in crate::store) fn inode(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(not(unix))]
fn times(metadata: &Metadata) -> (i128, i128) {
    let modified = metadata.modified().map_or(i128::MAX, nanoseconds);
    (modified, modified)
}
