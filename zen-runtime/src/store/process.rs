//! What the operating system says of other processes. Only Linux does, in
//! `/proc`; elsewhere nothing is known.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

/// Whether a process of this machine is stopped, as by Ctrl-Z. `false` where
/// the system does not say.
pub(super) fn is_stopped(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    // The name in parentheses may hold anything, parentheses too.
    let state = stat.as_deref().ok().and_then(|stat| stat.rsplit_once(") "));
    pid != process::id() && state.is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}

/// How a lock is had or wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// With others that share it.
    Shared,
    /// By one alone.
    Exclusive,
}

/// The other process that keeps this one from a lock on the byte at `offset` of
/// the file, if it can be known.
pub(super) fn who_locks(path: &Path, offset: u64, wanted: Sharing) -> Option<u32> {
    let path = path.canonicalize().ok()?;
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != process::id())
        .find(|pid| locks(*pid, &path, offset, wanted))
}

/// Whether a process has the file open with a lock that is in the way.
fn locks(pid: u32, path: &Path, offset: u64, wanted: Sharing) -> bool {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let Ok(files) = fs::read_dir(folder.join("fd")) else {
        return false;
    };
    let is_it = |link: &PathBuf| fs::read_link(link).is_ok_and(|target| target == path);
    files
        .flatten()
        .map(|file| file.path())
        .filter(is_it)
        .filter_map(|link| Some(folder.join("fdinfo").join(link.file_name()?)))
        .any(|info| fs::read_to_string(info).is_ok_and(|info| has_lock(&info, offset, wanted)))
}

/// Reads the lines `lock:` of `proc_pid_fdinfo(5)`:
/// `lock: 1: OFDLCK ADVISORY WRITE -1 08:01:123 16 16`.
fn has_lock(info: &str, offset: u64, wanted: Sharing) -> bool {
    let is_in_the_way = |had| had == "WRITE" || wanted == Sharing::Exclusive;
    info.lines()
        .filter_map(|line| line.strip_prefix("lock:"))
        .map(|line| line.split_ascii_whitespace().collect::<Vec<_>>())
        .any(|words| match *words.as_slice() {
            [_, kind, _, had, _, _, start, end] => {
                kind != "FLOCK" && is_in_the_way(had) && is_within(offset, start, end)
            }
            _ => false,
        })
}

fn is_within(offset: u64, start: &str, end: &str) -> bool {
    let end = if end == "EOF" {
        Ok(u64::MAX)
    } else {
        end.parse()
    };
    match (start.parse::<u64>(), end) {
        (Ok(start), Ok(end)) => (start..=end).contains(&offset),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Sharing, has_lock};

    #[test]
    fn a_lock_on_a_byte_is_told_from_others() {
        let info = "pos:\t0\nflags:\t0100002\n\
            lock:\t1: FLOCK  ADVISORY  READ 7 fe:00:1 0 EOF\n\
            lock:\t2: OFDLCK ADVISORY  WRITE -1 fe:00:1 100 100\n\
            lock:\t3: OFDLCK ADVISORY  READ -1 fe:00:1 200 200\n";
        assert!(has_lock(info, 100, Sharing::Shared));
        for other in [0, 99, 101, 200] {
            assert!(!has_lock(info, other, Sharing::Shared));
        }
        assert!(has_lock(info, 200, Sharing::Exclusive));
        assert!(!has_lock(info, 201, Sharing::Exclusive));
        assert!(has_lock(
            "lock: 1: POSIX ADVISORY WRITE 7 fe:00:1 5 EOF",
            1 << 60,
            Sharing::Shared
        ));
    }
}
