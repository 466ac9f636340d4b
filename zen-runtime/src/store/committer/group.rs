//! Writing a group of operations in one transaction.

use std::collections::HashSet;

use super::{Operation, PendingResult, not_kept::NotKept};
use crate::store::{StoreError, Transaction, blobs, disk::Disk, record};

/// An operation with all that it needs in the transaction.
struct Ready<'a> {
    operation: &'a Operation,
    /// The bytes of a result's record.
    record: Vec<u8>,
}

impl Disk {
    /// Writes all that can be written, and says what cannot. `begins` is called at
    /// the beginning of each transaction.
    pub(super) fn write_group(&self, operations: &[Operation], begins: impl Fn()) -> Vec<NotKept> {
        if let Err(error) = self.follow() {
            return vec![NotKept::new(operations, error)];
        }
        let mut not_kept = Vec::new();
        let mut ready = Vec::with_capacity(operations.len());
        for operation in operations {
            match self.make_ready(operation) {
                Ok(prepared) => ready.push(prepared),
                Err(error) => not_kept.push(NotKept::new([operation], error)),
            }
        }
        if ready.is_empty() {
            return not_kept;
        }
        let put = |transaction: &mut Transaction<'_>| {
            begins();
            self.put_all(transaction, &ready)
        };
        match self.write(put) {
            // The held snapshot may show a record as it was, and its artifacts
            // as missing.
            Ok(true) => self.forget_snapshot(),
            Ok(false) => {}
            Err(error) => {
                let lost = ready.iter().map(|ready| ready.operation);
                not_kept.push(NotKept::new(lost, error));
            }
        }
        not_kept
    }

    /// Encodes what the transaction needs, and writes the blobs.
    fn make_ready<'a>(&self, operation: &'a Operation) -> Result<Ready<'a>, StoreError> {
        let mut bytes = Vec::new();
        if let Operation::Result { result, .. } = operation {
            self.write_blobs(result)?;
            if let Some(record) = &result.record {
                bytes = record::encode(record)?;
            }
        }
        Ok(Ready {
            operation,
            record: bytes,
        })
    }

    fn write_blobs(&self, result: &PendingResult) -> Result<(), StoreError> {
        let large = result.artifacts.iter().filter(|new| !new.is_small());
        for artifact in large {
            blobs::write(&self.layout, &artifact.id, &artifact.bytes)?;
        }
        Ok(())
    }

    /// Writes the blobs again that gc took since they were written, as no entry
    /// named them. Inside of the transaction it cannot any more.
    fn restore_blobs(&self, result: &PendingResult) -> Result<(), StoreError> {
        let large = result.artifacts.iter().filter(|new| !new.is_small());
        for artifact in large {
            let size = artifact.bytes.len() as u64;
            if !blobs::is_there(&self.layout, &artifact.id, size)? {
                blobs::write(&self.layout, &artifact.id, &artifact.bytes)?;
            }
        }
        Ok(())
    }

    /// Puts all; says whether any call had a record before.
    fn put_all(
        &self,
        transaction: &mut Transaction<'_>,
        ready: &[Ready<'_>],
    ) -> Result<bool, StoreError> {
        let mut was_known = false;
        // Most results of a group are of a few steps.
        let mut sources = HashSet::new();
        for ready in ready {
            match ready.operation {
                Operation::Result { result, .. } => {
                    self.restore_blobs(result)?;
                    was_known |= self.put(transaction, result, &ready.record)?;
                    sources.extend(result.record.iter().map(|record| record.parts.source));
                }
                Operation::Document {
                    collection,
                    key,
                    value,
                } => transaction.put(*collection, key, value)?,
            }
        }
        for source in &sources {
            self.sources.put(transaction, source)?;
        }
        Ok(was_known)
    }
}
