//! The hidden functions that a pipeline calls: the step's definition, the step,
//! and a call of it that is not made yet.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{
    GenericParam, Generics, Visibility, WherePredicate, ext::IdentExt, parse_quote,
    parse_quote_spanned, spanned::Spanned,
};

use super::{body, definition};
use crate::step::{
    Model, Place,
    kept::{Kept, mentions},
    signature::{Generic, Parameter},
};

pub(super) struct Hidden<'a> {
    model: &'a Model,
    kept: &'a [Kept],
    /// The type that the functions belong to.
    owner: &'a TokenStream,
    suffix: &'a str,
    /// Those of the step, for functions that take owned values.
    generics: Generics,
}

impl<'a> Hidden<'a> {
    pub(super) fn new(
        model: &'a Model,
        kept: &'a [Kept],
        owner: &'a TokenStream,
        suffix: &'a str,
    ) -> Self {
        Self {
            model,
            kept,
            owner,
            suffix,
            generics: generics(model, kept),
        }
    }

    pub(super) fn functions(&self) -> [TokenStream; 3] {
        let name = self.name("definition");
        let definition = definition::function(self.model, &name, Some(self.vis()));
        [definition, self.step(), self.call()]
    }

    /// What their callers see of the two that a pipeline and `step_ref!` name.
    pub(super) fn signatures(&self) -> [TokenStream; 2] {
        [self.step_signature(), self.call_signature()]
    }

    fn name(&self, what: &str) -> Ident {
        format_ident!("__zen_{what}{}", self.suffix)
    }

    fn vis(&self) -> &Visibility {
        &self.model.function.vis
    }

    fn parameters(&self) -> impl Iterator<Item = (usize, &Parameter, &Kept)> {
        let parameters = self.model.signature.parameters.iter();
        parameters
            .zip(self.kept)
            .enumerate()
            .map(|(position, (parameter, kept))| (position, parameter, kept))
    }

