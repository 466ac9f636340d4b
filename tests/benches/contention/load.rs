//! The load of one process.

use std::{
    env,
    io::{BufRead, stdin},
    time::{Duration, Instant},
};

use crate::{
    histogram::Histogram,
    system::{System, next},
};

/// One operation in so many is a new result.
const ONE_NEW_IN: u64 = 10;

/// What one process did.
pub(crate) struct Done {
    /// With the last flush.
    pub(crate) elapsed: Duration,
    pub(crate) hits: Histogram,
    pub(crate) results: Histogram,
}

/// Says that it is ready, waits for the word, and says what it did.
pub(crate) fn child(mut system: Box<dyn System>, number: u64) {
    system.hit(number);
    println!("ready");
    let mut line = String::new();
    stdin().lock().read_line(&mut line).expect("the word to go");
    let done = run(&mut *system, number);
    println!("{} {} {}", done.elapsed.as_nanos(), done.hits, done.results);
}

pub(crate) fn seconds() -> u64 {
    let set = env::var("ZEN_BENCH_SECONDS").ok();
    set.and_then(|seconds| seconds.parse().ok()).unwrap_or(20)
}

fn run(system: &mut dyn System, number: u64) -> Done {
    let records = system.records();
    let length = Duration::from_secs(seconds());
    let mut random = number;
    // No other process keeps these.
    let mut fresh = (number + 1) << 40;
    let (mut hits, mut results) = (Histogram::new(), Histogram::new());
    let begun = Instant::now();
    while begun.elapsed() < length {
        let picked = next(&mut random);
        let started = Instant::now();
        if picked.is_multiple_of(ONE_NEW_IN) {
            fresh += 1;
            system.keep(fresh);
            results.add(started.elapsed());
        } else {
            system.hit((picked >> 8) % records);
            hits.add(started.elapsed());
        }
    }
    system.flush();
    Done {
        elapsed: begun.elapsed(),
        hits,
        results,
    }
}
