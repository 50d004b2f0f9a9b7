//! Counts what the event loop does, and writes the metrics of the server in the text format of
//! Prometheus. <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::{self, Write as _};
use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use super::Reactor;
use super::connection::Connection;
use super::listener::ListenerKind;
use crate::server::hub::ConnectionId;
use crate::server::hub::stored::StoreState;

/// How many connections with unsent bytes the status lists.
const SLOWEST_COUNT: usize = 5;

/// The counts since the start.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Connections that were accepted, by the kind of their listener, see [`kind_index`].
    pub(super) accepted: [u64; 4],
    /// Handshakes of TLS or WebSocket that failed or took too long.
    pub(super) failed_handshakes: u64,
    pub(super) lines: u64,
    pub(super) received_bytes: u64,
    /// Lines that were queued for a connection, and their bytes.
    pub(super) deliveries: u64,
    pub(super) queued_bytes: u64,
    /// How often a connection was not read for a while because of flood control.
    pub(super) pauses: u64,
    /// The time of each iteration of the event loop.
    pub(super) iterations: Histogram,
    /// The time from when lines are given to the store until they are on disk.
    pub(super) commits: Histogram,
}

/// The place of a kind of listeners in [`Counts::accepted`] and [`KIND_NAMES`].
pub(super) fn kind_index(kind: ListenerKind) -> usize {
    usize::from(kind.has_tls) + 2 * usize::from(kind.has_websocket)
}

const KIND_NAMES: [&str; 4] = ["plain", "tls", "websocket", "websocket-tls"];

/// The upper bounds of the buckets, in nanoseconds; one bucket more is without a bound.
const BOUNDS: [u64; 9] = [
    100_000,
    500_000,
    1_000_000,
    5_000_000,
    10_000_000,
    25_000_000,
    100_000_000,
    500_000_000,
    1_000_000_000,
];

/// How many durations are up to each bound.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    /// Not added up: each has those of its bucket alone.
    counts: [u64; BOUNDS.len() + 1],
    /// In nanoseconds, which is enough for five hundred years.
    sum: u64,
}

impl Histogram {
    /// Counts a duration. This happens in each iteration of the event loop.
    #[inline]
    pub(super) fn observe(&mut self, time: Duration) {
        let nanoseconds = time.as_secs() * 1_000_000_000 + u64::from(time.subsec_nanos());
        let bucket = BOUNDS.iter().position(|bound| nanoseconds <= *bound);
        if let Some(count) = self.counts.get_mut(bucket.unwrap_or(BOUNDS.len())) {
            *count += 1;
        }
        self.sum += nanoseconds;
    }

