//! What every impl is of, worked out once for all steps.

use std::collections::BTreeSet;

use crate::{
    imports::Import,
    index::{ImplHead, Index, InnerCall},
    references::{PathRef, References},
    resolve::{Scope, Target},
    spaces::Spaces,
    syntax::Kind,
    tables::{Map, Set},
    tree::Name,
};

/// What every impl is of, worked out once.
#[derive(Debug, Default)]
pub(crate) struct Impls {
    pub(super) all: Vec<Impl>,
    by_entry: Map<usize, usize>,
    pub(super) by_trait: Map<usize, Vec<usize>>,
    /// By each type that may have to be there for an impl to be used.
    pub(super) by_need: Map<usize, Vec<usize>>,
    /// Those that need no type.
    pub(super) without_need: Vec<usize>,
    /// The types and traits that each macro call may name.
    pub(super) of_macros: Map<usize, BTreeSet<usize>>,
    /// Items in which a macro call may make an impl, and the types and traits that it may
    /// be of.
    pub(super) of_inner: Vec<(usize, BTreeSet<usize>)>,
    /// The traits at hand.
    pub(super) traits: Vec<usize>,
    /// Names under which something is imported that has another one.
    pub(super) renamed: Set<Name>,
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
            let mut made = Impl::of(
                index,
                entry,
                index.references(entry),
                found.of_trait.as_ref(),
            );
            made.narrow(index, module_of(index, entry), &found.impl_head);
            impls.add(made);
        }
        for nested in &index.nested {
            let mut found = Impl::of(index, nested.inside, &nested.head, nested.of_trait.as_ref());
            let scope = Scope {
                imports: &nested.head.imports,
                ..module_of(index, nested.inside)
            };
            found.narrow(index, scope, &nested.impl_head);
            found.nested = true;
            // That of a type which the function itself defines is seen there alone,
            // unless others know its trait.
            let is_seen = !found.types.is_empty() && !nested.is_own;
            if is_seen || matches!(found.kind, ImplKind::Local(_)) {
                impls.add(found);
            }
        }
        let imports = index.modules.iter().flat_map(|module| &module.imports);
        impls.renamed = imports.filter_map(Import::renames).collect();
        let is_trait = |entry: &usize| index.entries[*entry].kind == Kind::Trait;
        impls.traits = (0..index.entries.len()).filter(is_trait).collect();
        let calls = index.macro_words.iter();
        impls.of_macros = calls
            .map(|(call, words)| (*call, types_in_macro(index, *call, words)))
            .collect();
        let inner = index.inner.iter();
        impls.of_inner = inner
            .map(|call| (call.inside, types_in_inner(index, call)))
            .filter(|(_, types)| !types.is_empty())
            .collect();
        impls
    }

    /// The types in the head of an impl.
    pub(super) fn types_of(&self, entry: usize) -> Option<&[usize]> {
        let position = self.by_entry.get(&entry)?;
        Some(&self.all[*position].types)
    }

    fn add(&mut self, found: Impl) {
        let position = self.all.len();
        if found.needs.is_empty() {
            self.without_need.push(position);
        }
        for ty in found.needs.iter().flatten() {
            self.by_need.entry(*ty).or_default().push(position);
        }
        if let ImplKind::Local(of) = found.kind {
            self.by_trait.entry(of).or_default().push(position);
        }
        if !found.nested {
            self.by_entry.insert(found.entry, position);
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
                .resolve(scope, path, Spaces::TYPES)
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
        for path in head.paths.keys() {
            types_of(index, scope, path, 0, &mut types);
        }
        Self {
            entry,
            needs: Vec::new(),
            types,
            kind,
            nested: false,
        }
    }

    /// The type that an impl is for must be there: it is chosen by that type, while
    /// its arguments may be inferred. `From` is the exception: it has an impl for
    /// every type, so that neither side is ever inferred from the other. And where
    /// both a trait and the type are of other crates, one of the arguments is not.
    ///
    /// What a macro may have made does not count: it may as well be something of the
    /// prelude.
    fn narrow(&mut self, index: &Index, scope: Scope<'_>, head: &ImplHead) {
        let types = |paths: &mut dyn Iterator<Item = &PathRef>| {
            let types = paths.filter_map(|path| declared_types_of(index, scope, path, 0));
            types.flatten().collect::<Vec<_>>()
        };
        let outer = types(&mut head.self_type.iter());
        let converted = types(&mut head.converted.iter());
        let mut needs = vec![outer, converted];
        if needs[0].is_empty() && self.kind == ImplKind::Foreign {
            needs.push(types(&mut head.named.iter()));
        }
        needs.retain(|types| !types.is_empty());
        self.needs = needs;
    }
}

