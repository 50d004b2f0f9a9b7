//! `CHATHISTORY` of the real server. <https://ircv3.net/specs/extensions/chathistory>

// A test may panic.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(feature = "store")]

mod common;

use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;

use self::common::accounts::{account, add, log_in};
use self::common::{Client, Server};

const EVERYTHING: &str =
    "draft/chathistory batch labeled-response echo-message message-tags server-time";

/// A server that keeps all rooms in this folder.
fn start(folder: &Path) -> Server {
    let text = "[store]\nfolder = \"kept\"\nrooms = \"all\"\n[limits]\nhistory-lines = 8\n\
                lines-per-second = 100000\nlines-burst = 100000\n";
    Server::start_in(folder, text, &[])
}

fn enter(server: &Server, nick: &str) -> Client {
    server.enter_with(nick, EVERYTHING)
}

/// Says something, and returns its line as it came back.
fn say(client: &mut Client, room: &str, text: &str) -> String {
    client.send(&format!("PRIVMSG {room} :{text}"));
    client.expect(&format!(" PRIVMSG {room} :{text}"))
}

fn tag<'a>(line: &'a str, key: &str) -> &'a str {
    let tags = line.strip_prefix('@').unwrap().split(' ').next().unwrap();
    let mut tags = tags.split(';').filter_map(|tag| tag.split_once('='));
    tags.find(|(name, _)| *name == key).unwrap().1
}

/// The lines of a response without those that begin and end the batch.
fn ask(client: &mut Client, request: &str) -> Vec<String> {
    client.send(&format!("@label=asked CHATHISTORY {request}"));
    let begin = client.expect("label=asked");
    assert!(begin.contains(" BATCH +history "), "{request}: {begin}");
    let mut lines = Vec::new();
    loop {
        let line = client.line();
        if line.contains(" BATCH -history") {
            return lines;
        }
        assert_eq!(tag(&line, "batch"), "history", "{request}: {line}");
        lines.push(line);
    }
}

fn texts(lines: &[String]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line.rsplit(':').next().unwrap())
        .collect()
}

#[test]
fn each_request_gets_its_part_of_the_history_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut alice = enter(&server, "alice");
    alice.send("JOIN #x");
    // The time of a place means all messages at that time, so each gets a time of its own.
    let said: Vec<String> = (0..10)
        .map(|number| {
            let line = say(&mut alice, "#x", &number.to_string());
            let millisecond = tag(&line, "time").to_owned();
            server.until("the next millisecond", |server| {
                let mut clock = server.connect();
                clock.send("CAP REQ server-time\r\nPING x");
                tag(&clock.expect(" PONG "), "time") > millisecond.as_str()
            });
            line
        })
        .collect();
    say(&mut alice, "#lobby", "elsewhere");
    let id = |number: usize| format!("msgid={}", tag(&said[number], "msgid"));
    let time = |number: usize| format!("timestamp={}", tag(&said[number], "time"));
    for place in [&id as &dyn Fn(usize) -> String, &time] {
        for (request, wanted) in [
            ("LATEST #x * 3".to_owned(), "789"),
            ("LATEST #x * 100".to_owned(), "23456789"),
            (format!("LATEST #x {} 100", place(7)), "89"),
            (format!("LATEST #x {} 1", place(7)), "9"),
            (format!("BEFORE #x {} 3", place(5)), "234"),
            (format!("BEFORE #X {} 100", place(2)), "01"),
            (format!("BEFORE #x {} 3", place(0)), ""),
            (format!("AFTER #x {} 3", place(5)), "678"),
            (format!("AFTER #x {} 3", place(9)), ""),
            (format!("AROUND #x {} 3", place(5)), "456"),
            (format!("AROUND #x {} 1", place(5)), "5"),
            (format!("AROUND #x {} 4", place(0)), "0123"),
            (format!("AROUND #x {} 4", place(9)), "789"),
            (format!("BETWEEN #x {} {} 100", place(2), place(6)), "345"),
            (format!("BETWEEN #x {} {} 2", place(2), place(6)), "34"),
            (format!("BETWEEN #x {} {} 2", place(6), place(2)), "45"),
            (format!("BETWEEN #x {} {} 2", place(6), place(6)), ""),
        ] {
            let lines = ask(&mut alice, &request);
            assert_eq!(texts(&lines).concat(), wanted, "{request}");
        }
    }
    // The same line as the live one.
    let lines = ask(&mut alice, "LATEST #x * 1");
    let live = said[9].strip_prefix('@').unwrap();
    assert_eq!(lines[0], format!("@batch=history;{live}"));
    // The last page has a mark.
    for (request, is_end) in [
        ("LATEST #x * 8", false),
        (&format!("BEFORE #x {} 8", id(3)), true),
    ] {
        alice.send(&format!("CHATHISTORY {request}"));
        let begin = alice.expect(" BATCH +history");
        assert_eq!(begin.contains("draft/chathistory-end"), is_end, "{begin}");
    }
}

