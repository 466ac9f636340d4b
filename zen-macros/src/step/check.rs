//! What cannot be a step, told at the tokens that say so.

use std::collections::HashSet;

use proc_macro2::Ident;
use quote::{ToTokens, quote};
use syn::{
    Attribute, FnArg, GenericParam, ItemFn, Lifetime, Safety, Type, TypeFnPtr, TypeImplTrait,
    TypeNever, TypeParamBound, TypePtr, TypeReference, TypeTraitObject, WherePredicate,
    ext::IdentExt,
    visit::{self, Visit},
};

use super::{
    kept::mentions,
    options::Options,
    signature::{Parameter, Signature, plain},
};
use crate::ctxt::Ctxt;

pub(super) fn check(ctxt: &Ctxt, function: &ItemFn, signature: &Signature, options: &Options) {
    qualifiers(ctxt, function);
    attributes(ctxt, function);
    parameters(ctxt, signature);
    function_generics(ctxt, function, signature);
    ignored(ctxt, signature, options);
    returned(ctxt, signature);
    outputs(ctxt, signature, options);
}

/// `const`, `unsafe`, `extern` and `...`.
fn qualifiers(ctxt: &Ctxt, function: &ItemFn) {
    let sig = &function.sig;
    if let Some(token) = &sig.constness {
        ctxt.error(
            token,
            "a step looks into the store, which a `const fn` cannot: remove `const`",
        );
    }
    if let Safety::Unsafe(token) = &sig.safety {
        ctxt.error(
            token,
            "a step must be safe to call from a run: check what it requires in a safe function \
             around the unsafe one, and put `#[step]` there",
        );
    }
    if let Some(abi) = &sig.abi {
        ctxt.error(abi, "a step is an ordinary Rust function: remove `extern`");
    }
    if let Some(variadic) = &sig.variadic {
        ctxt.error(variadic, "a step takes a fixed number of arguments");
    }
}

/// A parameter that may not be there would have to be left out of the key too.
fn attributes(ctxt: &Ctxt, function: &ItemFn) {
    let on_parameters = function.sig.inputs.iter().flat_map(|input| match input {
        FnArg::Receiver(receiver) => &receiver.attrs,
        FnArg::Typed(typed) => &typed.attrs,
    });
    let conditional = |attribute: &&Attribute| {
        attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
    };
    for attribute in on_parameters.filter(conditional) {
        ctxt.error(
            attribute,
            "a parameter of a step cannot be conditional: put the `#[cfg]` on the function, and \
             write one function for each case",
        );
    }
}

fn parameters(ctxt: &Ctxt, signature: &Signature) {
    for parameter in &signature.parameters {
        let mut search = BadParameter { ctxt, parameter };
        search.visit_type(&parameter.ty);
    }
}

struct BadParameter<'a> {
    ctxt: &'a Ctxt,
    parameter: &'a Parameter,
}

impl BadParameter<'_> {
    fn function(&self, tokens: impl ToTokens) {
        if !self.parameter.ignored {
            self.ctxt.error(tokens, no_identity(&self.parameter.name));
        }
    }
}

fn no_identity(parameter: &str) -> String {
    format!(
        "a function has no content that zen could compare: pass what it depends on, or leave it \
         out of the key with `#[step(ignore({parameter}))]`"
    )
}

impl<'ast> Visit<'ast> for BadParameter<'_> {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if let Some(token) = &reference.mutability {
            let what = if self.parameter.is_receiver {
                "take `self` by value, and return the changed value"
            } else {
                "take the value itself, and return the changed one"
            };
            let and = &reference.and_token;
            self.ctxt.error(
                quote!(#and #token),
                format!("a cached call would not change what `&mut` points to: {what}"),
            );
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_type_ptr(&mut self, pointer: &'ast TypePtr) {
        self.ctxt.error(
            pointer,
            "a raw pointer has no content that zen could compare: pass a reference or a value",
        );
    }

    fn visit_type_fn_ptr(&mut self, pointer: &'ast TypeFnPtr) {
        self.function(pointer);
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        if ty.bounds.iter().any(is_function_bound) {
            self.function(ty);
        } else {
            visit::visit_type_impl_trait(self, ty);
        }
    }

    fn visit_type_trait_object(&mut self, ty: &'ast TypeTraitObject) {
        if ty.bounds.iter().any(is_function_bound) {
            self.function(ty);
        } else {
            visit::visit_type_trait_object(self, ty);
        }
    }
}

/// `Fn(..)`, `FnMut(..)`, `FnOnce(..)` and their async kin.
fn is_function_bound(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else {
        return false;
    };
    bound.path.segments.last().is_some_and(|last| {
        let name = last.ident.to_string();
        let name = name.strip_prefix("Async").unwrap_or(&name);
        matches!(name, "Fn" | "FnMut" | "FnOnce")
    })
}

/// Type parameters that stand for a function which is part of the key.
fn function_generics(ctxt: &Ctxt, function: &ItemFn, signature: &Signature) {
    let user_of = |ident: String| {
        let names = HashSet::from([ident]);
        let mut kept = signature.parameters.iter().filter(|p| !p.ignored);
        kept.find(|parameter| mentions(&parameter.ty.to_token_stream(), &names))
    };
    for (ident, bound) in bounds(function) {
        if let (true, Some(parameter)) = (is_function_bound(bound), user_of(ident)) {
            ctxt.error(bound, no_identity(&parameter.name));
        }
    }
}

