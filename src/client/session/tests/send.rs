//! The delivery of messages.

use super::pasting::all_answered;
use super::*;
use crate::client::event::DeliveryStatus;

/// The delivery status of each message, in the order of the reports.
fn fates(events: &[Event]) -> Vec<(&str, &str, DeliveryStatus)> {
    let report = events.iter().filter_map(|event| match event {
        Event::Sent {
            target,
            text,
            status,
            ..
        } => Some((target.name(), text.as_str(), *status)),
        _ => None,
    });
    report.collect()
}

/// A session with a server that knows labels.
fn labeled() -> Played {
    let mut played = Played::new(false);
    played.connect();
    let all = "batch labeled-response echo-message message-tags server-time";
    played.receive(&format!(":s CAP * LS :{all}"));
    played.receive(&format!(":s CAP * ACK :{all}"));
    played.register("alice");
    played.take();
    played
}

#[test]
fn a_label_tells_what_became_of_a_line_and_what_the_server_calls_it() {
    let mut played = labeled();
    played.type_line("hello");
    played.type_line("@carol psst");
    assert_eq!(
        played.lines(),
        [
            "@label=chatroom-line-0 PRIVMSG #lobby :hello",
            "@label=chatroom-line-1 PRIVMSG carol :psst"
        ]
    );
    let tags = "label=chatroom-line-0;msgid=m1;time=2026-11-24T10:00:00.000Z";
    played.receive(&format!("@{tags} :alice!~a@host PRIVMSG #lobby :hello"));
    let events = played.events();
    assert_eq!(
        fates(&events),
        [("#lobby", "hello", DeliveryStatus::Delivered)]
    );
    let Event::Sent {
        tags: stamp, nick, ..
    } = &events[0]
    else {
        panic!("{events:?}");
    };
    assert_eq!(nick, "alice");
    assert_eq!(stamp.unix_seconds(), Some(1_795_514_400));
    assert_eq!(events.len(), 1, "the echo is not shown: {events:?}");
    played.receive("@label=chatroom-line-1 :s 401 alice carol :No such nick");
    let events = played.events();
    assert_eq!(fates(&events), [("carol", "psst", DeliveryStatus::Refused)]);
    assert!(
        matches!(&events[1..], [Event::Refused { text: Some(text), .. }] if text == "psst"),
        "{events:?}"
    );
}

#[test]
fn without_labels_one_fence_at_a_time_follows_the_messages() {
    let mut played = Played::ready(false);
    for line in ["@carol one", "two", "@carol three", "/topic"] {
        played.type_line(line);
    }
    assert_eq!(
        played.lines_and_fences(),
        [
            "PRIVMSG carol :one",
            "PING :chatroom-line-0",
            "PRIVMSG #lobby :two",
            "PRIVMSG carol :three",
            "TOPIC #lobby",
            "PING :chatroom-line-3"
        ]
    );
    played.receive(":s 401 alice carol :No such nick");
    let events = played.events();
    assert_eq!(fates(&events), [("carol", "one", DeliveryStatus::Refused)]);
    assert!(matches!(&events[1], Event::Refused { text: Some(text), .. } if text == "one"));
    played.receive(":s PONG s chatroom-line-0");
    // The fence after the command is one for the messages before it, too.
    assert_eq!(played.lines_and_fences(), [""; 0]);
    // It is about the room, and not about what was said there.
    played.receive(":s 482 alice #lobby :not you");
    assert_eq!(fates(&played.events()), []);
    played.receive(":s PONG s chatroom-line-3");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert_eq!(
        fates(&done.events),
        [
            ("#lobby", "two", DeliveryStatus::Delivered),
            ("carol", "three", DeliveryStatus::Delivered)
        ]
    );
}

#[test]
fn messages_in_transit_are_unknown_and_unsent_ones_are_sent_once() {
    let mut played = Played::ready(false);
    let mut unsent = Vec::new();
    played.type_line("left");
    played.output.take_lines(&mut unsent);
    played.output.written_bytes = played.output.taken_bytes;
    played.type_line("did not leave");
    played.type_line("@bob neither");
    played.lose("connection reset");
    let done = played.take();
    assert_eq!(
        fates(&done.events),
        [("#lobby", "left", DeliveryStatus::Unknown)]
    );
    assert!(
        matches!(done.events.last(), Some(Event::Note { words }) if words.starts_with("2 lines")),
        "{:?}",
        done.events
    );
    played.type_line("typed meanwhile");
    played.connect();
    played.take();
    played.register("alice");
    assert_eq!(
        played.lines()[2..],
        [
            "PRIVMSG #lobby :did not leave",
            "PRIVMSG bob :neither",
            "PRIVMSG #lobby :typed meanwhile"
        ]
    );
}

