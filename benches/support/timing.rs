//! Times operations in memory: the duration of one of many.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::report::median;

/// The minimal duration of a round: long enough for the clock, short enough for many rounds.
const ROUND: Duration = Duration::from_millis(20);

/// Nanoseconds for one `step`: the median of rounds of thousands of steps each.
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
