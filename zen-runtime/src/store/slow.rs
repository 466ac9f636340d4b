//! Telling the user about a wait that lasts: after a second, and then now and
//! again for as long as it lasts.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use super::forked::Owner;
use crate::warning::print_line;

/// How often the waits are looked at.
const TICK: Duration = Duration::from_millis(250);

/// After how long a wait is told, and after how long again. From then on it is
/// told every time that the last of them has passed.
const TELL: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(9),
    Duration::from_mins(1),
];

/// When a wait is told next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    times: usize,
    next: Instant,
}

impl Schedule {
    /// That of a wait that began then.
    pub(super) fn since(since: Instant) -> Self {
        Self {
            times: 0,
            next: since + TELL[0],
        }
    }

    /// Whether it is to be told now; if so, the next time is set.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let due = self.next <= now;
        if due {
            self.times += 1;
            self.next = now + TELL[self.times.min(TELL.len() - 1)];
        }
        due
    }
}

/// Prints a line on standard error without tearing what is drawn there.
pub(crate) struct Printer(Box<dyn Fn(&str) + Send + Sync>);

/// Those that draw on standard error now. A report that is over is gone.
static PRINTERS: Mutex<Vec<Weak<Printer>>> = Mutex::new(Vec::new());

impl Printer {
    /// Lets lines be printed by `print`, for as long as this is held.
    pub(crate) fn new(print: impl Fn(&str) + Send + Sync + 'static) -> Arc<Self> {
        let printer = Arc::new(Self(Box::new(print)));
        let mut printers = PRINTERS.lock().unwrap_or_else(PoisonError::into_inner);
        printers.retain(|printer| printer.strong_count() > 0);
        printers.push(Arc::downgrade(&printer));
        printer
    }
}

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").finish_non_exhaustive()
    }
}

/// Tells `text` now.
pub(super) fn tell(text: &str) {
    tracing::warn!(target: "zen", "{text}");
    let line = format!("zen: {text}");
    let printers = PRINTERS.lock().unwrap_or_else(PoisonError::into_inner);
    let printer = printers.iter().rev().find_map(Weak::upgrade);
    drop(printers);
    match printer {
        Some(printer) => printer.0(&line),
        None => print_line(&line),
    }
}

/// A duration in words.
pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

static WAITS: LazyLock<Shared> = LazyLock::new(|| Shared {
    owner: Owner::this_process(),
    waits: Mutex::default(),
});

struct Shared {
    /// The process that made it.
    owner: Owner,
    waits: Mutex<Waits>,
}

#[derive(Default)]
struct Waits {
    next: u64,
    open: HashMap<u64, Slow>,
    /// Whether the thread that tells runs.
    told: bool,
}

struct Slow {
    since: Instant,
    schedule: Schedule,
    text: Text,
}

type Text = Arc<dyn Fn(Duration) -> String + Send + Sync>;

/// A wait that is told while it lasts: until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting(Option<u64>);

/// Begins a wait; `text` says what for, given how long it has lasted.
pub(super) fn waiting(text: impl Fn(Duration) -> String + Send + Sync + 'static) -> Waiting {
    let Some(mut waits) = lock() else {
        return Waiting(None);
    };
    let number = waits.next;
    waits.next += 1;
    let since = Instant::now();
    let slow = Slow {
        since,
        schedule: Schedule::since(since),
        text: Arc::new(text),
    };
    waits.open.insert(number, slow);
    if !waits.told {
        // Without a thread nothing is told, and all else goes on.
        let thread = thread::Builder::new().name("zen-tell".to_owned());
        waits.told = thread.spawn(tell_all).is_ok();
    }
    Waiting(Some(number))
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let (Some(number), Some(mut waits)) = (self.0, lock()) {
            waits.open.remove(&number);
        }
    }
}

/// `None` in a forked child: there it may have been locked by a thread that the
/// child does not have.
fn lock() -> Option<MutexGuard<'static, Waits>> {
    let is_own = WAITS.owner.is_this_process();
    is_own.then(|| WAITS.waits.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Tells of all waits, until there is none.
fn tell_all() {
    loop {
        thread::sleep(TICK);
        let Some(mut waits) = lock() else {
            return;
        };
        if waits.open.is_empty() {
            waits.told = false;
            return;
        }
        let now = Instant::now();
        let due = waits.open.values_mut();
        let due = due.filter_map(|slow| {
            let due = slow.schedule.is_due(now);
            due.then(|| (slow.text.clone(), now.duration_since(slow.since)))
        });
        let due: Vec<_> = due.collect();
        drop(waits);
        for (text, lasted) in due {
            tell(&text(lasted));
        }
    }
}
