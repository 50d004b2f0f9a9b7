//! Two clients that others wrote, irssi and sic, in our room: they enter, talk, whisper and leave,
//! while somebody watches what comes over the wire.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod common;
mod support;

use std::process::Command;

use portable_pty::CommandBuilder;

use common::Server;
use support::terminal::Terminal;
use support::{Program, is_installed, say};

fn irssi(server: &Server, nick: &str, home: &tempfile::TempDir) -> Terminal {
    let mut command = CommandBuilder::new("irssi");
    command.env_clear();
    command.env("HOME", home.path());
    command.arg(format!("--home={}", home.path().display()));
    command.args(["-n", nick]);
    let mut irssi = Terminal::start(command);
    irssi.wait_for(&["[(status)]"]);
    // Unless told before it connects, it sends no more than a line in two seconds after the
    // first few.
    let port = server.address.port();
    irssi.type_keys("/set cmd_queue_speed 10msec\r");
    irssi.type_keys(&format!("/connect 127.0.0.1 {port}\r"));
    irssi
}

#[test]
fn irssi_enters_talks_whispers_and_leaves() {
    if !is_installed("irssi") {
        return;
    }
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut carol = server.enter("carol");
    let home = tempfile::tempdir().unwrap();
    let mut irina = irssi(&server, "irina", &home);
    bob.expect(":irina!");

    // The room is in its second window.
    irina.wait_for(&["[Act: 2"]);
    irina.type_keys("/window goto #lobby\r");
    irina.wait_for(&["has joined #lobby", "[Users #lobby]", "[#lobby]"]);
    say(&mut bob, "hello irina");
    irina.wait_for(&["< bob> hello irina"]);
    irina.type_keys("hello from irssi: é漢😀\r");
    let said = bob.expect(" PRIVMSG ");
    assert!(said.starts_with(":irina!"), "{said}");
    assert!(
        said.ends_with(" PRIVMSG #lobby :hello from irssi: é漢😀"),
        "{said}"
    );

    bob.send("PRIVMSG irina :psst");
    irina.wait_for(&["Act: ", "3"]);
    irina.type_keys("/window goto bob\r");
    irina.wait_for(&["<bob> psst", "[bob]"]);
    irina.type_keys("psst yourself\r");
    let whisper = bob.expect(" PRIVMSG ");
    assert!(
        whisper.ends_with(" PRIVMSG bob :psst yourself"),
        "{whisper}"
    );

    // What the server says is in its first window.
    irina.type_keys("/window 1\r/nick Carol\r");
    irina.wait_for(&["Nick Carol is already in use"]);
    irina.type_keys("/nick irma\r");
    bob.expect(" NICK ");
    irina.type_keys("/quit off home\r");
    let quit = bob.expect(" QUIT ");
    assert!(quit.starts_with(":irma!"), "{quit}");
    assert!(quit.contains("off home"), "{quit}");
    irina.wait_for_end();

    let heard = carol.fence();
    assert!(heard.iter().any(|line| line.ends_with(":hello irina")));
    assert!(!heard.iter().any(|line| line.contains("psst")), "{heard:?}");
    let nicks = heard.iter().filter(|line| line.contains(" NICK "));
    assert_eq!(nicks.count(), 1, "{heard:?}");
}

#[test]
fn irssi_takes_another_nick_when_its_own_is_taken() {
    if !is_installed("irssi") {
        return;
    }
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let home = tempfile::tempdir().unwrap();
    let mut irssi = irssi(&server, "BOB", &home);
    let joined = bob.expect(" JOIN ");
    assert!(joined.starts_with(":BOB_!"), "{joined}");
    irssi.type_keys("/quit\r");
    bob.expect(" QUIT ");
    irssi.wait_for_end();
}

fn sic(server: &Server, nick: &str) -> Program {
    let mut command = Command::new("sic");
    let port = server.address.port().to_string();
    command.args(["-h", "127.0.0.1", "-p", &port, "-n", nick]);
    Program::start(command)
}

#[test]
fn sic_enters_talks_whispers_and_leaves() {
    if !is_installed("sic") {
        return;
    }
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut carol = server.enter("carol");
    let mut sally = sic(&server, "sally");
    bob.expect(":sally!");
    sally.out.wait_for("End of NAMES list");

    say(&mut bob, "hello sally");
    sally.out.wait_for("<bob> hello sally");
    // It reads one line at a time, however many there are: each is waited for.
    sally.give(":m #lobby hello from sic\n");
    let said = bob.expect(" PRIVMSG ");
    assert!(said.starts_with(":sally!"), "{said}");
    assert!(said.ends_with(" PRIVMSG #lobby :hello from sic"), "{said}");

    bob.send("PRIVMSG sally :psst");
    sally.out.wait_for("<bob> psst");
    sally.give(":m bob psst yourself\n");
    let whisper = bob.expect(" PRIVMSG ");
    assert!(
        whisper.ends_with(" PRIVMSG bob :psst yourself"),
        "{whisper}"
    );

    // What is no command of its own goes to the server as it is.
    sally.give(":NICK Carol\n");
    sally.out.wait_for("433");
    sally.give(":QUIT :off home\n");
    let quit = bob.expect(" QUIT ");
    assert!(quit.starts_with(":sally!"), "{quit}");
    assert!(quit.contains("off home"), "{quit}");
    let out = sally.finish().out;
    assert!(out.contains("ERROR"), "{out}");

    let heard = carol.fence();
    assert!(!heard.iter().any(|line| line.contains("psst")), "{heard:?}");
    assert!(
        !heard.iter().any(|line| line.contains(" NICK ")),
        "{heard:?}"
    );
}

#[test]
fn sic_is_told_that_its_nick_is_taken_and_nobody_hears_of_it() {
    if !is_installed("sic") {
        return;
    }
    let server = Server::start(&[]);
    let mut bob = server.enter("bob");
    let mut sally = sic(&server, "Bob");
    sally.out.wait_for("433");
    say(&mut bob, "nobody else should hear this");
    assert_eq!(bob.fence(), [""; 0]);
    sally.end_input();
    let out = sally.finish().out;
    assert!(!out.contains("nobody else"), "{out}");
}
