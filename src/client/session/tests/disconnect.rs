//! Rooms that are left, wanted or not, and people who go by another nick: what is said reaches
//! those it is meant for, or no one.

use super::*;

fn enter(played: &mut Played, room: &str) {
    played.type_line(&format!("/join {room}"));
    played.receive(&format!(":alice!~a@host JOIN {room}"));
    played.receive(&format!(":s 366 alice {room} :End"));
    played.take();
}

#[test]
fn a_hosted_room_closes_with_its_host_only_when_that_is_confirmed() {
    let mut played = Played::ready(false);
    played.session.settings.hosts = true;
    played.type_line("/quit");
    let warned = played.take();
    assert_eq!(warned.lines, "");
    let error = InputError::RoomInUse {
        nick: "bob".into(),
        others: 0,
    };
    assert_eq!(
        error.to_string(),
        "bob is here and the room closes with you: /quit again closes it, /quit --keep leaves it running."
    );
    let line = None;
    assert_eq!(warned.events, [Event::InputRejected { error, line }]);
    // Another command takes the warning back.
    played.type_line("/names");
    played.type_line("/quit");
    assert!(!played.take().lines.contains("QUIT"));
    played.type_line("/quit so long");
    assert_eq!(played.take().lines, "QUIT :so long\r\n");
    played.lose("closed");
    assert_eq!(
        played.take().actions,
        [SessionAction::End(Outcome::CloseRoom)]
    );
}

#[test]
fn a_hosted_room_stays_when_the_host_wants_it_to_or_is_ended_by_a_signal() {
    let now = SessionTime::default();
    for by_signal in [false, true] {
        let mut played = Played::ready(false);
        played.session.settings.hosts = true;
        match by_signal {
            true => played.session.quit(Some("hangup"), now, &mut played.output),
            false => played.type_line("/quit --keep"),
        }
        assert!(played.take().lines.starts_with("QUIT"));
        played.lose("closed");
        assert_eq!(played.take().actions, [SessionAction::End(Outcome::Done)]);
    }
}

#[test]
fn a_hosted_room_without_others_closes_at_once() {
    let mut played = Played::ready(false);
    played.session.settings.hosts = true;
    played.receive(":bob!b@h QUIT :gone");
    played.type_line("/quit");
    played.lose("closed");
    let actions = played.take().actions;
    assert_eq!(actions, [SessionAction::End(Outcome::CloseRoom)]);
}

#[test]
fn text_typed_after_a_kick_is_sent_to_no_other_room() {
    for farewell in [
        ":bob!b@h KICK #ops alice :out",
        ":alice!~a@host PART #ops :removed by a service",
    ] {
        let mut played = Played::ready(false);
        enter(&mut played, "#ops");
        played.receive(farewell);
        assert_eq!(played.session.active_room(), None);
        assert_eq!(
            played.session.prompt_location().as_deref(),
            Some("#ops gone")
        );
        played.take();
        played.type_line("the password is x");
        let done = played.take();
        assert_eq!(done.lines, "");
        assert!(
            matches!(&done.events[..], [Event::InputRejected { error, .. }] if error.to_string().contains("#ops")),
            "{:?}",
            done.events
        );
        // Entering it again, or another, ends that.
        played.receive(":alice!~a@host JOIN #ops");
        assert_eq!(played.session.prompt_location().as_deref(), Some("#ops"));
        played.receive(farewell);
        played.type_line("/room lobby");
        assert_eq!(played.session.active_room(), Some("#lobby"));
    }
}

#[test]
fn what_is_typed_goes_where_the_prompt_said() {
    let mut played = Played::ready(false);
    enter(&mut played, "#dev");
    let now = played.now;
    let type_in = |played: &mut Played, room, text| {
        let output = &mut played.output;
        played.session.typed_in(Some(room), text, now, output);
        played.lines()
    };
    assert_eq!(
        type_in(&mut played, "#lobby", "hi"),
        ["PRIVMSG #lobby :hi"],
        "#dev became the active one at that moment"
    );
    assert_eq!(type_in(&mut played, "#lobby", "/part"), ["PART #lobby"]);
    played.receive(":bob!b@h KICK #dev alice :out");
    assert_eq!(type_in(&mut played, "#dev", "secret"), [""; 0]);
}

