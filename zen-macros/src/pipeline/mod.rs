//! `pipeline!`, `call!` and `step_ref!`.

mod block;
mod expand;
mod path;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Block, Expr, Token,
    parse::{Parse, ParseStream, Parser},
};

use self::{
    block::{Plan, hidden_call},
    path::StepPath,
};
use crate::{ctxt::Ctxt, debug};

/// What stands in the parentheses of `pipeline!(...)`.
struct Input {
    name: Expr,
    block: Block,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        const FORM: &str = "a pipeline has a name and a block: write `pipeline!(\"name\", { .. })`";
        let name: Expr = input.parse()?;
        if matches!(name, Expr::Block(_)) {
            return Err(syn::Error::new_spanned(name, FORM));
        }
        if !input.peek(Token![,]) {
            return Err(syn::Error::new_spanned(name, FORM));
        }
        input.parse::<Token![,]>()?;
        let block = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), FORM))?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { name, block })
    }
}

pub(crate) fn pipeline(input: TokenStream) -> TokenStream {
    shown(try_pipeline(input))
}

fn try_pipeline(input: TokenStream) -> syn::Result<TokenStream> {
    let Input { name, block } = Input::parse.parse2(input)?;
    let ctxt = Ctxt::new();
    let plan = Plan::of(&ctxt, &block);
    ctxt.check()?;
    Ok(expand::expand(&name, &plan))
}

/// `call!(path(arguments))`: a call for a builder.
pub(crate) fn call(input: TokenStream) -> TokenStream {
    shown(try_call(input))
}

fn try_call(input: TokenStream) -> syn::Result<TokenStream> {
    let expression: Expr = syn::parse2(input)?;
    let Expr::Call(call) = &expression else {
        return Err(syn::Error::new_spanned(
            expression,
            "expected a call of a step, such as `call!(train(rows, 3))`",
        ));
    };
    Ok(hidden_call(&StepPath::of(&call.func)?, call))
}

/// `step_ref!(path)`: the step itself.
pub(crate) fn step_ref(input: TokenStream) -> TokenStream {
    let step = syn::parse2(input)
        .and_then(|path| StepPath::of(&path))
        .map(|path| path.hidden("step"));
    shown(step.map(|step| quote!(#step())))
}

/// An expansion, or what is wrong: nothing follows from a value that never is.
fn shown(expansion: syn::Result<TokenStream>) -> TokenStream {
    let expansion = expansion.unwrap_or_else(|errors| {
        let errors = errors.into_compile_error();
        quote!({ #errors ::core::unreachable!() })
    });
    debug::show(&expansion);
    expansion
}
