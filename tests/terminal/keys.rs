//! Messages while keys do more than add a character: pastes, Tab, searches, keys typed ahead.

use std::time::{Duration, Instant};

use super::people::{Lines, Room, Scripted, host_on};
use super::screen::{
    CTRL_C, CTRL_G, CTRL_R, CTRL_U, ENTER, PASTE_BEGINS, PASTE_ENDS, SHIFT_TAB, Start, TAB,
};

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
        "/third  (3 messages to #lobby: Enter sends, Esc discards)",
    ];
    room.alice.settles(&expected, "/third");
    room.alice.types_later("!");
    room.bob.says("three");
    let mut expected = [
        "<bob> one",
        "<bob> two",
        "<bob> three",
        "[#lobby] first",
        "second",
        "/third!  (3 messages to #lobby: Enter sends, Esc discards)",
    ];
    room.alice.settles(&expected, "/third!");
    expected[5] = "/third!";
    room.alice.types_later(ENTER);
    for line in ["first", "second", "/third!"] {
        assert_eq!(room.bob.receives_from_alice(), line);
    }
    room.bob.says("four");
    let expected = [&expected[..], &["<bob> four", "[#lobby]"]].concat();
    room.alice.settles(&expected, "[#lobby] ");
}

#[test]
fn messages_wait_while_a_paste_fills_the_screen_and_leave_no_copies_of_it() {
    let mut room = Room::sized(10, 80);
    let text: String = (0..20).map(|number| format!("line {number}\n")).collect();
    room.alice
        .types(&format!("{PASTE_BEGINS}{text}{PASTE_ENDS}"));
    room.alice.shows("(20 messages to #lobby");
    for number in 0..5 {
        room.bob.says(&format!("message {number}"));
    }
    room.bob.sends("PING :all-said");
    room.bob.receives("all-said");
    room.alice.types_later("x");
    room.alice.shows("x  (21 messages to #lobby");
    room.alice.types("\x1b");
    room.alice.shows("<bob> message 4");
    room.alice.settles_below("[#lobby] ");
    let lines = room.alice.lines();
    let said = lines.iter().filter(|line| line.starts_with("<bob>"));
    let expected: Vec<String> = (0..5).map(|n| format!("<bob> message {n}")).collect();
    assert!(said.eq(&expected), "{lines:#?}");
    // One is from the paste, one from the key.
    let copies = lines.iter().filter(|line| *line == "[#lobby] line 0");
    assert_eq!(copies.count(), 2, "{lines:#?}");
}

#[test]
fn messages_during_a_paste_that_has_not_ended_appear_at_once() {
    let mut room = Room::open();
    room.alice.types("see: ");
    room.alice.types(&format!("{PASTE_BEGINS}first\rsec"));
    let messages: Vec<String> = (0..50).map(|n| format!("<bob> message {n}")).collect();
    for number in 0..50 {
        room.bob.says(&format!("message {number}"));
    }
    let mut expected: Vec<&str> = messages.iter().map(String::as_str).collect();
    expected.push("[#lobby] see:");
    room.alice.settles(&expected, "[#lobby] see: ");
    // Keys with a function of their own are text here.
    room.alice.types(&format!("o\tn\x12d{PASTE_ENDS}"));
    expected.pop();
    let held = "seco    n␒d  (2 messages to #lobby: Enter sends, Esc discards)";
    expected.extend(["[#lobby] see: first", held]);
    room.alice.settles(&expected, "seco    n␒d");
    room.alice.types_later(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "see: first");
    assert_eq!(room.bob.receives_from_alice(), "seco\tn\u{12}d");
}

#[test]
fn a_paste_without_an_end_is_reported_and_can_be_dropped() {
    let mut room = Room::open();
    room.alice.types(&format!("draft{PASTE_BEGINS}lost"));
    room.bob.says("one");
    room.alice
        .settles(&["<bob> one", "[#lobby] draft"], "[#lobby] draft");
    // A key after a pause is from a user who looks for a way out.
    room.alice
        .presses_until("x", "it is said that a paste goes on", |shown| {
            shown.has("(paste not finished; Ctrl-C discards it)")
        });
    room.alice
        .presses_until(CTRL_C, "the paste is dropped", |shown| {
            shown.lines().ends_with(&["[#lobby] draft".to_owned()])
        });
    room.alice.types(" goes on\r");
    assert_eq!(room.bob.receives_from_alice(), "draft goes on");
}

