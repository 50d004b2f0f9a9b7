//! Tests of the scrollback.

use jiff::tz::TimeZone;

use super::buffer::BUFFER_BYTES_MAX;
use super::notify::BELL;
use super::*;
use crate::client::command::settings::DisplaySettings;
use crate::client::command::{self, UserCommand};
use crate::client::event::MessageTags;
use crate::client::event::Unread;
use crate::client::event::{DeliveryStatus, MessageKind, NetworkId, Target};
use crate::client::view::Verbosity;

const NOON: i64 = 12 * 3_600 + 60;

fn typed(line: &str) -> LocalCommand {
    match command::parse(line) {
        Ok(UserCommand::Local(command)) => command,
        other => panic!("{other:?}"),
    }
}

fn scrollback() -> Scrollback {
    let settings = DisplaySettings {
        wrap: false,
        ..DisplaySettings::default()
    };
    let renderer = Renderer::new(false, Verbosity::Normal, TimeZone::UTC, settings);
    Scrollback::new(renderer, true)
}

fn joined(nick: &str) -> Event {
    Event::Joined {
        room: "#a".into(),
        nick: nick.into(),
        account: None,
    }
}

fn said(text: &str, mention: bool) -> Event {
    Event::Said {
        room: "#a".into(),
        nick: "bob".into(),
        text: text.into(),
        kind: MessageKind::Text,
        own: false,
        mention,
    }
}

#[test]
fn joins_of_one_moment_share_a_line_and_order_is_kept() {
    let mut scrollback = scrollback();
    for nick in ["bob", "carol"] {
        assert_eq!(scrollback.show(&joined(nick), NOON, Some("#a")), "");
    }
    assert_eq!(
        scrollback.show(&said("hi", false), NOON, Some("#a")),
        "12:01 → bob and carol joined\n12:01 <bob> hi\n"
    );
    for number in 0..14 {
        scrollback.show(&joined(&format!("p{number}")), NOON, Some("#b"));
    }
    assert_eq!(
        scrollback.flush(Some("#b")),
        "12:01 #a → p0, p1, p2 and 11 others joined\n"
    );
    assert_eq!(scrollback.flush(Some("#b")), "");
    scrollback.show(&joined("dan"), NOON, Some("#a"));
    assert_eq!(scrollback.flush(Some("#a")), "12:01 → dan joined\n");
}

#[test]
fn quiet_leaves_out_many_joins_as_it_leaves_out_one() {
    let renderer = Renderer::new(
        false,
        Verbosity::Quiet,
        TimeZone::UTC,
        DisplaySettings::default(),
    );
    let mut scrollback = Scrollback::new(renderer, false);
    for nick in ["bob", "carol"] {
        assert_eq!(scrollback.show(&joined(nick), NOON, Some("#a")), "");
    }
    assert_eq!(scrollback.flush(Some("#a")), "");
}

#[test]
fn a_netsplit_is_one_line_a_second_after_it_began_and_so_is_its_end() {
    let mut scrollback = scrollback();
    let quit = |nick: &str| Event::Quit {
        nick: nick.into(),
        reason: Some("a.b c.d".into()),
    };
    let ms = Duration::from_millis;
    let room = Some("#a");
    for nick in ["bob", "carol", "dan"] {
        assert_eq!(scrollback.show(&quit(nick), NOON, room), "");
    }
    assert_eq!(scrollback.flush_due(room, ms(5)), "");
    assert_eq!(scrollback.next_deadline(), Some(ms(1_005)));
    assert_eq!(scrollback.show(&quit("erin"), NOON, room), "");
    assert_eq!(
        scrollback.flush_due(room, ms(1_005)),
        "12:01 ← netsplit a.b c.d: bob, carol, dan and 1 other\n"
    );
    assert_eq!(scrollback.next_deadline(), None);
    for nick in ["bob", "carol"] {
        assert_eq!(scrollback.show(&joined(nick), NOON, room), "");
    }
    assert_eq!(scrollback.flush_due(room, ms(3_000)), "");
    assert_eq!(
        scrollback.flush_due(room, ms(4_000)),
        "12:01 → netsplit a.b c.d is over for bob and carol\n"
    );
    // A single user is shown as always.
    assert_eq!(scrollback.show(&joined("dan"), NOON, room), "");
    assert_eq!(scrollback.flush(room), "12:01 → dan joined\n");
}