/// All bounds on type parameters, in the brackets and in the `where` clause.
fn bounds(function: &ItemFn) -> impl Iterator<Item = (String, &TypeParamBound)> {
    let generics = &function.sig.generics;
    let inline = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some((parameter.ident.to_string(), &parameter.bounds)),
            _ => None,
        });
    let predicates = generics.where_clause.iter().flat_map(|w| &w.predicates);
    let predicates = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => {
            let ty = predicate.bounded_ty.to_token_stream().to_string();
            Some((ty, &predicate.bounds))
        }
        _ => None,
    });
    inline
        .chain(predicates)
        .flat_map(|(ident, bounds)| bounds.iter().map(move |bound| (ident.clone(), bound)))
}

fn ignored(ctxt: &Ctxt, signature: &Signature, options: &Options) {
    let names: Vec<_> = signature
        .parameters
        .iter()
        .map(|parameter| format!("`{}`", parameter.name))
        .collect();
    let mut seen = HashSet::new();
    for ident in &options.ignored {
        let name = ident.unraw().to_string();
        if !signature.parameters.iter().any(|p| p.name == name) {
            let known = if names.is_empty() {
                "the function takes none".to_owned()
            } else {
                format!("there are {}", names.join(", "))
            };
            ctxt.error(ident, format!("no argument is named `{name}`: {known}"));
        } else if !seen.insert(name.clone()) {
            ctxt.error(ident, format!("`{name}` is given twice"));
        }
    }
}

fn returned(ctxt: &Ctxt, signature: &Signature) {
    BadReturn { ctxt }.visit_type(&signature.returns.value);
}

struct BadReturn<'a> {
    ctxt: &'a Ctxt,
}

impl<'ast> Visit<'ast> for BadReturn<'_> {
    fn visit_type_path(&mut self, path: &'ast syn::TypePath) {
        let last = path.path.segments.last();
        if last.is_some_and(|last| last.ident == "Result" && last.arguments.is_none()) {
            self.ctxt.error(
                path,
                "zen stores the value of an `Ok`, and must see its type: spell the return type as \
                 `Result<T, E>`",
            );
        }
        visit::visit_type_path(self, path);
    }

    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        let owned = match plain(&reference.elem) {
            Type::Slice(slice) => format!("`Vec<{}>`", shown(&slice.elem)),
            Type::Path(path) if path.path.is_ident("str") => "`String`".to_owned(),
            Type::Path(path) if path.path.is_ident("Path") => "`PathBuf`".to_owned(),
            target => format!("`{}`", shown(target)),
        };
        self.ctxt.error(
            reference,
            format!("a step's result is stored, and must own its data: return {owned}"),
        );
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.ctxt.error(
                lifetime,
                "a step's result is stored, and must own its data: return a type without a \
                 lifetime",
            );
        }
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.ctxt.error(
            ty,
            "a step's result is stored, and read back as the same type: name the type instead of \
             `impl Trait`",
        );
    }

    fn visit_type_trait_object(&mut self, ty: &'ast TypeTraitObject) {
        self.ctxt.error(
            ty,
            "a trait object cannot be read back: return a type of its own, such as an enum of the \
             types that it can be",
        );
    }

    fn visit_type_ptr(&mut self, ty: &'ast TypePtr) {
        self.ctxt
            .error(ty, "a raw pointer cannot be stored: return the value");
    }

    fn visit_type_fn_ptr(&mut self, ty: &'ast TypeFnPtr) {
        self.ctxt.error(
            ty,
            "a function cannot be stored: return the data that it is made from",
        );
    }

    fn visit_type_never(&mut self, ty: &'ast TypeNever) {
        self.ctxt.error(
            ty,
            "a function that never returns has no result to cache: remove `#[step]`",
        );
    }
}

fn outputs(ctxt: &Ctxt, signature: &Signature, options: &Options) {
    let Some(first) = options.outputs.first() else {
        return;
    };
    duplicates(ctxt, &options.outputs);
    let value = plain(&signature.returns.value);
    let Type::Tuple(tuple) = value else {
        ctxt.error(
            first,
            format!(
                "`outputs` names the elements of a returned tuple, and this step returns `{}`: \
                 remove it, or return a tuple",
                shown(value)
            ),
        );
        return;
    };
    let (named, returned) = (options.outputs.len(), tuple.elems.len());
    if named == 1 {
        ctxt.error(
            first,
            "a single output needs no name: remove `outputs`, or name every element of the tuple",
        );
    } else if named != returned {
        let all = &options.outputs;
        ctxt.error(
            quote!(#(#all),*),
            format!("{named} outputs are named, but the step returns a tuple of {returned}"),
        );
    } else if returned > MAX_OUTPUTS {
        ctxt.error(
            tuple,
            format!("a step has at most {MAX_OUTPUTS} outputs: return a struct in place of some"),
        );
    }
}

/// As many as the tuples of the runtime.
const MAX_OUTPUTS: usize = 12;

fn duplicates(ctxt: &Ctxt, outputs: &[Ident]) {
    let mut seen = HashSet::new();
    for output in outputs {
        if !seen.insert(output.unraw().to_string()) {
            ctxt.error(
                output,
                format!("two outputs are named `{output}`: each needs a name of its own"),
            );
        }
    }
}

/// A type as a person would write it.
fn shown(ty: &Type) -> String {
    let spaced = ty.to_token_stream().to_string();
    [
        (" < ", "<"),
        (" >", ">"),
        (" :: ", "::"),
        ("& ", "&"),
        (" ,", ","),
    ]
    .into_iter()
    .fold(spaced, |text, (from, to)| text.replace(from, to))
}