    fn write(&self, name: &str, help: &str, out: &mut String) {
        head(out, name, "histogram", help);
        let mut total = 0;
        for (count, bound) in self.counts.iter().zip(BOUNDS) {
            total += count;
            let seconds = bound as f64 / 1e9;
            line(
                out,
                name,
                format_args!("_bucket{{le=\"{seconds}\"}} {total}"),
            );
        }
        total += self.counts.last().copied().unwrap_or_default();
        line(out, name, format_args!("_bucket{{le=\"+Inf\"}} {total}"));
        line(out, name, format_args!("_sum {}", self.sum as f64 / 1e9));
        line(out, name, format_args!("_count {total}"));
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to memory cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, rest: fmt::Arguments<'_>) {
    let _ = writeln!(out, "{name}{rest}");
}

/// A metric with one value.
fn single(out: &mut String, (name, kind): (&str, &str), help: &str, value: impl fmt::Display) {
    head(out, name, kind, help);
    line(out, name, format_args!(" {value}"));
}

/// A metric with a value for each value of one label.
fn labeled<'l, V: fmt::Display>(
    out: &mut String,
    (name, kind): (&str, &str),
    help: &str,
    label: &str,
    values: impl Iterator<Item = (&'l str, V)>,
) {
    head(out, name, kind, help);
    for (value_of_label, value) in values {
        line(
            out,
            name,
            format_args!("{{{label}=\"{value_of_label}\"}} {value}"),
        );
    }
}

impl Reactor {
    /// All metrics.
    pub(super) fn metrics(&self) -> String {
        const COUNTER: &str = "counter";
        const GAUGE: &str = "gauge";
        let mut text = String::new();
        let out = &mut text;
        let (counts, hub) = (&self.counts, self.hub.counts());
        let mut connections = [0_u64; KIND_NAMES.len()];
        let administrators = |one: &Connection| self.hub.is_administrator(one.id);
        let all = self.connections.iter().map(|(_, connection)| connection);
        for connection in all.filter(|one| !administrators(one)) {
            if let Some(count) = connections.get_mut(kind_index(connection.kind())) {
                *count += 1;
            }
        }
        labeled(
            out,
            ("chatroomd_connections", GAUGE),
            "Connections that are open.",
            "listener",
            KIND_NAMES.into_iter().zip(connections),
        );
        labeled(
            out,
            ("chatroomd_connections_accepted_total", COUNTER),
            "Connections that were accepted.",
            "listener",
            KIND_NAMES.into_iter().zip(counts.accepted),
        );
        for (metric, help, value) in [
            (
                ("chatroomd_users", GAUGE),
                "Users that are registered.",
                hub.users as u64,
            ),
            (
                ("chatroomd_unregistered_connections", GAUGE),
                "Connections that have not registered yet.",
                hub.unregistered as u64,
            ),
            (("chatroomd_rooms", GAUGE), "Rooms.", hub.rooms as u64),
            (
                ("chatroomd_operators", GAUGE),
                "Operators of the server.",
                hub.operators as u64,
            ),
            (
                ("chatroomd_failed_handshakes_total", COUNTER),
                "Handshakes of TLS or WebSocket that failed or took too long.",
                counts.failed_handshakes,
            ),
            (
                ("chatroomd_lines_received_total", COUNTER),
                "Lines from clients.",
                counts.lines,
            ),
            (
                ("chatroomd_received_bytes_total", COUNTER),
                "Bytes from clients, decrypted.",
                counts.received_bytes,
            ),
            (
                ("chatroomd_deliveries_total", COUNTER),
                "Lines for clients; a line for many counts for each of them.",
                counts.deliveries,
            ),
            (
                ("chatroomd_delivered_bytes_total", COUNTER),
                "The bytes of these lines.",
                counts.queued_bytes,
            ),
            (
                ("chatroomd_send_queue_bytes", GAUGE),
                "Bytes that wait to be sent.",
                self.queues.queued_bytes() as u64,
            ),
            (
                ("chatroomd_flood_pauses_total", COUNTER),
                "How often a connection was not read for a while because of flood control.",
                counts.pauses,
            ),
        ] {
            single(out, metric, help, value);
        }
        if let Some(accounts) = hub.accounts {
            single(out, ("chatroomd_accounts", GAUGE), "Accounts.", accounts);
        }
        let name = "chatroomd_rejections_total";
        head(
            out,
            name,
            COUNTER,
            "Errors that were sent to clients, by their numeric.",
        );
        for (number, count) in &hub.rejections {
            line(out, name, format_args!("{{reply=\"{number:03}\"}} {count}"));
        }
        line(out, name, format_args!("{{reply=\"FAIL\"}} {}", hub.fails));
        counts.iterations.write(
            "chatroomd_iteration_seconds",
            "The time of each iteration of the event loop.",
            out,
        );
        if let Some((state, held_bytes)) = self.store_status() {
            let states = [
                ("ready", StoreState::Ready),
                ("refusing", StoreState::Refusing),
                ("stalled", StoreState::Stalled),
            ];
            labeled(
                out,
                ("chatroomd_store_state", GAUGE),
                "Whether messages can be stored: 1 for the present state.",
                "state",
                states
                    .into_iter()
                    .map(|(name, one)| (name, u8::from(one == state))),
            );
            single(
                out,
                ("chatroomd_store_held_bytes", GAUGE),
                "Bytes that wait until messages are on disk.",
                held_bytes,
            );
            counts.commits.write(
                "chatroomd_store_commit_seconds",
                "The time until messages are on disk.",
                out,
            );
        }
        let start = self.now.unix.saturating_sub(self.now.running).as_secs_f64();
        single(
            out,
            ("process_start_time_seconds", GAUGE),
            "When the server started, as Unix time.",
            start,
        );
        if let Some((cpu, resident)) = process_usage() {
            single(
                out,
                ("process_cpu_seconds_total", COUNTER),
                "Processor time of the server.",
                cpu,
            );
            single(
                out,
                ("process_resident_memory_bytes", GAUGE),
                "Resident memory of the server.",
                resident,
            );
        }
        text
    }

