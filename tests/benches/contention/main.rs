//! One store under the load of 1, 2, 4 and 8 processes, beside LMDB and `SQLite`.
//!
//! Each process asks for a record out of 100,000 nine times out of ten, and
//! otherwise keeps a new one (a key of 32 bytes, a value of 200), as fast as it
//! can. The rates count what all processes did; results count as kept when they
//! are where the system's durability says, so the last flush is in the time.
//!
//! ```text
//! cargo bench -p zen-tests --features peers --bench contention
//! ```
//!
//! Without the feature, which builds LMDB and `SQLite` from C, zen stands alone.
//! `ZEN_BENCH_SECONDS` sets how long each of the rows is measured (20). zen and
//! `SQLite` have a cache in each process, which fills first: with 5 seconds and eight
//! processes on two cores most hits are first looks, and a first look costs zen more
//! than LMDB. Arguments after `--` choose numbers of processes and
//! systems: `-- 4 'zen store' LMDB`.
//!
//! - `zen store` is the store itself: a hit reads record and artifact and checks
//!   both, a result is handed over, and on disk in power-safe order at the end.
//! - `zen steps` calls a `#[step]`: with fingerprints, single flight over
//!   processes and everything else that a user gets, over 10,000 records.
//! - `LMDB` and `SQLite WAL` commit each result, and do not wait for the disk: a
//!   loss of power may cost results, and for LMDB the file.
//! - `LMDB durable` and `SQLite durable` wait for the disk at each commit.
//!
//! Only ratios within one run mean something.

#![allow(missing_docs)]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded")]

mod histogram;
#[cfg(feature = "peers")]
mod lmdb;
mod load;
mod parent;
#[cfg(feature = "peers")]
mod sqlite;
mod system;
mod zen;

use std::{env, path::Path};

fn main() {
    let arguments: Vec<_> = env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "child", system, folder, number] => {
            let number = number.parse().expect("a number");
            load::child(system::open(system, Path::new(folder)), number);
        }
        // `cargo test --benches` starts benchmarks, too.
        _ if arguments.iter().any(|argument| argument == "--bench") => parent::main(),
        _ => {}
    }
}
