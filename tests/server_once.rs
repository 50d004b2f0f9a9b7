//! Messages with an id of their client, on the real server with a store: one that is sent again is
//! answered again and relayed once, after a restart and after `kill -9` too.

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::path::Path;

use nix::sys::signal::Signal;

use self::common::accounts::{add, log_in};
use self::common::store::exported_texts;
use self::common::{Client, Server};

const CAPABILITIES: &str = "chatroom.example/once message-tags server-time echo-message \
                            labeled-response batch draft/chathistory draft/message-redaction";

fn start(folder: &Path, limits: &str) -> Server {
    let text = format!("[store]\nfolder = \"kept\"\n[limits]\nenabled = false\n{limits}\n");
    Server::start_in(folder, &text, &[])
}

fn enter(server: &Server, nick: &str) -> Client {
    server.enter_with(nick, CAPABILITIES)
}

/// Sends a message with an id, and returns the answer to its label without the label.
fn say(client: &mut Client, label: &str, once: &str, message: &str) -> String {
    client.send(&format!(
        "@label={label};chatroom.example/once={once} {message}"
    ));
    let answer = client.expect(&format!("label={label}"));
    answer.replace(&format!("label={label};"), "")
}

const ID: &str = "0123456789abcdef";

#[test]
fn a_message_that_is_sent_again_has_the_answer_of_the_first_time_and_is_relayed_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), "");
    let mut alice = enter(&server, "alice");
    alice.send("JOIN #elsewhere");
    // A room that is stored, one that is not, and a whisper of guests, which is not either.
    let messages = [
        ("0", "PRIVMSG #lobby :hello"),
        ("1", "NOTICE #elsewhere :there"),
        ("2", "PRIVMSG bob :psst"),
    ];
    let mut answers: Vec<String> = Vec::new();
    for round in 0..3 {
        let mut bob = server.enter("bob");
        bob.send("JOIN #elsewhere");
        bob.fence();
        for (number, message) in messages {
            let id = format!("{ID}{number}");
            let first_sent = if round == 0 { "" } else { ",32503680000000" };
            let answer = say(
                &mut alice,
                &format!("{round}{number}"),
                &format!("{id}{first_sent}"),
                message,
            );
            assert!(
                answer.contains(&format!("chatroom.example/once={id};")),
                "{answer}"
            );
            assert!(answer.contains(message), "{answer}");
            match answers.iter().find(|before| before.contains(message)) {
                Some(before) => assert_eq!(&answer, before),
                None => answers.push(answer),
            }
        }
        // Its own lines are no longer in flight, so it has got what there is.
        alice.fence();
        let relayed = bob.fence();
        let relayed = relayed
            .iter()
            .filter(|line| !line.contains("JOIN") && !line.contains(" 3"));
        assert_eq!(relayed.count(), if round == 0 { 3 } else { 0 });
        assert!(relayed_without_ids(&mut bob));
        if round < 2 {
            server.signal([Signal::SIGKILL, Signal::SIGTERM][round]);
            server.wait();
            server = start(folder.path(), "");
            alice = enter(&server, "alice");
        }
    }
    assert_eq!(exported_texts(&folder.path().join("kept")), ["hello"]);
}

/// Others never see the id.
fn relayed_without_ids(client: &mut Client) -> bool {
    client.fence().iter().all(|line| !line.contains("once="))
}

#[test]
fn an_id_that_is_not_valid_reused_or_forgotten_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    let mut alice = enter(&server, "alice");
    say(&mut alice, "1", ID, "PRIVMSG #lobby :hello");
    for (once, message, refused) in [
        (
            "short",
            "PRIVMSG #lobby :x",
            "PRIVMSG ONCE_INVALID #lobby :",
        ),
        (
            "0123456789abcde/",
            "NOTICE #lobby :x",
            "NOTICE ONCE_INVALID #lobby :",
        ),
        (
            "0123456789abcdex,",
            "PRIVMSG #lobby :x",
            "PRIVMSG ONCE_INVALID #lobby :",
        ),
        (
            "0123456789abcdex",
            "PRIVMSG #lobby,alice :x",
            "PRIVMSG ONCE_INVALID #lobby,alice :",
        ),
        (
            ID,
            "PRIVMSG #lobby :another",
            "PRIVMSG ONCE_REUSED #lobby :",
        ),
        (ID, "NOTICE #lobby :hello", "NOTICE ONCE_REUSED #lobby :"),
        (ID, "PRIVMSG alice :hello", "PRIVMSG ONCE_REUSED alice :"),
        // A time long ago, an unknown one, and one that is still to come.
        (
            "0123456789abcdex,1000",
            "PRIVMSG #lobby :x",
            "PRIVMSG ONCE_EXPIRED #lobby :",
        ),
        (
            "0123456789abcdex,0",
            "NOTICE #lobby :x",
            "NOTICE ONCE_EXPIRED #lobby :",
        ),
        (
            "0123456789abcdex,32503680000000",
            "PRIVMSG #lobby :x",
            "PRIVMSG ONCE_EXPIRED #lobby :",
        ),
        // A refused message has no id.
        ("0123456789abcdey", "PRIVMSG #none :x", "403 alice #none :"),
        ("0123456789abcdey", "PRIVMSG #none :x", "403 alice #none :"),
    ] {
        let answer = say(&mut alice, "l", once, message);
        assert!(answer.contains(refused), "{answer}");
    }
    // Services answer each time, and it has no meaning on a message without text.
    for label in ["a", "b"] {
        let answer = say(&mut alice, label, ID, "PRIVMSG NickServ :HELP");
        assert!(answer.contains("BATCH"), "{answer}");
        let answer = say(&mut alice, label, "short", "TAGMSG #lobby");
        assert!(answer.contains(" TAGMSG #lobby"), "{answer}");
    }
    drop(server);
    assert_eq!(exported_texts(&folder.path().join("kept")), ["hello"]);
}

