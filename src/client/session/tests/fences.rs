//! Matching of answers: labels and fences after commands, the many forms of `PONG`, and rooms
//! that a script joins or leaves.

use super::*;

/// A client of a user, on a server that can do this.
fn user_with(capabilities: &str) -> Played {
    let mut played = Played::new(false);
    played.connect();
    played.receive(&format!(":s CAP * LS :{capabilities}"));
    let asked = played.lines().pop().unwrap();
    let list = asked.strip_prefix("CAP REQ ").unwrap();
    played.receive(&format!(":s CAP * ACK {list}"));
    played.register("alice");
    played.take();
    played
}

const LABELS: &str = "batch labeled-response echo-message message-tags";

/// The command that is named by the refusal in these events.
fn not_done(events: &[Event]) -> Option<String> {
    let commands = events.iter().filter_map(|event| match event {
        Event::Refused { command, .. } => Some(command.clone()),
        _ => None,
    });
    let commands: Vec<_> = commands.collect();
    assert_eq!(commands.len(), 1, "{events:?}");
    commands.into_iter().next().flatten()
}

/// The first refusal names no one, so only its place says what it is about.
#[test]
fn a_refusal_names_its_own_command_by_fences() {
    let mut played = Played::ready(false);
    played.type_line("/mode u2 +i");
    let sent = played.lines_and_fences();
    assert_eq!(sent, ["MODE u2 +i", "PING :chatroom-line-0"]);
    played.receive(":s 502 alice :Cannot change mode for other users");
    assert_eq!(not_done(&played.events()).unwrap(), "/mode u2 +i");
    played.answer_pings(&sent);
    for (typed, refusal) in [
        (
            "/invite u2",
            ":s 443 alice u2 #lobby :is already on channel",
        ),
        ("/whois nope", ":s 401 alice nope :No such nick"),
    ] {
        played.type_line(typed);
        let sent = played.lines_and_fences();
        played.receive(refusal);
        assert_eq!(not_done(&played.events()).unwrap(), typed);
        played.answer_pings(&sent);
    }
    // All is answered: this is about something else.
    played.receive(":s 482 alice #lobby :You're not an operator");
    assert_eq!(not_done(&played.events()), None);
}

#[test]
fn a_refusal_names_its_own_command_by_labels() {
    let mut played = user_with(LABELS);
    played.type_line("/mode u2 +i");
    played.type_line("/invite u2");
    let sent = played.lines_and_fences();
    assert_eq!(
        sent,
        [
            "@label=chatroom-line-0 MODE u2 +i",
            "@label=chatroom-line-1 INVITE u2 #lobby"
        ]
    );
    played.receive("@label=chatroom-line-1 :s 443 alice u2 #lobby :is already on channel");
    assert_eq!(not_done(&played.events()).unwrap(), "/invite u2");
    played.receive("@label=chatroom-line-0 :s 502 alice :Cannot change mode for other users");
    assert_eq!(not_done(&played.events()).unwrap(), "/mode u2 +i");
    assert!(played.session.delivery.in_flight.is_empty());
}

