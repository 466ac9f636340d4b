//! The function itself: its signature as it was, its body behind the runtime.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Block, FnArg, Pat, ReturnType, Type, ext::IdentExt, parse_quote, spanned::Spanned};

use crate::step::{
    Model, Place,
    kept::mentions,
    signature::{Generic, Parameter, plain},
};

/// The function that the user calls. `definition` gives the step's definition;
/// `inner` are items that stand at the top of the body.
pub(super) fn function(
    model: &Model,
    definition: &TokenStream,
    inner: Option<&TokenStream>,
) -> TokenStream {
    let mut function = model.function.clone();
    for (input, parameter) in function
        .sig
        .inputs
        .iter_mut()
        .zip(&model.signature.parameters)
    {
        bind_to_a_name(input, parameter);
    }
    let check = check_no_result(model);
    let codec = codec(model);
    let collect = collect(model);
    let run = run(model);
    let block: Block = parse_quote!({
        #inner
        #check
        ::zen_runtime::__private::begin(#definition, #codec, |__zen_arguments| { #collect }) #run
    });
    *function.block = block;
    function.to_token_stream()
}

/// A pattern is taken apart in the body: the whole is part of the key.
fn bind_to_a_name(input: &mut FnArg, parameter: &Parameter) {
    if let (FnArg::Typed(typed), Some(_)) = (input, &parameter.pattern) {
        let binding = &parameter.binding;
        *typed.pat = Pat::Verbatim(quote!(#binding));
    }
}

/// How the value becomes artifacts.
pub(super) fn codec(model: &Model) -> TokenStream {
    let value = &model.signature.returns.value;
    let make = if !model.options.outputs.is_empty() {
        "split"
    } else if matches!(plain(value), Type::Array(_)) {
        "array"
    } else {
        "one"
    };
    let span = value.span();
    let make = Ident::new(make, span.resolved_at(Span::mixed_site()));
    // The compiler tells about a type that cannot be stored at these tokens.
    quote_spanned!(span=> ::zen_runtime::__private::OutputCodec::<#value>::#make())
}

/// An alias of `Result` does not look like one. Without this, an `Err` would be
/// stored.
fn check_no_result(model: &Model) -> Option<TokenStream> {
    let returns = &model.signature.returns;
    if returns.is_result || matches!(model.function.sig.output, ReturnType::Default) {
        return None;
    }
    let value = &returns.value;
    let assertion = quote_spanned! {value.span()=>
        ::core::assert!(
            !::zen_runtime::__private::ReturnProbe::<#value>::IS_RESULT,
            "zen stores the value of an `Ok`, and must see its type: \
             spell the return type as `Result<T, E>`",
        );
    };
    let assertion = quote!({
        use ::zen_runtime::__private::NoResult as _;
        #assertion
    });
    // An item cannot name generic parameters, but it is checked at once; a block
    // is checked when the function is compiled.
    Some(if may_be_generic(model) {
        quote!(const #assertion)
    } else {
        quote!(const _: () = #assertion;)
    })
}

fn may_be_generic(model: &Model) -> bool {
    let generics = &model.signature.generics;
    let names: HashSet<_> = generics.iter().map(|g| g.ident().to_string()).collect();
    model.place() != Place::Free
        || mentions(&model.signature.returns.value.to_token_stream(), &names)
}

/// What is part of the key beside the definition.
fn collect(model: &Model) -> TokenStream {
    let generics = model.signature.generics.iter().map(generic);
    let owner = (model.place() != Place::Free)
        .then(|| quote!(__zen_arguments.generic("Self", ::core::any::type_name::<Self>());));
    let keyed = model.signature.parameters.iter().filter(|p| !p.ignored);
    let arguments = keyed.map(argument);
    quote! {
        #owner
        #(#generics)*
        #(#arguments)*
    }
}

fn generic(generic: &Generic) -> TokenStream {
    let name = generic.ident().unraw().to_string();
    match generic {
        Generic::Type(ident) => {
            quote!(__zen_arguments.generic(#name, ::core::any::type_name::<#ident>());)
        }
        Generic::Const(ident) => quote!(__zen_arguments.generic_value(#name, #ident);),
    }
}

/// The compiler tells about the argument's type at the type.
fn argument(parameter: &Parameter) -> TokenStream {
    let name = &parameter.name;
    let ty = plain(&parameter.ty);
    let span = ty.span();
    let mut binding = parameter.binding.clone();
    binding.set_span(span.resolved_at(binding.span()));
    let opaque = matches!(ty, Type::ImplTrait(_)).then(|| {
        let label = format!("impl {name}");
        quote!(__zen_arguments.generic(#label, ::core::any::type_name_of_val(&#binding));)
    });
    let add = match ty {
        Type::Array(_) => quote!(add_array(#name, &#binding[..])),
        Type::Reference(reference) if matches!(plain(&reference.elem), Type::Array(_)) => {
            quote!(add_array(#name, &#binding[..]))
        }
        Type::Reference(_) => quote!(add(#name, #binding)),
        _ => {
            let reference = quote_spanned!(span=> &);
            quote!(add(#name, #reference #binding))
        }
    };
    quote! {
        #opaque
        __zen_arguments.#add;
    }
}

/// The method of the begun call that takes the body.
fn run(model: &Model) -> TokenStream {
    let sig = &model.function.sig;
    let is_result = model.signature.returns.is_result;
    let patterns = model.signature.parameters.iter().filter_map(|parameter| {
        let (pattern, binding) = (parameter.pattern.as_ref()?, &parameter.binding);
        Some(quote!(let #pattern = #binding;))
    });
    let statements = &model.function.block.stmts;
    if sig.asyncness.is_none() {
        let method = method(is_result, "value", "result");
        let output = &sig.output;
        return quote!(.#method(move || #output { #(#patterns)* #(#statements)* }));
    }
    let method = method(is_result, "value_async", "result_async");
    let pin = pin_output(&sig.output);
    quote!(.#method(async move { #pin #(#patterns)* #(#statements)* }).await)
}

fn method(is_result: bool, value: &str, result: &str) -> Ident {
    let name = if is_result { result } else { value };
    Ident::new(name, Span::call_site())
}

/// An async block has no place for its type. A `return` that is never reached
/// tells it, as in the `tracing` crate's attribute.
fn pin_output(output: &ReturnType) -> Option<TokenStream> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    Some(quote! {
        #[allow(
            unreachable_code,
            clippy::diverging_sub_expression,
            clippy::empty_loop,
            clippy::let_unit_value,
            clippy::needless_return,
            clippy::unreachable
        )]
        if false {
            let __zen_output: #ty = loop {};
            return __zen_output;
        }
    })
}
