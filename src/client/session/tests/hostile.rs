//! Servers that lie, repeat themselves and never end: each is received, and none is obeyed.

use super::*;
use crate::client::command::completion::CompletionNames;
use crate::client::event::MessageTags;
use crate::client::session::state::identity::SPELLINGS_MAX;

/// A65: what a server says it can is not believed where it makes no sense.
#[test]
fn lies_about_what_a_server_can_change_nothing() {
    let mut played = Played::ready(false);
    for lie in [
        "PREFIX=(",
        "PREFIX=)(",
        "PREFIX=(ov)@@@",
        "PREFIX=",
        "CHANMODES=,,,,",
        "NICKLEN=-1",
        "NICKLEN=0",
        "MODES=999999999999",
        "CHANTYPES=",
        "LINELEN=1",
        "TARGMAX=,:,",
        "-",
        "=",
    ] {
        played.receive(&format!(":s 005 alice {lie} :are supported"));
    }
    played.receive(":s 353 alice = #lobby :alice @bob +carol");
    played.receive(":s 366 alice #lobby :End");
    assert_eq!(played.session.names().nicks, ["bob", "carol"]);
    played.take();
    played.type_line("hello");
    assert_eq!(played.lines()[0], "PRIVMSG #lobby :hello");
}

/// A68: answers to what was never asked, before and after the registration.
#[test]
fn answers_without_a_question_are_not_answered() {
    let unasked = [
        "AUTHENTICATE +",
        ":s 900 alice alice!a@h alice :You are now logged in",
        ":s 903 * :SASL authentication successful",
        ":s 904 * :SASL authentication failed",
        ":s 670 alice :STARTTLS successful, proceed",
        ":s 010 alice other.example 6667 :Please use this server",
        ":s CAP * ACK :sasl",
        ":s CAP * NEW :sasl",
        ":s CAP * DEL :message-tags",
        ":s BATCH -1",
    ];
    let mut played = Played::new(false);
    played.connect();
    played.take();
    for line in unasked.iter().chain(&unasked) {
        played.receive(line);
        let done = played.take();
        let is_end_of_cap = done.lines.is_empty() || done.lines == "CAP END\r\n";
        assert!(is_end_of_cap, "{line} is answered by {}", done.lines);
        assert_eq!(done.actions, [], "{line}");
    }
    played.register("alice");
    assert!(played.session.is_ready());
    played.take();
    for line in unasked.iter().chain(&unasked) {
        played.receive(line);
        let done = played.take();
        assert_eq!(
            (done.lines.as_str(), done.actions),
            ("", Vec::new()),
            "{line}"
        );
    }
}

/// A69: no nick is ever right, and the server cuts them as well.
#[test]
fn a_server_that_refuses_every_nick_is_asked_a_few_times() {
    let mut played = Played::ready(false);
    played.lose("connection reset");
    played.connect();
    played.take();
    let mut asked = 0;
    for _ in 0..1_000 {
        played.receive(":s 433 * alice____ :Nickname is already in use");
        asked += played.lines().len();
    }
    assert!(asked <= SPELLINGS_MAX + 1, "{asked} times");
}

/// A76: times, names and tags that are none.
#[test]
fn tags_that_make_no_sense_are_none() {
    let name = "m".repeat(8 * 1024);
    let many: String = (0..5_000).map(|number| format!("t{number}=x;")).collect();
    let mut played = Played::ready(false);
    for tags in [
        "time=9999999999999999999",
        "time=abc",
        "time=-1",
        "time=",
        "time",
        "time=2026-13-45T99:99:99.999Z",
        &format!("msgid={name}"),
        &many,
        "a=\\",
        "=;=;;",
    ] {
        let line = format!("@{tags} :bob!b@h PRIVMSG #lobby :hi");
        assert_eq!(
            MessageTags::of_line(line.as_bytes()).unix_seconds(),
            None,
            "{tags:.40}"
        );
        played.receive(&line);
        let events = played.events();
        assert!(
            matches!(&events[..], [Event::Said { text, .. }] if text == "hi"),
            "{tags:.40}: {events:?}"
        );
    }
}