#[test]
fn rooms_with_new_messages_are_listed_with_the_time_of_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let (mut alice, mut bob) = (enter(&server, "alice"), enter(&server, "bob"));
    bob.send("JOIN #bob");
    say(&mut bob, "#bob", "not for alice");
    alice.send("JOIN #x,#empty");
    let first = say(&mut alice, "#x", "one");
    let last = say(&mut alice, "#lobby", "two");
    let range = "timestamp=1970-01-01T00:00:00.000Z timestamp=9999-01-01T00:00:00.000Z";
    let lines = ask(&mut alice, &format!("TARGETS {range} 10"));
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.rsplit("TARGETS ").next())
        .collect();
    let entry = |room: &str, line: &str| format!("{room} {}", tag(line, "time"));
    let wanted = [entry("#x", &first), entry("#lobby", &last)];
    assert_eq!(lines, wanted.each_ref().map(|one| Some(one.as_str())));
    let past = "timestamp=1970-01-01T00:00:00.000Z timestamp=1980-01-01T00:00:00.000Z";
    assert!(ask(&mut alice, &format!("TARGETS {past} 10")).is_empty());
}

#[test]
fn a_request_that_is_wrong_or_about_a_room_of_others_fails() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let (mut alice, mut bob) = (enter(&server, "alice"), enter(&server, "bob"));
    bob.send("JOIN #secret");
    say(&mut bob, "#secret", "secret");
    for (request, code) in [
        ("LATEST #secret * 10", "INVALID_TARGET LATEST #secret"),
        ("LATEST #missing * 10", "INVALID_TARGET LATEST #missing"),
        ("LATEST bob * 10", "INVALID_TARGET LATEST bob"),
        ("NEWEST #lobby * 10", "INVALID_PARAMS NEWEST"),
        ("LATEST", "INVALID_PARAMS LATEST"),
        ("LATEST #lobby *", "INVALID_PARAMS LATEST"),
        ("LATEST #lobby * many", "INVALID_PARAMS LATEST many"),
        ("LATEST #lobby * -1", "INVALID_PARAMS LATEST -1"),
        (
            "BETWEEN #lobby timestamp=2026-01-01T00:00:00Z 10",
            "INVALID_MSGREFTYPE BETWEEN 10",
        ),
        ("BEFORE #lobby * 10", "INVALID_MSGREFTYPE BEFORE *"),
        ("BEFORE #lobby id=7 10", "INVALID_MSGREFTYPE BEFORE id=7"),
        ("BEFORE #lobby msgid=7 10", "INVALID_PARAMS BEFORE msgid=7"),
        (
            "BEFORE #lobby timestamp=now 10",
            "INVALID_PARAMS BEFORE timestamp=now",
        ),
    ] {
        alice.send(&format!("@label=l CHATHISTORY {request}"));
        let line = alice.expect("label=l");
        assert!(
            line.contains(&format!(" FAIL CHATHISTORY {code} :")),
            "{request}: {line}"
        );
    }
    alice.send("CHATHISTORY");
    alice.expect(" 461 alice CHATHISTORY ");
    let lines = ask(&mut alice, "latest #lobby * 0");
    assert!(lines.is_empty());
}

#[test]
fn history_goes_on_after_a_restart_and_is_plain_for_a_plain_client() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["one", "two"] {
        let server = start(folder.path());
        let mut alice = enter(&server, "alice");
        alice.send("JOIN #x");
        assert!(
            ask(&mut alice, "LATEST #x * 5").is_empty(),
            "another room of this name"
        );
        say(&mut alice, "#x", text);
        say(&mut alice, "#lobby", text);
        server.signal(Signal::SIGKILL);
    }
    let server = start(folder.path());
    let mut plain = server.enter("plain");
    plain.send("CHATHISTORY LATEST #lobby * 5");
    let lines = plain.fence();
    let wanted =
        ["one", "two"].map(|text| format!(":alice!~alice@127.0.0.1 PRIVMSG #lobby :{text}"));
    assert_eq!(lines, wanted);
}

