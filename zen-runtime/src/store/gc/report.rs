//! What was cleared away, or would be, as a table.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use indicatif::HumanBytes;

use crate::{codec::ArtifactId, fingerprint::Fingerprint};

/// How many rows a table has at most; `{:#}` shows all.
const ROWS: usize = 40;

/// What [`Repository::gc`](crate::Repository::gc) cleared away, or would have.
///
/// It is displayed as a table of the largest items; `{:#}` shows all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GcReport {
    pub(crate) dry_run: bool,
    pub(super) items: Vec<GcItem>,
    pub(super) leftovers: Leftovers,
    pub(super) before: u64,
    pub(super) limit: Option<u64>,
    pub(crate) runs: usize,
    pub(crate) versions: usize,
}

/// A record that is dropped with the artifacts that only it names, or an
/// artifact that is dropped or evicted.
#[derive(Clone, Debug, PartialEq)]
pub struct GcItem {
    pub(super) action: GcAction,
    pub(super) target: Target,
    pub(super) step: String,
    pub(super) bytes: u64,
    pub(super) duration: Duration,
    pub(super) uses: u64,
    /// Milliseconds since 1970; 0 if it is not known.
    pub(super) last_used: u64,
    pub(super) reason: GcReason,
}

/// What is done with an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GcAction {
    /// It is taken away with all that is known of it.
    Drop,
    /// Its bytes are taken away, and its ID stays.
    Evict,
}

/// Why an item goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GcReason {
    /// No record names the artifact.
    Unnamed,
    /// It was not used for longer than the policy allows.
    Age,
    /// The artifacts take more than the policy allows, and it is the cheapest
    /// to compute again per byte.
    Size,
    /// The policy says that its bytes may go.
    Evicted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Record(Fingerprint),
    Artifact(ArtifactId),
}

/// What killed processes and old damage left behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leftovers {
    /// Files in `tmp/` whose writer is gone.
    pub temporary: usize,
    /// Lock files whose holder is gone.
    pub locks: usize,
    /// Damaged files that were in `quarantine/` for longer than the policy
    /// says.
    pub quarantined: usize,
    /// Blobs that no artifact's entry names.
    pub orphans: usize,
    /// Entries of indexes whose record is gone.
    pub index_entries: usize,
    /// The size of the files.
    pub bytes: u64,
}

impl GcReport {
    /// Whether nothing was done, only found out.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// What goes, in the order in which it does.
    pub fn items(&self) -> &[GcItem] {
        &self.items
    }

    /// What was left behind by others.
    pub fn leftovers(&self) -> &Leftovers {
        &self.leftovers
    }

    /// The size of all artifacts before.
    pub fn bytes_before(&self) -> u64 {
        self.before
    }

    /// The size of all artifacts after.
    pub fn bytes_after(&self) -> u64 {
        let freed = self.items.iter().map(|item| item.bytes).sum();
        self.before.saturating_sub(freed)
    }

    /// Whether the artifacts are no more than the policy's `max_size`. They may
    /// be more if that much has to be kept: pins, the last runs, what is in
    /// use.
    pub fn is_within_limit(&self) -> bool {
        self.limit.is_none_or(|limit| self.bytes_after() <= limit)
    }

    /// How many runs were forgotten.
    pub fn dropped_runs(&self) -> usize {
        self.runs
    }

    /// How many versions of pipelines were forgotten.
    pub fn dropped_versions(&self) -> usize {
        self.versions
    }
}

impl GcItem {
    /// What is done with it.
    pub fn action(&self) -> GcAction {
        self.action
    }