#[test]
fn whispers_room_messages_and_server_messages_are_distinguished() {
    let mut played = Played::ready(false);
    played.receive(":bob!b@h PRIVMSG alice :psst");
    played.receive(":bob!b@h PRIVMSG #lobby :\x01ACTION waves\x01");
    played.receive(":bob!b@h NOTICE #lobby :beep");
    played.receive(":s NOTICE alice :maintenance at noon");
    let events = played.events();
    assert!(matches!(&events[0], Event::Whispered { nick, own: false, .. } if nick == "bob"));
    assert!(
        matches!(&events[1], Event::Said { kind: MessageKind::Action, text, .. } if text == "waves")
    );
    assert!(matches!(
        &events[2],
        Event::Said {
            kind: MessageKind::Notice,
            ..
        }
    ));
    assert!(matches!(&events[3], Event::ServerSaid { .. }));
}

// A75.
#[test]
fn questions_between_programs_get_no_answer() {
    let mut played = Played::ready(false);
    for text in [
        "\x01VERSION\x01",
        "\x01",
        "\x01DCC SEND ../../x 1 2 3\x01",
        "\x01PING",
    ] {
        played.receive(&format!(":bob!b@h PRIVMSG alice :{text}"));
        assert_eq!(played.lines(), [""; 0], "{text:?}");
    }
}

#[test]
fn no_line_of_a_server_can_make_it_panic() {
    let mut played = Played::ready(false);
    played.type_line("/who");
    played.type_line("/names");
    for prefix in ["", ":s ", ":bob!b@h ", ":alice!~a@host "] {
        for command in (0..1000).map(|number| format!("{number:03}")).chain(
            [
                "JOIN",
                "PART",
                "QUIT",
                "NICK",
                "KICK",
                "MODE",
                "TOPIC",
                "INVITE",
                "ERROR",
                "PRIVMSG",
                "NOTICE",
                "PING",
                "PONG",
                "CAP",
                "AUTHENTICATE",
                "FROB",
            ]
            .map(str::to_owned),
        ) {
            for parameters in [
                "",
                " a",
                " alice #lobby",
                " alice #lobby x",
                " * * * * * * * *",
            ] {
                played.receive(&format!("{prefix}{command}{parameters}"));
                played.take();
            }
        }
    }
}

#[test]
fn a_person_and_a_room_have_names_whatever_a_server_says() {
    let mut played = Played::ready(false);
    for line in [
        ":@bob!b@h JOIN #lobby",
        ":alice!~a@host JOIN :",
        ":bob!b@h NICK :",
        ":s 353 alice = #lobby :@ +  @+",
    ] {
        played.receive(line);
    }
    let CompletionNames { nicks, rooms, .. } = played.session.names();
    assert_eq!(nicks, ["bob"]);
    assert_eq!(rooms, ["#lobby"]);
}

#[test]
fn a_quote_that_looks_like_another_user_is_pointed_out() {
    let mut played = Played::ready(false);
    let spaces = " ".repeat(60);
    for text in [
        "<bob> yes".to_owned(),
        "12:01 <@Bob> yes".to_owned(),
        format!("no{spaces}<bob> yes"),
        "[12:01:33] <alice> yes".to_owned(),
        "\x02<bob>\x02 yes".to_owned(),
        "\x0304<\x03bob> yes".to_owned(),
        "* bob waves".to_owned(),
        "12:01 * bob waves".to_owned(),
        "*bob* whispers: yes".to_owned(),
        "-bob- yes".to_owned(),
        "-@bob- yes".to_owned(),
        "notice from bob: yes".to_owned(),
        format!("no{spaces}-bob- yes"),
        "\u{2800}\u{2800}\u{2800}* bob waves".to_owned(),
    ] {
        played.receive(&format!(":carol!c@h PRIVMSG #lobby :{text}"));
        let events = played.events();
        assert!(
            matches!(&events[..], [Event::Said { .. }, Event::SpoofedQuote { nick, .. }] if nick == "carol"),
            "{text}: {events:?}"
        );
    }
    for text in [
        "<dave> yes",
        "a < b and c > d",
        "x <bob> y",
        "<>",
        "<bob",
        "* dave waves",
        "*",
        "* ",
        "**",
        "-",
        "--",
        "bob* x",
        "*bob is here",
        "-bob",
        "no, -bob- is here",
        "notice from bob",
        "n",
    ] {
        played.receive(&format!(":carol!c@h PRIVMSG #lobby :{text}"));
        assert_eq!(played.events().len(), 1, "{text}");
    }
    played.receive(":bob!b@h PRIVMSG #lobby :<bob> yes");
    assert_eq!(played.events().len(), 1);
    // A user who is in no room, and one who has left.
    played.receive(":Dave!d@h PRIVMSG alice :psst");
    played.receive(":bob!b@h QUIT :bye");
    played.events();
    // Those who have left and have never said anything.
    played.receive(":erin!e@h JOIN #lobby");
    played.receive(":erin!e@h PART #lobby");
    played.receive(":frank!f@h JOIN #lobby");
    played.receive(":frank!f@h NICK frankie");
    played.receive(":gina!g@h JOIN #lobby");
    played.receive(":bob!b@h KICK #lobby gina :x");
    played.receive(":alice!~a@host JOIN #dev");
    played.receive(":hugo!h@h JOIN #dev");
    played.receive(":alice!~a@host PART #dev");
    played.events();
    for text in [
        "<dave> yes",
        "12:01 <bob> yes",
        "<Erin> yes",
        "* frank waves",
        "-frankie- x",
        "<gina> yes",
        "*hugo* whispers: x",
    ] {
        played.receive(&format!(":carol!c@h PRIVMSG #lobby :{text}"));
        let events = played.events();
        assert!(
            matches!(&events[..], [_, Event::SpoofedQuote { .. }]),
            "{events:?}"
        );
    }
}