/// The types and traits that words stand for, where a macro is called and where
/// its rules are. Of what rules hold, those count that an impl may be of.
fn types_in_macro(index: &Index, call: usize, words: &BTreeSet<Name>) -> BTreeSet<usize> {
    let Some(made) = index.made.get(&call) else {
        return BTreeSet::new();
    };
    let words = made.heads.as_ref().unwrap_or(words);
    let parts = &made.parts;
    let modules: BTreeSet<_> = parts
        .iter()
        .map(|part| index.entries[*part].module)
        .collect();
    let mut paths: BTreeSet<_> = words.iter().map(|word| PathRef::of(*word)).collect();
    for part in parts {
        let named = index.references(*part).paths.keys();
        let is_whole = |path: &&PathRef| path.segments.iter().all(|name| words.contains(name));
        paths.extend(named.filter(is_whole).cloned());
    }
    let mut types = BTreeSet::new();
    for module in modules {
        let scope = Scope::of(module);
        types_named(index, scope, &paths, &mut types);
    }
    types.remove(&call);
    types
}

/// The types and traits that an impl may be of which a call inside of an item makes.
fn types_in_inner(index: &Index, call: &InnerCall) -> BTreeSet<usize> {
    let mut types = BTreeSet::new();
    let here = Scope {
        module: call.module,
        imports: &call.imports,
    };
    types_named(index, here, &call.paths, &mut types);
    for module in call.homes.iter().filter(|home| **home != call.module) {
        let scope = Scope::of(*module);
        types_named(index, scope, &call.paths, &mut types);
    }
    types
}

/// The types and traits that paths name, and macro calls that may make such.
fn types_named(
    index: &Index,
    scope: Scope<'_>,
    paths: &BTreeSet<PathRef>,
    types: &mut BTreeSet<usize>,
) {
    for path in paths {
        // Behind aliases, too.
        let mut behind = Vec::new();
        types_of(index, scope, path, 0, &mut behind);
        types.extend(behind);
        let found = index.resolve(scope, path, Spaces::TYPES).into_iter();
        types.extend(found.filter_map(|target| {
            let Target::Entry(entry) = target else {
                return None;
            };
            let is_one = matches!(
                index.entries[entry].kind,
                Kind::Type | Kind::Trait | Kind::Alias | Kind::MacroCall
            );
            is_one.then_some(entry)
        }));
    }
}

/// The types that a path may name, through aliases.
fn types_of(index: &Index, scope: Scope<'_>, path: &PathRef, depth: usize, types: &mut Vec<usize>) {
    for target in index.resolve(scope, path, Spaces::TYPES) {
        let Target::Entry(entry) = target else {
            continue;
        };
        let found = &index.entries[entry];
        match found.kind {
            Kind::Type | Kind::MacroCall | Kind::Unknown => types.push(entry),
            Kind::Alias if depth < 8 => {
                for path in index.references(entry).paths.keys() {
                    types_of(index, module_of(index, entry), path, depth + 1, types);
                }
            }
            _ => {}
        }
    }
}

/// The types that a path names as they are declared. None, if it may name anything
/// else, or an alias that does.
fn declared_types_of(
    index: &Index,
    scope: Scope<'_>,
    path: &PathRef,
    depth: usize,
) -> Option<Vec<usize>> {
    let mut types = Vec::new();
    for target in index.resolve_declared(scope, path) {
        let Target::Entry(entry) = target else {
            return None;
        };
        let found = &index.entries[entry];
        match found.kind {
            Kind::Alias if depth < 8 => {
                for path in index.references(entry).paths.keys() {
                    let scope = module_of(index, entry);
                    types.extend(declared_types_of(index, scope, path, depth + 1)?);
                }
            }
            Kind::Alias => return None,
            Kind::Type | Kind::MacroCall | Kind::Unknown => types.push(entry),
            _ => {}
        }
    }
    (!types.is_empty()).then_some(types)
}

fn module_of(index: &Index, entry: usize) -> Scope<'static> {
    Scope::of(index.entries[entry].module)
}
