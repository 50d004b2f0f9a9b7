//! Messages while keys do more than add a character: pastes, Tab, searches, keys typed ahead.

use super::people::{Lines, Room, Scripted};
use super::screen::{CTRL_G, CTRL_R, ENTER, PASTE_BEGINS, PASTE_ENDS, Start, TAB};

#[test]
fn a_paste_of_several_lines_is_a_draft_and_each_line_is_sent_as_one() {
    let mut room = Room::open();
    room.bob.says("one");
    room.alice
        .types(&format!("{PASTE_BEGINS}first\rsecond\r/third{PASTE_ENDS}"));
    room.bob.says("two");
    let expected = [
        "<bob> one",
        "<bob> two",
        "[#lobby] first",
        "second",
        "/third  (3 messages to #lobby: Enter sends, Esc drops)",
    ];
    room.alice.settles(&expected, "/third");
    room.alice.types("!");
    room.bob.says("three");
    let mut expected = [
        "<bob> one",
        "<bob> two",
        "<bob> three",
        "[#lobby] first",
        "second",
        "/third!  (3 messages to #lobby: Enter sends, Esc drops)",
    ];
    room.alice.settles(&expected, "/third!");
    expected[5] = "/third!";
    room.alice.types(ENTER);
    for line in ["first", "second", "/third!"] {
        assert_eq!(room.bob.hears_alice(), line);
    }
    room.bob.says("four");
    let expected = [&expected[..], &["<bob> four", "[#lobby]"]].concat();
    room.alice.settles(&expected, "[#lobby] ");
}

#[test]
fn messages_during_a_paste_that_has_not_ended_are_there_when_it_ends() {
    let mut room = Room::open();
    room.alice.types(&format!("{PASTE_BEGINS}first\rsec"));
    for number in 0..50 {
        room.bob.says(&format!("message {number}"));
    }
    room.bob.sends("PING :all-said");
    room.bob.hears("all-said");
    room.alice.types(&format!("ond{PASTE_ENDS}"));
    let messages: Vec<String> = (0..50).map(|n| format!("<bob> message {n}")).collect();
    let mut expected: Vec<&str> = messages.iter().map(String::as_str).collect();
    let held = "second  (2 messages to #lobby: Enter sends, Esc drops)";
    expected.extend(["[#lobby] first", held]);
    room.alice.settles(&expected, "second");
    room.alice.types(ENTER);
    assert_eq!(room.bob.hears_alice(), "first");
    assert_eq!(room.bob.hears_alice(), "second");
}

#[test]
fn esc_drops_a_paste_of_several_lines_and_nothing_of_it_is_sent() {
    let mut room = Room::open();
    room.alice
        .types(&format!("{PASTE_BEGINS}first\rsecond{PASTE_ENDS}"));
    room.alice.shows("2 messages to #lobby");
    room.alice.types("\x1b");
    room.bob.says("one");
    room.alice.settles(&["<bob> one", "[#lobby]"], "[#lobby] ");
    room.alice.types("hello\r");
    assert_eq!(room.bob.hears_alice(), "hello");
}

#[test]
fn messages_between_two_tabs_appear_at_once() {
    let mut room = Room::open();
    let mut bonnie = Lines::enter(room.address(), "bonnie");
    bonnie.says("hi");
    room.bob.hears("hi");
    room.bob.says("one");
    room.alice.shows("one");
    room.alice.types("bo");
    room.alice.types(TAB);
    let mut messages = vec!["→ bonnie joined", "<bonnie> hi", "<bob> one"];
    let settles = |room: &Room, messages: &[&str], line: &str, before_cursor: &str| {
        let expected = [messages, &[line]].concat();
        room.alice.settles(&expected, before_cursor);
    };
    settles(
        &room,
        &messages,
        "[#lobby] bob:  Tab: bonnie:",
        "[#lobby] bob: ",
    );
    room.bob.says("two");
    messages.push("<bob> two");
    settles(
        &room,
        &messages,
        "[#lobby] bob:  Tab: bonnie:",
        "[#lobby] bob: ",
    );
    room.alice.types(TAB);
    settles(
        &room,
        &messages,
        "[#lobby] bonnie:  Tab: bob:",
        "[#lobby] bonnie: ",
    );
    room.bob.says("three");
    messages.push("<bob> three");
    settles(
        &room,
        &messages,
        "[#lobby] bonnie:  Tab: bob:",
        "[#lobby] bonnie: ",
    );
    // What was typed comes back, and then it begins anew.
    room.alice.types(TAB);
    room.bob.says("four");
    messages.push("<bob> four");
    settles(
        &room,
        &messages,
        "[#lobby] bo Tab: bob: bonnie:",
        "[#lobby] bo",
    );
    room.alice.types(TAB);
    room.alice.types("you");
    room.bob.says("five");
    messages.push("<bob> five");
    settles(&room, &messages, "[#lobby] bob: you", "[#lobby] bob: you");
    room.alice.types(ENTER);
    assert_eq!(room.bob.hears_alice(), "bob: you");
    bonnie.hears("bob: you");
}

