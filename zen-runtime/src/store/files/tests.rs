//! A changed file is always noticed, an unchanged one is not read again.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Duration, SystemTime},
};

use super::Identity;
use crate::{
    codec::FileHasher,
    store::{
        Store,
        tests::{open, store},
    },
};

/// The clock as it will be when files written now have come to rest.
fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(10)
}

fn resting(mut store: Store) -> Store {
    store.files.clock = later;
    store
}

fn is_remembered(store: &Store, path: &Path) -> bool {
    let identity = Identity::of(&fs::metadata(path).unwrap());
    store.remembered(&identity).is_some()
}

#[test]
fn the_hash_is_that_of_the_content() {
    let (folder, store) = store();
    let path = folder.path().join("input");
    for content in [Vec::new(), b"small".to_vec(), vec![5; 3 << 20]] {
        fs::write(&path, &content).unwrap();
        let expected = *blake3::hash(&content).as_bytes();
        assert_eq!(store.hash_file(&path).unwrap(), expected);
    }
}

#[cfg(unix)]
#[test]
fn a_file_at_rest_is_remembered() {
    let (folder, store) = store();
    let store = resting(store);
    let path = folder.path().join("input");
    fs::write(&path, "content").unwrap();
    assert!(!is_remembered(&store, &path));
    let hash = store.hash_file(&path).unwrap();
    assert!(is_remembered(&store, &path));
    assert_eq!(store.hash_file(&path).unwrap(), hash);
}

#[cfg(unix)]
#[test]
fn a_large_file_is_remembered_by_the_next_process() {
    let (folder, first) = store();
    let first = resting(first);
    let path = folder.path().join("input");
    fs::write(&path, vec![5; 1 << 20]).unwrap();
    let hash = first.hash_file(&path).unwrap();
    drop(first);
    let second = open(folder.path()).unwrap();
    assert!(is_remembered(&second, &path));
    assert_eq!(second.hash_file(&path).unwrap(), hash);
}

#[test]
fn a_file_that_changed_moments_ago_is_not_remembered() {
    let (folder, store) = store();
    let path = folder.path().join("input");
    fs::write(&path, "content").unwrap();
    store.hash_file(&path).unwrap();
    assert!(!is_remembered(&store, &path));
    // Two seconds, measured from the last change of any kind.
    let old = SystemTime::now() - Duration::from_hours(1);
    let file = File::options().write(true).open(&path).unwrap();
    file.set_modified(old).unwrap();
    store.hash_file(&path).unwrap();
    #[cfg(unix)]
    assert!(!is_remembered(&store, &path));
}

#[test]
fn a_change_that_hides_its_time_is_noticed() {
    let (folder, store) = store();
    let store = resting(store);
    let path = folder.path().join("input");
    fs::write(&path, "one").unwrap();
    let before = store.hash_file(&path).unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut file = File::options().write(true).open(&path).unwrap();
    file.write_all(b"two").unwrap();
    file.set_modified(modified).unwrap();
    drop(file);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified);
    assert_ne!(store.hash_file(&path).unwrap(), before);
}

#[test]
fn every_one_of_many_quick_changes_is_noticed() {
    let (folder, store) = store();
    let path = folder.path().join("input");
    for n in 0..200_u32 {
        fs::write(&path, n.to_le_bytes()).unwrap();
        let expected = *blake3::hash(&n.to_le_bytes()).as_bytes();
        assert_eq!(store.hash_file(&path).unwrap(), expected);
    }
}

#[test]
fn a_file_put_in_the_place_of_another_is_noticed() {
    let (folder, store) = store();
    let store = resting(store);
    let (path, other) = (folder.path().join("input"), folder.path().join("other"));
    fs::write(&path, "one").unwrap();
    fs::write(&other, "two").unwrap();
    let before = store.hash_file(&path).unwrap();
    fs::rename(&other, &path).unwrap();
    assert_ne!(store.hash_file(&path).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn what_is_not_a_file_is_an_error() {
    let (folder, store) = store();
    assert!(store.hash_file(folder.path()).is_err());
    assert!(store.hash_file(&folder.path().join("none")).is_err());
    assert!(store.hash_file(Path::new("/dev/zero")).is_err());
    assert!(store.hash_dir(&folder.path().join("meta.redb")).is_err());
}

/// A folder with some content.
fn tree() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    fs::create_dir_all(tree.path().join("a/b")).unwrap();
    fs::write(tree.path().join("a/b/one"), "one").unwrap();
    fs::write(tree.path().join("a/two"), "two").unwrap();
    fs::write(tree.path().join("a.txt"), "three").unwrap();
    tree
}

#[test]
fn equal_folders_have_equal_hashes_wherever_they_are() {
    let (_folder, store) = store();
    let hash = store.hash_dir(tree().path()).unwrap();
    assert_eq!(store.hash_dir(tree().path()).unwrap(), hash);
    assert_eq!(
        blake3::Hash::from(hash).to_hex().as_str(),
        "edd9843680c2174ee46ca148a1048f4082ed8c7215099886407d57c371bab806"
    );
}

#[test]
fn every_change_in_a_folder_changes_its_hash() {
    let changes: [fn(&Path); 6] = [
        |tree| fs::write(tree.join("a/b/one"), "oNe").unwrap(),
        |tree| fs::rename(tree.join("a/two"), tree.join("a/2")).unwrap(),
        |tree| fs::rename(tree.join("a/b"), tree.join("b")).unwrap(),
        |tree| fs::write(tree.join("a/new"), "").unwrap(),
        |tree| fs::remove_file(tree.join("a.txt")).unwrap(),
        |tree| fs::create_dir(tree.join("empty")).unwrap(),
    ];
    let (_folder, store) = store();
    let store = resting(store);
    for (number, change) in changes.into_iter().enumerate() {
        let tree = tree();
        let before = store.hash_dir(tree.path()).unwrap();
        change(tree.path());
        let after = store.hash_dir(tree.path()).unwrap();
        assert_ne!(before, after, "change {number}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_loops_and_dead_ends_are_errors() {
    use std::os::unix::fs::symlink;
    let (_folder, store) = store();
    let (real, linked, elsewhere) = (tree(), tree(), tempfile::tempdir().unwrap());
    let moved = elsewhere.path().join("moved");
    fs::rename(linked.path().join("a"), &moved).unwrap();
    symlink(&moved, linked.path().join("a")).unwrap();
    assert_eq!(
        store.hash_dir(real.path()).unwrap(),
        store.hash_dir(linked.path()).unwrap()
    );
    fs::remove_dir_all(&moved).unwrap();
    let error = store.hash_dir(linked.path()).unwrap_err();
    assert!(error.to_string().contains("/a"), "{error}");
    fs::remove_file(linked.path().join("a")).unwrap();
    symlink(linked.path(), linked.path().join("loop")).unwrap();
    let error = store.hash_dir(linked.path()).unwrap_err();
    assert!(error.to_string().contains("/loop"), "{error}");
}
