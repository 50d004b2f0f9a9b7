//! The analysis of a line while it is typed.

use super::*;
use crate::client::command::analysis::TokenKind;
use crate::client::command::completion::CompletionNames;

#[test]
fn a_line_is_judged_while_it_is_typed() {
    let played = Played::ready(false);
    let analyze = |line: &str| played.session.analyze(line);
    let part = |line: &str| analyze(line).tokens.first().cloned();
    assert_eq!(part("/who"), Some((0..4, TokenKind::Command)));
    assert_eq!(part("/j #a"), Some((0..2, TokenKind::Command)), "an alias");
    assert_eq!(part("/wh"), None, "may become something");
    assert_eq!(part("/wh x"), Some((0..3, TokenKind::Refused)));
    assert_eq!(part("@bob hi"), Some((0..4, TokenKind::Nick)));
    assert_eq!(part("bob: hi"), Some((0..3, TokenKind::Nick)));
    assert_eq!(part("zoe: hi"), None);
    assert_eq!(part("ask bob, please"), Some((4..7, TokenKind::Nick)));
    assert_eq!(
        analyze("/msg bob hi").tokens,
        [(0..4, TokenKind::Command), (5..8, TokenKind::Nick)]
    );
    assert_eq!(analyze("hi").hint, None);
    let note = |line: &str| analyze(line).hint.unwrap();
    assert_eq!(
        note("a\nb\n"),
        "2 messages to #lobby: Enter sends, Esc discards"
    );
    assert_eq!(
        note("@bob a\nb"),
        "2 messages to bob: Enter sends, Esc discards"
    );
    assert_eq!(note(&"word ".repeat(150)), "will be sent as 2 lines");
}

#[test]
fn what_would_be_refused_is_marked_once_it_cannot_become_right() {
    let played = Played::ready(false);
    let refused = |line: &str| {
        let parts = played.session.analyze(line).tokens;
        let refused = parts
            .into_iter()
            .find(|(_, part)| *part == TokenKind::Refused);
        refused.map(|(range, _)| line[range].to_owned())
    };
    for (line, word) in [
        ("/frob", "/frob"),
        ("/nick #x", "#x"),
        ("/nick a b", "b"),
        ("/join a,b", "a,b"),
        ("@a,b hi", "a,b"),
        ("/op bob c,d", "c,d"),
        ("/history x", "x"),
        ("/room 9", "9"),
        ("/room #zzz", "#zzz"),
        ("/set frob", "frob"),
        ("/set bell loud", "loud"),
        ("/help frob", "frob"),
        ("/rooms now", "now"),
    ] {
        assert_eq!(refused(line).as_deref(), Some(word), "{line}");
    }
    for line in [
        "/",
        "/hist",
        "/join #",
        "/kick",
        "/msg",
        "/set be",
        "/set bell m",
        "/room lo",
        "/room 1",
        "/help w",
        "/help j",
        "/j #a",
        "//frob",
        "hi @a,b",
    ] {
        assert_eq!(refused(line), None, "{line}");
    }
}

#[test]
fn a_line_says_where_it_would_go_before_it_is_entered() {
    let mut played = Played::ready(false);
    let note = |played: &Played, line: &str| played.session.analyze(line).hint;
    assert_eq!(note(&played, "/room 1").as_deref(), Some("to #lobby"));
    assert_eq!(note(&played, "/room"), None);
    assert_eq!(note(&played, "/room 2"), None);
    assert_eq!(note(&played, "/j").as_deref(), Some("/join"));
    assert_eq!(
        note(&played, "/r ").as_deref(),
        Some("no one has whispered to you yet")
    );
    played.type_line("/part");
    played.receive(":alice!a@h PART #lobby");
    assert_eq!(note(&played, "hi").as_deref(), Some("you are in no room"));
}

#[test]
fn who_spoke_last_is_completed_first() {
    let mut played = Played::ready(false);
    for nick in ["carol", "dan"] {
        played.receive(&format!(":{nick}!x@h JOIN #lobby"));
    }
    played.receive(":carol!x@h PRIVMSG #lobby :hi");
    let CompletionNames { nicks, rooms, .. } = played.session.names();
    assert_eq!(nicks, ["carol", "bob", "dan"]);
    assert_eq!(rooms, ["#lobby"]);
    played.receive(":dan!x@h NICK zoe");
    played.receive(":bob!x@h QUIT :bye");
    assert_eq!(played.session.names().nicks, ["carol", "zoe"]);
}

