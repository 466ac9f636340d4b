//! What is told on standard error; warnings, each given once.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use crate::fork::PerProcess;

static GIVEN: PerProcess<Mutex<BTreeSet<String>>> = PerProcess::new(Mutex::new(BTreeSet::new()));

/// Tells the user about trouble that does not stop the computation: on standard
/// error and as a `tracing` event, each text once per process.
pub(crate) fn warn_once(text: String) {
    let mut given = GIVEN.get().lock().unwrap_or_else(PoisonError::into_inner);
    if given.contains(&text) {
        return;
    }
    tracing::warn!(target: "zen", "{text}");
    print_line(&format!("zen: warning: {text}"));
    given.insert(text);
}

/// Prints a line on standard error. If nobody reads it any more, that is no
/// reason to fail, as `eprintln` would.
pub(crate) fn print_line(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
