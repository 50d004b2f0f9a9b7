//! What is typed and not sent outlives the program.

use super::people::{Lines, host_on};
use super::screen::{CTRL_C, ENTER, Start};

#[test]
fn a_draft_that_was_kept_is_there_behind_the_question_for_another_nick() {
    let host = host_on(0);
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.is_in();
    alice.types("half a thought");
    alice.shows("half a thought");
    alice.signals(nix::sys::signal::Signal::SIGTERM);
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
