//! What lookups have found lately, so that what is found again costs a look into
//! memory: no page of the database, no checksum, no hash.
//!
//! It is as old as the held snapshot may be, and is given up when that is given
//! up for what it may show; see [`Disk::forget_snapshot`](super::disk::Disk).
//! Only what has passed its check gets in here.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Hit, prefix::ByPrefix};
use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// How many locks the entries share: threads that look at the same time should
/// seldom meet.
const SHARDS: usize = 16;

/// How many bytes a generation of a shard takes. Of hits and artifacts there are
/// two generations each, so all in all it is 128 MiB at most.
const GENERATION: usize = (32 << 20) / SHARDS;

/// What an entry takes beside the bytes in it.
const OVERHEAD: usize = 192;

/// What was found. Each look begins with [`Recall::moment`].
#[derive(Debug, Default)]
pub(super) struct Recall {
    hits: Kept<Fingerprint, Arc<Hit>>,
    /// The bytes of small artifacts.
    artifacts: Kept<ArtifactId, Arc<[u8]>>,
    /// Grows when all is forgotten.
    moment: AtomicU64,
    /// The greatest [`Epoch`](super::epoch::Epoch) that it was forgotten for.
    epoch: AtomicU64,
}

/// Before something was looked for. What has been forgotten since then is not to
/// come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(u64);

impl Recall {
    pub(super) fn moment(&self) -> Moment {
        Moment(self.moment.load(Ordering::Acquire))
    }

    pub(super) fn hit(&self, call: &Fingerprint) -> Option<Arc<Hit>> {
        self.hits.get(call, call.as_bytes())
    }

    pub(super) fn artifact(&self, id: &ArtifactId) -> Option<Arc<[u8]>> {
        self.artifacts.get(id, id.as_bytes())
    }

    /// Keeps a hit that was looked for since `moment`.
    pub(super) fn keep_hit(&self, moment: Moment, call: &Fingerprint, hit: Arc<Hit>) {
        let beside = hit.beside.bytes().map_or(0, |bytes| bytes.len());
        let size = OVERHEAD * (1 + hit.outputs.len()) + beside;
        let is_now = || self.moment.load(Ordering::Acquire) == moment.0;
        self.hits.put(*call, call.as_bytes(), hit, size, is_now);
    }

    /// Keeps the bytes of an artifact that was looked for since `moment`.
    pub(super) fn keep_artifact(&self, moment: Moment, id: &ArtifactId, bytes: Arc<[u8]>) {
        let size = OVERHEAD + bytes.len();
        let is_now = || self.moment.load(Ordering::Acquire) == moment.0;
        self.artifacts.put(*id, id.as_bytes(), bytes, size, is_now);
    }

    /// Forgets all.
    pub(super) fn forget(&self) {
        // First, so that what was looked for before cannot come after.
        self.moment.fetch_add(1, Ordering::AcqRel);
        self.hits.clear();
        self.artifacts.clear();
    }

    /// Whether something may be remembered from before the epoch.
    pub(super) fn is_before(&self, epoch: u64) -> bool {
        self.epoch.load(Ordering::Acquire) < epoch
    }

    /// Notes that all from before the epoch is forgotten. Not until it is: another
    /// thread that asks meanwhile would be given what is about to be forgotten.
    pub(super) fn caught_up(&self, epoch: u64) {
        self.epoch.fetch_max(epoch, Ordering::AcqRel);
    }
}

/// Entries by hash, of which those go that came long ago.
#[derive(Debug)]
struct Kept<K, V>([RwLock<Shard<K, V>>; SHARDS]);

#[derive(Debug)]
struct Shard<K, V> {
    /// In one table, as each that is looked into is a wait for memory.
    entries: HashMap<K, Entry<V>, ByPrefix>,
    /// The generation of those that come now.
    generation: u32,
    /// What the entries of this generation take.
    size: usize,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    generation: u32,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| RwLock::default()))
    }
}

