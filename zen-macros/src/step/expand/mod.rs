//! From the model of a step to Rust.
//!
//! The function keeps its signature; its body becomes a call of the runtime. A
//! free function gets a hidden type of its own name beside it, which holds what
//! a pipeline needs: `use features::clean` brings both. A method gets hidden
//! methods. Where neither can stand, all is in the body.

mod body;
mod definition;
mod editor;
mod hidden;
mod items;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, ext::IdentExt};

use self::hidden::Hidden;
use super::{
    Model, Place,
    kept::{Kept, are_keepable},
};

/// Where the hidden part of a step stands.
enum Mode {
    /// In a type of the function's name.
    Marker(Vec<Kept>),
    /// In methods beside the method.
    Methods(Vec<Kept>),
    /// In the body: the step cannot be a part of a pipeline.
    Body,
    /// Wherever an editor may take it.
    Editor(Vec<Kept>),
}

impl Mode {
    fn of(model: &Model) -> Self {
        let kept = || -> Option<Vec<Kept>> {
            let generics = &model.function.sig.generics;
            are_keepable(generics).then_some(())?;
            let parameters = model.signature.parameters.iter();
            parameters.map(|p| Kept::of(p, generics)).collect()
        };
        match (model.place(), kept()) {
            (_, Some(kept)) if model.source.is_for_editor => Self::Editor(kept),
            (Place::Free, Some(kept)) => Self::Marker(kept),
            (Place::Inherent, Some(kept)) => Self::Methods(kept),
            _ => Self::Body,
        }
    }
}

pub(super) fn expand(model: &Model) -> TokenStream {
    let ident = &model.function.sig.ident;
    match Mode::of(model) {
        Mode::Marker(kept) => {
            let definition = quote!(<#ident>::__zen_definition());
            let function = body::function(model, &definition, None);
            let marker = marker(model, &kept);
            quote!(#function #marker)
        }
        Mode::Methods(kept) => {
            let suffix = format!("_{}", ident.unraw());
            let name = format_ident!("__zen_definition{suffix}");
            let function = body::function(model, &quote!(Self::#name()), None);
            let owner = quote!(Self);
            let hidden = Hidden::new(model, &kept, &owner, &suffix).functions();
            let attributes = hidden_attributes(model);
            quote! {
                #function
                #(#attributes #hidden)*
            }
        }
        Mode::Body => with_definition(model),
        Mode::Editor(kept) => editor::expand(model, &kept),
    }
}

/// The function, with its definition in its body.
fn with_definition(model: &Model) -> TokenStream {
    let name = Ident::new("__zen_definition", Span::call_site());
    let definition = definition::function(model, &name, None);
    body::function(model, &quote!(#name()), Some(&definition))
}

/// The hidden type beside a free function. Its braces keep it out of the
/// namespace of values, where the function is.
fn marker(model: &Model, kept: &[Kept]) -> TokenStream {
    let ident = &model.function.sig.ident;
    let vis = &model.function.vis;
    let owner = quote!(#ident);
    let functions = Hidden::new(model, kept, &owner, "").functions();
    let attributes = hidden_attributes(model);
    let conditions = conditions(model);
    // An instance of a generic step is known once it is used.
    let register = model.signature.generics.is_empty().then(|| {
        quote! {
            #(#conditions)*
            ::zen_runtime::__private::register!(<#ident>::__zen_step);
        }
    });
    quote! {
        #attributes
        #vis struct #ident {}

        #attributes
        impl #ident {
            #(#functions)*
        }

        #register
    }
}

/// The user's conditions, which hold for what stands beside the function too.
fn conditions(model: &Model) -> Vec<&Attribute> {
    let conditional = |attribute: &&Attribute| {
        let path = attribute.path();
        let text = || attribute.meta.to_token_stream().to_string();
        path.is_ident("cfg") || path.is_ident("cfg_attr") && text().contains(", cfg")
    };
    model.function.attrs.iter().filter(conditional).collect()
}

fn hidden_attributes(model: &Model) -> TokenStream {
    let conditions = conditions(model);
    quote! {
        #(#conditions)*
        #[doc(hidden)]
        #[allow(
            dead_code,
            deprecated,
            missing_copy_implementations,
            missing_debug_implementations,
            non_camel_case_types,
            non_snake_case,
            private_bounds,
            private_interfaces,
            unreachable_pub,
            unused_imports,
            unused_mut,
            unused_qualifications,
            clippy::all,
            clippy::pedantic
        )]
    }
}
