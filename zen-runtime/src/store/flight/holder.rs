//! What a lock file says of its holder.

use std::{
    fmt::{self, Write},
    process,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::fingerprint::Fingerprint;

/// The most bytes of a lock file that are read.
pub(super) const MOST_BYTES: u64 = 1 << 16;

/// The most characters of a step's name that are told.
const MOST_OF_A_NAME: usize = 200;

/// Who computes, what, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) pid: u32,
    pub(super) step: String,
    /// Milliseconds since 1970.
    pub(super) since: u64,
}

impl Holder {
    /// This process, from now on.
    pub(super) fn now(step: &str) -> Self {
        Self {
            pid: process::id(),
            step: printable(step),
            since: now(),
        }
    }

    /// The same, from now on.
    pub(super) fn again(&self) -> Self {
        Self {
            since: now(),
            ..self.clone()
        }
    }

    /// How long it has been computing, as far as the clock tells.
    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_millis(now().saturating_sub(self.since))
    }

    /// Reads what [`Holder`]'s `Display` wrote. Other lines are passed over.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once(' '))
                .find_map(|(key, value)| (key == name).then_some(value))
        };
        Some(Self {
            pid: field("pid")?.parse().ok()?,
            step: printable(field("step")?),
            since: field("since")?.parse().ok()?,
        })
    }
}

/// What a holder's computation waits for, for those who wait for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Note {
    /// Flights that it cannot go on without.
    pub(super) waits_for: Vec<Fingerprint>,
    /// If nothing in its process moves: all that the process waits for.
    pub(super) stalled_on: Vec<Fingerprint>,
}

impl Note {
    /// Reads what [`Note`]'s `Display` wrote. Other lines are passed over.
    pub(super) fn parse(text: &str) -> Self {
        let fields = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once(' '))
                .filter(|(key, _)| *key == name)
                .filter_map(|(_, value)| value.parse().ok())
                .collect()
        };
        Self {
            waits_for: fields("waits-for"),
            stalled_on: fields("stalled-on"),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for key in &self.waits_for {
            writeln!(f, "waits-for {key}")?;
        }
        for key in &self.stalled_on {
            writeln!(f, "stalled-on {key}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pid {}", self.pid)?;
        writeln!(f, "step {}", self.step)?;
        writeln!(f, "since {}", self.since)
    }
}

/// A name in one line that is safe to show on a terminal.
fn printable(name: &str) -> String {
    let mut shown = String::new();
    for character in name.chars().take(MOST_OF_A_NAME) {
        let control = character.is_control();
        let _ = shown.write_char(if control { '?' } else { character });
    }
    shown
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::{Holder, Note};
    use crate::fingerprint::Fingerprint;

    #[test]
    fn a_note_is_read_back_beside_its_holder() {
        let key = |byte| Fingerprint::from_bytes([byte; 32]);
        let note = Note {
            waits_for: vec![key(1), key(2)],
            stalled_on: vec![key(3)],
        };
        let text = format!("{}{note}", Holder::now("train"));
        assert_eq!(Note::parse(&text), note);
        assert_eq!(Note::parse("waits-for x\nstalled-on"), Note::default());
    }

    #[test]
    fn a_holder_is_read_back() {
        let holder = Holder::now("train \u{1b}[31m\n on λ");
        assert_eq!(holder.step, "train ?[31m? on λ");
        assert_eq!(Holder::parse(&holder.to_string()), Some(holder));
    }

    #[test]
    fn what_is_no_holder_is_none() {
        for text in ["", "pid", "pid x\nstep s\nsince 1", "pid 1\nstep s", "\0\0"] {
            assert_eq!(Holder::parse(text), None, "{text:?}");
        }
    }
}