    /// The call whose record goes; `None` for an artifact.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        match self.target {
            Target::Record(fingerprint) => Some(fingerprint),
            Target::Artifact(_) => None,
        }
    }

    /// The artifact; `None` for a record.
    pub fn artifact(&self) -> Option<ArtifactId> {
        match self.target {
            Target::Artifact(id) => Some(id),
            Target::Record(_) => None,
        }
    }

    /// The step that gave it; empty if it is not known.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// The bytes that this frees.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How long it took to compute.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// In how many processes it was used, the one that computed it included.
    pub fn uses(&self) -> u64 {
        self.uses
    }

    /// When it was last used; `None` if it is not known.
    pub fn last_used(&self) -> Option<SystemTime> {
        let since = Duration::from_millis(self.last_used);
        (self.last_used > 0).then(|| UNIX_EPOCH + since)
    }

    /// Why it goes.
    pub fn reason(&self) -> GcReason {
        self.reason
    }
}

const HEAD: [&str; 7] = ["", "step", "id", "size", "took", "uses", "because"];

impl GcItem {
    fn cells(&self) -> [String; 7] {
        let took = match self.action {
            GcAction::Drop if self.uses == 0 => String::new(),
            _ => format!("{:.3} s", self.duration.as_secs_f64()),
        };
        [
            self.action.to_string(),
            self.step.clone(),
            match self.target {
                Target::Record(fingerprint) => format!("{fingerprint:#}"),
                Target::Artifact(id) => format!("{id:#}"),
            },
            HumanBytes(self.bytes).to_string(),
            took,
            self.uses.to_string(),
            self.reason.to_string(),
        ]
    }
}

impl fmt::Display for GcReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_table(f)?;
        let verb = if self.dry_run { "would free" } else { "freed" };
        let freed = self.before - self.bytes_after();
        write!(
            f,
            "{verb} {}: {} of artifacts before, {} after",
            HumanBytes(freed),
            HumanBytes(self.before),
            HumanBytes(self.bytes_after())
        )?;
        if let Some(limit) = self.limit.filter(|_| !self.is_within_limit()) {
            write!(
                f,
                "\nstill over the limit of {}: the rest is pinned, in use, or of the last runs",
                HumanBytes(limit)
            )?;
        }
        self.write_leftovers(f)
    }
}

impl GcReport {
    fn write_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.items.is_empty() {
            return Ok(());
        }
        let mut items: Vec<&GcItem> = self.items.iter().collect();
        let shown = if f.alternate() { items.len() } else { ROWS };
        if items.len() > shown {
            items.sort_by_key(|item| std::cmp::Reverse(item.bytes));
        }
        let rows: Vec<[String; 7]> = items.iter().take(shown).map(|item| item.cells()).collect();
        let mut widths = HEAD.map(|head| head.chars().count());
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        write_row(f, &widths, &HEAD.map(str::to_owned))?;
        rows.iter().try_for_each(|row| write_row(f, &widths, row))?;
        if items.len() > shown {
            writeln!(f, "… and {} smaller ones", items.len() - shown)?;
        }
        Ok(())
    }

    fn write_leftovers(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = &self.leftovers;
        let counts = [
            (left.temporary, "half-written files"),
            (left.locks, "dead lock files"),
            (left.quarantined, "damaged files"),
            (left.orphans, "blobs without an entry"),
            (left.index_entries, "index entries"),
            (self.runs, "runs"),
            (self.versions, "versions of pipelines"),
        ];
        for (count, what) in counts {
            if count > 0 {
                write!(f, "\n{count} {what}")?;
            }
        }
        Ok(())
    }
}

/// Numbers to the right, words to the left.
fn write_row(f: &mut fmt::Formatter<'_>, widths: &[usize; 7], row: &[String; 7]) -> fmt::Result {
    let line: Vec<String> = row
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(column, (cell, width))| match column {
            3..=5 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        })
        .collect();
    writeln!(f, "{}", line.join("  ").trim_end())
}

impl fmt::Display for GcAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drop => "drop",
            Self::Evict => "evict",
        })
    }
}

impl fmt::Display for GcReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unnamed => "no record names it",
            Self::Age => "not used for long",
            Self::Size => "over the size limit",
            Self::Evicted => "can be computed again",
        })
    }
}
