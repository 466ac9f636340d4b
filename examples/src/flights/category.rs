//! Columns that hold one of a few names.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A column of names, each stored once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// The names, in the order in which they first appear.
    pub names: Vec<String>,
    /// One place in `names` for every row.
    pub codes: Vec<u16>,
}

impl Category {
    /// The name in a row.
    pub fn name(&self, row: usize) -> &str {
        &self.names[usize::from(self.codes[row])]
    }

    /// The code of every name.
    pub(super) fn lookup(&self) -> HashMap<&str, u16> {
        self.names.iter().map(String::as_str).zip(0..).collect()
    }

    /// The same names for some of the rows, in the order given.
    pub(super) fn take(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            codes: rows.iter().map(|&row| self.codes[row]).collect(),
        }
    }
}

/// Collects a [`Category`] row by row.
#[derive(Default)]
pub(super) struct CategoryBuilder {
    column: Category,
    codes: HashMap<String, u16>,
}

impl CategoryBuilder {
    pub(super) fn push(&mut self, name: &str) -> Result<()> {
        let code = match self.codes.get(name) {
            Some(&code) => code,
            None => self.add(name)?,
        };
        self.column.codes.push(code);
        Ok(())
    }

    pub(super) fn finish(self) -> Category {
        self.column
    }

    fn add(&mut self, name: &str) -> Result<u16> {
        let code = u16::try_from(self.column.names.len())
            .context("more than 65,536 different names in one column")?;
        self.column.names.push(name.to_owned());
        self.codes.insert(name.to_owned(), code);
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_the_order_of_their_first_appearance() {
        let mut builder = CategoryBuilder::default();
        for name in ["UA", "AA", "UA", "B6"] {
            builder.push(name).expect("few names");
        }
        let column = builder.finish();
        assert_eq!(column.names, ["UA", "AA", "B6"]);
        assert_eq!(column.codes, [0, 1, 0, 2]);
        assert_eq!(column.take(&[3, 1]).name(0), "B6");
    }
}
