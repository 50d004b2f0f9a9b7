//! Coming in, for the first time and again: what servers say meanwhile, and which nick they give.

use super::*;
use crate::client::session::state::identity::SPELLINGS_MAX;

/// Lost, and connected again up to the registration.
fn reconnect(played: &mut Played) {
    played.lose("gone");
    played.connect();
    played.take();
}

#[test]
fn a_server_that_asks_for_patience_is_entered() {
    for line in [
        ":s 439 * :Please wait while we process your connection.",
        ":s 502 * :odd",
        ":s NOTICE AUTH :*** Looking up your hostname",
    ] {
        let mut played = Played::new(true);
        played.connect();
        played.receive(line);
        played.register("alice");
        assert!(played.session.is_ready(), "{line}");
        assert_eq!(played.take().actions, []);
    }
    let mut played = Played::new(true);
    played.connect();
    played.receive(":s 465 alice :You are banned");
    assert!(matches!(
        &played.take().actions[..],
        [SessionAction::End(Outcome::Incomplete(
            Incomplete::RegistrationRefused { .. }
        ))]
    ));
}

/// A102: another attempt would get the same answer.
#[test]
fn a_refused_registration_is_final_at_a_reconnection_too() {
    for (refusal, said) in [
        (":s 465 alice :You are banned", "You are banned"),
        (":s 464 alice :Password incorrect", "password"),
    ] {
        let mut played = Played::ready(false);
        reconnect(&mut played);
        played.receive(refusal);
        assert_eq!(played.take().actions, [SessionAction::Close]);
        played.receive("ERROR :Closing link");
        played.lose("closed");
        let done = played.take();
        assert_eq!(done.actions, [], "no attempt follows");
        assert!(
            matches!(&done.events[..], [Event::Note { words }]
                if words.contains(said) && words.ends_with(". /reconnect tries again.")),
            "{:?}",
            done.events
        );
        let offline = played.session.offline_note(played.now.elapsed);
        assert_eq!(offline.as_deref(), Some("offline"));
        played.type_line("/reconnect");
        let after = Duration::ZERO;
        assert_eq!(played.take().actions, [SessionAction::Reconnect { after }]);
        // The next failure is that of the connection, which is tried again.
        played.lose("connection refused");
        let actions = played.take().actions;
        assert!(matches!(&actions[..], [SessionAction::Reconnect { .. }]));
    }
}

#[test]
fn a_nick_refused_at_a_reconnection_is_changed_while_offline() {
    let mut played = Played::ready(false);
    reconnect(&mut played);
    played.receive(":s 432 * alice :Erroneous nickname");
    played.lose("closed");
    let done = played.take();
    assert_eq!(done.actions, [SessionAction::Close]);
    assert!(
        matches!(&done.events[..], [Event::Note { words }] if words.contains("/nick")),
        "{:?}",
        done.events
    );
    played.type_line("/nick ann");
    let after = Duration::ZERO;
    assert_eq!(played.take().actions, [SessionAction::Reconnect { after }]);
    played.connect();
    assert!(played.lines().contains(&"NICK ann".to_owned()));
}

/// The lost connection may hold it for a while yet.
#[test]
fn a_nick_in_use_at_a_reconnection_is_tried_again() {
    let mut played = Played::ready(false);
    reconnect(&mut played);
    for _ in 0..=SPELLINGS_MAX {
        let nick = played.session.nick().to_owned();
        played.receive(&format!(":s 433 * {nick} :in use"));
    }
    played.lose("closed");
    let done = played.take();
    assert!(matches!(
        &done.actions[..],
        [SessionAction::Close, SessionAction::Reconnect { .. }]
    ));
    assert!(
        matches!(&done.events[..], [Event::ServerLost { why, .. }] if why.contains("in use")),
        "{:?}",
        done.events
    );
}

#[test]
fn a_welcome_that_crosses_a_farewell_does_not_undo_it() {
    let mut played = Played::ready(false);
    reconnect(&mut played);
    played.type_line("/quit");
    played.receive(":s 001 alice :Welcome");
    played.wait(2);
    assert_eq!(played.take().actions, [SessionAction::End(Outcome::Done)]);
}

#[test]
fn a_nick_given_by_the_server_is_neither_fought_nor_asked_for_again() {
    let mut played = Played::ready(false);
    played.receive(":alice!~a@host NICK 42XAAAAAB");
    played.take();
    played.receive(":alice!x@y QUIT :bye");
    played.wait(29);
    assert_eq!(played.lines(), [""; 0]);
    played.lose("gone");
    played.connect();
    assert_eq!(played.lines()[1], "NICK alice");
}

