//! A client that is suspended, has a full disk, or has a faulty connection.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::people::{Lines, Room, host_on, host_with};
use super::proxy::{Proxy, Trouble};
use super::screen::{CTRL_C, ENTER, Start};

#[test]
fn a_suspended_client_continues_where_it_was() {
    let mut room = Room::open();
    room.alice.types("half a li");
    room.alice.shows("half a li");
    room.alice.signals(Signal::SIGSTOP);
    for number in 1..=3 {
        room.bob.says(&format!("meanwhile {number}"));
    }
    room.bob.sends("PING :all-said");
    room.bob.receives("all-said");
    // The keys wait in the terminal.
    room.alice.types("ne");
    room.alice.signals(Signal::SIGCONT);
    let expected = [
        "<bob> meanwhile 1",
        "<bob> meanwhile 2",
        "<bob> meanwhile 3",
        "[#lobby] half a line",
    ];
    room.alice.settles(&expected, "[#lobby] half a line");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "half a line");
}

#[test]
fn a_client_suspended_for_too_long_reconnects_and_keeps_its_draft() {
    let host = host_with(0, |limits| {
        limits.ping_interval_seconds = 2;
        limits.ping_timeout_seconds = 3;
    });
    let mut bob = Lines::enter(host.address(), "bob");
    let mut alice = Start::as_nick("alice", host.address()).start();
    alice.is_in();
    alice.types("half a line");
    alice.shows("half a line");
    alice.signals(Signal::SIGSTOP);
    // The server waits for a limited time, and disconnects a client for no other reason.
    let quit = bob.stays_until(" QUIT ");
    assert!(quit.starts_with(":alice!"), "{quit}");
    assert!(quit.contains(" QUIT :Ping timeout: "), "{quit}");
    bob.says("where is she?");
    alice.signals(Signal::SIGCONT);
    bob.stays_until(":alice!~alice@127.0.0.1 JOIN");
    alice.shows("Connected again.");
    alice.settles_below("[#lobby] half a line");
    alice.types(ENTER);
    let said = bob.stays_until(" PRIVMSG #lobby :");
    assert!(said.ends_with(":half a line"), "{said}");
    alice.types("/quit\r");
    alice.ends_with(0);
}

#[test]
fn a_full_disk_is_reported_once_and_the_client_goes_on() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    // No file can grow.
    let start = Start::as_nick("alice", host.address()).configured("log = true\n");
    let mut alice = start
        .through_script("ulimit -f 0; exec \"$0\" \"$@\"")
        .start();
    alice.is_in();
    bob.receives(":alice!");
    bob.says("one");
    alice.waits_until("the log is of no use", |shown| {
        shown.has("Cannot write the log in ")
    });
    alice.types(&format!("two{ENTER}"));
    assert_eq!(bob.receives_from_alice(), "two");
    bob.says("three");
    alice.shows("<bob> three");
    alice.types("half a line");
    alice.settles_below("[#lobby] half a line");
    let lines = alice.lines();
    let report = lines
        .iter()
        .filter(|line| line.contains("Cannot write the log in"));
    assert_eq!(report.count(), 1, "{lines:#?}");
    alice.signals(Signal::SIGTERM);
    alice.ends_with(143);
    // The lines that could not be saved are missing, and everything else is there.
    let mut again = Start::as_nick("alice", host.address())
        .at_home_of(&alice)
        .start();
    again.is_in();
    again.settles_below("[#lobby] ");
    again.types("another");
    again.shows("another");
    again.signals(Signal::SIGTERM);
    again.ends_with(143);
    let mut last = Start::as_nick("alice", host.address())
        .at_home_of(&alice)
        .start();
    last.is_in();
    last.shows(" for #lobby: another  Ctrl-Y (or Alt-R) restores it");
    last.types("\x19");
    last.settles_below("[#lobby] another");
    last.types(CTRL_C);
    last.types("/quit\r");
    last.ends_with(0);
}

/// A89: bytes arrive singly, late, or after a stall, and then the connection breaks, now in one
/// direction and now in the other; each time the client reconnects on its own.
#[test]
fn messages_over_a_connection_that_breaks_repeatedly_arrive_once_and_in_order() {
    const BREAKS: usize = 3;
    const LINES: usize = 90;
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let trouble = |number: usize| {
        let pieces = |piece_bytes, stalls_after| Trouble {
            piece_bytes,
            stall: Some((stalls_after, Duration::from_millis(300))),
            cut: None,
        };
        let [mut there, mut back] = [pieces(1 + number * 9, 450), pieces(40, 2_000)];
        match number {
            BREAKS.. => {}
            _ if number.is_multiple_of(2) => there.cut = Some(900 + 7 * number),
            _ => back.cut = Some(3_000 + 7 * number),
        }
        [there, back]
    };
    let proxy = Proxy::start_with(host.address(), trouble);
    let mut alice = Start::as_nick("alice", proxy.address).start();
    alice.is_in();
    for number in 1..=LINES {
        alice.types(&format!("line {number}{ENTER}"));
    }
    alice.waits_until("it was back each time", |shown| {
        let lines = shown.lines();
        let back = lines.iter().filter(|line| *line == "Connected again.");
        back.count() == BREAKS
    });
    alice.types(&format!("the end{ENTER}"));
    let mut received: Vec<usize> = Vec::new();
    while let Some(number) = bob.receives_from_alice().strip_prefix("line ") {
        received.push(number.parse().unwrap());
    }
    assert!(
        received.is_sorted_by(|one, next| one < next),
        "{received:?}"
    );
    let shown = alice.lines();
    let is_in_doubt = |number: &usize| {
        let report = format!("<alice> line {number} (delivery not confirmed)");
        shown.contains(&report)
    };
    let lost: Vec<usize> = (1..=LINES)
        .filter(|number| !received.contains(number) && !is_in_doubt(number))
        .collect();
    // Only the few lines in transit at the break can be unconfirmed.
    assert!(received.len() >= LINES - 10 * BREAKS, "{received:?}");
    assert_eq!(lost, [0; 0], "received {received:?} of {shown:#?}");
    alice.types("/quit\r");
    alice.ends_with(0);
}
