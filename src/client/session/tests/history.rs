//! Replayed history, CTCP, and lines of people and servers that have no form of their own.

use super::*;

fn said_and_mentions(events: &[Event]) -> Vec<(String, bool)> {
    let said = events.iter().filter_map(|event| match event {
        Event::Said { text, mention, .. } => Some((text.clone(), *mention)),
        Event::Whispered { text, .. } => Some((text.clone(), false)),
        _ => None,
    });
    said.collect()
}

/// A97.
#[test]
fn replayed_history_is_shown_and_is_no_news() {
    for (open, tags, close) in [
        (
            Some(":s BATCH +1 chathistory #lobby"),
            "@batch=1 ",
            Some(":s BATCH -1"),
        ),
        (
            Some(":s BATCH +1 znc.in/playback #lobby"),
            "@batch=1;time=2026-11-01T00:00:00.000Z ",
            Some(":s BATCH -1"),
        ),
        (None, "@time=2026-11-01T00:00:00.000Z ", None),
    ] {
        let mut played = Played::new(false);
        played.session.settings.wait = Some(crate::client::event::matcher::EventMatcher {
            pattern: Some("yes".parse().unwrap()),
            ..Default::default()
        });
        // 2026-11-28
        played.now.unix_seconds = 1_795_910_400;
        played.connect();
        played.register("alice");
        played.receive(":alice!~a@host JOIN #dev");
        played.session.show_room("#lobby");
        played.take();
        open.iter().for_each(|line| played.receive(line));
        for line in [
            ":bob!b@h PRIVMSG #dev :alice: yes",
            ":bob!b@h PRIVMSG #lobby :alice: yes",
            ":bob!b@h PRIVMSG alice :yes",
        ] {
            played.receive(&format!("{tags}{line}"));
            assert!(played.session.is_replay(), "{tags}{line}");
        }
        if open.is_some() {
            let people = played.session.members(Some("#lobby")).unwrap();
            for line in [
                ":carol!c@h JOIN #lobby",
                ":bob!b@h QUIT :bye",
                ":alice!a@h PART #lobby",
            ] {
                played.receive(&format!("{tags}{line}"));
            }
            let now = played.session.members(Some("#lobby")).unwrap();
            assert_eq!(now, people);
        }
        played.receive(&format!("{tags}:bob!b@h PRIVMSG alice :\x01VERSION\x01"));
        close.iter().for_each(|line| played.receive(line));
        let done = played.take();
        assert_eq!(said_and_mentions(&done.events).len(), 3);
        assert!(
            said_and_mentions(&done.events)
                .iter()
                .all(|(_, mention)| !mention)
        );
        assert_eq!(done.found, None);
        assert_eq!(done.lines, "");
        assert_eq!(played.session.unread(), Default::default());
        assert_eq!(played.session.highlight_count(), 0);
        // The next message is live.
        played.receive(":bob!b@h PRIVMSG #dev :alice: yes");
        assert!(!played.session.is_replay());
        assert_eq!(played.session.unread().mentions, 1);
        assert!(played.take().found.is_some());
    }
}

#[test]
fn history_is_told_by_the_clock_of_the_server() {
    let mut played = Played::new(false);
    played.now.unix_seconds = 1_795_910_400;
    played.connect();
    // Its clock is an hour late.
    played.receive("@time=2026-11-28T23:00:00.000Z :s 001 alice :Welcome");
    for (time, is_old) in [("22:59:00", true), ("23:00:01", false)] {
        played.receive(&format!(
            "@time=2026-11-28T{time}.000Z :bob!b@h PRIVMSG alice :hi"
        ));
        assert_eq!(played.session.is_replay(), is_old, "{time}");
    }
}

/// Changes from before the user connected, as bouncers send them.
#[test]
fn old_changes_are_history_too_and_still_count() {
    let mut played = Played::new(false);
    played.now.unix_seconds = 1_795_910_400;
    played.connect();
    let old = "@time=2026-11-01T00:00:00.000Z ";
    played.receive(&format!("{old}:carol!c@h JOIN #lobby"));
    assert!(played.session.is_replay(), "the first line with a time");
    played.register("alice");
    for line in [
        ":bob!b@h INVITE alice #dev",
        ":carol!c@h JOIN #lobby",
        ":bob!b@h TOPIC #lobby :x",
        ":bob!b@h MODE #lobby +m",
        ":carol!c@h NICK carola",
        ":carola!c@h PART #lobby",
    ] {
        played.take();
        played.receive(&format!("{old}{line}"));
        assert!(played.session.is_replay(), "{line}");
        assert_eq!(played.events().len(), 1, "{line}");
        let new = line.replace("carola", "dan").replace("carol", "dan");
        played.receive(&format!("@time=2026-11-30T00:00:00.000Z {new}"));
        assert!(!played.session.is_replay(), "{new}");
    }
    // The answers of the server are always new.
    played.receive(&format!("{old}:s 332 alice #lobby :x"));
    assert!(!played.session.is_replay());
}

