//! The block of a pipeline: what each statement adds to the graph.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Block, Expr, ExprCall, Local, Pat, PatTuple, Stmt, ext::IdentExt};

use super::path::StepPath;
use crate::ctxt::Ctxt;

/// The steps of a pipeline in order, and its outputs.
pub(super) struct Plan {
    pub(super) steps: Vec<PlannedStep>,
    pub(super) outputs: Outputs,
}

/// One statement.
pub(super) struct PlannedStep {
    pub(super) attributes: Vec<Attribute>,
    /// The step's name in the pipeline.
    pub(super) name: String,
    pub(super) binding: Binding,
    /// The call of the step's hidden function.
    pub(super) call: TokenStream,
}

/// What the outputs are bound to.
pub(super) enum Binding {
    /// `let x: T =` or `let _ =`: the pattern, and the name, empty for `_`.
    One(TokenStream, String),
    /// `let (a, _) =`: the pattern, and each element's name, empty for `_`.
    Tuple(TokenStream, Vec<String>),
    /// A statement of its own, or a place among the outputs.
    Hidden(Ident),
}

/// What the pipeline gives back.
pub(super) enum Outputs {
    Expression(TokenStream),
    Nothing,
}

impl Plan {
    pub(super) fn of(ctxt: &Ctxt, block: &Block) -> Self {
        let mut reader = Reader {
            ctxt,
            taken: bound_names(block),
            bound: HashSet::new(),
            steps: Vec::new(),
        };
        let outputs = reader.block(block);
        if reader.steps.is_empty() {
            let brace = block.brace_token.span.join();
            ctxt.push(syn::Error::new(
                brace,
                "a pipeline has at least one step: write `let x = step(..);`",
            ));
        }
        Self {
            steps: reader.steps,
            outputs,
        }
    }
}

/// The call of a step that is not made yet, with the user's brackets: a wrong
/// count is told there.
pub(super) fn hidden_call(path: &StepPath, call: &ExprCall) -> TokenStream {
    let mut tokens = path.hidden("call");
    call.paren_token
        .surround(&mut tokens, |tokens| call.args.to_tokens(tokens));
    tokens
}

/// All names that a `let` of the block gives.
fn bound_names(block: &Block) -> HashSet<String> {
    let lets = block.stmts.iter().filter_map(|statement| match statement {
        Stmt::Local(local) => Some(&local.pat),
        _ => None,
    });
    lets.flat_map(idents)
        .map(|ident| ident.unraw().to_string())
        .collect()
}

fn idents(pattern: &Pat) -> Vec<&Ident> {
    match pattern {
        Pat::Ident(name) => vec![&name.ident],
        Pat::Tuple(tuple) => tuple.elems.iter().flat_map(idents).collect(),
        Pat::Type(typed) => idents(&typed.pat),
        _ => Vec::new(),
    }
}

struct Reader<'a> {
    ctxt: &'a Ctxt,
    /// Names that no step without a `let` may have.
    taken: HashSet<String>,
    /// Names of the `let`s so far.
    bound: HashSet<String>,
    steps: Vec<PlannedStep>,
}

