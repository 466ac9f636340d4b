//! Keys that lead nowhere, and rows that no key leads to: found, and mended.

use super::{Snapshot, Table, Transaction, rows, tables::Kind, walk::walk_range};
use crate::store::StoreError;

/// What does not lead anywhere, or is not led to.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Stray {
    /// The beginning of a key of this table.
    Key(Table, [u8; 8]),
    /// The row of this number.
    Row(u64),
}

impl Snapshot {
    /// Calls `stray` with every short key of a table of rows that leads nowhere,
    /// and every row that no key leads to.
    pub(in crate::store) fn strays(&self, stray: &mut dyn FnMut(Stray)) -> Result<(), StoreError> {
        for kind in Kind::ALL {
            self.walk_keys(kind, &mut |short, row| {
                if row.is_none() {
                    stray(Stray::Key(Table::of_kind(kind), short.to_be_bytes()));
                }
                Ok(true)
            })?;
        }
        let Some(table) = &self.rows else {
            return Ok(());
        };
        walk_range(&self.path, table, .., |number, row| {
            let owner = rows::read_any(row);
            let leads = owner.map(|(kind, key, _)| self.number(self.opened(kind), key));
            if leads.transpose()?.flatten() != Some(number) {
                stray(Stray::Row(number));
            }
            Ok(true)
        })
    }
}

impl Transaction<'_> {
    /// Takes a short key away that leads to no row of its own.
    pub(in crate::store) fn mend_stray_key(
        &mut self,
        table: Table,
        short: &[u8],
    ) -> Result<(), StoreError> {
        match self.whole_key(table, short)? {
            Some(_) => Ok(()),
            None => self.set_number(table, short, None),
        }
    }

    /// Takes a row away that no key leads to; or leads its key there, if that
    /// leads nowhere else and the row `is_sound`.
    pub(in crate::store) fn mend_stray_row(
        &mut self,
        number: u64,
        is_sound: impl Fn(Table, &[u8; 32], &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let row = self.rows()?.get(self.path, number)?;
        let Some((kind, key, value)) = row.as_deref().and_then(rows::read_any) else {
            return self.rows()?.remove(self.path, number);
        };
        let table = Table::of_kind(kind);
        if self.number(table, key)? == Some(number) {
            return Ok(());
        }
        let is_taken = self.whole_key(table, &key[..rows::SHORT])?.is_some();
        if !is_taken && is_sound(table, key, value) {
            return self.set_number(table, key, Some(number));
        }
        self.rows()?.remove(self.path, number)
    }
}
