//! A hit and a miss of a small step, beside the bare database and the nearest
//! peer, in one run: only the ratios mean something.
//!
//! - `hit/redb held` is the floor: a get in a read transaction that is kept open.
//! - `hit/redb` begins a transaction and opens the table for each get.
//! - `hit/cached` is the disk store of `cached` 4.1.
//! - `miss/zen without flights` cannot make lock files: what single flight between
//!   processes costs.
//! - `miss/redb` is one durable commit of a record of the same size.

#![allow(missing_docs)]

use std::{
    hint::black_box,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use cached::macros::concurrent_cached;
use criterion::{Criterion, criterion_group, criterion_main};
use redb::{Builder, ConcurrencyMode, Database, ReadableDatabase, TableDefinition};
use zen_runtime::{Repository, step};

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");

/// How many records every store holds before a hit is timed.
const RECORDS: u64 = 10_000;

/// Numbers that no call has had before, so that each is a miss.
static FRESH: AtomicU64 = AtomicU64::new(1 << 32);

fn fresh() -> u64 {
    FRESH.fetch_add(1, Ordering::Relaxed)
}

#[step]
fn small(x: u64) -> u64 {
    x.wrapping_mul(x)
}

// The peer's macro wants a `Result`.
#[allow(clippy::unnecessary_wraps)]
#[concurrent_cached(disk = true, map_error = |e| format!("{e:?}"))]
fn peer(x: u64) -> Result<u64, String> {
    Ok(x.wrapping_mul(x))
}

fn database(folder: &Path) -> Database {
    let database = Builder::new()
        .set_concurrency_mode(ConcurrencyMode::MultiWriter)
        .create(folder.join("floor.redb"))
        .expect("a database");
    let write = database.begin_write().expect("a transaction");
    {
        let mut table = write.open_table(TABLE).expect("a table");
        for x in 0..RECORDS {
            let key = blake3::hash(&x.to_le_bytes());
            table
                .insert(key.as_bytes().as_slice(), [7; 200].as_slice())
                .expect("an insert");
        }
    }
    write.commit().expect("a commit");
    database
}

fn commit(database: &Database, x: u64) {
    let write = database.begin_write().expect("a transaction");
    {
        let mut table = write.open_table(TABLE).expect("a table");
        let key = blake3::hash(&x.to_le_bytes());
        table
            .insert(key.as_bytes().as_slice(), [7; 200].as_slice())
            .expect("an insert");
    }
    write.commit().expect("a commit");
}

fn hits(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = database(folder.path());
    let repository = Repository::open(folder.path()).expect("a repository");
    repository.scope(|| {
        for x in 0..500 {
            small(x);
        }
    });
    peer(7).expect("the peer's store");

    let mut group = criterion.benchmark_group("hit");
    let key = blake3::hash(&7_u64.to_le_bytes());
    let read = database.begin_read().expect("a transaction");
    let table = read.open_table(TABLE).expect("a table");
    group.bench_function("redb held", |bencher| {
        bencher.iter(|| {
            let found = table.get(black_box(key.as_bytes().as_slice()));
            black_box(found.expect("a get").expect("a record").value().len())
        });
    });
    group.bench_function("redb", |bencher| {
        bencher.iter(|| {
            let read = database.begin_read().expect("a transaction");
            let table = read.open_table(TABLE).expect("a table");
            let found = table.get(black_box(key.as_bytes().as_slice()));
            black_box(found.expect("a get").expect("a record").value().len())
        });
    });
    repository.scope(|| {
        group.bench_function("zen", |bencher| bencher.iter(|| small(black_box(7))));
    });
    group.bench_function("cached", |bencher| bencher.iter(|| peer(black_box(7))));
    group.finish();
}

fn misses(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = database(folder.path());
    let repository = Repository::open(folder.path()).expect("a repository");
    let mut group = criterion.benchmark_group("miss");
    group.bench_function("redb", |bencher| {
        bencher.iter(|| commit(&database, fresh()));
    });
    repository.scope(|| {
        group.bench_function("zen", |bencher| bencher.iter(|| small(fresh())));
    });
    let without = tempfile::tempdir().expect("a folder");
    let repository = Repository::open(without.path()).expect("a repository");
    std::fs::remove_dir_all(repository.dir().join("locks")).expect("no folder of locks");
    repository.scope(|| {
        group.bench_function("zen without flights", |bencher| {
            bencher.iter(|| small(fresh()));
        });
    });
    group.bench_function("cached", |bencher| bencher.iter(|| peer(fresh())));
    group.finish();
}

criterion_group!(benches, hits, misses);
criterion_main!(benches);
