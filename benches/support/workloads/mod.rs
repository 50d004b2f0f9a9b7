//! The workloads of the clients: each is one run on a freshly started server, and returns its
//! measurements.

mod coming;
mod talk;

use super::clients::Target;
use super::report::Measures;

/// One workload.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Target, Scale) -> Measures,
    /// Its description, for the heading of its table.
    pub(crate) what: &'static str,
    /// The measurements for a short table.
    pub(crate) headlines: &'static [&'static str],
}

/// The size of a run: a short run has a quarter of everything but users.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub(crate) quick: bool,
}

impl Scale {
    fn of(self, usual: usize) -> usize {
        if self.quick { usual / 4 } else { usual }
    }
}

/// Workloads for any server.
pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "fan-out",
        run: |target, scale| talk::fan_out(target, scale, 200, 0),
        what: "a room of 200, 4 of them talk at full speed",
        headlines: &[
            "deliveries a second",
            "CPU s per million deliveries",
            "peak resident MiB",
        ],
    },
    Workload {
        name: "ping-pong",
        run: talk::ping_pong,
        what: "100 pairs whisper to each other, one line at a time",
        headlines: &[
            "round trips a second",
            "round trip p99 µs",
            "CPU µs per delivery",
        ],
    },
    Workload {
        name: "open-loop",
        run: talk::open_loop,
        what: "100 messages a second, by the clock, in a room of 500",
        headlines: &["p50 µs", "p99 µs", "to those who also speak: p99 µs"],
    },
    Workload {
        name: "5,000-come",
        run: |target, _| coming::register(target, 5_000),
        what: "5,000 connections register and stay idle",
        headlines: &["seconds", "CPU seconds", "bytes per idle connection"],
    },
    Workload {
        name: "storm",
        run: coming::storm,
        what: "500 people join 5 rooms, part and join again, quit",
        headlines: &["seconds", "CPU seconds"],
    },
    Workload {
        name: "2,000-quit",
        run: coming::quit_at_once,
        what: "2,000 people of one room quit at once",
        headlines: &["seconds", "CPU seconds"],
    },
];

/// Workloads that only make sense in comparison, or that take long.
pub(crate) const MORE: &[Workload] = &[
    Workload {
        name: "fan-out-400",
        run: |target, scale| talk::fan_out(target, scale, 400, 0),
        what: "the same in a room of 400: twice the recipients",
        headlines: &[],
    },
    Workload {
        name: "fan-out-beside-2,000",
        run: |target, scale| talk::fan_out(target, scale, 200, 2_000),
        what: "a room of 200 again, with 2,000 people in other rooms",
        headlines: &[],
    },
    Workload {
        name: "fan-out-beside-4,000",
        run: |target, scale| talk::fan_out(target, scale, 200, 4_000),
        what: "the same with 4,000 people in other rooms",
        headlines: &[],
    },
    Workload {
        name: "15,000-come",
        run: |target, _| coming::register(target, 15_000),
        what: "15,000 connections register and stay idle",
        headlines: &[],
    },
];

pub(crate) fn find(name: &str) -> Option<&'static Workload> {
    let mut all = WORKLOADS.iter().chain(MORE);
    all.find(|workload| workload.name == name)
}

/// The name and the value of a measurement.
fn measure(name: &str, value: f64) -> (String, f64) {
    (name.to_owned(), value)
}

/// Sixty bytes, a typical length of a message.
const TEXT: &str = "what people say is about as long as this line, give or take.";
