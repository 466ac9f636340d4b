//! What a function's signature says about the step.

use proc_macro2::{Ident, Span};
use syn::{
    FnArg, GenericArgument, GenericParam, Generics, ItemFn, Pat, PatType, PathArguments, Receiver,
    ReceiverKind, ReturnType, Type, ext::IdentExt, parse_quote_spanned, spanned::Spanned,
};

use super::options::Options;

/// A signature, taken apart.
pub(super) struct Signature {
    pub(super) parameters: Vec<Parameter>,
    pub(super) generics: Vec<Generic>,
    pub(super) returns: Returns,
}

/// One parameter of the function.
pub(super) struct Parameter {
    /// Its name in the key; `arg0`, `arg1`... for a pattern.
    pub(super) name: String,
    /// What the argument is bound to.
    pub(super) binding: Ident,
    pub(super) ty: Type,
    pub(super) is_receiver: bool,
    /// Whether it is left out of the key.
    pub(super) ignored: bool,
    /// Bound to the argument where the body begins.
    pub(super) pattern: Option<Pat>,
}

/// A generic parameter that is part of the key. Lifetimes are not.
pub(super) enum Generic {
    Type(Ident),
    Const(Ident),
}

/// What the function gives back.
pub(super) struct Returns {
    /// The type of the stored value.
    pub(super) value: Type,
    /// Whether the function returns a `Result` of it.
    pub(super) is_result: bool,
}

impl Signature {
    pub(super) fn of(function: &ItemFn, options: &Options) -> Self {
        let inputs = function.sig.inputs.iter().enumerate();
        Self {
            parameters: inputs
                .map(|(position, input)| Parameter::of(position, input, options))
                .collect(),
            generics: Generic::all(&function.sig.generics),
            returns: Returns::of(&function.sig.output, function.sig.ident.span()),
        }
    }
}

impl Parameter {
    fn of(position: usize, input: &FnArg, options: &Options) -> Self {
        match input {
            FnArg::Receiver(receiver) => Self::receiver(receiver, options),
            FnArg::Typed(typed) => Self::typed(position, typed, options),
        }
    }

    fn receiver(receiver: &Receiver, options: &Options) -> Self {
        let binding = Ident::new("self", receiver.self_token.span);
        Self {
            name: "self".to_owned(),
            ty: receiver_type(receiver),
            is_receiver: true,
            ignored: options.ignored.contains(&binding),
            binding,
            pattern: None,
        }
    }

    fn typed(position: usize, typed: &PatType, options: &Options) -> Self {
        let (binding, pattern) = match &*typed.pat {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
                (name.ident.clone(), None)
            }
            pattern => {
                let name = format!("arg{position}");
                (Ident::new(&name, pattern.span()), Some(pattern.clone()))
            }
        };
        Self {
            name: binding.unraw().to_string(),
            ty: (*typed.ty).clone(),
            is_receiver: false,
            ignored: options.ignored.contains(&binding),
            binding,
            pattern,
        }
    }
}

fn receiver_type(receiver: &Receiver) -> Type {
    let span = receiver.self_token.span;
    match &receiver.kind {
        ReceiverKind::Typed(_, ty) => (**ty).clone(),
        ReceiverKind::Reference(_, lifetime, mutability) => {
            parse_quote_spanned!(span=> & #lifetime #mutability Self)
        }
        _ => parse_quote_spanned!(span=> Self),
    }
}

impl Generic {
    fn all(generics: &Generics) -> Vec<Self> {
        let one = |parameter: &GenericParam| match parameter {
            GenericParam::Type(parameter) => Some(Self::Type(parameter.ident.clone())),
            GenericParam::Const(parameter) => Some(Self::Const(parameter.ident.clone())),
            GenericParam::Lifetime(_) => None,
        };
        generics.params.iter().filter_map(one).collect()
    }

    pub(super) fn ident(&self) -> &Ident {
        match self {
            Self::Type(ident) | Self::Const(ident) => ident,
        }
    }
}

impl Returns {
    fn of(output: &ReturnType, span: Span) -> Self {
        match output {
            ReturnType::Default => Self {
                value: parse_quote_spanned!(span=> ()),
                is_result: false,
            },
            ReturnType::Type(_, ty) => result_value(ty).map_or_else(
                || Self {
                    value: (**ty).clone(),
                    is_result: false,
                },
                |value| Self {
                    value,
                    is_result: true,
                },
            ),
        }
    }
}

/// The `T` of a `Result<T, ..>`, by whatever path it goes.
fn result_value(ty: &Type) -> Option<Type> {
    let Type::Path(path) = plain(ty) else {
        return None;
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let value = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })?;
    (last.ident == "Result").then_some(value)
}

/// The type without the brackets and invisible groups around it.
pub(super) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        ty => ty,
    }
}
