//! Messages of several lines. <https://ircv3.net/specs/extensions/multiline>

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::path::Path;

use self::common::{Client, Server};

const TAGS: &str = "batch labeled-response echo-message message-tags server-time draft/chathistory";

fn start(folder: &Path) -> Server {
    let text = "[store]\nfolder = \"kept\"\nrooms = \"all\"\n";
    Server::start_in(folder, text, &["--no-limits"])
}

fn enter(server: &Server, nick: &str, capabilities: &str) -> Client {
    server.enter_with(nick, capabilities)
}

/// The line without its tags time and msgid.
fn bare(line: &str) -> String {
    let Some((tags, rest)) = line.strip_prefix('@').and_then(|line| line.split_once(' ')) else {
        return line.to_owned();
    };
    let kept = tags
        .split(';')
        .filter(|tag| !tag.starts_with("time=") && !tag.starts_with("msgid="));
    let kept = kept.collect::<Vec<_>>().join(";");
    match kept.is_empty() {
        true => rest.to_owned(),
        false => format!("@{kept} {rest}"),
    }
}

/// So many lines after the next one that contains this.
fn lines(client: &mut Client, first: &str, count: usize) -> Vec<String> {
    let mut lines = vec![client.expect(first)];
    lines.extend((1..count).map(|_| client.line()));
    lines
}

fn bares(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| bare(line)).collect()
}

const SENT: &str = "@label=m;+x=y BATCH +1 draft/multiline #x\r\n\
    @batch=1 PRIVMSG #x :\r\n\
    @batch=1 PRIVMSG #x :how is \r\n\
    @batch=1;draft/multiline-concat PRIVMSG #X :everyone?\r\n\
    @batch=1 PRIVMSG #x :fine\r\n\
    BATCH -1";
const SOURCE: &str = ":alice!~alice@127.0.0.1";

fn as_batch(first: &str) -> Vec<String> {
    let line = |tags: &str, words: &str| format!("{tags}{SOURCE} {words}");
    vec![
        line(first, "BATCH +multiline draft/multiline #x"),
        line("@batch=multiline ", "PRIVMSG #x :"),
        line("@batch=multiline ", "PRIVMSG #x :how is "),
        line(
            "@batch=multiline;draft/multiline-concat ",
            "PRIVMSG #x :everyone?",
        ),
        line("@batch=multiline ", "PRIVMSG #x :fine"),
        line("", "BATCH -multiline"),
    ]
}

#[test]
fn a_message_of_several_lines_is_one_and_each_client_gets_it_in_its_form() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut alice = enter(&server, "alice", &format!("{TAGS} draft/multiline"));
    let mut bob = enter(&server, "bob", &format!("{TAGS} draft/multiline"));
    let mut carol = enter(&server, "carol", TAGS);
    let mut plain = server.enter("plain");
    for client in [&mut alice, &mut bob, &mut carol, &mut plain] {
        client.send("JOIN #x");
        client.expect(" 366 ");
    }
    alice.send("CAP LS 302");
    let offer = alice.expect(" LS ");
    assert!(
        offer.contains("draft/multiline=max-bytes=4096,max-lines=24"),
        "{offer}"
    );
    alice.send(SENT);
    let echo = lines(&mut alice, "label=m", 6);
    assert_eq!(bares(&echo), as_batch("@label=m;+x=y "));
    let to_bob = lines(&mut bob, " BATCH +multiline", 6);
    assert_eq!(bares(&to_bob), as_batch("@+x=y "));
    let ids = |lines: &[String]| {
        let lines = lines.iter();
        lines
            .map(|line| line.contains("msgid="))
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&to_bob), [true, false, false, false, false, false]);
    let texts = ["how is ", "everyone?", "fine"];
    let fallback = texts.map(|text| format!("@+x=y {SOURCE} PRIVMSG #x :{text}"));
    let to_carol = lines(&mut carol, "how is", 3);
    assert_eq!(bares(&to_carol), fallback);
    assert_eq!(ids(&to_carol), [true, false, false]);
    let to_plain = lines(&mut plain, "how is", 3);
    assert_eq!(
        to_plain,
        texts.map(|text| format!("{SOURCE} PRIVMSG #x :{text}"))
    );
    bob.send("CHATHISTORY LATEST #x * 1");
    let history = lines(&mut bob, " BATCH +history", 8);
    let mut nested = as_batch("@batch=history;+x=y ");
    nested.push(":chatroomd.local BATCH -history".to_owned());
    assert_eq!(bares(&history[1..]), nested);
    carol.send("CHATHISTORY LATEST #x * 1");
    let history = lines(&mut carol, " BATCH +history", 5);
    let in_batch = texts.map(|text| format!("@batch=history;+x=y {SOURCE} PRIVMSG #x :{text}"));
    assert_eq!(bares(&history[1..4]), in_batch);
    // One message is deleted as one.
    alice.send(&SENT.replace("#x", "#lobby").replace("#X", "#lobby"));
    let echo = lines(&mut alice, "label=m", 6);
    let id = echo[0].split("msgid=").nth(1).unwrap();
    let id = id.split([';', ' ']).next().unwrap();
    alice.send("CAP REQ draft/message-redaction");
    alice.send(&format!("REDACT #lobby {id}"));
    alice.expect(" REDACT #lobby ");
    alice.send("CHATHISTORY LATEST #lobby * 9");
    let history = lines(&mut alice, " BATCH +history", 2);
    assert!(history[1].contains(" BATCH -history"), "{history:?}");
}