#[test]
fn a_room_left_on_purpose_gives_way_to_the_one_used_last() {
    let mut played = Played::ready(false);
    for room in ["#a", "#b", "#c"] {
        enter(&mut played, room);
    }
    played.type_line("/room #a");
    played.type_line("/room #c");
    played.type_line("/part");
    played.receive(":alice!~a@host PART #c");
    assert_eq!(played.session.active_room(), Some("#a"));
}

#[test]
fn the_rest_of_a_script_for_a_room_it_was_thrown_out_of_is_refused() {
    let mut played = Played::ready(true);
    let now = played.now;
    let say = |played: &mut Played, number, text| {
        let line = ScriptLine::Typed(text);
        played
            .session
            .scripted(number, line, now, &mut played.output);
    };
    say(&mut played, 1, "hello");
    played.receive(":s PONG s chatroom-line-0");
    played.receive(":alice!~a@host JOIN #other");
    played.receive(":bob!b@h KICK #lobby alice :out");
    played.take();
    say(&mut played, 2, "secret");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert!(matches!(
        &done.events[..],
        [Event::InputRejected { line: Some(2), .. }]
    ));
}

#[test]
fn lines_after_a_join_in_a_script_are_sent_to_that_room_or_not_at_all() {
    let mut played = Played::ready(true);
    let now = played.now;
    let say = |played: &mut Played, number, text| {
        assert!(played.session.wants_input());
        let line = ScriptLine::Typed(text);
        played
            .session
            .scripted(number, line, now, &mut played.output);
    };
    say(&mut played, 1, "/join #dev");
    assert!(!played.session.wants_input(), "where it goes is not known");
    played.receive(":alice!~a@host JOIN #dev");
    assert!(!played.session.wants_input());
    played.receive(":s PONG s chatroom-line-0");
    played.take();
    say(&mut played, 2, "hello");
    assert_eq!(played.lines()[0], "PRIVMSG #dev :hello");
    say(&mut played, 3, "/join #closed");
    played.receive(":s 473 alice #closed :Cannot join channel (+i)");
    played.receive(":s PONG s chatroom-line-1");
    played.receive(":s PONG s chatroom-line-2");
    played.take();
    say(&mut played, 4, "secret");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert!(
        matches!(&done.events[..], [Event::InputRejected { line: Some(4), error }] if error.to_string().contains("#closed")),
        "{:?}",
        done.events
    );
    say(&mut played, 5, "/room #dev");
    say(&mut played, 6, "there");
    assert_eq!(played.lines()[0], "PRIVMSG #dev :there");
}

#[test]
fn a_room_that_cannot_be_entered_again_is_not_kept_as_one_of_ones_rooms() {
    let mut played = Played::ready(false);
    enter(&mut played, "#ops");
    played.lose("gone");
    played.take();
    played.connect();
    played.receive(":s 001 alice :Welcome");
    played.receive(":s 422 alice :no MOTD");
    played.receive(":alice!~a@host JOIN #lobby");
    played.receive(":s 366 alice #lobby :End");
    played.receive(":s 473 alice #ops :Cannot join channel (+i)");
    played.take();
    played.receive(":s PONG s chatroom-settled");
    assert_eq!(played.session.names().rooms, ["#lobby"]);
    assert_eq!(
        played.session.prompt_location().as_deref(),
        Some("#ops gone")
    );
    let events = played.events();
    assert!(
        events
            .iter()
            .any(|event| matches!(event, Event::Note { words } if words.contains("#ops"))),
        "{events:?}"
    );
}

#[test]
fn a_reply_follows_the_person_and_not_the_nick() {
    let mut played = Played::ready(false);
    played.receive(":bob!b@h PRIVMSG alice :psst");
    played.receive(":bob!b@h NICK robert");
    assert_eq!(
        played.session.analyze("/r ").hint.as_deref(),
        Some("to robert")
    );
    played.take();
    played.type_line("/r yes");
    assert_eq!(played.lines(), ["PRIVMSG robert :yes"]);
    played.receive(":robert!b@h QUIT :bye");
    assert_eq!(
        played.session.analyze("/r x").hint.as_deref(),
        Some("robert, who whispered to you last, has left")
    );
    played.take();
    played.type_line("/r still there?");
    assert_eq!(played.lines(), [""; 0]);
}

#[test]
fn an_ignored_user_stays_ignored_under_another_nick() {
    let mut played = Played::ready(false);
    played.type_line("/ignore bob");
    played.receive(":bob!b@h NICK robert");
    played.take();
    played.receive(":robert!b@h PRIVMSG #lobby :hi");
    assert_eq!(played.events(), []);
}
