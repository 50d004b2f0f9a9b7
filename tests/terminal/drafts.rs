//! What is typed and not sent outlives the program.

use nix::sys::signal::Signal;

use super::people::{Lines, host_on};
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
