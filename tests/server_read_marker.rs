//! `MARKREAD` of the real server. <https://ircv3.net/specs/extensions/read-marker>

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::path::Path;

use nix::sys::signal::Signal;

use self::common::accounts::{account, add, log_in};
use self::common::{Client, Server};

const EARLY: &str = "timestamp=2019-01-04T14:33:26.123Z";
const LATE: &str = "timestamp=2020-01-04T14:33:26.123Z";

fn start(folder: &Path) -> Server {
    let text = "[store]\nfolder = \"kept\"\n[limits]\nread-markers = 3\n";
    Server::start_in(folder, text, &[])
}

/// A session of the account `alice`.
fn enter_as_alice(server: &Server, nick: &str) -> Client {
    let mut client = server.connect();
    client.send("CAP REQ draft/read-marker");
    log_in(&mut client, nick, "alice", "sesame");
    client.send("CAP REQ :batch labeled-response");
    client.expect(" ACK ");
    client
}

/// Asks for a marker, or sets it.
fn mark(client: &mut Client, request: &str) -> String {
    client.send(&format!("@label=m MARKREAD {request}"));
    let line = client.expect("label=m");
    let start = "@label=m :chatroomd.local ";
    line.strip_prefix(start).unwrap().to_owned()
}

#[test]
fn a_marker_is_that_of_the_account_and_only_moves_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path());
    let kept = folder.path().join("kept");
    add(&kept, "alice", "sesame");
    let mut one = enter_as_alice(&server, "alice");
    let mut other = enter_as_alice(&server, "alicia");
    let mut guest = server.enter("guest");
    guest.send("CAP REQ draft/read-marker");
    assert_eq!(mark(&mut one, "#Room"), "MARKREAD #Room *");
    let set = format!("MARKREAD #Room {LATE}");
    assert_eq!(mark(&mut one, &format!("#Room {LATE}")), set);
    assert!(other.expect(" MARKREAD ").ends_with(&set));
    // An earlier time changes nothing, and no one else hears of it.
    assert_eq!(mark(&mut one, &format!("#Room {EARLY}")), set);
    assert_eq!(mark(&mut other, "#room"), format!("MARKREAD #room {LATE}"));
    // A time to come is now.
    let future = mark(&mut one, "bob timestamp=2999-01-01T00:00:00.000Z");
    assert!(future.starts_with("MARKREAD bob timestamp=20"), "{future}");
    guest.send("MARKREAD #room");
    guest.expect(" MARKREAD #room *");
    let quiet = guest.fence().concat();
    assert!(!quiet.contains("MARKREAD"), "{quiet}");
    server.signal(Signal::SIGKILL);
    server.wait();
    server = start(folder.path());
    // With its JOIN, and before the end of the names.
    let mut one = enter_as_alice(&server, "alice");
    one.send("JOIN #room");
    one.expect(" JOIN #room");
    one.expect(&format!(" MARKREAD #room {LATE}"));
    one.expect(" 366 alice #room ");
    // Of four markers, the oldest gives way.
    for target in ["#a", "#b"] {
        mark(&mut one, &format!("{target} {EARLY}"));
    }
    assert_eq!(mark(&mut one, "#a"), "MARKREAD #a *");
    assert_eq!(mark(&mut one, "#b"), format!("MARKREAD #b {EARLY}"));
    // Another account of that name has none.
    for verb in ["remove", "add"] {
        let done = account(&kept, &[verb], &["alice"], "sesame\n");
        assert!(done.status.success(), "{done:?}");
    }
    one.send("QUIT");
    one.rest();
    for restarts in [false, true] {
        if restarts {
            server.signal(Signal::SIGKILL);
            server.wait();
            server = start(folder.path());
        }
        let mut one = enter_as_alice(&server, "alice");
        assert_eq!(mark(&mut one, "#room"), "MARKREAD #room *");
        one.send("QUIT");
        one.rest();
    }
}

#[test]
fn a_user_without_an_account_has_markers_until_the_connection_ends() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    for (set, answer) in [
        (format!("#x {LATE}"), format!("MARKREAD #x {LATE}")),
        (
            "#x *".to_owned(),
            "FAIL MARKREAD INVALID_PARAMS * :".to_owned(),
        ),
        (
            "#x timestamp=soon".to_owned(),
            "FAIL MARKREAD INVALID_PARAMS timestamp=soon :".to_owned(),
        ),
        (
            "a!b".to_owned(),
            "FAIL MARKREAD INVALID_PARAMS a!b :".to_owned(),
        ),
        (String::new(), "FAIL MARKREAD NEED_MORE_PARAMS :".to_owned()),
    ] {
        let mut guest = server.enter("guest");
        guest.send("CAP REQ :batch labeled-response");
        assert_eq!(mark(&mut guest, "#x"), "MARKREAD #x *");
        let line = mark(&mut guest, &set);
        assert!(line.starts_with(&answer), "{set}: {line}");
        guest.send("QUIT");
        guest.rest();
    }
    let server = Server::start(&[]);
    let mut guest = server.enter("guest");
    guest.send("MARKREAD #x\r\nHELP");
    guest.expect(" 421 guest MARKREAD ");
    assert!(!guest.fence().concat().contains("MARKREAD"));
}