// A96.
#[test]
fn the_end_of_a_paste_inside_a_paste_starts_no_command() {
    for keys in [|start| start, Start::with_vi_keys] {
        let (_server, mut alice, mut lines) = Scripted::with_alice(keys);
        let inner = format!("see{PASTE_ENDS}\r/quit\r\x03\x04{PASTE_BEGINS}/me\tx{PASTE_ENDS}");
        alice.types(&format!("{PASTE_BEGINS}{inner}{PASTE_ENDS}\r/quit now\r"));
        alice.waits_until("the note below the last line end", |shown| {
            let mut rows = shown.screen_rows().into_iter();
            rows.any(|row| row.starts_with("  (4 messages to #lobby: Enter sends"))
        });
        alice.types_later(ENTER);
        for line in ["see", "/quit", "\u{3}\u{4}/me\tx", "/quit now"] {
            assert_eq!(lines.takes_from_alice(), line);
        }
    }
}

#[test]
fn a_pasted_line_with_its_line_end_is_one_line_and_runs_at_enter() {
    let mut room = Room::open();
    let paste = |text: &str| format!("{PASTE_BEGINS}{text}{PASTE_ENDS}");
    room.alice.types(&paste("/join #dev\r"));
    room.alice.shows("/join #dev");
    room.alice.types_later(ENTER);
    room.alice.shows("You are alice in #dev");
    room.alice.types(&paste("/me waves\rhello\r"));
    room.alice
        .shows("(a multi-line paste cannot start with a command)");
    // The note stays while the draft is edited anywhere.
    room.alice.types_later("\x1b[A\x1b[D!");
    room.alice.waits_until("the note below the edit", |shown| {
        shown.has("/me waves!") && shown.has("(a multi-line paste cannot start with a command)")
    });
    room.alice.types(ENTER);
    room.alice.shows("Send commands one at a time.");
    room.alice.types(&paste("/usr/bin/env\rhello"));
    // It is drawn before the pause that makes the next key one of its own.
    room.alice.waits_until("the paste", |shown| {
        let line = shown.lines().pop().unwrap_or_default();
        line.starts_with("hello")
    });
    room.alice.types_later(ENTER);
    room.alice
        .shows("There is no command /usr/bin/env. To send it as text, type //usr/bin/env.");
}

#[test]
fn esc_drops_a_paste_of_several_lines_and_nothing_of_it_is_sent() {
    let mut room = Room::open();
    room.alice
        .types(&format!("{PASTE_BEGINS}first\rsecond{PASTE_ENDS}"));
    room.alice.shows("2 messages to #lobby");
    room.alice.types_later("\x1b");
    room.bob.says("one");
    room.alice.settles(&["<bob> one", "[#lobby]"], "[#lobby] ");
    room.alice.types("hello\r");
    assert_eq!(room.bob.receives_from_alice(), "hello");
}

#[test]
fn messages_between_two_tabs_appear_at_once() {
    let mut room = Room::open();
    let mut bonnie = Lines::enter(room.address(), "bonnie");
    bonnie.says("hi");
    room.bob.receives("hi");
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
    // The typed text comes back, and then the list starts again.
    room.alice.types(TAB);
    room.bob.says("four");
    messages.push("<bob> four");
    settles(
        &room,
        &messages,
        "[#lobby] bo  Tab: bob: bonnie:",
        "[#lobby] bo",
    );
    room.alice.types(TAB);
    room.alice.types("you");
    room.bob.says("five");
    messages.push("<bob> five");
    settles(&room, &messages, "[#lobby] bob: you", "[#lobby] bob: you");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "bob: you");
    bonnie.receives("bob: you");
}

#[test]
fn tab_starts_again_after_another_key_and_after_a_unique_completion() {
    let mut room = Room::open();
    room.alice.types("/set be\t");
    let values = "/set bell off, whispers, mentions or all";
    room.alice
        .settles(&[&format!("[#lobby] {values}")], "[#lobby] /set bell ");
    room.alice.types(TAB);
    room.alice.settles(
        &["[#lobby] /set bell off  Tab: whispers mentions all"],
        "[#lobby] /set bell off ",
    );
    room.alice.types(CTRL_U);
    room.alice.types("/set bell off \t");
    room.alice.settles_below("[#lobby] /set bell off ");
}