impl Reader<'_> {
    fn block(&mut self, block: &Block) -> Outputs {
        let (tail, statements) = match block.stmts.split_last() {
            Some((Stmt::Expr(tail, None), statements)) => (Some(tail), statements),
            _ => (None, block.stmts.as_slice()),
        };
        for statement in statements {
            self.statement(statement);
        }
        match tail {
            Some(tail) => Outputs::Expression(self.tail(tail)),
            None => Outputs::Nothing,
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Local(local) => self.local(local),
            Stmt::Expr(Expr::Call(call), _) => {
                self.unbound(call);
            }
            Stmt::Expr(Expr::MethodCall(call), _) => self.method(call),
            Stmt::Item(item) => self.ctxt.error(
                item,
                "an item cannot stand in a pipeline: move it in front of `pipeline!`",
            ),
            other => self.ctxt.error(
                other,
                "a pipeline is a list of `let x = step(..);`: for loops and conditions, add steps \
                 to a `PipelineBuilder` with `call!`",
            ),
        }
    }

    fn local(&mut self, local: &Local) {
        let Some(init) = &local.init else {
            self.ctxt.error(
                local,
                "a name in a pipeline stands for the output of a step: write `let x = step(..);`",
            );
            return;
        };
        if let Some((token, _)) = &init.diverge {
            self.ctxt.error(
                token,
                "the output of a step always has its type: remove the `else`",
            );
            return;
        }
        let Some(binding) = self.binding(&local.pat) else {
            return;
        };
        match &*init.expr {
            Expr::Call(call) => {
                let attributes = local.attrs.clone();
                self.add(attributes, binding, call);
            }
            Expr::MethodCall(call) => self.method(call),
            other => self.ctxt.error(
                other,
                "expected a call of a step: compute a parameter in front of `pipeline!`, or write \
                 it where the step takes it",
            ),
        }
    }

    fn method(&self, call: &syn::ExprMethodCall) {
        let method = &call.method;
        self.ctxt.error(
            method,
            format!(
                "a step is called by its path: write `Type::{method}(..)` with the type that it \
                 is a method of, and the value as its first argument"
            ),
        );
    }

    /// What a pattern binds. `None` if it cannot stand in a pipeline.
    fn binding(&mut self, pattern: &Pat) -> Option<Binding> {
        match pattern {
            Pat::Ident(_) | Pat::Wild(_) => {
                let name = self.element(pattern)?;
                Some(Binding::One(pattern.to_token_stream(), name))
            }
            Pat::Type(typed) if !matches!(*typed.pat, Pat::Tuple(_)) => {
                let name = self.element(&typed.pat)?;
                Some(Binding::One(pattern.to_token_stream(), name))
            }
            Pat::Tuple(PatTuple { elems, .. }) => {
                let names: Vec<_> = elems.iter().map(|element| self.element(element)).collect();
                let names = names.into_iter().collect::<Option<_>>()?;
                Some(Binding::Tuple(pattern.to_token_stream(), names))
            }
            other => {
                self.ctxt.error(
                    other,
                    "the output of a step is bound to a name, or its outputs to a tuple of names",
                );
                None
            }
        }
    }

    /// The name that a part of a pattern binds, empty for `_`.
    fn element(&mut self, pattern: &Pat) -> Option<String> {
        let name = match pattern {
            Pat::Wild(_) => return Some(String::new()),
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => name,
            other => {
                self.ctxt.error(
                    other,
                    "the output of a step is bound to a name, or its outputs to a tuple of names",
                );
                return None;
            }
        };
        if let Some(token) = &name.mutability {
            self.ctxt
                .error(token, "the output of a step does not change: remove `mut`");
            return None;
        }
        let text = name.ident.unraw().to_string();
        if !self.bound.insert(text.clone()) {
            self.ctxt.error(
                &name.ident,
                format!("`{text}` is bound twice: each step needs a name of its own"),
            );
            return None;
        }
        Some(text)
    }

    fn add(&mut self, attributes: Vec<Attribute>, binding: Binding, call: &ExprCall) {
        let Some(path) = self.ctxt.ok(StepPath::of(&call.func)) else {
            return;
        };
        let name = match &binding {
            Binding::One(_, name) if !name.is_empty() => name.clone(),
            _ => self.free_name(&path.function),
        };
        self.steps.push(PlannedStep {
            attributes,
            name,
            binding,
            call: hidden_call(&path, call),
        });
    }

    /// A step that no `let` names goes by the name of its function.
    fn free_name(&mut self, function: &Ident) -> String {
        let function = function.unraw().to_string();
        let numbered = (2..).map(|number| format!("{function}_{number}"));
        let free = std::iter::once(function.clone())
            .chain(numbered)
            .find(|name| !self.taken.contains(name));
        let name = free.unwrap_or(function);
        self.taken.insert(name.clone());
        name
    }

    /// Adds a step without a `let`, and gives the variable of its handle.
    fn unbound(&mut self, call: &ExprCall) -> Ident {
        let variable = quote::format_ident!(
            "__zen_{}",
            self.steps.len(),
            span = proc_macro2::Span::mixed_site()
        );
        let attributes = call.attrs.clone();
        self.add(attributes, Binding::Hidden(variable.clone()), call);
        variable
    }

    /// Steps may be called among the outputs too.
    fn tail(&mut self, tail: &Expr) -> TokenStream {
        match tail {
            Expr::Call(call) => self.unbound(call).to_token_stream(),
            Expr::Tuple(tuple) => {
                let elements: Vec<_> = tuple.elems.iter().map(|e| self.tail(e)).collect();
                quote!((#(#elements,)*))
            }
            Expr::Paren(paren) => self.tail(&paren.expr),
            Expr::MethodCall(call) => {
                self.method(call);
                TokenStream::new()
            }
            other => other.to_token_stream(),
        }
    }
}
