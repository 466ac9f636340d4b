//! What decides a step's result beside its arguments: its source.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{ItemFn, visit::Visit};
use zen_source::{Closure, Item, Request, Unread};

use super::{kept::mentions, options::Options};

/// Where a step stands.
pub(super) use zen_source::Place;

/// Sets the hash apart from any other, and from that of other rules.
const DOMAIN: &[u8] = b"zen step source 2";

/// The source of a step.
pub(super) struct Source {
    /// Of the function and all that it reaches.
    pub(super) hash: [u8; 32],
    /// Of the function alone.
    own: [u8; 32],
    /// What it reaches.
    pub(super) items: Vec<Item>,
    /// Conditions of `cfg`, for the compiler to tell.
    pub(super) conditions: Vec<String>,
    pub(super) place: Place,
    /// Whether an editor asks: nothing is run, and the place is a guess.
    pub(super) is_for_editor: bool,
}

impl Source {
    pub(super) fn of(function: &ItemFn, item: &TokenStream, options: &Options) -> Self {
        let closure = closure(function, item, options);
        let is_for_editor = matches!(closure, Err(Unread::Editor));
        let closure = match closure {
            Ok(closure) => closure,
            Err(Unread::Editor) => Closure::default(),
            Err(why) => Closure {
                items: vec![Item::unknown(format!("source that cannot be read: {why}"))],
                ..Closure::default()
            },
        };
        let Closure {
            items,
            conditions,
            place,
            ..
        } = closure;
        let function_hash = zen_source::hash_of(item.clone());
        Self {
            hash: hash(&function_hash, options, &items),
            own: hash(&function_hash, options, &[]),
            items,
            conditions,
            place: place.unwrap_or_else(|| guess(function)),
            is_for_editor,
        }
    }

    /// The function itself, as one of the items that its source consists of.
    pub(super) fn own_item(&self) -> Item {
        Item {
            label: "its own body".to_owned(),
            hash: self.own,
        }
    }
}

/// Nothing but the function itself for a step that wants no more, and outside of
/// the compiler.
fn closure(function: &ItemFn, item: &TokenStream, options: &Options) -> Result<Closure, Unread> {
    if !proc_macro::is_available() || options.own_source {
        return Ok(Closure::default());
    }
    let file = proc_macro::Span::call_site().local_file();
    // As the compiler gave them: a parser does not keep which marks are joined.
    let mut request = Request::from_environment(item.clone(), file)?;
    request.open = open(function);
    request.depends = options
        .depends
        .iter()
        .map(ToTokens::to_token_stream)
        .collect();
    Closure::of(&request)
}

fn hash(function: &[u8; 32], options: &Options, items: &[Item]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(DOMAIN);
    hasher.update(function);
    // Their number is the number of artifacts; their names are labels.
    hasher.update(&(options.outputs.len() as u64).to_le_bytes());
    for item in items {
        hasher.update(&(item.label.len() as u64).to_le_bytes());
        hasher.update(item.label.as_bytes());
        hasher.update(&item.hash);
    }
    *hasher.finalize().as_bytes()
}

/// The bounds of each type that the function's caller chooses.
fn open(function: &ItemFn) -> Vec<TokenStream> {
    let generics = &function.sig.generics;
    let clause = &generics.where_clause;
    let parameters = generics.type_params().map(|parameter| {
        // The clause may bound any of them; it is short.
        let bounds = &parameter.bounds;
        quote!(#bounds #clause)
    });
    let mut search = OpenTypes(Vec::new());
    for input in &function.sig.inputs {
        search.visit_fn_arg(input);
    }
    parameters.chain(search.0).collect()
}

/// `impl Trait` and `dyn Trait`.
struct OpenTypes(Vec<TokenStream>);

impl<'ast> Visit<'ast> for OpenTypes {
    fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
        self.0.push(ty.bounds.to_token_stream());
    }

    fn visit_type_trait_object(&mut self, ty: &'ast syn::TypeTraitObject) {
        self.0.push(ty.bounds.to_token_stream());
    }
}

/// Without the file at hand: a function that names `Self` is a method, and it may
/// be one of a trait.
fn guess(function: &ItemFn) -> Place {
    if names_self(function) {
        Place::Trait
    } else {
        Place::Free
    }
}

/// Whether a function has a receiver, or names `Self`, outside inner items.
fn names_self(function: &ItemFn) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_ident(&mut self, ident: &'ast Ident) {
            self.0 |= ident == "Self";
        }
        fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
            self.0 |= mentions(&invocation.tokens, &HashSet::from(["Self".to_owned()]));
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut search = Search(function.sig.receiver().is_some());
    search.visit_signature(&function.sig);
    search.visit_block(&function.block);
    search.0
}

/// Tokens of text that is known to be Rust.
pub(super) fn tokens(text: &str) -> TokenStream {
    text.parse().unwrap_or_default()
}