#[test]
fn nested_batches_of_history_are_history() {
    let mut played = Played::ready(false);
    played.receive(":s BATCH +1 chathistory #lobby");
    played.receive("@batch=1 :s BATCH +2 draft/multiline #lobby");
    played.receive("@batch=2 :bob!b@h PRIVMSG #lobby :alice");
    assert!(played.session.is_replay());
    played.receive(":s BATCH +3 netsplit a b");
    played.receive("@batch=3 :bob!b@h QUIT :a b");
    assert!(!played.session.is_replay());
}

#[test]
fn programs_are_answered_a_few_times_and_only_if_that_is_allowed() {
    let mut played = Played::ready(false);
    let ask = |played: &mut Played, request: &str| {
        played.receive(&format!(":bob!b@h PRIVMSG alice :\x01{request}\x01"));
        played.lines()
    };
    assert_eq!(ask(&mut played, "VERSION"), [""; 0], "not allowed");
    played.session.settings.ctcp = true;
    let version = format!(
        "NOTICE bob :\x01VERSION chatroom {}\x01",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(ask(&mut played, "version"), [version]);
    assert_eq!(
        ask(&mut played, "PING 12 34"),
        ["NOTICE bob :\x01PING 12 34\x01"]
    );
    assert_eq!(
        ask(&mut played, "TIME"),
        ["NOTICE bob :\x01TIME 1970-01-01T00:00:00Z\x01"]
    );
    assert_eq!(ask(&mut played, "CLIENTINFO"), [""; 0], "too many");
    played.wait(10);
    played.take();
    assert_eq!(
        ask(&mut played, "CLIENTINFO"),
        ["NOTICE bob :\x01CLIENTINFO ACTION CLIENTINFO PING TIME VERSION\x01"]
    );
    assert_eq!(ask(&mut played, "FINGER"), [""; 0]);
    // Requests to a room and answers are not answered.
    played.receive(":bob!b@h PRIVMSG #lobby :\x01VERSION\x01");
    played.receive(":bob!b@h NOTICE alice :\x01VERSION x\x01");
    played.type_line("/ignore bob");
    played.take();
    assert_eq!(ask(&mut played, "VERSION"), [""; 0]);
}

/// The person who asked has left: that is no update, and no refusal of a line.
#[test]
fn a_refused_answer_to_a_program_is_not_reported() {
    let mut played = Played::ready(false);
    played.session.settings.ctcp = true;
    played.receive(":bob!b@h PRIVMSG alice :\x01VERSION\x01");
    played.take();
    played.receive(":s 401 alice bob :No such nick");
    assert_eq!(played.events(), []);
    played.type_line("@bob hi");
    played.take();
    played.receive(":s 401 alice bob :No such nick");
    assert_eq!(played.events().len(), 2, "the status, and why");

    let mut played = Played::ready(true);
    played.session.settings.ctcp = true;
    played.receive(":bob!b@h PRIVMSG alice :\x01VERSION\x01");
    assert_eq!(
        played.take().lines,
        "",
        "its refusal could not be told apart"
    );
}

#[test]
fn a_file_is_declined_in_words() {
    for (offer, rejected, words) in [
        (
            "SEND x.txt 1 2 300",
            "SEND x.txt",
            "bob offers the file x.txt (300 bytes) by DCC; declined.",
        ),
        (
            "SEND \"a b.txt\" 1 2",
            "SEND \"a b.txt\"",
            "bob offers the file a b.txt by DCC; declined.",
        ),
        (
            "send \"a b.txt\" 1 2 300 7",
            "send \"a b.txt\"",
            "bob offers the file a b.txt (300 bytes) by DCC; declined.",
        ),
        (
            "SEND \"a 1 2 3",
            "SEND \"a",
            "bob offers the file a (3 bytes) by DCC; declined.",
        ),
        (
            "CHAT chat 1 2",
            "CHAT chat",
            "bob offers a direct chat by DCC; declined.",
        ),
    ] {
        let mut played = Played::ready(false);
        played.session.settings.ctcp = true;
        played.receive(&format!(":bob!b@h PRIVMSG alice :\x01DCC {offer}\x01"));
        let done = played.take();
        let answer = format!("NOTICE bob :\x01DCC REJECT {rejected}\x01\r\n");
        assert_eq!(done.lines, answer);
        let words = words.to_owned();
        assert_eq!(done.events, [Event::Note { words }]);
    }
}

#[test]
fn other_programs_are_asked_and_pinged() {
    let mut played = Played::ready(false);
    played.now.elapsed = Duration::from_secs(100);
    played.type_line("/ctcp bob version");
    assert_eq!(played.lines(), ["PRIVMSG bob :\x01VERSION\x01"]);
    played.receive(":bob!b@h NOTICE alice :\x01VERSION other 1.0\x01");
    let said = |played: &mut Played| match &played.events()[..] {
        [Event::ServerSaid { text, .. }] => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&mut played), "bob answers VERSION: other 1.0");
    played.type_line("/ping bob");
    assert_eq!(played.lines(), ["PRIVMSG bob :\x01PING 100000\x01"]);
    played.now.elapsed += Duration::from_millis(1_500);
    played.receive(":bob!b@h NOTICE alice :\x01PING 100000\x01");
    assert_eq!(said(&mut played), "bob answers in 1.50 s.");
}

