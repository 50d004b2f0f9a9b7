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

/// The same, without most of the noise of other programs: the quickest tenth of many short rounds
/// with an even number of steps.
pub(crate) fn quickest<T>(mut step: impl FnMut() -> T) -> f64 {
    const SHORT: Duration = Duration::from_micros(300);
    const ALL: Duration = Duration::from_millis(400);
    let (begin, mut rounds) = (Instant::now(), Vec::new());
    while begin.elapsed() < ALL || rounds.len() < 10 {
        let (start, mut steps) = (Instant::now(), 0_u32);
        while start.elapsed() < SHORT || steps % 2 == 1 {
            black_box(step());
            steps += 1;
        }
        rounds.push(start.elapsed().as_nanos() as f64 / f64::from(steps));
    }
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 10]
}
