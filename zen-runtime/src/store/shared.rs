//! One open store per folder and process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use super::{Store, StoreError, layout::Layout};
use crate::fork::PerProcess;

static OPEN: PerProcess<Mutex<BTreeMap<PathBuf, Weak<Store>>>> =
    PerProcess::new(Mutex::new(BTreeMap::new()));

impl Store {
    /// Opens the store in the folder `dir`, and makes whatever is missing of
    /// it. While a store is open, opening it again gives the same one.
    ///
    /// # Errors
    /// If the folder cannot be made or read, if the database in it is locked, or
    /// if a newer release made it.
    pub(crate) fn open(dir: &Path) -> Result<Arc<Self>, StoreError> {
        let layout = Layout::create(dir)?;
        let mut open = OPEN.get().lock().unwrap_or_else(PoisonError::into_inner);
        let known = open.get(layout.root()).and_then(Weak::upgrade);
        if let Some(store) = known.filter(|store| store.disk.is_in_place()) {
            return Ok(store);
        }
        let root = layout.root().to_owned();
        let store = Arc::new(Self::new(layout)?);
        open.retain(|_, store| store.strong_count() > 0);
        open.insert(root, Arc::downgrade(&store));
        Ok(store)
    }
}