#[test]
fn joins_of_a_moment_share_a_line_however_they_are_read() {
    let mut scrollback = scrollback();
    let ms = Duration::from_millis;
    let room = Some("#a");
    assert_eq!(scrollback.next_deadline(), None);
    for (number, nick) in ["bob", "carol", "dan"].iter().enumerate() {
        assert_eq!(scrollback.show(&joined(nick), NOON, room), "");
        let elapsed = ms(1_000 + 20 * number as u64);
        assert_eq!(scrollback.flush_due(room, elapsed), "");
        assert_eq!(scrollback.next_deadline(), Some(ms(1_250)));
    }
    assert_eq!(
        scrollback.flush_due(room, ms(1_250)),
        "12:01 → bob, carol and dan joined\n"
    );
    assert_eq!(scrollback.next_deadline(), None);
    // A message does not wait for the end of the window, and a hidden event does not end it.
    assert_eq!(scrollback.show(&joined("erin"), NOON, room), "");
    assert_eq!(scrollback.flush_due(room, ms(2_000)), "");
    let hidden = Event::ServerNotice { text: "x".into() };
    assert_eq!(scrollback.show(&hidden, NOON, room), "");
    assert_eq!(scrollback.show(&joined("frank"), NOON, room), "");
    assert_eq!(
        scrollback.show(&said("hi", false), NOON, room),
        "12:01 → erin and frank joined\n12:01 <bob> hi\n"
    );
    assert_eq!(scrollback.flush_due(room, ms(2_250)), "");
    assert_eq!(scrollback.next_deadline(), None);
    // The number of events that are held back has a bound.
    let mut shown = String::new();
    for number in 0..1_500 {
        shown += &scrollback.show(&joined(&format!("p{number}")), NOON, room);
    }
    assert_eq!(shown, "12:01 → p0, p1, p2 and 997 others joined\n");
}

#[test]
fn nothing_overtakes_the_netsplit_that_it_follows() {
    let ms = Duration::from_millis;
    let room = Some("#a");
    let quit = |nick: &str| Event::Quit {
        nick: nick.into(),
        reason: Some("a.b c.d".into()),
    };
    let voice = |by: &str, nick: &str| Event::ModeChanged {
        target: Target::Room("#a".into()),
        by: by.into(),
        change: format!("+v {nick}"),
    };
    let mut scrollback = scrollback();
    scrollback.show(&joined("zoe"), NOON, room);
    assert_eq!(
        scrollback.show(&quit("bob"), NOON, room),
        "12:01 → zoe joined\n",
        "it was there before the netsplit"
    );
    scrollback.show(&quit("carol"), NOON, room);
    scrollback.flush(room);
    for nick in ["bob", "carol"] {
        assert_eq!(scrollback.show(&joined(nick), NOON, room), "");
        assert_eq!(scrollback.show(&voice("ChanServ", nick), NOON, room), "");
    }
    assert_eq!(scrollback.show(&voice("dan", "bob"), NOON, room), "");
    assert_eq!(scrollback.flush_due(room, ms(1_000)), "");
    assert_eq!(scrollback.flush_due(room, ms(1_500)), "");
    assert_eq!(scrollback.next_deadline(), Some(ms(2_000)));
    let all = "12:01 → netsplit a.b c.d is over for bob and carol\n\
               12:01 ChanServ set +v bob and carol on #a\n\
               12:01 dan set +v bob on #a\n";
    assert_eq!(scrollback.flush_due(room, ms(2_000)), all);
    assert_eq!(scrollback.next_deadline(), None);
    // A change of the topic comes after both too.
    scrollback.show(&quit("bob"), NOON, room);
    scrollback.show(&quit("carol"), NOON, room);
    scrollback.show(&voice("dan", "zoe"), NOON, room);
    let topic = Event::TopicChanged {
        room: "#a".into(),
        nick: "dan".into(),
        topic: "x".into(),
    };
    let shown = scrollback.show(&topic, NOON, room);
    let at = |words: &str| shown.find(words).unwrap_or_else(|| panic!("{shown}"));
    assert!(
        at("netsplit") < at("+v zoe") && at("+v zoe") < at("topic"),
        "{shown}"
    );
}

#[test]
fn a_message_does_not_overtake_the_netsplit_that_it_follows() {
    let mut scrollback = scrollback();
    for nick in ["bob", "carol"] {
        let event = Event::Quit {
            nick: nick.into(),
            reason: Some("a.b c.d".into()),
        };
        assert_eq!(scrollback.show(&event, NOON, None), "");
    }
    assert_eq!(
        scrollback.show(&said("who is left?", false), NOON, Some("#a")),
        "12:01 ← netsplit a.b c.d: bob and carol\n12:01 <bob> who is left?\n"
    );
}

