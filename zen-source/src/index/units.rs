//! The calls in an item's tokens of macros that may make impls.

use std::slice;

use proc_macro2::Delimiter;

use crate::{
    imports::{Binding, Import},
    references::{PathRef, is_colons},
    resolve::Scope,
    tables::Set,
    tree::{Name, Tree},
};

use super::{Index, bodies::Called, heads::walk};

/// The tokens of a call.
pub(super) struct Unit {
    pub(super) tokens: Vec<Tree>,
    /// Whether items may come of it.
    pub(super) is_statement: bool,
}

/// Looks for the outermost calls of macros that may make impls.
pub(super) struct Units<'a> {
    pub(super) index: &'a Index,
    pub(super) module: usize,
    pub(super) imports: &'a [Import],
    pub(super) called: &'a mut Called,
    /// The rules that the item declares itself, which are looked at with all of it.
    pub(super) own_rules: Set<Name>,
    pub(super) found: Vec<Unit>,
}

impl Units<'_> {
    pub(super) fn of_item(&mut self, tokens: Vec<Tree>) {
        let names = &self.index.names;
        let mut own_rules = Set::default();
        let mut has_names = false;
        let mut calls_in_rules = false;
        walk(&tokens, &mut |trees| {
            for (at, tree) in trees.iter().enumerate() {
                match tree.ident().map_or("", |word| names.text(word)) {
                    "type" => has_names = true,
                    "macro_rules" => {
                        own_rules.extend(trees.get(at + 2).and_then(Tree::ident));
                        calls_in_rules |= trees.get(at + 3).is_some_and(holds_calls);
                    }
                    _ => {}
                }
            }
        });
        let is_one = has_names || !own_rules.is_empty();
        self.own_rules = own_rules;
        self.look(&tokens, false);
        if is_one {
            // What has other names in it, or its own rules, cannot be told apart.
            self.found.push(Unit {
                tokens,
                is_statement: calls_in_rules,
            });
        }
    }

    fn look(&mut self, trees: &[Tree], in_block: bool) {
        for (at, tree) in trees.iter().enumerate() {
            let Tree::Group(delimiter, inner) = tree else {
                continue;
            };
            match self.call_before(trees, at) {
                Some(start) => {
                    let is_statement = in_block && is_statement(trees, start, at);
                    let tokens = trees[start..=at].to_vec();
                    self.found.push(Unit {
                        tokens,
                        is_statement,
                    });
                }
                None => self.look(inner, *delimiter == Delimiter::Brace),
            }
        }
    }

    /// Where the call begins that a group is the input of, if it may make impls.
    fn call_before(&mut self, trees: &[Tree], group: usize) -> Option<usize> {
        let mark = group.checked_sub(1)?;
        let last = mark.checked_sub(1)?;
        let name = trees[last].ident()?;
        if !trees[mark].is_punct('!') || self.own_rules.contains(&name) {
            return None;
        }
        let (start, path) = self.index.path_up_to(trees, last);
        let scope = Scope {
            module: self.module,
            imports: self.imports,
        };
        let may_make = self.may_be_renamed(&path)
            || self.is_given_impl(&trees[group])
                && !self.index.is_harmless(&path, self.called)
                && !self.index.makes_values(scope, &path)
            || self.index.may_make_impls(self.module, path, self.called);
        may_make.then_some(start)
    }

    /// Whether an import of the item may make a path another macro's.
    fn may_be_renamed(&self, path: &PathRef) -> bool {
        self.imports.iter().any(|import| match import.binding {
            Binding::Name(name) => {
                import.renames().is_some() && path.segments.first() == Some(&name)
            }
            Binding::Glob => true,
            Binding::Hidden => false,
        })
    }

    fn is_given_impl(&self, input: &Tree) -> bool {
        let word = self.index.names.intern("impl");
        let mut is_given = false;
        walk(slice::from_ref(input), &mut |trees| {
            is_given |= trees.iter().any(|tree| tree.ident() == Some(word));
        });
        is_given
    }
}

/// Whether a macro is called in a group.
fn holds_calls(group: &Tree) -> bool {
    let mut holds = false;
    walk(slice::from_ref(group), &mut |trees| {
        let is_call = |pair: &[Tree]| pair[0].is_punct('!') && matches!(pair[1], Tree::Group(..));
        holds |= trees.windows(2).any(is_call);
    });
    holds
}

/// Whether a call stands where a statement does, so that it may become items.
fn is_statement(trees: &[Tree], start: usize, group: usize) -> bool {
    let begins = match start.checked_sub(1).map(|before| &trees[before]) {
        None | Some(Tree::Group(Delimiter::Brace | Delimiter::Bracket, _)) => true,
        Some(before) => before.is_punct(';'),
    };
    let is_in_braces = trees[group].group(Delimiter::Brace).is_some();
    let ends = match trees.get(group + 1) {
        Some(next) => next.is_punct(';') || is_in_braces,
        None => is_in_braces,
    };
    begins && ends
}

impl Index {
    /// Where the path begins that ends with an identifier, and the path.
    pub(super) fn path_up_to(&self, trees: &[Tree], end: usize) -> (usize, PathRef) {
        let mut start = end;
        let mut segments: Vec<_> = trees[end].ident().into_iter().collect();
        let is_behind_colons = |start: usize| start >= 2 && is_colons(&trees[start - 2..start]);
        while is_behind_colons(start)
            && let Some(name) = start.checked_sub(3).and_then(|at| trees[at].ident())
        {
            segments.push(name);
            start -= 3;
        }
        let absolute = is_behind_colons(start);
        if absolute {
            start -= 2;
        }
        let segments = segments.into_iter().rev();
        let segments = segments.map(|name| self.names.plain(name)).collect();
        (start, PathRef { absolute, segments })
    }
}
