//! How long operations take, in buckets of about 4 %.

use std::{fmt, iter, str::FromStr, time::Duration};

/// Buckets per doubling.
const STEPS: usize = 16;

const BUCKETS: usize = 64 * STEPS;

/// Counts by duration.
pub(crate) struct Histogram(Vec<u64>);

impl Histogram {
    pub(crate) fn new() -> Self {
        Self(vec![0; BUCKETS])
    }

    pub(crate) fn add(&mut self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.0[bucket(nanoseconds.max(1))] += 1;
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        iter::zip(&mut self.0, &other.0).for_each(|(mine, other)| *mine += other);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The time that this share of all operations does not exceed.
    pub(crate) fn quantile(&self, numerator: u64, denominator: u64) -> Duration {
        let wanted = (self.count() * numerator).div_ceil(denominator);
        let mut seen = 0;
        let found = self.0.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        Duration::from_nanos(found.map_or(0, value))
    }
}

/// The doubling, then the next four bits.
fn bucket(nanoseconds: u64) -> usize {
    let doubling = nanoseconds.ilog2() as usize;
    let scaled = (u128::from(nanoseconds) * STEPS as u128) >> doubling;
    doubling * STEPS + (scaled as usize - STEPS)
}

/// The least time of a bucket.
fn value(bucket: usize) -> u64 {
    let scaled = (STEPS + bucket % STEPS) as u128;
    u64::try_from((scaled << (bucket / STEPS)) / STEPS as u128).unwrap_or(u64::MAX)
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.0.iter().enumerate().filter(|(_, count)| **count > 0);
        for (index, (bucket, count)) in used.enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{bucket}:{count}")?;
        }
        Ok(())
    }
}

impl FromStr for Histogram {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut histogram = Self::new();
        for entry in text.split(',').filter(|entry| !entry.is_empty()) {
            let (bucket, count) = entry.split_once(':').unwrap_or((entry, "0"));
            histogram.0[bucket.parse::<usize>()?] = count.parse()?;
        }
        Ok(histogram)
    }
}
