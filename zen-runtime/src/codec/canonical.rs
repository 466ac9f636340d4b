//! What makes an encoding canonical: an order where the type has none, and a
//! mark where the bytes alone do not tell what they are.
//!
//! serde does not tell a serializer which type it is given. The type's name
//! does: `std::any::type_name` of what the type hands over.

use std::ops::Range;

/// What a value serializes as. The numbers go into IDs and never change.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Bool = 1,
    I8 = 2,
    I16 = 3,
    I32 = 4,
    I64 = 5,
    I128 = 6,
    U8 = 7,
    U16 = 8,
    U32 = 9,
    U64 = 10,
    U128 = 11,
    F32 = 12,
    F64 = 13,
    Char = 14,
    Str = 15,
    Bytes = 16,
    None = 17,
    Some = 18,
    Unit = 19,
    UnitStruct = 20,
    UnitVariant = 21,
    NewtypeStruct = 22,
    NewtypeVariant = 23,
    Seq = 24,
    Tuple = 25,
    TupleStruct = 26,
    TupleVariant = 27,
    Map = 28,
    Struct = 29,
    StructVariant = 30,
    File = 31,
    Dir = 32,
    Secret = 33,
}

/// Stands where a field was left out: bytes that no field has by chance.
pub(super) const SKIPPED: [u8; 16] = *b"\xf1zen: no field\xa7\x0c";

/// Pointers and cells that serialize as what they hold.
const TRANSPARENT: [&str; 12] = [
    "alloc::boxed::Box<",
    "alloc::sync::Arc<",
    "alloc::rc::Rc<",
    "alloc::borrow::Cow<",
    "core::cell::Cell<",
    "core::cell::RefCell<",
    "core::cmp::Reverse<",
    "core::num::nonzero::NonZero<",
    "core::num::saturating::Saturating<",
    "core::num::wrapping::Wrapping<",
    "std::sync::poison::mutex::Mutex<",
    "std::sync::poison::rwlock::RwLock<",
];

/// Iterators that give no more than what one other gives, element by element:
/// if that has no order, they have none. (Not so a chain of a set and a list.)
const ADAPTERS: [&str; 4] = [
    "core::iter::adapters::cloned::Cloned<",
    "core::iter::adapters::copied::Copied<",
    "core::iter::adapters::filter::Filter<",
    "core::iter::adapters::map::Map<",
];

/// Whether what is handed over comes out of a hash table, in no order.
pub(super) fn is_unordered(name: &str) -> bool {
    let mut name = pointee(name);
    while let Some(inner) = ADAPTERS
        .iter()
        .find_map(|adapter| name.strip_prefix(adapter))
    {
        name = pointee(inner);
    }
    name.starts_with("std::collections::hash::") || name.starts_with("hashbrown::")
}

/// Whether two names are of one type, but for pointers.
pub(super) fn is_same(name: &str, other: &str) -> bool {
    path(held(name)) == path(held(other))
}

/// Whether a type of this name serializes in one way only. Primitives and types
/// of the standard library do, unless they pass on what they hold.
pub(super) fn is_plain(name: &str) -> bool {
    if is_primitive(name) || is_common(name) {
        return true;
    }
    let held = held(name);
    match path(held).split_once("::") {
        None => true,
        _ if is_common(held) => true,
        Some(("core" | "alloc" | "std", _)) => paths(held).all(is_standard),
        Some(_) => is_array(held),
    }
}

/// Types of users have a path: `a::B` at least.
fn is_primitive(name: &str) -> bool {
    name.len() <= "usize".len() && !name.contains(':')
}

/// What parameters are mostly made of; an option tells on its own whether it
/// holds something.
fn is_common(name: &str) -> bool {
    name == "alloc::string::String" || name.starts_with("core::option::Option<")
}

/// All paths in a name, those of the type's own arguments included.
fn paths(name: &str) -> impl Iterator<Item = &str> {
    name.split(|symbol: char| !(symbol.is_alphanumeric() || matches!(symbol, '_' | ':')))
        .filter(|path| path.contains("::"))
}

fn is_standard(path: &str) -> bool {
    ["core::", "alloc::", "std::"]
        .iter()
        .any(|root| path.starts_with(root))
}

/// Whether it is this room's own stand-in for an array, `[T; N]`.
fn is_array(name: &str) -> bool {
    let this = module_path!();
    this.strip_suffix("canonical")
        .and_then(|room| name.strip_prefix(room))
        .is_some_and(|name| name.starts_with("array::"))
}

/// Whether `shown`, the name that a type serializes under, is its own.
pub(super) fn is_named(name: &str, shown: &str) -> bool {
    let last = |path: &str| path.rsplit("::").next() == Some(shown);
    last(name) || last(path(held(name))) || is_plain(name)
}

/// The name of a type without its arguments.
fn path(name: &str) -> &str {
    name.split('<').next().unwrap_or(name)
}

/// The type behind pointers and inside cells.
fn held(name: &str) -> &str {
    let mut name = pointee(name);
    while let Some(inner) = TRANSPARENT
        .iter()
        .find_map(|outer| name.strip_prefix(outer))
    {
        name = pointee(inner);
    }
    name
}

fn pointee(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix('&') {
        name = rest.strip_prefix("mut ").unwrap_or(rest);
    }
    name
}

/// Puts ranges of `bytes` in the order of their content.
pub(super) fn sort(ranges: &mut Vec<Range<usize>>, bytes: &[u8]) {
    if ranges.len() < FEW {
        ranges.sort_unstable_by(|a, b| bytes[a.clone()].cmp(&bytes[b.clone()]));
        return;
    }
    // Most entries differ early: comparing a copy of the first bytes spares
    // looking up the rest.
    let mut keyed: Vec<_> = ranges
        .drain(..)
        .map(|range| (head(&bytes[range.clone()]), range))
        .collect();
    keyed.sort_unstable_by(|(a, left), (b, right)| {
        a.cmp(b)
            .then_with(|| bytes[left.clone()].cmp(&bytes[right.clone()]))
    });
    ranges.extend(keyed.into_iter().map(|(_, range)| range));
}

const FEW: usize = 64;

/// The first bytes as a number of the same order, zeros for those missing.
fn head(bytes: &[u8]) -> u128 {
    let mut head = [0; size_of::<u128>()];
    let length = bytes.len().min(head.len());
    head[..length].copy_from_slice(&bytes[..length]);
    u128::from_be_bytes(head)
}
