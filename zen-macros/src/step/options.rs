//! What stands in the parentheses of `#[step(...)]`.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Expr, ExprLit, Lit, LitStr, Meta, MetaList, MetaNameValue, Token,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use crate::ctxt::Ctxt;

/// The options of one step.
#[derive(Default)]
pub(super) struct Options {
    pub(super) name: Option<LitStr>,
    pub(super) version: Option<String>,
    /// Arguments that are not part of the key.
    pub(super) ignored: Vec<Ident>,
    /// Set by `cache = false`.
    pub(super) uncached: bool,
    /// One artifact per element of the returned tuple; empty for one artifact.
    pub(super) outputs: Vec<Ident>,
    /// Environment variables that are part of the key.
    pub(super) env: Vec<LitStr>,
    /// What the source takes in beside what the function reaches.
    pub(super) depends: Vec<Depends>,
    /// Set by `source = "own"`: the function's own tokens alone.
    pub(super) own_source: bool,
}

/// A file, or an item by its path.
pub(super) enum Depends {
    File(LitStr),
    Item(syn::Path),
}

impl Parse for Depends {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse().map(Self::File);
        }
        input.parse().map(Self::Item)
    }
}

impl ToTokens for Depends {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::File(path) => path.to_tokens(tokens),
            Self::Item(path) => path.to_tokens(tokens),
        }
    }
}

const KNOWN: &str = "`name = \"..\"`, `version = ..`, `ignore(..)`, `cache = false`, \
                     `outputs(..)`, `env(\"..\")`, `depends(..)`, `source = \"own\"`";

impl Options {
    pub(super) fn parse(ctxt: &Ctxt, arguments: TokenStream) -> Self {
        let mut options = Self::default();
        let metas = match Punctuated::<Meta, Token![,]>::parse_terminated.parse2(arguments) {
            Ok(metas) => metas,
            Err(error) => {
                ctxt.push(error);
                return options;
            }
        };
        let mut seen = HashSet::new();
        for meta in &metas {
            let option = meta.path().to_token_stream().to_string();
            if seen.insert(option.clone()) {
                options.take(ctxt, &option, meta);
            } else {
                ctxt.error(meta.path(), format!("`{option}` is given twice"));
            }
        }
        options
    }

    fn take(&mut self, ctxt: &Ctxt, option: &str, meta: &Meta) {
        match option {
            "name" => self.name = ctxt.ok(name(meta)),
            "version" => self.version = ctxt.ok(version(meta)),
            "cache" => self.uncached = ctxt.ok(cache(meta)).is_some_and(|cache| !cache),
            "ignore" => self.ignored = ctxt.ok(idents(meta, "x, y")).unwrap_or_default(),
            "outputs" => self.outputs = ctxt.ok(idents(meta, "train, test")).unwrap_or_default(),
            "env" => self.env = strings(ctxt, meta, "TZ"),
            "depends" => self.depends = depends(ctxt, meta),
            "source" => self.own_source = ctxt.ok(own_source(meta)).is_some(),
            _ => ctxt.error(
                meta.path(),
                format!("unknown option `{option}`: `#[step]` takes {KNOWN}"),
            ),
        }
    }
}

fn expected(meta: &Meta, form: &str) -> syn::Error {
    syn::Error::new_spanned(meta, format!("expected `{form}`"))
}

fn literal(meta: &Meta) -> Option<&Lit> {
    match meta {
        Meta::NameValue(MetaNameValue {
            value: Expr::Lit(ExprLit { lit, .. }),
            ..
        }) => Some(lit),
        _ => None,
    }
}

fn name(meta: &Meta) -> syn::Result<LitStr> {
    match literal(meta) {
        Some(Lit::Str(name)) if name.value().trim().is_empty() => Err(syn::Error::new_spanned(
            name,
            "a step's name must not be empty: leave `name` out to use the function's path",
        )),
        Some(Lit::Str(name)) => Ok(name.clone()),
        _ => Err(expected(meta, "name = \"..\"")),
    }
}

