//! `chatroomd history import`.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use self::common::Server;
use self::common::accounts::{add, log_in};

fn command(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn import(folder: &Path, log: &str) -> Output {
    let mut child = command(&["history", "import", folder.to_str().unwrap()]);
    // A command that fails reads nothing.
    let _ = child.stdin.take().unwrap().write_all(log.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap().trim_end()
}

fn export(folder: &Path) -> Vec<String> {
    let child = command(&["history", "export", folder.to_str().unwrap()]);
    let output = child.wait_with_output().unwrap();
    text(&output.stdout).lines().map(str::to_owned).collect()
}

/// A record of a room.
fn record(second: usize, text: &str) -> String {
    format!(
        "{{\"kind\":\"message\",\"time\":\"2026-01-01T00:{:02}:{:02}Z\",\"network\":\"n\",\
         \"room\":\"#lobby\",\"nick\":\"al\",\"text\":\"{text}\"}}\n",
        second / 60,
        second % 60
    )
}

#[test]
fn an_export_that_is_imported_is_the_same_history_and_a_second_time_adds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[store]\nfolder = \"one\"\nrooms = \"all\"\nevents = true\n";
    let server = Server::start_in(folder.path(), settings, &["--no-limits"]);
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    add(&one, "alice", "sesame");
    let mut alice = server.connect();
    log_in(&mut alice, "alice", "alice", "sesame");
    alice.send("CAP REQ :draft/multiline batch echo-message");
    let mut bob = server.enter("bob");
    alice.send(
        "JOIN #x\r\nTOPIC #x :a topic\r\nMODE #x +l 5\r\nPRIVMSG #x :one\r\nPRIVMSG bob :two",
    );
    alice.send("NOTICE #x :three\r\nPRIVMSG #x :\u{1}ACTION waves\u{1}\r\nPART #x :bye");
    alice.send(
        "BATCH +1 draft/multiline #lobby\r\n@batch=1 PRIVMSG #lobby :a\r\n\
         @batch=1 PRIVMSG #lobby :b\r\nBATCH -1",
    );
    alice.fence();
    bob.send("QUIT");
    bob.rest();
    let refused = import(&one, &record(1, "x"));
    assert_eq!(refused.status.code(), Some(75), "a server uses it");
    let all = export(&one);
    assert!(all.len() > 9, "{all:?}");
    let log = all.join("\n");
    // It creates the store.
    assert!(import(&two, "").status.success());
    add(&two, "alice", "sesame");
    let done = import(&two, &log);
    assert!(done.status.success(), "{done:?}");
    let count = all.len();
    let said =
        format!("{count} of {count} records were added; 0 are not messages or events of a room.");
    assert_eq!(text(&done.stdout), said);
    // The ids are the same except for the mark of the store, which begins each of them.
    let without_tag = |lines: Vec<String>| -> Vec<String> {
        let lines = lines.into_iter();
        lines
            .map(|line| {
                let (before, id) = line.split_once("\"msgid\":\"").unwrap();
                format!("{before}{}", &id[5..])
            })
            .collect()
    };
    assert_eq!(without_tag(export(&two)), without_tag(all));
    let again = import(&two, &log);
    assert!(text(&again.stdout).starts_with("0 of "), "{again:?}");
    let checked = command(&["store", "check", two.to_str().unwrap()]);
    assert!(checked.wait_with_output().unwrap().status.success());
}

#[test]
fn a_log_of_a_client_is_read_by_clients_and_its_bad_lines_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let mut log = String::new();
    // The same words in the same second are two messages.
    log += &(record(1, "ha") + &record(1, "ha") + "nonsense\n" + &record(2, "two"));
    log += "{\"kind\":\"lost\",\"time\":\"2026-01-01T00:00:03Z\",\"network\":\"n\"}\n";
    log += &record(4, "later").replace("2026-01-01", "2999-01-01");
    for (times, added) in [(1, "3 of 6"), (2, "0 of 6")] {
        let done = import(&kept, &log);
        assert!(text(&done.stdout).starts_with(added), "{times}: {done:?}");
        assert_eq!(
            text(&done.stderr),
            "chatroomd: Line 3 is not a record; it is skipped."
        );
    }
    let text = "[store]\nfolder = \"kept\"\n";
    let server = Server::start_in(folder.path(), text, &[]);
    let mut client = server.enter("carol");
    client.send("CHATHISTORY LATEST #lobby * 9");
    let lines = client.fence();
    let source = ":al!imported@imported.invalid PRIVMSG #lobby";
    assert_eq!(
        lines,
        ["ha", "ha", "two"].map(|text| format!("{source} :{text}"))
    );
    let none = command(&["history", "import", kept.to_str().unwrap(), "/none"]);
    let none = none.wait_with_output().unwrap();
    assert_eq!(none.status.code(), Some(66), "{none:?}");
}

#[test]
fn an_import_that_is_killed_is_completed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let log: String = (0..3_000)
        .map(|at| record(at, &format!("message {at}")))
        .collect();
    let mut child = command(&["history", "import", folder.path().to_str().unwrap()]);
    // It waits for the rest, with some of the messages written.
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(&log.as_bytes()[..log.len() * 2 / 3])
        .unwrap();
    while export(folder.path()).len() < 1_000 {
        assert!(child.try_wait().unwrap().is_none(), "it has ended");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = export(folder.path()).len();
    assert_eq!(before % 1_000, 0, "whole transactions");
    let done = import(folder.path(), &log);
    let added = 3_000 - before;
    assert!(
        text(&done.stdout).starts_with(&format!("{added} of 3000 ")),
        "{done:?}"
    );
    let texts = export(folder.path());
    assert_eq!(texts.len(), 3_000);
    assert!(texts[2_999].contains("message 2999"));
}
