//! The macros of [zen](https://docs.rs/zen-runtime): `#[step]`, `pipeline!`,
//! `call!` and `step_ref!`.
//!
//! Use them through `zen-runtime`, which re-exports them: their expansions name
//! its paths.

mod ctxt;
mod debug;
mod pipeline;
mod step;

use proc_macro::TokenStream;

#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    step::expand(arguments.into(), &item.into()).into()
}

#[proc_macro]
pub fn pipeline(input: TokenStream) -> TokenStream {
    pipeline::pipeline(input.into()).into()
}

#[proc_macro]
pub fn call(input: TokenStream) -> TokenStream {
    pipeline::call(input.into()).into()
}

#[proc_macro]
pub fn step_ref(input: TokenStream) -> TokenStream {
    pipeline::step_ref(input.into()).into()
}