#[test]
fn mode_changes_of_one_moment_share_a_line() {
    let mut scrollback = scrollback();
    let change = |by: &str, change: &str| Event::ModeChanged {
        target: Target::Room("#a".into()),
        by: by.into(),
        change: change.into(),
    };
    for number in 0..25 {
        let event = change("ChanServ", &format!("+v p{number}"));
        assert_eq!(scrollback.show(&event, NOON, None), "");
    }
    assert_eq!(scrollback.show(&change("ChanServ", "+m"), NOON, None), "");
    // Someone else's change is another line.
    assert_eq!(
        scrollback.show(&change("bob", "+o carol"), NOON, None),
        "12:01 ChanServ set +v p0, p1, p2 and 22 more, +m on #a\n"
    );
    assert_eq!(scrollback.flush(None), "12:01 bob set +o carol on #a\n");
}

#[test]
fn one_person_who_joins_several_rooms_is_one_line() {
    let mut scrollback = scrollback();
    let joined = |nick: &str, room: &str| Event::Joined {
        room: room.into(),
        nick: nick.into(),
        account: None,
    };
    for room in ["#a", "#b", "#c"] {
        assert_eq!(scrollback.show(&joined("bob", room), NOON, Some("#a")), "");
    }
    assert_eq!(
        scrollback.show(&joined("carol", "#c"), NOON, Some("#a")),
        "12:01 → bob joined #a, #b and #c\n"
    );
    assert_eq!(scrollback.show(&joined("dan", "#c"), NOON, Some("#a")), "");
    assert_eq!(
        scrollback.show(&joined("dan", "#d"), NOON, Some("#a")),
        "12:01 #c → carol and dan joined\n"
    );
    assert_eq!(scrollback.flush(Some("#a")), "12:01 #d → dan joined\n");
}

#[test]
fn history_is_marked_takes_a_room_and_repeats_no_answers() {
    let mut scrollback = scrollback();
    let said_in = |room: &str, text: &str| Event::Said {
        room: room.into(),
        nick: "bob".into(),
        text: text.into(),
        kind: MessageKind::Text,
        own: false,
        mention: false,
    };
    scrollback.show(&said_in("#a", "one"), NOON, Some("#a"));
    scrollback.show(&said_in("#b", "two"), NOON, Some("#a"));
    let names = Event::Names {
        room: "#a".into(),
        nicks: vec!["bob".into()],
    };
    assert_ne!(scrollback.show(&names, NOON, Some("#a")), "");
    scrollback.show(&said_in("#A", "three"), NOON, Some("#a"));
    assert_eq!(
        scrollback.run_local(&typed("/history"), NetworkId::default()),
        "--- the last 3 lines ---\n12:01 <bob> one\n12:01 #b <bob> two\n12:01 #A <bob> three\n\
         --- end of the history ---\n"
    );
    assert_eq!(
        scrollback.run_local(&typed("/history #a 5"), NetworkId::default()),
        "--- the last 2 lines of #a ---\n12:01 <bob> one\n12:01 #A <bob> three\n\
         --- end of the history ---\n"
    );
    assert_eq!(
        scrollback.run_local(&typed("/history #nowhere"), NetworkId::default()),
        "No line of #nowhere was shown so far.\n"
    );
}

#[test]
fn joins_can_be_left_out_or_shown_one_by_one() {
    let mut scrollback = scrollback();
    scrollback.run_local(&typed("/set joins off"), NetworkId::default());
    assert_eq!(scrollback.show(&joined("bob"), NOON, None), "");
    assert_eq!(scrollback.flush(None), "");
    scrollback.run_local(&typed("/set joins on"), NetworkId::default());
    scrollback.run_local(&typed("/set gather off"), NetworkId::default());
    assert_eq!(
        scrollback.show(&joined("bob"), NOON, Some("#a")),
        "12:01 → bob joined\n"
    );
}

#[test]
fn a_new_day_is_announced_once() {
    let mut scrollback = scrollback();
    scrollback.show(&said("one", false), NOON, Some("#a"));
    let next = scrollback.show(&said("two", false), NOON + 86_400, Some("#a"));
    assert_eq!(next, "— Friday, 2 January 1970 —\n12:01 <bob> two\n");
    let same = scrollback.show(&said("three", false), NOON + 86_401, Some("#a"));
    assert_eq!(same, "12:01 <bob> three\n");
}

#[test]
fn the_bell_rings_as_it_is_set_and_at_most_once_a_second() {
    let mut scrollback = scrollback();
    let mut rings = |text: &str, mention, at| {
        let event = said(text, mention);
        scrollback.show(&event, at, Some("#a")).contains(BELL)
    };
    assert!(!rings("hi", false, NOON));
    assert!(rings("alice: hi", true, NOON));
    assert!(!rings("alice: hi", true, NOON));
    assert!(rings("alice: hi", true, NOON + 1));
    scrollback.run_local(&typed("/set bell off"), NetworkId::default());
    let quiet = scrollback.show(&said("alice", true), NOON + 2, Some("#a"));
    assert!(!quiet.contains(BELL));
}

