//! Registered rooms on the real server: what of them is there after a restart, and the subcommand beside
//! the server and without it.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::path::Path;
use std::process::Command;

use common::accounts::{account, add, log_in};
use common::{Client, Server};
use nix::sys::signal::Signal;

fn start(folder: &Path) -> Server {
    Server::start(&["--no-limits", "--store", folder.to_str().unwrap()])
}

/// Status, output and error of `chatroomd room`, without the name of the folder.
fn room(folder: &Path, verb: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    let command = command.args(["room", verb]).arg(folder).args(arguments);
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let error = text(&output.stderr).replace(folder.to_str().unwrap(), "FOLDER");
    (output.status.code(), text(&output.stdout), error)
}

fn enter_as(server: &Server, name: &str) -> Client {
    let mut client = server.connect();
    log_in(&mut client, name, name, "sesame");
    client
}

/// Kills the server, so that nothing is written at its end, and starts it again.
fn restart(server: Server, folder: &Path) -> Server {
    server.signal(Signal::SIGKILL);
    drop(server);
    start(folder)
}

#[test]
fn a_registered_room_is_as_it_was_after_the_server_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = start(folder);
    for name in ["alice", "bob", "carol"] {
        add(folder, name, "sesame");
    }
    let mut alice = enter_as(&server, "alice");
    for line in [
        "JOIN #Dev",
        "JOIN #other",
        "TOPIC #dev :not yet registered",
        "CS REGISTER #dev",
        "CS ACCESS #dev ADD bob op",
        "CS ACCESS #dev ADD carol voice",
        "TOPIC #dev :plans",
        "MODE #dev +mlkb 7 key bad!*@*",
        "MODE #dev +eI a:dora *!*@10.*",
        "MODE #dev +b worse!*@*",
        "MODE #dev -t",
        "MODE #dev +jWR 5:10 30",
        "MODE #dev -b bad!*@*",
        "PRIVMSG #dev :before",
        "PRIVMSG #other :before",
    ] {
        alice.send(line);
        alice.fence();
    }
    let server = restart(server, folder);
    let mut guest = server.enter("guest");
    guest.send("MODE #dev");
    guest.expect(" 324 guest #Dev +RmnrkljW * 7 5:10 30");
    guest.send("TOPIC #dev");
    guest.expect(" 332 guest #Dev :plans");
    assert!(guest.expect(" 333 ").contains("alice!~alice@127.0.0.1"));
    guest.send("JOIN #dev");
    guest.expect(" 475 guest #dev ");
    guest.send("JOIN #other");
    guest.expect(" 353 guest = #other :@guest");
    let mut carol = enter_as(&server, "carol");
    carol.send("JOIN #dev key");
    carol.expect("MODE #Dev +v carol");
    let mut bob = enter_as(&server, "bob");
    bob.send("JOIN #dev");
    bob.expect("MODE #Dev +o bob");
    bob.send("MODE #dev b\r\nMODE #dev e\r\nMODE #dev I");
    bob.expect(" 367 bob #Dev worse!*@* alice!~alice@127.0.0.1 ");
    bob.expect(" 368 ");
    bob.expect(" 348 bob #Dev a:dora ");
    bob.expect(" 346 bob #Dev *!*@10.* ");
    // The messages since the room was created.
    bob.send("CAP REQ :batch draft/chathistory\r\nCHATHISTORY LATEST #dev * 10");
    bob.expect("PRIVMSG #dev :before");
    guest.send("CAP REQ :batch draft/chathistory\r\nCHATHISTORY LATEST #other * 10");
    assert!(!guest.fence().iter().any(|line| line.contains("before")));
    bob.send("MODE #dev -mlkRj key\r\nTOPIC #dev :\r\nCS ACCESS #dev");
    bob.expect("alice is the founder of #Dev.");
    bob.expect("bob op");
    bob.expect("carol voice");

    // It passes to an operator, and is no longer registered without one.
    assert!(
        account(folder, &["remove"], &["alice"], "")
            .status
            .success()
    );
    let listed = room(folder, "list", &[]).1;
    assert!(listed.starts_with("#Dev bob 20"), "{listed}");
    let server = restart(server, folder);
    let mut bob = enter_as(&server, "bob");
    bob.send("MODE #dev\r\nTOPIC #dev\r\nCS ACCESS #dev");
    bob.expect(" 324 bob #Dev +nrW 30");
    bob.expect(" 331 bob #Dev ");
    bob.expect("bob is the founder of #Dev.");
    bob.expect("carol voice");
    assert!(account(folder, &["remove"], &["bob"], "").status.success());
    bob.send("MODE #dev");
    bob.expect(" 403 bob #dev ");
    assert_eq!(room(folder, "list", &[]).1, "");
    let server = restart(server, folder);
    let mut carol = enter_as(&server, "carol");
    carol.send("JOIN #dev");
    carol.expect(" 353 carol = #dev :@carol");
    // Its messages were those of another room.
    carol.send("CAP REQ :batch draft/chathistory\r\nCHATHISTORY LATEST #dev * 10");
    assert!(!carol.fence().iter().any(|line| line.contains("before")));
}

