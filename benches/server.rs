//! The real server over loopback: its throughput, its latency and its costs.
//!
//! `cargo bench --bench server`, with `-- --quick` for a short run, and with names for some of the
//! workloads only: `cargo bench --bench server -- fan-out`.

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use support::report::print;
use support::server::Kind;
use support::workloads::{MORE, WORKLOADS};
use support::{Arguments, runs};

fn main() {
    if runs::be_the_crowd() {
        return;
    }
    let arguments = Arguments::read();
    println!("chatroomd alone, medians\n");
    for workload in WORKLOADS.iter().chain(MORE) {
        if arguments.wants(workload.name) {
            for result in runs::measure(workload, &[Kind::Chatroomd], &arguments) {
                print(
                    &format!("{}: {}", workload.name, workload.what),
                    &result.medians,
                );
            }
        }
    }
}
