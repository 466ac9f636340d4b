//! Warnings about damage, given once.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use crate::fork::PerProcess;

static GIVEN: PerProcess<Mutex<BTreeSet<String>>> = PerProcess::new(Mutex::new(BTreeSet::new()));

/// Emits `text` as a `tracing` event, each text once per process: a damaged
/// page takes many records with it, and one line says it all.
pub(super) fn warn_once(text: &str) {
    let mut given = GIVEN.get().lock().unwrap_or_else(PoisonError::into_inner);
    if given.insert(text.to_owned()) {
        tracing::warn!(target: "zen", "{text}");
    }
}
