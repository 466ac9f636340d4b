//! A child that is forked off, without a new program, from a process whose
//! threads compute steps all the time: it opens the store for itself, finds what
//! its parent flushed, keeps what it computes, and ends; the parent goes on. A child
//! that lives on has copies of the locks that its parent had. And what its parent has
//! computed and not yet written is its parent's to write.

#![cfg(unix)]
#![allow(missing_docs)]
#![allow(unsafe_code, reason = "the standard library does not fork")]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
};

use redb::{Builder, ConcurrencyMode};
use zen_runtime::{Repository, pipeline, step};
use zen_tests::{
    Count,
    child::{self, Player, await_parent},
};

const CHILDREN: u64 = 40;

/// What only children compute begins here.
const OF_CHILDREN: u64 = 1 << 32;

static BODIES: Count = Count::new();

#[step]
fn square(x: u64) -> u64 {
    BODIES.add();
    x.wrapping_mul(x)
}

/// Larger than what lies in the database.
#[step]
fn large(x: u64) -> Vec<u64> {
    vec![x; 4000]
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    match child::role().as_deref() {
        None => {}
        Some("fork while threads compute") => fork_while_threads_compute(),
        Some("fork in a body") => {
            assert_eq!(forks(6, true), 42);
            Repository::discover().unwrap().flush().unwrap();
            eprintln!("KEPT");
        }
        Some("call") => assert_eq!(forks(6, false), 42),
        Some("fork in a run") => fork_in_a_run(),
        Some("write for ever") => write_for_ever(),
        Some("call the first") => assert_eq!(first(1), 2),
        Some(other) => panic!("no role {other}"),
    }
}

#[test]
fn a_forked_child_has_a_store_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let lines = Player::start(folder.path(), "fork while threads compute").ends_well();
    // That they wait for each other is told where the machine is busy.
    let mut told = lines.iter().filter(|line| line.contains("zen:"));
    assert!(
        told.all(|line| line.contains("zen: waiting since")),
        "{lines:?}"
    );
    let repo = Repository::open(folder.path()).unwrap();
    repo.scope(|| {
        for child in 0..CHILDREN {
            let x = OF_CHILDREN + child;
            assert_eq!(square(x), x.wrapping_mul(x));
            assert_eq!(large(x), vec![x; 4000]);
        }
    });
    assert_eq!(BODIES.get(), 0, "all was kept by the children");
}

/// Forks a child off that lives until the parent of its parent has no more to
/// say.
#[step(ignore(with_child))]
fn forks(x: u64, with_child: bool) -> u64 {
    eprintln!("BODY");
    if with_child {
        fork(await_parent);
        eprintln!("FORKED");
    }
    x * 7
}

#[test]
fn a_child_that_lives_on_holds_no_flight_that_its_parent_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Player::start(folder.path(), "fork in a body");
    parent.says("KEPT");
    let lines = Player::start(folder.path(), "call").ends_well();
    assert!(!lines.iter().any(|line| line == "BODY"), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("zen:")), "{lines:?}");
    parent.ends_well();
}

/// While another process writes, so that nothing else is written, a run forks a child
/// off that ends at once. Then the run ends as if it was killed: only the child could
/// have kept what it had computed.
#[test]
fn a_child_writes_nothing_that_its_parent_has_computed() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Player::start(folder.path(), "fork in a run");
    parent.says("IN THE RUN");
    let mut writer = Player::start(folder.path(), "write for ever");
    writer.says("WRITING");
    parent.go();
    parent.says("THE CHILD HAS ENDED");
    writer.go();
    writer.ends_well();
    let lines = Player::start(folder.path(), "call the first").ends_well();
    assert!(lines.iter().any(|line| line == "FIRST"), "{lines:?}");
}

#[step]
fn first(x: u64) -> u64 {
    eprintln!("FIRST");
    if child::role().as_deref() == Some("fork in a run") {
        eprintln!("IN THE RUN");
        await_parent();
    }
    x + 1
}

#[step]
fn second(first: u64) -> u64 {
    assert_eq!(wait_for(fork(|| {})), 0);
    eprintln!("THE CHILD HAS ENDED");
    // SAFETY: it ends the process and touches nothing else.
    unsafe { libc::_exit(i32::from(first != 2)) };
}

fn fork_in_a_run() {
    let repo = Repository::discover().unwrap();
    let run = pipeline!("forks", {
        let one = first(1);
        let two = second(one);
        two
    });
    repo.runner().quiet().threads(2).run(&run).unwrap();
    unreachable!("the second step ends the process");
}

fn write_for_ever() {
    let repo = Repository::discover().unwrap();
    let database = Builder::new()
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .create(repo.dir().join("meta.redb"))
        .unwrap();
    let transaction = database.begin_write().unwrap();
    eprintln!("WRITING");
    await_parent();
    transaction.abort().unwrap();
}

fn fork_while_threads_compute() {
    assert_eq!(square(7), 49);
    let repo = Repository::discover().unwrap();
    repo.flush().unwrap();
    let (over, next) = (AtomicBool::new(false), AtomicU64::new(100));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    let x = next.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(square(x), x * x);
                }
            });
        }
        let children: Vec<_> = (0..CHILDREN)
            .map(|number| fork(|| in_child(number)))
            .collect();
        let statuses: Vec<_> = children.into_iter().map(wait_for).collect();
        over.store(true, Ordering::Relaxed);
        assert!(statuses.iter().all(|status| *status == 0), "{statuses:?}");
    });
    assert_eq!(square(8), 64);
    repo.flush().unwrap();
}

/// Forks a child off, and gives its number.
fn fork(child: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the child runs Rust code that allocates, which is sound where the
    // C library's allocator is made for it, as those of Linux and macOS are;
    // that the rest of it takes no lock that another thread held is what is
    // tested. It never returns from here.
    match unsafe { libc::fork() } {
        0 => {
            let ended = catch_unwind(AssertUnwindSafe(child));
            std::process::exit(i32::from(ended.is_err()));
        }
        pid => {
            assert!(pid > 0, "{}", std::io::Error::last_os_error());
            pid
        }
    }
}

fn in_child(number: u64) {
    let before = BODIES.get();
    assert_eq!(square(7), 49);
    assert_eq!(BODIES.get(), before, "the parent's result is a hit");
    let x = OF_CHILDREN + number;
    for _ in 0..2 {
        assert_eq!(square(x), x.wrapping_mul(x));
        assert_eq!(large(x), vec![x; 4000]);
    }
    assert_eq!(BODIES.get(), before + 1);
    if number.is_multiple_of(2) {
        // What is handed over is kept at an exit; a flush does the same now.
        Repository::discover().unwrap().flush().unwrap();
        // SAFETY: it ends the process and touches nothing else.
        unsafe { libc::_exit(0) };
    }
}

/// Waits until a child has ended, and gives its status.
fn wait_for(pid: libc::pid_t) -> libc::c_int {
    let mut status = -1;
    // SAFETY: `status` is there for the call to write to.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(waited, pid, "{}", std::io::Error::last_os_error());
    status
}