#[test]
fn a_nick_that_has_become_impossible_gives_way_to_those_configured() {
    let mut played = Played::new(false);
    played.session.settings.alternatives = vec!["ali".into()];
    played.connect();
    played.register("alice");
    played.take();
    played.type_line("/nick 日本");
    played.receive(":alice!~a@host NICK 日本");
    reconnect(&mut played);
    for another in ["alice", "ali"] {
        played.receive(":s 432 * x :Erroneous nickname");
        assert_eq!(played.lines(), [format!("NICK {another}")]);
    }
    played.receive(":s 432 * ali :Erroneous nickname");
    assert_eq!(played.take().actions, [SessionAction::Close]);
}

#[test]
fn a_nick_cut_by_the_server_is_the_nick() {
    let mut played = Played::new(false);
    played.session.settings.nick = "alexander-the-great".into();
    played.connect();
    played.register("alexander");
    assert_eq!(played.lines().last().unwrap(), "PING :chatroom-settled");
    played.type_line("/nick bartholomew");
    played.receive(":alexander!a@h NICK bartholom");
    assert_eq!(played.session.settings.nick, "bartholom");
}

#[test]
fn a_nick_that_others_keep_is_asked_for_less_and_less_and_hides_no_other_refusal() {
    let mut played = Played::ready(false);
    reconnect(&mut played);
    played.receive(":s 433 * alice :in use");
    played.register("alice_");
    played.take();
    played.receive(":s 447 alice_ :Can not change nickname while on #lobby");
    played.receive(":s PONG s chatroom-nick");
    assert_eq!(played.events(), []);
    let mut asked = Vec::new();
    for second in 1..100 {
        played.receive(":s PONG s chatroom-alive");
        played.wait(1);
        if played.lines().contains(&"NICK alice".to_owned()) {
            asked.push(second);
            played.receive(":s 433 alice_ alice :in use");
            played.receive(":s PONG s chatroom-nick");
            assert_eq!(played.events(), []);
        }
    }
    assert_eq!(asked, [15, 45]);
    played.receive(":s 433 alice_ alice :in use");
    assert!(matches!(&played.events()[..], [Event::Refused { .. }]));
}

#[test]
fn a_server_without_an_end_of_its_greeting_is_entered_all_the_same() {
    let mut played = Played::new(false);
    played.connect();
    played.receive(":s 001 alice :Welcome");
    played.take();
    played.wait(5);
    assert_eq!(played.lines(), ["PING :chatroom-settled"]);
    played.receive(":s 376 alice :End of MOTD");
    assert_eq!(played.lines(), [""; 0]);
}

#[test]
fn coming_back_says_so_first_repeats_that_one_is_away_and_not_the_greeting() {
    let mut played = Played::ready(false);
    played.type_line("/away at lunch");
    played.receive(":s 306 alice :away");
    reconnect(&mut played);
    played.receive(":s 001 alice :Welcome");
    played.receive(":s 372 alice :- the usual");
    played.receive(":s 376 alice :End");
    // No one in a room sees someone come in who is there.
    let back = played.take();
    assert!(back.lines.starts_with("AWAY :at lunch\r\n"), "{back:?}");
    played.receive(":alice!~a@host JOIN #lobby");
    played.receive(":s 366 alice #lobby :End");
    let events = [back.events, played.events()].concat();
    assert!(
        matches!(&events[..], [Event::ServerBack, Event::Entered { .. }]),
        "{events:?}"
    );
    played.receive(":s PONG s chatroom-settled");
    assert_eq!(played.lines(), [""; 0]);
    played.type_line("/away");
    played.receive(":s 305 alice :back");
    reconnect(&mut played);
    played.register("alice");
    assert!(!played.lines().contains(&"AWAY :at lunch".to_owned()));
}

#[test]
fn a_ping_too_long_to_answer_whole_is_no_error() {
    let mut played = Played::ready(true);
    played.receive(&format!("PING :{}", "x".repeat(600)));
    let done = played.take();
    assert!(done.lines.starts_with("PONG :xxx"));
    assert_eq!(done.events, []);
}

#[test]
fn the_user_name_is_one_that_servers_take() {
    for (nick, user) in [("_bob_", "bob"), ("[alice]2", "alice2"), ("日本", "user")] {
        let mut played = Played::new(true);
        played.session.settings.user = None;
        played.session.settings.nick = nick.into();
        played.connect();
        assert!(played.lines()[2].starts_with(&format!("USER {user} ")));
    }
    // One that was chosen can name an account and a network of a bouncer.
    for (chosen, user) in [
        ("ann/libera", "ann/libera"),
        ("ann@laptop/libera", "ann@laptop/libera"),
        (":a b\n", "ab"),
        (" ", "user"),
    ] {
        let mut played = Played::new(false);
        played.session.settings.user = Some(chosen.into());
        played.connect();
        assert!(played.lines()[2].starts_with(&format!("USER {user} ")));
    }
}

