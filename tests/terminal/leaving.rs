//! The ways to quit, and a server that disconnects.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::people::{Killable, Lines, Room, Scripted, host_on};
use super::screen::{CTRL_C, CTRL_D, CTRL_R, CTRL_Y, ENTER, Start, Terminal};

#[test]
fn ctrl_c_clears_the_line_and_says_how_to_leave() {
    let mut room = Room::open();
    room.alice.types("never mind");
    room.alice.shows("never mind");
    room.alice.types(CTRL_C);
    room.bob.says("one");
    room.alice.shows("<bob> one");
    room.alice.types(CTRL_C);
    room.alice.shows("To leave, press Ctrl-D or type /quit.");
    room.alice.types("hello");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "hello");
    room.bob.says("two");
    room.alice.shows("<bob> two");
    let lines = room.alice.lines();
    assert_eq!(
        lines.iter().filter(|line| line.contains("<bob>")).count(),
        2
    );
    room.alice.waits_until("an empty line in the end", |shown| {
        shown.lines().last().is_some_and(|line| line == "[#lobby]") && shown.cursor().1 == 9
    });
}

#[test]
fn ctrl_d_on_an_empty_line_leaves_and_deletes_in_one_that_is_not() {
    let mut room = Room::open();
    room.alice.types("hxello\x01\x1b[C");
    room.alice.types(CTRL_D);
    room.alice.settles(&["[#lobby] hello"], "[#lobby] h");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "hello");
    room.alice.types(CTRL_D);
    room.bob.receives(":alice!");
    room.alice.ends_with(0);
}

#[test]
fn quit_leaves_with_its_reason() {
    let mut room = Room::open();
    room.bob.says("bye");
    room.alice.types("/quit time for tea\r");
    assert!(room.bob.receives(" QUIT ").contains("time for tea"));
    room.alice.ends_with(0);
    let lines = room.alice.lines();
    assert_eq!(
        lines.iter().filter(|line| *line == "<bob> bye").count(),
        1,
        "{lines:?}"
    );
}

#[test]
fn a_signal_ends_the_program_cleanly_in_every_state() {
    let cases = [
        (Signal::SIGTERM, 143, "terminated", ""),
        (Signal::SIGTERM, 143, "terminated", "half a line"),
        (Signal::SIGTERM, 143, "terminated", CTRL_R),
        (Signal::SIGHUP, 129, "hung up", "half a line"),
        (Signal::SIGHUP, 129, "hung up", "\x1b[200~half a paste"),
    ];
    for (signal, status, reason, keys) in cases {
        let mut room = Room::open();
        room.alice.types(keys);
        room.bob.says("one");
        room.bob.sends("PING :all-said");
        room.bob.receives("all-said");
        room.alice.signals(signal);
        let quit = room.bob.receives(" QUIT ");
        assert!(
            quit.starts_with(":alice!") && quit.contains(reason),
            "{quit}"
        );
        room.alice.ends_with(status);
    }
}

#[test]
fn a_closed_window_ends_the_program_cleanly_and_saves_the_draft() {
    let server = host_on(0);
    let mut bob = Lines::enter(server.address(), "bob");
    for round in 0..6 {
        // Without it, the library that opens the terminal would press Ctrl-D before it closes.
        let start = Start::as_nick("alice", server.address())
            .through_script("stty eof undef; exec \"$0\" \"$@\"");
        let mut alice = start.start();
        alice.is_in();
        alice.types("half a line");
        alice.shows("half a line");
        alice.vanishes();
        let quit = bob.receives(" QUIT ");
        assert!(quit.starts_with(":alice!"), "{quit}");
        let ended = alice.wait();
        assert_eq!(ended.signal(), None, "round {round}");
        assert!(
            [0, 129].contains(&ended.exit_code()),
            "round {round}: {ended}"
        );
        let start = Start::as_nick("alice", server.address()).at_home_of(&alice);
        let mut again = start.start();
        again.is_in();
        again.shows(" for #lobby: half a line");
        again.types(CTRL_Y);
        again.shows("[#lobby] half a line");
        again.types(CTRL_C);
        again.types("/quit\r");
        bob.receives(" QUIT ");
        again.ends_with(0);
    }
}