#[test]
fn commands_nicks_and_rooms_are_completed_while_messages_arrive() {
    let mut room = Room::open();
    let mut messages: Vec<String> = Vec::new();
    let cases = [
        ("/to", "/topic", " [#ROOM] [TEXT]"),
        ("@b", "@bob", ""),
        ("hello @B", "hello @bob", ""),
        ("/join #l", "/join #lobby", ""),
        ("bo", "bob:", ""),
        ("is bo", "is bob", ""),
    ];
    for (number, (typed, becomes, aside)) in cases.into_iter().enumerate() {
        room.alice.types(typed);
        room.bob.says(&format!("before {number}"));
        room.alice.types(TAB);
        room.bob.says(&format!("behind {number}"));
        messages.push(format!("<bob> before {number}"));
        messages.push(format!("<bob> behind {number}"));
        let line = format!("[#lobby] {becomes}{aside}");
        let mut expected: Vec<&str> = messages.iter().map(String::as_str).collect();
        expected.push(&line);
        room.alice
            .settles(&expected, &format!("[#lobby] {becomes} "));
        // Take the line away, up to its beginning.
        room.alice.types("\x15");
    }
}

#[test]
fn messages_during_a_search_are_there_when_it_ends_and_the_found_line_is_sent() {
    let mut room = Room::open();
    for line in ["alpha one", "beta two"] {
        room.alice.types(line);
        room.alice.types(ENTER);
        assert_eq!(room.bob.hears_alice(), line);
    }
    room.alice.types(CTRL_R);
    room.alice.types("lph");
    room.alice.shows("alpha one");
    room.alice
        .waits_until("the search shows what it found", |shown| shown.has("`lph'"));
    for number in 0..50 {
        room.bob.says(&format!("message {number}"));
    }
    room.bob.sends("PING :all-said");
    room.bob.hears("all-said");
    room.alice.types(ENTER);
    assert_eq!(room.bob.hears_alice(), "alpha one");
    room.bob.says("last");
    room.alice.shows("<bob> last");
    room.alice
        .waits_until("every message once and in order", |shown| {
            let lines = shown.lines();
            let (said, rest): (Vec<String>, Vec<String>) = lines
                .into_iter()
                .skip(1)
                .partition(|line| line.starts_with("<bob>"));
            let mut expected: Vec<String> = (0..50).map(|n| format!("<bob> message {n}")).collect();
            expected.push("<bob> last".to_owned());
            said == expected
                && rest
                    == [
                        "[#lobby] alpha one",
                        "[#lobby] beta two",
                        "[#lobby] alpha one",
                        "[#lobby]",
                    ]
                && shown.cursor().1 == 9
        });
}

#[test]
fn a_search_that_is_given_up_brings_the_draft_back_below_the_messages() {
    let mut room = Room::open();
    room.alice.types("alpha one\r");
    assert_eq!(room.bob.hears_alice(), "alpha one");
    room.alice.types("a draft");
    room.alice.types(CTRL_R);
    room.alice.types("lph");
    room.alice
        .waits_until("the search shows what it found", |shown| shown.has("`lph'"));
    room.bob.says("one");
    room.bob.says("two");
    room.bob.sends("PING :all-said");
    room.bob.hears("all-said");
    room.alice.types(CTRL_G);
    room.bob.says("three");
    let expected = [
        "[#lobby] alpha one",
        "<bob> one",
        "<bob> two",
        "<bob> three",
        "[#lobby] a draft",
    ];
    room.alice.settles(&expected, "[#lobby] a draft");
}

