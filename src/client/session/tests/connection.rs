//! A connection that is lost, silent, or ended.

use super::*;

#[test]
fn a_lost_server_is_tried_again_with_growing_waits_and_rooms_and_nick_are_taken_back() {
    let mut played = Played::ready(false);
    played.type_line("/join #dev");
    played.receive(":alice!~a@host JOIN #dev");
    played.receive(":s 353 alice = #dev :alice");
    played.receive(":s 366 alice #dev :End");
    played.take();
    for seconds in [1, 2, 4, 8, 16, 30, 30] {
        played.lose("connection reset");
        let after = Duration::from_secs(seconds);
        assert_eq!(played.take().actions, [SessionAction::Reconnect { after }]);
    }
    played.connect();
    played.take();
    // The lost connection still holds the nick.
    played.receive(":s 433 * alice :in use");
    assert_eq!(played.lines(), ["NICK alice_"]);
    played.receive(":s 001 alice_ :Welcome");
    played.receive(":s 422 alice_ :no MOTD");
    assert_eq!(
        played.lines(),
        ["JOIN #lobby", "JOIN #dev", "PING :chatroom-settled"]
    );
    for room in ["#lobby", "#dev"] {
        played.receive(&format!(":alice_!~a@host JOIN {room}"));
        played.receive(&format!(":s 353 alice_ = {room} :alice_ alice"));
        played.receive(&format!(":s 366 alice_ {room} :End"));
    }
    played.receive(":s PONG s chatroom-settled");
    let regaining = ["NICK alice", "PING :chatroom-nick"];
    assert_eq!(played.lines(), regaining);
    assert_eq!(played.session.active_room(), Some("#dev"));
    // Still taken: that is no update. Free a moment later: taken at once.
    played.receive(":s 433 alice_ alice :in use");
    assert_eq!(played.events(), []);
    played.receive(":alice!~a@host QUIT :Ping timeout");
    assert_eq!(played.lines(), regaining);
    played.receive(":alice_!~a@host NICK alice");
    assert_eq!(played.session.nick(), "alice");
    assert_eq!(played.session.identity.regain_at, None);
}

#[test]
fn what_is_typed_while_the_server_is_gone_goes_out_once_in_order_and_where_it_was_typed() {
    let mut played = Played::ready(false);
    played.lose("connection reset");
    played.take();
    played.type_line("one");
    played.type_line("@bob two");
    played.type_line("/nick other");
    let events = played.events();
    assert!(matches!(events[2], Event::InputRejected { .. }));
    played.connect();
    played.take();
    played.register("alice");
    assert_eq!(
        played.lines(),
        [
            "JOIN #lobby",
            "PING :chatroom-settled",
            "PRIVMSG #lobby :one",
            "PRIVMSG bob :two"
        ]
    );
}

impl Played {
    /// The machine sleeps: only the wall clock goes on.
    fn sleep(&mut self, seconds: i64) {
        self.now.unix_seconds += seconds;
    }

    /// Both clocks go on.
    fn pass(&mut self, seconds: u8) {
        self.now.unix_seconds += i64::from(seconds);
        self.wait(seconds.into());
    }
}

#[test]
fn a_server_that_does_not_answer_after_the_machine_has_slept_is_left_within_seconds() {
    let mut played = Played::ready(false);
    played.pass(2);
    played.sleep(3_600);
    played.pass(2);
    assert_eq!(played.lines(), ["PING :chatroom-alive"]);
    let limit = played.now.elapsed + Duration::from_secs(3);
    assert_eq!(played.session.next_deadline(), Some(limit));
    played.pass(3);
    assert_eq!(played.take().actions, [SessionAction::Close]);
    played.lose("closed");
    let done = played.take();
    let after = Duration::from_secs(1);
    assert_eq!(done.actions, [SessionAction::Reconnect { after }]);
    assert!(
        matches!(&done.events[..], [Event::ServerLost { why, .. }]
            if why == "no answer from the server after this machine slept"),
        "{:?}",
        done.events
    );
}

#[test]
fn a_server_that_answers_after_the_machine_has_slept_is_kept() {
    let mut played = Played::ready(false);
    played.pass(2);
    played.sleep(60);
    played.pass(2);
    assert_eq!(played.lines(), ["PING :chatroom-alive"]);
    played.receive(":s PONG s chatroom-alive");
    for _ in 0..5 {
        played.pass(3);
    }
    assert_eq!(played.take().actions, []);
    // A clock that is set by a little, or back, is no sleep.
    for seconds in [9, -3_600] {
        played.sleep(seconds);
        played.pass(2);
        assert_eq!(played.lines(), [""; 0], "{seconds}");
    }
}

