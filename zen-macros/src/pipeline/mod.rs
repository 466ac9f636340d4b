//! `pipeline!`, `call!` and `step_ref!`.
use proc_macro2::TokenStream;
pub(crate) fn pipeline(input: TokenStream) -> TokenStream {
    input
}
pub(crate) fn call(input: TokenStream) -> TokenStream {
    input
}
pub(crate) fn step_ref(input: TokenStream) -> TokenStream {
    input
}
