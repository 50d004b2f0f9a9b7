//! Whole lines only, in a terminal: no escape sequences, and each message in rows of its own.

use super::people::{Lines, host_on};
use super::screen::{CTRL_C, CTRL_D, Start};
use nix::sys::signal::Signal;

/// Alice with whole lines only: by the option, and in a terminal that can do no more.
const PLAIN: [fn(Start) -> Start; 2] = [
    |start| start.through_script("exec \"$0\" --plain \"$@\""),
    |start| start.variable("TERM", "dumb"),
];

#[test]
fn a_message_in_the_middle_of_a_typed_line_has_rows_of_its_own() {
    for plain in PLAIN {
        let host = host_on(0);
        let mut bob = Lines::enter(host.address(), "bob");
        let mut alice = plain(Start::as_nick("alice", host.address())).start();
        alice.shows("You are alice in #lobby");
        bob.receives(":alice!");
        bob.says("zero");
        alice.shows("<bob> zero");
        alice.types("half a linx\x7fe");
        alice.shows("half a line");
        bob.says("one");
        alice.ends_in_rows(&["half a line", "<bob> one", "half a line"]);
        alice.types(" more");
        alice.shows("half a line more");
        bob.says("two");
        alice.ends_in_rows(&["half a line more", "<bob> two", "half a line more"]);
        alice.types("\x1b[<0;1;1M!\r");
        assert_eq!(bob.receives_from_alice(), "half a line more!");
        bob.says("three");
        alice.ends_in_rows(&["half a line more!", "<bob> three"]);
        alice.types("/oper root secret");
        alice.shows("/oper •••• ••••••");
        alice.types(&format!("\x15{CTRL_D}"));
        bob.receives("QUIT");
        alice.ends_with(0);
        alice.look(|shown| {
            assert!(!shown.was_sent(b"\x1b"));
            assert!(!shown.was_sent(b"root"));
        });
    }
}

#[test]
fn a_line_that_is_not_complete_at_the_end_has_a_row_of_its_own() {
    let host = host_on(0);
    let start = Start::as_nick("alice", host.address());
    let mut alice = start
        .through_script("trap : INT; \"$0\" --plain \"$@\"; echo \"the prompt\"")
        .start();
    alice.shows("You are alice in #lobby");
    alice.types("half a line");
    alice.shows("half a line");
    alice.types(CTRL_C);
    alice.ends_in_rows(&["half a line", "the prompt"]);
}

#[test]
fn the_terminal_echoes_again_however_the_program_ends() {
    for [signal, again] in [
        [Signal::SIGTERM, Signal::SIGTERM],
        [Signal::SIGINT, Signal::SIGINT],
        [Signal::SIGTERM, Signal::SIGHUP],
    ] {
        let host = host_on(0);
        let address = host.address();
        let mut alice = PLAIN[0](Start::as_nick("alice", address)).start();
        alice.shows("You are alice in #lobby");
        alice.types("x");
        alice.shows("x");
        alice.signals(signal);
        alice.signals(again);
        alice.wait();
        alice.has_its_modes();
    }
}
