//! What scrolls by, line by line.

use jiff::tz::TimeZone;

use super::buffer::REMEMBERED_BYTES_MAX;
use super::notify::BELL;
use super::*;
use crate::client::command::settings::Taste;
use crate::client::event::json::Stamp;
use crate::client::event::{Fate, Manner};
use crate::client::session::Unread;
use crate::client::view::Volume;

const NOON: i64 = 12 * 3_600 + 60;

fn scroll() -> Scroll {
    let taste = Taste {
        wrap: false,
        ..Taste::default()
    };
    let look = Look::new(false, Volume::Normal, TimeZone::UTC, taste);
    Scroll::new(look, true)
}

fn joined(nick: &str) -> Event {
    Event::Joined {
        room: "#a".into(),
        nick: nick.into(),
    }
}

fn said(text: &str, mention: bool) -> Event {
    Event::Said {
        room: "#a".into(),
        nick: "bob".into(),
        text: text.into(),
        manner: Manner::Text,
        own: false,
        mention,
    }
}

#[test]
fn those_who_come_in_one_moment_share_a_line_and_order_is_kept() {
    let mut scroll = scroll();
    for nick in ["bob", "carol"] {
        assert_eq!(scroll.show(&joined(nick), NOON, Some("#a")), "");
    }
    assert_eq!(
        scroll.show(&said("hi", false), NOON, Some("#a")),
        "12:01 → bob and carol joined\n12:01 <bob> hi\n"
    );
    for number in 0..14 {
        scroll.show(&joined(&format!("p{number}")), NOON, Some("#b"));
    }
    assert_eq!(
        scroll.flush(Some("#b")),
        "12:01 #a → p0, p1, p2 and 11 others joined\n"
    );
    assert_eq!(scroll.flush(Some("#b")), "");
    scroll.show(&joined("dan"), NOON, Some("#a"));
    assert_eq!(scroll.flush(Some("#a")), "12:01 → dan joined\n");
}

#[test]
fn quiet_leaves_out_many_who_come_as_it_leaves_out_one() {
    let look = Look::new(false, Volume::Quiet, TimeZone::UTC, Taste::default());
    let mut scroll = Scroll::new(look, false);
    for nick in ["bob", "carol"] {
        assert_eq!(scroll.show(&joined(nick), NOON, Some("#a")), "");
    }
    assert_eq!(scroll.flush(Some("#a")), "");
}

#[test]
fn a_netsplit_is_one_line_a_second_after_it_began_and_so_is_its_end() {
    let mut scroll = scroll();
    let quit = |nick: &str| Event::Quit {
        nick: nick.into(),
        reason: Some("a.b c.d".into()),
    };
    let ms = Duration::from_millis;
    let room = Some("#a");
    for nick in ["bob", "carol", "dan"] {
        assert_eq!(scroll.show(&quit(nick), NOON, room), "");
    }
    assert_eq!(scroll.pause(room, ms(5)), "");
    assert_eq!(scroll.held_until(), Some(ms(1_005)));
    // What is said meanwhile is not held back for it.
    let hi = scroll.show(&said("hi", false), NOON, room);
    assert_eq!(hi, "12:01 <bob> hi\n");
    assert_eq!(scroll.show(&quit("erin"), NOON, room), "");
    assert_eq!(
        scroll.pause(room, ms(1_005)),
        "12:01 ← netsplit a.b c.d: bob, carol, dan and 1 other\n"
    );
    assert_eq!(scroll.held_until(), None);
    for nick in ["bob", "carol"] {
        assert_eq!(scroll.show(&joined(nick), NOON, room), "");
    }
    assert_eq!(scroll.pause(room, ms(3_000)), "");
    assert_eq!(
        scroll.pause(room, ms(4_000)),
        "12:01 → netsplit a.b c.d is over for bob and carol\n"
    );
    // One alone is told as always.
    assert_eq!(scroll.show(&joined("dan"), NOON, room), "");
    assert_eq!(scroll.flush(room), "12:01 → dan joined\n");
}

#[test]
fn joins_can_be_left_out_or_told_one_by_one() {
    let mut scroll = scroll();
    scroll.local("/set joins off");
    assert_eq!(scroll.show(&joined("bob"), NOON, None), "");
    assert_eq!(scroll.flush(None), "");
    scroll.local("/set joins on");
    scroll.local("/set gather off");
    assert_eq!(
        scroll.show(&joined("bob"), NOON, Some("#a")),
        "12:01 → bob joined\n"
    );
}

#[test]
fn another_day_is_told_once() {
    let mut scroll = scroll();
    scroll.show(&said("one", false), NOON, Some("#a"));
    let next = scroll.show(&said("two", false), NOON + 86_400, Some("#a"));
    assert_eq!(next, "— Friday, 2 January 1970 —\n12:01 <bob> two\n");
    let same = scroll.show(&said("three", false), NOON + 86_401, Some("#a"));
    assert_eq!(same, "12:01 <bob> three\n");
}