#[test]
fn what_still_waits_at_the_end_is_told_as_never_sent() {
    let mut played = Played::ready(false);
    played.type_line("in time");
    played.take();
    played.type_line("/quit");
    played.receive(":s PONG s chatroom-line-0");
    assert_eq!(
        fates(&played.events()),
        [("#lobby", "in time", DeliveryStatus::Delivered)]
    );

    let mut played = Played::ready(false);
    played.lose("gone");
    played.type_line("too late");
    played.take();
    played.type_line("/quit");
    assert_eq!(
        fates(&played.events()),
        [("#lobby", "too late", DeliveryStatus::Unsent)]
    );
    assert_eq!(unsent(&played), ["/msg #lobby too late"]);
}

#[test]
fn what_waits_can_be_typed_again_wherever_one_is_then() {
    let mut played = Played::ready(false);
    played.receive(":bob!b@h PRIVMSG alice :psst");
    assert_eq!(unsent(&played), [""; 0]);
    played.lose("gone");
    for line in [
        "one",
        "//two",
        "/me waves",
        "@bob three",
        "/r four",
        "/notice bob five",
        "@NickServ identify hunter2",
        "/msg @#lobby between us",
        "six",
    ] {
        played.type_line(line);
    }
    let texts = unsent(&played);
    assert_eq!(
        texts,
        [
            "/msg #lobby one\n/two",
            "/room #lobby",
            "/me waves",
            "@bob three\nfour",
            "/notice bob five",
            "/msg @#lobby between us",
            "/msg #lobby six"
        ]
    );
    assert_eq!(played.session.unsent_count(), 9);
    // The same is said when they are typed.
    let mut again = Played::ready(false);
    again.lose("gone");
    texts.iter().for_each(|line| again.type_line(line));
    assert_eq!(unsent(&again), texts);
    // When the server is back they go out, and wait no more once the connection has them.
    played.connect();
    played.register("alice");
    assert_eq!(played.session.unsent_count(), 9);
    all_answered(&mut played);
    assert_eq!(played.session.unsent_count(), 0);
    assert_eq!(unsent(&played), [""; 0]);
}

#[test]
fn a_server_that_does_not_say_what_became_of_a_line_is_not_left_for_that() {
    let mut played = labeled();
    played.type_line("hello");
    played.take();
    for _ in 0..12 {
        played.receive(":bob!b@h PRIVMSG #lobby :still here");
        played.wait(10);
        let deadline = played.session.next_deadline();
        assert!(deadline.is_some_and(|at| at > played.now.elapsed));
    }
    let done = played.take();
    assert_eq!(
        fates(&done.events),
        [("#lobby", "hello", DeliveryStatus::Unknown)]
    );
    assert_eq!(done.actions, []);
    assert!(played.session.is_ready());
}

/// The texts that the next start would offer.
fn offered(played: &Played, in_transit: bool) -> Vec<String> {
    let unsent = played.session.unsent().into_iter();
    unsent
        .filter(|unsent| unsent.in_transit == in_transit)
        .map(|unsent| unsent.text)
        .collect()
}

/// The texts that would be offered as not sent.
fn unsent(played: &Played) -> Vec<String> {
    offered(played, false)
}

/// The texts that would be offered as perhaps sent.
fn in_transit(played: &Played) -> Vec<String> {
    offered(played, true)
}

#[test]
fn what_waits_for_a_slow_server_counts_as_unsent_until_the_connection_has_taken_it() {
    let mut played = Played::ready(false);
    let lines: Vec<String> = (0..60).map(|number| format!("line {number}")).collect();
    played.type_line(&lines.join("\n"));
    assert_eq!(played.session.unsent_count(), 60);
    // The connection takes what the window lets out.
    let sent = played.output.lines.matches("PRIVMSG").count();
    assert!((1..60).contains(&sent), "{sent}");
    let taken = format!("/msg #lobby {}", lines[..sent].join("\n"));
    let rest = format!("/msg #lobby {}", lines[sent..].join("\n"));
    // If the program is killed now, what the window has let out may be on its way.
    assert_eq!(in_transit(&played), [taken]);
    assert_eq!(unsent(&played), [rest]);
    let before = played.session.unsent_version();
    played.session.note_written(played.output.offset());
    assert_ne!(played.session.unsent_version(), before);
    assert_eq!(played.session.unsent_count(), 60 - sent);
    let targets = played.session.unsent();
    assert!(targets.iter().all(|unsent| unsent.target == "#lobby"));
}

#[test]
fn a_message_may_be_lost_until_the_server_has_answered_the_fence_after_it() {
    let mut played = Played::ready(false);
    played.type_line("one");
    played.type_line("@bob two");
    played.session.note_written(played.output.offset());
    assert_eq!(in_transit(&played), ["/msg #lobby one", "@bob two"]);
    assert_eq!(unsent(&played), [""; 0]);
    let before = played.session.unsent_version();
    all_answered(&mut played);
    assert_eq!(in_transit(&played), [""; 0]);
    assert_ne!(played.session.unsent_version(), before);
    // A password is in no file.
    played.type_line("/msg NickServ identify hunter2");
    played.session.note_written(played.output.offset());
    assert_eq!(in_transit(&played), [""; 0]);
}