    /// `fn __zen_step<T>() -> Step`.
    fn step_signature(&self) -> TokenStream {
        let (vis, name) = (self.vis(), self.name("step"));
        let (parameters, _, clauses) = self.generics.split_for_impl();
        quote!(#vis fn #name #parameters () -> ::zen_runtime::__private::Step #clauses)
    }

    fn step(&self) -> TokenStream {
        let (signature, owner) = (self.step_signature(), self.owner);
        let definition = self.name("definition");
        let values = self.generic_values();
        let types = self.parameters().map(|(_, parameter, kept)| {
            let ty = &kept.ty;
            if parameter.ignored {
                quote!(::zen_runtime::__private::ParameterType::unkept::<#ty>())
            } else {
                quote!((&&::zen_runtime::__private::TypeProbe::<#ty>::new()).parameter_type())
            }
        });
        let codec = body::codec(self.model);
        let execute = self.execute();
        quote! {
            #signature {
                use ::zen_runtime::__private::{Kept as _, Unkept as _};
                ::zen_runtime::__private::Step::new(
                    <#owner>::#definition(),
                    ::std::vec![#(#values),*],
                    ::std::vec![#(#types),*],
                    #codec,
                    |mut __zen_values| { #execute },
                )
            }
        }
    }

    /// The name and the value of each generic parameter.
    fn generic_values(&self) -> Vec<TokenStream> {
        let owner = (self.model.place() == Place::Inherent).then(|| {
            quote!((
                "Self",
                ::std::string::String::from(::core::any::type_name::<Self>())
            ))
        });
        let generics = self.model.signature.generics.iter().map(|generic| {
            let name = generic.ident().unraw().to_string();
            match generic {
                Generic::Type(ident) => quote! {
                    (#name, ::std::string::String::from(::core::any::type_name::<#ident>()))
                },
                Generic::Const(ident) => quote! {
                    (#name, ::std::string::ToString::to_string(&#ident))
                },
            }
        });
        owner.into_iter().chain(generics).collect()
    }

    /// Calls the function on the values of a run.
    fn execute(&self) -> TokenStream {
        let owner = self.owner;
        let definition = self.name("definition");
        let sig = &self.model.function.sig;
        let take = self.parameters().map(|(position, parameter, kept)| {
            let (local, ty) = (local(position), &kept.ty);
            let taken = if parameter.ignored {
                quote!(__zen_values.take_ignored::<#ty>()?)
            } else {
                quote! {
                    (&&::zen_runtime::__private::TypeProbe::<#ty>::new()).take(&mut __zen_values)?
                }
            };
            if kept.is_passed_by_value() {
                quote!(let #local = #taken.into_owned()?;)
            } else {
                quote!(let #local = #taken;)
            }
        });
        let call = self.function_call();
        let run = if sig.asyncness.is_some() {
            quote! {
                __zen_block_on.run(
                    ::zen_runtime::__private::bypass_async(<#owner>::#definition(), #call)
                )
            }
        } else {
            quote! {
                ::zen_runtime::__private::bypass(<#owner>::#definition(), move || #call)
            }
        };
        let block_on = sig
            .asyncness
            .map(|_| quote!(let __zen_block_on = __zen_values.block_on();));
        let result = if self.model.signature.returns.is_result {
            quote! {
                match #run {
                    ::core::result::Result::Ok(value) => ::core::result::Result::Ok(value),
                    ::core::result::Result::Err(error) => ::core::result::Result::Err(
                        ::zen_runtime::__private::failure!(error)
                    ),
                }
            }
        } else {
            quote!(::core::result::Result::Ok(#run))
        };
        quote! {
            #block_on
            #(#take)*
            #result
        }
    }

    fn function_call(&self) -> TokenStream {
        let ident = &self.model.function.sig.ident;
        let path = if self.model.place() == Place::Free {
            quote!(#ident)
        } else {
            quote!(Self::#ident)
        };
        let generics = turbofish(self.model);
        let arguments = self
            .parameters()
            .map(|(position, _, kept)| kept.pass(&local(position)));
        quote!(#path #generics (#(#arguments),*))
    }

    /// `fn __zen_call<T>(rows: impl IntoArgument<Rows>, ...) -> Call<...>`.
    fn call_signature(&self) -> TokenStream {
        let (vis, name) = (self.vis(), self.name("call"));
        let (parameters, _, clauses) = self.generics.split_for_impl();
        let inputs = self.parameters().map(|(_, parameter, kept)| {
            let (binding, ty) = (argument(parameter), &kept.ty);
            if parameter.ignored {
                quote!(#binding: impl ::zen_runtime::__private::IntoIgnored<#ty>)
            } else {
                quote!(#binding: impl ::zen_runtime::__private::IntoArgument<#ty>)
            }
        });
        let value = &self.model.signature.returns.value;
        let outputs = if self.model.options.outputs.is_empty() {
            quote!(::zen_runtime::__private::One<#value>)
        } else {
            quote!(::zen_runtime::__private::Split<#value>)
        };
        quote! {
            #vis fn #name #parameters (
                #(#inputs),*
            ) -> ::zen_runtime::__private::Call<#outputs> #clauses
        }
    }

    fn call(&self) -> TokenStream {
        let (signature, owner) = (self.call_signature(), self.owner);
        let step = self.name("step");
        let generics = turbofish(self.model);
        let arguments = self.parameters().map(|(_, parameter, kept)| {
            let (binding, ty) = (argument(parameter), &kept.ty);
            if parameter.ignored {
                quote!(::zen_runtime::__private::IntoIgnored::<#ty>::into_ignored(#binding))
            } else {
                quote!(::zen_runtime::__private::IntoArgument::<#ty>::into_argument(#binding))
            }
        });
        quote! {
            #signature {
                ::zen_runtime::__private::Call::new(
                    <#owner>::#step #generics (),
                    ::std::vec![#(#arguments),*],
                )
            }
        }
    }
}

fn local(position: usize) -> Ident {
    format_ident!("__zen_{position}")
}

/// The parameter's own name, so that the compiler speaks of it.
fn argument(parameter: &Parameter) -> Ident {
    if parameter.is_receiver {
        Ident::new("__zen_self", Span::call_site())
    } else {
        parameter.binding.clone()
    }
}

/// `::<T, N>`, without lifetimes.
fn turbofish(model: &Model) -> Option<TokenStream> {
    let generics = &model.signature.generics;
    let idents = generics.iter().map(Generic::ident);
    (!generics.is_empty()).then(|| quote!(::<#(#idents),*>))
}

/// Type and const parameters with their bounds; what is kept of a generic
/// parameter must be storable.
fn generics(model: &Model, kept: &[Kept]) -> Generics {
    let mut generics = model.function.sig.generics.clone();
    generics.params = generics
        .params
        .into_iter()
        .filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)))
        .collect();
    if let Some(clause) = &mut generics.where_clause {
        clause.predicates = std::mem::take(&mut clause.predicates)
            .into_iter()
            .filter(|predicate| matches!(predicate, WherePredicate::Type(_)))
            .collect();
    }
    let idents = model.signature.generics.iter().map(Generic::ident);
    let names: HashSet<_> = idents.map(ToString::to_string).collect();
    for (parameter, kept) in model.signature.parameters.iter().zip(kept) {
        let ty = &kept.ty;
        if mentions(ty, &names) {
            let span = parameter.ty.to_token_stream().span();
            let predicate: WherePredicate = if parameter.ignored {
                parse_quote!(#ty: 'static)
            } else {
                parse_quote_spanned!(span=> #ty: ::zen_runtime::__private::Storable)
            };
            generics.make_where_clause().predicates.push(predicate);
        }
    }
    let value = model.signature.returns.value.to_token_stream();
    if mentions(&value, &names) {
        let predicate = parse_quote!(#value: ::zen_runtime::__private::Storable);
        generics.make_where_clause().predicates.push(predicate);
    }
    generics
}