#[test]
fn the_list_of_tab_fits_in_the_row() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start.sized(24, 80));
    for number in 0..8 {
        let nick = format!("mallory_number_{number}");
        lines.sends(&format!(":{nick}!m@h JOIN #lobby"));
    }
    lines.bob_says("all here");
    alice.shows("all here");
    for (typed, list) in [
        (
            "mall",
            "mallory_number_0:  Tab: mallory_number_1: mallory_number_2: and 5 more",
        ),
        (
            "so I say to you, my dear old @mall",
            "old @mallory_number_0  Tab: 7 more",
        ),
    ] {
        alice.types(&format!("{typed}\t"));
        alice.shows(list);
        alice.types(CTRL_U);
    }
}

#[test]
fn tab_after_topic_offers_the_topic_for_editing() {
    let mut room = Room::open();
    room.bob.sends("TOPIC #lobby :the old topic");
    room.alice.shows("the old topic");
    room.alice.types("/topic \t!\r");
    room.bob.receives("TOPIC #lobby :the old topic!");
}

#[test]
fn shift_tab_offers_the_previous_completion() {
    for keys in [|start| start, Start::with_vi_keys] {
        let (_server, mut alice, _lines) = Scripted::with_alice(keys);
        alice.types("/set bell ");
        for (key, offer, others) in [
            (TAB, "off ", "whispers mentions all"),
            (SHIFT_TAB, "", "off whispers mentions all"),
            (SHIFT_TAB, "all ", "off whispers mentions"),
            (TAB, "", "off whispers mentions all"),
        ] {
            alice.types(key);
            let line = format!("[#lobby] /set bell {offer}");
            alice.settles(&[&format!("{line} Tab: {others}")], &line);
        }
    }
}

#[test]
fn names_from_the_configuration_are_completed_and_explained() {
    let host = host_on(0);
    let mut alice = Start::as_nick("alice", host.address())
        .configured("[servers.home]\naddress = \"127.0.0.1:1\"\n[alias]\ngreet = \"/msg bob\"\n")
        .start();
    alice.is_in();
    for (typed, line, before_cursor) in [
        ("/connect \t", "/connect home", "/connect home "),
        ("/greet", "/greet  (/msg bob)", "/greet"),
        ("/gre\t", "/greet TEXT", "/greet "),
        ("/set wrap \t", "/set wrap on  Tab: off", "/set wrap on "),
        ("/room 1", "/room 1  (to #lobby)", "/room 1"),
        ("/room 1\t", "/room #lobby", "/room #lobby "),
    ] {
        alice.types(typed);
        alice.settles(
            &[&format!("[#lobby] {line}")],
            &format!("[#lobby] {before_cursor}"),
        );
        alice.types(CTRL_U);
    }
}

#[test]
fn commands_nicks_and_rooms_are_completed_while_messages_arrive() {
    let mut room = Room::open();
    let mut messages: Vec<String> = Vec::new();
    let cases = [
        ("/to", "/topic", " [#ROOM] [TEXT|-delete]"),
        ("@b", "@bob", ""),
        ("hello @B", "hello @bob", ""),
        ("/join #l", "/join #lobby", " [KEY]"),
        ("bo", "bob:", ""),
        ("is bo", "is bob", ""),
    ];
    for (number, (typed, becomes, aside)) in cases.into_iter().enumerate() {
        room.alice.types(typed);
        room.bob.says(&format!("before {number}"));
        room.alice.types(TAB);
        room.bob.says(&format!("after {number}"));
        messages.push(format!("<bob> before {number}"));
        messages.push(format!("<bob> after {number}"));
        let line = format!("[#lobby] {becomes}{aside}");
        let mut expected: Vec<&str> = messages.iter().map(String::as_str).collect();
        expected.push(&line);
        room.alice
            .settles(&expected, &format!("[#lobby] {becomes} "));
        // Deletes the line up to its beginning.
        room.alice.types("\x15");
    }
}

/// Alice has sent these, in this order, and types a draft.
fn with_history(room: &mut Room, said: &[&str]) -> Vec<String> {
    for line in said {
        room.alice.types(line);
        room.alice.types(ENTER);
        assert_eq!(room.bob.receives_from_alice(), *line);
    }
    said.iter().map(|line| format!("[#lobby] {line}")).collect()
}

