//! The real server on a disk that is full, fails, is slow or does not answer.
//!
//! The faults are those of the system calls: `strace` makes some of them fail or take longer, and a
//! limit on the size of files makes the disk full.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::process::{Resource, Rlimit, prlimit};

use self::common::accounts::{add, log_in};
use self::common::store::{exported_texts, request_echoes};
use self::common::{Client, PATIENCE, Server};

/// A server with a store, an operator, and short limits.
struct Stored {
    folder: tempfile::TempDir,
    server: Server,
}

impl Stored {
    fn start(limits: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[store]\nfolder = \"kept\"\n[[operator]]\nname = \"root\"\npassword = \"sesame\"\n\
             [limits]\nlines-per-second = 100000\nlines-burst = 100000\n{limits}\n"
        );
        fs::write(folder.path().join("config.toml"), config).unwrap();
        let server = Self::server(folder.path());
        Self { folder, server }
    }

    fn server(folder: &Path) -> Server {
        let config = folder.join("config.toml");
        Server::start(&["--config", config.to_str().unwrap()])
    }

    /// A user who receives the echoes of its messages.
    fn enter(&self, nick: &str) -> Client {
        let mut client = self.server.enter(nick);
        request_echoes(&mut client);
        client
    }

    fn texts(&self) -> Vec<String> {
        exported_texts(&self.folder.path().join("kept"))
    }

    /// From now on, the system calls of the server have this fault, see strace(1).
    fn with_fault(&self, fault: &str) -> Option<Strace> {
        let mut strace = Command::new("strace");
        let call = fault.split(':').next().unwrap();
        strace
            .args([
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-p",
                &self.server.pid().to_string(),
            ])
            .args([
                "-e",
                &format!("trace={call}"),
                "-e",
                &format!("inject={fault}"),
            ])
            .stdin(Stdio::null());
        let Ok(child) = strace.spawn() else {
            println!("skipped: strace is missing");
            return None;
        };
        let strace = Strace(child);
        let tasks = format!("/proc/{}/task", self.server.pid());
        self.server.until("strace is attached", |_| {
            let traced = |task: fs::DirEntry| {
                let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
                !status.contains("TracerPid:\t0")
            };
            fs::read_dir(&tasks)
                .unwrap()
                .all(|task| traced(task.unwrap()))
        });
        Some(strace)
    }
}

/// A running strace; when it is dropped the fault ends.
struct Strace(Child);

impl Drop for Strace {
    fn drop(&mut self) {
        let pid = Pid::from_raw(i32::try_from(self.0.id()).unwrap());
        let _ = kill(pid, Signal::SIGTERM);
        let _ = self.0.wait();
    }
}

/// Says this in the lobby, and waits until the server has read it: it reads both lines at once, and
/// whispers to `bob` do not wait for the disk.
fn say_and_be_read(alice: &mut Client, bob: &mut Client, text: &str) {
    alice.send(&format!(
        "PRIVMSG bob :before {text}\r\n@label={text} PRIVMSG #lobby :{text}"
    ));
    bob.expect(&format!(" PRIVMSG bob :before {text}"));
}

fn say(client: &mut Client, text: &str) {
    client.send(&format!("@label={text} PRIVMSG #lobby :{text}"));
}

/// The answer to a labeled line.
fn answer(client: &mut Client, label: &str) -> String {
    client.expect(&format!("label={label}"))
}

