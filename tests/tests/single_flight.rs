//! One computation per call, over threads, tasks and processes.
//!
//! Nothing here sleeps and hopes. A body says that it has begun and then waits
//! for the test's word; that another one waits for it is known from its saying
//! so on standard error.

#![allow(missing_docs)]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Barrier, mpsc},
    thread,
};

use zen_runtime::{Report, Repository, pipeline, step};
use zen_tests::{
    Count, TestRepository,
    child::{self, Player, await_parent},
};

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    match child::role().as_deref() {
        None => {}
        Some("call") => assert_eq!(fixture(6), 42),
        Some("run") => {
            let repo = Repository::discover().unwrap();
            let pipeline = pipeline!("one", {
                let answer = fixture(6);
                answer
            });
            // What is told goes through the live report.
            let runner = repo.runner().report(Report::Live);
            assert_eq!(runner.run(&pipeline).unwrap().outputs().unwrap(), 42);
        }
        Some("run two") => {
            let repo = Repository::discover().unwrap();
            let pipeline = pipeline!("two", {
                let answer = fixture(6);
                let beside = other(1);
                (answer, beside)
            });
            let run = repo.runner().quiet().threads(1).run(&pipeline).unwrap();
            assert_eq!(run.outputs().unwrap(), (42, 1));
        }
        Some("await") => assert_eq!(pollster::block_on(fixture_async(6)), 42),
        Some("fail") => {
            assert_eq!(fails_once(6), Err("as told".to_owned()));
        }
        Some("do not fail") => assert_eq!(fails_once(6), Ok(42)),
        Some(other) => panic!("no role {other}"),
    }
}

#[step]
fn fixture(x: u64) -> u64 {
    eprintln!("BODY");
    await_parent();
    x * 7
}

#[step]
fn other(x: u64) -> u64 {
    eprintln!("OTHER BEGINS");
    x
}

#[step]
async fn fixture_async(x: u64) -> u64 {
    eprintln!("BODY");
    await_parent();
    x * 7
}

#[step]
fn fails_once(x: u64) -> Result<u64, String> {
    eprintln!("BODY");
    await_parent();
    if child::role().as_deref() == Some("fail") {
        return Err("as told".to_owned());
    }
    Ok(x * 7)
}

/// Each form that locks between processes may have, as an environment.
const FORMS: [&[(&str, &str)]; 2] = [&[], &[("ZEN_FLIGHT_LOCKS", "files")]];

/// How many calls have a lock file.
fn locks(folder: &Path) -> usize {
    let files = fs::read_dir(folder.join(".zen/locks")).unwrap();
    let is_of_a_call = |file: &fs::DirEntry| file.file_name().len() == 64;
    files.map(Result::unwrap).filter(is_of_a_call).count()
}

/// Starts one player per role, waits until the first is in the body and all
/// others wait for it. Gives the one in the body first.
fn one_computes_and_the_others_wait(folder: &Path, roles: &[&str]) -> Vec<Player> {
    one_computes_with(folder, roles, &[])
}

/// The same in an environment.
fn one_computes_with(folder: &Path, roles: &[&str], variables: &[(&str, &str)]) -> Vec<Player> {
    let start = |role| Player::start_with(folder, role, variables);
    let mut players = vec![start(roles[0])];
    players[0].says("BODY");
    players.extend(roles[1..].iter().map(|role| start(role)));
    let holder = players[0].pid();
    for player in &mut players[1..] {
        let line = player.says("zen: waiting for `");
        assert!(
            line.contains(&format!("computed by process {holder} since ")),
            "{line}"
        );
    }
    players
}

#[test]
fn processes_share_one_computation() {
    let roles = ["call", "run", "await"].map(|role| (role, FORMS[0]));
    for (role, form) in roles.into_iter().chain([("call", FORMS[1])]) {
        let folder = tempfile::tempdir().unwrap();
        let mut players = one_computes_with(folder.path(), &[role; 4], form);
        players[0].go();
        let bodies: usize = players
            .into_iter()
            .map(|player| {
                let lines = player.ends_well();
                lines.iter().filter(|line| line.contains("BODY")).count()
            })
            .sum();
        assert_eq!(bodies, 1, "{role}");
        assert_eq!(locks(folder.path()), 0, "{role}");
    }
}

