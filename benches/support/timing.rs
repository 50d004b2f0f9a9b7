//! Timing what happens in memory: how long one of many takes.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::report::median;

/// How long one round is at least: long enough for the clock, short enough for many of them.
const ROUND: Duration = Duration::from_millis(20);

/// Nanoseconds for one `step`: the median of rounds with thousands of them in each.
pub(crate) fn nanoseconds<T>(rounds: usize, mut step: impl FnMut() -> T) -> f64 {
    let mut steps = 1u32;
    let mut round = |steps: u32| {
        let start = Instant::now();
        for _ in 0..steps {
            black_box(step());
        }
        start.elapsed()
    };
    while round(steps) < ROUND {
        steps *= 2;
    }
    let rounds: Vec<f64> = (0..rounds)
        .map(|_| round(steps).as_nanos() as f64 / f64::from(steps))
        .collect();
    median(&rounds)
}
