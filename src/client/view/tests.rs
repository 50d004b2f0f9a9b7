//! Tests of how events are rendered.

use super::style::{NICK_COLORS, nick_color};
use super::*;
use crate::client::event::{MessageKind, PersonChange, RoomSummary, Target, WhoEntry, WhoisInfo};

fn renderer(color: bool) -> Renderer {
    Renderer::new(
        color,
        Verbosity::Normal,
        TimeZone::UTC,
        DisplaySettings::default(),
    )
}

fn said(room: &str, nick: &str, text: &str) -> Event {
    Event::Said {
        room: room.to_owned(),
        nick: nick.to_owned(),
        text: text.to_owned(),
        kind: MessageKind::Text,
        own: false,
        mention: false,
    }
}

const NOON: i64 = 12 * 3_600 + 60;

#[test]
fn the_active_room_is_not_named_and_others_are() {
    let renderer = renderer(false);
    let event = said("#lobby", "bob", "hello");
    assert_eq!(
        renderer.lines(&event, NOON, Some("#Lobby")),
        "12:01 <bob> hello\n"
    );
    assert_eq!(
        renderer.lines(&event, NOON, Some("#dev")),
        "12:01 #lobby <bob> hello\n"
    );
}

#[test]
fn whispers_notices_joins_kicks_and_quits_read_as_sentences() {
    let renderer = renderer(false);
    let lines = |event| renderer.lines(&event, NOON, Some("#lobby"));
    assert_eq!(
        lines(Event::Whispered {
            nick: "bob".into(),
            text: "are you there?".into(),
            kind: MessageKind::Text,
            own: false
        }),
        "12:01 *bob* whispers: are you there?\n"
    );
    let notice = |own| Event::Whispered {
        nick: "iris".into(),
        text: "lunch".into(),
        kind: MessageKind::Notice,
        own,
    };
    assert_eq!(lines(notice(false)), "12:01 notice from iris: lunch\n");
    assert_eq!(lines(notice(true)), "12:01 notice to iris: lunch\n");
    let kick = |own| Event::Kicked {
        room: "#lobby".into(),
        nick: "carol".into(),
        by: "bob".into(),
        reason: Some("spam".into()),
        own,
    };
    assert_eq!(
        lines(kick(false)),
        "12:01 ← carol was kicked from #lobby by bob (spam)\n"
    );
    assert_eq!(
        lines(kick(true)),
        "12:01 ← you were kicked from #lobby by bob (spam)\n"
    );
    assert_eq!(
        lines(Event::Joined {
            room: "#lobby".into(),
            nick: "bob".into(),
            account: None,
        }),
        "12:01 → bob joined\n"
    );
    assert_eq!(
        lines(Event::Quit {
            nick: "bob".into(),
            reason: Some("Quit: bye".into())
        }),
        "12:01 ← bob left (Quit: bye)\n"
    );
    assert_eq!(
        lines(Event::Entered {
            room: "#lobby".into(),
            nick: "alice".into(),
            others: Some(vec![]),
            first: true
        }),
        "You are alice in #lobby, alone so far. /help lists the commands.\n"
    );
    assert_eq!(
        lines(Event::Entered {
            room: "#lobby".into(),
            nick: "alice".into(),
            others: Some(vec!["bob".into(), "carol".into(), "dan".into()]),
            first: false
        }),
        "You are alice in #lobby, with bob, carol and dan.\n"
    );
}

#[test]
fn modes_are_shown_and_so_is_that_there_are_none() {
    let shown = |modes: &str, own| {
        let modes = Event::Modes {
            target: "#a".into(),
            modes: modes.into(),
            own,
            asked: true,
        };
        renderer(false).lines(&modes, NOON, None)
    };
    assert_eq!(shown("+nt", false), "12:01 -- the modes of #a are +nt\n");
    assert_eq!(shown("+", false), "12:01 -- #a has no modes\n");
    assert_eq!(shown("+i", true), "12:01 -- your modes are +i\n");
    assert_eq!(shown("", true), "12:01 -- you have no modes\n");
}