#[test]
fn tags_and_kinds_of_messages_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut alice = enter(&server, "alice");
    alice.send("MODE alice +B\r\n@+x=y;+z PRIVMSG #lobby :tagged");
    let tagged = alice.expect(" PRIVMSG #lobby :tagged");
    alice.send("NOTICE #lobby :a notice\r\nPRIVMSG #lobby :\u{1}ACTION waves\u{1}");
    alice.expect("waves");
    let lines = ask(&mut alice, "LATEST #lobby * 3");
    assert!(tagged.contains(";bot;+x=y;+z "), "{tagged}");
    assert_eq!(lines[0], format!("@batch=history;{}", &tagged[1..]));
    assert!(
        lines[1].ends_with(" NOTICE #lobby :a notice"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].ends_with(" PRIVMSG #lobby :\u{1}ACTION waves\u{1}"),
        "{}",
        lines[2]
    );
}

#[test]
fn a_client_that_joins_gets_the_last_messages_if_it_shows_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[store]\nfolder = \"kept\"\nrooms = \"all\"\nhistory-on-join = 2\n";
    let server = Server::start_in(folder.path(), text, &["--no-limits"]);
    let mut alice = enter(&server, "alice");
    alice.send("JOIN #x,#empty");
    for room in ["#lobby", "#x"] {
        for text in ["1", "2", "3"] {
            say(&mut alice, room, text);
        }
    }
    let said = |lines: &[String]| {
        let said = lines.iter().filter(|line| line.contains(" PRIVMSG "));
        said.map(|line| line.split(" PRIVMSG ").nth(1).unwrap().to_owned())
            .collect::<Vec<_>>()
    };

    let mut bob = server.connect();
    bob.send(
        "CAP REQ :server-time batch labeled-response message-tags\r\nNICK bob\r\nUSER b 0 * :b",
    );
    bob.send("CAP END");
    let lines = bob.fence();
    assert_eq!(said(&lines), ["#lobby :2", "#lobby :3"]);
    let end = lines
        .iter()
        .position(|line| line.contains(" 366 "))
        .unwrap();
    assert!(
        lines[end + 1].contains(" BATCH +history chathistory #lobby"),
        "{lines:?}"
    );
    bob.send("@label=j JOIN #x,#empty");
    let lines = bob.fence();
    assert_eq!(said(&lines), ["#x :2", "#x :3"]);
    // The history is no part of the response, and so has no label.
    let labeled = lines
        .iter()
        .position(|line| line.contains("label=j"))
        .unwrap();
    let closed = lines
        .iter()
        .position(|line| line.contains(" BATCH -answer"))
        .unwrap();
    let begun = lines
        .iter()
        .position(|line| line.contains(" BATCH +history"))
        .unwrap();
    assert!(labeled < closed && closed < begun, "{lines:?}");

    // All of it comes before the next line is handled.
    alice.send("JOIN #y");
    for text in ["1", "2", "3"] {
        say(&mut alice, "#y", text);
    }
    bob.send("PART #x\r\nJOIN #x,#y\r\nPART #y");
    let lines = bob.fence();
    assert_eq!(said(&lines), ["#x :2", "#x :3", "#y :2", "#y :3"]);
    let parted = lines.iter().position(|line| line.contains(" PART #y"));
    let shown = lines.iter().rposition(|line| line.contains(" PRIVMSG "));
    assert!(shown < parted, "{lines:?}");

    let mut plain = server.connect();
    plain.send("NICK plain\r\nUSER p 0 * :p");
    assert!(said(&plain.fence()).is_empty());
    let mut timed = server.connect();
    timed.send("CAP REQ server-time\r\nNICK timed\r\nUSER t 0 * :t\r\nCAP END");
    let lines = timed.fence();
    assert_eq!(said(&lines), ["#lobby :2", "#lobby :3"]);
    assert!(!lines.concat().contains("BATCH"), "{lines:?}");
    let mut asking = server.connect();
    asking
        .send("CAP REQ :server-time draft/chathistory\r\nNICK asking\r\nUSER t 0 * :t\r\nCAP END");
    assert!(said(&asking.fence()).is_empty());
}

