//! A process that is stopped, as by Ctrl-Z or SIGSTOP, keeps the locks that it
//! has. What others can still do: all but write to the database while it is
//! stopped in the middle of writing to it. Whoever waits says for whom, and
//! goes on when the process does, or when it is killed.

#![cfg(unix)]
#![allow(missing_docs)]

use std::path::Path;

use redb::{Builder, ConcurrencyMode, Database};
use zen_runtime::{Repository, step};
use zen_tests::child::{self, Player, await_parent};

/// How many results are written beside a stopped reader.
const MANY: u64 = 200;

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

/// A process that has the store open, and one that is stopped while it writes.
fn beside_a_stopped_writer(folder: &Path) -> (Player, Player) {
    assert_eq!(bodies(&call(folder)), 1);
    let mut user = Player::start(folder, "hit and miss");
    user.says("VALUE 1");
    let mut writer = Player::start(folder, "write for ever");
    writer.says("WRITING");
    writer.signal("STOP");
    (user, writer)
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
    // Who opens the store now waits too, and says so.
    let mut late = Player::start(folder.path(), "call");
    says_that_it_waits_for(&mut late, &writer);
    writer.signal("CONT");
    writer.go();
    writer.ends_well();
    assert_eq!(bodies(&user.ends_well()), 1);
    assert_eq!(bodies(&late.ends_well()), 0);
    // What had to wait was kept.
    let mut later = Player::start(folder.path(), "hit and miss");
    later.go();
    assert_eq!(bodies(&later.ends_well()), 0);
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