#[test]
fn twenty_lines_typed_ahead_at_once_are_all_sent_in_order() {
    let mut room = Room::open();
    let lines: Vec<String> = (1..=20).map(|number| format!("line {number}")).collect();
    room.alice.types(&format!("{}\rrest", lines.join("\r")));
    for line in &lines {
        assert_eq!(&room.bob.hears_alice(), line);
    }
    room.bob.says("done");
    room.alice.shows("<bob> done");
    let mut expected: Vec<String> = lines
        .iter()
        .map(|line| format!("[#lobby] {line}"))
        .collect();
    expected.extend(["<bob> done".to_owned(), "[#lobby] rest".to_owned()]);
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    room.alice.settles(&expected, "[#lobby] rest");
}

#[test]
fn keys_pressed_before_the_prompt_is_there_are_in_the_first_line() {
    let server = Scripted::listen();
    let mut alice = Start::as_nick("alice", server.address()).start();
    // The program may not even run yet.
    alice.types("early ");
    let mut lines = server.accepts();
    lines.hears("USER ");
    // It is connected, and has no prompt before it is let in.
    alice.types("birdz\x7fs");
    lines.welcomes_alice();
    lines.bob_says("one");
    alice.settles(
        &["<bob> one", "[#lobby] early birds"],
        "[#lobby] early birds",
    );
    alice.types(" sing\r");
    assert_eq!(lines.takes_from_alice(), "early birds sing");
}

#[test]
fn lines_entered_before_the_prompt_is_there_are_sent() {
    let server = Scripted::listen();
    let mut alice = Start::as_nick("alice", server.address()).start();
    alice.types("one\rtwo\r");
    let mut lines = server.accepts();
    lines.hears("USER ");
    alice.types("three\rfour");
    lines.welcomes_alice();
    for line in ["one", "two", "three"] {
        assert_eq!(lines.takes_from_alice(), line);
    }
    lines.bob_says("done");
    alice.shows("<bob> done");
    alice.waits_until("the draft below", |shown| {
        shown
            .lines()
            .last()
            .is_some_and(|line| line == "[#lobby] four")
    });
}

#[test]
fn keys_that_begin_something_and_wait_hold_no_message_back() {
    let mut room = Room::open();
    room.alice.types("old line\r");
    assert_eq!(room.bob.hears_alice(), "old line");
    let mut expected = vec!["[#lobby] old line".to_owned()];
    room.alice.types("draft");
    // Ctrl-V, Ctrl-X, a lone Esc, back in the history and forth again.
    for (number, keys) in ["\x16", "\x18", "\x1b", "\x1b[A", "\x1b[B"]
        .iter()
        .enumerate()
    {
        room.alice.types(keys);
        room.bob.says(&format!("message {number}"));
        expected.push(format!("<bob> message {number}"));
        room.alice.shows(&format!("message {number}"));
    }
    expected.push("[#lobby] draft".to_owned());
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    room.alice.settles(&expected, "[#lobby] draft");
}

#[test]
fn lines_entered_in_a_flood_of_messages_are_all_there_and_none_of_the_messages_is_lost() {
    let mut room = Room::open();
    let mut expected = Vec::new();
    for number in 0..500 {
        room.bob.says(&format!("message {number}"));
        expected.push(format!("<bob> message {number}"));
        if number % 5 == 0 {
            room.alice.types(&format!("line {number}\r"));
        }
    }
    room.bob.says("end");
    expected.push("<bob> end".to_owned());
    for number in (0..500).step_by(5) {
        assert_eq!(room.bob.hears_alice(), format!("line {number}"));
    }
    room.alice
        .waits_until("every message and every line, each in order", |shown| {
            let lines = shown.lines();
            let (said, own): (Vec<String>, Vec<String>) = lines
                .into_iter()
                .skip(1)
                .partition(|line| line.starts_with("<bob>"));
            let mut entered: Vec<String> = (0..500)
                .step_by(5)
                .map(|number| format!("[#lobby] line {number}"))
                .collect();
            entered.push("[#lobby]".to_owned());
            said == expected && own == entered && shown.cursor().1 == 9
        });
}