#[test]
fn reconnect_does_not_wait_for_the_next_attempt() {
    let mut played = Played::ready(false);
    played.type_line("/reconnect");
    assert_eq!(played.take().actions, [SessionAction::Close]);
    played.lose("closed");
    let after = Duration::from_secs(1);
    assert_eq!(played.take().actions, [SessionAction::Reconnect { after }]);
    played.type_line("/reconnect");
    let after = Duration::ZERO;
    assert_eq!(played.take().actions, [SessionAction::Reconnect { after }]);
}

#[test]
fn a_room_is_joined_with_the_key_after_its_name() {
    let mut played = Played::with_rooms(false, &["#ops sesame", "#dev"]);
    played.connect();
    played.take();
    played.register("alice");
    let lines = played.lines();
    assert_eq!(lines[..2], ["JOIN #ops sesame", "JOIN #dev"]);
}

#[test]
fn a_room_that_leads_to_another_is_the_other_from_then_on() {
    let mut played = Played::ready(false);
    played.type_line("/join #a");
    played.receive(":s 470 alice #a ##a :Forwarding to another channel");
    played.receive(":alice!~a@host JOIN ##a");
    assert_eq!(played.session.active_room(), Some("##a"));
    // And a refusal ends the wish for a room.
    played.type_line("/join #b");
    played.receive(":s 473 alice #b :Cannot join channel (+i)");
    played.receive(":alice!~a@host JOIN #b");
    assert_eq!(played.session.active_room(), Some("##a"));
}

#[test]
fn what_is_said_to_the_operators_of_a_room_is_marked_and_counted_there() {
    let mut played = Played::ready(false);
    played.type_line("/join #dev");
    played.receive(":alice!~a@host JOIN #dev");
    played.take();
    for target in ["@#lobby", "&#lobby", "@%#lobby"] {
        played.receive(&format!(":bob!b@h PRIVMSG {target} :hush"));
        let events = played.events();
        assert!(
            matches!(&events[..], [Event::Said { room, .. }] if room == target),
            "{events:?}"
        );
    }
    assert_eq!(played.session.unread().messages, 3);
}

#[test]
fn words_that_were_chosen_call_as_the_nick_does() {
    let mut played = Played::ready(false);
    for (text, calls) in [
        ("Deploy now", true),
        ("alice?", true),
        ("deployed", false),
        ("malice", false),
        ("\x0304alice\x03: hi", true),
        ("\x02al\x02ice", true),
        ("de\x1d\x0399,1ploy", true),
        ("\x02m\x02alice", false),
    ] {
        played.receive(&format!(":bob!b@h PRIVMSG #lobby :{text}"));
        assert!(
            matches!(&played.events()[..], [Event::Said { mention, .. }] if *mention == calls),
            "{text}"
        );
    }
}

#[test]
fn a_user_without_an_address_is_not_the_server() {
    let mut played = Played::ready(false);
    played.receive(":bob PRIVMSG #lobby :hi");
    assert!(matches!(&played.events()[..], [Event::Said { nick, .. }] if nick == "bob"));
    for server in ["s", "irc.example.net"] {
        played.receive(&format!(":{server} NOTICE alice :hi"));
        assert!(matches!(&played.events()[..], [Event::ServerSaid { .. }]));
    }
}

/// A session whose names are its nick.
fn unnamed(script: bool) -> Played {
    let mut played = Played::new(script);
    played.session.settings.user = None;
    played.session.settings.real_name = None;
    played.connect();
    played
}

#[test]
fn the_names_a_server_is_told_are_those_of_the_nick_that_can_be_had() {
    let mut played = unnamed(false);
    assert_eq!(played.lines(), ["CAP LS 302", "NICK alice", "CAP LIST"]);
    played.receive(":s CAP * LS * :batch");
    played.receive(":s CAP * LS :chghost");
    played.receive(":s 433 * alice :Nickname is already in use");
    played.receive(":s CAP * LIST * :");
    played.receive(":s CAP * LIST :");
    // The person thinks about another one for as long as they like.
    played.wait(5);
    assert_eq!(played.lines(), ["CAP REQ chghost"]);
    played.receive(":s CAP * ACK chghost");
    let now = played.now;
    let (session, output) = (&mut played.session, &mut played.output);
    session.answer_nick("bob", now, output);
    assert_eq!(played.lines(), ["NICK bob", "CAP LIST"]);
    played.receive(":s 433 * bob :Nickname is already in use");
    played.receive(":s CAP * LIST :chghost");
    let (session, output) = (&mut played.session, &mut played.output);
    session.answer_nick("carol", now, output);
    played.take();
    played.receive(":s CAP * LIST :chghost");
    assert_eq!(played.lines(), ["USER carol 0 * :carol", "CAP END"]);
    played.register("carol");
    assert!(played.session.is_ready());
    // From then on the names are known before.
    played.lose("gone");
    played.take();
    played.connect();
    assert_eq!(
        played.lines(),
        ["CAP LS 302", "NICK carol", "USER carol 0 * :carol"]
    );
}

