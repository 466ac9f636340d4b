//! The macros of zen: `#[step]`, `pipeline!`, `call!` and `step_ref!`.
//!
//! Use them through `zen-runtime`, which re-exports and documents them: their
//! expansions name its paths.

mod ctxt;
mod debug;
mod pipeline;
mod step;

use proc_macro::TokenStream;

/// Makes a function a step: a call of it is memoized, and it can be a part of a
/// pipeline.
#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    step::expand(arguments.into(), &item.into()).into()
}

/// Composes steps into a named pipeline: `pipeline!("name", { .. })`.
#[proc_macro]
pub fn pipeline(input: TokenStream) -> TokenStream {
    pipeline::pipeline(input.into()).into()
}

/// A call of a step that is not made yet: `call!(train(rows, 3))`.
#[proc_macro]
pub fn call(input: TokenStream) -> TokenStream {
    pipeline::call(input.into()).into()
}

/// A step itself: `step_ref!(train)`.
#[proc_macro]
pub fn step_ref(input: TokenStream) -> TokenStream {
    pipeline::step_ref(input.into()).into()
}
