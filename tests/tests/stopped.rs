//! A process that is stopped, as by Ctrl-Z or SIGSTOP, keeps the locks that it
//! has. What others can still do: all but write to the database while it is
//! stopped in the middle of writing to it. They open the store, find what is in it
//! and compute what is not. Whoever waits says for whom, and goes on when the
//! process does, or when it is killed.

#![cfg(unix)]
#![allow(missing_docs)]

use std::{path::Path, thread, time::Duration};

use redb::{Builder, ConcurrencyMode, Database};
use zen_runtime::{Repository, step};
use zen_tests::{
    child::{self, Player, await_parent},
    random::Random,
};

/// How many results are written beside a stopped reader.
const MANY: u64 = 200;

/// How often a writer is stopped at a random moment.
const ROUNDS: u64 = 20;

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    match child::role().as_deref() {
        None => {}
        Some("call") => {
            eprintln!("VALUE {}", square(1));
        }
        Some("hit and miss") => {
            eprintln!("VALUE {}", square(1));
            await_parent();
            eprintln!("VALUE {}", square(1));
            eprintln!("VALUE {}", square(2));
        }
        Some("miss") => {
            eprintln!("VALUE {}", square(3));
        }
        Some("commit without pause") => {
            for x in 0.. {
                square(x);
                Repository::discover().unwrap().flush().unwrap();
                eprintln!("KEPT {x}");
            }
        }
        Some("write for ever") => {
            let database = database();
            let transaction = database.begin_write().unwrap();
            eprintln!("WRITING");
            await_parent();
            transaction.abort().unwrap();
        }
        Some("write many") => {
            for x in 0..MANY {
                square(x);
            }
        }
        Some("read many") => {
            eprintln!("VALUE {}", square(1));
            await_parent();
            for x in 0..MANY {
                assert_eq!(square(x), x * x);
            }
        }
        Some("body") => assert_eq!(fixture(6), 42),
        Some(other) => panic!("no role {other}"),
    }
}

#[step]
fn square(x: u64) -> u64 {
    eprintln!("BODY {x}");
    x * x
}

#[step]
fn fixture(x: u64) -> u64 {
    eprintln!("BODY fixture");
    await_parent();
    x * 7
}

/// The store's database, as a process in the middle of a commit has it.
fn database() -> Database {
    let repo = Repository::discover().unwrap();
    Builder::new()
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .create(repo.dir().join("meta.redb"))
        .unwrap()
}

fn bodies(lines: &[String]) -> usize {
    lines.iter().filter(|line| line.contains("BODY")).count()
}

fn call(folder: &Path) -> Vec<String> {
    Player::start(folder, "call").ends_well()
}

/// A process that is stopped while it writes.
fn stopped_writer(folder: &Path) -> Player {
    let mut writer = Player::start(folder, "write for ever");
    writer.says("WRITING");
    writer.signal("STOP");
    writer
}

/// A process that has the store open, and one that is stopped while it writes.
fn beside_a_stopped_writer(folder: &Path) -> (Player, Player) {
    assert_eq!(bodies(&call(folder)), 1);
    let mut user = Player::start(folder, "hit and miss");
    user.says("VALUE 1");
    (user, stopped_writer(folder))
}

fn says_that_it_waits_for(player: &mut Player, writer: &Player) {
    let line = player.says("for the metadata store");
    if cfg!(target_os = "linux") {
        let whom = format!("held by process {}, which is stopped", writer.pid());
        assert!(line.contains(&whom), "{line}");
    }
}

#[test]
fn beside_a_stopped_writer_hits_and_values_come_and_results_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (mut user, mut writer) = beside_a_stopped_writer(folder.path());
    user.go();
    user.says("VALUE 1");
    user.says("VALUE 4");
    says_that_it_waits_for(&mut user, &writer);
    writer.signal("CONT");
    writer.go();
    writer.ends_well();
    assert_eq!(bodies(&user.ends_well()), 1);
    // What had to wait was kept.
    let mut later = Player::start(folder.path(), "hit and miss");
    later.go();
    assert_eq!(bodies(&later.ends_well()), 0);
}

#[test]
fn opening_waits_for_no_stopped_writer() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(bodies(&call(folder.path())), 1);
    let mut writer = stopped_writer(folder.path());
    // Who finds all that it asks for comes and goes as if there were no writer.
    let lines = call(folder.path());
    assert_eq!(bodies(&lines), 0);
    assert!(
        !lines.iter().any(|line| line.contains("waiting")),
        "{lines:?}"
    );
    // Who computes has its value, and waits at its end.
    let mut late = Player::start(folder.path(), "miss");
    late.says("VALUE 9");
    says_that_it_waits_for(&mut late, &writer);
    writer.signal("CONT");
    writer.go();
    writer.ends_well();
    assert_eq!(bodies(&late.ends_well()), 1);
    let later = Player::start(folder.path(), "miss").ends_well();
    assert_eq!(bodies(&later), 0);
}

/// A writer is stopped at any moment: as a rule while it waits for the disk in a
/// commit, and rarely while it has the header locked, without which nobody can read.
#[test]
fn whenever_a_writer_is_stopped_others_open_the_store_or_say_for_whom_they_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(7);
    let mut writer = Player::start(folder.path(), "commit without pause");
    writer.says("KEPT 1");
    let mut opened = 0;
    for _ in 0..ROUNDS {
        thread::sleep(Duration::from_micros(random.number(5000)));
        writer.signal("STOP");
        let mut late = Player::start(folder.path(), "call");
        let line = late.says_any(&["VALUE 1", "for the metadata store"]);
        if line.contains("VALUE") {
            opened += 1;
        } else if cfg!(target_os = "linux") {
            let whom = format!("held by process {}, which is stopped", writer.pid());
            assert!(line.contains(&whom), "{line}");
        }
        writer.signal("CONT");
        assert_eq!(bodies(&late.ends_well()), 0);
    }
    println!("of {ROUNDS} openings beside a stopped writer, {opened} did not wait");
    assert!(opened > 0);
}

#[test]
fn a_stopped_writer_that_is_killed_lets_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut user, writer) = beside_a_stopped_writer(folder.path());
    user.go();
    says_that_it_waits_for(&mut user, &writer);
    writer.kill();
    assert_eq!(bodies(&user.ends_well()), 1);
    let mut later = Player::start(folder.path(), "hit and miss");
    later.go();
    assert_eq!(bodies(&later.ends_well()), 0);
}

#[test]
fn a_stopped_reader_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    call(folder.path());
    let mut reader = Player::start(folder.path(), "read many");
    reader.says("VALUE 1");
    reader.signal("STOP");
    for _ in 0..2 {
        Player::start(folder.path(), "write many").ends_well();
    }
    reader.signal("CONT");
    reader.go();
    assert_eq!(bodies(&reader.ends_well()), 0);
}

#[test]
fn who_waits_for_a_stopped_computation_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Player::start(folder.path(), "body");
    holder.says("BODY fixture");
    holder.signal("STOP");
    let mut waiter = Player::start(folder.path(), "body");
    let line = waiter.says("zen: waiting for `");
    let mut whom = format!("computed by process {}", holder.pid());
    if cfg!(target_os = "linux") {
        whom.push_str(", which is stopped, since");
    }
    assert!(line.contains(&whom), "{line}");
    holder.signal("CONT");
    holder.go();
    holder.ends_well();
    assert_eq!(bodies(&waiter.ends_well()), 0);
}
