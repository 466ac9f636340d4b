//! Two functions under one name.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::{Definition, warn_once};

static NAMES: LazyLock<Mutex<HashMap<&'static str, &'static Definition>>> =
    LazyLock::new(Mutex::default);

/// Whether another function already goes by this step's name.
///
/// Two functions of one name and one text can still do different things,
/// because names in their bodies stand for other items. Neither may be served
/// the other's results, so the later one to be called is not cached.
pub(super) fn conflicts(definition: &'static Definition) -> bool {
    definition.conflict(|| {
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *names.entry(definition.name()).or_insert(definition);
        let conflict = !std::ptr::eq(first, definition);
        if conflict {
            warn_once(format!(
                "the steps at {} and {} are both named `{}`: the second is computed each time; \
                 give one of them a `name`",
                first.location(),
                definition.location(),
                definition.name(),
            ));
        }
        conflict
    })
}