#[test]
fn a_plain_call_and_a_run_share_one_computation() {
    let folder = tempfile::tempdir().unwrap();
    let mut players = one_computes_and_the_others_wait(folder.path(), &["call", "run"]);
    players[0].go();
    let run = players.pop().unwrap().ends_well();
    assert!(run.iter().all(|line| !line.contains("BODY")), "{run:?}");
}

/// With one worker: it does not sit and wait.
#[test]
fn a_run_goes_on_with_other_steps_while_one_is_computed_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Player::start(folder.path(), "call");
    holder.says("BODY");
    let mut run = Player::start(folder.path(), "run two");
    run.says("OTHER BEGINS");
    run.says("zen: waiting for `");
    holder.go();
    holder.ends_well();
    let lines = run.ends_well();
    assert!(lines.iter().all(|line| !line.contains("BODY")), "{lines:?}");
}

/// The same, when the one elsewhere is killed: the step takes over.
#[test]
fn a_run_takes_over_from_a_killed_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Player::start(folder.path(), "call");
    holder.says("BODY");
    let mut run = Player::start(folder.path(), "run two");
    run.says("zen: waiting for `");
    holder.kill();
    run.says("BODY");
    run.go();
    run.ends_well();
}

#[test]
fn who_waits_for_a_killed_process_takes_over() {
    for form in FORMS {
        take_over_from_a_killed_process(form);
    }
}

fn take_over_from_a_killed_process(form: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut players = one_computes_with(folder.path(), &["call"; 3], form);
    players.remove(0).kill();
    // One of them, and then the other has its result.
    let mut next = loop {
        let begun = players
            .iter_mut()
            .position(|player| player.said("BODY") > 0);
        if let Some(index) = begun {
            break players.remove(index);
        }
        thread::yield_now();
    };
    next.go();
    next.ends_well();
    let last = players.remove(0).ends_well();
    assert!(last.iter().all(|line| !line.contains("BODY")), "{last:?}");
    assert_eq!(locks(folder.path()), 0);
}

#[test]
fn who_waits_for_a_process_that_fails_computes() {
    let folder = tempfile::tempdir().unwrap();
    let roles = ["fail", "do not fail"];
    let mut players = one_computes_and_the_others_wait(folder.path(), &roles);
    players[0].go();
    players[1].says("BODY");
    players[1].go();
    for player in players {
        player.ends_well();
    }
    assert_eq!(locks(folder.path()), 0);
}

#[test]
fn threads_share_one_computation() {
    static BODIES: Count = Count::new();
    #[step]
    fn slow(x: u64) -> u64 {
        BODIES.add();
        x + 1
    }
    let repo = TestRepository::new();
    for key in 0..50 {
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    together.wait();
                    assert_eq!(repo.scope(|| slow(key)), key + 1);
                });
            }
        });
    }
    assert_eq!(BODIES.get(), 50);
    repo.flush().unwrap();
    repo.flush().unwrap();
    assert_eq!(locks(repo.folder()), 0);
}

#[test]
fn a_body_that_fails_or_panics_lets_the_next_one_try() {
    static TRIES: Count = Count::new();
    #[step]
    fn third_time(x: u64) -> Result<u64, String> {
        TRIES.add();
        match TRIES.get() {
            1 => Err("the first".to_owned()),
            2 => panic!("the second"),
            _ => Ok(x),
        }
    }
    let repo = TestRepository::new();
    let together = Barrier::new(8);
    let good = Count::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                together.wait();
                let call = || repo.scope(|| third_time(5));
                if let Ok(Ok(value)) = catch_unwind(AssertUnwindSafe(call)) {
                    assert_eq!(value, 5);
                    good.add();
                }
            });
        }
    });
    assert_eq!((TRIES.get(), good.get()), (3, 6));
    repo.flush().unwrap();
    repo.flush().unwrap();
    assert_eq!(locks(repo.folder()), 0);
}

