//! The subcommand `chatroomd status`: asks a running server for its metrics, and prints them for
//! people.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::config::options::StatusOptions;
use crate::server::error::ServerError;
use crate::server::store;

/// The interval of `--watch`.
const INTERVAL: Duration = Duration::from_secs(1);
/// How many values of the past are shown.
const PAST_VALUES: usize = 60;
/// The characters of a bar, from empty to full.
const BARS: [char; 8] = [
    '\u{2581}', '\u{2582}', '\u{2583}', '\u{2584}', '\u{2585}', '\u{2586}', '\u{2587}', '\u{2588}',
];
/// Moves to the start of the screen, and clears what follows.
const CLEAR: &str = "\u{1b}[H\u{1b}[J";

/// Runs `chatroomd status`.
pub(in crate::server) fn run_status(options: &StatusOptions) -> Result<(), ServerError> {
    let request = if options.users {
        "status users"
    } else {
        "status"
    };
    let mut past = Past::default();
    let clears = options.watch && io::stdout().is_terminal();
    loop {
        let lines = store::ask(&options.folder, request)?;
        let status = ServerStatus::read(&lines);
        let mut text = status.text();
        if options.watch {
            past.add(&status, Instant::now());
            text.push_str(&past.text());
        }
        let start = if clears { CLEAR } else { "" };
        let mut out = io::stdout().lock();
        let written = write!(out, "{start}{text}").and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(ServerError::Output)?,
        }
        drop(out);
        if !options.watch {
            return Ok(());
        }
        // The user has asked for a status each second.
        thread::sleep(INTERVAL);
    }
}

/// The response of a server.
#[derive(Debug, Default)]
struct ServerStatus {
    /// The metrics without `chatroomd_`, by name and labels.
    values: BTreeMap<String, f64>,
    /// The nicks with most unsent bytes.
    slowest: Vec<(String, u64)>,
    /// Nick, account, host and number of rooms of each user.
    users: Vec<[String; 4]>,
}

impl ServerStatus {
    fn read(lines: &[String]) -> Self {
        let mut status = Self::default();
        for line in lines {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap_or_default().to_owned();
            match word().as_str() {
                "slowest" => {
                    let nick = word();
                    status
                        .slowest
                        .push((nick, word().parse().unwrap_or_default()));
                }
                "user" => status.users.push([word(), word(), word(), word()]),
                name => {
                    let name = name.strip_prefix("chatroomd_").unwrap_or(name);
                    if let Ok(value) = word().parse() {
                        status.values.insert(name.to_owned(), value);
                    }
                }
            }
        }
        status
    }

    fn value(&self, name: &str) -> f64 {
        self.values.get(name).copied().unwrap_or_default()
    }

    /// The values of a metric with one label, which are not 0.
    fn of_label(&self, name: &str) -> impl Iterator<Item = (&str, f64)> {
        let start = format!("{name}{{");
        let of_name = self
            .values
            .iter()
            .filter(move |(one, _)| one.starts_with(&start));
        let pairs = of_name.filter_map(|(one, value)| Some((one.split('"').nth(1)?, *value)));
        pairs.filter(|(_, value)| *value > 0.0)
    }

    /// The smallest bound that 99 of 100 durations of a histogram are within, in seconds; `None` if
    /// it has none, or if more are above all bounds.
    fn percentile_99(&self, name: &str) -> Option<f64> {
        let total = self.value(&format!("{name}_count"));
        let start = format!("{name}_bucket{{");
        let buckets = self
            .values
            .iter()
            .filter(|(one, _)| one.starts_with(&start));
        let bounds = buckets.filter_map(|(one, count)| {
            let bound: f64 = one.split('"').nth(1)?.parse().ok()?;
            (bound.is_finite() && *count >= 0.99 * total).then_some(bound)
        });
        let smallest = bounds.fold(f64::INFINITY, f64::min);
        (total > 0.0 && smallest.is_finite()).then_some(smallest)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let out = &mut text;
        // Writing to memory cannot fail.
        let mut row = |name: &str, value: String| {
            let _ = writeln!(out, "{name:<14} {value}");
        };
        let list = |values: Vec<(&str, f64)>, none: &str| match values.is_empty() {
            true => none.to_owned(),
            false => {
                let each = values.iter().map(|(name, value)| format!("{value} {name}"));
                each.collect::<Vec<_>>().join(", ")
            }
        };
        row("users", self.value("users").to_string());
        row(
            "connections",
            list(self.of_label("connections").collect(), "none"),
        );
        row("rooms", self.value("rooms").to_string());
        row("accounts", self.value("accounts").to_string());
        row(
            "lines",
            format!(
                "{} received, {} delivered",
                self.value("lines_received_total"),
                self.value("deliveries_total")
            ),
        );
        row(
            "bytes",
            format!(
                "{} received, {} delivered",
                bytes(self.value("received_bytes_total")),
                bytes(self.value("delivered_bytes_total"))
            ),
        );
        row("unsent", bytes(self.value("send_queue_bytes")));
        row(
            "errors sent",
            list(self.of_label("rejections_total").collect(), "none"),
        );
        row("flood pauses", self.value("flood_pauses_total").to_string());
        let store = self.of_label("store_state").map(|(state, _)| state).next();
        let commits = self.percentile_99("store_commit_seconds");
        row(
            "store",
            match commits {
                Some(seconds) => format!(
                    "{}, 99 % of the commits within {}",
                    store.unwrap_or("none"),
                    duration(seconds)
                ),
                None => store.unwrap_or("none").to_owned(),
            },
        );
        if let Some(seconds) = self.percentile_99("iteration_seconds") {
            row(
                "event loop",
                format!("99 % of its iterations within {}", duration(seconds)),
            );
        }
        if self.value("process_resident_memory_bytes") > 0.0 {
            row("memory", bytes(self.value("process_resident_memory_bytes")));
            row(
                "processor",
                duration(self.value("process_cpu_seconds_total")),
            );
        }
        for (nick, unsent) in &self.slowest {
            row(
                "slow",
                format!("{nick} has {} unsent", bytes(*unsent as f64)),
            );
        }
        for [nick, account, host, rooms] in &self.users {
            let account = match account.as_str() {
                "*" => String::new(),
                account => format!(" ({account})"),
            };
            row(
                "user",
                format!("{nick}{account} from {host} in {rooms} rooms"),
            );
        }
        text
    }
}