// A71.
#[test]
fn silence_is_asked_about_and_then_taken_for_death() {
    let mut played = Played::ready(false);
    assert_eq!(
        played.session.next_deadline(),
        Some(Duration::from_secs(30))
    );
    played.wait(30);
    assert_eq!(played.lines(), ["PING :chatroom-alive"]);
    played.wait(29);
    assert_eq!(played.take().actions, []);
    played.type_line("one");
    played.wait(1);
    assert_eq!(played.take().actions, [SessionAction::Close]);
    played.lose("closed");
    let done = played.take();
    assert!(
        matches!(&done.events[..], [Event::ServerLost { why, .. }, ..] if why.ends_with("60 s")),
        "{:?}",
        done.events
    );
    assert!(matches!(
        &done.actions[..],
        [SessionAction::Reconnect { .. }]
    ));
    // Lines that the dead connection did not take go out then, before those typed meanwhile.
    played.type_line("two");
    played.connect();
    played.register("alice");
    let mut lines = played.lines();
    lines.retain(|line| line.starts_with("PRIVMSG"));
    assert_eq!(lines, ["PRIVMSG #lobby :one", "PRIVMSG #lobby :two"]);
}

#[test]
fn a_ping_is_answered_with_its_token() {
    let mut played = Played::ready(false);
    played.receive("PING :a b");
    assert_eq!(played.lines(), ["PONG :a b"]);
}

#[test]
fn quitting_waits_for_the_server_but_not_for_ever() {
    let mut played = Played::ready(false);
    played.type_line("/quit see you");
    assert_eq!(played.lines(), ["QUIT :see you"]);
    played.lose("closed");
    assert_eq!(played.take().actions, [SessionAction::End(Outcome::Done)]);

    let mut played = Played::ready(false);
    played.type_line("/quit");
    assert_eq!(played.lines(), ["QUIT"]);
    played.wait(1);
    assert_eq!(played.take().actions, [SessionAction::End(Outcome::Done)]);
}

#[test]
fn commands_about_networks_are_for_the_driver_and_not_for_scripts() {
    let mut played = Played::ready(false);
    let named = |name: &str| Some(name.to_owned());
    for (line, action) in [
        (
            "/connect other.example",
            SessionAction::Connect {
                server: "other.example".to_owned(),
            },
        ),
        ("/disconnect", SessionAction::Disconnect { network: None }),
        (
            "/disconnect libera",
            SessionAction::Disconnect {
                network: named("libera"),
            },
        ),
        ("/networks", SessionAction::ListNetworks),
    ] {
        played.type_line(line);
        let output = played.take();
        assert_eq!(output.actions, [action], "{line}");
        assert!(output.lines.is_empty(), "{line}");
    }
    let mut played = Played::ready(true);
    for (number, line) in [(1, "/connect other.example"), (2, "/disconnect")] {
        let line = ScriptLine::Typed(line);
        let now = played.now;
        played
            .session
            .scripted(number, line, now, &mut played.output);
        let output = played.take();
        assert!(output.actions.is_empty(), "{output:?}");
        let [Event::InputRejected { error, .. }] = &output.events[..] else {
            panic!("{output:?}");
        };
        assert_eq!(*error, InputError::ScriptKeepsServer);
    }
}

#[test]
fn a_persistent_session_goes_on_when_the_first_connection_fails_or_is_refused() {
    let persistent = || {
        let mut played = Played::new(false);
        played.session.settings.persistent = true;
        played
    };
    let mut played = persistent();
    let note = played.session.offline_note(Duration::ZERO);
    assert_eq!(note.as_deref(), Some("connecting"));
    played.lose("connection refused");
    let output = played.take();
    assert!(
        matches!(output.actions[..], [SessionAction::Reconnect { .. }]),
        "{output:?}"
    );
    played.connect();
    played.receive(":s 464 * :Password incorrect");
    let output = played.take();
    assert_eq!(output.actions, [SessionAction::Close]);
    played.lose("closed");
    let output = played.take();
    assert!(output.actions.is_empty(), "{output:?}");
    let [Event::Note { words }] = &output.events[..] else {
        panic!("{output:?}");
    };
    let expected = "The server refused the connection: password missing or incorrect";
    assert!(words.starts_with(expected), "{words}");
    // The nick is in use: no question disturbs what is typed for another network.
    let mut played = persistent();
    played.session.settings.alternatives = vec!["alicia".to_owned()];
    played.connect();
    played.take();
    for wanted in ["alicia", "alicia_"] {
        played.receive(":s 433 * alice :Nickname is already in use");
        let output = played.take();
        let nick = format!("NICK {wanted}\r\n");
        assert!(output.lines.starts_with(&nick), "{output:?}");
        assert!(output.actions.is_empty(), "{output:?}");
    }
}

