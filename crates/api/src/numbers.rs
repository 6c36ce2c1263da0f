//! Counters and durations for Prometheus. Whole numbers only: microseconds are written as seconds with six decimals.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the histogram's buckets, in microseconds.
const BOUNDS_US: [u64; 10] = [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];

/// What was counted since the start.
#[derive(Default)]
pub struct Numbers {
    /// Requests answered.
    pub answers: AtomicU64,
    /// Submissions recorded, each once.
    pub recorded: AtomicU64,
    /// Submissions that the rules, or somebody's rights, refused.
    pub refused: AtomicU64,
    /// Submissions that were told to come again.
    pub turned_away: AtomicU64,
    /// From a submission's arrival to its receipt.
    pub appends: Histogram,
}

/// Durations, counted by buckets.
#[derive(Default)]
pub struct Histogram {
    /// One more than the bounds: what is beyond them.
    buckets: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Histogram {
    /// Counts a duration.
    pub fn count(&self, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS_US.iter().position(|bound| us <= *bound).unwrap_or(BOUNDS_US.len());
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// The histogram in the text format.
    pub fn text(&self, name: &str, help: &str) -> String {
        let mut text = format!("# HELP {name} {help}\n# TYPE {name} histogram\n");
        let mut total = 0;
        for (index, bucket) in self.buckets.iter().enumerate() {
            total += bucket.load(Ordering::Relaxed);
            let bound = BOUNDS_US.get(index).map_or_else(|| "+Inf".to_owned(), |us| seconds(*us));
            writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {total}").expect("a string takes text");
        }
        let sum = seconds(self.sum_us.load(Ordering::Relaxed));
        writeln!(text, "{name}_sum {sum}\n{name}_count {total}").expect("a string takes text");
        text
    }
}

fn seconds(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up_and_nothing_is_lost_beyond_the_last() {
        let histogram = Histogram::default();
        for us in [400, 500, 501, 2_000_000] {
            histogram.count(Duration::from_micros(us));
        }
        let text = histogram.text("x_seconds", "X.");
        assert!(text.contains("x_seconds_bucket{le=\"0.000500\"} 2\n"), "{text}");
        assert!(text.contains("x_seconds_bucket{le=\"0.001000\"} 3\n"), "{text}");
        assert!(text.contains("x_seconds_bucket{le=\"1.000000\"} 3\n"), "{text}");
        assert!(text.contains("x_seconds_bucket{le=\"+Inf\"} 4\n"), "{text}");
        assert!(text.ends_with("x_seconds_sum 2.001401\nx_seconds_count 4\n"), "{text}");
    }
}
