//! Shared parts of the benchmarks: their arguments, their tables, the servers, and the clients that
//! keep a server busy from a separate process.
//!
//! Nothing here fails because something was slow: a benchmark says what it measured.

#![allow(dead_code)] // Each benchmark uses a part of it.

pub(crate) mod clients;
pub(crate) mod costly;
pub(crate) mod load;
pub(crate) mod loaded_hub;
pub(crate) mod report;
pub(crate) mod room;
pub(crate) mod runs;
pub(crate) mod server;
pub(crate) mod socket;
pub(crate) mod terminal;
pub(crate) mod timing;
pub(crate) mod workloads;

use std::env;

/// The arguments of a benchmark: `cargo bench --bench server -- --quick fan-out`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    /// A short run: fewer and smaller measurements.
    pub(crate) quick: bool,
    /// Only workloads whose name contains one of these; all when it is empty.
    words: Vec<String>,
}

impl Arguments {
    pub(crate) fn read() -> Self {
        let mut arguments = Self::default();
        for argument in env::args().skip(1) {
            match argument.as_str() {
                // cargo passes this to every benchmark.
                "--bench" => {}
                "--quick" => arguments.quick = true,
                word => arguments.words.push(word.to_owned()),
            }
        }
        arguments
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }

    /// The number of measurements for a median.
    pub(crate) fn runs(&self, usual: usize) -> usize {
        if self.quick { 1 } else { usual }
    }

    /// A count that is smaller in a short run.
    pub(crate) fn count(&self, usual: usize) -> usize {
        if self.quick { usual / 4 } else { usual }
    }
}
