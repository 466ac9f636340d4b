//! LMDB, by `heed`.

#![allow(unsafe_code, reason = "a memory map is open to others' writes")]

use std::{ops::Range, path::Path};

use heed::{CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions, types::Bytes};

use crate::system::{System, key, value};

const MAP: usize = 8 << 30;

/// One environment with one database.
pub(crate) struct Lmdb {
    env: &'static Env,
    table: Database<'static, Bytes, Bytes>,
}

impl Lmdb {
    pub(crate) fn open(folder: &Path, durable: bool) -> Self {
        let mut options = EnvOpenOptions::new();
        options.map_size(MAP).max_readers(64);
        // SAFETY: only this benchmark has the folder, and no process opens it
        // twice; losing it at a crash is part of what is measured.
        let env = unsafe {
            if !durable {
                options.flags(EnvFlags::NO_SYNC);
            }
            options.open(folder)
        };
        // A table borrows its environment; both are open until the process ends.
        let env: &'static Env = Box::leak(Box::new(env.expect("an environment")));
        let write = env.write_txn().expect("a transaction");
        let made = env.create_databases_and_commit(write, |databases, write| {
            databases
                .create_database(write, None)
                .map(CommitOrAbort::<_, ()>::Commit)
        });
        let table = made.expect("a database").unwrap_commit();
        Self { env, table }
    }
}

impl System for Lmdb {
    fn hit(&mut self, number: u64) {
        let read = self.env.read_txn().expect("a transaction");
        let found = self.table.get(&read, &key(number)).expect("a get");
        assert_eq!(found.map(<[u8]>::len), Some(200));
    }

    fn keep(&mut self, number: u64) {
        self.fill(number..number + 1);
    }

    fn fill(&mut self, numbers: Range<u64>) {
        let mut write = self.env.write_txn().expect("a transaction");
        for number in numbers {
            let put = self.table.put(&mut write, &key(number), &value(number));
            put.expect("a put");
        }
        write.commit().expect("a commit");
    }
}
