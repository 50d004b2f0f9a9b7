//! The real server during failures of machine and network: after each of them, two healthy users
//! talk as quickly as before.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;

use self::common::{Client, PATIENCE, Server};

/// The time limit of a whisper between healthy users, as the median of several.
const QUICK: Duration = Duration::from_millis(100);

/// A server, and two well-behaved users.
struct Pair {
    server: Server,
    alice: Client,
    bob: Client,
}

impl Pair {
    fn on(server: Server) -> Self {
        let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
        // The lines of the lobby are not part of the measurement.
        for one in [&mut alice, &mut bob] {
            one.send("PART #lobby");
            one.fence();
        }
        Self { server, alice, bob }
    }

    fn configured(config: &str) -> (Self, tempfile::NamedTempFile) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), config).unwrap();
        let server = Server::start(&["--config", file.path().to_str().unwrap()]);
        (Self::on(server), file)
    }

    fn talks(&mut self) {
        let mut times: Vec<Duration> = (0..9)
            .map(|number| {
                let start = Instant::now();
                self.alice.send(&format!("PRIVMSG bob :whisper {number}"));
                self.bob.expect(&format!(":whisper {number}"));
                start.elapsed()
            })
            .collect();
        times.sort();
        assert!(times[4] <= QUICK, "{times:?}");
    }
}

#[test]
fn a_reset_at_any_byte_leaks_nothing() {
    let mut pair = Pair::on(Server::start(&["--no-limits"]));
    let open = pair.server.open_files();
    let said = "CAP LS 302\r\nNICK mallory\r\nUSER m 0 * :m\r\nCAP REQ :batch labeled-response \
                message-tags\r\nCAP END\r\n@label=1 JOIN #x,#y\r\nPRIVMSG #x :hi\r\nNICK m\r\nQUIT";
    for end in 0..=said.len() {
        let mut mallory = pair.server.connect();
        mallory.send_bytes(&said.as_bytes()[..end]);
        if end % 3 == 0 && said[..end].contains("LS 302\r\n") {
            // Closing with unread data makes the system send a reset.
            mallory.stream().peek(&mut [0]).unwrap();
        }
    }
    // Connections are accepted in order, so by now all of them have been accepted.
    pair.server.connect().fence();
    let all_back = |server: &Server| server.open_files() == open;
    pair.server.until("all files are closed", all_back);
    pair.server.enter("mallory").fence();
    pair.talks();
}

