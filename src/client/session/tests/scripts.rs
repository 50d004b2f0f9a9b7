//! Scripts: what is known of each line, by labels and by questions after them.

use super::*;
use crate::client::command::parse_room;
use crate::common::shared_error::SharedError;

/// A script in the lobby, with a server that can do this.
fn script_with(capabilities: &str, strict: bool) -> Played {
    let mut played = Played::new(true);
    played.session.settings.strict = strict;
    played.connect();
    if !capabilities.is_empty() {
        played.receive(&format!(":s CAP * LS :{capabilities}"));
        let asked = played.lines().pop().unwrap();
        if let Some(list) = asked.strip_prefix("CAP REQ ") {
            played.receive(&format!(":s CAP * ACK {list}"));
        }
    }
    played.register("alice");
    played.take();
    played
}

const LABELS: &str = "batch labeled-response echo-message message-tags server-time";

impl Played {
    pub(super) fn script(&mut self, lines: &[&str]) {
        for (line, number) in lines.iter().zip(1..) {
            let now = self.now;
            self.session
                .scripted(number, ScriptLine::Typed(line), now, &mut self.output);
        }
    }

    fn input_ended(&mut self) {
        let now = self.now;
        self.session.input_ended(now, &mut self.output);
    }

    /// The numbers of the lines that were told to be refused since the last time.
    fn refused(&mut self) -> Vec<u64> {
        let number = |event: &Event| match event {
            Event::Refused { line, .. } | Event::InputRejected { line, .. } => line.unwrap(),
            other => panic!("{other:?}"),
        };
        self.events().iter().map(number).collect()
    }
}

#[test]
fn what_the_server_can_do_is_asked_for_and_no_more() {
    for (offered, expected) in [
        (
            "sasl=PLAIN batch labeled-response echo-message message-tags server-time x",
            "CAP REQ :message-tags server-time batch labeled-response echo-message",
        ),
        ("labeled-response server-time", "CAP REQ server-time"),
        ("echo-message batch", "CAP END"),
        ("", "CAP END"),
    ] {
        let mut played = Played::new(true);
        played.connect();
        played.take();
        played.receive(":s CAP * LS * :tls");
        assert_eq!(played.lines(), [""; 0], "the list goes on");
        played.receive(&format!(":s CAP * LS :{offered}"));
        assert_eq!(played.lines(), [expected]);
        if let Some(list) = expected.strip_prefix("CAP REQ ") {
            let list = list.trim_start_matches(':');
            played.receive(&format!(":s CAP * ACK :{list}"));
            assert_eq!(played.lines(), ["CAP END"]);
        }
    }
}

#[test]
fn a_refused_negotiation_ends_and_one_without_end_ends_the_session() {
    let mut played = Played::new(true);
    played.connect();
    played.receive(":s CAP * LS :server-time");
    played.take();
    played.receive(":s CAP * NAK :server-time");
    assert_eq!(played.lines(), ["CAP END"]);

    let mut played = Played::new(true);
    played.connect();
    for _ in 0..20_000 {
        played.receive(":s CAP * LS * :a b c");
        if played.output.actions.contains(&SessionAction::Close) {
            played.take();
            played.lose("closed");
            let orders = played.take().actions;
            assert!(matches!(
                orders[..],
                [SessionAction::End(Outcome::Incomplete(
                    Incomplete::ProtocolBroken { .. }
                ))]
            ));
            return;
        }
    }
    panic!("it went on");
}

#[test]
fn servers_without_capabilities_let_people_in_all_the_same() {
    for answer in [
        ":s 421 * CAP :Unknown command",
        ":s 451 * :You have not registered",
        ":s 410 * LS :Invalid CAP command",
    ] {
        let mut played = Played::new(true);
        played.connect();
        played.receive(answer);
        assert_eq!(played.take().actions, []);
        played.register("alice");
        assert!(played.session.is_ready());
    }
}

#[test]
fn each_line_has_a_fence_and_refusals_are_reported_in_order() {
    let mut played = script_with("", false);
    played.script(&["hello", "@absent hi", "/quti", "bye"]);
    played.input_ended();
    let done = played.take();
    assert_eq!(
        done.lines.lines().collect::<Vec<_>>(),
        [
            "PRIVMSG #lobby :hello",
            "PING :chatroom-line-0",
            "PRIVMSG absent :hi",
            "PING :chatroom-line-1",
            "PRIVMSG #lobby :bye",
            "PING :chatroom-line-3"
        ]
    );
    assert_eq!(done.events, [], "line 2 may still be refused");
    played.receive(":s PONG s chatroom-line-0");
    played.receive(":s 401 alice absent :No such nick");
    played.receive(":s PONG s chatroom-line-1");
    assert_eq!(played.refused(), [2, 3]);
    played.receive(":s PONG s chatroom-line-3");
    assert_eq!(played.lines(), ["QUIT"]);
    played.lose("closed");
    assert_eq!(
        played.take().actions,
        [SessionAction::End(Outcome::Incomplete(
            Incomplete::LinesRefused
        ))]
    );
}

