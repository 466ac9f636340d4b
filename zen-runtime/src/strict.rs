//! Trouble with the store: a warning, or with `ZEN_STRICT=1` an error.

use std::{env, sync::LazyLock, thread};

use crate::warning::warn_once;

static STRICT: LazyLock<bool> = LazyLock::new(|| {
    env::var_os("ZEN_STRICT").is_some_and(|value| !value.is_empty() && value != "0")
});

/// Whether trouble with the store is an error.
pub(crate) fn is_strict() -> bool {
    *STRICT
}

/// Tells of trouble with the store that does not change a call's value.
///
/// # Panics
/// If that is to be an error: a plain call has no other way to give one. A run
/// makes a failed step of it.
#[track_caller]
pub(crate) fn trouble(text: String) {
    assert!(
        !is_strict() || thread::panicking(),
        "{text} (an error, as ZEN_STRICT is set)"
    );
    warn_once(text);
}