/// Everything drawn is `before` and then `last`, with the cursor after `before_cursor`.
fn settles(room: &Room, before: &[String], last: &str, before_cursor: &str) {
    let mut expected: Vec<&str> = before.iter().map(String::as_str).collect();
    expected.push(last);
    room.alice.settles(&expected, before_cursor);
}

#[test]
fn messages_during_a_search_appear_at_once_and_the_found_line_is_sent() {
    let mut room = Room::open();
    let mut before = with_history(&mut room, &["alpha one", "beta two"]);
    room.alice.types("a draft");
    room.alice.types(CTRL_R);
    room.bob.says("one");
    before.push("<bob> one".to_owned());
    let asks = "[#lobby] a draft  (search: type part of a line)";
    settles(&room, &before, asks, "[#lobby] a draft");
    room.alice.types("pha");
    for number in 0..50 {
        room.bob.says(&format!("message {number}"));
        before.push(format!("<bob> message {number}"));
    }
    settles(
        &room,
        &before,
        "[#lobby] alpha one  (search: pha)",
        "[#lobby] al",
    );
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "alpha one");
    before.push("[#lobby] alpha one".to_owned());
    room.bob.says("last");
    before.push("<bob> last".to_owned());
    settles(&room, &before, "[#lobby]", "[#lobby] ");
}

#[test]
fn a_search_goes_back_and_forth_and_undoes_its_steps() {
    let mut room = Room::open();
    let mut before = with_history(&mut room, &["red fish", "blue bird", "blue fish"]);
    room.alice.types("draft");
    let steps = [
        ("\x12fi", "blue fish  (search: fi)", "blue "),
        (CTRL_R, "red fish  (search: fi)", "red "),
        (CTRL_R, "red fish  (search: fi: no more matches)", "red "),
        ("\x13", "blue fish  (search forward: fi)", "blue "),
        (
            "\x7f\x7f\x7f\x7f",
            "blue fish  (search forward: f)",
            "blue ",
        ),
        (
            "\x7f",
            "draft  (search forward: type part of a line)",
            "draft",
        ),
        ("\x12bird", "draft  (search: type part of a line)", "draft"),
    ];
    for (number, (keys, line, before_cursor)) in steps.into_iter().enumerate() {
        room.alice.types(keys);
        room.bob.says(&format!("message {number}"));
        before.push(format!("<bob> message {number}"));
        if number + 1 < steps.len() {
            let line = format!("[#lobby] {line}");
            settles(&room, &before, &line, &format!("[#lobby] {before_cursor}"));
        }
    }
    // Pressed without a query, the key has searched for the last query again: there was none, and
    // the search was for the text typed next.
    settles(
        &room,
        &before,
        "[#lobby] blue bird  (search: bird)",
        "[#lobby] blue ",
    );
    // An arrow accepts the line for editing, and moves.
    room.alice.types("\x1b[D!");
    settles(&room, &before, "[#lobby] blue! bird", "[#lobby] blue!");
    room.alice.types("\x05?\r");
    assert_eq!(room.bob.receives_from_alice(), "blue! bird?");
}

#[test]
fn esc_and_keys_without_a_function_accept_the_found_line_for_editing() {
    for keys in ["\x1b", "\x1b[H", "\x01", "\x02"] {
        let mut room = Room::open();
        let before = with_history(&mut room, &["alpha one"]);
        room.alice.types(&format!("{CTRL_R}alp"));
        settles(
            &room,
            &before,
            "[#lobby] alpha one  (search: alp)",
            "[#lobby] ",
        );
        room.alice.types(keys);
        settles(&room, &before, "[#lobby] alpha one", "[#lobby] ");
        room.alice.types("an ");
        settles(&room, &before, "[#lobby] an alpha one", "[#lobby] an ");
    }
}

#[test]
fn a_cancelled_search_restores_the_draft_and_its_cursor() {
    for key in [CTRL_G, CTRL_C] {
        let mut room = Room::open();
        let mut before = with_history(&mut room, &["alpha one"]);
        room.alice.types("a draft\x1b[D\x1b[D");
        room.alice.types(&format!("{CTRL_R}lph"));
        room.bob.says("one");
        before.push("<bob> one".to_owned());
        settles(
            &room,
            &before,
            "[#lobby] alpha one  (search: lph)",
            "[#lobby] a",
        );
        room.alice.types(key);
        room.bob.says("two");
        before.push("<bob> two".to_owned());
        settles(&room, &before, "[#lobby] a draft", "[#lobby] a dra");
    }
}

