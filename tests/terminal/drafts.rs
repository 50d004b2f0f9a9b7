//! What is typed and not sent outlives the program.

use std::fs;
use std::path::Path;

use nix::sys::signal::Signal;

use super::people::{Lines, Scripted, host_on};
use super::screen::{CTRL_C, ENTER, Start};

#[test]
fn a_draft_that_was_kept_is_there_behind_the_question_for_another_nick() {
    let host = host_on(0);
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.is_in();
    alice.types("half a thought");
    alice.shows("half a thought");
    alice.signals(Signal::SIGTERM);
    alice.ends_with(143);
    let _other = Lines::enter(host.address(), "alice");
    let start = Start::as_nick("alice", host.address()).at_home_of(&alice);
    let mut again = start.start();
    again.shows("alice cannot be had: it is taken. Another nick [alice_]: ");
    again.types("ally");
    again.shows("ally");
    again.types(ENTER);
    again.shows("you are ally in #lobby");
    again.settles_below("[#lobby] half a thought");
    again.types(CTRL_C);
    again.types("/quit\r");
    again.ends_with(0);
}

#[test]
fn two_terminals_have_drafts_of_their_own() {
    let host = host_on(0);
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.is_in();
    alice.types("of the first");
    alice.shows("of the first");
    let start = Start::as_nick("ally", host.address()).at_home_of(&alice);
    let mut ally = start.start();
    ally.shows("you are ally in #lobby");
    ally.settles_below("[#lobby] ");
    ally.types("of the second");
    ally.shows("of the second");
    for terminal in [&mut alice, &mut ally] {
        terminal.signals(Signal::SIGTERM);
        terminal.ends_with(143);
    }
    for draft in ["first", "second"] {
        let start = Start::as_nick("alice", host.address()).at_home_of(&alice);
        let mut again = start.start();
        again.shows("you are alice in #lobby");
        again.settles_below(&format!("[#lobby] of the {draft}"));
        again.types("\r/quit\r");
        again.ends_with(0);
    }
}

#[test]
fn a_draft_outlives_a_look_into_the_history() {
    const UP: &str = "\x1b[A";
    let host = host_on(0);
    for (keys, kept) in [
        ("", "my precious draft"),
        (", changed", "old line, changed"),
    ] {
        let mut alice = Start::as_nick("alice", host.address()).start();
        alice.is_in();
        alice.types("old line\r");
        alice.types("my precious draft");
        alice.settles_below("[#lobby] my precious draft");
        alice.types(UP);
        alice.types(keys);
        alice.settles_below(&format!("[#lobby] old line{keys}"));
        alice.signals(Signal::SIGTERM);
        alice.ends_with(143);
        let start = Start::as_nick("alice", host.address()).at_home_of(&alice);
        let mut again = start.start();
        again.settles_below(&format!("[#lobby] {kept}"));
        again.types("\x15/quit\r");
        again.ends_with(0);
    }
}

#[test]
fn what_was_never_sent_is_offered_once_at_the_next_start_before_the_draft() {
    let host = host_on(0);
    let address = host.address();
    let mut alice = Start::as_nick("alice", address).start();
    alice.is_in();
    drop(host);
    alice.shows("connection lost");
    alice.types("one\rtwo\r/msg NickServ identify hunter2\r@bob three\rhalf a thought");
    alice.shows("half a thought");
    alice.signals(Signal::SIGTERM);
    alice.shows("what was never sent is offered again when you come back");
    alice.ends_with(143);
    assert!(!everything_in(alice.home()).contains("hunter2"));
    let _host = host_on(address.port());
    let mut bob = Lines::enter(address, "bob");
    let start = || Start::as_nick("alice", address).at_home_of(&alice).start();
    let mut again = start();
    again.shows("you are alice in #lobby");
    let offered = "/msg #lobby one";
    again.shows(offered);
    again.shows("two  (2 messages to #lobby: Enter sends, Esc drops)");
    again.types(ENTER);
    for text in ["one", "two"] {
        assert_eq!(bob.hears_alice(), text);
    }
    // It ends once more, in the middle.
    again.settles_below("[#lobby] @bob three");
    again.signals(Signal::SIGTERM);
    again.ends_with(143);
    let mut last = start();
    last.settles_below("[#lobby] @bob three");
    last.types(ENTER);
    bob.hears("PRIVMSG bob :three");
    last.settles_below("[#lobby] half a thought");
    last.types("\x15/quit\r");
    last.ends_with(0);
    let mut over = start();
    over.settles_below("[#lobby] ");
    over.types("/quit\r");
    over.ends_with(0);
}

#[test]
fn passwords_are_written_to_no_file() {
    let start = |start: Start| start.configured("log = true\n[alias]\nns = \"/msg NickServ\"\n");
    let (_server, mut alice, mut lines) = Scripted::with_alice(start);
    lines.sends(":NickServ!s@services NOTICE alice :this nick is registered");
    lines.sends(":NickServ!s@services PRIVMSG alice :who are you");
    alice.shows("who are you");
    let secrets = [
        "/ns identify hunter2",
        "@NickServ: identify hunter2",
        "/r identify hunter2",
        "/raw PRIVMSG NickServ :identify hunter2",
        "/msg Q@cserve.example auth me hunter2",
    ];
    for line in secrets {
        alice.types(&format!("{line}\r"));
        lines.hears("hunter2");
        if !line.starts_with("/raw") {
            lines.answers_a_question();
        }
    }
    alice.types("@bob good day\r");
    lines.hears("good day");
    alice.types("/join #den hunter2\r");
    lines.hears("hunter2");
    alice.types("/ns identify hunter2");
    alice.shows("/ns identify hunter2");
    alice.signals(Signal::SIGHUP);
    lines.hangs_up();
    alice.ends_with(129);
    let written = everything_in(alice.home());
    assert!(written.contains("good day"), "{written}");
    assert!(!written.contains("hunter2"), "{written}");
}

/// All that stands in the files of a folder.
fn everything_in(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.push_str(&everything_in(&path)),
            false => all.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap())),
        }
    }
    all
}
