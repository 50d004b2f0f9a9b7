//! `REDACT` of the real server. <https://ircv3.net/specs/extensions/message-redaction>

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;

use self::common::accounts::{add, log_in};
use self::common::{Client, Server};

const EVERYTHING: &str = "draft/message-redaction draft/chathistory batch labeled-response \
                          echo-message message-tags server-time";

fn start(folder: &Path, limits: &str) -> Server {
    let text = format!("[store]\nfolder = \"kept\"\nrooms = \"all\"\n[limits]\n{limits}\n");
    Server::start_in(folder, &text, &[])
}

fn enter(server: &Server, nick: &str) -> Client {
    server.enter_with(nick, EVERYTHING)
}

/// Says something, and returns its id.
fn say(client: &mut Client, target: &str, text: &str) -> String {
    client.send(&format!("PRIVMSG {target} :{text}"));
    let line = client.expect(&format!(" PRIVMSG {target} :{text}"));
    let id = line.split("msgid=").nth(1).unwrap();
    id.split([';', ' ']).next().unwrap().to_owned()
}

/// The texts of the stored messages.
fn history(client: &mut Client, request: &str) -> Vec<String> {
    client.send(&format!("CHATHISTORY {request}"));
    client.expect(" BATCH +history");
    let mut texts = Vec::new();
    loop {
        let line = client.line();
        if line.contains(" BATCH -history") {
            return texts;
        }
        texts.push(line.rsplit(':').next().unwrap().to_owned());
    }
}

#[test]
fn authors_and_operators_of_the_room_delete_messages_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), "");
    let (mut alice, mut bob) = (enter(&server, "alice"), enter(&server, "bob"));
    let mut plain = server.enter("plain");
    for client in [&mut alice, &mut bob, &mut plain] {
        client.send("JOIN #x");
        client.expect(" 366 ");
    }
    let first = say(&mut alice, "#x", "first");
    let second = say(&mut bob, "#x", "second");
    let third = say(&mut bob, "#x", "third");
    say(&mut bob, "#x", "fourth");
    bob.send(&format!("@label=1 REDACT #x {first} :not mine"));
    let line = bob.expect("label=1");
    assert!(
        line.contains(&format!(" FAIL REDACT REDACT_FORBIDDEN #x {first} :")),
        "{line}"
    );
    bob.send(&format!("@label=2 REDACT #X {second} :a slip"));
    let line = bob.expect("label=2");
    let deleted = format!(":bob!~bob@127.0.0.1 REDACT #x {second} :a slip");
    assert!(line.ends_with(&deleted), "{line}");
    assert!(alice.expect(" REDACT ").ends_with(&deleted));
    alice.send(&format!("REDACT #x {third}"));
    let deleted = format!(":alice!~alice@127.0.0.1 REDACT #x {third}");
    assert!(bob.expect(" REDACT ").ends_with(&deleted));
    // Clients that do not know deletions do not get them.
    let lines = plain.fence().concat();
    assert!(
        lines.contains("fourth") && !lines.contains("REDACT"),
        "{lines}"
    );
    for restarts in [false, true] {
        if restarts {
            server.signal(Signal::SIGKILL);
            server.wait();
            server = start(folder.path(), "");
            alice = enter(&server, "alice");
            alice.send("JOIN #x");
        } else {
            assert_eq!(history(&mut alice, "LATEST #x * 9"), ["first", "fourth"]);
            // Its id is a place all the same.
            let after = format!("AFTER #x msgid={second} 9");
            assert_eq!(history(&mut alice, &after), ["fourth"]);
        }
        alice.send(&format!("REDACT #x {second}"));
        alice.expect(&format!(" FAIL REDACT UNKNOWN_MSGID #x {second} :"));
    }
    let mut export = Command::new(env!("CARGO_BIN_EXE_chatroomd"));
    let export = export.args(["history", "export"]);
    let export = export.arg(folder.path().join("kept")).output().unwrap();
    let text = String::from_utf8(export.stdout).unwrap();
    assert!(
        text.contains("fourth") && !text.contains("second"),
        "{text}"
    );
}