#[test]
fn a_second_hangup_changes_nothing() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.signals(Signal::SIGHUP);
    lines.receives("QUIT :hung up");
    alice.signals(Signal::SIGHUP);
    alice.signals(Signal::SIGHUP);
    lines.hangs_up();
    alice.ends_with(129);
}

#[test]
fn a_connection_lost_before_registration_is_an_error() {
    let server = Scripted::listen();
    let mut alice = Start::as_nick("alice", server.address()).start();
    let mut lines = server.accepts();
    lines.receives("NICK ");
    lines.sends("ERROR :closing for today");
    drop(lines);
    alice.ends_with(69);
    let said = alice.lines();
    let expected = "chatroom: The connection is lost: closing for today.";
    assert_eq!(said, [expected]);
}

#[test]
fn a_lost_connection_keeps_the_draft_and_is_restored() {
    let (server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    lines.bob_says("one");
    alice.shows("<bob> one");
    alice.types("first\r");
    assert_eq!(lines.takes_from_alice(), "first");
    lines.answers_a_question();
    alice.types("second\r");
    assert_eq!(lines.takes_from_alice(), "second");
    alice.types("half a li");
    alice.shows("<bob> one");
    alice.shows("half a li");
    // Whether the server accepted the second one is unknown.
    drop(lines);
    let gone = "Connection lost: the server closed the connection. Trying again in 1 s.";
    alice.shows(gone);
    alice.types("ne");
    let waits = "Not connected. Your messages are sent when the server is back.";
    alice.types(ENTER);
    alice.shows(waits);
    alice.types("@bob two\r");
    alice.shows("2 lines are waiting.");
    alice.types("three\r");
    alice.shows("3 lines are waiting.");
    alice.types("a new draft\x1b[D\x1b[D");
    let mut lines = server.accepts();
    lines.lets_alice_in();
    lines.receives("PRIVMSG #lobby :half a line");
    lines.receives("PRIVMSG bob :two");
    assert_eq!(lines.takes_from_alice(), "three");
    lines.bob_says("back");
    let expected = [
        "<bob> one",
        "[#lobby] first",
        "[#lobby] second",
        gone,
        "<alice> second (delivery not confirmed)",
        "(offline) [#lobby] half a line",
        waits,
        "(offline) [#lobby] @bob two",
        "2 lines are waiting.",
        "(offline) [#lobby] three",
        "3 lines are waiting.",
        "Connected again.",
        "You are alice in #lobby, with bob.",
        "Sending the 3 lines that waited.",
        "<bob> back",
        "[#lobby] a new draft",
    ];
    alice.settles(&expected, "[#lobby] a new dra");
    alice.types("\x05!\r");
    assert_eq!(lines.takes_from_alice(), "a new draft!");
}

#[test]
fn the_client_reconnects_after_a_restart_of_the_server() {
    let mut room = Room::open();
    room.alice.types("half a line");
    room.alice.shows("half a line");
    let port = room.address().port();
    room.host.take().unwrap().stop();
    room.alice.shows("Connection lost");
    room.host = Some(host_on(port));
    room.bob = Lines::enter(room.address(), "bob");
    room.alice.shows("Connected again.");
    room.bob.says("welcome back");
    room.alice.shows("<bob> welcome back");
    room.alice.waits_until("the draft below", |shown| {
        let lines = shown.lines();
        let drafts = lines.iter().filter(|line| line.starts_with("[#lobby]"));
        drafts.eq(["[#lobby] half a line"]) && shown.cursor().1 == 20
    });
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "half a line");
    room.alice.types("/quit\r");
    room.bob.receives(" QUIT ");
    room.alice.ends_with(0);
}

#[test]
fn the_client_quits_also_without_a_connection() {
    for keys in [CTRL_D, "/quit\r"] {
        let (_server, mut alice, lines) = Scripted::with_alice(|start| start);
        drop(lines);
        alice.shows("Connection lost");
        alice.types(keys);
        alice.ends_with(0);
    }
}