#[test]
fn a_server_that_knows_no_capabilities_is_told_the_names_all_the_same() {
    for answer in [
        ":s 421 * CAP :Unknown command",
        ":s 451 * :Register first",
        ":s 410 * LIST :What?",
    ] {
        let mut played = unnamed(false);
        played.take();
        played.receive(answer);
        assert_eq!(played.lines(), [""; 0], "{answer}");
        played.receive(answer);
        assert_eq!(played.lines(), ["USER alice 0 * :alice"], "{answer}");
        played.receive(answer);
        assert_eq!(played.lines(), [""; 0], "{answer}");
    }
    let mut silent = unnamed(false);
    silent.take();
    assert_eq!(silent.session.next_deadline(), Some(Duration::from_secs(1)));
    silent.wait(1);
    assert_eq!(silent.lines(), ["USER alice 0 * :alice"]);
    silent.wait(1);
    assert_eq!(silent.lines(), [""; 0]);
    // A script that has no other nick takes no other.
    assert_eq!(
        unnamed(true).lines(),
        ["CAP LS 302", "NICK alice", "USER alice 0 * :alice"]
    );
}

#[test]
fn what_the_configuration_wants_first_is_done_before_rooms_are_entered_each_time() {
    let mut played = Played::with_rooms(false, &["#dev"]);
    played.set_on_connect(&[
        "/msg NickServ identify hunter2",
        "/raw MODE alice +x",
        "/away reading",
        "/j #first",
        "/rooms",
    ]);
    let done = [
        "PRIVMSG NickServ :identify hunter2",
        "MODE alice +x",
        "AWAY :reading",
        "JOIN #first",
        "JOIN #dev",
        "PING :chatroom-settled",
    ];
    for _ in 0..2 {
        played.connect();
        played.take();
        played.receive(":s 001 alice :Welcome alice!~a@host");
        assert_eq!(played.lines(), [""; 0]);
        played.receive(":s 376 alice :End of MOTD");
        // The echo, on servers that send one.
        played.receive(":alice!~a@host PRIVMSG NickServ :identify hunter2");
        let output = played.take();
        assert_eq!(output.lines.lines().collect::<Vec<_>>(), done);
        assert!(matches!(&output.events[..], [Event::InputRejected { .. }]));
        played.receive(":alice!~a@host JOIN #dev");
        played.receive(":s 366 alice #dev :End");
        played.receive(":s 401 alice NickServ :No such nick");
        played.receive(":s PONG s chatroom-settled");
        let events = played.events();
        let is_refusal = |event: &Event| matches!(event, Event::Refused { text: None, .. });
        assert!(events.iter().any(is_refusal), "{events:?}");
        assert!(!format!("{events:?}").contains("hunter2"));
        assert_eq!(played.session.active_room(), Some("#dev"));
        played.lose("gone");
        played.take();
    }
}

#[test]
fn a_room_that_waits_for_a_service_is_entered_when_that_knows_who_one_is() {
    for identified in [
        ":s 900 alice alice!~a@host alice :You are now logged in as alice",
        ":NickServ!s@services MODE alice :+r",
    ] {
        let mut played = Played::with_rooms(false, &["#dev key", "#open"]);
        played.set_on_connect(&["/msg NickServ identify hunter2"]);
        played.connect();
        played.receive(":s 001 alice :Welcome");
        played.receive(":s 422 alice :no MOTD");
        for _ in 0..3 {
            played.receive(":s 477 alice #DEV :Cannot join channel (+r)");
        }
        played.receive(":s 477 alice #other :You need a registered nick to speak");
        played.receive(":s PONG s chatroom-settled");
        played.take();
        played.receive(identified);
        assert_eq!(played.lines(), ["JOIN #DEV key"], "{identified}");
        played.receive(identified);
        assert_eq!(played.lines(), [""; 0], "once is enough");
    }
}
