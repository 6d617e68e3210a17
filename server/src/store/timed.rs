//! How long statements take: counts by time, of this process, for who watches it; slow ones are in the log where that is asked for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Upper bounds, in microseconds.
pub const BOUNDS_US: [u64; 12] = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000, 30_000_000];
/// A statement that took longer is worth a line of the log, at level `debug`.
const SLOW: Duration = Duration::from_millis(20);
/// Longest text of a statement in the log, in characters.
const TEXT_CHARS_MAX: usize = 400;

/// Statements by the first bound that they are within, those beyond all last.
static TOOK: [AtomicU64; BOUNDS_US.len() + 1] = [const { AtomicU64::new(0) }; BOUNDS_US.len() + 1];
static SUM_US: AtomicU64 = AtomicU64::new(0);

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Statements within each of [`BOUNDS_US`] and above the one before it, then those beyond all.
    pub counts: [u64; BOUNDS_US.len() + 1],
    /// All their time, microseconds.
    pub sum_us: u64,
}

/// What this process counted so far.
pub fn taken() -> Taken {
    Taken { counts: std::array::from_fn(|at| TOOK[at].load(Ordering::Relaxed)), sum_us: SUM_US.load(Ordering::Relaxed) }
}

/// A statement under way.
pub(super) struct Timed(Instant);

/// Begins to count.
pub(super) fn begin() -> Timed {
    Timed(Instant::now())
}

impl Timed {
    /// Counts it.
    pub(super) fn end(self, text: &str) {
        let took = self.0.elapsed();
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        TOOK[BOUNDS_US.partition_point(|bound| *bound < us)].fetch_add(1, Ordering::Relaxed);
        SUM_US.fetch_add(us, Ordering::Relaxed);
        if took >= SLOW {
            tracing::debug!(ms = us / 1_000, statement = %Short(text), "a slow statement");
        }
    }
}

/// The beginning of a statement, on one line.
struct Short<'a>(&'a str);

impl std::fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.0.split_whitespace().flat_map(|word| word.chars().chain([' ']));
        words.take(TEXT_CHARS_MAX).try_for_each(|c| std::fmt::Write::write_char(f, c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_counted_once_in_its_place() {
        let before = taken();
        Timed(Instant::now().checked_sub(Duration::from_millis(70)).unwrap()).end("SELECT 1");
        let after = taken();
        // Other tests count beside this one, but none of theirs takes so long.
        assert!(after.counts[7] > before.counts[7], "between 50 and 100 ms");
        assert!(after.sum_us >= before.sum_us + 70_000);
        assert_eq!(Short("SELECT a\n    FROM b").to_string(), "SELECT a FROM b ");
    }
}