#[test]
fn text_pasted_in_a_search_extends_the_query() {
    let mut room = Room::open();
    let before = with_history(&mut room, &["alpha one", "beta two"]);
    room.alice
        .types(&format!("{CTRL_R}{PASTE_BEGINS}pha o{PASTE_ENDS}"));
    settles(
        &room,
        &before,
        "[#lobby] alpha one  (search: pha o)",
        "[#lobby] al",
    );
    room.alice.types("\x1b");
    settles(&room, &before, "[#lobby] alpha one", "[#lobby] al");
    room.alice.types("\x05\x15draft");
    settles(&room, &before, "[#lobby] draft", "[#lobby] draft");
    // Pressed twice, the key searches for the last query again, in the whole history.
    room.alice.types(&format!("{CTRL_R}{CTRL_R}"));
    settles(
        &room,
        &before,
        "[#lobby] alpha one  (search: pha o)",
        "[#lobby] al",
    );
}

#[test]
fn a_search_in_an_empty_history_finds_nothing() {
    let mut room = Room::open();
    room.alice.types(&format!("draft{CTRL_R}x"));
    room.bob.says("one");
    let nothing = "[#lobby] draft  (search: x: no more matches)";
    room.alice
        .settles(&["<bob> one", nothing], "[#lobby] draft");
    room.alice.types(CTRL_G);
    room.alice
        .settles(&["<bob> one", "[#lobby] draft"], "[#lobby] draft");
}

#[test]
fn in_vi_mode_a_slash_searches_too_and_messages_appear_at_once() {
    for (into_command_mode, key) in [("\x1b", "/"), ("\x1b", CTRL_R), ("", CTRL_R)] {
        let (_server, mut alice, mut lines) = Scripted::with_alice(Start::with_vi_keys);
        alice.types("alpha 17\r");
        assert_eq!(lines.takes_from_alice(), "alpha 17");
        alice.types("a draft");
        alice.types(into_command_mode);
        lines.bob_says("one");
        alice.shows("<bob> one");
        alice.types(key);
        alice.shows("(search: type");
        alice.types("a 17");
        lines.bob_says("two");
        let found = "[#lobby] alpha 17  (search: a 17)";
        let expected = ["[#lobby] alpha 17", "<bob> one", "<bob> two", found];
        alice.settles(&expected, "[#lobby] alph");
        if !into_command_mode.is_empty() {
            // A line that vi has found can be edited.
            alice.types(ENTER);
            let expected = expected.map(|line| line.split("  (").next().unwrap());
            alice.settles(&expected, "[#lobby] alph");
        }
        alice.types(ENTER);
        assert_eq!(lines.takes_from_alice(), "alpha 17");
    }
}

#[test]
fn a_count_and_a_vi_command_delay_messages_only_until_they_end() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(Start::with_vi_keys);
    alice.types("one two three\x1b");
    for (number, (begins, ends)) in [("2", "b"), ("d", "w"), ("f", "x")].into_iter().enumerate() {
        alice.types(begins);
        lines.bob_says(&format!("message {number}"));
        lines.sends("PING :all-said");
        lines.receives("all-said");
        alice.types(ends);
        alice.shows(&format!("message {number}"));
    }
    let expected = ["<bob> message 0", "<bob> message 1", "<bob> message 2"];
    let expected = [&expected[..], &["[#lobby] one three"]].concat();
    alice.settles(&expected, "[#lobby] one ");
}

#[test]
fn a_count_delays_messages_only_until_it_ends() {
    let mut room = Room::open();
    room.alice.types("draft\x1b-3");
    room.alice.shows("(arg: -3)");
    room.bob.says("one");
    room.bob.sends("PING :all-said");
    room.bob.receives("all-said");
    // A forward movement with a negative count goes back.
    room.alice.types("\x06");
    room.alice
        .settles(&["<bob> one", "[#lobby] draft"], "[#lobby] dr");
}

