//! The program is stopped and continued from elsewhere, under a shell that controls jobs.

use nix::sys::signal::Signal;

use super::people::{Lines, host_on};
use super::tmux::{Tmux, is_installed};
use chatting_room::server::EmbeddedServer;

/// A server, bob in the lobby, and alice at a shell.
fn at_a_shell() -> Option<(EmbeddedServer, Lines, Tmux)> {
    if !is_installed() {
        return None;
    }
    let host = host_on(0);
    let bob = Lines::enter(host.address(), "bob");
    let mut alice = Tmux::start("exec bash --norc --noprofile -i", "", 100, 20);
    alice.types("PS1='$ '; set -b; clear\r");
    Some((host, bob, alice))
}

// A94.
#[test]
fn a_program_stopped_by_a_signal_gives_the_terminal_back_and_takes_it_again() {
    for signal in [Signal::SIGTSTP, Signal::SIGSTOP] {
        let Some((host, mut bob, mut alice)) = at_a_shell() else {
            return;
        };
        let program = Tmux::program(host.address());
        alice.types(&format!("sh -c 'echo $$ >pid; exec {program}'\r"));
        alice.shows("You are alice in #lobby");
        bob.receives(":alice!");
        alice.types("half a line");
        alice.shows("[#lobby] half a line");
        alice.signals_process_of("pid", signal);
        alice.shows("Stopped");
        bob.says("one");
        alice.types("echo it is $((6 * 7))\r");
        alice.shows("it is 42");
        alice.types("stty -a | grep -c ' echo '\r");
        alice.waits_until("the terminal echoes", |seen| {
            seen.lines.iter().any(|line| line == "1")
        });
        alice.types("fg\r");
        alice.waits_until("the draft below the message", |seen| {
            let expected = ["<bob> one".to_owned(), "[#lobby] half a line".to_owned()];
            seen.lines.ends_with(&expected)
        });
        bob.says("two");
        alice.shows("<bob> two");
        alice.types(" more\r");
        assert_eq!(bob.receives_from_alice(), "half a line more");
        let seen = alice.picture();
        let echoes = seen.lines.iter().filter(|line| line.contains("it is 42"));
        assert_eq!(echoes.count(), 1, "{:#?}", seen.lines);
        alice.types("/quit\r");
        bob.receives("QUIT");
        alice.types("echo over $((6 * 9))\r");
        alice.shows("over 54");
    }
}

// A94.
#[test]
fn a_program_started_in_the_background_waits_for_the_terminal() {
    let Some((host, mut bob, mut alice)) = at_a_shell() else {
        return;
    };
    alice.types(&format!("{} &\r", Tmux::program(host.address())));
    alice.shows("Stopped");
    alice.types("fg\r");
    alice.shows("You are alice in #lobby");
    bob.receives(":alice!");
    alice.types("half a line");
    bob.says("one");
    alice.waits_until("the draft below the message", |seen| {
        let expected = ["<bob> one".to_owned(), "[#lobby] half a line".to_owned()];
        seen.lines.ends_with(&expected)
    });
    alice.types("\r");
    assert_eq!(bob.receives_from_alice(), "half a line");
}
