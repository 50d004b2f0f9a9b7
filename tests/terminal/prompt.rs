//! Changes around the draft while it is typed: names, the prompt, the size of the terminal.

use super::people::{Lines, Room, Scripted};
use super::screen::{CTRL_G, CTRL_R, ENTER, LEFT, Start, Terminal};

#[test]
fn a_change_of_nick_leaves_the_draft_as_it_is() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("hello wor");
    alice.types(&LEFT.repeat(3));
    lines.sends(":alice!a@h NICK :alina");
    lines.bob_says("one");
    lines.sends(":bob!b@h NICK :rob");
    lines.sends(":rob!b@h PRIVMSG #lobby :two");
    let expected = [
        "you are now alina",
        "<bob> one",
        "bob is now rob",
        "<rob> two",
        "[#lobby] hello wor",
    ];
    alice.settles(&expected, "[#lobby] hello ");
    alice.types("big \x05ld\r");
    assert_eq!(lines.takes_from_alice(), "hello big world");
}

#[test]
fn a_new_prompt_keeps_the_draft_and_its_cursor() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("/join #a-much-longer-room\r");
    lines.receives("JOIN #a-much-longer-room");
    alice.types("hello wor");
    alice.types(&LEFT.repeat(3));
    lines.bob_says("one");
    alice.shows("<bob> one");
    lines.puts_alice_into("#a-much-longer-room");
    lines.bob_says("two");
    let entered = "You are alice in #a-much-longer-room, with bob.";
    let mut expected = vec![
        "[#lobby] /join #a-much-longer-room",
        "<bob> one",
        entered,
        "#lobby <bob> two",
        "[#a-much-longer-room +1] hello wor",
    ];
    alice.settles(&expected, "[#a-much-longer-room +1] hello ");
    // Alice leaves both rooms: a shorter prompt, and then another one.
    lines.sends(":alice!a@h PART #a-much-longer-room\r\n:alice!a@h PART #lobby");
    lines.sends(":bob!b@h PRIVMSG alice :three");
    expected.truncate(4);
    expected.extend([
        "you left #a-much-longer-room",
        "you left #lobby",
        "*bob* whispers: three",
        "[#a-much-longer-room gone] hello wor",
    ]);
    alice.settles(&expected, "[#a-much-longer-room gone] hello ");
    lines.puts_alice_into("#a-much-longer-room");
    lines.sends(":bob!b@h PRIVMSG #a-much-longer-room :four");
    expected.truncate(7);
    expected.extend([
        "You are alice in #a-much-longer-room, with bob.",
        "<bob> four",
        "[#a-much-longer-room] hello wor",
    ]);
    alice.settles(&expected, "[#a-much-longer-room] hello ");
    alice.types("big \x05ld\r");
    lines.receives("PRIVMSG #a-much-longer-room :hello big world");
}

const UNDO: &str = "\x1f";

/// Alice's active room is `#lobby`, and she is in `#den` too.
fn in_two_rooms(start: impl FnOnce(Start) -> Start) -> (Scripted, Terminal, Lines) {
    let (server, mut alice, mut lines) = Scripted::with_alice(start);
    alice.types("/join #den\r");
    lines.receives("JOIN #den");
    lines.puts_alice_into("#den");
    alice.shows("[#den]");
    alice.types("/room #lobby\r");
    alice.settles_below("[#lobby] ");
    (server, alice, lines)
}

#[test]
fn changes_before_a_new_prompt_can_be_undone() {
    let (_server, mut alice, mut lines) = in_two_rooms(|start| start);
    alice.types("one two");
    lines.sends(":bob!b@h PRIVMSG #den :psst");
    alice.settles_below("[#lobby +1] one two");
    alice.types(" three\x17");
    alice.settles_below("[#lobby +1] one two ");
    let undone = [
        "one two three",
        "one two ",
        "one two",
        "one ",
        "one",
        "",
        "",
    ];
    for text in undone {
        alice.types(UNDO);
        alice.settles_below(&format!("[#lobby +1] {text}"));
    }
    alice.types("four\r");
    assert_eq!(lines.takes_from_alice(), "four");
    // A sent line is not undone.
    alice.types(UNDO);
    lines.bob_says("one");
    alice.shows("<bob> one");
    alice.settles_below("[#lobby +1] ");
}

#[test]
fn changes_can_be_undone_without_any_history() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("one two\x17\x18\x15");
    alice.settles_below("[#lobby] one two");
    alice.types(UNDO);
    alice.settles_below("[#lobby] one ");
    alice.types(&UNDO.repeat(2));
    alice.settles_below("[#lobby] ");
    alice.types("three\r");
    assert_eq!(lines.takes_from_alice(), "three");
}