#[test]
fn without_a_store_history_is_not_offered() {
    let server = Server::start(&[]);
    let mut alice = server.connect();
    alice.send("CAP LS 302");
    let offered = alice.expect(" LS ");
    assert!(!offered.contains("chathistory"), "{offered}");
    alice.send("CAP REQ :draft/chathistory");
    alice.expect(" NAK ");
    alice.send("NICK alice\r\nUSER a 0 * :a\r\nCAP END");
    let welcome = alice.fence().concat();
    assert!(!welcome.contains("CHATHISTORY="), "{welcome}");
    alice.send("CHATHISTORY LATEST #lobby * 5");
    alice.expect(" 421 alice CHATHISTORY ");

    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let mut bob = server.connect();
    bob.send("CAP LS 302");
    assert!(bob.expect(" LS ").contains("draft/chathistory"));
    bob.send("NICK bob\r\nUSER b 0 * :b\r\nCAP END");
    let welcome = bob.fence().concat();
    assert!(
        welcome.contains("CHATHISTORY=8 MSGREFTYPES=msgid,timestamp"),
        "{welcome}"
    );
}

/// A user who has logged in to the account of its nick.
fn enter_with_account(server: &Server, nick: &str) -> Client {
    let mut client = server.connect();
    log_in(&mut client, nick, nick, "sesame");
    client.send(&format!("CAP REQ :{EVERYTHING}"));
    client.expect(" ACK ");
    client
}

/// Tags, target and text of each line.
fn targets_and_texts(lines: &[String]) -> Vec<String> {
    let words = lines
        .iter()
        .map(|line| line.split_once(" PRIVMSG ").unwrap().1);
    words.map(str::to_owned).collect()
}

#[test]
fn a_conversation_is_read_by_its_accounts_and_by_no_one_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(folder.path());
    let kept = folder.path().join("kept");
    for name in ["alice", "bob", "dave"] {
        add(&kept, name, "sesame");
    }
    let mut alice = enter_with_account(&server, "alice");
    let mut bob = enter_with_account(&server, "bob");
    let mut guest = enter(&server, "guest");
    say(&mut alice, "bob", "hello");
    say(&mut bob, "alice", "hi");
    say(&mut alice, "guest", "you have no account");
    say(&mut guest, "alice", "no");
    say(&mut guest, "guest", "a note");
    alice.send("PRIVMSG bob :\u{1}VERSION\u{1}\r\nTAGMSG bob");
    alice.expect("TAGMSG bob");
    // To oneself it comes twice, and is stored once.
    alice.send("@label=7 PRIVMSG alice :a note");
    for is_labeled in [false, true] {
        let line = alice.expect(" PRIVMSG alice :a note");
        assert_eq!(line.contains("label=7"), is_labeled, "{line}");
    }
    let of = |client: &mut Client, name: &str| {
        targets_and_texts(&ask(client, &format!("LATEST {name} * 9")))
    };
    for restarts in [false, true] {
        if restarts {
            server.signal(Signal::SIGKILL);
            server.wait();
            server = start(folder.path());
            alice = enter_with_account(&server, "alice");
            bob = enter_with_account(&server, "bob");
        }
        // As the asker sees it: its own whispers are to the other, those of the other to itself.
        assert_eq!(of(&mut alice, "BOB"), ["bob :hello", "alice :hi"]);
        assert_eq!(of(&mut bob, "alice"), ["bob :hello", "alice :hi"]);
        assert_eq!(
            of(&mut alice, "guest"),
            ["guest :you have no account", "alice :no"]
        );
        assert_eq!(of(&mut alice, "alice"), ["alice :a note"]);
        let mut targets = ask(
            &mut alice,
            "TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z 9",
        );
        for line in &mut targets {
            *line = line.split(' ').nth(4).unwrap().to_owned();
        }
        assert_eq!(targets, ["bob", "guest", "alice"]);
    }
    // Others have other conversations, and without an account one has none.
    let mut dave = enter_with_account(&server, "dave");
    assert_eq!(of(&mut dave, "alice"), [""; 0]);
    let mut guest = enter(&server, "guest");
    guest.send("CHATHISTORY LATEST alice * 9");
    guest.expect(" FAIL CHATHISTORY INVALID_TARGET LATEST alice :");
    drop(guest);
    // An account that gets a name later gets no whispers with it.
    add(&kept, "guest", "sesame");
    let mut guest = enter_with_account(&server, "guest");
    assert_eq!(of(&mut guest, "alice"), [""; 0]);
    for verb in ["remove", "add"] {
        let done = account(&kept, &[verb], &["alice"], "sesame\n");
        assert!(done.status.success(), "{done:?}");
    }
    alice.send("QUIT");
    alice.rest();
    let mut alice = enter_with_account(&server, "alice");
    assert_eq!(of(&mut alice, "bob"), [""; 0]);
    assert_eq!(of(&mut bob, "alice"), [""; 0]);
    say(&mut alice, "bob", "another alice");
    assert_eq!(of(&mut bob, "alice"), ["bob :another alice"]);
}

