//! Walking over a range of keys.

use std::{
    ops::{Bound, RangeBounds},
    path::Path,
};

use redb::{AccessGuard, Key, Range, ReadableTable, Value};

use super::guard;
use crate::store::StoreError;

/// Takes a key and a value, and says whether to go on.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<bool, StoreError>;

/// Which end of the range comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Forward,
    Backward,
}

/// Calls `visit` for every key that begins with `prefix`.
pub(super) fn walk(
    path: &Path,
    table: &impl ReadableTable<&'static [u8], &'static [u8]>,
    prefix: &[u8],
    order: Order,
    visit: Visit<'_>,
) -> Result<(), StoreError> {
    let after = after(prefix);
    let upper = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let bounds = (Bound::Included(prefix), upper);
    let mut range = guard(path, || table.range::<&[u8]>(bounds))?;
    while let Some((key, value)) = next(path, &mut range, order)? {
        if !visit(key.value(), value.value())? {
            break;
        }
    }
    Ok(())
}

/// Calls `visit` for all that is in a range of keys of one length, in order.
pub(super) fn walk_range<K: Number, V: Value + 'static>(
    path: &Path,
    table: &impl ReadableTable<K, V>,
    keys: impl RangeBounds<K>,
    mut visit: impl FnMut(K, V::SelfType<'_>) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut range = guard(path, || table.range::<K>(keys))?;
    while let Some((key, value)) = next(path, &mut range, Order::Forward)? {
        if !visit(key.value(), value.value())? {
            break;
        }
    }
    Ok(())
}

/// A key or value that is a number.
pub(super) trait Number:
    Key + for<'a> Value<SelfType<'a> = Self> + Copy + Ord + 'static
{
}

impl<T: Key + for<'a> Value<SelfType<'a> = T> + Copy + Ord + 'static> Number for T {}

type Entry<'a, K, V> = (AccessGuard<'a, K>, AccessGuard<'a, V>);

fn next<'a, K: Key, V: Value>(
    path: &Path,
    range: &mut Range<'a, K, V>,
    order: Order,
) -> Result<Option<Entry<'a, K, V>>, StoreError> {
    guard(path, || {
        let entry = match order {
            Order::Forward => range.next(),
            Order::Backward => range.next_back(),
        };
        // Where a damaged page says that they lie outside of it, the first look
        // panics: let it be this one.
        if let Some(Ok((key, value))) = &entry {
            let _ = (key.value(), value.value());
        }
        entry.transpose()
    })
}

/// The first key after all that begin with `prefix`; `None` if there is none.
fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut after = prefix[..=last].to_vec();
    after[last] += 1;
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn the_key_after_a_prefix() {
        assert_eq!(after(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(after(b"\xff"), None);
        assert_eq!(after(b""), None);
    }
}
