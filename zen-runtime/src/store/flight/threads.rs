//! What the operating system says of this process's threads. Only Linux does,
//! in `/proc`; elsewhere nothing is known.

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// A thread's number.
pub(super) type ThreadNumber = u32;

/// The system calls that wait for another thread, by number.
#[cfg(target_arch = "x86_64")]
const FUTEX: [&str; 2] = ["202", "449"];
#[cfg(target_arch = "aarch64")]
const FUTEX: [&str; 2] = ["98", "449"];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const FUTEX: [&str; 2] = ["unknown", "unknown"];

/// What a thread does, as far as deadlocks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// It waits for another thread, or another process's lock.
    Waits,
    /// It waits for another thread, but not for ever.
    WaitsForAWhile,
    /// It runs, sleeps, reads, or cannot be looked at.
    Other,
}

/// The threads that wait for a lock of another process. What they wait with is
/// no sign: the database locks in the same way, and does not wait for ever.
static WAITING: Mutex<Vec<ThreadNumber>> = Mutex::new(Vec::new());

thread_local! {
    static CURRENT: Option<ThreadNumber> = number();
}

/// The number of the thread that asks.
pub(super) fn current() -> Option<ThreadNumber> {
    CURRENT.with(|number| *number)
}

fn number() -> Option<ThreadNumber> {
    let target = fs::read_link("/proc/thread-self").ok()?;
    target.file_name()?.to_str()?.parse().ok()
}

/// Calls what waits for a lock of another process, and does nothing else.
pub(super) fn waiting<R>(wait: impl FnOnce() -> R) -> R {
    let Some(me) = current() else {
        return wait();
    };
    change_waiting(|waiting| waiting.push(me));
    let waited = wait();
    change_waiting(|waiting| waiting.retain(|thread| *thread != me));
    waited
}

fn change_waiting<R>(change: impl FnOnce(&mut Vec<ThreadNumber>) -> R) -> R {
    change(&mut WAITING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// All threads of this process.
pub(super) fn all() -> Option<Vec<ThreadNumber>> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let number = |task: fs::DirEntry| task.file_name().to_str()?.parse().ok();
    tasks.map(|task| number(task.ok()?)).collect()
}

/// What a thread of this process does at the moment.
pub(super) fn doing(thread: ThreadNumber) -> Doing {
    if change_waiting(|waiting| waiting.contains(&thread)) {
        return Doing::Waits;
    }
    let path = format!("/proc/self/task/{thread}/syscall");
    let text = fs::read_to_string(Path::new(&path));
    text.map_or(Doing::Other, |text| what(&text))
}

/// Reads `proc_pid_syscall(5)`: the call's number and its arguments. The
/// fourth one of a wait for a futex is the address of its time limit.
fn what(text: &str) -> Doing {
    let mut words = text.split_ascii_whitespace();
    match words.next() {
        Some(number) if FUTEX.contains(&number) => match words.nth(3) {
            Some("0x0") => Doing::Waits,
            _ => Doing::WaitsForAWhile,
        },
        _ => Doing::Other,
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{sync::mpsc::channel, thread};

    use super::{Doing, current, doing, what};

    #[test]
    fn a_thread_that_waits_for_another_is_told_from_one_that_runs() {
        let (send, number) = channel();
        let (end, until) = channel::<()>();
        let waiting = thread::spawn(move || {
            send.send(current()).unwrap();
            let _ = until.recv();
        });
        let number = number.recv().unwrap().unwrap();
        // Ends when the thread has come to wait.
        while doing(number) != Doing::Waits {
            thread::yield_now();
        }
        assert_eq!(doing(current().unwrap()), Doing::Other);
        drop(end);
        waiting.join().unwrap();
    }

    #[test]
    fn what_is_no_wait_is_something_else() {
        for text in [
            "running\n",
            "0 0x3 0x5 0x2 0x0 0x0 0x0 0x7 0x7\n",
            "",
            "-1 0x0",
        ] {
            assert_eq!(what(text), Doing::Other, "{text}");
        }
    }
}