/// Whether no line has come for this client.
fn has_nothing_to_read(client: &Client) -> bool {
    let stream = client.stream();
    stream.set_nonblocking(true).unwrap();
    let peeked = stream.peek(&mut [0]);
    stream.set_nonblocking(false).unwrap();
    matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// Sends lines until one is stored again, and returns its text.
fn until_stored(client: &mut Client) -> String {
    let deadline = Instant::now() + PATIENCE;
    for number in 0.. {
        let text = format!("again-{number}");
        say(client, &text);
        if !answer(client, &text).contains(" FAIL ") {
            return text;
        }
        assert!(Instant::now() < deadline, "the store does not recover");
    }
    unreachable!()
}

// A88.
#[test]
fn a_full_disk_refuses_messages_and_nothing_else_until_there_is_room() {
    let stored = Stored::start("");
    add(&stored.folder.path().join("kept"), "dave", "sesame");
    let (mut alice, mut bob) = (stored.enter("alice"), stored.enter("bob"));
    let mut root = stored.enter("root");
    root.send("OPER root sesame");
    root.expect(" 381 ");
    say(&mut alice, "before");
    assert!(!answer(&mut alice, "before").contains(" FAIL "));

    let pid = rustix::process::Pid::from_raw(stored.server.pid());
    let limit = |bytes: Option<u64>| {
        let limit = Rlimit {
            current: bytes,
            maximum: None,
        };
        prlimit(pid, Resource::Fsize, limit).unwrap();
    };
    limit(Some(4096));
    say(&mut alice, "full");
    let refused = answer(&mut alice, "full");
    assert!(
        refused.contains(" FAIL PRIVMSG NOT_STORED #lobby :"),
        "{refused}"
    );
    root.expect(":Messages cannot be stored");
    // Refused at once from now on; a message with two targets reaches the one that is not stored.
    alice.send("NOTICE #lobby,bob :to both");
    alice.expect(" FAIL NOTICE NOT_STORED #lobby :");
    bob.expect("NOTICE bob :to both");
    alice.send("PRIVMSG bob :one");
    bob.expect("PRIVMSG bob :one");
    // Neither of the two lines of a whisper to oneself comes.
    let mut dave = stored.server.connect();
    log_in(&mut dave, "dave", "dave", "sesame");
    request_echoes(&mut dave);
    dave.send("@label=note PRIVMSG dave :note");
    dave.expect("@label=note");
    dave.send("PRIVMSG dave :note");
    dave.expect(" FAIL PRIVMSG NOT_STORED dave :");
    assert!(dave.fence().is_empty());
    let mut carol = stored.enter("carol");
    carol.send("JOIN #x\r\nTOPIC #x :news");
    carol.expect(" TOPIC #x :news");
    assert!(carol.fence().is_empty());

    limit(None);
    let again = until_stored(&mut alice);
    root.expect(":Messages can be stored again");
    bob.expect(&again);
    assert_eq!(stored.texts(), ["before", &again]);
}

#[test]
fn a_write_that_fails_is_a_refusal_and_the_message_is_not_on_disk() {
    let stored = Stored::start("");
    let (mut alice, mut bob) = (stored.enter("alice"), stored.enter("bob"));
    say(&mut alice, "before");
    answer(&mut alice, "before");
    let Some(strace) = stored.with_fault("pwrite64:error=EIO:when=1+") else {
        return;
    };
    say(&mut alice, "broken");
    assert!(answer(&mut alice, "broken").contains(" FAIL PRIVMSG NOT_STORED "));
    drop(strace);
    let again = until_stored(&mut alice);
    let seen = [
        bob.expect(" PRIVMSG #lobby :"),
        bob.expect(" PRIVMSG #lobby :"),
    ];
    assert!(
        seen[0].ends_with(":before") && seen[1].ends_with(&again),
        "{seen:?}"
    );
    assert_eq!(stored.texts(), ["before", &again]);
}

#[test]
fn after_a_failed_sync_the_server_ends_without_an_answer() {
    let mut stored = Stored::start("");
    let (mut alice, mut bob) = (stored.enter("alice"), stored.enter("bob"));
    say(&mut alice, "before");
    answer(&mut alice, "before");
    bob.expect(":before");
    let Some(strace) = stored.with_fault("fsync:error=EIO:when=1+") else {
        return;
    };
    say(&mut alice, "unknown");
    let words = "(the store failed; unacknowledged messages may have been stored)";
    for client in [&mut alice, &mut bob] {
        let rest = client.rest();
        assert!(rest.last().unwrap().contains(words), "{rest:?}");
        let said = rest.concat();
        assert!(!said.contains("PRIVMSG"), "{said}");
    }
    assert_eq!(stored.server.wait().code(), Some(74));
    drop(strace);
    // Either outcome is allowed, but it is the same for all, and the store goes on.
    stored.server = Stored::server(stored.folder.path());
    let mut alice = stored.enter("alice");
    say(&mut alice, "after");
    answer(&mut alice, "after");
    let texts = stored.texts();
    let known = [
        vec!["before".to_owned(), "after".to_owned()],
        vec![
            "before".to_owned(),
            "unknown".to_owned(),
            "after".to_owned(),
        ],
    ];
    assert!(known.contains(&texts), "{texts:?}");
}

#[test]
fn a_slow_disk_delays_acknowledgements_and_no_ping_of_others() {
    let stored = Stored::start("");
    let (mut alice, mut bob) = (stored.enter("alice"), stored.enter("bob"));
    alice.fence();
    let Some(_strace) = stored.with_fault("fsync:delay_enter=1500000") else {
        return;
    };
    say(&mut alice, "slow");
    // The line waits in the server, and so does what its sender asks later.
    alice.send("PING alice");
    bob.fence();
    assert!(
        has_nothing_to_read(&alice),
        "the line is acknowledged early"
    );
    let lines = [alice.line(), alice.line()];
    assert!(
        lines[0].contains("label=slow") && lines[1].contains(" PONG "),
        "{lines:?}"
    );
    bob.expect(":slow");
    // History has what its reader could have seen: the line that is on its way to the disk.
    say_and_be_read(&mut alice, &mut bob, "known");
    bob.send("CHATHISTORY LATEST #lobby * 1\r\nPING bob");
    bob.expect(" PRIVMSG #lobby :known");
    assert!(bob.line().contains(" BATCH +history "));
    assert!(bob.line().contains("batch=history") && bob.line().contains(" BATCH -history"));
    bob.expect(" PONG ");
    // Members see one order: the line, and then the user who joins meanwhile.
    say_and_be_read(&mut alice, &mut bob, "later");
    stored.server.connect().send("NICK carol\r\nUSER c 0 * :c");
    bob.expect(":later");
    assert!(bob.line().contains("carol!"));
}

#[test]
fn lines_before_the_end_of_the_input_and_before_a_stop_are_answered_on_a_slow_disk() {
    let mut stored = Stored::start("");
    let (mut alice, mut bob) = (stored.enter("alice"), stored.enter("bob"));
    let mut carol = stored.enter("carol");
    let Some(strace) = stored.with_fault("fsync:delay_enter=200000") else {
        return;
    };
    say(&mut alice, "one");
    say(&mut alice, "two");
    alice.stream().shutdown(std::net::Shutdown::Write).unwrap();
    say(&mut carol, "three");
    carol.send("QUIT");
    let rest = alice.rest();
    let labels: Vec<_> = rest.iter().filter(|line| line.contains("label=")).collect();
    assert_eq!(labels.len(), 2, "{rest:?}");
    let rest = carol.rest();
    assert!(
        rest.iter().any(|line| line.contains("label=three")),
        "{rest:?}"
    );
    assert!(rest.last().unwrap().contains(" ERROR "), "{rest:?}");
    bob.expect("carol!");

    say(&mut bob, "last");
    // By now the server has read it.
    let mut dora = stored.server.connect();
    dora.send("PING dora");
    dora.expect(" PONG ");
    stored.server.signal(Signal::SIGTERM);
    let rest = bob.rest();
    assert!(
        rest.iter().any(|line| line.contains("label=last")),
        "{rest:?}"
    );
    assert!(
        rest.last().unwrap().contains("Server shutting down"),
        "{rest:?}"
    );
    assert!(stored.server.wait().success());
    drop(strace);
    assert_eq!(stored.texts(), ["one", "two", "three", "last"]);
}

#[test]
fn a_disk_that_does_not_answer_makes_new_messages_fail_and_keeps_the_others_waiting() {
    let stored = Stored::start("stall-seconds = 1");
    let (mut alice, mut bob) = (stored.enter("alice"), stored.enter("bob"));
    let mut root = stored.enter("root");
    root.send("OPER root sesame");
    root.expect(" 381 ");
    let Some(_strace) = stored.with_fault("fsync:delay_enter=3000000:when=1") else {
        return;
    };
    say(&mut alice, "held");
    root.expect("does not answer");
    say(&mut bob, "refused");
    let refused = answer(&mut bob, "refused");
    assert!(
        refused.contains(" FAIL PRIVMSG STORE_SLOW #lobby :"),
        "{refused}"
    );
    // An answer to the one who asks does not wait either; a change that others see does.
    bob.send("WHOIS root");
    bob.expect(" 318 ");
    assert!(!answer(&mut alice, "held").contains(" FAIL "));
    bob.expect(":held");
    root.expect(":Messages can be stored again");
    assert_eq!(stored.texts(), ["held"]);
}

#[test]
fn a_client_with_too_many_waiting_lines_is_not_read_and_not_timed_out() {
    let limits = "held-lines = 8\nping-interval-seconds = 1\nping-timeout-seconds = 1";
    let stored = Stored::start(limits);
    let mut alice = stored.enter("alice");
    let Some(_strace) = stored.with_fault("fsync:delay_enter=3500000:when=1") else {
        return;
    };
    // The first one is on its way to the disk for longer than a client may be silent.
    let start = Instant::now();
    for number in 0..100 {
        say(&mut alice, &number.to_string());
    }
    for number in 0..100 {
        let answered = answer(&mut alice, &number.to_string());
        assert!(!answered.contains(" FAIL "), "{answered}");
    }
    assert!(start.elapsed() >= Duration::from_millis(3500));
    let wanted: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(stored.texts(), wanted);
}

#[test]
fn when_too_much_waits_only_requests_that_do_not_need_the_store_are_read() {
    let stored = Stored::start("held-bytes = 65536\nheld-lines = 10000");
    let (mut alice, mut bob) = (stored.enter("alice"), stored.enter("bob"));
    let Some(_strace) = stored.with_fault("fsync:delay_enter=2000000:when=1") else {
        return;
    };
    alice.fence();
    for number in 0..1_000 {
        alice.send(&format!(
            "@label={number} PRIVMSG #lobby :{number} {}",
            "x".repeat(200)
        ));
    }
    bob.fence();
    bob.send("PRIVMSG alice :waits in the system\r\nPING bob");
    assert!(
        has_nothing_to_read(&alice),
        "the disk was too quick for this test"
    );
    bob.expect(" PONG ");
    for number in 0..1_000 {
        answer(&mut alice, &format!("{number};"));
    }
    assert_eq!(stored.texts().len(), 1_000);
}