#[test]
fn a_notification_cannot_be_broken_out_of() {
    let mut scrollback = scrollback();
    scrollback.run_local(&typed("/set notify mentions"), NetworkId::default());
    scrollback.run_local(&typed("/set bell off"), NetworkId::default());
    let shown = scrollback.show(&said("x\x07\x1b]0;evil\x07", true), NOON, Some("#a"));
    assert_eq!(
        shown,
        "\x1b]9;bob: x^G^[]0;evil^G\x0712:01 <bob> x^G^[]0;evil^G\n"
    );
    scrollback.run_local(&typed("/set notify-by osc777"), NetworkId::default());
    let shown = scrollback.show(&said("x;\x1b\\y", true), NOON + 1, Some("#a"));
    assert!(
        shown.starts_with("\x1b]777;notify;bob;x;^[\\y\x07"),
        "{shown:?}"
    );
}

#[test]
fn lines_that_were_shown_are_found() {
    let mut scrollback = scrollback();
    for text in ["one apple", "two pears", "three Apples"] {
        scrollback.show(&said(text, false), NOON, Some("#a"));
    }
    assert_eq!(
        scrollback.run_local(&typed("/search apple"), NetworkId::default()),
        "12:01 <bob> one apple\n12:01 <bob> three Apples\n"
    );
    assert_eq!(
        scrollback.run_local(&typed("/history 1"), NetworkId::default()),
        "--- the last line ---\n12:01 <bob> three Apples\n--- end of the history ---\n"
    );
    assert_eq!(
        scrollback.run_local(&typed("/search plum"), NetworkId::default()),
        "No line shown so far contains \"plum\".\n"
    );
}

#[test]
fn lines_that_will_be_wrapped_are_found_by_their_text() {
    let mut scrollback = scrollback();
    scrollback.run_local(&typed("/set wrap on"), NetworkId::default());
    let shown = scrollback.show(&said("one apple", false), NOON, Some("#a"));
    assert_eq!(shown, "12:01 \u{1e}<bob> \u{1e}one apple\n");
    assert_eq!(
        scrollback.run_local(&typed("/search bob> one"), NetworkId::default()),
        shown
    );
    assert!(
        scrollback
            .run_local(&typed("/search bob> two"), NetworkId::default())
            .starts_with("\u{1e}No line shown")
    );
}

#[test]
fn own_messages_are_found_and_passwords_are_not() {
    let mut scrollback = scrollback();
    let sent = |target, text: &str| Event::Sent {
        number: 0,
        target,
        nick: "alice".into(),
        text: text.into(),
        kind: MessageKind::Text,
        status: DeliveryStatus::Delivered,
        tags: MessageTags::default(),
    };
    scrollback.record(
        &sent(Target::Room("#a".into()), "an apple"),
        NOON,
        Some("#a"),
    );
    scrollback.record(
        &sent(Target::Person("NickServ".into()), "identify apple"),
        NOON,
        Some("#a"),
    );
    scrollback.show(&said("which apple?", false), NOON, Some("#a"));
    assert_eq!(
        scrollback.run_local(&typed("/search apple"), NetworkId::default()),
        "12:01 <alice> an apple\n12:01 <bob> which apple?\n"
    );
}

#[test]
fn the_buffer_has_a_bound_in_bytes_and_keeps_the_newest_lines() {
    let mut scrollback = scrollback();
    let long = "x".repeat(64 * 1024);
    for number in 0..100 {
        scrollback.show(&said(&format!("{number} {long}"), false), NOON, Some("#a"));
    }
    assert!(scrollback.buffer.bytes() <= BUFFER_BYTES_MAX);
    let all = scrollback
        .buffer
        .last(NetworkId::default(), None, usize::MAX)
        .concat();
    // The name of the room is kept beside each line.
    let rooms = all.matches('\n').count() * "#a".len();
    assert_eq!(all.len() + rooms, scrollback.buffer.bytes());
    assert!(
        scrollback
            .run_local(&typed("/history 1"), NetworkId::default())
            .contains("<bob> 99 x")
    );
}

#[test]
fn clearing_where_there_is_no_screen_is_refused() {
    assert_eq!(
        scrollback().run_local(&typed("/clear"), NetworkId::default()),
        ""
    );
    let renderer = Renderer::new(
        false,
        Verbosity::Normal,
        TimeZone::UTC,
        DisplaySettings::default(),
    );
    let mut lines = Scrollback::new(renderer, false);
    assert_eq!(
        lines.run_local(&typed("/clear"), NetworkId::default()),
        "There is no screen to clear here.\n"
    );
}

