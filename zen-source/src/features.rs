//! The features that a manifest declares.

use std::{collections::BTreeSet, path::Path};

use toml::{Table, Value};

use crate::package::table;

/// The names of all features: those in the table, and those that Cargo makes of
/// optional dependencies.
pub(crate) fn names(manifest: &Table) -> BTreeSet<String> {
    let declared = declared(manifest).into_iter().flat_map(Table::keys);
    declared.chain(optional(manifest)).cloned().collect()
}

/// The features of the package in `folder` that are on by default, with all that
/// they turn on.
pub(crate) fn by_default(folder: &Path) -> BTreeSet<String> {
    let manifest = table(&folder.join("Cargo.toml")).unwrap_or_default();
    let features = declared(&manifest);
    let mut found = BTreeSet::new();
    let mut queue = vec!["default".to_owned()];
    while let Some(name) = queue.pop() {
        let entries = features.and_then(|features| features.get(&name)?.as_array());
        let entries = entries.into_iter().flatten().filter_map(Value::as_str);
        let more: Vec<_> = entries.filter_map(turned_on).collect();
        if found.insert(name) {
            queue.extend(more);
        }
    }
    found
}

fn declared(manifest: &Table) -> Option<&Table> {
    manifest.get("features")?.as_table()
}

/// The feature of the package itself that an entry in the table of features turns
/// on. `name/feature` turns on the dependency `name`, too, if that is optional.
fn turned_on(entry: &str) -> Option<String> {
    let is_weak = entry.contains("?/");
    let name = entry.split('/').next()?;
    (!is_weak && !name.starts_with("dep:")).then(|| name.to_owned())
}

/// The optional dependencies. Whether a feature names one by `dep:`, so that it is
/// none itself, makes no difference here: such a feature is never on.
fn optional(manifest: &Table) -> impl Iterator<Item = &String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values);
    let places = targets.filter_map(Value::as_table).chain([manifest]);
    let dependencies = places.filter_map(|place| place.get("dependencies")?.as_table());
    dependencies
        .flatten()
        .filter(|(_, value)| value.get("optional").and_then(Value::as_bool) == Some(true))
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::names;

    #[test]
    fn an_optional_dependency_is_a_feature() {
        let manifest: Table = "
            [features]
            fast = []
            [dependencies]
            plain = \"1\"
            extra = { version = \"1\", optional = true }
            [target.'cfg(unix)'.dependencies]
            native = { path = \"native\", optional = true }
            "
        .parse()
        .unwrap();
        let found: Vec<_> = names(&manifest).into_iter().collect();
        assert_eq!(found, ["extra", "fast", "native"]);
    }
}
