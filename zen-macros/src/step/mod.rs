//! `#[step]`: parse, model, check, expand.

mod check;
mod expand;
mod kept;
mod options;
mod signature;
mod source;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, ItemFn};

use self::{
    options::Options,
    signature::Signature,
    source::{Place, Source},
};
use crate::{ctxt::Ctxt, debug};

/// What the macro knows of a step.
struct Model {
    function: ItemFn,
    options: Options,
    signature: Signature,
    source: Source,
}

impl Model {
    fn place(&self) -> Place {
        self.source.place
    }
}

/// The expansion of `#[step(arguments)] item`. If anything is wrong, it is the
/// item as it was and the errors: one mistake gives one error.
pub(crate) fn expand(arguments: TokenStream, item: &TokenStream) -> TokenStream {
    match model(arguments, item) {
        Ok(model) => {
            let expansion = expand::expand(&model);
            debug::show(&expansion);
            expansion
        }
        Err(errors) => {
            let errors = errors.into_compile_error();
            quote!(#errors #item)
        }
    }
}

fn model(arguments: TokenStream, item: &TokenStream) -> syn::Result<Model> {
    let function = parse_function(item.clone())?;
    let ctxt = Ctxt::new();
    let options = Options::parse(&ctxt, arguments);
    let signature = Signature::of(&function, &options);
    check::check(&ctxt, &function, &signature, &options);
    ctxt.check()?;
    Ok(Model {
        source: Source::of(&function, item, &options),
        function,
        options,
        signature,
    })
}

fn parse_function(item: TokenStream) -> syn::Result<ItemFn> {
    syn::parse2::<ItemFn>(item.clone()).map_err(|error| match syn::parse2::<Item>(item) {
        Ok(other) => not_a_function(&other),
        Err(_) => error,
    })
}

fn not_a_function(item: &Item) -> syn::Error {
    let found = match item {
        Item::Struct(_) => "a struct",
        Item::Enum(_) => "an enum",
        Item::Impl(_) => "an `impl` block",
        Item::Trait(_) => "a trait",
        Item::Mod(_) => "a module",
        Item::Const(_) | Item::Static(_) => "a value",
        _ => "something else",
    };
    syn::Error::new_spanned(
        item,
        format!(
            "`#[step]` goes on a function, whose result is then cached, and this is {found}: put \
             it on the functions that do the work"
        ),
    )
}
