//! The real server and its sockets: cut lines, resets, half-closed connections, floods, and clients
//! that never read.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use chatting_room::server::{EmbeddedServer, ServerError, Settings};
use nix::sys::signal::Signal;
use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use self::common::{Client, Server};

/// A temporary configuration file with this text, which is removed with the value.
fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

fn path_of(file: &tempfile::NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

// A01, A02.
#[test]
fn lines_arrive_whole_wherever_they_were_cut() {
    let server = Server::start(&["--no-limits"]);
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    for byte in "PRIVMSG bob :bytewise ✓\r\n".as_bytes() {
        alice.send_bytes(&[*byte]);
        alice.stream().set_nodelay(true).unwrap();
    }
    assert!(bob.expect("PRIVMSG").ends_with("PRIVMSG bob :bytewise ✓"));
    let pings: String = (0..600).map(|n| format!("PING seg{n}\r\n")).collect();
    alice.send_bytes(pings.as_bytes());
    alice.expect("JOIN #lobby");
    for n in 0..600 {
        assert!(alice.line().ends_with(&format!(" :seg{n}")));
    }
}

#[test]
fn each_member_gets_every_line_in_order_among_other_lines() {
    let server = Server::start(&["--no-limits"]);
    let alice = server.enter("alice");
    let mut listeners = ["bob", "carol", "dave"].map(|nick| server.enter(nick));
    listeners[1].send("CAP REQ :message-tags server-time");
    listeners.iter_mut().for_each(|one| drop(one.fence()));
    // Lines for all exist in two variants; between them one client receives lines of its own.
    let said: String = (0..2_000)
        .map(|n| match n % 50 {
            0 => format!("PRIVMSG bob :for one {n}\r\nWHO #lobby\r\nHELP\r\n"),
            _ => format!("PRIVMSG #lobby :for all {n} {:.>300}\r\n", ""),
        })
        .collect();
    let mut stream = alice.stream().try_clone().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| stream.write_all(said.as_bytes()).unwrap());
        for (place, listener) in listeners.iter_mut().enumerate() {
            for n in 0..2_000 {
                match (n % 50, place) {
                    (0, 0) => assert!(listener.line().ends_with(&format!(":for one {n}"))),
                    (0, _) => {}
                    _ => {
                        let line = listener.line();
                        assert!(line.contains(&format!("#lobby :for all {n} .")), "{line}");
                        assert_eq!(line.starts_with("@"), place == 1, "{line}");
                    }
                }
            }
            assert_eq!(listener.fence(), [""; 0]);
        }
    });
}

// A46.
#[test]
fn half_closed_connections_still_get_their_replies() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut alice = server.connect();
    alice.send("NICK alice\r\nUSER alice 0 * :Alice\r\nPRIVMSG bob :hi\r\nPING last");
    alice.stream().shutdown(Shutdown::Write).unwrap();
    let answers = alice.rest();
    assert!(
        answers
            .last()
            .unwrap()
            .ends_with("PONG chatroomd.local :last"),
        "{answers:?}"
    );
    bob.expect("PRIVMSG bob :hi");
    assert!(bob.line().ends_with("QUIT :Connection closed"));
}

// A46.
#[test]
fn a_reset_is_a_quit_for_the_room() {
    let server = Server::start(&[]);
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    let open = server.open_files();
    // Closing with unread data makes the system send a reset.
    alice.send("PRIVMSG bob :read this");
    let mut one = [0];
    bob.stream().peek(&mut one).unwrap();
    bob.send("PING unread");
    bob.stream().peek(&mut one).unwrap();
    drop(bob);
    let quit = alice.expect("QUIT");
    assert!(quit.ends_with("QUIT :Connection lost"), "{quit}");
    server.until("the connection is closed", |server| {
        server.open_files() < open
    });
    server.enter("bob");
}

// A46.
#[test]
fn pending_lines_of_a_reset_connection_are_dropped() {
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    for has_reset in [true, false] {
        let ghost = server.enter("ghost");
        let flood = "PRIVMSG bob :boo\r\n".repeat(100_000);
        let mut stream = ghost.stream();
        stream.set_nonblocking(true).unwrap();
        // As much as the system accepts, up to the end of a burst.
        while stream.write(flood.as_bytes()).is_ok() {}
        for _ in 0..30 {
            bob.expect(":boo");
        }
        if has_reset {
            set_socket_linger(stream, Some(Duration::ZERO)).unwrap();
        }
        while stream.read(&mut [0; 4096]).is_ok() {}
        drop(ghost);
        let start = Instant::now();
        let quit = bob.expect(":ghost!~ghost@127.0.0.1 QUIT ");
        assert!(quit.ends_with(":Connection lost"), "{quit}");
        assert!(start.elapsed() < Duration::from_secs(3), "{has_reset}");
        let received = bob.fence();
        assert_eq!(received, [""; 0], "{has_reset}");
    }
    server.enter("ghost");
}