impl<K, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            generation: 0,
            size: 0,
        }
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    fn shard(&self, hash: &[u8; 32]) -> &RwLock<Shard<K, V>> {
        &self.0[usize::from(hash[31]) % SHARDS]
    }

    fn get(&self, key: &K, hash: &[u8; 32]) -> Option<V> {
        let shard = self.shard(hash).read();
        let shard = shard.unwrap_or_else(PoisonError::into_inner);
        let found = shard.entries.get(key);
        found.map(|entry| entry.value.clone())
    }

    fn put(&self, key: K, hash: &[u8; 32], value: V, size: usize, is_now: impl Fn() -> bool) {
        let shard = self.shard(hash).write();
        let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
        if is_now() {
            shard.put(key, value, size);
        }
    }

    fn clear(&self) {
        for shard in &self.0 {
            *shard.write().unwrap_or_else(PoisonError::into_inner) = Shard::default();
        }
    }
}

impl<K: Eq + Hash, V> Shard<K, V> {
    fn put(&mut self, key: K, value: V, size: usize) {
        if size > GENERATION {
            return;
        }
        if self.size + size > GENERATION {
            self.begin_generation();
        }
        let entry = Entry {
            value,
            generation: self.generation,
        };
        let before = self.entries.insert(key, entry);
        if before.is_none_or(|before| before.generation != self.generation) {
            self.size += size;
        }
    }

    /// Lets go of what came before this generation.
    fn begin_generation(&mut self) {
        let last = self.generation;
        self.entries.retain(|_, entry| entry.generation == last);
        self.generation = last.wrapping_add(1);
        self.size = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ArtifactId {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        ArtifactId::from_bytes(bytes)
    }

    #[test]
    fn what_was_looked_for_before_all_was_forgotten_does_not_come_back() {
        let recall = Recall::default();
        let before = recall.moment();
        recall.keep_artifact(before, &id(1), b"value"[..].into());
        assert_eq!(recall.artifact(&id(1)).as_deref(), Some(&b"value"[..]));
        recall.forget();
        assert_eq!(recall.artifact(&id(1)), None);
        recall.keep_artifact(before, &id(1), b"value"[..].into());
        assert_eq!(recall.artifact(&id(1)), None);
        recall.keep_artifact(recall.moment(), &id(1), b"value"[..].into());
        assert!(recall.artifact(&id(1)).is_some());
    }

    #[test]
    fn what_came_long_ago_goes() {
        let recall = Recall::default();
        let bytes = vec![7; 16 << 10];
        for number in 0..10_000 {
            recall.keep_artifact(recall.moment(), &id(number), bytes[..].into());
        }
        assert_eq!(recall.artifact(&id(0)), None);
        assert!(recall.artifact(&id(9_999)).is_some());
        let left = (0..10_000).filter(|number| recall.artifact(&id(*number)).is_some());
        let size = left.count() * bytes.len();
        assert!(size <= 2 * GENERATION * SHARDS, "{size} bytes");
    }

    #[test]
    fn what_is_kept_anew_stays_for_as_long_as_what_is_new() {
        let mut shard = Shard::default();
        let half = GENERATION / 2;
        shard.put(1, "one", half);
        shard.put(2, "two", half);
        shard.put(3, "three", half);
        shard.put(1, "one again", half);
        // Now what came in the first generation goes.
        shard.put(4, "four", half);
        let mut left: Vec<_> = shard.entries.values().map(|entry| entry.value).collect();
        left.sort_unstable();
        assert_eq!(left, ["four", "one again", "three"]);
    }

    #[test]
    fn an_epoch_is_new_until_all_is_forgotten() {
        let recall = Recall::default();
        assert!(!recall.is_before(0));
        assert!(recall.is_before(4));
        assert!(recall.is_before(4));
        recall.caught_up(4);
        assert!(!recall.is_before(4));
        recall.caught_up(3);
        assert!(!recall.is_before(4));
    }
}
