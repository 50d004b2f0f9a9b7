//! Runs workloads: a server on one core, the clients in a separate process on another.

use std::env;
use std::process::Stdio;

use super::Arguments;
use super::clients::Target;
use super::load::Load;
use super::report::{Measures, medians};
use super::server::{Kind, Server, pinned};
use super::workloads::{self, Scale, Workload};

/// The first argument of the clients's process.
const CLIENTS: &str = "--clients";
/// The core of the clients.
const CORE: &str = "1";

/// The results of a server: the medians of all runs that finished.
pub(crate) struct Result {
    pub(crate) kind: Kind,
    pub(crate) medians: Measures,
}

/// If this process was started as the clients, runs it and returns true.
pub(crate) fn run_as_clients() -> bool {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [first, name, address, tls, pid, at_a_time, quick] = arguments.as_slice() else {
        return false;
    };
    if first != CLIENTS {
        return false;
    }
    let target = Target {
        address: address.parse().unwrap(),
        has_tls: tls == "tls",
        load: Load::of(pid.parse().unwrap()),
        at_a_time: at_a_time.parse().unwrap(),
    };
    let scale = Scale {
        quick: quick == "quick",
    };
    let workload = workloads::find(name).unwrap();
    for (name, value) in (workload.run)(target, scale) {
        println!("{value}\t{name}");
    }
    true
}

/// Runs one workload on each of these servers in turn, A B A B, so that other load on the machine
/// affects all of them.
pub(crate) fn measure(workload: &Workload, kinds: &[Kind], arguments: &Arguments) -> Vec<Result> {
    let mut runs: Vec<(Kind, Vec<Measures>)> =
        kinds.iter().map(|kind| (*kind, Vec::new())).collect();
    for _ in 0..arguments.runs(3) {
        for (kind, runs) in &mut runs {
            match run(workload, *kind, arguments.quick) {
                Some(measures) => runs.push(measures),
                None => println!("  a run with {} came to no end", kind.name()),
            }
        }
    }
    let result = |(kind, runs): (Kind, Vec<Measures>)| Result {
        kind,
        medians: medians(&runs),
    };
    runs.into_iter().map(result).collect()
}

fn run(workload: &Workload, kind: Kind, quick: bool) -> Option<Measures> {
    let server = Server::start(kind);
    let this_program = env::current_exe().unwrap();
    let output = pinned(CORE, this_program.to_str().unwrap())
        .args([CLIENTS, workload.name])
        .arg(server.address.to_string())
        .arg(if kind == Kind::ChatroomdTls {
            "tls"
        } else {
            "plain"
        })
        .arg(server.pid().to_string())
        .arg(kind.comers_at_a_time().to_string())
        .arg(if quick { "quick" } else { "whole" })
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let read = |line: &str| {
        let (value, name) = line.split_once('\t')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    output
        .status
        .success()
        .then(|| text.lines().filter_map(read).collect())
}