// A49, A50.
#[test]
fn closed_connections_leak_nothing() {
    let server = Server::start(&["--no-limits"]);
    let mut alice = server.enter("alice");
    let open = server.open_files();
    for n in 0..300 {
        let mut connection = server.connect();
        if n % 3 == 0 {
            connection.send("NICK bob");
        }
        if n % 2 == 0 {
            // It ends with a reset.
            set_socket_linger(connection.stream(), Some(Duration::ZERO)).unwrap();
        }
    }
    // Connections are accepted in order, so by now all of them have been accepted.
    server.connect().fence();
    server.until("all files are closed", |server| server.open_files() == open);
    server.enter("bob");
    alice.expect("bob!~bob@127.0.0.1 JOIN #lobby");
}

#[test]
fn refused_connections_that_stay_open_do_not_use_up_the_files() {
    let config = file("[limits]\nconnections = 2\nconnections-per-minute = 100000\n");
    let server = Server::start(&["--config", path_of(&config)]);
    let (mut alice, _bob) = (server.enter("alice"), server.enter("bob"));
    let open = server.open_files();
    let mut refused: Vec<Client> = (0..600).map(|_| server.connect()).collect();
    for client in &mut refused {
        assert!(client.line().starts_with("ERROR :"));
        // 256 have time to read the reason, 64 were accepted just now, and 64 in the iteration
        // before.
        assert!(server.open_files() <= open + 256 + 2 * 64);
    }
    alice.fence();
}

// A08.
#[test]
fn a_line_without_an_end_ends_the_connection_and_costs_no_memory() {
    let server = Server::start(&["--no-limits"]);
    let mut alice = server.enter("alice");
    let before = server.resident_bytes();
    let mut mallory = server.connect();
    let chunk = vec![b'x'; 64 * 1024];
    for _ in 0..128 {
        // The server stops reading somewhere in between.
        if mallory.stream().write_all(&chunk).is_err() {
            break;
        }
    }
    // The ERROR can be lost when more is sent than the server is ready to discard.
    if let Ok(Some(line)) = mallory.read_line() {
        assert!(line.contains("417") || line.starts_with("ERROR"), "{line}");
    }
    alice.fence();
    assert!(server.resident_bytes() < before + 1024 * 1024);
    // 16 KiB are still a line that is too long; one byte more ends the connection.
    let mut patient = server.connect();
    patient.send_bytes(&chunk[..16 * 1024]);
    patient.send_bytes(b"\r\n");
    assert!(patient.fence()[0].contains(" 417 "));
    let mut patient = server.connect();
    patient.send_bytes(&chunk[..16 * 1024 + 1]);
    let last = patient.rest().pop().unwrap();
    assert_eq!(last, "ERROR :Closing Link: * (Line too long)");
}

#[test]
fn an_unfinished_line_may_have_as_many_bytes_as_the_configuration_allows() {
    const BOUND: usize = 9_000;
    let config = file(&format!("[limits]\nreceive-queue-bytes = {BOUND}\n"));
    let server = Server::start(&["--config", path_of(&config)]);
    for bytes in [BOUND - 1, BOUND] {
        let mut patient = server.connect();
        patient.send_bytes(&vec![b'x'; bytes]);
        assert!(patient.line().contains(" 417 "), "{bytes}");
        // When another client has its reply, the server has read all of it.
        server.connect().fence();
        patient.send_bytes(b"\r\n");
        assert_eq!(patient.fence(), [""; 0]);
    }
    let mut endless = server.connect();
    endless.send_bytes(&[b'x'; BOUND + 1]);
    let received = endless.rest();
    assert!(received[0].contains(" 417 "), "{received:?}");
    assert_eq!(received[1], "ERROR :Closing Link: * (Line too long)");
}

// A20.
#[test]
fn a_tls_hello_gets_an_error_before_the_end_of_a_line() {
    let server = Server::start(&[]);
    let mut client = server.connect();
    let mut hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
    hello.extend([0xab; 500]);
    client.send_bytes(&hello);
    let error = "ERROR :Closing Link: * (This port does not support TLS)";
    assert_eq!(client.rest(), [error]);
    // Its first byte suffices.
    let mut client = server.connect();
    client.send_bytes(&hello[..1]);
    assert_eq!(client.rest(), [error]);
}

