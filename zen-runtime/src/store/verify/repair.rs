//! Mending what was found. Each fault is looked at again in the transaction that
//! mends it: it may be gone by then.

use super::super::{
    Record, Store, StoreError, Transaction,
    artifact::{Entry, Place, lineage},
    blobs::{self, State},
    clock::unix_millis,
    epoch::Clearing,
    indexes::{self, INDEXES},
    metadata::Table,
    record, seal,
};
use super::Fault;
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// How many faults are mended in one transaction.
const BATCH: usize = 256;

impl Store {
    /// Mends what can be mended.
    pub(super) fn repair(&self, faults: &[Fault]) -> Result<(), StoreError> {
        for fault in faults {
            if let Fault::DamagedArtifact(id) = fault {
                self.quarantine_damaged(id)?;
            }
        }
        for batch in faults.chunks(BATCH) {
            self.disk.write(|transaction| {
                let mut faults = batch.iter();
                faults.try_for_each(|fault| self.mend(transaction, fault))
            })?;
        }
        self.disk.forget_snapshot();
        // Of the records that were dropped, whatever is left.
        self.clear_indexes(false)?;
        Ok(())
    }

    /// Moves a blob away if it is damaged still.
    fn quarantine_damaged(&self, id: &ArtifactId) -> Result<(), StoreError> {
        let Some(info) = self.artifact(id)?.filter(|info| !info.inline) else {
            return Ok(());
        };
        let layout = &self.disk.layout;
        if let State::Damaged = blobs::check(layout, id, &info.codec)? {
            blobs::quarantine(layout, id);
        }
        Ok(())
    }

    fn mend(&self, transaction: &mut Transaction<'_>, fault: &Fault) -> Result<(), StoreError> {
        match fault {
            Fault::DamagedRecord(record) => drop_damaged_record(transaction, record),
            Fault::DanglingRecord { artifact, .. }
            | Fault::DamagedEntry(artifact)
            | Fault::DamagedArtifact(artifact)
            | Fault::MissingBlob(artifact) => self.drop_if_lost(transaction, artifact),
            Fault::OrphanBlob(id) => self.remove_orphan(transaction, id),
            Fault::DanglingIndex { table, key } => drop_wrong_index(transaction, table, key),
            Fault::NotIndexed { record, .. } => index(transaction, record),
            Fault::DamagedValue { table, key } => drop_damaged_value(transaction, table, key),
            Fault::StrayRow(number) => transaction.mend_stray_row(*number, is_sound),
            // The database is mended as a whole, and a strange file is the user's.
            Fault::Database(_) | Fault::StrangeFile(_) => Ok(()),
        }
    }

    /// Takes a blob away that no entry names, unless gc is just about to put its entry
    /// back.
    fn remove_orphan(
        &self,
        transaction: &Transaction<'_>,
        id: &ArtifactId,
    ) -> Result<(), StoreError> {
        if let Some(_clearing) = Clearing::begin_at_once(&self.disk.layout)? {
            self.remove_unnamed(transaction, id)?;
        }
        Ok(())
    }

    /// Drops an artifact whose bytes cannot be had, and the records that name
    /// it: their calls are computed again.
    fn drop_if_lost(
        &self,
        transaction: &mut Transaction<'_>,
        id: &ArtifactId,
    ) -> Result<(), StoreError> {
        let stored = transaction.look(Table::ARTIFACTS, id.as_bytes())?;
        let entry = stored.as_deref().and_then(|stored| Entry::read(id, stored));
        let is_whole = match entry {
            None => false,
            Some(entry) => match entry.place {
                Place::Evicted => true,
                Place::Inline(_) => entry.checked(id).is_some(),
                Place::Blob => blobs::is_there(&self.disk.layout, id, entry.size)?,
            },
        };
        if is_whole {
            return Ok(());
        }
        transaction.remove(Table::ARTIFACTS, id.as_bytes())?;
        for key in transaction.pairs_with(Table::LINEAGE, lineage::prefix(id))? {
            let record = record_of(transaction, Table::LINEAGE, &key)?;
            let names = |record: &Record| record.outputs.iter().any(|output| output.id == *id);
            if let Some(record) = record.filter(names) {
                drop_record(transaction, &record.fingerprint)?;
            }
        }
        Ok(())
    }
}

