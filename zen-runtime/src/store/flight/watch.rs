//! The thread that watches over waits while there are any, and tells whom they
//! wait for.

use std::{
    collections::HashMap,
    thread,
    time::{Duration, Instant},
};

use super::{
    Key,
    deadlock::{Deadlocks, Scene},
    table::{Entry, table},
};
use crate::store::{
    process::is_stopped,
    slow::{Schedule, seconds, tell},
};

/// How often the waits are looked at.
const TICK: Duration = Duration::from_millis(100);

/// Starts the watching thread; says whether it could be.
pub(super) fn start() -> bool {
    let thread = thread::Builder::new().name("zen-watch".to_owned());
    thread.spawn(watch).is_ok()
}

fn watch() {
    let mut told = HashMap::new();
    let mut deadlocks = Deadlocks::default();
    loop {
        thread::sleep(TICK);
        let Some((scene, texts)) = look(&mut told) else {
            return;
        };
        deadlocks.look(&scene);
        for text in texts {
            tell(&text);
        }
    }
}

/// What there is, and what is to be told of it now. `None` if nobody waits any
/// more: the thread is over then, and the next wait starts another.
fn look(told: &mut HashMap<Key, Schedule>) -> Option<(Scene, Vec<String>)> {
    let mut table = table()?;
    if table.waits.is_empty() {
        table.watched = false;
        return None;
    }
    told.retain(|key, _| table.waits_for(key).next().is_some());
    let now = Instant::now();
    let mut due = Vec::new();
    for wait in &table.waits {
        let schedule = told
            .entry(wait.key.clone())
            .or_insert_with(|| Schedule::since(wait.since));
        if schedule.is_due(now) {
            let here = table.flights.get(&wait.key).filter(|entry| entry.is_here());
            due.push((wait.clone(), here.map(in_this_process)));
        }
    }
    let scene = Scene::of(&table);
    drop(table);
    let texts = due.into_iter().map(|(wait, here)| {
        let who = here.unwrap_or_else(|| in_another_process(&wait.key));
        format!("waiting for `{}`, {who}", wait.step)
    });
    Some((scene, texts.collect()))
}

fn in_this_process(entry: &Entry) -> String {
    let since = seconds(entry.since.elapsed());
    match entry.thread.name() {
        Some(name) => format!("computed by the thread `{name}` of this process since {since}"),
        None => format!("computed by another thread of this process since {since}"),
    }
}

fn in_another_process(key: &Key) -> String {
    let Some(holder) = key.locks.holder(&key.fingerprint) else {
        return "computed by another process".to_owned();
    };
    let stopped = if is_stopped(holder.pid) {
        ", which is stopped,"
    } else {
        ""
    };
    let since = seconds(holder.elapsed());
    format!("computed by process {}{stopped} since {since}", holder.pid)
}