// A07, A48.
#[test]
fn waiting_uses_no_processor_time() {
    let server = Server::start(&["--no-limits"]);
    let mut idle: Vec<Client> = (0..200).map(|_| server.connect()).collect();
    for client in &mut idle {
        client.fence();
        client.send_bytes(&[b'x'; 600]);
    }
    let mut alice = server.enter("alice");
    let before = server.cpu_time();
    let short = Some(Duration::from_millis(400));
    alice.stream().set_read_timeout(short).unwrap();
    let nothing = alice.read_line().unwrap_err();
    assert!(matches!(
        nothing.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    let used = server.cpu_time() - before;
    assert!(used <= Duration::from_millis(30), "{used:?}");
    for client in &mut idle {
        client.send_bytes(b"\r\n");
        assert_eq!(
            client.fence().len(),
            1,
            "one 417 or 421, and service goes on"
        );
    }
}

// A47.
#[test]
fn a_client_that_never_reads_is_disconnected_and_others_go_on() {
    let config = file("[limits]\nenabled = false\nsend-queue-bytes = 65536\n");
    let server = Server::start(&["--config", path_of(&config)]);
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    let mut sleepers = ["sleeper", "dreamer"].map(|nick| server.enter(nick));
    alice.fence();
    bob.fence();
    let before = server.resident_bytes();
    let text = "x".repeat(400);
    let mut quit = Vec::new();
    let start = Instant::now();
    while quit.len() < sleepers.len() {
        for _ in 0..200 {
            alice.send(&format!("PRIVMSG #lobby :{text}"));
        }
        quit.extend(alice.fence());
        let received = bob.fence();
        assert!(
            received
                .iter()
                .filter(|line| line.contains("PRIVMSG"))
                .count()
                == 200
        );
        assert!(
            start.elapsed() < common::PATIENCE,
            "they are still connected"
        );
    }
    let given_up = |line: &String| line.ends_with("QUIT :SendQ exceeded");
    assert!(quit.iter().all(given_up), "{quit:?}");
    assert!(server.resident_bytes() < before + 4 * 1024 * 1024);
    // Every received line is whole; the last one may be the ERROR.
    for sleeper in &mut sleepers {
        while let Ok(Some(line)) = sleeper.read_line() {
            assert!(
                ["PRIVMSG", "ERROR", "JOIN", "QUIT"]
                    .iter()
                    .any(|word| line.contains(word)),
                "{line}"
            );
        }
    }
    let start = Instant::now();
    alice.send("PRIVMSG bob :still there?");
    bob.expect("still there?");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn above_the_total_limit_the_most_backlogged_client_is_disconnected_first() {
    let config =
        file("[limits]\nenabled = false\nqueues-bytes = 65536\nsend-queue-bytes = 1000000000\n");
    let server = Server::start(&["--config", path_of(&config)]);
    let (mut alice, _far) = (server.enter("alice"), server.enter("far"));
    let mut near = server.enter("near");
    alice.fence();
    let text = "x".repeat(400);
    let start = Instant::now();
    let mut said_to_near = 0;
    let quit = loop {
        alice.send(&format!("PRIVMSG near :{text}"));
        said_to_near += 1;
        for _ in 0..50 {
            alice.send(&format!("PRIVMSG far :{text}"));
        }
        let quit = alice.fence();
        if !quit.is_empty() {
            break quit;
        }
        assert!(start.elapsed() < common::PATIENCE, "far is still connected");
    };
    assert!(quit[0].starts_with(":far!"), "{quit:?}");
    assert!(quit[0].ends_with("QUIT :SendQ exceeded"), "{quit:?}");
    let received = near.fence();
    let whispers = received.iter().filter(|line| line.contains("PRIVMSG near"));
    assert_eq!(whispers.count(), said_to_near);
}

#[test]
fn a_sender_faster_than_its_reader_is_throttled_and_nothing_is_lost() {
    const LINES: usize = 40_000;
    /// Bob reads this many lines every few milliseconds: far fewer than Alice could send, and more
    /// than the server accepts from her while Bob is late.
    const LINES_AT_A_TIME: usize = 40;
    const PAUSE: Duration = Duration::from_millis(5);
    let config = file("[limits]\nenabled = false\nsend-queue-bytes = 131072\n");
    let server = Server::start(&["--config", path_of(&config)]);
    let (mut bob, alice) = (server.enter("bob"), server.enter("alice"));
    let line = format!("PRIVMSG bob :{}\r\n", "x".repeat(400));
    let flood = line.repeat(LINES);
    let mut unsent = flood.as_bytes();
    let mut stream = alice.stream();
    stream.set_nonblocking(true).unwrap();
    let (mut received, mut next_read) = (0, Instant::now());
    while received < LINES {
        if let Ok(count) = stream.write(unsent) {
            unsent = &unsent[count..];
        }
        if Instant::now() >= next_read {
            next_read += PAUSE;
            for _ in 0..LINES_AT_A_TIME {
                received += usize::from(received < LINES && bob.line().contains("PRIVMSG"));
            }
        }
    }
    assert!(unsent.is_empty());
    assert_eq!(bob.fence(), [""; 0]);
}

/// Reads at most `bytes_a_second`, until `part` has occurred `times` times.
fn read_slowly(client: &Client, bytes_a_second: usize, part: &[u8], times: usize) {
    const STEP: Duration = Duration::from_millis(10);
    let mut piece = vec![0; bytes_a_second / 100];
    let (mut received, mut found, mut next_read) = (Vec::new(), 0, Instant::now());
    while found < times {
        while Instant::now() < next_read {
            thread::yield_now();
        }
        next_read += STEP;
        let count = client.stream().read(&mut piece).unwrap();
        let end = String::from_utf8_lossy(&received);
        assert!(
            count > 0,
            "the reader was disconnected after {found}: {end}"
        );
        received.extend_from_slice(&piece[..count]);
        found += memchr::memmem::find_iter(&received, part).count();
        // The last bytes may be the beginning of another occurrence.
        received.drain(..received.len() - part.len() + 1);
    }
}

#[test]
fn many_senders_within_flood_control_do_not_disconnect_a_slower_reader() {
    const SENDERS: usize = 60;
    /// The burst of a client, without the lines of its registration.
    const LINES: usize = 35;
    /// More than the receive buffer of the system and the send queue of the server.
    const ENOUGH: usize = 1_600;
    let server = Server::start(&["--no-lobby"]);
    let mut bob = server.enter("bob");
    set_socket_recv_buffer_size(bob.stream(), 64 * 1024).unwrap();
    bob.send("CAP REQ :message-tags");
    bob.fence();
    let mut senders: Vec<Client> = (0..SENDERS)
        .map(|n| {
            let mut sender = server.enter(&format!("sender{n}"));
            sender.send("CAP REQ :message-tags");
            sender.fence();
            sender
        })
        .collect();
    let line = format!(
        "@+x={} PRIVMSG bob :{}\r\n",
        "x".repeat(4_000),
        "y".repeat(400)
    );
    let burst = line.repeat(LINES);
    for sender in &mut senders {
        sender.send_bytes(burst.as_bytes());
    }
    read_slowly(&bob, 2 * 1024 * 1024, b" PRIVMSG bob ", ENOUGH);
}

#[test]
fn a_client_with_many_requests_gets_every_reply_as_it_reads() {
    const PEOPLE: usize = 150;
    const QUESTIONS: usize = 900;
    let config = file("[limits]\nenabled = false\nsend-queue-bytes = 131072\n");
    let server = Server::start(&["--config", path_of(&config)]);
    let mut others: Vec<Client> = (0..PEOPLE)
        .map(|n| server.enter(&format!("p{n}")))
        .collect();
    let mut bob = server.enter("bob");
    bob.send_bytes("WHO #lobby\r\n".repeat(QUESTIONS).as_bytes());
    // Requests that arrive meanwhile are answered meanwhile.
    for other in &mut others {
        other.fence();
    }
    read_slowly(&bob, 8 * 1024 * 1024, b" 315 bob ", QUESTIONS);
    bob.fence();
}

// A53.
#[test]
fn a_flood_is_throttled_and_nothing_of_it_is_lost() {
    let config = file("[limits]\nlines-burst = 5\nlines-per-second = 50\n");
    let server = Server::start(&["--config", path_of(&config)]);
    let mut bob = server.enter("bob");
    let mut alice = server.enter("alice");
    bob.expect("JOIN");
    let start = Instant::now();
    let flood: String = (0..60).map(|n| format!("PRIVMSG bob :{n}\r\n")).collect();
    alice.send_bytes(flood.as_bytes());
    for n in 0..60 {
        let line = bob.expect("PRIVMSG");
        assert!(line.ends_with(&format!(":{n}")), "{n}: {line}");
    }
    // 55 lines more than the burst, 20 ms each; a little less, as the lines of the registration may
    // have been paid back by then.
    assert!(
        start.elapsed() >= Duration::from_millis(900),
        "{:?}",
        start.elapsed()
    );
}

// A51.
#[test]
fn a_sender_at_full_speed_does_not_delay_others() {
    let server = Server::start(&["--no-limits"]);
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    let mut flooder = server.enter("flooder").stream().try_clone().unwrap();
    flooder.set_read_timeout(None).unwrap();
    let mut ears = flooder.try_clone().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let lines = "PRIVMSG #nowhere :as fast as it goes\r\n".repeat(400);
            while !done.load(Ordering::Relaxed) {
                flooder.write_all(lines.as_bytes()).unwrap();
            }
            flooder.write_all(b"QUIT\r\n").unwrap();
        });
        scope.spawn(|| {
            let mut received = vec![0; 64 * 1024];
            while ears.read(&mut received).unwrap_or(0) > 0 {}
        });
        for n in 0..50 {
            let start = Instant::now();
            alice.send(&format!("PRIVMSG bob :{n}"));
            bob.expect(&format!("PRIVMSG bob :{n}"));
            assert!(
                start.elapsed() < Duration::from_secs(2),
                "{n}: {:?}",
                start.elapsed()
            );
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// A registered client that connects from this address.
fn enter_from(server: &Server, from: Ipv4Addr, nick: &str) -> Client {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from((from, 0))).unwrap();
    connect(&socket, &server.address).unwrap();
    let mut client = Client::new(TcpStream::from(socket));
    client.register(nick);
    client
}

// A91.
#[test]
fn many_connections_of_one_address_do_not_delay_others_whatever_they_ask() {
    const ATTACKERS: usize = 100;
    let server = Server::start(&[]);
    let there = Ipv4Addr::new(127, 0, 0, 2);
    let attackers: Vec<Client> = (0..ATTACKERS)
        .map(|n| enter_from(&server, there, &format!("mallory{n}")))
        .collect();
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    for one in [&mut alice, &mut bob] {
        one.send("PART #lobby");
        one.fence();
    }
    for line in [
        format!("WHO *{}!\r\n", "*z".repeat(235)),
        format!("WHO {}*!*\r\n", "*0".repeat(14)),
        format!("PRIVMSG #lobby :{}\r\n", "x".repeat(400)),
        "PART #lobby :bye\r\nJOIN #lobby\r\n".to_owned(),
    ] {
        for attacker in &attackers {
            let mut stream = attacker.stream();
            stream.set_nonblocking(true).unwrap();
            // As much as the system takes; nothing of the answers is read.
            while stream.write(line.repeat(100).as_bytes()).is_ok() {}
        }
        let mut times = [(); 21].map(|()| {
            let start = Instant::now();
            alice.send("PRIVMSG bob :hello");
            bob.expect("PRIVMSG bob :hello");
            start.elapsed()
        });
        // The median, because the machine may be busy with something else now and then.
        times.sort();
        assert!(times[10] < Duration::from_secs(2), "{line:.20}: {times:?}");
    }
}

// A09, A33.
#[test]
fn a_flood_of_empty_lines_delays_only_its_sender() {
    const LISTS: usize = 300;
    let server = Server::start(&[]);
    let (mut alice, mut bob) = (server.enter("alice"), server.enter("bob"));
    let mut mallory = server.connect();
    mallory.send_bytes(&b"\r\n".repeat(20_000));
    let mut lister = server.connect();
    lister.send_bytes(&b"CAP LS 302\r\n".repeat(LISTS));
    let before = server.cpu_time();
    for n in 0..20 {
        let start = Instant::now();
        alice.send(&format!("PRIVMSG bob :{n}"));
        bob.expect(&format!("PRIVMSG bob :{n}"));
        assert!(start.elapsed() < Duration::from_secs(2));
    }
    let used = server.cpu_time() - before;
    assert!(used <= Duration::from_millis(50), "{used:?}");
    // Each gets its reply in time.
    let free = Server::start(&["--no-limits"]);
    let mut lister = free.connect();
    lister.send_bytes(&b"CAP LS 302\r\n".repeat(LISTS));
    let answers = lister.fence();
    assert_eq!(answers.len(), LISTS);
    assert!(answers.iter().all(|line| line.contains(" CAP * LS :")));
}

// A16.
#[test]
fn server_only_tags_from_a_client_are_ignored() {
    let server = Server::start(&["--no-limits"]);
    let [mut alice, mut bob] = ["alice", "bob"].map(|nick| {
        let mut person = server.connect();
        person.send("CAP REQ :message-tags server-time account-tag\r\nCAP END");
        person.register(nick);
        person
    });
    let forged = "time=2001-01-01T00:00:00.000Z;msgid=forged;account=admin;+own=kept";
    alice.send(&format!("@{forged} PRIVMSG bob :x"));
    let line = bob.expect("PRIVMSG bob :x");
    let tags = line.split(' ').next().unwrap();
    assert!(tags.contains(";+own=kept"), "{line}");
    for part in ["time=2001-", "forged", "account", "admin"] {
        assert!(!tags.contains(part), "{line}");
    }
    assert_eq!(tags.matches("time=").count(), 1, "{line}");
    assert_eq!(tags.matches("msgid=").count(), 1, "{line}");
}

#[test]
fn without_free_file_descriptors_users_stay_and_new_connections_wait() {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "ulimit -n 40 && exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_chatroomd"),
    ]);
    let server = Server::start_with(shell, &["--no-limits"]);
    let mut alice = server.enter("alice");
    let mut clients: Vec<Client> = (0..60).map(|_| server.connect()).collect();
    server.until("no file descriptor is free", |server| {
        server.open_files() >= 40
    });
    alice.fence();
    let before = server.cpu_time();
    alice
        .stream()
        .set_read_timeout(Some(Duration::from_millis(400)))
        .unwrap();
    alice.read_line().unwrap_err();
    let used = server.cpu_time() - before;
    assert!(used <= Duration::from_millis(50), "{used:?}");
    alice
        .stream()
        .set_read_timeout(Some(common::PATIENCE))
        .unwrap();
    let mut last = clients.pop().unwrap();
    drop(clients);
    last.fence();
    alice.fence();
}