/// A70: a server that lets in and sends away, for ever.
#[test]
fn a_server_that_sends_away_at_once_is_tried_more_and_more_rarely() {
    let mut played = Played::ready(false);
    played.lose("connection reset");
    played.take();
    let mut said = Vec::new();
    for seconds in [2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        played.connect();
        played.take();
        played.receive("ERROR :Closing Link: go away");
        played.lose("the server closed the connection");
        let done = played.take();
        let after = Duration::from_secs(seconds);
        assert_eq!(done.actions, [SessionAction::Reconnect { after }]);
        said.extend(done.events);
    }
    // The reason is shown, and not at each attempt.
    assert!((2..=5).contains(&said.len()), "{said:?}");
    let is_reason =
        |event: &Event| matches!(event, Event::ServerLost { why, .. } if why.contains("go away"));
    assert!(said.iter().all(is_reason), "{said:?}");
    // A server that does not answer at all is tried more often: it may be back any moment.
    played.lose("connection refused");
    let after = Duration::from_secs(30);
    assert_eq!(played.take().actions, [SessionAction::Reconnect { after }]);
    // And the user can leave at any time.
    played.type_line("/quit");
    let actions = played.take().actions;
    assert_eq!(actions, [SessionAction::End(Outcome::Done)]);
}

/// A server that never ends its answers, which no one asked for, fills no memory: each has a bound.
#[test]
fn what_a_server_says_without_an_end_is_remembered_up_to_a_bound() {
    const MANY: usize = 2_000;
    let mut played = Played::ready(false);
    for number in 0..MANY {
        for line in [
            format!(":s 311 alice nick{number} user host * :Real"),
            format!(":s 378 alice nick0 :is connecting from {number}"),
            format!(":s 301 alice away{number} :gone"),
            format!(":alice!a@h JOIN #room{number}"),
        ] {
            played.receive(&line);
        }
        played.take();
    }
    let asked = &played.session.queries;
    assert!(asked.whois.len() <= 64, "{}", asked.whois.len());
    let rows = asked.whois.values().map(|details| details.more.len());
    assert!(rows.max() <= Some(64));
    assert!(asked.away.len() <= 1_000, "{}", asked.away.len());
    assert_eq!(played.session.names().rooms.len(), 1_000);
    // A later answer to `WHOIS` is still shown.
    for line in [
        ":s 311 alice bob user host * :Bob",
        ":s 318 alice bob :End of /WHOIS list",
    ] {
        played.receive(line);
    }
    let events = played.events();
    assert!(matches!(&events[..], [Event::Whois { details }] if details.nick == "bob"));
}

/// The same for lists, whose bound is where no one would read on.
#[test]
fn lists_without_an_end_are_kept_up_to_a_bound() {
    let mut played = Played::ready(false);
    let mut number = 0;
    for _ in 0..420 {
        let mut line = ":s 353 alice = #lobby :".to_owned();
        for _ in 0..500 {
            number += 1;
            line.push_str(&format!("n{number} "));
        }
        played.receive(&line);
        played.take();
    }
    assert_eq!(played.session.names().nicks.len(), 200_000 - 1);
}
