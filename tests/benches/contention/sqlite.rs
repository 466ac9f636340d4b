//! `SQLite` in WAL mode, by `rusqlite`.

use std::{ops::Range, path::Path, time::Duration};

use rusqlite::{Connection, TransactionBehavior};

use crate::system::{System, key, value};

/// One connection to a database with one table.
pub(crate) struct Sqlite(Connection);

impl Sqlite {
    pub(crate) fn open(folder: &Path, durable: bool) -> Self {
        let connection = Connection::open(folder.join("store.sqlite")).expect("a database");
        let busy = connection.busy_timeout(Duration::from_mins(2));
        busy.expect("a time to wait");
        let synchronous = if durable { "FULL" } else { "NORMAL" };
        let prepared = connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; \
             PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824; \
             CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID;"
        ));
        prepared.expect("a table");
        Self(connection)
    }
}

impl System for Sqlite {
    fn hit(&mut self, number: u64) {
        let select = "SELECT value FROM records WHERE key = ?1";
        let mut statement = self.0.prepare_cached(select).expect("a statement");
        let length = statement.query_row([key(number)], |row| Ok(row.get_ref(0)?.as_blob()?.len()));
        assert_eq!(length.expect("a record"), 200);
    }

    fn keep(&mut self, number: u64) {
        self.fill(number..number + 1);
    }

    fn fill(&mut self, numbers: Range<u64>) {
        let begun = self
            .0
            .transaction_with_behavior(TransactionBehavior::Immediate);
        let write = begun.expect("a transaction");
        for number in numbers {
            let insert = "INSERT OR REPLACE INTO records VALUES (?1, ?2)";
            let mut statement = write.prepare_cached(insert).expect("a statement");
            let inserted = statement.execute((key(number), value(number)));
            inserted.expect("an insert");
        }
        write.commit().expect("a commit");
    }
}