#[test]
fn labels_say_what_became_of_each_line_in_whatever_order() {
    let mut played = script_with(LABELS, false);
    played.script(&["hello", "@absent hi", "/who", "bye", "@no one"]);
    played.input_ended();
    assert_eq!(
        played.lines(),
        [
            "@label=chatroom-line-0 PRIVMSG #lobby :hello",
            "@label=chatroom-line-1 PRIVMSG absent :hi",
            "@label=chatroom-line-2 WHO #lobby",
            "@label=chatroom-line-3 PRIVMSG #lobby :bye",
            "@label=chatroom-line-4 PRIVMSG no :one"
        ]
    );
    played.receive("@label=chatroom-line-4 :s 401 alice no :No such nick");
    played.receive("@label=chatroom-line-3 :alice!~a@host PRIVMSG #lobby :bye");
    played.receive("@label=chatroom-line-1 :s 401 alice absent :No such nick");
    assert_eq!(played.events(), [], "the first line is still on its way");
    played.receive("@label=chatroom-line-0;msgid=x :alice!~a@host PRIVMSG #lobby :hello");
    assert_eq!(played.refused(), [2]);
    played.receive("@label=chatroom-line-2 :s BATCH +b labeled-response");
    played.receive("@batch=b :s 403 alice #lobby :No such channel");
    assert_eq!(played.events(), []);
    played.receive(":s BATCH -b");
    assert!(played.session.is_leaving());
    assert_eq!(played.refused(), [3, 5]);
}

#[test]
fn a_refusal_without_a_label_is_about_no_line_where_lines_have_labels() {
    let mut played = script_with(LABELS, false);
    played.script(&["hello"]);
    played.receive(":s 404 alice #other :Cannot send to channel");
    assert!(matches!(
        played.events()[..],
        [Event::Refused { line: None, .. }]
    ));
}

#[test]
fn a_strict_script_sends_nothing_after_a_refused_line() {
    let mut played = script_with("", true);
    played.script(&["hello"]);
    assert!(!played.session.wants_input());
    played.receive(":s PONG s chatroom-line-0");
    assert!(played.session.wants_input());
    played.take();
    let now = played.now;
    let line = ScriptLine::Typed("@absent hi");
    played.session.scripted(2, line, now, &mut played.output);
    played.receive(":s 401 alice absent :No such nick");
    played.receive(":s PONG s chatroom-line-1");
    assert!(!played.session.wants_input());
    let done = played.take();
    assert!(done.lines.ends_with("QUIT\r\n"), "{}", done.lines);
    assert_eq!(done.events.len(), 2);
}

#[test]
fn a_window_of_unanswered_lines_is_never_exceeded_and_grows() {
    let mut played = script_with("", false);
    let mut number = 0;
    let mut fill = |played: &mut Played| {
        let before = number;
        while played.session.wants_input() {
            number += 1;
            let now = played.now;
            let line = ScriptLine::Typed("x");
            played
                .session
                .scripted(number, line, now, &mut played.output);
        }
        number - before
    };
    let first = fill(&mut played);
    assert!((2..10).contains(&first), "{first}");
    let mut most = first;
    let mut answered = 0;
    for _ in 0..20 {
        played.now.elapsed += Duration::from_millis(1);
        for _ in 0..most {
            played.receive(&format!(":s PONG s chatroom-line-{answered}"));
            answered += 1;
        }
        most = fill(&mut played);
    }
    assert!(most > first + 10, "{most}");
}

#[test]
fn the_pieces_of_a_long_line_wait_for_the_window_too() {
    let mut played = script_with("", false);
    let text = "x".repeat(20_000);
    played.script(&[&text]);
    assert!(!played.session.wants_input());
    let mut pieces = 0;
    let mut answered = 0;
    loop {
        let lines = played.lines();
        let sent = lines.iter().filter(|line| line.starts_with("PRIVMSG"));
        let sent = sent.count();
        pieces += sent;
        assert!(sent <= 50, "{sent} at once");
        if sent == 0 {
            break;
        }
        played.now.elapsed += Duration::from_millis(1);
        while answered < pieces {
            played.receive(&format!(":s PONG s chatroom-line-{answered}"));
            answered += 1;
        }
    }
    assert!(pieces > 40, "{pieces}");
    assert!(played.session.wants_input());
}