    /// Sends the status to the connections of the administrator that have asked for it.
    pub(super) fn report_status(&mut self) {
        for (id, with_users) in std::mem::take(&mut self.status_requests) {
            let text = self.metrics();
            let values = text.lines().filter(|line| !line.starts_with('#'));
            for value in values {
                self.send_status_line(id, format_args!("{value}"));
            }
            let mut slowest: Vec<_> = self.connections.iter().map(unsent_of).collect();
            slowest.sort_unstable_by_key(|(_, unsent)| std::cmp::Reverse(*unsent));
            let waiting = slowest.into_iter().take(SLOWEST_COUNT);
            for (one, unsent) in waiting.filter(|(_, unsent)| *unsent > 0) {
                let line = self
                    .outbox
                    .line(format_args!("slowest {} {unsent}", self.hub.nick_of(one)));
                self.outbox.send(id, line);
            }
            if with_users {
                for user in self.hub.user_statuses() {
                    let line = self.outbox.line(format_args!("user {user}"));
                    self.outbox.send(id, line);
                }
            }
            self.send_status_line(id, format_args!("ok"));
            // It does not wait for the store that it is about.
            (self.outbox.asker, self.outbox.is_free) = (Some(id), true);
            // Only users' traffic is counted.
            let traffic = (self.counts.deliveries, self.counts.queued_bytes);
            self.deliver();
            (self.counts.deliveries, self.counts.queued_bytes) = traffic;
            self.counts.lines = self.counts.lines.saturating_sub(1);
            self.release(id);
        }
    }

    fn send_status_line(&mut self, to: ConnectionId, words: fmt::Arguments<'_>) {
        let line = self.outbox.line(words);
        self.outbox.send(to, line);
    }
}

fn unsent_of((_, connection): (usize, &Connection)) -> (ConnectionId, usize) {
    (connection.id, connection.unsent_bytes())
}

/// The processor time in seconds and the resident bytes of this process, where the system has a file
/// for the latter. proc_pid_status(5)
fn process_usage() -> Option<(f64, u64)> {
    let used = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let seconds = [used.user_time(), used.system_time()].map(|time| {
        let microseconds = time.tv_usec() as f64;
        time.tv_sec() as f64 + microseconds / 1e6
    });
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = resident.trim().strip_suffix(" kB")?.parse().ok()?;
    Some((seconds.iter().sum(), kibibytes * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buckets_of_a_histogram_add_up() {
        let mut histogram = Histogram::default();
        for microseconds in [50, 100, 101, 5_000_000] {
            histogram.observe(Duration::from_micros(microseconds));
        }
        let mut out = String::new();
        histogram.write("x", "Some.", &mut out);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(
            lines[..4],
            [
                "# HELP x Some.",
                "# TYPE x histogram",
                "x_bucket{le=\"0.0001\"} 2",
                "x_bucket{le=\"0.0005\"} 3"
            ]
        );
        assert_eq!(
            lines[10..],
            [
                "x_bucket{le=\"1\"} 3",
                "x_bucket{le=\"+Inf\"} 4",
                "x_sum 5.000251",
                "x_count 4"
            ]
        );
    }

    #[test]
    fn this_process_uses_memory() {
        let (_, resident) = process_usage().unwrap();
        assert!(resident > 1024 * 1024, "{resident}");
    }
}