/// A number and its text are the same version.
fn version(meta: &Meta) -> syn::Result<String> {
    match literal(meta) {
        Some(Lit::Str(version)) => Ok(version.value()),
        Some(Lit::Int(version)) => Ok(version.base10_digits().to_owned()),
        _ => Err(expected(meta, "version = 2` or `version = \"2\"")),
    }
}

fn cache(meta: &Meta) -> syn::Result<bool> {
    match literal(meta) {
        Some(Lit::Bool(cache)) => Ok(cache.value),
        _ => Err(expected(meta, "cache = false")),
    }
}

/// Any identifier, `self` too.
struct AnyIdent(Ident);

impl Parse for AnyIdent {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Ident::parse_any).map(Self)
    }
}

fn idents(meta: &Meta, example: &str) -> syn::Result<Vec<Ident>> {
    let option = meta.path().to_token_stream();
    let form = format!("{option}({example})");
    let list = list(meta).ok_or_else(|| expected(meta, &form))?;
    let idents = list
        .parse_args_with(Punctuated::<AnyIdent, Token![,]>::parse_terminated)
        .map_err(|error| with_form(&error, &form))?;
    if idents.is_empty() {
        return Err(expected(meta, &form));
    }
    Ok(idents.into_iter().map(|AnyIdent(ident)| ident).collect())
}

/// String literals, none of them empty or given twice.
fn strings(ctxt: &Ctxt, meta: &Meta, example: &str) -> Vec<LitStr> {
    let option = meta.path().to_token_stream();
    let form = format!("{option}(\"{example}\")");
    let strings = list(meta)
        .ok_or_else(|| expected(meta, &form))
        .and_then(|list| {
            list.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated)
                .map_err(|error| with_form(&error, &form))
        })
        .and_then(|strings| {
            if strings.is_empty() {
                return Err(expected(meta, &form));
            }
            Ok(strings)
        });
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for string in ctxt.ok(strings).into_iter().flatten() {
        let value = string.value();
        if value.is_empty() {
            ctxt.error(&string, format!("`{option}` must not hold an empty string"));
        } else if seen.insert(value.clone()) {
            kept.push(string);
        } else {
            ctxt.error(&string, format!("`{value}` is given twice"));
        }
    }
    kept
}

fn depends(ctxt: &Ctxt, meta: &Meta) -> Vec<Depends> {
    let form = "depends(plugin::VERSION, \"data/constants.toml\")";
    let parsed = list(meta)
        .ok_or_else(|| expected(meta, form))
        .and_then(|list| {
            list.parse_args_with(Punctuated::<Depends, Token![,]>::parse_terminated)
                .map_err(|error| with_form(&error, form))
        })
        .and_then(|all| {
            if all.is_empty() {
                return Err(expected(meta, form));
            }
            Ok(all)
        });
    let all: Vec<_> = ctxt.ok(parsed).into_iter().flatten().collect();
    let mut seen = HashSet::new();
    for one in &all {
        if !seen.insert(one.to_token_stream().to_string()) {
            let text = one.to_token_stream();
            ctxt.error(one, format!("`{text}` is given twice"));
        }
        if let Depends::File(path) = one {
            check_path(ctxt, path);
        }
    }
    all
}

fn own_source(meta: &Meta) -> syn::Result<()> {
    match literal(meta) {
        Some(Lit::Str(source)) if source.value() == "own" => Ok(()),
        _ => Err(expected(meta, "source = \"own\"")),
    }
}

fn list(meta: &Meta) -> Option<&MetaList> {
    match meta {
        Meta::List(list) => Some(list),
        _ => None,
    }
}

fn with_form(error: &syn::Error, form: &str) -> syn::Error {
    syn::Error::new(error.span(), format!("{error}: write `{form}`"))
}

/// Another checkout has another root: only what is relative can be shared.
fn check_path(ctxt: &Ctxt, path: &LitStr) {
    if path.value().is_empty() {
        ctxt.error(path, "`depends` must not hold an empty string");
    }
    if std::path::Path::new(&path.value()).is_absolute() {
        ctxt.error(
            path,
            "an absolute path differs from machine to machine: write it relative to the \
             package's folder",
        );
    }
}