#[test]
fn who_spoke_last_in_a_room_is_first_there_and_who_whispered_everywhere() {
    let mut played = Played::ready(false);
    played.receive(":alice!a@h JOIN #dev");
    for nick in ["bob", "carol", "dan"] {
        played.receive(&format!(":{nick}!x@h JOIN #dev"));
        played.receive(&format!(":{nick}!x@h JOIN #lobby"));
    }
    played.receive(":carol!x@h PRIVMSG #dev :hi");
    played.receive(":dan!x@h PRIVMSG #lobby :hi");
    assert_eq!(played.session.names().nicks, ["dan", "bob", "carol"]);
    played.type_line("/room #dev");
    assert_eq!(played.session.names().nicks, ["carol", "bob", "dan"]);
    played.receive(":bob!x@h PRIVMSG alice :psst");
    assert_eq!(played.session.names().nicks, ["bob", "carol", "dan"]);
    played.type_line("/room #lobby");
    assert_eq!(played.session.names().nicks, ["bob", "dan", "carol"]);
}

#[test]
fn rooms_one_has_heard_of_are_offered_until_one_is_in() {
    let mut played = Played::with_rooms(false, &["#ops key"]);
    assert_eq!(played.session.names().other_rooms, ["#ops"]);
    played = Played::ready(false);
    played.receive(":bob!b@h INVITE alice #dev");
    played.receive(":s 322 alice #big 12 :all of us");
    played.receive(":s 323 alice :End");
    assert_eq!(played.session.names().other_rooms, ["#big", "#dev"]);
    played.receive(":alice!a@h JOIN #dev");
    assert_eq!(played.session.names().other_rooms, ["#big"]);
    played.receive(":alice!a@h PART #dev");
    assert_eq!(played.session.names().other_rooms, ["#big", "#dev"]);
}

// A64.

#[test]
fn a_room_that_is_not_named_is_where_most_concerns_this_person() {
    let mut played = Played::ready(false);
    for room in ["#one", "#two", "#three"] {
        played.receive(&format!(":alice!a@h JOIN {room}"));
        played.receive(&format!(":bob!b@h JOIN {room}"));
    }
    played.receive(":bob!b@h PRIVMSG #one :hi");
    played.receive(":bob!b@h PRIVMSG #three :hi");
    played.receive(":bob!b@h PRIVMSG #two :alice: hi");
    let to = |played: &Played| played.session.analyze("/room").hint;
    for room in ["#two", "#one", "#three"] {
        assert_eq!(to(&played), Some(format!("to {room}")));
        played.type_line("/room");
        assert_eq!(played.session.active_room(), Some(room));
    }
    played.take();
    played.type_line("/room");
    let words = "Your rooms have no unread messages.".to_owned();
    assert_eq!(played.events(), [Event::Answer { words }]);
}

#[test]
fn a_name_that_is_nearly_one_of_the_configuration_is_pointed_to_it() {
    let mut played = Played::ready(false);
    played
        .session
        .settings
        .aliases
        .insert("greet".into(), "/msg bob hi".into());
    played.type_line("/gret");
    assert_eq!(
        played.rejections(),
        ["There is no command /gret. Did you mean /greet?"]
    );
    played
        .session
        .settings
        .aliases
        .insert("hi".into(), "//hi".into());
    played.type_line("/he");
    assert_eq!(
        played.rejections(),
        ["There is no command /he. Did you mean /help?"]
    );
}

#[test]
fn whisperers_from_elsewhere_are_completed_after_members_of_the_room() {
    let mut played = Played::ready(false);
    played.receive(":bea!b@h PRIVMSG alice :psst");
    assert_eq!(played.session.names().nicks, ["bob", "bea"]);
    played.receive(":bea!b@h JOIN #lobby");
    assert_eq!(played.session.names().nicks, ["bea", "bob"]);
    played.receive(":bea!b@h QUIT :bye");
    assert_eq!(played.session.names().nicks, ["bob"]);
}

#[test]
fn what_the_server_will_cut_is_told_before_it_is_sent() {
    let mut played = Played::ready(false);
    let note = |played: &Played, line: &str| played.session.analyze(line).hint;
    let text = "x".repeat(31);
    let lines = ["/topic ", "/away ", "/kick bob "].map(|command| format!("{command}{text}"));
    for line in &lines {
        assert_eq!(note(&played, line), None, "it has not said how much");
    }
    played.receive(":s 005 alice TOPICLEN=30 AWAYLEN=30 KICKLEN=30 :are supported");
    for line in &lines {
        let words = "the server keeps 30 of these 31 bytes";
        assert_eq!(note(&played, line).as_deref(), Some(words), "{line}");
        assert_eq!(note(&played, &line[..line.len() - 1]), None);
    }
    played.receive(":s 005 alice TOPICLEN=0 AWAYLEN= KICKLEN=-1 :are supported");
    assert_eq!(note(&played, &lines[0]), None);
}