#[test]
fn a_failure_names_its_command_too() {
    for (capabilities, tag) in [("", ""), (LABELS, "@label=chatroom-line-0 ")] {
        let mut played = match capabilities {
            "" => Played::ready(false),
            _ => user_with(capabilities),
        };
        played.type_line("/topic new");
        played.take();
        played.receive(&format!("{tag}:s FAIL TOPIC CODE #lobby :Not today."));
        match &played.events()[..] {
            [Event::InputRejected { error, .. }] => {
                assert_eq!(error.to_string(), "Not today. Not done: /topic new");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_command_with_a_password_is_fenced_and_not_quoted() {
    let mut played = Played::ready(false);
    played.type_line("/oper root hunter2");
    played.take();
    played.receive(":s 464 alice :Password incorrect");
    assert_eq!(not_done(&played.events()), None);
}

#[test]
fn a_line_of_raw_keeps_its_tags_beside_the_label() {
    let mut played = user_with(LABELS);
    played.type_line("/raw @+typing=active TAGMSG #lobby");
    assert_eq!(
        played.lines_and_fences(),
        ["@label=chatroom-line-0;+typing=active TAGMSG #lobby"]
    );
    // A message sent with `/raw` is not on the screen yet.
    played.type_line("/raw PRIVMSG #lobby :hi");
    played.take();
    played.receive("@label=chatroom-line-1 :alice!a@h PRIVMSG #lobby :hi");
    assert!(matches!(
        &played.events()[..],
        [Event::Said { own: true, .. }]
    ));
}

#[test]
fn a_command_between_messages_waits_for_its_turn_and_is_fenced_then() {
    let mut played = Played::ready(false);
    for number in 0..10 {
        played.type_line(&format!("message {number}"));
    }
    played.type_line("/topic new");
    let mut all = Vec::new();
    loop {
        let sent = played.lines_and_fences();
        if sent.is_empty() {
            break;
        }
        played.answer_pings(&sent);
        all.extend(sent);
    }
    let place = |line: &str| all.iter().position(|sent| sent == line).unwrap();
    assert!(place("PRIVMSG #lobby :message 9") < place("TOPIC #lobby :new"));
    let fence = &all[place("TOPIC #lobby :new") + 1];
    assert_eq!(fence, "PING :chatroom-line-10");
    assert!(played.session.delivery.in_flight.is_empty());
}

#[test]
fn a_refused_ping_is_an_answer_to_a_fence() {
    for refusal in [
        ":s 421 alice PING :Unknown command",
        ":s 409 alice :No origin specified",
    ] {
        let mut played = Played::new(true);
        played.connect();
        played.receive(":s 001 alice :Welcome");
        played.receive(":s 422 alice :no MOTD");
        played.receive(":alice!~a@host JOIN #lobby");
        assert!(!played.session.is_ready());
        played.receive(refusal);
        assert!(played.session.is_ready(), "{refusal}");
        played.take();
        for (number, line) in [(1, "one"), (2, "/raw ping x"), (3, "three")] {
            let (now, line) = (played.now, ScriptLine::Typed(line));
            let output = &mut played.output;
            played.session.scripted(number, line, now, output);
        }
        played.take();
        for expected in [&[][..], &[], &[Some(2)], &[]] {
            played.receive(refusal);
            let line = |event: &Event| match event {
                Event::Refused { line, .. } => *line,
                other => panic!("{other:?}"),
            };
            let refused: Vec<_> = played.events().iter().map(line).collect();
            assert_eq!(refused, expected, "{refusal}");
        }
        assert!(played.session.delivery.in_flight.is_empty());
        // Another unknown command is no ping.
        played.receive(":s 421 alice FOO :Unknown command");
        assert_eq!(played.events().len(), 1);
    }
}

#[test]
fn commands_are_the_same_in_any_letter_case() {
    let mut played = Played::ready(true);
    let line = ScriptLine::Typed("one");
    let now = played.now;
    played.session.scripted(1, line, now, &mut played.output);
    played.receive(":s pong s :chatroom-line-0");
    assert!(played.session.delivery.in_flight.is_empty());
    played.receive(":bob!b@h privmsg #lobby :hi");
    assert!(matches!(&played.events()[..], [Event::Said { .. }]));
    played.receive("Ping :cookie");
    assert!(played.lines().contains(&"PONG :cookie".to_owned()));
}

/// Servers and bouncers in use answer `PING :token` in each of these ways.
#[test]
fn each_form_of_pong_answers_a_fence() {
    for pong in [
        ":s PONG s :TOKEN",
        ":s PONG s TOKEN",
        "PONG s TOKEN",
        ":s PONG TOKEN",
        "PONG :TOKEN",
        ":s PONG TOKEN s",
        ":s PONG alice :TOKEN",
        ":s PONG s ::TOKEN",
        ":s PONG :s TOKEN",
        ":s PONG s",
        ":s PONG :irc.example",
        ":s PONG",
        "PONG",
        ":s PONG s :",
    ] {
        let mut played = Played::ready(true);
        let now = played.now;
        let line = ScriptLine::Typed("hello");
        played.session.scripted(1, line, now, &mut played.output);
        played.take();
        for token in ["chatroom-line-0", "CHATROOM-LINE-0"] {
            played.receive(&pong.replace("TOKEN", token));
        }
        assert!(played.session.delivery.in_flight.is_empty(), "{pong}");
    }
}

#[test]
fn a_pong_of_someone_else_answers_no_fence() {
    let mut played = Played::ready(true);
    let now = played.now;
    let line = ScriptLine::Typed("hello");
    played.session.scripted(1, line, now, &mut played.output);
    played.take();
    played.receive(":s PONG s :other-token");
    assert_eq!(played.session.delivery.in_flight.len(), 1);

    let mut played = Played::ready(false);
    played.type_line("/raw PING x");
    let sent = played.lines_and_fences();
    assert_eq!(sent, ["PING x", "PING :chatroom-line-0"]);
    played.receive(":s PONG s x");
    assert!(matches!(&played.events()[..], [Event::ServerNotice { text }] if text == "PONG s x"));
    assert_eq!(played.session.delivery.in_flight.len(), 1);
    played.answer_pings(&sent[1..]);
    assert!(played.session.delivery.in_flight.is_empty());
}

#[test]
fn a_command_that_a_dead_connection_leaves_without_an_answer_is_reported() {
    let mut played = Played::ready(false);
    played.type_line("/who");
    let sent = played.output.lines.len() as u64;
    played.output.taken_bytes = sent;
    played.output.written_bytes = sent;
    played.output.lines.clear();
    played.type_line("/topic new");
    played.type_line("/oper root hunter2");
    played.lose("connection reset");
    let notes = played.events().into_iter().filter_map(|event| match event {
        Event::Note { words } => Some(words),
        _ => None,
    });
    assert_eq!(
        notes.collect::<Vec<_>>(),
        [
            "/who was not answered: the connection was lost.",
            "/topic new was not sent: the connection was lost.",
            "/oper was not sent: the connection was lost."
        ]
    );
}

/// A script in #c with the lobby, and its first line given.
fn script_in_c(lines: &[&str]) -> Played {
    let mut played = Played::ready(true);
    played.receive(":alice!~a@host JOIN #c");
    played.session.show_room("#c");
    played.take();
    for (line, number) in lines.iter().zip(1..) {
        let now = played.now;
        let line = ScriptLine::Typed(line);
        played
            .session
            .scripted(number, line, now, &mut played.output);
    }
    played
}

/// Gives a second line, and returns what is sent for it.
fn next_line(played: &mut Played) -> Vec<String> {
    played.take();
    let now = played.now;
    let line = ScriptLine::Typed("for x only");
    played.session.scripted(2, line, now, &mut played.output);
    played.lines()
}

/// The same on a server with labels.
fn script_with_labels_in_c(line: &str) -> Played {
    let mut played = Played::new(true);
    played.connect();
    played.receive(&format!(":s CAP * LS :{LABELS}"));
    let asked = played.lines().pop().unwrap();
    let list = asked.strip_prefix("CAP REQ ").unwrap();
    played.receive(&format!(":s CAP * ACK {list}"));
    played.register("alice");
    played.receive(":alice!~a@host JOIN #c");
    played.session.show_room("#c");
    played.take();
    let (now, line) = (played.now, ScriptLine::Typed(line));
    played.session.scripted(1, line, now, &mut played.output);
    played
}

/// A forward is no room that the script has named.
#[test]
fn the_text_of_a_script_does_not_follow_a_forward_to_another_room() {
    let forward = ":s 470 alice #x ##x :Forwarding to another channel";
    let join = ":alice!~a@host JOIN ##x";
    let plain = [forward, join, ":s PONG s chatroom-line-0"].map(str::to_owned);
    let labeled = [
        ":s BATCH +b labeled-response".to_owned(),
        forward.to_owned(),
        join.to_owned(),
        ":s BATCH -b".to_owned(),
    ];
    let tags = ["@label=chatroom-line-0 ", "@batch=b ", "@batch=b ", ""];
    let labeled = labeled.iter().zip(tags);
    let labeled: Vec<String> = labeled.map(|(line, tag)| format!("{tag}{line}")).collect();
    let unlabeled = [forward, ":s PONG s chatroom-line-0", join].map(str::to_owned);
    for (mut played, answers) in [
        (script_in_c(&["/join #x"]), &plain[..]),
        (script_in_c(&["/join #x"]), &unlabeled[..]),
        (script_with_labels_in_c("/join #x"), &labeled[..]),
    ] {
        for answer in answers {
            played.receive(answer);
        }
        let refused = |event: &Event| matches!(event, Event::Refused { line: Some(1), .. });
        assert!(played.events().iter().any(refused), "{answers:?}");
        assert!(played.session.wants_input());
        assert_eq!(next_line(&mut played), [""; 0], "{answers:?}");
        let now = played.now;
        let line = ScriptLine::Text("as JSON");
        played.session.scripted(3, line, now, &mut played.output);
        assert_eq!(played.lines(), [""; 0], "{answers:?}");
    }
}

#[test]
fn a_script_that_is_forwarded_from_its_room_ends() {
    let mut played = Played::with_rooms(true, &["#x"]);
    played.connect();
    played.receive(":s 001 alice :Welcome");
    played.receive(":s 422 alice :no MOTD");
    played.receive(":s 470 alice #x ##x :Forwarding to another channel");
    played.receive(":alice!~a@host JOIN ##x");
    played.receive(":s PONG s chatroom-settled");
    assert!(matches!(
        &played.take().actions[..],
        [SessionAction::End(Outcome::Incomplete(
            Incomplete::RoomNotEntered { room }
        ))] if room == "#x"
    ));
}

/// The next line waits for a join, so a label without an answer must not hold up the script.
#[test]
fn a_join_with_a_label_has_a_fence_too() {
    let mut played = script_with_labels_in_c("/join #x");
    assert_eq!(
        played.lines(),
        ["@label=chatroom-line-0 JOIN #x", "PING :chatroom-line-0"]
    );
    played.receive(":s PONG s chatroom-line-0");
    assert!(!played.session.wants_input(), "it may still come");
    played.wait(5);
    assert!(played.session.wants_input());
    assert_eq!(next_line(&mut played), [""; 0]);

    let mut played = script_with_labels_in_c("/join #x");
    played.receive("@label=chatroom-line-0 :alice!~a@host JOIN #x");
    assert!(played.session.wants_input());
    assert_eq!(
        next_line(&mut played),
        ["@label=chatroom-line-1 PRIVMSG #x :for x only"]
    );
    // The answer to its fence says nothing about the line after it.
    played.receive(":s PONG s chatroom-line-0");
    assert_eq!(played.session.delivery.in_flight.len(), 1);
}

/// A99.
#[test]
fn a_script_has_joined_a_room_only_when_the_server_says_so() {
    for refusal in [
        ":s 520 alice :Cannot join channel #x (IRCops only)",
        ":s FAIL JOIN CODE #x :not now",
        ":s 461 alice JOIN :Not enough parameters",
        ":s 437 alice alice :Cannot change nickname while banned",
        ":s 473 alice #x :Cannot join channel (+i)",
        ":s NOTICE alice :You cannot join #x",
        "",
    ] {
        let mut played = script_in_c(&["/join #x"]);
        assert!(!played.session.wants_input());
        if !refusal.is_empty() {
            played.receive(refusal);
        }
        played.receive(":s PONG s chatroom-line-0");
        if refusal.is_empty() || refusal.contains("NOTICE") {
            assert!(!played.session.wants_input(), "it may still come");
            assert_eq!(played.session.next_deadline(), Some(Duration::from_secs(5)));
            played.wait(5);
        }
        assert!(played.session.wants_input(), "{refusal}");
        let line_of = |event: &Event| match event {
            Event::Refused { line, .. } | Event::InputRejected { line, .. } => *line,
            _ => None,
        };
        let refused: Vec<_> = played.events().iter().filter_map(line_of).collect();
        assert_eq!(refused, [1], "{refusal}");
        assert_eq!(next_line(&mut played), [""; 0], "{refusal}");
        let events = played.session.report(&mut played.output);
        assert!(events.is_some());
    }
}

#[test]
fn a_join_that_comes_after_the_answer_to_its_fence_still_counts() {
    let mut played = script_in_c(&["/join #x"]);
    played.receive(":s PONG s chatroom-line-0");
    played.wait(2);
    assert!(!played.session.wants_input());
    played.receive(":alice!~a@host JOIN #x");
    assert!(played.session.wants_input());
    assert_eq!(played.events(), []);
    assert_eq!(
        next_line(&mut played),
        ["PRIVMSG #x :for x only", "PING :chatroom-line-1"]
    );
}

#[test]
fn lines_after_a_room_that_was_not_left_or_not_chosen_go_nowhere() {
    let mut played = script_in_c(&["/part"]);
    played.receive(":s 404 alice #c :no");
    played.receive(":s PONG s chatroom-line-0");
    assert_eq!(next_line(&mut played), [""; 0]);

    for line in ["/room #x", "/join #a,#b", "/join"] {
        let mut played = script_in_c(&[line]);
        assert!(played.session.wants_input(), "{line}");
        assert_eq!(next_line(&mut played), [""; 0], "{line}");
    }
}