#[test]
fn a_message_that_is_unknown_elsewhere_or_too_old_is_not_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "redact-seconds = 0");
    let (mut alice, mut bob) = (enter(&server, "alice"), enter(&server, "bob"));
    let id = say(&mut alice, "#lobby", "hello");
    bob.send("JOIN #bob");
    let elsewhere = say(&mut bob, "#bob", "hello");
    server.until("the next millisecond", |server| {
        let mut clock = server.connect();
        clock.send("CAP REQ server-time\r\nPING x");
        let line = clock.expect(" PONG ");
        let millisecond = line.split(' ').next().unwrap().to_owned();
        clock.send("PING x");
        clock.expect(" PONG ").split(' ').next() != Some(&millisecond)
    });
    for (request, answer) in [
        (
            format!("#lobby {id}"),
            format!("REDACT_WINDOW_EXPIRED #lobby {id} 0"),
        ),
        (
            format!("#bob {elsewhere}"),
            "INVALID_TARGET #bob".to_owned(),
        ),
        ("#none 7".to_owned(), "INVALID_TARGET #none".to_owned()),
        (format!("bob {id}"), "INVALID_TARGET bob".to_owned()),
        (
            format!("#lobby {elsewhere}"),
            format!("UNKNOWN_MSGID #lobby {elsewhere}"),
        ),
        ("#lobby 7".to_owned(), "UNKNOWN_MSGID #lobby 7".to_owned()),
    ] {
        alice.send(&format!("@label=l REDACT {request} :why"));
        let line = alice.expect("label=l");
        assert!(
            line.contains(&format!(" FAIL REDACT {answer} :")),
            "{request}: {line}"
        );
    }
    alice.send("REDACT #lobby");
    alice.expect(" 461 alice REDACT ");
    assert_eq!(history(&mut alice, "LATEST #lobby * 9"), ["hello"]);
    // An operator of the room has no such limit.
    bob.send(&format!("REDACT #bob {elsewhere}"));
    bob.expect(" REDACT #bob ");
    drop(server);
    // Another user of the nick did not write what was written before.
    let server = start(folder.path(), "");
    let mut alice = enter(&server, "alice");
    alice.send(&format!("REDACT #lobby {id}"));
    alice.expect(&format!(" FAIL REDACT REDACT_FORBIDDEN #lobby {id} :"));
    // Without a store there is nothing to delete.
    let server = Server::start(&[]);
    let mut alice = server.enter("alice");
    alice.send(&format!("REDACT #lobby {id}"));
    alice.expect(" 421 alice REDACT ");
}

#[test]
fn a_whisper_is_deleted_for_both() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    let kept = folder.path().join("kept");
    let mut clients = ["alice", "bob"].map(|name| {
        add(&kept, name, "sesame");
        let mut client = server.connect();
        log_in(&mut client, name, name, "sesame");
        client.send(&format!("CAP REQ :{EVERYTHING}"));
        client.expect(" ACK ");
        client
    });
    let [alice, bob] = &mut clients;
    let id = say(alice, "bob", "a secret");
    bob.send(&format!("REDACT alice {id}"));
    bob.expect(&format!(" FAIL REDACT REDACT_FORBIDDEN alice {id} :"));
    // The account counts, not the nick.
    alice.send(&format!("NICK alicia\r\nREDACT bob {id}"));
    for client in [&mut *alice, &mut *bob] {
        let line = client.expect(" REDACT ");
        assert!(
            line.ends_with(&format!(":alicia!~alice@127.0.0.1 REDACT bob {id}")),
            "{line}"
        );
    }
    assert!(history(bob, "LATEST alice * 9").is_empty());
    let checked = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["store", "check"])
        .arg(&kept)
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
}
