//! What could not be written, and how it is told.

use std::any::Any;

use super::Operation;
use crate::{
    store::{StoreError, disk::Disk},
    warning::warn_once,
};

/// How many names a warning lists.
const NAMED: usize = 3;

/// What could not be written, and why.
#[derive(Debug)]
pub(super) struct NotKept {
    /// What the user calls it, each name once.
    names: Vec<String>,
    count: usize,
    error: StoreError,
}

impl NotKept {
    pub(super) fn new<'a>(
        operations: impl IntoIterator<Item = &'a Operation>,
        error: StoreError,
    ) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut count = 0;
        for operation in operations {
            count += 1;
            let name = name(operation);
            if names.len() <= NAMED && !names.contains(&name) {
                names.push(name);
            }
        }
        Self {
            names,
            count,
            error,
        }
    }

    /// A batch that was given up by a panic.
    pub(super) fn after_panic(
        disk: &Disk,
        operations: &[Operation],
        panic: &(dyn Any + Send),
    ) -> Self {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no message".to_owned());
        let error = std::io::Error::other(format!("a panic while results were written: {text}"));
        Self::new(operations, StoreError::io(disk.layout.root(), error))
    }

    /// Warns the user.
    pub(super) fn tell(&self) {
        let others = if self.names.len() > NAMED {
            " and others"
        } else {
            ""
        };
        let named = &self.names[..self.names.len().min(NAMED)];
        warn_once(format!(
            "{}{others} {} not kept: {}",
            named.join(", "),
            if self.names.len() == 1 { "is" } else { "are" },
            self.error
        ));
    }

    /// All as one error; the first says why.
    pub(super) fn into_result(all: Vec<Self>) -> Result<(), StoreError> {
        let count = all.iter().map(|not_kept| not_kept.count).sum();
        match all.into_iter().next() {
            None => Ok(()),
            Some(first) => Err(StoreError::NotKept {
                count,
                first: Box::new(first.error),
            }),
        }
    }
}

fn name(operation: &Operation) -> String {
    match operation {
        Operation::Result { result, .. } => match &result.record {
            Some(record) => format!("a result of `{}`", record.parts.step),
            None => "an artifact".to_owned(),
        },
        Operation::Document { collection, .. } => format!("an entry of `{}`", collection.name()),
    }
}