#[test]
fn a_ping_is_answered_at_once_while_a_search_is_open() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("alpha\r");
    assert_eq!(lines.takes_from_alice(), "alpha");
    alice.types(CTRL_R);
    alice.types("lph");
    alice.waits_until("the search is open", |shown| shown.has("(search: lph)"));
    answers_pings(&mut lines);
    alice.types("\x07");
    lines.bob_says("end");
    let mut expected = vec!["[#lobby] alpha".to_owned()];
    expected.extend(flood());
    expected.extend(["<bob> end".to_owned(), "[#lobby]".to_owned()]);
    settles(&alice, &expected);
}

#[test]
fn a_ping_is_answered_at_once_while_the_terminal_is_not_read() {
    let (_server, alice, mut lines) = Scripted::with_alice(|start| start);
    alice.stops_reading();
    answers_pings(&mut lines);
    alice.reads_again();
    lines.bob_says("end");
    let mut expected = flood();
    expected.extend(["<bob> end".to_owned(), "[#lobby]".to_owned()]);
    settles(&alice, &expected);
}

/// Several pings after many messages. On a busy machine the answer to one of them may be late.
fn answers_pings(lines: &mut Lines) {
    let mut fastest = Duration::MAX;
    for part in flood().chunks(400) {
        for message in part {
            lines.bob_says(message.trim_start_matches("<bob> "));
        }
        lines.sends("PING :before");
        lines.receives("PONG");
        let sent = Instant::now();
        lines.sends("PING :are-you-there");
        lines.receives("are-you-there");
        fastest = fastest.min(sent.elapsed());
    }
    assert!(fastest < Duration::from_millis(100), "it took {fastest:?}");
}

/// More than the buffers of a terminal that is not read.
fn flood() -> Vec<String> {
    let text = "x".repeat(60);
    (0..4000).map(|n| format!("<bob> {n} {text}")).collect()
}

fn settles(alice: &Terminal, expected: &[String]) {
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    alice.settles(&expected, "[#lobby] ");
}

#[test]
fn a_signal_while_another_nick_is_asked_for_ends_the_program() {
    let host = host_on(0);
    let _bob = Lines::enter(host.address(), "bob");
    let mut another = Start::as_nick("bob", host.address()).start();
    another.shows("Choose another [bob_]: ");
    another.types("half");
    another.shows("half");
    another.signals(Signal::SIGTERM);
    another.ends_with(143);
}

#[test]
fn ctrl_c_and_signals_end_the_program_before_registration() {
    for (signal, status) in [(None, 0), (Some(Signal::SIGTERM), 143)] {
        let server = Scripted::listen();
        let mut alice = Start::as_nick("alice", server.address()).start();
        let mut lines = server.accepts();
        lines.receives("NICK ");
        match signal {
            Some(signal) => alice.signals(signal),
            None => alice.types(CTRL_C),
        }
        lines.receives("QUIT");
        drop(lines);
        alice.ends_with(status);
    }
}

#[test]
fn a_network_that_cannot_be_added_changes_nothing() {
    let host = host_on(0);
    let other = host_on(0);
    let address = other.address().to_string();
    let configuration = format!(
        "[servers.closed]\naddress = \"{address}\"\npassword-command = \"exit 3\"\n\
        [servers.open]\naddress = \"{address}\"\n"
    );
    let mut alice = Start::with(&[&host.address().to_string()])
        .configured(configuration.leak())
        .start();
    alice.shows("Nick [dora]: ");
    alice.types("alice\r");
    alice.shows("You are alice in #lobby");
    alice.types("/connect closed\r");
    alice.shows("failed (exit status: 3)");
    alice.waits_until("the prompt of before", |shown| {
        shown.lines().last().is_some_and(|line| line == "[#lobby]")
    });
    // The nick is not asked for again.
    alice.types("/connect open\r");
    alice.shows("open: You are alice in #lobby");
    alice.waits_until("the other network", |shown| {
        let lines = shown.lines();
        lines.last().is_some_and(|line| line == "[open/#lobby]")
    });
    alice.types("/quit\r");
    alice.ends_with(0);
}