#[test]
fn a_whisper_of_several_lines_to_oneself_comes_twice_and_to_a_missing_user_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut alice = enter(&server, "alice", &format!("{TAGS} draft/multiline"));
    let whisper = |target: &str| {
        format!(
            "@label=w BATCH +1 draft/multiline {target}\r\n@batch=1 NOTICE {target} :a\r\n\
             @batch=1 NOTICE {target} :b\r\nBATCH -1"
        )
    };
    alice.send(&whisper("alice"));
    let both = lines(&mut alice, " BATCH +multiline", 8);
    let labels: Vec<_> = both.iter().map(|line| line.contains("label=w")).collect();
    assert_eq!(labels.iter().position(|has| *has), Some(4));
    assert_eq!(labels.iter().filter(|has| **has).count(), 1);
    alice.send(&whisper("nobody"));
    alice.expect("@label=w;");
}

#[test]
fn a_batch_with_a_mistake_is_rejected_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut alice = enter(&server, "alice", &format!("{TAGS} draft/multiline"));
    let mut bob = server.enter("bob");
    let many = "@batch=1 PRIVMSG #lobby :x\r\n".repeat(25);
    let long = format!("@batch=1 PRIVMSG #lobby :{}\r\n", "x".repeat(410)).repeat(10);
    for (sent, answer) in [
        (
            "@batch=1 PRIVMSG #lobby :a\r\n@batch=2 PRIVMSG #lobby :b\r\n",
            "MULTILINE_INVALID :",
        ),
        (
            "@batch=1 PRIVMSG #lobby :a\r\n@batch=1 NOTICE #lobby :b\r\n",
            "MULTILINE_INVALID :",
        ),
        (
            "@batch=1 PRIVMSG #lobby :a\r\n@batch=1 PRIVMSG #x :b\r\n",
            "MULTILINE_INVALID_TARGET #lobby #x :",
        ),
        (
            "@batch=1 PRIVMSG #lobby :a\r\n@batch=1;draft/multiline-concat PRIVMSG #lobby :\r\n",
            "MULTILINE_INVALID :",
        ),
        (
            "@batch=1 PRIVMSG #lobby :\r\n@batch=1 PRIVMSG #lobby :\r\n",
            "MULTILINE_INVALID :",
        ),
        ("", "MULTILINE_INVALID :"),
        (&many, "MULTILINE_MAX_LINES 24 :"),
        (&long, "MULTILINE_MAX_BYTES 4096 :"),
    ] {
        alice.send(&format!(
            "@label=l BATCH +1 draft/multiline #lobby\r\n{sent}BATCH -1"
        ));
        let line = alice.expect("label=l");
        assert!(line.contains(&format!(" FAIL BATCH {answer}")), "{line}");
    }
    for (sent, answer) in [
        ("BATCH +1 other #lobby", "UNKNOWN_TYPE 1 other :"),
        ("BATCH +a,b draft/multiline #lobby", "INVALID_REFTAG a,b :"),
        ("BATCH -7", "INVALID_REFTAG 7 :"),
        ("@batch=7 PRIVMSG #lobby :a", "MULTILINE_INVALID :"),
        (
            "BATCH +1 draft/multiline #lobby\r\nBATCH +2 draft/multiline #lobby",
            "MULTILINE_INVALID :",
        ),
    ] {
        alice.send(sent);
        let line = alice.expect(" FAIL ");
        assert!(line.contains(&format!(" FAIL BATCH {answer}")), "{line}");
    }
    assert!(!bob.fence().concat().contains("PRIVMSG"));
    // Without the capability, the tag means nothing.
    let mut carol = enter(&server, "carol", TAGS);
    carol.send("@batch=7 PRIVMSG #lobby :a line");
    bob.expect("a line");
    carol.send("BATCH +1 draft/multiline #lobby");
    carol.expect(" FAIL BATCH UNKNOWN_TYPE 1 draft/multiline :");
}
