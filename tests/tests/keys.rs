//! Keys: equal arguments give equal keys, different ones do not, and files count
//! by their content.

#![allow(missing_docs)]

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    time::{Duration, SystemTime},
};

use proptest::prelude::*;
use zen_runtime::{Dir, File, step};
use zen_tests::{Count, TestRepository};

static BODIES: Count = Count::new();

type Nested = Vec<Option<HashMap<String, HashSet<u16>>>>;

#[step]
fn nested(value: &Nested) -> usize {
    BODIES.add();
    value.len()
}

#[step]
fn number(x: f64) -> u64 {
    BODIES.add();
    x.to_bits()
}

#[step]
fn two_texts(a: &str, b: &str) -> String {
    BODIES.add();
    format!("{a}{b}")
}

/// One test at a time counts bodies.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn bodies(call: impl FnOnce()) -> usize {
    let before = BODIES.get();
    call();
    BODIES.get() - before
}

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_maps_and_sets_is_not_in_the_key(
        entries in prop::collection::vec(
            prop::option::of(prop::collection::btree_map(
                "[a-z]{0,4}",
                prop::collection::hash_set(any::<u16>(), 0..6),
                0..6,
            )),
            0..4,
        )
    ) {
        let _alone = alone();
        let rebuilt = |reverse: bool| -> Nested {
            let map = |map: &BTreeMap<String, HashSet<u16>>| {
                let mut pairs: Vec<_> = map.clone().into_iter().collect();
                if reverse {
                    pairs.reverse();
                }
                pairs.into_iter().collect::<HashMap<_, _>>()
            };
            entries.iter().map(|entry| entry.as_ref().map(map)).collect()
        };
        let repo = TestRepository::new();
        let first = bodies(|| { repo.scope(|| nested(&rebuilt(false))); });
        let again = bodies(|| { repo.scope(|| nested(&rebuilt(true))); });
        prop_assert_eq!((first, again), (1, 0));
    }

    #[test]
    fn different_arguments_never_share_a_key(a in "[a-b]{0,3}", b in "[a-b]{0,3}") {
        let _alone = alone();
        let repo = TestRepository::new();
        repo.scope(|| {
            two_texts("a", "b");
            assert_eq!(two_texts(&a, &b), format!("{a}{b}"));
            assert_eq!(two_texts("", &format!("{a}{b}")), format!("{a}{b}"));
        });
    }
}

#[test]
fn floating_point_numbers_count_by_their_bits() {
    let _alone = alone();
    let repo = TestRepository::new();
    let other_nan = f64::from_bits(f64::NAN.to_bits() | 1);
    let numbers = [0.0, -0.0, f64::NAN, other_nan, f64::INFINITY, 1.0];
    repo.scope(|| {
        for x in numbers {
            assert_eq!(bodies(|| assert_eq!(number(x), x.to_bits())), 1, "{x}");
            assert_eq!(bodies(|| assert_eq!(number(x), x.to_bits())), 0, "{x}");
        }
    });
}

mod one {
    use super::{BODIES, step};

    #[step]
    pub fn same_name(x: u8) -> u8 {
        BODIES.add();
        helper(x)
    }

    fn helper(x: u8) -> u8 {
        x + 1
    }
}

mod two {
    use super::{BODIES, step};

    #[step]
    pub fn same_name(x: u8) -> u8 {
        BODIES.add();
        helper(x)
    }

    fn helper(x: u8) -> u8 {
        x + 2
    }
}