/// Whether the value of a row is what its key says.
fn is_sound(table: Table, key: &[u8; 32], value: &[u8]) -> bool {
    if table == Table::RECORDS {
        let fingerprint = Fingerprint::from_bytes(*key);
        let record = record::decode(&fingerprint, value);
        return record.is_some_and(|record| record.parts.fingerprint() == fingerprint);
    }
    let id = ArtifactId::from_bytes(*key);
    Entry::read(&id, value).is_some_and(|entry| match entry.place {
        Place::Inline(_) => entry.checked(&id).is_some(),
        Place::Blob | Place::Evicted => true,
    })
}

/// The record that a key of an index leads to.
fn record_of(
    transaction: &Transaction<'_>,
    table: Table,
    key: &[u8],
) -> Result<Option<Record>, StoreError> {
    let call = indexes::call(table, key).unwrap_or_default();
    match transaction.whole_key(Table::RECORDS, call)? {
        Some(call) => stored_record(transaction, &Fingerprint::from_bytes(call)),
        None => Ok(None),
    }
}

fn stored_record(
    transaction: &Transaction<'_>,
    fingerprint: &Fingerprint,
) -> Result<Option<Record>, StoreError> {
    let stored = transaction.look(Table::RECORDS, fingerprint.as_bytes())?;
    Ok(stored.and_then(|stored| record::decode(fingerprint, &stored)))
}

/// Drops a record. What is left in indexes is cleared at the end.
fn drop_record(
    transaction: &mut Transaction<'_>,
    fingerprint: &Fingerprint,
) -> Result<(), StoreError> {
    transaction.remove(Table::RECORDS, fingerprint.as_bytes())?;
    transaction.remove(Table::USAGE, fingerprint.as_bytes())
}

fn drop_damaged_record(
    transaction: &mut Transaction<'_>,
    fingerprint: &Fingerprint,
) -> Result<(), StoreError> {
    let record = stored_record(transaction, fingerprint)?;
    if record.is_some_and(|record| record.parts.fingerprint() == *fingerprint) {
        return Ok(());
    }
    drop_record(transaction, fingerprint)
}

/// Takes an entry of an index away that does not lead to a record which should
/// have it.
fn drop_wrong_index(
    transaction: &mut Transaction<'_>,
    table: &str,
    key: &[u8],
) -> Result<(), StoreError> {
    let Some(table) = INDEXES.into_iter().find(|index| index.name() == table) else {
        return drop_wrong_key(transaction, table, key);
    };
    let record = record_of(transaction, table, key)?;
    let is_right = record.is_some_and(|record| match table {
        Table::RECENT => record.recent_key() == key,
        Table::LINEAGE => {
            let mut outputs = record.outputs.iter();
            outputs.any(|output| key == lineage::key(&output.id, &record.fingerprint))
        }
        _ => true,
    });
    if is_right {
        return Ok(());
    }
    transaction.remove(table, key)
}

/// Takes a key of the records or artifacts away that leads nowhere.
fn drop_wrong_key(
    transaction: &mut Transaction<'_>,
    table: &str,
    key: &[u8],
) -> Result<(), StoreError> {
    let mut tables = [Table::RECORDS, Table::ARTIFACTS].into_iter();
    match tables.find(|known| known.name() == table) {
        Some(table) => transaction.mend_stray_key(table, key),
        None => Ok(()),
    }
}

/// Enters a record into the indexes.
fn index(transaction: &mut Transaction<'_>, fingerprint: &Fingerprint) -> Result<(), StoreError> {
    let Some(record) = stored_record(transaction, fingerprint)? else {
        return Ok(());
    };
    for output in &record.outputs {
        let key = lineage::key(&output.id, fingerprint);
        transaction.insert(Table::LINEAGE, &key, &[])?;
    }
    transaction.insert(Table::RECENT, &record.recent_key(), &[])
}

/// Drops a value that does not pass its check. A pin is made anew: it says all
/// that it has to say with its key.
fn drop_damaged_value(
    transaction: &mut Transaction<'_>,
    table: &str,
    key: &[u8],
) -> Result<(), StoreError> {
    let Some(table) = Table::sealed().find(|sealed| sealed.name() == table) else {
        return Ok(());
    };
    let stored = transaction.look(table, key)?;
    if stored.is_none_or(|stored| seal::open(table.name(), key, &stored).is_some()) {
        return Ok(());
    }
    if table == Table::PINS && key.len() == 32 {
        let pin = seal::seal(table.name(), key, unix_millis().to_le_bytes().to_vec());
        return transaction.insert(table, key, &pin);
    }
    transaction.remove(table, key)
}
