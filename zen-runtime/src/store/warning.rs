//! Warnings about damage.

/// Tells the user, each text once per process: a damaged page takes many records
/// with it, and one line says it all.
pub(super) fn warn_once(text: &str) {
    crate::warning::warn_once(text.to_owned());
}
