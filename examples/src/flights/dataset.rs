//! Numbers to learn from.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::table::take;

/// A matrix of features, and what to foretell from them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dataset {
    /// The name of each column.
    pub names: Vec<String>,
    /// The matrix, `rows` × `names`, one column after the other. Never NaN.
    pub values: Vec<f32>,
    /// For every row, whether the flight arrived late.
    pub late: Vec<bool>,
}

impl Dataset {
    /// The number of flights.
    pub fn rows(&self) -> usize {
        self.late.len()
    }

    /// The columns, each with one value per row.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        // A table without rows still has to be a legal chunk size.
        self.values.chunks_exact(self.rows().max(1))
    }

    /// Some of the rows, in the order given.
    pub(super) fn take(&self, rows: &[usize]) -> Self {
        let mut values = Vec::with_capacity(rows.len() * self.names.len());
        for column in self.columns() {
            values.extend(rows.iter().map(|&row| column[row]));
        }
        Self {
            names: self.names.clone(),
            values,
            late: take(&self.late, rows),
        }
    }

    /// Checks that there is something to learn: both kinds of flights.
    pub(super) fn ensure_both_kinds(&self) -> Result<()> {
        ensure!(
            self.late.contains(&true) && self.late.contains(&false),
            "needs flights that were late and flights that were not, in {} rows",
            self.rows()
        );
        Ok(())
    }

    /// Checks that a model of these columns can be asked about this data.
    pub(super) fn ensure_columns(&self, names: &[String]) -> Result<()> {
        ensure!(
            self.names == names,
            "the model was trained on other columns: {names:?}, not {:?}",
            self.names
        );
        Ok(())
    }
}