#[test]
fn no_field_of_an_event_reaches_the_terminal_unchecked() {
    let evil = "\x1b[2Jx\u{202e}\n";
    let own = evil.to_owned();
    let changed = |change| Event::PersonChanged {
        nick: evil.to_owned(),
        change,
    };
    let events = [
        said(evil, evil, evil),
        Event::Whispered {
            nick: own.clone(),
            text: own.clone(),
            kind: MessageKind::Action,
            own: true,
        },
        Event::ServerSaid {
            text: own.clone(),
            asked: false,
        },
        Event::Entered {
            room: own.clone(),
            nick: own.clone(),
            others: Some(vec![own.clone(); 3]),
            first: true,
        },
        Event::Kicked {
            room: own.clone(),
            nick: own.clone(),
            by: own.clone(),
            reason: Some(own.clone()),
            own: false,
        },
        Event::Left {
            room: own.clone(),
            nick: own.clone(),
            reason: Some(own.clone()),
        },
        Event::Renamed {
            from: own.clone(),
            to: own.clone(),
            own: false,
        },
        Event::TopicChanged {
            room: own.clone(),
            nick: own.clone(),
            topic: own.clone(),
        },
        Event::ModeChanged {
            target: Target::Room(own.clone()),
            by: own.clone(),
            change: own.clone(),
        },
        Event::Invited {
            room: own.clone(),
            by: own.clone(),
            other: None,
        },
        Event::Invited {
            room: own.clone(),
            by: own.clone(),
            other: Some(own.clone()),
        },
        changed(PersonChange::Away(Some(own.clone()))),
        changed(PersonChange::Account(Some(own.clone()))),
        changed(PersonChange::RealName(own.clone())),
        changed(PersonChange::Address(own.clone())),
        Event::Names {
            room: own.clone(),
            nicks: vec![own.clone()],
        },
        Event::Whois {
            details: Box::new(WhoisInfo {
                nick: own.clone(),
                address: own.clone(),
                real_name: own.clone(),
                account: Some(own.clone()),
                rooms: Some(own.clone()),
                server: Some(own.clone()),
                away: Some(own.clone()),
                more: vec![own.clone()],
                ..WhoisInfo::default()
            }),
        },
        Event::Refused {
            number: 499,
            parameters: vec![own.clone(); 2],
            room: None,
            line: None,
            text: Some(own.clone()),
            command: Some(own.clone()),
        },
        Event::Away {
            nick: own.clone(),
            message: own.clone(),
        },
    ];
    let mut renderer = renderer(false);
    renderer.verbosity = Verbosity::Verbose;
    for event in &events {
        let shown = renderer.lines(event, NOON, None);
        assert!(shown.ends_with('\n'));
        for line in shown.trim_end_matches('\n').split('\n') {
            let bad = |c: char| c.is_control() || crate::wire::name::is_invisible(c);
            assert!(
                !line.is_empty() && !line.contains(bad),
                "{event:?}: {shown:?}"
            );
        }
    }
}

#[test]
fn a_nick_has_one_color_in_every_spelling() {
    assert_eq!(nick_color("Bob"), nick_color("bOB"));
    let renderer = renderer(true);
    let shown = renderer.lines(&said("#a", "bob", "hi"), NOON, Some("#a"));
    assert!(shown.contains("\x1b[38;5;"), "{shown:?}");
    let plain = self::renderer(false).lines(&said("#a", "bob", "hi"), NOON, Some("#a"));
    assert!(!plain.contains('\x1b'));
}

#[test]
fn a_list_of_users_has_columns() {
    let person = |nick: &str, own: bool| WhoEntry {
        nick: nick.into(),
        rank: String::new(),
        away: !own,
        away_message: (!own).then(|| "lunch".into()),
        since: own.then_some(NOON),
        idle_seconds: Some(3_725),
        account: (!own).then(|| "bobby".into()),
        // The nick is no update.
        real_name: Some(if own { "Alice" } else { "Bob \x1b[2JSmith" }.into()),
        operator: own,
        own,
    };
    let event = Event::Who {
        room: "#lobby".into(),
        people: vec![person("alice", true), person("日本", false)],
        all: false,
    };
    assert_eq!(
        renderer(false).lines(&event, NOON, None),
        "#lobby has 2 people:\n  \
         alice (you)  here since 12:01, idle for 1 h 2 min, server operator\n  \
         日本         here since before you joined, idle for 1 h 2 min, away: lunch, \
         account bobby, Bob ^[[2JSmith\n"
    );
}

#[test]
fn quiet_leaves_out_joins_and_quits() {
    let quiet = Renderer::new(
        false,
        Verbosity::Quiet,
        TimeZone::UTC,
        DisplaySettings::default(),
    );
    let joined = Event::Joined {
        room: "#a".into(),
        nick: "bob".into(),
        account: None,
    };
    assert_eq!(quiet.lines(&joined, NOON, None), "");
    assert_ne!(quiet.lines(&said("#a", "b", "c"), NOON, None), "");
    // A user without a connection must know it.
    assert_ne!(quiet.lines(&Event::ServerBack, NOON, None), "");
}

#[test]
fn what_people_change_about_themselves_is_shown_only_on_request() {
    let changes = [
        (
            PersonChange::Away(Some("lunch".into())),
            "bob is away: lunch",
        ),
        (PersonChange::Away(None), "bob is no longer away"),
        (
            PersonChange::Account(Some("bobby".into())),
            "bob is logged in as bobby",
        ),
        (PersonChange::Account(None), "bob is no longer logged in"),
        (
            PersonChange::RealName("Bob".into()),
            "bob has the real name Bob now",
        ),
        (
            PersonChange::Address("b@h".into()),
            "bob has the address b@h now",
        ),
    ];
    for (change, words) in changes {
        let nick = "bob".to_owned();
        let event = Event::PersonChanged { nick, change };
        let mut renderer = renderer(false);
        assert_eq!(renderer.lines(&event, NOON, None), "");
        renderer.verbosity = Verbosity::Verbose;
        assert_eq!(
            renderer.lines(&event, NOON, None),
            format!("12:01 -- {words}\n")
        );
    }
    // An invitation of another person concerns the room, and only it.
    let invited = Event::Invited {
        room: "#dev".into(),
        by: "bob".into(),
        other: Some("carol".into()),
    };
    let shown = |active| renderer(false).lines(&invited, NOON, Some(active));
    assert_eq!(shown("#dev"), "12:01 bob invited carol\n");
    assert_eq!(shown("#lobby"), "12:01 #dev bob invited carol\n");
}

