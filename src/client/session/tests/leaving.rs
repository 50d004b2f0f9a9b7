//! Rooms that are left, wanted or not, and people who go by another nick: what is said reaches
//! those it is meant for, or nobody.

use super::*;

fn enter(played: &mut Played, room: &str) {
    played.type_line(&format!("/join {room}"));
    played.hear(&format!(":alice!~a@host JOIN {room}"));
    played.hear(&format!(":s 366 alice {room} :End"));
    played.take();
}

#[test]
fn what_is_typed_behind_being_thrown_out_of_a_room_is_said_in_no_other() {
    for farewell in [
        ":bob!b@h KICK #ops alice :out",
        ":alice!~a@host PART #ops :removed by a service",
    ] {
        let mut played = Played::ready(false);
        enter(&mut played, "#ops");
        played.hear(farewell);
        assert_eq!(played.session.active_room(), None);
        assert_eq!(played.session.place().as_deref(), Some("#ops gone"));
        played.take();
        played.type_line("the password is x");
        let done = played.take();
        assert_eq!(done.lines, "");
        assert!(
            matches!(&done.events[..], [Event::Unsendable { words, .. }] if words.contains("#ops")),
            "{:?}",
            done.events
        );
        // Entering it again, or another, ends that.
        played.hear(":alice!~a@host JOIN #ops");
        assert_eq!(played.session.place().as_deref(), Some("#ops"));
        played.hear(farewell);
        played.type_line("/room lobby");
        assert_eq!(played.session.active_room(), Some("#lobby"));
    }
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
    played.hear(":alice!~a@host PART #c");
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
            .scripted(number, line, now, &mut played.outbox);
    };
    say(&mut played, 1, "hello");
    played.hear(":s PONG s chatroom-line-0");
    played.hear(":alice!~a@host JOIN #other");
    played.hear(":bob!b@h KICK #lobby alice :out");
    played.take();
    say(&mut played, 2, "secret");
    let done = played.take();
    assert_eq!(done.lines, "");
    assert!(matches!(
        &done.events[..],
        [Event::Unsendable { line: Some(2), .. }]
    ));
}

#[test]
fn a_room_that_cannot_be_entered_again_is_not_kept_as_one_of_ones_rooms() {
    let mut played = Played::ready(false);
    enter(&mut played, "#ops");
    played.lose("gone");
    played.take();
    played.connect();
    played.hear(":s 001 alice :Welcome");
    played.hear(":s 422 alice :no MOTD");
    played.hear(":alice!~a@host JOIN #lobby");
    played.hear(":s 366 alice #lobby :End");
    played.hear(":s 473 alice #ops :Cannot join channel (+i)");
    played.take();
    played.hear(":s PONG s chatroom-settled");
    assert_eq!(played.session.names().1, ["#lobby"]);
    assert_eq!(played.session.place().as_deref(), Some("#ops gone"));
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
    played.hear(":bob!b@h PRIVMSG alice :psst");
    played.hear(":bob!b@h NICK robert");
    assert_eq!(
        played.session.judge("/r ").note.as_deref(),
        Some("to robert")
    );
    played.take();
    played.type_line("/r yes");
    assert_eq!(played.lines_but_fences(), ["PRIVMSG robert :yes"]);
    played.hear(":robert!b@h QUIT :bye");
    assert_eq!(played.session.judge("/r x").note, None);
    played.take();
    played.type_line("/r still there?");
    assert_eq!(played.lines(), [""; 0]);
}

#[test]
fn somebody_ignored_stays_so_under_another_nick() {
    let mut played = Played::ready(false);
    played.type_line("/ignore bob");
    played.hear(":bob!b@h NICK robert");
    played.take();
    played.hear(":robert!b@h PRIVMSG #lobby :hi");
    assert_eq!(played.events(), []);
}
