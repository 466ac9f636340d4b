//! Warnings that are given once.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

static GIVEN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// Tells the user about trouble that does not stop the computation: on standard
/// error and as a `tracing` event, each text once per process.
pub(crate) fn warn_once(text: String) {
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    if given.contains(&text) {
        return;
    }
    tracing::warn!(target: "zen", "{text}");
    eprintln!("zen: warning: {text}");
    given.insert(text);
}