#[test]
fn recursion_is_no_wait() {
    static BODIES: Count = Count::new();
    #[step]
    fn fibonacci(n: u64) -> u64 {
        BODIES.add();
        if n < 2 {
            return n;
        }
        fibonacci(n - 1) + fibonacci(n - 2)
    }
    /// Calls itself with the same key: what is ignored tells when to stop.
    #[step(ignore(depth))]
    fn deep(x: u64, depth: u32) -> u64 {
        if depth == 0 {
            return x;
        }
        deep(x, depth - 1)
    }
    let repo = TestRepository::new();
    assert_eq!(repo.scope(|| fibonacci(30)), 832_040);
    assert_eq!(BODIES.get(), 31);
    assert_eq!(repo.scope(|| deep(9, 4)), 9);
}

/// Two threads, each in a body that calls the other's: one of them computes
/// what it would have waited for.
#[test]
fn bodies_that_wait_for_each_other_end() {
    #[step(ignore(together))]
    fn mutual(x: u64, together: Option<&Barrier>) -> u64 {
        let Some(together) = together else {
            return x;
        };
        together.wait();
        mutual(1 - x, None) + x
    }
    let repo = TestRepository::new();
    let together = Barrier::new(2);
    let (send, ended) = mpsc::channel();
    thread::scope(|scope| {
        for x in 0..2 {
            let (repo, together, send) = (&repo, &together, send.clone());
            scope.spawn(move || {
                let value = repo.scope(|| mutual(x, Some(together)));
                send.send(value).unwrap();
            });
        }
    });
    drop(send);
    assert_eq!(ended.iter().count(), 2);
}

/// Where lock files cannot be made, threads share all the same, and processes
/// compute twice: nobody fails, and nobody waits for ever.
#[test]
fn without_lock_files_calls_are_right() {
    static BODIES: Count = Count::new();
    #[step]
    fn slow(x: u64) -> u64 {
        BODIES.add();
        x + 1
    }
    let repo = TestRepository::new();
    fs::remove_dir_all(repo.dir().join("locks")).unwrap();
    fs::write(repo.dir().join("locks"), "no folder").unwrap();
    let together = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                together.wait();
                assert_eq!(repo.scope(|| slow(1)), 2);
            });
        }
    });
    assert_eq!(BODIES.get(), 1);
}

/// Anything may lie where a lock file goes: what somebody wrote, a folder.
#[test]
fn what_lies_in_the_way_of_a_lock_file_stops_nobody() {
    #[step(ignore(locks))]
    fn lock_files(x: u64, locks: &Path) -> (u64, Vec<String>) {
        let files = fs::read_dir(locks).unwrap();
        let name = |file: fs::DirEntry| file.file_name().into_string().unwrap();
        (x, files.map(|file| name(file.unwrap())).collect())
    }
    let call = |repo: &TestRepository| {
        let locks = repo.dir().join("locks");
        let (x, files) = repo.scope(|| lock_files(1, &locks));
        assert_eq!(x, 1);
        let is_lock = |name: &String| name.len() == 64 || name.starts_with("flights-");
        files.into_iter().find(is_lock)
    };
    let name = call(&TestRepository::new()).unwrap();
    let long = "waits-for\n".repeat(100_000);
    for text in ["", "pid 1\nstep train\nsince 0\n", "\0\u{1b}[31m", &long] {
        let repo = TestRepository::new();
        let path = repo.dir().join("locks").join(&name);
        fs::write(&path, text).unwrap();
        assert_eq!(call(&repo).as_ref(), Some(&name));
    }
    let repo = TestRepository::new();
    fs::create_dir(repo.dir().join("locks").join(&name)).unwrap();
    call(&repo);
}
