//! What is written together.

use std::{collections::HashMap, fmt, sync::Arc};

use crate::{
    codec::ArtifactId,
    fingerprint::Fingerprint,
    store::{Collection, Landed, NewArtifact, Record, prefix::ByPrefix},
};

/// What the memory of an operation comes to beside its artifacts' bytes.
const OVERHEAD: usize = 1 << 10;

/// A change of the store that rides in the next transaction.
pub(in crate::store) enum Operation {
    /// The result of a call.
    Result {
        result: Arc<PendingResult>,
        /// Dropped once the result is there for other processes, or given up.
        landed: Option<Landed>,
    },
    /// A document, in place of the one that may be there.
    Document {
        collection: Collection,
        key: Vec<u8>,
        value: Vec<u8>,
    },
}

/// A result that is not yet on disk.
#[derive(Debug)]
pub(in crate::store) struct PendingResult {
    /// `None` for artifacts that no record leads to.
    pub(in crate::store) record: Option<Record>,
    pub(in crate::store) artifacts: Vec<NewArtifact>,
}

impl Operation {
    /// What it takes of the queue's memory.
    fn size(&self) -> usize {
        OVERHEAD
            + match self {
                Self::Result { result, .. } => result.artifacts.iter().map(|a| a.bytes.len()).sum(),
                Self::Document { value, .. } => value.len(),
            }
    }
}

/// Operations that are written in one transaction.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) operations: Vec<Operation>,
    pub(super) bytes: usize,
    /// What the locks that the operations hold weigh.
    pub(super) locks: usize,
}

impl Batch {
    pub(super) fn push(&mut self, mut operation: Operation, after: Landed) {
        self.bytes += operation.size();
        if let Operation::Result { landed, .. } = &mut operation {
            self.locks += after.weight();
            *landed = Some(after);
        }
        self.operations.push(operation);
    }
}

/// What is in a batch, for lookups.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Of two results of one call the first one counts.
    results: HashMap<Fingerprint, Arc<PendingResult>, ByPrefix>,
    artifacts: HashMap<ArtifactId, (Arc<PendingResult>, usize), ByPrefix>,
    /// All results, in the order in which they came.
    order: Vec<Arc<PendingResult>>,
}

impl Index {
    pub(super) fn add(&mut self, operation: &Operation) {
        let Operation::Result { result, .. } = operation else {
            return;
        };
        for (position, artifact) in result.artifacts.iter().enumerate() {
            let place = self.artifacts.entry(artifact.id);
            place.or_insert_with(|| (result.clone(), position));
        }
        if let Some(record) = &result.record {
            let place = self.results.entry(record.fingerprint);
            place.or_insert_with(|| result.clone());
        }
        self.order.push(result.clone());
    }

    pub(super) fn result(&self, fingerprint: &Fingerprint) -> Option<&Arc<PendingResult>> {
        self.results.get(fingerprint)
    }

    pub(super) fn artifact(&self, id: &ArtifactId) -> Option<&(Arc<PendingResult>, usize)> {
        self.artifacts.get(id)
    }

    /// The results, the latest first.
    pub(super) fn latest(&self) -> impl Iterator<Item = &Arc<PendingResult>> {
        self.order.iter().rev()
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result { result, .. } => f.debug_tuple("Result").field(result).finish(),
            Self::Document { collection, .. } => {
                f.debug_tuple("Document").field(collection).finish()
            }
        }
    }
}
