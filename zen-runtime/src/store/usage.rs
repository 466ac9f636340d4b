//! When and how often results were used.
//!
//! Noted coarsely: once per process and call, with the next write of whatever
//! else there is to write. A hit pays for a look into a table in memory.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{
    Store, StoreError, Transaction,
    clock::unix_millis,
    disk::Disk,
    metadata::{Snapshot, Table},
    prefix::ByPrefix,
    seal,
    warning::warn_once,
};
use crate::fingerprint::Fingerprint;

/// How many locks the calls share: threads that hit at the same time should
/// seldom meet.
const SHARDS: usize = 16;

/// A process that writes nothing else leaves a note that is younger than this
/// as it is.
const FRESH: Duration = Duration::from_hours(1);

/// How long a process that ends waits for others that write: a note is not worth
/// more.
const PATIENCE: Duration = Duration::from_millis(100);

/// When and how often a result was used after it was computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// When it was last used, in milliseconds since 1970.
    pub(super) last: u64,
    /// In how many processes.
    pub(super) uses: u64,
}

impl Usage {
    pub(super) fn encode(self, fingerprint: &Fingerprint) -> Vec<u8> {
        let body = [self.last.to_le_bytes(), self.uses.to_le_bytes()].concat();
        seal::seal(Table::USAGE.name(), fingerprint.as_bytes(), body)
    }

    /// What is stored; `None` if it is damaged.
    pub(super) fn decode(fingerprint: &Fingerprint, stored: &[u8]) -> Option<Self> {
        let body = seal::open(Table::USAGE.name(), fingerprint.as_bytes(), stored)?;
        let (last, uses) = body.split_first_chunk()?;
        Some(Self {
            last: u64::from_le_bytes(*last),
            uses: u64::from_le_bytes(uses.try_into().ok()?),
        })
    }
}

/// What this process has used.
#[derive(Debug, Default)]
pub(super) struct Used {
    shards: [Mutex<Shard>; SHARDS],
}

#[derive(Debug, Default)]
struct Shard {
    known: HashSet<Fingerprint, ByPrefix>,
    /// Of these, those that are not noted yet.
    waiting: Vec<Fingerprint>,
}

impl Used {
    /// The result of a call was used.
    pub(super) fn add(&self, fingerprint: &Fingerprint) {
        let shard = usize::from(fingerprint.as_bytes()[31]) % SHARDS;
        let mut shard = self.shards[shard]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if shard.known.insert(*fingerprint) {
            shard.waiting.push(*fingerprint);
        }
    }

    /// Takes what is to be noted.
    pub(super) fn take(&self) -> Vec<Fingerprint> {
        let mut taken = Vec::new();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            taken.append(&mut shard.waiting);
        }
        taken
    }

    /// Gives back what could not be noted.
    pub(super) fn give_back(&self, taken: Vec<Fingerprint>) {
        let mut shard = self.shards[0]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        shard.waiting.extend(taken);
    }
}

/// Notes that results were used.
pub(super) fn note(
    transaction: &mut Transaction<'_>,
    calls: &[Fingerprint],
) -> Result<(), StoreError> {
    let last = unix_millis();
    for fingerprint in calls {
        let stored = transaction.look(Table::USAGE, fingerprint.as_bytes())?;
        let before = stored.and_then(|stored| Usage::decode(fingerprint, &stored));
        let uses = before.map_or(0, |before| before.uses).saturating_add(1);
        let now = Usage { last, uses }.encode(fingerprint);
        transaction.insert(Table::USAGE, fingerprint.as_bytes(), &now)?;
    }
    Ok(())
}

impl Store {
    /// The result of a call was used.
    pub(crate) fn used(&self, fingerprint: &Fingerprint) {
        self.disk.used.add(fingerprint);
    }
}

impl Disk {
    /// Notes what was used and is not noted yet. What goes wrong is told once.
    pub(super) fn note_used(&self) {
        self.note_with(|used| self.write(|transaction| note(transaction, used)));
    }

    /// Notes what was used, as far as it is worth a commit of its own: what was
    /// noted a short while ago stays as it is, and who writes all the while is not
    /// waited for.
    pub(super) fn note_used_at_end(&self) {
        self.note_with(|used| {
            let snapshot = self.fresh_snapshot()?;
            let used = used.iter().copied();
            let stale: Vec<_> = used.filter(|call| !is_fresh(&snapshot, call)).collect();
            if stale.is_empty() {
                return Ok(());
            }
            let noted = self.write_within(PATIENCE, |transaction| note(transaction, &stale));
            noted.map(|_| ())
        });
    }

    fn note_with(&self, note: impl FnOnce(&[Fingerprint]) -> Result<(), StoreError>) {
        // A forked child uses no database of its parent's, and may have a lock of
        // its that no thread gives up any more.
        if !self.owner.is_this_process() {
            return;
        }
        let used = self.used.take();
        if used.is_empty() {
            return;
        }
        match note(&used) {
            // Who may not write has nobody to save room for.
            Ok(()) | Err(StoreError::ReadOnly { .. }) => {}
            Err(error) => warn_once(&format!("what was used is not noted: {error}")),
        }
    }
}

/// Whether a call's use was noted a short while ago.
fn is_fresh(snapshot: &Snapshot, fingerprint: &Fingerprint) -> bool {
    let stored = snapshot.look(Table::USAGE, fingerprint.as_bytes());
    let Ok(Some(page)) = stored else {
        return false;
    };
    // A time to come was noted by a clock that was wrong.
    let since = |usage: Usage| unix_millis().checked_sub(usage.last);
    Usage::decode(fingerprint, &page)
        .and_then(since)
        .is_some_and(|since| u128::from(since) < FRESH.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_noted_once_per_process() {
        let used = Used::default();
        let call = Fingerprint::from_bytes([7; 32]);
        used.add(&call);
        used.add(&call);
        assert_eq!(used.take(), [call]);
        used.add(&call);
        assert!(used.take().is_empty());
        used.give_back(vec![call]);
        assert_eq!(used.take(), [call]);
    }

    #[test]
    fn a_damaged_note_is_none() {
        let call = Fingerprint::from_bytes([7; 32]);
        let usage = Usage { last: 5, uses: 9 };
        let bytes = usage.encode(&call);
        assert_eq!(Usage::decode(&call, &bytes), Some(usage));
        // What is on disk, pinned.
        let hex = bytes.iter().map(|byte| format!("{byte:02x}"));
        assert_eq!(
            hex.collect::<String>(),
            "05000000000000000900000000000000200f4407e9abde6d36cf2acc62d7f608"
        );
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Usage::decode(&call, &flipped), None, "bit {bit}");
        }
    }
}