#[test]
fn the_program_ends_when_its_output_cannot_be_written() {
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    for (script, status) in [
        ("\"$0\" \"$@\" | :", 0),
        ("exec \"$0\" \"$@\" >/dev/full", 74),
        ("exec \"$0\" --plain \"$@\" >/dev/full", 74),
    ] {
        let start = Start::as_nick("alice", host.address()).through_script(script);
        let mut alice = start.start();
        bob.receives(":alice!");
        bob.says("one");
        bob.says("two");
        bob.receives(" QUIT ");
        alice.ends_with(status);
    }
}

#[test]
fn a_signal_at_a_question_leaves_the_terminal_as_it_was() {
    let mut dora = Start::with(&[]).start();
    dora.shows("Server [127.0.0.1:6667]: ");
    dora.types("some");
    dora.shows("some");
    dora.signals(Signal::SIGTERM);
    dora.ends_with(143);
}

#[test]
fn a_panic_of_either_thread_leaves_the_terminal_as_it_was() {
    for thread in ["network", "editor"] {
        let (_server, mut alice, mut lines) =
            Scripted::with_alice(|start| start.variable("CHATROOM_TEST_PANIC", thread));
        lines.bob_says("one");
        alice.shows("<bob> one");
        alice.types("panic\r");
        if thread == "editor" {
            lines.receives("QUIT :this client failed");
            lines.hangs_up();
        }
        alice.shows(&format!("a test requested a panic in the {thread}"));
        alice.ends_with(70);
    }
}

#[test]
fn a_draft_survives_a_panic_of_either_thread() {
    for thread in ["network with a draft", "editor with a draft"] {
        let (server, mut alice, mut lines) =
            Scripted::with_alice(|start| start.variable("CHATROOM_TEST_PANIC", thread));
        lines.bob_says("one");
        alice.shows("<bob> one");
        alice.types("panic");
        if thread == "editor with a draft" {
            lines.receives("QUIT :this client failed");
            lines.hangs_up();
        }
        alice.shows(&format!("a test requested a panic in the {thread}"));
        alice.ends_with(70);
        let start = Start::as_nick("alice", server.address()).at_home_of(&alice);
        let mut again = start.start();
        let mut lines = server.accepts();
        lines.lets_alice_in();
        again.shows(" for #lobby: panic  Ctrl-Y");
        again.types(CTRL_Y);
        again.settles_below("[#lobby] panic");
        again.types(ENTER);
        assert_eq!(lines.takes_from_alice(), "panic");
    }
}

#[test]
fn a_draft_survives_a_killed_server() {
    let server = Killable::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let address = server.address;
    let mut alice = Start::as_nick("alice", address).start();
    alice.is_in();
    let draft = "half a thought that goes on in the next row, since it is longer than one row is";
    let line = format!("[#lobby] {draft}");
    alice.types(draft);
    alice.settles(&[&line], &line);
    server.kill();
    alice.shows("Connection lost");
    alice.settles_below(&format!("(offline) {line}"));
    alice.signals(Signal::SIGTERM);
    alice.ends_with(143);
    let _server = Killable::start_at(address);
    let mut again = Start::as_nick("alice", address).at_home_of(&alice).start();
    again.is_in();
    again.shows(" for #lobby: half a thought");
    again.types(CTRL_Y);
    again.settles_below(&line);
}

#[test]
fn a_reconnect_without_an_answer_delays_no_key() {
    let (server, mut alice, lines) = Scripted::with_alice(|start| start);
    // A full queue of the system answers no connection.
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&server.address(), Duration::from_millis(200))
    {
        queued.push(stream);
    }
    drop(lines);
    alice.shows("Connection lost");
    // It tries again within two seconds, and then for ten.
    let deadline = Instant::now() + Duration::from_secs(3);
    let mut slowest = Duration::ZERO;
    let mut number = 0;
    while Instant::now() < deadline {
        number += 1;
        let pressed = Instant::now();
        alice.types(&format!("/help who{ENTER}"));
        alice.waits_until("the answer", |shown| {
            let lines = shown.lines();
            let answers = lines.iter().filter(|line| line.starts_with("/who "));
            answers.count() == number
        });
        slowest = slowest.max(pressed.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "it took {slowest:?}");
    alice.types("/quit\r");
    alice.ends_with(0);
}
