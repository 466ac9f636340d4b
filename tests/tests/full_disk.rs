//! A store that cannot be written, read or opened stops no call: every value is
//! right, and what was stored before is there afterwards. With `ZEN_STRICT=1`
//! the same trouble is an error.
//!
//! A full disk is met at every write in turn: a small file system is filled up
//! but for a few pages, one page more each time; and a process may write only
//! so much to a file, a little more each time. What needs a privilege that this
//! process lacks is left out, with a line that says so.
//!
//! ```sh
//! ZEN_FULL=1 cargo test -p zen-tests --test full_disk    # each page, not each eighth
//! ```

#![cfg(unix)]
#![allow(missing_docs, clippy::cast_possible_truncation)]

use std::{
    env, fs,
    io::Write as _,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use zen_runtime::{Repository, pipeline, step};

#[step]
fn small(n: u64) -> u64 {
    eprintln!("BODY small {n}");
    n * n
}

#[step]
fn large(n: u64) -> Vec<u8> {
    eprintln!("BODY large {n}");
    vec![n as u8; 50_000]
}

#[step]
fn count(bytes: &[u8]) -> usize {
    eprintln!("BODY count");
    bytes.len()
}

/// The results that a healthy store has from before.
fn earlier() {
    for n in 0..5 {
        assert_eq!(small(n), n * n);
        assert_eq!(large(n), vec![n as u8; 50_000]);
    }
}

/// More results, by calls and by a run.
fn later() {
    for n in 5..12 {
        assert_eq!(small(n), n * n);
        assert_eq!(large(n), vec![n as u8; 50_000]);
    }
    let Ok(repo) = Repository::discover() else {
        return;
    };
    let lengths = pipeline!("lengths", {
        let bytes = large(20);
        let length = count(bytes);
        length
    });
    let run = repo.runner().quiet().threads(1).run(&lengths).unwrap();
    assert_eq!(run.outputs().unwrap(), 50_000);
}

/// The part of a child process; a test like any other when it is not one.
#[test]
fn role() {
    let Ok(role) = env::var("ZEN_TEST_ROLE") else {
        return;
    };
    match role.as_str() {
        "earlier" => earlier(),
        "all" => {
            earlier();
            later();
        }
        "deleted" => {
            earlier();
            let repo = Repository::discover().unwrap();
            repo.flush().unwrap();
            fs::remove_dir_all(repo.dir()).unwrap();
            later();
        }
        "replaced" => {
            earlier();
            let repo = Repository::discover().unwrap();
            repo.flush().unwrap();
            fs::rename(repo.dir(), repo.dir().with_extension("old")).unwrap();
            fs::rename("other/.zen", repo.dir()).unwrap();
            later();
        }
        other => panic!("no role {other}"),
    }
}

/// A child process that plays `role` in `folder`.
fn child(folder: &Path, role: &str) -> Command {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["role", "--exact", "--nocapture"]);
    in_folder(&mut child, folder, role);
    child
}

fn in_folder(command: &mut Command, folder: &Path, role: &str) {
    command
        .env("ZEN_TEST_ROLE", role)
        .env_remove("ZEN_REPO")
        .env_remove("RUST_BACKTRACE")
        .current_dir(folder);
}

/// A child process that a shell starts after `limits`.
fn limited(folder: &Path, role: &str, limits: &str) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            &format!("{limits} && exec \"$0\" role --exact --nocapture"),
        ])
        .arg(env::current_exe().unwrap());
    in_folder(&mut shell, folder, role);
    shell
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a child that must get every value right, and gives what it said.
fn passes(mut child: Command, when: &str) -> String {
    let output = child.output().unwrap();
    let text = text(&output);
    assert!(output.status.success(), "{when}:\n{text}");
    text
}

fn bodies(text: &str) -> usize {
    text.matches("BODY").count()
}

/// A project with results from before in its store.
fn project(folder: &Path) {
    fs::write(folder.join("Cargo.lock"), "").unwrap();
    passes(child(folder, "earlier"), "at first");
}

/// That all results from before are there still.
fn is_intact(folder: &Path, when: &str) {
    let text = passes(child(folder, "earlier"), when);
    assert_eq!(bodies(&text), 0, "{when}:\n{text}");
    assert!(!text.contains("zen: warning"), "{when}:\n{text}");
}

/// A small file system of its own, in memory.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` if this process may not mount one.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,mode=0755", "tmpfs"])
            .arg(folder.path())
            .output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        println!("left out: this process may not mount a file system");
        None
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills it up, but for so many pages.
    fn fill(&self, free: u64) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = fs::File::create(&path).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len() / 4096 * 4096;
        file.set_len(length.saturating_sub(free * 4096)).unwrap();
        path
    }

    fn remount(&self, option: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{option}")])
            .arg(self.path())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Numbers up to `most`: all of them, or each eighth.
fn in_turn(most: u64) -> impl Iterator<Item = u64> {
    let step = if env::var_os("ZEN_FULL").is_some() {
        1
    } else {
        8
    };
    (0..=most).step_by(step)
}

#[test]
fn a_disk_that_is_full_at_any_write_loses_nothing() {
    let Some(disk) = SmallDisk::new() else { return };
    project(disk.path());
    for free in in_turn(260) {
        let when = format!("with {free} pages free");
        let filler = disk.fill(free);
        let text = passes(child(disk.path(), "all"), &when);
        // What was stored was found, whatever became of the rest.
        assert!(!text.contains("BODY small 3"), "{when}:\n{text}");
        fs::remove_file(filler).unwrap();
        is_intact(disk.path(), &when);
        // For the next round to begin as this one did.
        fs::remove_dir_all(disk.path().join(".zen")).unwrap();
        project(disk.path());
    }
}

#[test]
fn a_disk_that_is_full_from_the_beginning_stops_nothing() {
    let Some(disk) = SmallDisk::new() else { return };
    fs::write(disk.path().join("Cargo.lock"), "").unwrap();
    for free in in_turn(80) {
        let when = format!("with {free} pages free");
        let filler = disk.fill(free);
        passes(child(disk.path(), "all"), &when);
        fs::remove_file(filler).unwrap();
        passes(child(disk.path(), "earlier"), &when);
        is_intact(disk.path(), &when);
        fs::remove_dir_all(disk.path().join(".zen")).unwrap();
    }
}

#[test]
fn a_file_that_cannot_grow_at_any_length_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    for blocks in in_turn(100) {
        let when = format!("with files of up to {} KiB", blocks * 4);
        let limits = format!("trap '' XFSZ && ulimit -f {}", blocks * 8);
        passes(limited(folder.path(), "all", &limits), &when);
        is_intact(folder.path(), &when);
    }
}

