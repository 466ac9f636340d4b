//! What a step's source consists of, as one literal.
//!
//! A list of pairs would take a pointer, a length and a relocation for each item,
//! and a token for each byte of its hash. `zen_runtime` reads it back in
//! `step/items.rs`.

use proc_macro2::Literal;
use zen_source::Item;

/// How much of an item's hash is kept in the binary: enough to tell a reader
/// that it changed. The key takes in the whole.
const HASH: usize = 8;

/// Ends a label; no UTF-8 text has this byte.
const END: u8 = 0xff;

/// For each item: the number of bytes that its label has in common with the one
/// before, the rest of the label, [`END`], the beginning of the hash.
pub(super) fn packed<'i>(items: impl Iterator<Item = &'i Item>) -> Literal {
    let mut packed = Vec::new();
    let mut before: &[u8] = &[];
    for item in items {
        let label = item.label.as_bytes();
        let common = label
            .iter()
            .zip(before)
            .take(usize::from(u8::MAX))
            .take_while(|(one, other)| one == other)
            .count();
        packed.push(u8::try_from(common).unwrap_or(0));
        packed.extend_from_slice(&label[common..]);
        packed.push(END);
        packed.extend_from_slice(&item.hash[..HASH]);
        before = label;
    }
    Literal::byte_string(&packed)
}