#[test]
fn a_wrong_setting_explains_itself() {
    let mut scrollback = scrollback();
    assert_eq!(
        scrollback.run_local(&typed("/set bel off"), NetworkId::default()),
        "There is no setting bel. Did you mean bell?\n"
    );
    assert!(
        scrollback
            .run_local(&typed("/set"), NetworkId::default())
            .lines()
            .count()
            == SETTINGS.len()
    );
    assert!(
        scrollback
            .run_local(&typed("/set bell all"), NetworkId::default())
            .starts_with("bell is all:")
    );
}

#[test]
fn the_title_shows_unread_messages_if_it_is_on() {
    let mut scrollback = scrollback();
    let unread = |messages| Unread {
        messages,
        mentions: 0,
    };
    let title = |scrollback: &Scrollback, count| scrollback.title(Some("#a"), unread(count), 0);
    assert_eq!(title(&scrollback, 0), None);
    scrollback.run_local(&typed("/set title on"), NetworkId::default());
    assert_eq!(title(&scrollback, 2).as_deref(), Some("(2) #a"));
    assert_eq!(title(&scrollback, 0).as_deref(), Some("#a"));
    assert_eq!(
        scrollback.title(None, unread(0), 0).as_deref(),
        Some("chatroom")
    );
}

#[test]
fn a_line_of_the_active_room_names_it_after_another_room_was_talked_in() {
    let mut scrollback = scrollback();
    let said_in = |room: &str, text: &str| match said(text, false) {
        Event::Said {
            nick,
            text,
            kind,
            own,
            mention,
            ..
        } => Event::Said {
            room: room.to_owned(),
            nick,
            text,
            kind,
            own,
            mention,
        },
        other => other,
    };
    let mut shown =
        |room: &str, active: &str| scrollback.show(&said_in(room, "hi"), NOON, Some(active));
    assert_eq!(shown("#a", "#a"), "12:01 <bob> hi\n");
    assert_eq!(shown("#b", "#a"), "12:01 #b <bob> hi\n");
    assert_eq!(shown("#b", "#a"), "12:01 #b <bob> hi\n");
    assert_eq!(shown("#a", "#a"), "12:01 #a <bob> hi\n");
    assert_eq!(shown("#A", "#a"), "12:01 <bob> hi\n");
    // Another room has become the active one.
    assert_eq!(shown("#b", "#b"), "12:01 #b <bob> hi\n");
    assert_eq!(shown("#b", "#b"), "12:01 <bob> hi\n");
    shown("#a", "#b");
    // A typed line stands after a prompt with the name.
    scrollback.record(&said_in("#b", "typed"), NOON, Some("#b"));
    let text = scrollback.show(&said_in("#b", "hi"), NOON, Some("#b"));
    assert_eq!(text, "12:01 <bob> hi\n");
    let entered = Event::Entered {
        room: "#a".into(),
        nick: "alice".into(),
        others: Some(Vec::new()),
        first: false,
    };
    scrollback.show(&said_in("#a", "hi"), NOON, Some("#b"));
    scrollback.show(&entered, NOON, Some("#a"));
    let text = scrollback.show(&said_in("#a", "hi"), NOON, Some("#a"));
    assert_eq!(text, "12:01 <bob> hi\n");
}

#[test]
fn a_notification_passes_through_a_multiplexer_or_goes_to_a_command() {
    let mut scrollback = scrollback();
    scrollback.run_local(&typed("/set notify all"), NetworkId::default());
    scrollback.run_local(&typed("/set bell off"), NetworkId::default());
    scrollback.notify_through(Passthrough::Tmux, false);
    let text = scrollback.show(&said("hi", false), NOON, Some("#a"));
    assert_eq!(
        text,
        "\x1bPtmux;\x1b\x1b]9;bob: hi\x07\x1b\\12:01 <bob> hi\n"
    );
    assert_eq!(scrollback.take_notifications(), []);
    scrollback.notify_through(Passthrough::Tmux, true);
    let text = scrollback.show(&said("a\x1b[2J", false), NOON + 1, Some("#a"));
    assert_eq!(text, "12:01 <bob> a^[[2J\n");
    let expected = Notification {
        nick: "bob".into(),
        text: "a^[[2J".into(),
        room: "#a".into(),
    };
    assert_eq!(scrollback.take_notifications(), [expected]);
    assert_eq!(scrollback.take_notifications(), []);
}
