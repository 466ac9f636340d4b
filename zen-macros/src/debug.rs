//! Shows expansions to who asks for them.

use proc_macro2::TokenStream;

/// Prints an expansion if the environment has `ZEN_MACROS_DEBUG`.
pub(crate) fn show(expansion: &TokenStream) {
    if std::env::var_os("ZEN_MACROS_DEBUG").is_some() {
        eprintln!("{expansion}\n");
    }
}
