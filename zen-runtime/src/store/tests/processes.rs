//! Two processes and one store. The test binary starts itself again.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use super::{artifact, keep, open, record, store};

/// The folder that a started process works on.
const FOLDER: &str = "ZEN_TEST_STORE";
/// Its number.
const NUMBER: &str = "ZEN_TEST_NUMBER";

const EACH: u64 = 25;

fn start(test: &str, folder: &Path, number: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg(format!("store::tests::processes::{test}"))
        .env(FOLDER, folder)
        .env(NUMBER, number.to_string())
        .spawn()
        .unwrap()
}

/// What a started process was told; `None` in the process of all tests.
fn told() -> Option<(PathBuf, u64)> {
    let folder = env::var_os(FOLDER)?;
    let number = env::var(NUMBER).ok()?.parse().ok()?;
    Some((folder.into(), number))
}

#[test]
fn each_sees_what_the_other_keeps() {
    let (folder, store) = store();
    let before = keep(&store, "crate::step", 1, &artifact("parent"));
    let later = record("crate::step", 2, &[artifact("child")]).fingerprint;
    assert!(store.hit(&before).unwrap().is_some());
    assert!(store.hit(&later).unwrap().is_none());
    let child = start("child_looks_and_keeps", folder.path(), 2).wait();
    assert!(child.unwrap().success());
    assert!(store.hit(&later).unwrap().is_some());
    let bytes = store.read(&artifact("child").id).unwrap();
    assert_eq!(bytes, Some(b"child".to_vec()));
}

#[test]
fn child_looks_and_keeps() {
    let Some((folder, number)) = told() else {
        return;
    };
    let store = open(&folder).unwrap();
    let parent = record("crate::step", 1, &[artifact("parent")]).fingerprint;
    assert!(store.hit(&parent).unwrap().is_some());
    assert!(store.read(&artifact("parent").id).unwrap().is_some());
    keep(&store, "crate::step", number, &artifact("child"));
}

#[test]
fn what_several_keep_at_once_is_all_there() {
    let (folder, store) = store();
    let mut children = [1, 2, 3].map(|number| start("child_keeps_many", folder.path(), number));
    for n in 0..EACH {
        keep(&store, "crate::step", n, &artifact(n.to_le_bytes()));
    }
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let kept = store.recent("crate::step", 1000).unwrap();
    assert_eq!(kept.len() as u64, 4 * EACH);
    for record in kept {
        assert!(store.read(&record.outputs[0].id).unwrap().is_some());
    }
}

#[test]
fn child_keeps_many() {
    let Some((folder, number)) = told() else {
        return;
    };
    let store = open(&folder).unwrap();
    for n in 0..EACH {
        let n = number * 1000 + n;
        keep(&store, "crate::step", n, &artifact(vec![3; 20_000]));
    }
}
