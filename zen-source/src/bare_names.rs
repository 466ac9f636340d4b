//! Closures by bare names, as they were tried first: the measure that the figures
//! of [`Share`](crate::Share) stand beside.
//!
//! An identifier reaches every item of its name; a type or a trait, every impl whose
//! head names it: all members if it is of a trait, else those that are named.

use std::collections::{HashMap, HashSet};

use crate::{
    index::{COMPILED, Index},
    syntax::Kind,
    tree::Name,
};

/// What each name may stand for, anywhere in the crate.
pub(crate) struct BareNames<'a> {
    index: &'a Index,
    by_name: HashMap<Name, Vec<usize>>,
    /// Impls, by the names in their heads.
    impls: HashMap<Name, Vec<usize>>,
}

impl<'a> BareNames<'a> {
    pub(crate) fn of(index: &'a Index) -> Self {
        let mut names = Self {
            index,
            by_name: HashMap::new(),
            impls: HashMap::new(),
        };
        for (id, entry) in index.entries.iter().enumerate() {
            if index.modules[entry.module].krate != COMPILED {
                continue;
            }
            if let (Some(name), None) = (entry.name, entry.owner) {
                names.by_name.entry(name).or_default().push(id);
            }
            if entry.kind == Kind::Impl {
                for word in &index.references(id).words {
                    names.impls.entry(*word).or_default().push(id);
                }
            }
        }
        names
    }

    /// How many tokens a function reaches, itself counted in.
    pub(crate) fn size_of(&self, function: usize) -> usize {
        let mut reached = HashSet::new();
        let mut words = HashSet::new();
        let mut waiting: HashMap<Name, Vec<usize>> = HashMap::new();
        let mut queue = vec![function];
        while let Some(id) = queue.pop() {
            if !reached.insert(id) {
                continue;
            }
            let entry = &self.index.entries[id];
            for word in &self.index.references(id).words {
                if words.insert(*word) {
                    queue.extend(self.by_name.get(word).into_iter().flatten());
                    queue.extend(waiting.remove(word).unwrap_or_default());
                }
            }
            if entry.kind == Kind::Impl || entry.kind == Kind::Trait {
                for member in &entry.members {
                    let name = self.index.entries[*member].name;
                    match name.filter(|name| !words.contains(name)) {
                        Some(name) if entry.of_trait.is_none() => {
                            waiting.entry(name).or_default().push(*member);
                        }
                        _ => queue.push(*member),
                    }
                }
            }
            if matches!(entry.kind, Kind::Type | Kind::Trait) {
                let impls = entry.name.and_then(|name| self.impls.get(&name));
                queue.extend(impls.into_iter().flatten());
            }
        }
        let sizes = reached.iter().map(|id| self.index.content(*id).size);
        sizes.sum()
    }
}
