//! Where the steps stand: a macro is told its function's tokens alone.

use crate::{
    normal::Normal,
    outline::Part,
    syntax,
    tree::{Names, Tree},
};

use super::{
    Index, StepPlace,
    heads::{names_step, walk},
};

impl Index {
    /// Remembers where a function that bears `#[step]` stands.
    pub(super) fn note_steps(
        &mut self,
        module: usize,
        inside: Option<usize>,
        attributes: &[Tree],
        function: &Part,
    ) {
        if !names_step(attributes, &self.names) {
            return;
        }
        let tokens = self.lex(function).unwrap_or_default();
        if let Some(text) = function_hash(&tokens, &self.names) {
            let place = StepPlace { module, inside };
            self.steps.entry(text).or_default().push(place);
        }
    }

    pub(super) fn note_inner_steps(&mut self, module: usize, id: usize, body: &[Tree]) {
        let mut found = Vec::new();
        let names = &self.names;
        walk(body, &mut |trees| {
            for at in 0..trees.len() {
                let attributes = syntax::outer_attributes(&trees[at..]);
                if attributes > 0 && names_step(&trees[at..at + attributes], names) {
                    found.extend(function_hash(&trees[at..], names));
                }
            }
        });
        for text in found {
            let place = StepPlace {
                module,
                inside: Some(id),
            };
            self.steps.entry(text).or_default().push(place);
        }
    }
}

/// The hash of a function from its `fn` to the end of its body.
pub(crate) fn function_hash(tokens: &[Tree], names: &Names) -> Option<[u8; 32]> {
    let start = tokens
        .iter()
        .position(|tree| matches!(tree, Tree::Ident(name) if names.text(*name) == "fn"))?;
    let function = &tokens[start..];
    let item = syntax::items(function, names);
    let mut normal = Normal::new(names);
    normal.tokens(item.first()?.tokens);
    Some(normal.hash())
}