#[test]
fn a_new_prompt_waits_for_the_end_of_a_vi_command() {
    let (_server, mut alice, mut lines) = in_two_rooms(Start::with_vi_keys);
    alice.types("one two");
    alice.settles_below("[#lobby] one two");
    alice.types("\x1b");
    // Until then it may be the beginning of another key.
    alice.waits_until("the cursor on the last letter", |shown| {
        shown.cursor().1 == 15
    });
    lines.bob_says("before");
    lines.sends(":bob!b@h PRIVMSG #den :psst");
    lines.bob_says("after");
    alice.shows("<bob> after");
    // These would be letters if the read had started again.
    alice.types("bix");
    alice.shows("[#lobby +1] one xtwo");
    alice.types("\x1bu");
    alice.shows("[#lobby +1] one two");
    alice.types("\r");
    assert_eq!(lines.takes_from_alice(), "one two");
}

#[test]
fn a_new_prompt_at_the_moment_of_esc_does_not_lose_the_key() {
    const ROUNDS: usize = 30;
    let (_server, mut alice, mut lines) = in_two_rooms(Start::with_vi_keys);
    let draft = "y".repeat(ROUNDS);
    alice.types(&draft);
    alice.settles_below(&format!("[#lobby] {draft}"));
    for number in 1..=ROUNDS {
        // For a while it may be the beginning of another key.
        alice.types("\x1b");
        lines.sends(&format!(":bob!b@h PRIVMSG #den :{number}"));
        alice.shows(&format!("#den <bob> {number}"));
        // To the start, delete a letter, and append at the end. Without Esc these would be letters.
        alice.types("0xA");
        let left = format!("] {}", "y".repeat(ROUNDS - number));
        alice.waits_until("a letter less", |shown| {
            let line = shown.lines().pop().unwrap_or_default();
            line.ends_with(left.trim_end())
        });
    }
}

#[test]
fn a_new_prompt_waits_while_a_line_of_the_history_is_shown() {
    let (_server, mut alice, mut lines) = in_two_rooms(|start| start);
    alice.types("a draft\x1b[A");
    alice.settles_below("[#lobby] /room #lobby");
    lines.sends(":bob!b@h PRIVMSG #den :psst");
    lines.bob_says("one");
    alice.shows("<bob> one");
    alice.types("\x1b[B");
    alice.settles_below("[#lobby +1] a draft");
}

#[test]
fn a_new_prompt_before_a_draft_of_three_rows_leaves_no_copy_of_it() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start.sized(24, 40));
    let draft =
        "The quick brown fox jumps over the lazy dog and runs away into the dark, dark wood.";
    alice.types(draft);
    alice.types(&LEFT.repeat(60));
    let after = &draft[..draft.len() - 60];
    lines.bob_says("one");
    let shown = format!("[#lobby] {draft}");
    alice.settles(&["<bob> one", &shown], &format!("[#lobby] {after}"));
    lines.sends(":alice!a@h PART #lobby");
    lines.sends(":bob!b@h PRIVMSG alice :two");
    let mut expected = vec!["<bob> one", "you left #lobby", "*bob* whispers: two"];
    let shown = format!("[#lobby gone] {draft}");
    expected.push(&shown);
    alice.settles(&expected, &format!("[#lobby gone] {after}"));
}

#[test]
fn a_prompt_that_changes_all_the_time_loses_no_key_and_no_message() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start.sized(24, 60));
    let mut expected = Vec::new();
    for number in 0..200 {
        lines.sends(":alice!a@h PART #lobby");
        alice.types("x");
        lines.sends(&format!(":bob!b@h PRIVMSG alice :{number}"));
        lines.puts_alice_into("#lobby");
        expected.push("you left #lobby".to_owned());
        expected.push(format!("*bob* whispers: {number}"));
        expected.push("You are alice in #lobby, with bob.".to_owned());
    }
    let line = format!("[#lobby] {}", "x".repeat(200));
    lines.bob_says("end");
    expected.extend(["<bob> end".to_owned(), line.clone()]);
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    alice.settles(&expected, &line);
    alice.types(ENTER);
    assert_eq!(lines.takes_from_alice(), "x".repeat(200));
}

#[test]
fn a_terminal_of_another_width_keeps_draft_cursor_and_messages() {
    let mut room = Room::open();
    room.bob.says("one");
    room.alice.types("hello wonderful wor");
    room.alice.types(&LEFT.repeat(3));
    let line = "[#lobby] hello wonderful wor";
    let before_cursor = "[#lobby] hello wonderful ";
    room.alice.settles(&["<bob> one", line], before_cursor);
    room.alice.resizes(24, 60);
    room.bob.says("two");
    let expected = ["<bob> one", "<bob> two", line];
    room.alice.settles(&expected, before_cursor);
    room.alice.resizes(24, 100);
    room.alice.types("big ");
    room.bob.says("three");
    let line = "[#lobby] hello wonderful big wor";
    let before_cursor = "[#lobby] hello wonderful big ";
    let expected = ["<bob> one", "<bob> two", "<bob> three", line];
    room.alice.settles(&expected, before_cursor);
    room.alice.types("\x05ld\r");
    assert_eq!(room.bob.receives_from_alice(), "hello wonderful big world");
}