#[test]
fn an_action_is_one_in_any_letter_case() {
    let mut played = Played::ready(false);
    played.receive(":bob!b@h PRIVMSG #lobby :\x01action waves\x01");
    assert!(matches!(
        &played.events()[..],
        [Event::Said { text, kind: MessageKind::Action, .. }] if text == "waves"
    ));
}

#[test]
fn what_people_send_beside_messages_names_them() {
    let mut played = Played::ready(false);
    for (line, words, is_shown) in [
        (
            ":alice!a@h SETNAME :Alice A.",
            "alice has the real name Alice A. now",
            true,
        ),
        ("WALLOPS :restart", "wallops from the server: restart", true),
        (":s FOO a", "FOO a", false),
        (":alice!a@h FOO a", "FOO a", false),
    ] {
        played.receive(line);
        match (&played.events()[..], is_shown) {
            ([Event::ServerSaid { text, .. }], true) => assert_eq!(text, words),
            ([Event::ServerNotice { text }], false) => assert_eq!(text, words),
            (other, _) => panic!("{line}: {other:?}"),
        }
    }
    for (line, nick, words) in [
        (
            ":root!r@h WALLOPS :restart at 5",
            "root",
            "wallops from root: restart at 5",
        ),
        (":s WALLOPS :at 5", "s", "wallops from s: at 5"),
        (":bob!b@h FOO a :b c", "bob", "bob sends FOO a b c"),
        (":bob!b@h KNOCK", "bob", "bob sends KNOCK"),
        (":bob!b@h INVITE alice", "bob", "bob sends INVITE alice"),
    ] {
        played.receive(line);
        let (nick, text) = (nick.to_owned(), words.to_owned());
        assert_eq!(played.events(), [Event::PersonSent { nick, text }]);
    }
    played.receive("@+typing=active :bob!b@h TAGMSG #lobby");
    assert_eq!(played.events(), []);
    played.type_line("/ignore bob");
    played.take();
    for command in ["FOO", "WALLOPS", "KNOCK"] {
        played.receive(&format!(":bob!b@h {command} #lobby"));
        assert_eq!(played.events(), [], "{command}");
    }
}

#[test]
fn the_key_of_a_room_is_learned_for_joining_it_again() {
    let mut played = Played::ready(false);
    let joins = |played: &mut Played| {
        played.lose("connection reset");
        played.connect();
        played.register("alice");
        let lines = played.lines();
        lines
            .into_iter()
            .find(|line| line.starts_with("JOIN"))
            .unwrap()
    };
    played.receive(":bob!b@h MODE #lobby +ok-v alice secret carol");
    assert_eq!(joins(&mut played), "JOIN #lobby secret");
    played.receive(":s 324 alice #lobby +klnt other 5");
    assert_eq!(joins(&mut played), "JOIN #lobby other");
    played.receive(":s 324 alice #lobby +klnt * 5");
    assert_eq!(joins(&mut played), "JOIN #lobby other");
    played.receive(":bob!b@h MODE #lobby -k *");
    assert_eq!(joins(&mut played), "JOIN #lobby");
}