#[test]
fn too_few_file_descriptors_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    for descriptors in 6..24 {
        let when = format!("with {descriptors} descriptors");
        let limits = format!("ulimit -n {descriptors}");
        passes(limited(folder.path(), "all", &limits), &when);
        is_intact(folder.path(), &when);
    }
}

#[test]
fn a_read_only_file_system_gives_hits() {
    let Some(disk) = SmallDisk::new() else { return };
    project(disk.path());
    disk.remount("ro");
    let text = passes(child(disk.path(), "earlier"), "read-only");
    assert_eq!(bodies(&text), 0, "{text}");
    assert!(!text.contains("zen: warning"), "{text}");
    let text = passes(child(disk.path(), "all"), "read-only");
    assert_eq!(bodies(&text), 16, "{text}");
    assert!(text.contains("read only"), "{text}");
    disk.remount("rw");
    is_intact(disk.path(), "read-only before");
}

/// Somebody who is not root, to whom mode bits apply.
const NOBODY: u32 = 65_534;

/// Runs a child as [`NOBODY`]; `None` if that cannot be done here.
fn as_nobody(folder: &Path, role: &str, strict: bool) -> Option<Output> {
    let mut child = child(folder, role);
    child.uid(NOBODY).gid(NOBODY);
    if strict {
        child.env("ZEN_STRICT", "1");
    }
    match child.output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("left out: cannot start this binary as nobody: {error}");
            None
        }
    }
}

/// Gives everything below a folder these modes.
fn set_modes(folder: &Path, folders: u32, files: u32) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            set_modes(&path, folders, files);
        } else {
            fs::set_permissions(&path, fs::Permissions::from_mode(files)).unwrap();
        }
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(folders)).unwrap();
}

#[test]
fn a_store_that_may_not_be_written_gives_hits() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    set_modes(folder.path(), 0o555, 0o444);
    let hits = as_nobody(folder.path(), "earlier", false);
    let all = as_nobody(folder.path(), "all", false);
    let strict = as_nobody(folder.path(), "all", true);
    set_modes(folder.path(), 0o755, 0o644);
    if let (Some(hits), Some(all), Some(strict)) = (hits, all, strict) {
        assert!(hits.status.success(), "{}", text(&hits));
        assert_eq!(bodies(&text(&hits)), 0, "{}", text(&hits));
        assert!(all.status.success(), "{}", text(&all));
        assert_eq!(bodies(&text(&all)), 16, "{}", text(&all));
        assert!(!strict.status.success(), "{}", text(&strict));
        assert!(text(&strict).contains("ZEN_STRICT"), "{}", text(&strict));
    }
    is_intact(folder.path(), "after read-only");
}

#[test]
fn a_store_that_may_not_be_looked_into_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // The store itself is for its owner alone from the beginning.
    for role in ["earlier", "all"] {
        if let Some(output) = as_nobody(folder.path(), role, false) {
            let text = text(&output);
            assert!(output.status.success(), "{text}");
            assert!(text.contains("nothing is cached"), "{text}");
            assert_eq!(text.matches("zen: warning").count(), 1, "{text}");
        }
    }
    if let Some(output) = as_nobody(folder.path(), "earlier", true) {
        assert!(!output.status.success(), "{}", text(&output));
        assert!(
            text(&output).contains("nothing is cached"),
            "{}",
            text(&output)
        );
    }
    is_intact(folder.path(), "after a look by another user");
}

#[test]
fn a_store_that_is_deleted_or_replaced_in_the_middle_stops_nothing() {
    for role in ["deleted", "replaced"] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("other")).unwrap();
        // First, as a store further up would be used there.
        project(&folder.path().join("other"));
        project(folder.path());
        let text = passes(child(folder.path(), role), role);
        let warnings = text.matches("was deleted or replaced").count();
        assert_eq!(warnings, 1, "{role}:\n{text}");
        // The later results went to the store that is there now.
        let text = passes(child(folder.path(), "all"), role);
        let earlier = if role == "deleted" { 10 } else { 0 };
        assert_eq!(bodies(&text), earlier, "{role}:\n{text}");
    }
}

#[test]
fn a_full_disk_is_an_error_to_who_wants_it_so() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path());
    let limits = "trap '' XFSZ && ulimit -f 8";
    let mut strict = limited(folder.path(), "all", limits);
    let output = strict.env("ZEN_STRICT", "1").output().unwrap();
    assert!(!output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("is not kept"), "{}", text(&output));
    is_intact(folder.path(), "after an error");
}