#[test]
fn a_wrapped_draft_is_laid_out_again_for_another_width() {
    let mut room = Room::sized(24, 60);
    let draft = "The quick brown fox jumps over the lazy dog and runs away into the dark wood.";
    let line = format!("[#lobby] {draft}");
    room.bob.says("one");
    room.alice.types(draft);
    room.alice.settles(&["<bob> one", &line], &line);
    // Into three rows, then into one, then into two.
    for (columns, message) in [(40, "two"), (120, "three"), (50, "four")] {
        // A line drawn for one width while the terminal already has another cannot be right.
        room.alice.settles_below(&line);
        room.alice.resizes(24, columns);
        room.alice.settles_below(&line);
        room.bob.says(message);
        room.alice.shows(message);
    }
    let expected = ["<bob> one", "<bob> two", "<bob> three", "<bob> four", &line];
    room.alice.settles(&expected, &line);
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), draft);
}

#[test]
fn a_terminal_that_changes_its_width_all_the_time_loses_nothing() {
    let mut room = Room::open();
    let mut expected = Vec::new();
    for number in 0..100 {
        let columns = [80, 61, 97, 70][number % 4];
        room.alice.resizes(24, columns);
        room.bob.says(&format!("message {number}"));
        expected.push(format!("<bob> message {number}"));
        if number % 5 == 0 {
            room.alice.types("x");
        }
    }
    let line = format!("[#lobby] {}", "x".repeat(20));
    expected.push(line.clone());
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    room.alice.settles(&expected, &line);
}

#[test]
fn a_prompt_that_changed_during_a_search_is_shown_when_it_ends() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    alice.types("alpha\r");
    assert_eq!(lines.takes_from_alice(), "alpha");
    alice.types("a draft");
    alice.types(CTRL_R);
    alice.types("lph");
    alice.waits_until("the search is open", |shown| shown.has("(search: lph)"));
    lines.sends(":alice!a@h PART #lobby");
    lines.sends(":bob!b@h PRIVMSG alice :one");
    lines.sends("PING :all-said");
    lines.receives("all-said");
    alice.types(CTRL_G);
    lines.sends(":bob!b@h PRIVMSG alice :two");
    let expected = [
        "[#lobby] alpha",
        "you left #lobby",
        "*bob* whispers: one",
        "*bob* whispers: two",
        "[#lobby gone] a draft",
    ];
    alice.settles(&expected, "[#lobby gone] a draft");
}

#[test]
fn a_new_prompt_before_a_draft_with_a_hint_leaves_no_copy_of_the_hint() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start.sized(24, 30));
    // Command and hint together need more than a row.
    alice.types("/topic ");
    alice.settles(
        &["[#lobby] /topic [#ROOM] [TEXT|-delete]"],
        "[#lobby] /topic ",
    );
    lines.sends(":alice!a@h PART #lobby");
    lines.sends(":bob!b@h PRIVMSG alice :one");
    let expected = [
        "you left #lobby",
        "*bob* whispers: one",
        "[#lobby gone] /topic [#ROOM] [TEXT|-delete]",
    ];
    alice.settles(&expected, "[#lobby gone] /topic ");
    lines.puts_alice_into("#lobby");
    let expected = [
        "you left #lobby",
        "*bob* whispers: one",
        "You are alice in #lobby, with bob.",
        "[#lobby] /topic [#ROOM] [TEXT|-delete]",
    ];
    alice.settles(&expected, "[#lobby] /topic ");
}

#[test]
fn a_terminal_of_another_height_keeps_draft_cursor_and_messages() {
    let mut room = Room::open();
    room.alice.types("hello wor");
    room.alice.types(&LEFT.repeat(3));
    let mut expected = Vec::new();
    for (number, rows) in [24, 10, 30, 5, 24].into_iter().enumerate() {
        room.alice.resizes(rows, 80);
        for part in 0..12 {
            room.bob.says(&format!("message {number}.{part}"));
            expected.push(format!("<bob> message {number}.{part}"));
        }
        room.alice.shows(expected.last().unwrap());
        room.alice.waits_until("the draft is drawn again", |shown| {
            let row = shown.screen_rows().into_iter().rfind(|row| !row.is_empty());
            row.is_some_and(|row| row == "[#lobby] hello wor") && shown.cursor().1 == 15
        });
    }
    expected.push("[#lobby] hello wor".to_owned());
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    room.alice.settles(&expected, "[#lobby] hello ");
}

#[test]
fn the_prompt_changes_before_a_draft_also_after_a_question_for_a_nick() {
    let (_server, mut alice, mut lines) = Scripted::with_a_question_for_a_nick();
    alice.types("alice\r");
    lines.receives("NICK alice");
    lines.welcomes_alice();
    alice.is_in();
    alice.types("hello");
    alice.shows("[#lobby] hello");
    lines.sends(":alice!a@h PART #lobby");
    lines.sends(":bob!b@h PRIVMSG alice :one");
    let expected = [
        "you left #lobby",
        "*bob* whispers: one",
        "[#lobby gone] hello",
    ];
    alice.settles(&expected, "[#lobby gone] hello");
    // The answer was not a message.
    alice.types("\x15\x1b[A");
    lines.sends(":bob!b@h PRIVMSG alice :two");
    let expected = [
        "you left #lobby",
        "*bob* whispers: one",
        "*bob* whispers: two",
        "[#lobby gone]",
    ];
    alice.settles(&expected, "[#lobby gone] ");
}
