//! The metrics and `chatroomd status` of the real server.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use self::common::{Client, PATIENCE};

/// A server with metrics and a store.
struct MeasuredServer {
    child: Child,
    address: SocketAddr,
    metrics: SocketAddr,
}

impl MeasuredServer {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
        command.args([
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "127.0.0.1:0",
            "--store",
        ]);
        let child = command.arg(folder).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        let address = next()
            .strip_prefix("listening on ")
            .unwrap()
            .parse()
            .unwrap();
        let metrics = next();
        let metrics = metrics.strip_prefix("metrics at http://").unwrap();
        let metrics = metrics.strip_suffix("/metrics").unwrap().parse().unwrap();
        Self {
            child,
            address,
            metrics,
        }
    }

    fn enter(&self, nick: &str) -> Client {
        let mut client = Client::new(TcpStream::connect(self.address).unwrap());
        client.register(nick);
        client
    }

    /// The response to a request for the metrics.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.metrics).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// The values of the metrics.
    fn values(&self) -> BTreeMap<String, f64> {
        let response = self.get("/metrics");
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        let length = format!("Content-Length: {}", body.len());
        assert!(head.contains(&length), "{head}");
        values_in(body)
    }
}

impl Drop for MeasuredServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks the format, and returns each value.
fn values_in(text: &str) -> BTreeMap<String, f64> {
    let mut values = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# HELP ") {
            name = head.split(' ').next().unwrap();
            continue;
        }
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let kind = kind.strip_prefix(name).unwrap().trim();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            continue;
        }
        assert!(line.starts_with(name), "{line} has no help");
        let (key, value) = line.rsplit_once(' ').unwrap();
        let before = values.insert(key.to_owned(), value.parse().unwrap());
        assert_eq!(before, None, "{key} comes twice");
    }
    values
}

fn status(folder: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    command
        .arg("status")
        .arg(folder)
        .args(options)
        .output()
        .unwrap()
}

#[test]
fn the_metrics_count_what_the_server_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = MeasuredServer::start(folder.path());
    let before = server.values();
    assert_eq!(before["chatroomd_users"], 0.0);
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    alice.send("JOIN #x\r\nTOPIC #missing\r\nPRIVMSG #lobby :hello");
    bob.expect(" PRIVMSG #lobby :hello");
    alice.fence();
    let after = server.values();
    for (name, value) in [
        ("chatroomd_users", 2.0),
        ("chatroomd_rooms", 2.0),
        ("chatroomd_accounts", 0.0),
        ("chatroomd_unregistered_connections", 0.0),
        ("chatroomd_connections{listener=\"plain\"}", 2.0),
        ("chatroomd_connections{listener=\"tls\"}", 0.0),
        (
            "chatroomd_connections_accepted_total{listener=\"plain\"}",
            2.0,
        ),
        ("chatroomd_rejections_total{reply=\"403\"}", 1.0),
        ("chatroomd_store_state{state=\"ready\"}", 1.0),
        ("chatroomd_store_state{state=\"stalled\"}", 0.0),
        ("chatroomd_store_commit_seconds_count", 1.0),
    ] {
        assert_eq!(after.get(name), Some(&value), "{name}");
    }
    // NICK and USER of both, three lines, and at least the two PINGs of the fences.
    assert!(after["chatroomd_lines_received_total"] >= 9.0, "{after:?}");
    let deliveries = after["chatroomd_deliveries_total"];
    assert!(
        deliveries > before["chatroomd_deliveries_total"] + 20.0,
        "{deliveries}"
    );
    assert!(
        after["chatroomd_delivered_bytes_total"] > 20.0 * deliveries,
        "{after:?}"
    );
    assert!(after["process_resident_memory_bytes"] > 1024.0 * 1024.0);
    let iterations = after["chatroomd_iteration_seconds_count"];
    assert!(
        iterations > before["chatroomd_iteration_seconds_count"],
        "{iterations}"
    );
    assert!(server.get("/other").starts_with("HTTP/1.1 404 "));
    drop(bob);
    alice.expect(" QUIT ");
    assert_eq!(server.values()["chatroomd_users"], 1.0);
}

#[test]
fn unfinished_requests_for_metrics_keep_no_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let server = MeasuredServer::start(folder.path());
    let unfinished = || {
        let mut stream = TcpStream::connect(server.metrics).unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
            .unwrap();
        stream
    };
    let streams: Vec<TcpStream> = (0..50).map(|_| unfinished()).collect();
    server.values();
    // Of too many the oldest are closed.
    let mut first = &streams[0];
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(first.read(&mut [0]).unwrap_or_default(), 0);
    // A request without an end is answered when it is too long.
    let mut long = TcpStream::connect(server.metrics).unwrap();
    long.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = long.write_all(&[b'x'; 9_000]);
    let mut response = String::new();
    // The rest of the request, which is not read, resets the connection.
    let _ = long.read_to_string(&mut response);
    assert!(
        response.is_empty() || response.starts_with("HTTP/1.1 400 "),
        "{response}"
    );
    server.enter("alice").fence();
}

#[test]
fn the_dashboard_shows_metrics_that_exist() {
    let folder = tempfile::tempdir().unwrap();
    let server = MeasuredServer::start(folder.path());
    let names: Vec<String> = server.values().into_keys().collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/grafana-dashboard.json");
    let text = fs::read_to_string(path).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap();
    let word = |c: char| c.is_ascii_lowercase() || c == '_';
    let words = text.split(|c| !word(c));
    let used: Vec<&str> = words
        .filter(|one| one.starts_with("chatroomd_") || one.starts_with("process_"))
        .collect();
    assert!(used.len() > 12, "{used:?}");
    for name in used {
        let exists = names.iter().any(|one| one.split('{').next() == Some(name));
        assert!(exists, "{name} is no metric");
    }
}

#[test]
fn the_status_of_a_running_server_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let missing = status(&store, &[]);
    assert_eq!(missing.status.code(), Some(75), "{missing:?}");
    let reason = String::from_utf8(missing.stderr).unwrap();
    assert!(
        reason.ends_with(": no chatroomd uses this folder.\n"),
        "{reason}"
    );
    let server = MeasuredServer::start(&store);
    let _alice = server.enter("alice");
    let text = |options: &[&str]| {
        let output = status(&store, options);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = text(&[]);
    for row in [
        "users          1\n",
        "connections    1 plain",
        "store          ready",
    ] {
        assert!(plain.contains(row), "{row}\n{plain}");
    }
    assert!(!plain.contains("alice"), "{plain}");
    let with_users = text(&["--users"]);
    assert!(
        with_users.contains("user           alice from 127.0.0.1 in 1 rooms\n"),
        "{with_users}"
    );
    // With --watch it comes again and again.
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    let command = command.arg("status").arg(&store).arg("--watch");
    let mut watch = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let rates = lines
        .map(Result::unwrap)
        .filter(|line| line.starts_with("deliveries/s"));
    let second = rates.take(2).last().unwrap();
    assert!(
        second.ends_with('\u{2581}') || second.ends_with('\u{2588}'),
        "{second}"
    );
    watch.kill().unwrap();
    watch.wait().unwrap();
}