fn bytes(count: f64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut count = count;
    let mut unit = 0;
    while count >= 1024.0 && unit + 1 < UNITS.len() {
        count /= 1024.0;
        unit += 1;
    }
    let unit_name = UNITS.get(unit).copied().unwrap_or_default();
    match unit {
        0 => format!("{count} {unit_name}"),
        _ => format!("{count:.1} {unit_name}"),
    }
}

fn duration(seconds: f64) -> String {
    match seconds < 1.0 {
        true if seconds < 0.01 => format!("{} ms", seconds * 1e3),
        true => format!("{:.0} ms", seconds * 1e3),
        false => format!("{seconds:.1} s"),
    }
}

/// The traffic of the last minute.
#[derive(Debug, Default)]
struct Past {
    last: Option<(Instant, f64, f64)>,
    /// Lines received and delivered in each second.
    rates: VecDeque<(f64, f64)>,
}

impl Past {
    fn add(&mut self, status: &ServerStatus, now: Instant) {
        let (lines, deliveries) = (
            status.value("lines_received_total"),
            status.value("deliveries_total"),
        );
        if let Some((at, lines_before, deliveries_before)) = self.last {
            let seconds = now.saturating_duration_since(at).as_secs_f64().max(0.001);
            // After a restart the counts begin again.
            let rate = |now: f64, before: f64| (now - before).max(0.0) / seconds;
            self.rates.push_back((
                rate(lines, lines_before),
                rate(deliveries, deliveries_before),
            ));
            if self.rates.len() > PAST_VALUES {
                self.rates.pop_front();
            }
        }
        self.last = Some((now, lines, deliveries));
    }

    fn text(&self) -> String {
        let row = |name: &str, rates: Vec<f64>| {
            let last = rates.last().copied().unwrap_or_default();
            format!("{name:<14} {last:>9.0} {}\n", sparkline(&rates))
        };
        let lines = self.rates.iter().map(|(lines, _)| *lines).collect();
        let deliveries = self
            .rates
            .iter()
            .map(|(_, deliveries)| *deliveries)
            .collect();
        row("lines/s", lines) + &row("deliveries/s", deliveries)
    }
}

/// A bar for each value; the highest is full.
fn sparkline(values: &[f64]) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    let bar = |value: &f64| {
        let part = if most > 0.0 { value / most } else { 0.0 };
        let place = (part * (BARS.len() - 1) as f64).round() as usize;
        BARS.get(place).copied().unwrap_or(' ')
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_server_is_shown_with_its_units() {
        let lines = [
            "chatroomd_users 2",
            "chatroomd_connections{listener=\"plain\"} 1",
            "chatroomd_connections{listener=\"tls\"} 0",
            "chatroomd_connections{listener=\"websocket\"} 3",
            "chatroomd_send_queue_bytes 1536",
            "chatroomd_rejections_total{reply=\"433\"} 7",
            "chatroomd_store_state{state=\"ready\"} 1",
            "chatroomd_store_state{state=\"stalled\"} 0",
            "chatroomd_store_commit_seconds_bucket{le=\"0.0005\"} 10",
            "chatroomd_store_commit_seconds_bucket{le=\"0.005\"} 99",
            "chatroomd_store_commit_seconds_bucket{le=\"0.01\"} 100",
            "chatroomd_store_commit_seconds_bucket{le=\"+Inf\"} 100",
            "chatroomd_store_commit_seconds_count 100",
            "slowest bob 2048",
            "user bob * 127.0.0.1 1",
            "user alice Alice 127.0.0.2 2",
        ];
        let text = ServerStatus::read(&lines.map(str::to_owned)).text();
        for row in [
            "users          2",
            "connections    1 plain, 3 websocket",
            "unsent         1.5 KiB",
            "errors sent    7 433",
            "store          ready, 99 % of the commits within 5 ms",
            "slow           bob has 2.0 KiB unsent",
            "user           bob from 127.0.0.1 in 1 rooms",
            "user           alice (Alice) from 127.0.0.2 in 2 rooms",
        ] {
            assert!(text.lines().any(|line| line == row), "{row}\n{text}");
        }
    }

    #[test]
    fn the_traffic_is_shown_as_rates() {
        let mut past = Past::default();
        let start = Instant::now();
        for (second, lines) in [(0, 100), (1, 110), (2, 130), (3, 0)] {
            let values = [("lines_received_total".to_owned(), f64::from(lines))];
            let status = ServerStatus {
                values: values.into(),
                ..ServerStatus::default()
            };
            past.add(&status, start + Duration::from_secs(second));
        }
        let rates: Vec<f64> = past.rates.iter().map(|(lines, _)| *lines).collect();
        assert_eq!(rates, [10.0, 20.0, 0.0]);
        assert_eq!(sparkline(&rates), "\u{2585}\u{2588}\u{2581}");
        assert_eq!(sparkline(&[0.0]), "\u{2581}");
        assert!(
            past.text().starts_with("lines/s                0 "),
            "{}",
            past.text()
        );
    }
}