#[test]
fn an_embedded_server_listens_at_once_and_disconnects_its_clients_with_an_error() {
    let host =
        EmbeddedServer::start(&Settings::listening_on("127.0.0.1:0".parse().unwrap())).unwrap();
    let mut alice = Client::new(TcpStream::connect(host.address()).unwrap());
    alice.register("alice");
    let again = EmbeddedServer::start(&Settings::listening_on(host.address()));
    assert!(matches!(again, Err(ServerError::CannotListen { .. })));
    let address = host.address();
    let report = thread::spawn(move || alice.rest().pop().unwrap());
    host.stop();
    assert_eq!(
        report.join().unwrap(),
        "ERROR :Closing Link: alice (Server shutting down)"
    );
    EmbeddedServer::start(&Settings::listening_on(address)).unwrap();
}

/// A server that also listens on a path in this folder.
fn listening_at(path: &std::path::Path) -> Server {
    let server = Server::start(&["--no-limits", "--unix-listen", path.to_str().unwrap()]);
    server.until("the socket is there", |_| path.exists());
    server
}

#[test]
fn programs_of_this_machine_connect_to_a_path_and_a_killed_server_leaves_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("irc.sock");
    let mut server = listening_at(&path);
    let mut bob = server.enter("bob");
    let mut stream = UnixStream::connect(&path).unwrap();
    stream
        .write_all(b"NICK alice\r\nUSER alice 0 * :Alice\r\nPRIVMSG #lobby :from a path\r\n")
        .unwrap();
    let said = bob.expect("from a path");
    assert!(said.starts_with(":alice!~alice@127.0.0.1 "), "{said}");
    bob.send("PRIVMSG alice :to a path");
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with("PRIVMSG alice :to a path")));
    // While a server uses the path, another cannot.
    let other = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["--quiet", "--listen", "127.0.0.1:0", "--unix-listen"])
        .arg(&path)
        .output()
        .unwrap();
    let error = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(69), "{error}");
    assert!(error.contains("another program uses it"), "{error}");
    server.signal(Signal::SIGKILL);
    server.wait();
    assert!(path.exists());
    let mut server = listening_at(&path);
    server.until("the path is in use again", |_| {
        UnixStream::connect(&path).is_ok()
    });
    server.signal(Signal::SIGTERM);
    server.wait();
    assert!(!path.exists());
    // A file that is no socket stays.
    fs::write(&path, "text").unwrap();
    let other = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["--quiet", "--listen", "127.0.0.1:0", "--unix-listen"])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(69));
    assert_eq!(fs::read_to_string(&path).unwrap(), "text");
}
