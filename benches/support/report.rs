//! Medians, percentiles, and readable numbers.

use std::fmt;
use std::time::Duration;

/// The results of one run, by name.
pub(crate) type Measures = Vec<(String, f64)>;

/// The middle value; of an even number the mean of the two middle ones.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

/// The medians of runs with the same measurements.
pub(crate) fn medians(runs: &[Measures]) -> Measures {
    let Some(first) = runs.first() else {
        return Measures::new();
    };
    let of = |name: &str| {
        let found = runs.iter().flat_map(|run| find(run, name));
        median(&found.collect::<Vec<_>>())
    };
    first
        .iter()
        .map(|(name, _)| (name.clone(), of(name)))
        .collect()
}

pub(crate) fn find(measures: &Measures, name: &str) -> Option<f64> {
    let found = measures.iter().find(|(one, _)| one == name);
    found.map(|(_, value)| *value)
}

/// All durations of an operation; their percentiles are exact.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<u64>);

impl Times {
    /// Reserves room for all values, so that `note` allocates nothing.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    pub(crate) fn note(&mut self, time: Duration) {
        self.0.push(u64::try_from(time.as_nanos()).unwrap());
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// In microseconds: the time within which this share of the operations finished.
    pub(crate) fn percentiles(mut self, what: &str) -> Measures {
        self.0.sort_unstable();
        let at = |part: f64| {
            let rank = (self.0.len() as f64 * part).ceil() as usize;
            let found = self.0.get(rank.saturating_sub(1)).copied();
            found.map_or(f64::NAN, |time| time as f64 / 1e3)
        };
        [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)]
            .into_iter()
            .map(|(name, part)| (format!("{what}{name} µs"), at(part)))
            .collect()
    }
}

/// A number with three significant digits, and separators between thousands.
pub(crate) struct Figure(pub(crate) f64);

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        let text = match value.abs() {
            _ if value.is_nan() => "–".to_owned(),
            size if size >= 1e9 => format!("{:.2} G", value / 1e9),
            size if size >= 1e6 => format!("{:.2} M", value / 1e6),
            size if size >= 1e5 => format!("{:.0} k", value / 1e3),
            size if size >= 1e4 => format!("{:.1} k", value / 1e3),
            size if size >= 100.0 => format!("{value:.0}"),
            size if size >= 10.0 => format!("{value:.1}"),
            _ if value == value.trunc() => format!("{value:.0}"),
            size if size >= 1.0 => format!("{value:.2}"),
            _ => format!("{value:.3}"),
        };
        f.pad(&text)
    }
}

/// Prints the results of one run, or the medians of several.
pub(crate) fn print(title: &str, measures: &Measures) {
    println!("{title}");
    for (name, value) in measures {
        println!("  {name:<44} {:>10}", Figure(*value));
    }
}