#[test]
fn without_echoes_a_repeated_message_is_acknowledged_by_its_label() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "");
    let mut alice = server.enter("alice");
    alice.send("CAP REQ :chatroom.example/once message-tags labeled-response batch");
    alice.expect(" ACK ");
    for label in ["1", "2"] {
        let answer = say(&mut alice, label, ID, "PRIVMSG #lobby :hello");
        assert!(answer.ends_with(" ACK"), "{answer}");
    }
    // Without the capability the tag is ignored.
    let mut bob = server.enter("bob");
    bob.send("CAP REQ :message-tags echo-message");
    bob.expect(" ACK ");
    for _ in 0..2 {
        bob.send(&format!(
            "@chatroom.example/once={ID} PRIVMSG #lobby :of bob"
        ));
        let echo = bob.expect("of bob");
        assert!(!echo.contains("once="), "{echo}");
    }
    drop(server);
    let texts = exported_texts(&folder.path().join("kept"));
    assert_eq!(texts, ["hello", "of bob", "of bob"]);
}

#[test]
fn the_author_sees_its_ids_in_the_history_and_a_deleted_message_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path(), "");
    add(&folder.path().join("kept"), "alice", "a long password");
    for round in 0..2 {
        let mut alice = server.connect();
        log_in(&mut alice, "alice", "alice", "a long password");
        alice.send(&format!("CAP REQ :{CAPABILITIES}"));
        alice.expect(" ACK ");
        let mut bob = enter(&server, "bob");
        let answer = say(&mut alice, "1", ID, "PRIVMSG #lobby :hello");
        let msgid = answer.split("msgid=").nth(1).unwrap();
        let msgid = msgid.split([';', ' ']).next().unwrap().to_owned();
        if round == 0 {
            for (client, sees) in [(&mut alice, true), (&mut bob, false)] {
                client.send("CHATHISTORY LATEST #lobby * 10");
                client.expect("BATCH +history");
                let line = client.expect("hello");
                assert_eq!(line.contains(&format!("once={ID}")), sees, "{line}");
            }
            alice.send(&format!("REDACT #lobby {msgid}"));
            alice.expect(" REDACT ");
        } else {
            alice.send(&format!("REDACT #lobby {msgid}"));
            alice.expect("UNKNOWN_MSGID");
        }
        server.signal(Signal::SIGKILL);
        server.wait();
        server = start(folder.path(), "");
    }
    drop(server);
    let texts = exported_texts(&folder.path().join("kept"));
    assert_eq!(texts, Vec::<String>::new());
}

#[test]
fn ids_that_are_displaced_are_not_taken_for_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "once-ids-per-user = 1000");
    let mut alice = enter(&server, "alice");
    say(&mut alice, "f", ID, "PRIVMSG #lobby :first");
    for number in 0..1_000 {
        alice.send(&format!(
            "@chatroom.example/once={ID}{number} PRIVMSG #lobby :x"
        ));
    }
    alice.fence();
    // That of the first message is the oldest one.
    let answer = say(
        &mut alice,
        "l",
        &format!("{ID},1000"),
        "PRIVMSG #lobby :first",
    );
    assert!(answer.contains("ONCE_EXPIRED"), "{answer}");
    let answer = say(
        &mut alice,
        "m",
        &format!("{ID}999,1000"),
        "PRIVMSG #lobby :x",
    );
    assert!(answer.ends_with(" PRIVMSG #lobby :x"), "{answer}");
}

#[test]
fn without_a_store_there_is_no_such_capability() {
    let server = Server::start(&["--no-limits"]);
    let mut alice = server.connect();
    alice.send("CAP LS 302");
    let offer = alice.expect(" LS ");
    assert!(!offer.contains("once"), "{offer}");
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "once-seconds = 60");
    let mut alice = server.connect();
    alice.send("CAP LS 302");
    let offer = alice.expect(" LS ");
    assert!(
        offer.contains(" chatroom.example/once=window=60,durable "),
        "{offer}"
    );
}
