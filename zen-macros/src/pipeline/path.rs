//! From the path of a function to the hidden functions beside it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, ExprPath, PathArguments, ext::IdentExt};

/// The path of a step in the user's code.
pub(super) struct StepPath {
    /// The type that holds the hidden functions.
    owner: TokenStream,
    /// What the names of the hidden functions end in.
    suffix: String,
    /// `::<T>` of the step.
    arguments: PathArguments,
    /// The function's own name.
    pub(super) function: Ident,
}

impl StepPath {
    /// # Errors
    /// If the expression is not a path, or one of a trait's method.
    pub(super) fn of(function: &Expr) -> syn::Result<Self> {
        let Expr::Path(path) = function else {
            return Err(syn::Error::new_spanned(
                function,
                "expected the path of a step, such as `train` or `Model::fit`",
            ));
        };
        if path
            .qself
            .as_ref()
            .is_some_and(|qself| qself.as_token.is_some())
        {
            return Err(syn::Error::new_spanned(
                path,
                "a method of a trait cannot be a part of a pipeline: call it in a function of its \
                 own, and put `#[step]` there",
            ));
        }
        Self::of_path(path)
    }

    fn of_path(path: &ExprPath) -> syn::Result<Self> {
        let mut owner = path.path.clone();
        let last = owner.segments.pop();
        let Some(last) = last else {
            return Err(syn::Error::new_spanned(path, "expected the path of a step"));
        };
        let function = last.ident.clone();
        let arguments = turbofish(last.arguments);
        if let Some(qself) = &path.qself {
            let ty = &qself.ty;
            return Ok(Self {
                owner: quote!(#ty),
                suffix: format!("_{}", function.unraw()),
                arguments,
                function,
            });
        }
        if owner
            .segments
            .last()
            .is_some_and(|segment| is_type(&segment.ident))
        {
            owner.segments.pop_punct();
            return Ok(Self {
                owner: quote!(#owner),
                suffix: format!("_{}", function.unraw()),
                arguments,
                function,
            });
        }
        Ok(Self {
            owner: quote!(#owner #function),
            suffix: String::new(),
            arguments,
            function,
        })
    }

    /// The path of one of the hidden functions, at the place of the function's
    /// own name. In brackets, the compiler takes the owner for a type, and
    /// suggests others of a similar name. To lints it is the macro's own code.
    pub(super) fn hidden(&self, what: &str) -> TokenStream {
        let span = Span::call_site().located_at(self.function.span());
        let name = format_ident!("__zen_{what}{}", self.suffix, span = span);
        let (owner, arguments) = (&self.owner, &self.arguments);
        quote_spanned!(span=> <#owner>::#name #arguments)
    }
}

/// Types start in upper case, modules do not.
fn is_type(ident: &Ident) -> bool {
    ident.unraw().to_string().starts_with(char::is_uppercase)
}

fn turbofish(arguments: PathArguments) -> PathArguments {
    match arguments {
        PathArguments::AngleBracketed(mut arguments) => {
            arguments.colon2_token.get_or_insert_default();
            PathArguments::AngleBracketed(arguments)
        }
        other => other,
    }
}
