//! What is linked by its name: the functions and statics that `extern` blocks declare,
//! and those at hand that bear such a name.

use proc_macro2::Delimiter;

use crate::{lexer::NotRust, outline::Part, references::string, syntax, tree::Tree};

use super::{Index, heads::walk};

impl Index {
    /// The functions and statics that an `extern` block declares: what they stand for is
    /// linked by their names.
    pub(super) fn declared_in_block(
        &mut self,
        module: usize,
        id: usize,
        own: &Part,
    ) -> Result<(), NotRust> {
        let tokens = self.lex(own)?;
        let Some((Tree::Group(Delimiter::Brace, body), _)) = tokens.split_last() else {
            return Ok(());
        };
        for item in syntax::items(body, &self.names) {
            if let Some(name) = item.name {
                self.modules[module].items.entry(name).or_default().push(id);
            }
        }
        Ok(())
    }

    /// Remembers what may be linked to by a name: what bears `#[no_mangle]` or
    /// `#[export_name = ".."]`.
    pub(super) fn note_exported(&mut self, id: usize, attributes: &[Tree]) {
        let mut symbols = Vec::new();
        walk(attributes, &mut |trees| {
            for (at, tree) in trees.iter().enumerate() {
                match (
                    tree.ident().map(|name| self.names.text(name)),
                    &trees[at + 1..],
                ) {
                    (Some("no_mangle"), _) => symbols.extend(self.entries[id].name),
                    (Some("export_name"), [_, Tree::Literal(text), ..]) => {
                        let text = string(text).unwrap_or_default();
                        symbols.push(self.names.intern(&text));
                    }
                    _ => {}
                }
            }
        });
        for symbol in symbols {
            self.exported.entry(symbol).or_default().push(id);
        }
    }
}