// A52.
#[test]
fn a_client_that_sends_single_bytes_has_one_fixed_deadline() {
    let (mut pair, _file) = Pair::configured(
        "[limits]\nregistration-seconds = 1\nlines-per-second = 10000\nlines-burst = 10000\n",
    );
    let mut slow: Vec<Client> = (0..50).map(|_| pair.server.connect()).collect();
    let start = Instant::now();
    let mut said = "NICK slow\r\nUSER slow 0 * :as slow as can be, and slower".bytes();
    // Sends one byte to each connection now and then, as long as it is open.
    while start.elapsed() < Duration::from_millis(900) {
        if let Some(byte) = said.next() {
            for client in &mut slow {
                let _ = client.stream().write_all(&[byte]);
            }
        }
        pair.talks();
    }
    for mut client in slow {
        let last = client.rest().pop().unwrap();
        assert!(last.contains("Registration timeout: 1 seconds"), "{last}");
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    pair.talks();
}

#[test]
fn a_peer_that_vanishes_without_a_reset_is_disconnected() {
    let config = "[limits]\nping-interval-seconds = 1\nping-timeout-seconds = 1\n";
    let (pair, _file) = Pair::configured(config);
    let Pair {
        server,
        mut alice,
        mut bob,
    } = pair;
    // Neither the system nor the program after it sends anything any more.
    let mut gone = server.enter("gone");
    alice.send("JOIN #lobby");
    alice.expect(" 366 ");
    let deadline = Instant::now() + PATIENCE;
    let short = Some(Duration::from_millis(200));
    let mut quit = String::new();
    alice.stream().set_read_timeout(short).unwrap();
    bob.stream().set_read_timeout(short).unwrap();
    while !quit.contains("gone!") {
        assert!(
            Instant::now() < deadline,
            "the vanished client is still connected"
        );
        for one in [&mut alice, &mut bob] {
            match one.read_line() {
                Ok(Some(line)) if line.contains(" PING ") => one.send("PONG :here"),
                Ok(Some(line)) if line.contains(" QUIT ") => quit = line,
                Ok(line) => assert!(line.is_some(), "a healthy client was disconnected"),
                Err(error) => assert!(
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                    "{error}"
                ),
            }
        }
    }
    assert!(quit.contains("QUIT :Ping timeout: "), "{quit}");
    let last = gone.rest().pop().unwrap();
    assert!(
        last.starts_with("ERROR :Closing Link: gone (Ping timeout"),
        "{last}"
    );
    for one in [&alice, &bob] {
        one.stream().set_read_timeout(Some(PATIENCE)).unwrap();
    }
    Pair { server, alice, bob }.talks();
}

// A48.
#[test]
fn ten_thousand_silent_connections_do_not_slow_down_others() {
    const SILENT: usize = 10_000;
    let limit = getrlimit(Resource::RLIMIT_NOFILE).unwrap().1;
    if limit < SILENT as u64 + 500 {
        println!("skipped: no more than {limit} files can be open");
        return;
    }
    setrlimit(Resource::RLIMIT_NOFILE, limit, limit).unwrap();
    let mut pair = Pair::on(Server::start(&["--no-limits"]));
    let open = pair.server.open_files();
    let resident = pair.server.resident_bytes();
    let silent: Vec<Client> = (0..SILENT).map(|_| pair.server.connect()).collect();
    let all_in = |server: &Server| server.open_files() == open + SILENT;
    pair.server.until("all connections are accepted", all_in);
    pair.talks();
    let before = pair.server.cpu_time();
    pair.talks();
    let used = pair.server.cpu_time() - before;
    assert!(used <= Duration::from_millis(50), "{used:?}");
    let of_crowd = pair.server.resident_bytes() - resident;
    drop(silent);
    let all_back = |server: &Server| server.open_files() == open;
    pair.server.until("all files are closed", all_back);
    pair.server
        .until("most of their memory is freed", |server| {
            server.resident_bytes() - resident < of_crowd / 2
        });
    pair.talks();
}

#[test]
fn a_reload_under_load_does_not_slow_down_others() {
    let (mut pair, file) = Pair::configured("[limits]\nenabled = false\n");
    let mut flooder = pair.server.enter("flooder");
    for round in 0..40 {
        let config = match round % 2 {
            0 => "[limits]\nenabled = flase\n",
            _ => "network = \"other\"\n[limits]\nenabled = false\n",
        };
        fs::write(file.path(), config).unwrap();
        flooder.send_bytes(
            "PRIVMSG bob :flood\r\nJOIN #x\r\nPART #x\r\n"
                .repeat(20)
                .as_bytes(),
        );
        pair.server.signal(Signal::SIGHUP);
        pair.talks();
    }
    assert_eq!(
        flooder
            .fence()
            .iter()
            .filter(|line| line.contains(" 366 "))
            .count(),
        800
    );
}

#[test]
fn a_server_that_was_suspended_loses_nothing() {
    let mut pair = Pair::on(Server::start(&["--no-limits"]));
    pair.server.signal(Signal::SIGSTOP);
    for number in 0..500 {
        pair.alice.send(&format!("PRIVMSG bob :meanwhile {number}"));
    }
    let mut newcomer = pair.server.connect();
    newcomer.send("NICK newcomer\r\nUSER n 0 * :n");
    let short = Some(Duration::from_millis(300));
    pair.bob.stream().set_read_timeout(short).unwrap();
    pair.bob.read_line().unwrap_err();
    pair.bob.stream().set_read_timeout(Some(PATIENCE)).unwrap();
    pair.server.signal(Signal::SIGCONT);
    for number in 0..500 {
        let line = pair.bob.line();
        assert!(line.ends_with(&format!(":meanwhile {number}")), "{line}");
    }
    newcomer.expect(" 001 newcomer ");
    pair.talks();
}

// A92.
#[test]
fn no_client_that_answered_during_a_standstill_is_disconnected() {
    /// More than there are events in one iteration of the server.
    const CLIENTS: usize = 600;
    let config = "lobby = false\n[limits]\nenabled = false\nping-interval-seconds = 2\n\
                  ping-timeout-seconds = 6\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), config).unwrap();
    let server = Server::start(&["--config", file.path().to_str().unwrap()]);
    let mut clients: Vec<Client> = (0..CLIENTS).map(|_| server.connect()).collect();
    for (client, number) in clients.iter_mut().zip(0..) {
        client.send(&format!("NICK n{number}\r\nUSER n 0 * :n"));
    }
    for client in &mut clients {
        client.expect(" PING ");
    }
    server.signal(Signal::SIGSTOP);
    for client in &mut clients {
        client.send("PONG :here");
    }
    // Nothing comes until the time for an answer is over.
    let (stream, over) = (clients[0].stream(), Duration::from_millis(6_500));
    stream.set_read_timeout(Some(over)).unwrap();
    stream.peek(&mut [0]).unwrap_err();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    server.signal(Signal::SIGCONT);
    for client in &mut clients {
        client.fence();
    }
}
