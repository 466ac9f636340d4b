//! The hidden function that gives a step's definition.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::items;
use crate::step::{Model, options::Depends, source::tokens};

/// `fn name() -> &'static Definition`.
pub(super) fn function(model: &Model, name: &Ident, vis: Option<&syn::Visibility>) -> TokenStream {
    let function = model.function.sig.ident.unraw().to_string();
    let options = &model.options;
    let given_name = optional(options.name.as_ref());
    let version = optional(options.version.as_ref());
    let source = bytes(&model.source.hash);
    let own = [model.source.own_item()];
    let items = items::packed(own.iter().chain(&model.source.items));
    let conditions = model.source.conditions.iter().map(|condition| {
        let value = tokens(condition);
        quote!((#condition, ::core::cfg!(#value)))
    });
    let cache = !options.uncached;
    let env = &options.env;
    let parameters = model.signature.parameters.iter().map(|parameter| {
        let (name, ignored) = (&parameter.name, parameter.ignored);
        quote! {
            ::zen_runtime::__private::ParameterDefinition { name: #name, ignored: #ignored }
        }
    });
    // Cargo builds again when a file changes that the compiler was seen to read.
    let tracked = options.depends.iter().filter_map(|depends| match depends {
        Depends::File(path) => Some(quote! {
            const _: &[::core::primitive::u8] = ::core::include_bytes!(
                ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", #path)
            );
        }),
        Depends::Item(_) => None,
    });
    let outputs = options
        .outputs
        .iter()
        .map(|output| output.unraw().to_string());
    quote! {
        #[allow(unexpected_cfgs)]
        #vis fn #name() -> &'static ::zen_runtime::__private::Definition {
            #(#tracked)*
            fn __zen_here() {}
            static DEFINITION: ::zen_runtime::__private::Definition =
                ::zen_runtime::__private::Definition::new(
                    ::zen_runtime::__private::DefinitionParts {
                        here: || ::core::any::type_name_of_val(&__zen_here),
                        function: #function,
                        name: #given_name,
                        source: [#(#source),*],
                        items: #items,
                        conditions: &[#(#conditions),*],
                        version: #version,
                        cache: #cache,
                        env: &[#(#env),*],
                        parameters: &[#(#parameters),*],
                        outputs: &[#(#outputs),*],
                        module: ::core::module_path!(),
                        file: ::core::file!(),
                        line: ::core::line!(),
                    },
                );
            &DEFINITION
        }
    }
}

fn bytes(bytes: &[u8]) -> impl Iterator<Item = Literal> {
    bytes.iter().map(|byte| Literal::u8_unsuffixed(*byte))
}

fn optional(value: Option<impl quote::ToTokens>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}