#[test]
fn events_are_in_the_history_of_clients_that_show_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[store]\nfolder = \"kept\"\nrooms = \"all\"\nevents = true\n";
    let server = Server::start_in(folder.path(), text, &["--no-limits"]);
    let (mut alice, mut bob) = (enter(&server, "alice"), enter(&server, "bob"));
    alice.send("CAP REQ draft/event-playback\r\nJOIN #x");
    alice.expect(" 366 alice #x ");
    let id_of = |line: &str| tag(line, "msgid").to_owned();
    let mut live = Vec::new();
    for (is_alice, sent) in [
        (false, "JOIN #x"),
        (true, "TOPIC #x :a topic"),
        (true, "MODE #x +kl-n secret 9"),
        (false, "NICK bert"),
        (false, "PRIVMSG #x :hello"),
        (true, "KICK #x bert :too loud"),
        (false, "JOIN #x secret"),
        (false, "PART #x :bye"),
        (false, "JOIN #x secret"),
        (false, "QUIT :gone"),
    ] {
        let command = sent.split(' ').next().unwrap();
        let by = if is_alice { &mut alice } else { &mut bob };
        by.send(sent);
        live.push(alice.expect(&format!(" {command} ")));
    }
    let history = ask(&mut alice, "LATEST #x * 100");
    let events: Vec<_> = history
        .iter()
        .map(|line| line.strip_prefix("@batch=history;").unwrap())
        .collect();
    assert!(events[0].ends_with(":alice!~alice@127.0.0.1 JOIN #x"));
    // The same lines as the live ones, ids and times included; of the key, only that it was set.
    let live: Vec<_> = live
        .iter()
        .map(|line| line[1..].replace("secret", "*"))
        .collect();
    assert_eq!(events[1..], live);
    // A message of tags is stored if its sender wants that.
    alice.send("@+a=b TAGMSG #x\r\n@+a=c;+draft/persist TAGMSG #x");
    let persistent = alice.expect("+a=c;+draft/persist :alice!~alice@127.0.0.1 TAGMSG #x");
    let lines = ask(&mut alice, "LATEST #x * 1");
    assert_eq!(lines[0], format!("@batch=history;{}", &persistent[1..]));
    alice.send("CAP REQ draft/message-redaction");
    alice.send(&format!("REDACT #x {}", tag(&persistent, "msgid")));
    alice.expect(" REDACT #x ");
    // As a place, an event is as good as a message.
    let lines = ask(
        &mut alice,
        &format!("AFTER #x msgid={} 1", id_of(&history[4])),
    );
    assert_eq!(texts(&lines), ["hello"]);
    let mut carol = enter(&server, "carol");
    carol.send("JOIN #x secret");
    carol.expect(" 366 carol #x ");
    assert_eq!(texts(&ask(&mut carol, "LATEST #x * 100")), ["hello"]);
    // An event is no message, so it does not make a room one with news, and cannot be deleted.
    let recent = "TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z 9";
    let targets = ask(&mut carol, recent);
    assert_eq!(targets.len(), 1, "{targets:?}");
    assert!(targets[0].ends_with(&format!(" #x {}", tag(&history[5], "time"))));
    alice.send(&format!("REDACT #x {}", id_of(&history[1])));
    alice.expect(" FAIL REDACT UNKNOWN_MSGID ");
    let export = Command::new(env!("CARGO_BIN_EXE_chatroomd"))
        .args(["history", "export", "--room", "#x"])
        .arg(folder.path().join("kept"))
        .output()
        .unwrap();
    let export = String::from_utf8(export.stdout).unwrap();
    let kinds: Vec<_> = export
        .lines()
        .map(|line| line.split('"').nth(3).unwrap())
        .collect();
    let wanted = "join join topic mode rename message kick join part join quit join";
    assert_eq!(kinds.join(" "), wanted);
}
