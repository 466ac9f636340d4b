//! From a plan to the builder's calls, with the user's spans kept: the compiler
//! tells about a wrong type or an unused step at the user's own tokens.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Expr;

use super::block::{Binding, Outputs, Plan, PlannedStep};

pub(super) fn expand(name: &Expr, plan: &Plan) -> TokenStream {
    let builder = Ident::new("__zen_builder", Span::mixed_site());
    let steps = plan.steps.iter().map(|step| statement(&builder, step));
    let outputs = match &plan.outputs {
        Outputs::Expression(outputs) => quote!(#outputs),
        Outputs::Nothing => quote!(()),
    };
    quote! {
        {
            let mut #builder = ::zen_runtime::PipelineBuilder::new(#name)
                .defined_in(::core::module_path!());
            #(#steps)*
            #builder.finish(#outputs)
        }
    }
}

fn statement(builder: &Ident, step: &PlannedStep) -> TokenStream {
    let PlannedStep {
        attributes,
        name,
        binding,
        call,
    } = step;
    let add = match binding {
        Binding::One(pattern, _) => quote!(let #pattern = #builder.add(#name, #call);),
        Binding::Hidden(variable) => quote!(let #variable = #builder.add(#name, #call);),
        Binding::Tuple(pattern, names) => {
            quote!(let #pattern = #builder.add_bound(#name, &[#(#names),*], #call);)
        }
    };
    quote!(#(#attributes)* #add)
}
