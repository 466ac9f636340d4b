//! How a pipeline keeps a parameter: a step that takes a `&str` is handed a
//! `String`.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Expr, ExprLit, GenericArgument, GenericParam, Generics, Lifetime, Lit, Path, PathArguments,
    Type, TypeArray, TypeImplTrait, TypeParamBound, TypeReference, TypeTraitObject, WherePredicate,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::signature::{Parameter, plain};

/// The owned type of a parameter, and how the function is called with it.
pub(super) struct Kept {
    pub(super) ty: TokenStream,
    pass: Pass,
}

/// From the owned value to the argument.
enum Pass {
    /// The value itself.
    Owned,
    /// `&T` of a `T`.
    Reference,
    /// `&str` of a `String`, `&[T]` of a `Vec<T>`...
    Deref,
    /// `Option<&T>` of an `Option<T>`.
    OptionReference,
    /// `Option<&str>` of an `Option<String>`...
    OptionDeref,
}

impl Kept {
    /// `None` if a pipeline cannot keep such a parameter: the step can be
    /// called, but not be a part of a pipeline. `generics` are the function's.
    pub(super) fn of(parameter: &Parameter, generics: &Generics) -> Option<Self> {
        let ty = plain(&parameter.ty);
        if let Type::Reference(reference) = ty {
            return Self::reference(reference, generics);
        }
        if let Some(inner) = option_of_reference(ty) {
            let kept = Self::reference(inner, generics)?;
            let inner = &kept.ty;
            let pass = match kept.pass {
                Pass::Deref => Pass::OptionDeref,
                _ => Pass::OptionReference,
            };
            return Some(Self {
                ty: quote_spanned!(ty.span()=> ::core::option::Option<#inner>),
                pass,
            });
        }
        is_owned(ty).then(|| Self {
            ty: quote!(#ty),
            pass: Pass::Owned,
        })
    }

    fn reference(reference: &TypeReference, generics: &Generics) -> Option<Self> {
        let target = plain(&reference.elem);
        if !is_owned(target) || !is_any_lifetime(reference.lifetime.as_ref(), generics) {
            return None;
        }
        Some(match unsized_owner(target) {
            Some(ty) => Self {
                ty,
                pass: Pass::Deref,
            },
            None => Self {
                ty: quote!(#target),
                pass: Pass::Reference,
            },
        })
    }

    /// Whether the function takes the value itself, not a reference to it.
    pub(super) fn is_passed_by_value(&self) -> bool {
        matches!(self.pass, Pass::Owned)
    }

    /// The argument from `value`, which is the owned value, or derefs to it.
    pub(super) fn pass(&self, value: &Ident) -> TokenStream {
        match self.pass {
            Pass::Owned => quote!(#value),
            Pass::Reference => quote!(&*#value),
            Pass::Deref => quote!(&**#value),
            Pass::OptionReference => quote!((*#value).as_ref()),
            Pass::OptionDeref => quote!((*#value).as_deref()),
        }
    }
}

/// Whether the function takes a reference of whatever lifetime its caller has:
/// not of `'static`, nor of one that an `impl` block names.
fn is_any_lifetime(lifetime: Option<&Lifetime>, generics: &Generics) -> bool {
    lifetime.is_none_or(|lifetime| {
        let declared = generics.lifetimes().any(|own| own.lifetime == *lifetime);
        lifetime.ident == "_" || declared
    })
}

/// The owned form of a type that has no size.
fn unsized_owner(ty: &Type) -> Option<TokenStream> {
    let span = ty.span();
    match ty {
        Type::Slice(slice) => {
            let element = &slice.elem;
            Some(quote_spanned!(span=> ::std::vec::Vec<#element>))
        }
        Type::Path(path) if path.qself.is_none() => match last_plain(&path.path)?.as_str() {
            "str" => Some(quote_spanned!(span=> ::std::string::String)),
            "Path" => Some(quote_spanned!(span=> ::std::path::PathBuf)),
            "OsStr" => Some(quote_spanned!(span=> ::std::ffi::OsString)),
            "CStr" => Some(quote_spanned!(span=> ::std::ffi::CString)),
            _ => None,
        },
        _ => None,
    }
}

/// The last segment of a path, if it has no arguments.
fn last_plain(path: &Path) -> Option<String> {
    let last = path.segments.last()?;
    last.arguments.is_none().then(|| last.ident.to_string())
}

/// The `&T` of an `Option<&T>`.
fn option_of_reference(ty: &Type) -> Option<&TypeReference> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments
        .args
        .first()
        .map(|argument| (argument, &last.ident))
    {
        Some((GenericArgument::Type(inner), option)) if option == "Option" => match plain(inner) {
            Type::Reference(reference) => Some(reference),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a type owns all it holds, as far as its name tells, and serde knows
/// its arrays.
fn is_owned(ty: &Type) -> bool {
    let mut search = Borrows(false);
    search.visit_type(ty);
    !search.0
}

struct Borrows(bool);

impl<'ast> Visit<'ast> for Borrows {
    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        self.0 |= lifetime.ident != "static";
    }

    fn visit_type_reference(&mut self, _: &'ast TypeReference) {
        self.0 = true;
    }

    fn visit_type_trait_object(&mut self, _: &'ast TypeTraitObject) {
        self.0 = true;
    }

    fn visit_type_impl_trait(&mut self, _: &'ast TypeImplTrait) {
        self.0 = true;
    }

    fn visit_type_array(&mut self, array: &'ast TypeArray) {
        self.0 |= !is_known_to_serde(array);
        visit::visit_type_array(self, array);
    }
}

/// serde implements its traits for arrays of up to 32 elements.
fn is_known_to_serde(array: &TypeArray) -> bool {
    match &array.len {
        Expr::Lit(ExprLit {
            lit: Lit::Int(length),
            ..
        }) => length
            .base10_parse::<usize>()
            .is_ok_and(|length| length <= 32),
        _ => false,
    }
}

/// Whether generic parameters can be repeated on functions that take owned
/// values: no bound names a lifetime, and every type has a size.
pub(super) fn are_keepable(generics: &Generics) -> bool {
    let mut search = Borrows(false);
    for parameter in &generics.params {
        if let GenericParam::Type(parameter) = parameter {
            bounds(&mut search, &parameter.bounds);
        }
    }
    for predicate in generics.where_clause.iter().flat_map(|w| &w.predicates) {
        if let WherePredicate::Type(predicate) = predicate {
            search.visit_type(&predicate.bounded_ty);
            bounds(&mut search, &predicate.bounds);
        }
    }
    !search.0
}

fn bounds<'a>(search: &mut Borrows, bounds: impl IntoIterator<Item = &'a TypeParamBound>) {
    for bound in bounds {
        let text = quote!(#bound).to_string();
        search.0 |= text.starts_with('?');
        // A lifetime that the bound itself introduces is its own affair.
        if !text.starts_with("for") {
            search.visit_type_param_bound(bound);
        }
    }
}

/// Whether `tokens` name one of `idents`.
pub(super) fn mentions(tokens: &TokenStream, idents: &HashSet<String>) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => idents.contains(&ident.to_string()),
        proc_macro2::TokenTree::Group(group) => mentions(&group.stream(), idents),
        _ => false,
    })
}
