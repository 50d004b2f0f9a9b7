//! The real server over loopback: its throughput, its latency and its costs.
//!
//! `cargo bench --bench server`, with `-- --quick` for a short run, and with names for some of the
//! workloads only: `cargo bench --bench server -- fan-out`. `tls` stands for those over TLS.

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use support::report::print;
use support::server::Kind;
use support::workloads::{self, MORE, WORKLOADS};
use support::{Arguments, runs};

fn main() {
    if runs::run_as_clients() {
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
    for name in ["fan-out", "ping-pong", "5,000-come"] {
        if arguments.wants("tls") {
            let workload = workloads::find(name).unwrap();
            for result in runs::measure(workload, &[Kind::ChatroomdTls], &arguments) {
                print(
                    &format!("{name} over TLS: {}", workload.what),
                    &result.medians,
                );
            }
        }
    }
}
