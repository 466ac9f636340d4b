//! What the keys of indexes say.

use super::{artifact::lineage, metadata::Table};

/// The tables whose keys lead to records.
pub(super) const INDEXES: [Table; 3] = [Table::RECENT, Table::LINEAGE, Table::USAGE];

/// The fingerprint that a key of one of them leads to, or the beginning of it;
/// `None` if it is none of theirs.
pub(super) fn call(table: Table, key: &[u8]) -> Option<&[u8]> {
    match table {
        Table::LINEAGE => lineage::call(key),
        Table::RECENT => key.last_chunk::<32>().map(|call| &call[..]),
        _ => (key.len() == 32).then_some(key),
    }
}
