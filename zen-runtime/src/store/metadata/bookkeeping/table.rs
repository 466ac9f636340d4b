//! What redb keeps of a table.

use super::node::{Root, Widths, array};

/// A table of one value for each key; redb has no others among its own.
const NORMAL: u8 = 3;

/// Where the table's tree begins, and what it is made of. `None` for a table
/// without entries, and for one of a kind that is not known here.
pub(super) fn tree(entry: &[u8]) -> Option<(Root, Widths)> {
    // Kind, number of entries, whether there are any, root with a length, then
    // the width of keys and that of values, each after a byte that is 0 without.
    let root = Root::parse(entry.get(10..)?)?;
    let width = |at: usize| {
        let width = u32::from_le_bytes(array(entry, at + 1)?);
        Some((entry[at] != 0).then_some(usize::try_from(width).ok()?))
    };
    let widths = Widths {
        key: width(42)?,
        value: width(47)?,
    };
    (entry[0] == NORMAL && entry[9] != 0).then_some((root, widths))
}