#[test]
fn without_a_room_the_registration_is_announced_with_the_network() {
    let mut played = Played::new(false);
    played.connect();
    played.receive(":s 001 alice :Welcome");
    played.receive(":s 005 alice NETWORK=Test :are supported");
    played.receive(":s 422 alice :no MOTD");
    played.take();
    played.receive(":s PONG s chatroom-settled");
    assert!(matches!(
        &played.events()[..],
        [Event::Note { words }] if words.starts_with("You are alice on Test. /join #ROOM")
    ));
    let mut played = Played::new(false);
    played.connect();
    played.register("alice");
    let events = played.events();
    let is_note = |event: &Event| matches!(event, Event::Note { .. });
    assert!(!events.iter().any(is_note), "{events:?}");
}

#[test]
fn after_two_refusals_of_one_cause_nothing_is_proposed() {
    let mut played = Played::new(false);
    played.connect();
    for (number, is_repeated) in [
        (433, false),
        (433, true),
        (432, false),
        (432, true),
        (433, false),
    ] {
        played.take();
        let nick = played.session.nick().to_owned();
        played.receive(&format!(":s {number} * {nick} :no"));
        match &played.take().actions[..] {
            [SessionAction::AskNick(refused)] => assert_eq!(refused.is_repeated, is_repeated),
            other => panic!("{other:?}"),
        }
        let now = played.now;
        played.session.answer_nick("other", now, &mut played.output);
    }
}

/// ZNC, znc.in/playback.
#[test]
fn a_bouncer_plays_back_what_came_since_the_last_line_and_nothing_twice() {
    let attach = |played: &mut Played| {
        played.connect();
        played.receive(":z CAP * LS :znc.in/playback server-time batch");
        let asked = played.lines().join(" ");
        assert!(asked.contains("znc.in/playback"), "{asked}");
        played.receive(
            "@time=2026-11-28T10:00:00.000Z :z CAP * ACK :znc.in/playback server-time batch",
        );
        played.receive(":z 001 alice :Welcome");
        played.take();
        played.receive(":z 422 alice :none");
        let sent = played.take().lines;
        played.receive(":alice!a@h JOIN #lobby");
        // It is said before the playback, and in the buffer too.
        played.receive("@time=2026-11-28T10:00:01.500Z :bob!b@h PRIVMSG #lobby :live");
        played.take();
        sent
    };
    let play_back = |played: &mut Played| {
        played.receive(":z BATCH +1 znc.in/playback #lobby");
        for (time, text) in [
            ("09:00:00.000", "old"),
            ("09:30:00.250", "newer"),
            ("10:00:01.500", "live"),
        ] {
            played.receive(&format!(
                "@batch=1;time=2026-11-28T{time}Z :bob!b@h PRIVMSG #lobby :{text}"
            ));
        }
        played.receive(":z BATCH -1");
        played.receive("@time=2026-11-28T10:00:03.125Z :z PONG z :chatroom-settled");
        said_and_mentions(&played.take().events)
    };
    let texts = |said: Vec<(String, bool)>| -> Vec<String> {
        said.into_iter().map(|(text, _)| text).collect()
    };
    let mut played = Played::new(false);
    // The first time all of it is asked for.
    let sent = attach(&mut played);
    assert!(sent.contains("ZNC *playback PLAY * 0.000\r\n"), "{sent}");
    assert_eq!(played.session.last_seen(), None);
    assert_eq!(texts(play_back(&mut played)), ["old", "newer"]);
    assert_eq!(played.session.last_seen(), Some(1_795_860_003_125));
    // An own line needs no echo: the answer to the ping after it has the time.
    played.receive("@time=2026-11-28T10:05:00.000Z :z PONG z :chatroom-alive");
    played.lose("reset");
    let sent = attach(&mut played);
    assert!(sent.contains("PLAY * 1795860300.000\r\n"), "{sent}");
    assert_eq!(texts(play_back(&mut played)), [""; 0]);
    // So it is after a restart.
    let mut later = Played::new(false);
    later.session = Session::new(SessionConfig {
        last_seen: Some(1_795_858_200_249),
        ..later.session.settings.clone()
    });
    let sent = attach(&mut later);
    assert!(sent.contains("PLAY * 1795858200.249\r\n"), "{sent}");
    assert_eq!(texts(play_back(&mut later)), ["newer"]);
    // A script begins now.
    let mut script = Played::new(true);
    assert!(!attach(&mut script).contains("PLAY"));
}