/// The contrast of two colors. WCAG 2.2, "contrast ratio".
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let light = |color: [u8; 3]| {
        let part = |byte: u8| match f64::from(byte) / 255.0 {
            part if part <= 0.04045 => part / 12.92,
            part => ((part + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = color.map(part);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (light(one), light(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn colors_of_nicks_can_be_read_on_black_and_on_white() {
    let levels = [0, 95, 135, 175, 215, 255];
    for place in NICK_COLORS {
        let place = usize::from(place - 16);
        let color = [place / 36, place / 6 % 6, place % 6].map(|level| levels[level]);
        let on_black = contrast(color, [0; 3]);
        let on_white = contrast(color, [255; 3]);
        assert!(on_black >= 3.8, "{color:?}: {on_black:.2}");
        assert!(on_white >= 3.8, "{color:?}: {on_white:.2}");
    }
}

#[test]
fn a_note_with_a_rooms_name_in_it_is_harmless_and_keeps_its_lines() {
    let words = "You are not in #lo\x1b[2J any more.\nand so on".to_owned();
    let shown = renderer(false).lines(&Event::Note { words }, 0, None);
    assert_eq!(shown, "You are not in #lo^[[2J any more.\nand so on\n");
}

#[test]
fn a_list_of_rooms_says_so_when_there_are_none() {
    let shown = |rooms: Vec<RoomSummary>| {
        renderer(false).lines(&Event::RoomList { rooms, all: false }, NOON, None)
    };
    assert_eq!(shown(Vec::new()), "No rooms match.\n");
    let dev = RoomSummary {
        name: "#dev".into(),
        people: 2,
        ..RoomSummary::default()
    };
    assert_eq!(shown(vec![dev]), "1 room:\n  #dev  2 here\n");
}

#[test]
fn a_mention_is_marked_as_a_whole_in_colors_that_no_nick_has() {
    let event = Event::Said {
        room: "#lobby".into(),
        nick: "bob".into(),
        text: "alice: \x02look\x02".into(),
        kind: MessageKind::Text,
        own: false,
        mention: true,
    };
    let shown = |color| renderer(color).lines(&event, NOON, Some("#lobby"));
    assert_eq!(shown(false), "12:01 <bob> alice: look\n");
    let line = shown(true);
    let (time, marked) = line.split_at(line.find('<').unwrap());
    assert!(time.ends_with('m') && time.contains("48;5;220"), "{line:?}");
    assert_eq!(marked, "<bob> alice: look\x1b[0m\n");
    assert!(!NICK_COLORS.contains(&220) && !NICK_COLORS.contains(&16));
}

#[test]
fn long_lists_show_the_largest_and_how_to_see_the_rest() {
    let rooms: Vec<RoomSummary> = (0..3_000)
        .map(|number| RoomSummary {
            name: format!("#r{number}"),
            people: number,
            ..RoomSummary::default()
        })
        .collect();
    let shown = |all| {
        let rooms = rooms.clone();
        renderer(false).lines(&Event::RoomList { rooms, all }, NOON, None)
    };
    let short = shown(false);
    let lines: Vec<&str> = short.lines().collect();
    assert_eq!(lines.len(), 52);
    assert_eq!(lines[0], "3000 rooms, the largest 50 of them:");
    assert_eq!(lines[1], "  #r2999  2999 here");
    assert!(
        lines[51].starts_with("  … and 2950 more; /list -all"),
        "{}",
        lines[51]
    );
    assert_eq!(shown(true).lines().count(), 3_001);

    let people: Vec<WhoEntry> = (0..1_500)
        .map(|number| WhoEntry {
            nick: format!("p{number:04}"),
            rank: if number == 1_400 { "@" } else { "" }.to_owned(),
            away: false,
            away_message: None,
            since: None,
            idle_seconds: None,
            account: None,
            real_name: None,
            operator: false,
            own: false,
        })
        .collect();
    let who = |all| Event::Who {
        room: "#a".into(),
        people: people.clone(),
        all,
    };
    let short = renderer(false).lines(&who(false), NOON, None);
    let lines: Vec<&str> = short.lines().collect();
    assert_eq!(lines.len(), 52);
    assert!(lines[1].starts_with("  @p1400 "), "{}", lines[1]);
    assert!(
        lines[51].starts_with("  … and 1450 more; /who -all #a"),
        "{}",
        lines[51]
    );
    let all = renderer(false).lines(&who(true), NOON, None);
    assert_eq!(all.lines().count(), 1_501);
}
