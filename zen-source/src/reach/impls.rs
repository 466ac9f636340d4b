//! What every impl is of, worked out once for all steps.

use std::collections::{BTreeSet, HashMap};

use crate::{
    index::{ImplHead, Index},
    references::{PathRef, References},
    resolve::{Scope, Target},
    syntax::Kind,
    tree::Name,
};

/// What every impl is of, worked out once.
#[derive(Debug, Default)]
pub(crate) struct Impls {
    pub(super) all: Vec<Impl>,
    by_entry: HashMap<usize, usize>,
    pub(super) by_trait: HashMap<usize, Vec<usize>>,
    /// The types and traits that each macro call may name.
    pub(super) of_macros: HashMap<usize, BTreeSet<usize>>,
    /// The traits at hand.
    pub(super) traits: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct Impl {
    pub(super) entry: usize,
    /// Types at hand in its head.
    pub(super) types: Vec<usize>,
    /// Of each of these lists, a type must be there for the impl to be used.
    pub(super) needs: Vec<Vec<usize>>,
    pub(super) kind: ImplKind,
    /// Whether it stands inside the entry, which is a function or a constant.
    pub(super) nested: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ImplKind {
    Inherent,
    /// Of a trait at hand.
    Local(usize),
    Foreign,
}

impl Impls {
    pub(crate) fn of(index: &Index) -> Self {
        let mut impls = Self::default();
        let entries = index.entries.iter().enumerate();
        for (entry, _) in entries.filter(|(_, entry)| entry.kind == Kind::Impl) {
            let found = &index.entries[entry];
            let mut made = Impl::of(index, entry, &found.references, found.of_trait.as_ref());
            made.narrow(index, &found.impl_head);
            impls.add(made);
        }
        for nested in &index.nested {
            let mut found = Impl::of(index, nested.inside, &nested.head, nested.of_trait.as_ref());
            found.nested = true;
            // That of a type which the function itself defines is seen there alone,
            // unless others know its trait.
            if !found.types.is_empty() || matches!(found.kind, ImplKind::Local(_)) {
                impls.add(found);
            }
        }
        let is_trait = |entry: &usize| index.entries[*entry].kind == Kind::Trait;
        impls.traits = (0..index.entries.len()).filter(is_trait).collect();
        let calls = index.macro_words.iter();
        impls.of_macros = calls
            .map(|(call, words)| (*call, types_in_macro(index, *call, words)))
            .collect();
        impls
    }

    /// The types in the head of an impl.
    pub(super) fn types_of(&self, entry: usize) -> Option<&[usize]> {
        let position = self.by_entry.get(&entry)?;
        Some(&self.all[*position].types)
    }

    fn add(&mut self, found: Impl) {
        if let ImplKind::Local(of) = found.kind {
            self.by_trait.entry(of).or_default().push(self.all.len());
        }
        if !found.nested {
            self.by_entry.insert(found.entry, self.all.len());
        }
        self.all.push(found);
    }
}

impl Impl {
    fn of(index: &Index, entry: usize, head: &References, of_trait: Option<&PathRef>) -> Self {
        let scope = Scope {
            module: index.entries[entry].module,
            imports: &head.imports,
        };
        let local_trait = |path: &PathRef| {
            index
                .resolve(scope, path)
                .into_iter()
                .find_map(|target| match target {
                    Target::Entry(entry) if index.entries[entry].kind == Kind::Trait => Some(entry),
                    _ => None,
                })
        };
        let kind = match of_trait {
            None => ImplKind::Inherent,
            Some(path) => local_trait(path).map_or(ImplKind::Foreign, ImplKind::Local),
        };
        let mut types = Vec::new();
        for path in &head.paths {
            types_of(index, scope, path, 0, &mut types);
        }
        Self {
            entry,
            needs: if types.is_empty() {
                Vec::new()
            } else {
                vec![types.clone()]
            },
            types,
            kind,
            nested: false,
        }
    }
}

impl Impl {
    /// The type that an impl is for must be there: it is chosen by that type, while
    /// its arguments may be inferred. `From` is the exception: it has an impl for
    /// every type, so that neither side is ever inferred from the other.
    fn narrow(&mut self, index: &Index, head: &ImplHead) {
        let scope = Scope {
            module: index.entries[self.entry].module,
            imports: &[],
        };
        let resolved = |paths: &mut dyn Iterator<Item = &PathRef>| {
            let mut types = Vec::new();
            for path in paths {
                types_of(index, scope, path, 0, &mut types);
            }
            types
        };
        let outer = resolved(&mut head.self_type.iter());
        if outer.is_empty() {
            return;
        }
        self.needs = vec![outer];
        let arguments = resolved(&mut head.converted.iter());
        if !arguments.is_empty() {
            self.needs.push(arguments);
        }
    }
}

/// The types and traits that words stand for, where a macro is called and where
/// its rules are.
fn types_in_macro(index: &Index, call: usize, words: &BTreeSet<Name>) -> BTreeSet<usize> {
    let found = &index.entries[call];
    let rules = found.references.macros.iter();
    let rules = rules.flat_map(|path| index.macro_rules(found.module, path));
    let parts: BTreeSet<_> = rules.chain([call]).collect();
    let modules: BTreeSet<_> = parts
        .iter()
        .map(|part| index.entries[*part].module)
        .collect();
    let mut paths: BTreeSet<_> = words.iter().map(|word| PathRef::of(*word)).collect();
    for part in &parts {
        paths.extend(index.entries[*part].references.paths.iter().cloned());
    }
    let mut types = BTreeSet::new();
    for module in modules {
        let scope = Scope {
            module,
            imports: &[],
        };
        for path in &paths {
            types.extend(index.resolve(scope, path).into_iter().filter_map(|target| {
                let Target::Entry(entry) = target else {
                    return None;
                };
                let kind = index.entries[entry].kind;
                let is_type = matches!(kind, Kind::Type | Kind::Trait | Kind::Alias);
                (is_type || kind == Kind::MacroCall && entry != call).then_some(entry)
            }));
        }
    }
    types
}

/// The types that a path names, through aliases.
fn types_of(index: &Index, scope: Scope<'_>, path: &PathRef, depth: usize, types: &mut Vec<usize>) {
    for target in index.resolve(scope, path) {
        let Target::Entry(entry) = target else {
            continue;
        };
        let found = &index.entries[entry];
        match found.kind {
            Kind::Type | Kind::MacroCall | Kind::Unknown => types.push(entry),
            Kind::Alias if depth < 8 => {
                let scope = Scope {
                    module: found.module,
                    imports: &[],
                };
                for path in &found.references.paths {
                    types_of(index, scope, path, depth + 1, types);
                }
            }
            _ => {}
        }
    }
}
