//! Exclusive locks on a range of a file's bytes that belong to the open file:
//! two openings of one file exclude each other, in one process too, and a lock
//! goes when the last descriptor of its opening is closed.
//!
//! Linux has them since 3.15 (`F_OFD_SETLK` in `fcntl_locking(2)`). Where `off_t`
//! has 32 bits there is no room for what [`ranges`](super::ranges) needs.

pub(super) use system::{AVAILABLE, most_files};

/// A range of bytes, below 2^63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: u64,
    /// At least 1.
    pub(super) length: u64,
}

#[cfg(all(
    any(target_os = "linux", target_os = "android"),
    target_pointer_width = "64"
))]
mod system {
    use std::{
        fs::File,
        io::{Error, ErrorKind, Result},
    };

    use nix::{
        errno::Errno,
        fcntl::{FcntlArg, fcntl},
        libc::{F_UNLCK, F_WRLCK, SEEK_SET, c_int, c_short, flock, off_t},
        sys::resource::{Resource, getrlimit},
    };

    use super::Range;

    /// Whether this platform has such locks.
    pub(in super::super) const AVAILABLE: bool = true;

    impl Range {
        /// Locks it unless somebody else has a lock on one of its bytes; says
        /// whether it did. What this opening has locked already stays so.
        pub(in super::super) fn try_lock(self, file: &File) -> Result<bool> {
            let range = self.as_lock(F_WRLCK)?;
            match repeat(|| fcntl(file, FcntlArg::F_OFD_SETLK(&range))) {
                Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
                done => Ok(done.map(|()| true)?),
            }
        }

        /// Locks it; blocks the thread for as long as somebody else has a lock
        /// on one of its bytes.
        pub(in super::super) fn lock(self, file: &File) -> Result<()> {
            let range = self.as_lock(F_WRLCK)?;
            Ok(repeat(|| fcntl(file, FcntlArg::F_OFD_SETLKW(&range)))?)
        }

        /// Unlocks what this opening has locked of it.
        pub(in super::super) fn unlock(self, file: &File) -> Result<()> {
            let range = self.as_lock(F_UNLCK)?;
            Ok(repeat(|| fcntl(file, FcntlArg::F_OFD_SETLK(&range)))?)
        }

        /// A lock of somebody else on one of its bytes: all that was locked
        /// together.
        pub(in super::super) fn in_the_way(self, file: &File) -> Result<Option<Self>> {
            let mut range = self.as_lock(F_WRLCK)?;
            repeat(|| fcntl(file, FcntlArg::F_OFD_GETLK(&mut range)))?;
            let is_locked = range.l_type != short(F_UNLCK);
            Ok(Self::of_lock(&range).filter(|_| is_locked))
        }

        fn as_lock(self, kind: c_int) -> Result<flock> {
            let bytes = |count| off_t::try_from(count).map_err(|_| ErrorKind::InvalidInput);
            Ok(flock {
                l_type: short(kind),
                l_whence: short(SEEK_SET),
                l_start: bytes(self.start).map_err(Error::from)?,
                l_len: bytes(self.length).map_err(Error::from)?,
                // Anything else is refused.
                l_pid: 0,
            })
        }

        fn of_lock(lock: &flock) -> Option<Self> {
            Some(Self {
                start: lock.l_start.try_into().ok()?,
                length: lock.l_len.try_into().ok()?,
            })
        }
    }

    /// How many files this process may have open.
    pub(in super::super) fn most_files() -> usize {
        let limits = getrlimit(Resource::RLIMIT_NOFILE);
        limits.map_or(0, |(now, _)| usize::try_from(now).unwrap_or(usize::MAX))
    }

    /// Calls it until no signal comes between.
    fn repeat(mut call: impl FnMut() -> nix::Result<c_int>) -> nix::Result<()> {
        loop {
            match call() {
                Err(Errno::EINTR) => {}
                done => return done.map(drop),
            }
        }
    }

    /// These constants are small, and of another type where they are used.
    #[allow(clippy::cast_possible_truncation)]
    const fn short(constant: c_int) -> c_short {
        constant as c_short
    }
}

#[cfg(not(all(
    any(target_os = "linux", target_os = "android"),
    target_pointer_width = "64"
)))]
mod system {
    use std::{
        fs::File,
        io::{ErrorKind, Result},
    };

    use super::Range;

    /// Whether this platform has such locks.
    pub(in super::super) const AVAILABLE: bool = false;

    pub(in super::super) fn most_files() -> usize {
        0
    }

    impl Range {
        pub(in super::super) fn try_lock(self, _: &File) -> Result<bool> {
            Err(ErrorKind::Unsupported.into())
        }

        pub(in super::super) fn lock(self, _: &File) -> Result<()> {
            Err(ErrorKind::Unsupported.into())
        }

        pub(in super::super) fn unlock(self, _: &File) -> Result<()> {
            Err(ErrorKind::Unsupported.into())
        }

        pub(in super::super) fn in_the_way(self, _: &File) -> Result<Option<Self>> {
            Err(ErrorKind::Unsupported.into())
        }
    }
}
