//! Documents as they were at one moment.

use std::sync::Arc;

use super::{
    Collection, Snapshot, Table,
    walk::{Order, Visit},
};
use crate::store::{StoreError, documents};

/// The documents as they were at one moment.
#[derive(Debug)]
pub(crate) struct View(Arc<Snapshot>);

impl View {
    pub(in crate::store) fn new(snapshot: Arc<Snapshot>) -> Self {
        Self(snapshot)
    }

    /// The document under `key`. A damaged one is not there.
    ///
    /// # Errors
    /// If the metadata store cannot be read.
    pub(crate) fn get(
        &self,
        collection: Collection,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let page = self.0.look(Table::of(collection), key)?;
        Ok(page.and_then(|page| documents::open(collection, key, &page).map(<[u8]>::to_vec)))
    }

    /// Calls `visit` with the documents whose key begins with `prefix`, in the
    /// order of their keys, until it returns `false`.
    ///
    /// # Errors
    /// If the metadata store cannot be read, or `visit` fails.
    pub(crate) fn scan(
        &self,
        collection: Collection,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.walk(collection, prefix, Order::Forward, visit)
    }

    /// Like [`View::scan`], the last key first.
    ///
    /// # Errors
    /// Those of [`View::scan`].
    pub(crate) fn scan_back(
        &self,
        collection: Collection,
        prefix: &[u8],
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.walk(collection, prefix, Order::Backward, visit)
    }

    fn walk(
        &self,
        collection: Collection,
        prefix: &[u8],
        order: Order,
        visit: Visit<'_>,
    ) -> Result<(), StoreError> {
        self.0.walk(
            Table::of(collection),
            prefix,
            order,
            &mut documents::whole(collection, visit),
        )
    }
}