#[test]
fn the_bell_rings_for_what_was_asked_and_once_a_second() {
    let mut scroll = scroll();
    let mut rings = |text: &str, mention, at| {
        let event = said(text, mention);
        scroll.show(&event, at, Some("#a")).contains(BELL)
    };
    assert!(!rings("hi", false, NOON));
    assert!(rings("alice: hi", true, NOON));
    assert!(!rings("alice: hi", true, NOON));
    assert!(rings("alice: hi", true, NOON + 1));
    scroll.local("/set bell off");
    let quiet = scroll.show(&said("alice", true), NOON + 2, Some("#a"));
    assert!(!quiet.contains(BELL));
}

#[test]
fn a_notification_cannot_be_broken_out_of() {
    let mut scroll = scroll();
    scroll.local("/set notify mentions");
    scroll.local("/set bell off");
    let shown = scroll.show(&said("x\x07\x1b]0;evil\x07", true), NOON, Some("#a"));
    assert_eq!(
        shown,
        "\x1b]9;bob: x^G^[]0;evil^G\x0712:01 <bob> x^G^[]0;evil^G\n"
    );
    scroll.local("/set notify-by osc777");
    let shown = scroll.show(&said("x;\x1b\\y", true), NOON + 1, Some("#a"));
    assert!(
        shown.starts_with("\x1b]777;notify;bob;x;^[\\y\x07"),
        "{shown:?}"
    );
}

#[test]
fn what_was_shown_is_found_again() {
    let mut scroll = scroll();
    for text in ["one apple", "two pears", "three Apples"] {
        scroll.show(&said(text, false), NOON, Some("#a"));
    }
    assert_eq!(
        scroll.local("/search apple"),
        "12:01 <bob> one apple\n12:01 <bob> three Apples\n"
    );
    assert_eq!(scroll.local("/history 1"), "12:01 <bob> three Apples\n");
    assert!(scroll.local("/search plum").starts_with("nothing of what"));
}

#[test]
fn lines_that_are_to_be_wrapped_are_found_as_they_read() {
    let mut scroll = scroll();
    scroll.local("/set wrap on");
    let shown = scroll.show(&said("one apple", false), NOON, Some("#a"));
    assert_eq!(shown, "12:01 \u{1e}<bob> \u{1e}one apple\n");
    assert_eq!(scroll.local("/search bob> one"), shown);
    assert!(
        scroll
            .local("/search bob> two")
            .starts_with("\u{1e}nothing of what")
    );
}

#[test]
fn ones_own_words_are_found_again_and_passwords_are_not() {
    let mut scroll = scroll();
    let sent = |target: &str, text: &str| Event::Sent {
        number: 0,
        target: target.into(),
        nick: "alice".into(),
        text: text.into(),
        manner: Manner::Text,
        fate: Fate::Delivered,
        stamp: Stamp::default(),
    };
    scroll.remember(&sent("#a", "an apple"), NOON, Some("#a"));
    scroll.remember(&sent("NickServ", "identify apple"), NOON, Some("#a"));
    scroll.show(&said("which apple?", false), NOON, Some("#a"));
    assert_eq!(
        scroll.local("/search apple"),
        "12:01 <alice> an apple\n12:01 <bob> which apple?\n"
    );
}

#[test]
fn what_is_remembered_has_a_bound_in_bytes_and_the_newest_stays() {
    let mut scroll = scroll();
    let long = "x".repeat(64 * 1024);
    for number in 0..100 {
        scroll.show(&said(&format!("{number} {long}"), false), NOON, Some("#a"));
    }
    assert!(scroll.remembered.bytes() <= REMEMBERED_BYTES_MAX);
    let all = scroll.remembered.last(usize::MAX);
    assert_eq!(all.len(), scroll.remembered.bytes());
    assert!(scroll.local("/history 1").contains("<bob> 99 x"));
}

#[test]
fn where_no_screen_can_be_cleared_that_is_said() {
    assert_eq!(scroll().local("/clear"), "");
    let look = Look::new(false, Volume::Normal, TimeZone::UTC, Taste::default());
    let mut lines = Scroll::new(look, false);
    assert_eq!(
        lines.local("/clear"),
        "one line follows another here; there is no screen to clear\n"
    );
}

#[test]
fn a_wrong_setting_explains_itself() {
    let mut scroll = scroll();
    assert_eq!(
        scroll.local("/set bel off"),
        "no setting bel; did you mean bell?\n"
    );
    assert!(scroll.local("/set").lines().count() == SETTINGS.len());
    assert!(scroll.local("/set bell all").starts_with("bell is all:"));
}

#[test]
fn the_title_tells_what_is_unread_where_it_is_wanted() {
    let mut scroll = scroll();
    let unread = |messages| Unread {
        messages,
        mentions: 0,
    };
    let title = |scroll: &Scroll, count| scroll.title(Some("#a"), unread(count), 0);
    assert_eq!(title(&scroll, 0), None);
    scroll.local("/set title on");
    assert_eq!(title(&scroll, 2).as_deref(), Some("(2) #a"));
    assert_eq!(title(&scroll, 0).as_deref(), Some("#a"));
    assert_eq!(
        scroll.title(None, unread(0), 0).as_deref(),
        Some("chatroom")
    );
}
