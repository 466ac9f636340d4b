//! The store of a child that was forked off.

use std::sync::{Arc, OnceLock};

use super::Store;
use crate::{fork::generation, warning::warn_once};

/// Which process something belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner(u32);

impl Owner {
    pub(super) fn this_process() -> Self {
        Self(generation())
    }

    /// Whether it is this process, and not one that this process was forked
    /// from.
    pub(super) fn is_this_process(self) -> bool {
        self.0 == generation()
    }
}

/// What a forked child has instead of its parent's store; `None` inside if it
/// cannot open the folder.
pub(super) type InChild = OnceLock<Option<Arc<Store>>>;

impl Store {
    /// The store itself; in a forked child another one, open on the same folder.
    /// If the child cannot open it, the user is warned, and gets one that
    /// refuses everything.
    pub(crate) fn in_this_process(self: &Arc<Self>) -> &Arc<Self> {
        let mut store = self;
        while !store.disk.owner.is_this_process() {
            let in_child = store.in_child.get_or_init(|| store.open_in_child());
            match in_child {
                Some(own) => store = own,
                None => break,
            }
        }
        store
    }

    fn open_in_child(&self) -> Option<Arc<Self>> {
        Self::open(self.dir())
            .inspect_err(|error| {
                warn_once(format!("nothing is cached in a forked process: {error}"));
            })
            .ok()
    }
}