#[test]
fn a_server_that_does_not_welcome_the_user_is_reported_once() {
    let mut played = Played::new(false);
    played.connect();
    played.take();
    assert_eq!(played.session.next_deadline(), Some(GREETING_LATE));
    played.wait(2);
    let words = "Connected; waiting for the server's greeting.".to_owned();
    assert_eq!(played.events(), [Event::Note { words }]);
    played.wait(2);
    assert_eq!(played.events(), []);

    let mut played = Played::new(false);
    played.connect();
    // Lines before the welcome are not shown.
    played.receive(":s NOTICE * :looking up your host name");
    played.receive(":s CAP * LS :server-time");
    played.receive("PING :cookie");
    played.take();
    played.wait(2);
    let words = "Connected; waiting for the server's greeting.".to_owned();
    assert_eq!(played.events(), [Event::Note { words }]);
    played.receive(":s 001 alice :Welcome");
    played.take();
    played.wait(2);
    assert_eq!(played.events(), []);

    // A user who is asked for another nick does not wait for the server.
    let mut played = Played::new(false);
    played.connect();
    played.receive(":s 433 * alice :Nickname is already in use");
    played.take();
    played.wait(2);
    assert_eq!(played.events(), []);
    let now = played.now;
    played.session.answer_nick("ann", now, &mut played.output);
    played.take();
    played.wait(2);
    assert_eq!(played.events().len(), 1);
}

#[test]
fn the_person_of_a_url_is_named_once() {
    let mut played = Played::new(false);
    played.session.settings.person = Some("bob".to_owned());
    played.connect();
    played.register("alice");
    let words = "@bob TEXT whispers to bob.".to_owned();
    let note = Event::Note { words };
    assert!(played.events().contains(&note));
    played.lose("connection reset");
    played.connect();
    played.register("alice");
    assert!(!played.events().contains(&note));
}

#[test]
fn a_night_without_a_server_leaves_a_few_lines_and_the_prompt_has_the_rest() {
    let mut played = Played::ready(false);
    played.lose("connection reset");
    assert_eq!(played.events().len(), 1);
    let mut shown = 0;
    for _ in 0..960 {
        played.lose("connection refused");
        shown += played.events().len();
    }
    assert!((5..=10).contains(&shown), "{shown}");
    let note = |played: &Played, seconds| {
        let elapsed = played.now.elapsed + Duration::from_secs(seconds);
        played.session.offline_note(elapsed)
    };
    let at = played.now.elapsed + Duration::from_secs(31);
    played.session.plan_retry(Some(at));
    for (seconds, shown) in [
        (0, "offline, next try in 35 s"),
        (2, "offline, next try in 30 s"),
        (26, "offline, next try in 5 s"),
        (27, "offline"),
        (31, "offline"),
    ] {
        assert_eq!(note(&played, seconds).as_deref(), Some(shown));
    }
    played.connect();
    assert_eq!(note(&played, 0).as_deref(), Some("offline"));
    played.register("alice");
    assert_eq!(note(&played, 0), None);
}

#[test]
fn a_session_lost_before_its_welcome_is_complete_is_greeted_once() {
    let greetings = |events: Vec<Event>| {
        let greeting = |event: &Event| match event {
            Event::ServerBack => Some("back"),
            Event::Entered { first: true, .. } => Some("first"),
            Event::Entered { .. } => Some("again"),
            _ => None,
        };
        events.iter().filter_map(greeting).collect::<Vec<_>>()
    };
    // Whether the connection is lost after the lobby is entered, and the greetings.
    for (in_lobby, before, after) in [
        (false, &[][..], ["back", "first"]),
        (true, &["first"], ["back", "again"]),
    ] {
        let mut played = Played::new(false);
        played.session.settings.persistent = true;
        played.connect();
        played.receive(":s 001 alice :Welcome");
        if in_lobby {
            played.receive(":s 376 alice :End");
            played.receive(":alice!~a@host JOIN #lobby");
            played.receive(":s 366 alice #lobby :End");
        }
        assert_eq!(greetings(played.events()), before, "{in_lobby}");
        played.lose("gone");
        played.connect();
        played.take();
        played.receive(":s 001 alice :Welcome");
        played.receive(":s 376 alice :End");
        played.receive(":alice!~a@host JOIN #lobby");
        played.receive(":s 366 alice #lobby :End");
        played.receive(":s PONG s chatroom-settled");
        assert_eq!(greetings(played.events()), after, "{in_lobby}");
    }
}
