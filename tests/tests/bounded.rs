//! What comes from outside is bounded: no bytes make decoding take memory out of
//! proportion to their number, and no text leads out of the store's folder.

#![allow(missing_docs)]
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    collections::{BTreeMap, HashMap, HashSet},
};

use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zen_runtime::{ArtifactId, codec};
use zen_tests::TestRepository;

/// The system's allocator, which counts what each thread has at most.
struct Counting;

thread_local! {
    static NOW: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends allocates after its counters are gone.
        let _ = NOW.try_with(|now| {
            now.set(now.get().saturating_add(layout.size()));
            let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
        });
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = NOW.try_with(|now| now.set(now.get().saturating_sub(layout.size())));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most memory that decoding takes at one time.
fn memory_for<T: DeserializeOwned>(bytes: &[u8]) -> usize {
    let before = NOW.get();
    MOST.set(before);
    drop(codec::decode::<T>(bytes));
    MOST.get() - before
}

#[derive(Serialize, Deserialize)]
enum Nested {
    Leaf,
    List(Vec<Nested>),
    Map(HashMap<u8, Nested>),
}

fn memory_for_any(bytes: &[u8]) -> usize {
    [
        memory_for::<Vec<u8>>(bytes),
        memory_for::<Vec<[u64; 8]>>(bytes),
        memory_for::<Vec<Vec<String>>>(bytes),
        memory_for::<String>(bytes),
        memory_for::<Box<[u8]>>(bytes),
        memory_for::<HashMap<u64, String>>(bytes),
        memory_for::<HashSet<u32>>(bytes),
        memory_for::<BTreeMap<String, Vec<u64>>>(bytes),
        memory_for::<Option<Vec<u128>>>(bytes),
        memory_for::<(u64, Vec<u64>)>(bytes),
        memory_for::<Nested>(bytes),
    ]
    .into_iter()
    .max()
    .unwrap_or(0)
}

#[test]
fn a_length_of_four_gigabytes_allocates_next_to_nothing() {
    for length in [u64::from(u32::MAX), 1 << 40, u64::MAX / 2, u64::MAX] {
        for head in [&[][..], &[1], &[1, 0, 0, 0], &[2, 0, 0, 0], &[0; 8]] {
            let bytes = [head, &length.to_le_bytes(), &[0; 64]].concat();
            let memory = memory_for_any(&bytes);
            assert!(
                memory < 100_000,
                "{memory} bytes for {length} after {head:?}"
            );
        }
    }
}

#[test]
fn many_nested_lengths_that_lie_allocate_in_proportion() {
    for kind in [1_u32, 2] {
        // Each says that all the bytes that follow are its elements.
        let level = match kind {
            1 => [&kind.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat(),
            _ => [&kind.to_le_bytes()[..], &u64::MAX.to_le_bytes(), &[9]].concat(),
        };
        let mut bytes = level.repeat(200);
        bytes.resize(1 << 20, 0);
        let memory = memory_for_any(&bytes);
        assert!(memory < 128 * bytes.len(), "{memory} bytes for 1 MiB");
    }
}

proptest! {
    #[test]
    fn memory_is_in_proportion_to_the_bytes(
        pieces in prop::collection::vec(
            prop_oneof![
                (0_u64..9).prop_map(|n| n.to_le_bytes().to_vec()),
                any::<u64>().prop_map(|n| n.to_le_bytes().to_vec()),
                (0_u32..4).prop_map(|n| n.to_le_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..9),
            ],
            0..40,
        ),
    ) {
        let bytes = pieces.concat();
        prop_assert!(memory_for_any(&bytes) < 4096 + 512 * bytes.len());
    }

    /// An ID names a file: it is hexadecimal digits or it is none.
    #[test]
    fn only_digits_are_an_id(text in "[0-9a-fA-F./\\\\~ ]{0,70}|[0-9a-f]{64}|\\PC{0,70}") {
        let is_id = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        prop_assert_eq!(text.parse::<ArtifactId>().is_ok(), is_id);
        if let Ok(id) = text.parse::<ArtifactId>() {
            prop_assert_eq!(id.to_string(), text.to_lowercase());
        }
    }
}

#[test]
fn an_id_that_points_elsewhere_is_refused() {
    let repo = TestRepository::new();
    let dots = format!("{}{}", "../".repeat(21), "a");
    for text in [dots.as_str(), "../../etc/passwd", "/etc/passwd", ".", ""] {
        assert!(text.parse::<ArtifactId>().is_err(), "{text}");
    }
    let unknown = ArtifactId::from_bytes([b'/'; 32]);
    assert!(repo.artifact(&unknown).unwrap().is_none());
}
