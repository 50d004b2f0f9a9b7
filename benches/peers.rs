//! The same workloads on ngircd and InspIRCd, where they are installed, in turn with chatroomd.
//!
//! `cargo bench --bench peers`, with `-- --quick` for a short run, and with names for some of the
//! workloads only. It ends with the table of docs/benchmarks.md.

// A benchmark may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use support::report::{Figure, find};
use support::runs::{Result, measure};
use support::server::Kind;
use support::workloads::WORKLOADS;
use support::{Arguments, runs};

fn main() {
    if runs::run_as_clients() {
        return;
    }
    let arguments = Arguments::read();
    let mut kinds = vec![Kind::Chatroomd];
    for kind in [Kind::Ngircd, Kind::Inspircd] {
        if kind.is_installed() {
            println!("{}: {}", kind.name(), kind.version());
            kinds.push(kind);
        } else {
            println!("{} is not installed, so it is left out", kind.name());
        }
    }
    if kinds.len() == 1 {
        return println!("without a server to compare with, `--bench server` says more");
    }
    let mut rows = vec![heading(&kinds)];
    for workload in WORKLOADS.iter().filter(|one| arguments.wants(one.name)) {
        println!("{}: {}", workload.name, workload.what);
        let results = measure(workload, &kinds, &arguments);
        let Some((ours, others)) = results.split_first() else {
            continue;
        };
        rows.push(format!("| {} |{}", workload.what, " |".repeat(kinds.len())));
        for (name, value) in &ours.medians {
            print!("  {name:<44}");
            let mut row = format!("| … {name} |");
            for result in &results {
                let found = find(&result.medians, name).unwrap_or(f64::NAN);
                print!(" {:>10}{}", Figure(found), ratio(found, *value));
                row += &format!(" {} |", Figure(found));
            }
            println!();
            if workload.headlines.contains(&name.as_str()) {
                rows.push(row);
            }
        }
        report_missing(others);
    }
    println!("\n{}", rows.join("\n"));
}

fn heading(kinds: &[Kind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    format!(
        "| | {} |\n|---|{}",
        names.join(" | "),
        "---:|".repeat(kinds.len())
    )
}

/// The ratio of another server's figure to that of chatroomd.
fn ratio(other: f64, ours: f64) -> String {
    if other == ours || other == 0.0 || other.is_nan() {
        format!("{:8}", "")
    } else {
        format!(" ({:>4.2})", ours / other)
    }
}

fn report_missing(others: &[Result]) {
    for result in others.iter().filter(|result| result.medians.is_empty()) {
        println!("  {} gave nothing", result.kind.name());
    }
}