#[test]
fn steps_of_one_name_and_text_in_two_modules_are_two_steps() {
    let _alone = alone();
    let repo = TestRepository::new();
    repo.scope(|| {
        assert_eq!((one::same_name(1), two::same_name(1)), (2, 3));
        assert_eq!((one::same_name(1), two::same_name(1)), (2, 3));
    });
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct First(u8);
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Second(u16);

impl First {
    #[step]
    fn width(&self) -> usize {
        std::mem::size_of::<Self>()
    }
}

impl Second {
    #[step]
    fn width(&self) -> usize {
        std::mem::size_of::<Self>()
    }
}

#[test]
fn methods_of_one_name_and_text_in_two_types_are_two_steps() {
    let repo = TestRepository::new();
    repo.scope(|| {
        assert_eq!((First(0).width(), Second(0).width()), (1, 2));
        assert_eq!((First(0).width(), Second(0).width()), (1, 2));
    });
}

#[step(version = 2, name = "the number of lines")]
fn lines(file: &File) -> std::io::Result<usize> {
    BODIES.add();
    Ok(file.read_to_string()?.lines().count())
}

#[step]
fn total(folders: Vec<Dir>, extra: Option<File>) -> std::io::Result<u64> {
    BODIES.add();
    let mut sum = 0;
    for folder in &folders {
        for path in folder.entries()? {
            sum += fs::metadata(path)?.len();
        }
    }
    Ok(sum + extra.map_or(0, |file| file.path().as_os_str().len() as u64))
}

#[test]
fn a_file_counts_by_its_content_not_by_its_path_or_time() {
    let _alone = alone();
    let repo = TestRepository::new();
    let at = |name: &str| repo.folder().join(name);
    fs::write(at("a.txt"), "1\n2\n").unwrap();
    fs::write(at("b.txt"), "1\n2\n").unwrap();
    let count = |name: &str| repo.scope(|| lines(&File::new(at(name)))).unwrap();
    assert_eq!(bodies(|| assert_eq!(count("a.txt"), 2)), 1);
    assert_eq!(
        bodies(|| assert_eq!(count("b.txt"), 2)),
        0,
        "the same content"
    );
    let later = SystemTime::now() + Duration::from_secs(1_000);
    let touched = fs::File::options().write(true).open(at("a.txt")).unwrap();
    touched.set_modified(later).unwrap();
    assert_eq!(bodies(|| assert_eq!(count("a.txt"), 2)), 0, "only touched");
    let before = fs::metadata(at("b.txt")).unwrap().modified().unwrap();
    fs::write(at("b.txt"), "1 2\n").unwrap();
    let rewritten = fs::File::options().write(true).open(at("b.txt")).unwrap();
    rewritten.set_modified(before).unwrap();
    assert_eq!(
        bodies(|| assert_eq!(count("b.txt"), 1)),
        1,
        "the same size and time, another content"
    );
}

#[test]
fn a_file_changed_within_the_resolution_of_the_clock_is_noticed() {
    let _alone = alone();
    let repo = TestRepository::new();
    let path = repo.folder().join("fast.txt");
    for round in 0..50_usize {
        let text = "x\n".repeat(round % 2 + 1) + &"y".repeat(2 - 2 * (round % 2));
        fs::write(&path, &text).unwrap();
        let expected = text.lines().count();
        let counted = repo.scope(|| lines(&File::new(&path))).unwrap();
        assert_eq!(counted, expected, "round {round}");
    }
}

#[test]
fn folders_and_nested_files_count_by_their_content() {
    let _alone = alone();
    let repo = TestRepository::new();
    let at = |name: &str| repo.folder().join(name);
    for folder in ["x", "y"] {
        fs::create_dir(at(folder)).unwrap();
        fs::write(at(folder).join("f"), "12345").unwrap();
    }
    let sum = |names: &[&str]| {
        let folders = names.iter().map(|name| Dir::new(at(name))).collect();
        repo.scope(|| total(folders, None)).unwrap()
    };
    assert_eq!(bodies(|| assert_eq!(sum(&["x"]), 5)), 1);
    assert_eq!(bodies(|| assert_eq!(sum(&["y"]), 5)), 0, "the same content");
    fs::rename(at("y").join("f"), at("y").join("g")).unwrap();
    assert_eq!(
        bodies(|| assert_eq!(sum(&["y"]), 5)),
        1,
        "another name in it"
    );
    fs::write(at("x").join("h"), "678").unwrap();
    assert_eq!(
        bodies(|| assert_eq!(sum(&["x"]), 8)),
        1,
        "another file in it"
    );
}

#[step]
fn rewrite(file: &File) -> std::io::Result<usize> {
    BODIES.add();
    let length = file.read()?.len();
    fs::write(file.path(), "changed while the step ran")?;
    Ok(length)
}

#[test]
fn a_result_is_not_kept_if_its_input_file_changed_while_it_was_computed() {
    let _alone = alone();
    let repo = TestRepository::new();
    let path = repo.folder().join("moving.txt");
    let run = || {
        fs::write(&path, "four").unwrap();
        repo.scope(|| rewrite(&File::new(&path))).unwrap()
    };
    assert_eq!(bodies(|| assert_eq!(run(), 4)), 1);
    assert_eq!(bodies(|| assert_eq!(run(), 4)), 1);
}

#[test]
fn a_missing_file_is_the_steps_own_error() {
    let _alone = alone();
    let repo = TestRepository::new();
    let missing = File::new(repo.folder().join("none"));
    let error = repo.scope(|| lines(&missing)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}
