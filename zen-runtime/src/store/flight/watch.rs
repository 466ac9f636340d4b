//! The thread that watches over waits while there are any, and tells whom they
//! wait for.

use std::{
    collections::HashMap,
    fs, process, thread,
    time::{Duration, Instant},
};

use super::{
    Key,
    deadlock::{Deadlocks, Scene},
    lock::read_holder,
    table::{Entry, table},
};

/// How often the waits are looked at.
const TICK: Duration = Duration::from_millis(100);

/// After how long it is told whom a wait is for, and after how long again. From
/// then on it is told every time that the last of them has passed.
const TELL: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(9),
    Duration::from_mins(1),
];

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
            tracing::warn!(target: "zen", "{text}");
            eprintln!("zen: {text}");
        }
    }
}

/// What has been told of the waits for a flight.
#[derive(Clone, Copy)]
struct Told {
    times: usize,
    next: Instant,
}

impl Told {
    fn nothing(since: Instant) -> Self {
        Self {
            times: 0,
            next: since + TELL[0],
        }
    }

    fn once_more(self, now: Instant) -> Self {
        let times = self.times + 1;
        Self {
            times,
            next: now + TELL[times.min(TELL.len() - 1)],
        }
    }
}

/// What there is, and what is to be told of it now. `None` if nobody waits any
/// more: the thread is over then, and the next wait starts another.
fn look(told: &mut HashMap<Key, Told>) -> Option<(Scene, Vec<String>)> {
    let mut table = table()?;
    if table.waits.is_empty() {
        table.watched = false;
        return None;
    }
    told.retain(|key, _| table.waits_for(key).next().is_some());
    let now = Instant::now();
    let mut due = Vec::new();
    for wait in &table.waits {
        let before = told
            .entry(wait.key.clone())
            .or_insert_with(|| Told::nothing(wait.since));
        if before.next <= now {
            *before = before.once_more(now);
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
    let since = seconds(entry.holder.elapsed());
    match &entry.thread {
        Some(name) => format!("computed by the thread `{name}` of this process since {since}"),
        None => format!("computed by another thread of this process since {since}"),
    }
}

fn in_another_process(key: &Key) -> String {
    let Some(holder) = read_holder(key) else {
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

/// Whether a process of this machine is stopped, as by Ctrl-Z. `false` where
/// the system does not say.
fn is_stopped(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    // The name in parentheses may hold anything, parentheses too.
    let state = stat.as_deref().ok().and_then(|stat| stat.rsplit_once(") "));
    pid != process::id() && state.is_some_and(|(_, rest)| rest.starts_with(['T', 't']))
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
