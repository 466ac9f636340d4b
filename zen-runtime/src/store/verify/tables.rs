//! The database: every value against its checksum, every key against what it
//! should lead to.

use std::collections::{HashMap, HashSet};

use super::super::{
    Collection, Store, StoreError,
    artifact::{Entry, Place, lineage},
    documents, indexes,
    metadata::{Snapshot, Stray, Table},
    record, seal,
};
use super::{Fault, VerifyReport};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// Tables of sealed values that lead to nothing else.
const SEALED: [Table; 2] = [Table::PINS, Table::FILES];

impl Store {
    /// Looks through the database as it is at one moment.
    pub(super) fn check_tables(&self, report: &mut VerifyReport) -> Result<(), StoreError> {
        let snapshot = self.disk.fresh_snapshot()?;
        let mut tables = Tables {
            snapshot: &snapshot,
            report,
            known: HashSet::new(),
            indexed: HashMap::new(),
        };
        // First, as mending them may mend the rest.
        tables.strays()?;
        tables.artifacts()?;
        tables.indexes()?;
        tables.records()?;
        tables.notes()?;
        tables.documents()
    }
}

struct Tables<'a> {
    snapshot: &'a Snapshot,
    report: &'a mut VerifyReport,
    /// The artifacts that have an entry, good or bad.
    known: HashSet<ArtifactId>,
    /// The entries of indexes by record, as far as they are right.
    indexed: HashMap<Fingerprint, Indexed>,
}

/// What leads to a record.
#[derive(Default)]
struct Indexed {
    recent: HashSet<Vec<u8>>,
    lineage: HashSet<Vec<u8>>,
}

impl Tables<'_> {
    /// Rows that no key leads to, and keys that lead to no row.
    fn strays(&mut self) -> Result<(), StoreError> {
        let faults = &mut self.report.faults;
        self.snapshot.strays(&mut |stray| {
            faults.push(match stray {
                Stray::Key(table, key) => dangling(table, &key),
                Stray::Row(number) => Fault::StrayRow(number),
            });
        })
    }

    fn artifacts(&mut self) -> Result<(), StoreError> {
        let (report, known) = (&mut *self.report, &mut self.known);
        self.snapshot
            .scan(Table::ARTIFACTS, &[], &mut |key, value| {
                report.artifacts += 1;
                let Some(id) = key.try_into().ok().map(ArtifactId::from_bytes) else {
                    return Ok(true);
                };
                known.insert(id);
                match Entry::read(&id, value) {
                    None => report.faults.push(Fault::DamagedEntry(id)),
                    Some(entry) => match entry.place {
                        Place::Evicted => report.evicted += 1,
                        // The blobs are checked by themselves.
                        Place::Blob => {}
                        Place::Inline(bytes) => {
                            report.bytes += bytes.len() as u64;
                            if entry.checked(&id).is_none() {
                                report.faults.push(Fault::DamagedArtifact(id));
                            }
                        }
                    },
                }
                Ok(true)
            })
    }

    /// Entries that lead to no record, and those that do.
    fn indexes(&mut self) -> Result<(), StoreError> {
        for table in [Table::RECENT, Table::LINEAGE] {
            let (snapshot, report) = (self.snapshot, &mut *self.report);
            let indexed = &mut self.indexed;
            snapshot.scan(table, &[], &mut |key, _| {
                report.others += 1;
                let call = indexes::call(table, key).unwrap_or_default();
                let Some(call) = snapshot.whole_key(Table::RECORDS, call)? else {
                    report.faults.push(dangling(table, key));
                    return Ok(true);
                };
                let call = Fingerprint::from_bytes(call);
                let indexed: &mut Indexed = indexed.entry(call).or_default();
                let keys = match table {
                    Table::LINEAGE => &mut indexed.lineage,
                    _ => &mut indexed.recent,
                };
                keys.insert(key.to_vec());
                Ok(true)
            })?;
        }
        Ok(())
    }

    fn records(&mut self) -> Result<(), StoreError> {
        let (report, known) = (&mut *self.report, &self.known);
        let indexed = &mut self.indexed;
        self.snapshot.scan(Table::RECORDS, &[], &mut |key, value| {
            report.records += 1;
            let Some(fingerprint) = key.try_into().ok().map(Fingerprint::from_bytes) else {
                return Ok(true);
            };
            let found = indexed.remove(&fingerprint).unwrap_or_default();
            let record = record::decode(&fingerprint, value);
            let sound = record.filter(|record| record.parts.fingerprint() == fingerprint);
            let Some(record) = sound else {
                report.faults.push(Fault::DamagedRecord(fingerprint));
                return Ok(true);
            };
            check_record(&record, found, known, &mut report.faults);
            Ok(true)
        })
    }

    /// Notes of uses, pins, and hashes of files.
    fn notes(&mut self) -> Result<(), StoreError> {
        let (snapshot, report) = (self.snapshot, &mut *self.report);
        snapshot.scan(Table::USAGE, &[], &mut |key, value| {
            report.others += 1;
            if seal::open(Table::USAGE.name(), key, value).is_none() {
                report.faults.push(damaged(Table::USAGE, key));
            } else if snapshot.record(key)?.is_none() {
                report.faults.push(dangling(Table::USAGE, key));
            }
            Ok(true)
        })?;
        for table in SEALED {
            snapshot.scan(table, &[], &mut |key, value| {
                report.others += 1;
                if seal::open(table.name(), key, value).is_none() {
                    report.faults.push(damaged(table, key));
                }
                Ok(true)
            })?;
        }
        Ok(())
    }

    fn documents(&mut self) -> Result<(), StoreError> {
        for collection in Collection::ALL {
            let report = &mut *self.report;
            let table = Table::of(collection);
            self.snapshot.scan(table, &[], &mut |key, value| {
                report.others += 1;
                if documents::open(collection, key, value).is_none() {
                    report.faults.push(damaged(table, key));
                }
                Ok(true)
            })?;
        }
        Ok(())
    }
}

/// Whether a record's artifacts are known, and whether it is where it should be
/// in the indexes, and nowhere else.
fn check_record(
    record: &record::Record,
    mut found: Indexed,
    known: &HashSet<ArtifactId>,
    faults: &mut Vec<Fault>,
) {
    let fingerprint = record.fingerprint;
    for output in &record.outputs {
        if !known.contains(&output.id) {
            faults.push(Fault::DanglingRecord {
                record: fingerprint,
                artifact: output.id,
            });
        }
        let key = lineage::key(&output.id, &fingerprint);
        if !found.lineage.contains(&key[..]) {
            faults.push(not_indexed(Table::LINEAGE, fingerprint));
        }
    }
    if !found.recent.remove(&record.recent_key()) {
        faults.push(not_indexed(Table::RECENT, fingerprint));
    }
    let wrong = found.recent.iter();
    faults.extend(wrong.map(|key| dangling(Table::RECENT, key)));
}

fn dangling(table: Table, key: &[u8]) -> Fault {
    Fault::DanglingIndex {
        table: table.name(),
        key: key.to_vec(),
    }
}

fn damaged(table: Table, key: &[u8]) -> Fault {
    Fault::DamagedValue {
        table: table.name(),
        key: key.to_vec(),
    }
}

fn not_indexed(table: Table, record: Fingerprint) -> Fault {
    Fault::NotIndexed {
        table: table.name(),
        record,
    }
}
