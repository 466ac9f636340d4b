//! The expansion that an editor sees, which is never run.
//!
//! An editor does not tell the macro where a function stands, so that what a pipeline
//! names goes beside it in both ways: as methods, which are functions that nobody calls
//! if it stands in a module, and in a type, which the editor leaves out of an `impl`.
//! A function that names `Self` stands in no module. Whether its `impl` is of a trait,
//! which has no such methods, is not told either: there the editor shows an error that
//! the compiler does not.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use super::{Hidden, Kept, hidden_attributes, marker, with_definition};
use crate::step::{Model, Place};

pub(super) fn expand(model: &Model, kept: &[Kept]) -> TokenStream {
    let function = with_definition(model);
    let suffix = format!("_{}", model.function.sig.ident.unraw());
    let hidden = Hidden::new(model, kept, &quote!(Self), &suffix).signatures();
    let attributes = hidden_attributes(model);
    let marker = (model.place() == Place::Free).then(|| marker(model, kept));
    quote! {
        #function
        #(#attributes #hidden { ::core::unreachable!() })*
        #marker
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;

    use crate::step::{expand::expand, model};

    /// The functions and types that an editor sees where there was one function.
    fn seen(function: &str) -> Vec<String> {
        let function: TokenStream = function.parse().unwrap();
        let mut model = model(TokenStream::new(), &function).unwrap();
        model.source.is_for_editor = true;
        let expansion: syn::File = syn::parse2(expand(&model)).unwrap();
        let name = |item: &syn::Item| match item {
            syn::Item::Fn(item) => Some(item.sig.ident.to_string()),
            syn::Item::Struct(item) => Some(format!("struct {}", item.ident)),
            _ => None,
        };
        expansion.items.iter().filter_map(name).collect()
    }

    #[test]
    fn a_function_that_may_stand_anywhere_has_its_hidden_parts_in_both_ways() {
        let expected = ["fit", "__zen_step_fit", "__zen_call_fit", "struct fit"];
        assert_eq!(seen("fn fit(x: u64) -> u64 { x }"), expected);
    }

    #[test]
    fn a_function_that_names_self_has_them_as_methods() {
        let expected = ["fit", "__zen_step_fit", "__zen_call_fit"];
        assert_eq!(seen("fn fit(x: u64) -> Self { Self(x) }"), expected);
        assert_eq!(seen("fn fit(self) -> u64 { self.0 }").len(), 3);
    }
}
