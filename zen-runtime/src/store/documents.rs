//! The bytes of a document.

use super::{Collection, StoreError, Visit, seal, warning::warn_once};

/// The bytes to store for `value`.
pub(super) fn seal(collection: Collection, key: &[u8], value: &[u8]) -> Vec<u8> {
    seal::seal(collection.name(), key, value.to_vec())
}

/// The document in stored bytes; `None`, with a warning, if they are damaged.
pub(super) fn open<'a>(collection: Collection, key: &[u8], stored: &'a [u8]) -> Option<&'a [u8]> {
    let document = seal::open(collection.name(), key, stored);
    if document.is_none() {
        warn_once(&format!(
            "an entry of `{}` in the metadata store is damaged and is left out",
            collection.name()
        ));
    }
    document
}

/// Hands on to `visit` the documents that are whole.
pub(super) fn whole(
    collection: Collection,
    visit: Visit<'_>,
) -> impl FnMut(&[u8], &[u8]) -> Result<bool, StoreError> {
    move |key, stored| match open(collection, key, stored) {
        Some(document) => visit(key, document),
        None => Ok(true),
    }
}