#[test]
fn alt_and_a_digit_go_to_a_room_and_leave_the_draft() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("/join #den\r");
    lines.receives("JOIN #den");
    lines.puts_alice_into("#den");
    alice.shows("[#den]");
    alice.types("half a line\x1b[D");
    alice.settles_below_with("[#den] half a line", "[#den] half a lin");
    alice.types("\x1b1");
    alice.settles_below_with("[#lobby] half a line", "[#lobby] half a lin");
    // Messages do not wait for another key, and keys that follow at once are kept.
    lines.bob_says("one");
    alice.shows("<bob> one");
    alice.types(&"\x1b2x\x1b1y".repeat(5));
    let typed = "[#lobby] half a linxyxyxyxyxy";
    alice.settles_below_with(&format!("{typed}e"), typed);
    alice.types("\x1b1");
    lines.bob_says("two");
    alice.shows("<bob> two");
    alice.types("\x1b9");
    alice.shows("You have no room 9. /rooms lists your rooms.");
    alice.types("\x1b[F\x15");
    alice.types("\x1b1here\r");
    assert_eq!(lines.takes_from_alice(), "here");
}

#[test]
fn twenty_lines_typed_ahead_at_once_are_all_sent_in_order() {
    let mut room = Room::open();
    let lines: Vec<String> = (1..=20).map(|number| format!("line {number}")).collect();
    room.alice.types(&format!("{}\rrest", lines.join("\r")));
    for line in &lines {
        assert_eq!(&room.bob.receives_from_alice(), line);
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
fn keys_pressed_before_the_prompt_are_in_the_first_line() {
    let server = Scripted::listen();
    let mut alice = Start::as_nick("alice", server.address()).start();
    // The program may not even run yet.
    alice.types("early ");
    let mut lines = server.accepts();
    lines.receives("NICK ");
    // It is connected, and has no prompt before registration.
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
fn lines_entered_before_the_prompt_are_sent() {
    let server = Scripted::listen();
    let mut alice = Start::as_nick("alice", server.address()).start();
    alice.types("one\rtwo\r");
    let mut lines = server.accepts();
    lines.receives("NICK ");
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
fn prefix_keys_delay_no_message() {
    let mut room = Room::open();
    room.alice.types("old line\r");
    assert_eq!(room.bob.receives_from_alice(), "old line");
    let mut expected = vec!["[#lobby] old line".to_owned()];
    room.alice.types("draft");
    // Ctrl-V, Ctrl-Q, Ctrl-X, Ctrl-], each followed by a key, a lone Esc, back in the history and
    // forward again.
    let keys = [
        "\x16", "\x02", "\x11", "\x0f", "\x18", "\x15", "\x18", "\x15", "\x1d", "z", "\x1b",
        "\x1b[A", "\x1b[B",
    ];
    for (number, keys) in keys.iter().enumerate() {
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
fn a_flood_of_messages_and_the_lines_entered_during_it_are_complete() {
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
        assert_eq!(room.bob.receives_from_alice(), format!("line {number}"));
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

#[test]
fn text_typed_directly_after_ctrl_c_is_kept() {
    let mut room = Room::open();
    room.alice.types("never mind\x03hello\rdraft");
    assert_eq!(room.bob.receives_from_alice(), "hello");
    room.bob.says("one");
    let expected = [
        "[#lobby] never mind",
        "[#lobby] hello",
        "<bob> one",
        "[#lobby] draft",
    ];
    room.alice
        .waits_until("the message and the draft", |shown| {
            shown.lines().ends_with(
                &expected[2..]
                    .iter()
                    .map(|line| (*line).to_owned())
                    .collect::<Vec<_>>(),
            )
        });
    room.alice.settles(&expected, "[#lobby] draft");
}

#[test]
fn a_key_after_ctrl_v_is_inserted_literally() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("bold: \x16");
    lines.bob_says("one");
    alice.settles(&["<bob> one", "[#lobby] bold:"], "[#lobby] bold: ");
    alice.resizes(24, 60);
    alice.types("\x02yes\x16\x02\r");
    assert_eq!(lines.takes_from_alice(), "bold: \u{2}yes\u{2}");
}

#[test]
fn a_line_with_a_blank_in_front_stays_out_of_the_history() {
    let mut room = Room::open();
    let mut before = with_history(&mut room, &["kept", " not kept"]);
    before.retain(|line| !line.is_empty());
    room.alice.types("\x1b[A");
    settles(&room, &before, "[#lobby] kept", "[#lobby] kept");
}

// Between two lines it would be a signal that discards the keys after it.
#[test]
fn ctrl_c_is_a_key_between_two_lines_as_well() {
    let mut room = Room::open();
    for number in 0..50 {
        room.alice.types(&format!("line {number}\r"));
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(10) {
            assert!(!room.alice.makes_signals_of_keys(), "after line {number}");
        }
    }
}