#[test]
fn a_lost_server_tells_what_is_known_of_each_line() {
    for capabilities in ["", LABELS] {
        let mut played = script_with(capabilities, false);
        let start = played.output.offset();
        played.script(&["one", "@absent two", "three", "four"]);
        let unsent = played.output.lines.find("four").unwrap() as u64;
        played.output.written_bytes = start + unsent - 60;
        if capabilities.is_empty() {
            played.receive(":s PONG s chatroom-line-0");
            played.receive(":s 401 alice absent :No such nick");
        } else {
            played.receive("@label=chatroom-line-0 :s ACK");
            played.receive("@label=chatroom-line-1 :s 401 alice absent :No such nick");
        }
        played.lose("connection reset");
        let done = played.take();
        assert!(matches!(
            done.events[..],
            [Event::Refused { line: Some(2), .. }]
        ));
        let [SessionAction::End(Outcome::Incomplete(Incomplete::ServerGone { reason, report }))] =
            &done.actions[..]
        else {
            panic!("{:?}", done.actions);
        };
        assert_eq!(
            *reason,
            CloseReason::Io(SharedError::new("connection reset"))
        );
        assert_eq!(
            report.as_ref().unwrap().to_string(),
            "lines delivered: 1; unknown: 3; not sent: 4, and from 5 on"
        );
    }
}

#[test]
fn a_long_line_that_went_out_in_part_is_unknown() {
    let mut played = script_with("", false);
    let text = "x".repeat(20_000);
    played.script(&[&text]);
    played.output.written_bytes = u64::MAX;
    played.receive(":s PONG s chatroom-line-0");
    played.receive(":s PONG s chatroom-line-3");
    played.output.lines.clear();
    played.input_ended();
    played.lose("gone");
    let orders = played.take().actions;
    let [SessionAction::End(Outcome::Incomplete(Incomplete::ServerGone { report, .. }))] =
        &orders[..]
    else {
        panic!("{orders:?}");
    };
    assert_eq!(
        report.as_ref().unwrap().to_string(),
        "lines delivered: none; unknown: 1; not sent: none"
    );
}

#[test]
fn a_script_whose_server_says_why_it_goes_repeats_that() {
    let mut played = script_with("", false);
    played.receive(":s ERROR :Closing Link: alice (Server shutting down)");
    played.lose("closed");
    let words = "Closing Link: alice (Server shutting down)".to_owned();
    let incomplete = Incomplete::ServerGone {
        reason: CloseReason::ServerError(words),
        report: None,
    };
    assert_eq!(
        played.take().actions,
        [SessionAction::End(incomplete.into())]
    );
}

#[test]
fn a_script_quits_after_its_last_answer() {
    let mut played = script_with("", false);
    played.script(&["hello", "/quit so long"]);
    assert!(!played.session.wants_input());
    assert!(!played.lines().contains(&"QUIT :so long".to_owned()));
    played.receive(":s PONG s chatroom-line-0");
    assert_eq!(played.lines(), ["QUIT :so long"]);
}

#[test]
fn a_script_that_cannot_enter_its_room_says_nothing_elsewhere() {
    let mut played = Played::new(true);
    played.session.settings.rooms = vec![parse_room("#builds").unwrap()];
    played.connect();
    played.receive(":s 001 alice :Welcome");
    played.receive(":s 422 alice :no MOTD");
    played.receive(":s 474 alice #builds :Cannot join channel (+b)");
    played.receive(":s PONG s chatroom-settled");
    let orders = played.take().actions;
    assert!(matches!(
        orders[..],
        [SessionAction::End(Outcome::Incomplete(
            Incomplete::RoomNotEntered { .. }
        ))]
    ));
}

#[test]
fn a_server_that_never_answers_a_label_is_left_in_the_end() {
    let mut played = script_with(LABELS, false);
    played.script(&["one", "two"]);
    played.output.written_bytes = u64::MAX;
    played.receive("@label=chatroom-line-1 :s ACK");
    for _ in 0..5 {
        played.wait(20);
        played.receive(":bob!b@h PRIVMSG #lobby :the server lives");
    }
    assert_eq!(played.take().actions, []);
    assert!(played.session.next_deadline().unwrap() <= Duration::from_secs(120));
    played.wait(20);
    assert_eq!(played.take().actions, [SessionAction::Close]);
    // It was taken with the rest.
    played.output.written_bytes = u64::MAX;
    played.lose("closed");
    let orders = played.take().actions;
    let [SessionAction::End(Outcome::Incomplete(Incomplete::ProtocolBroken { report, .. }))] =
        &orders[..]
    else {
        panic!("{orders:?}");
    };
    assert_eq!(
        report.as_ref().unwrap().to_string(),
        "lines delivered: 2; unknown: 1; not sent: from 3 on"
    );
}