#[test]
fn rooms_are_dropped_and_given_away_beside_the_server_and_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = start(folder);
    for name in ["alice", "bob"] {
        add(folder, name, "sesame");
    }
    let mut alice = enter_as(&server, "alice");
    for name in ["#a", "#b", "#c"] {
        alice.send(&format!("JOIN {name}\r\nCS REGISTER {name}"));
        alice.expect("you are its founder");
    }
    let works = || (Some(0), String::new(), String::new());
    let fails = |reason: &str| {
        let words = format!("chatroomd: Store FOLDER: {reason}.\n");
        (Some(65), String::new(), words)
    };
    let mut server = Some(server);
    for (name, is_running) in [("#a", true), ("#b", false)] {
        if !is_running {
            drop(server.take());
        }
        let unknown = fails("there is no such account");
        assert_eq!(room(folder, "founder", &[name, "carol"]), unknown);
        assert_eq!(room(folder, "founder", &[name, "bob"]), works());
        assert_eq!(room(folder, "drop", &[name]), works());
        assert_eq!(
            room(folder, "drop", &[name]),
            fails("the room is not registered")
        );
    }
    assert_eq!(room(folder, "founder", &["#C", "Bob"]), works());
    let listed = room(folder, "list", &[]).1;
    assert!(
        listed.starts_with("#c bob 20") && listed.ends_with("Z 0\n"),
        "{listed}"
    );
    assert_eq!(listed.lines().count(), 1);
    let server = start(folder);
    let mut alice = enter_as(&server, "alice");
    alice.send("CS LIST\r\nCS INFO #c");
    alice.expect("alice has a rank in 0 rooms.");
    alice.expect("Its founder is bob.");
    let refused = room(folder, "drop", &["no-room"]);
    assert_eq!(refused.0, Some(64), "{refused:?}");
    let missing = folder.join("missing");
    assert_eq!(room(&missing, "drop", &["#a"]).0, Some(73));
    assert!(!missing.exists());
}

#[test]
fn a_room_that_becomes_the_lobby_keeps_no_one_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = start(folder);
    add(folder, "alice", "sesame");
    let mut alice = enter_as(&server, "alice");
    alice.send("CS REGISTER #lobby");
    alice.expect("The lobby belongs to the operators of this server");
    alice.send("JOIN #dev\r\nCS REGISTER #dev");
    alice.expect("you are its founder");
    alice.send("MODE #dev +iklb key 1 *!*@*");
    alice.fence();
    drop(server);
    let store = folder.to_str().unwrap();
    let server = Server::start(&["--no-limits", "--lobby", "#dev", "--store", store]);
    let mut guest = server.connect();
    guest.send("NICK guest\r\nUSER guest 0 * :guest");
    guest.expect(" 353 guest = #dev :guest");
    // Operators there are those of the server.
    let mut alice = enter_as(&server, "alice");
    alice.send("CS OP #dev");
    alice.expect("The lobby belongs to the operators of this server");
}
