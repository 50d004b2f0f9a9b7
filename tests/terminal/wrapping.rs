//! Messages longer than a row: where they are broken, and how the next rows are indented.

use super::people::{Room, Scripted};
use super::screen::{CTRL_D, ENTER};

#[test]
fn long_messages_are_broken_between_words_and_indented_under_their_text() {
    let mut room = Room::sized(24, 40);
    room.alice.types("a draft");
    room.bob.says("The quick brown fox jumps over the lazy dog");
    room.bob.says("日本語のとても長い文章です。読めますか");
    room.bob
        .says("e\u{301}te\u{301} a\u{300} la plage, nai\u{308}ve, déjà vu, où");
    room.bob
        .sends("PRIVMSG alice :only for you, and it is long too");
    let expected = [
        "<bob> The quick brown fox jumps",
        "            over the lazy dog",
        "<bob> 日本語のとても長い文章です。",
        "            読めますか",
        "<bob> e\u{301}te\u{301} a\u{300} la plage, nai\u{308}ve, déjà",
        "            vu, où",
        "*bob* whispers: only for you, and",
        "  it is long too",
        "[#lobby] a draft",
    ];
    room.alice.ends_in_rows(&expected);
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "a draft");
}

#[test]
fn addresses_are_left_whole() {
    let mut room = Room::sized(24, 40);
    room.bob.says("here it is: https://a.example/page");
    let long = "https://a.example/a/very/long/way/to/a/page?with=query";
    room.bob.says(&format!("and {long} too"));
    room.bob.says("end");
    let expected = [
        "<bob> here it is:",
        "            https://a.example/page",
        // Wrapped by the terminal, which treats the rows as one line.
        "<bob> and https://a.example/a/very",
        "/long/way/to/a/page?with=query",
        "            too",
        "<bob> end",
        "[#lobby]",
    ];
    room.alice.ends_in_rows(&expected);
    let copied = format!("<bob> and {long} too");
    let lines = room.alice.lines();
    assert!(lines.contains(&copied), "{lines:?}");
}

#[test]
fn messages_after_a_change_of_width_are_laid_out_for_the_new_width() {
    let mut room = Room::sized(24, 40);
    let text = "The quick brown fox jumps over the lazy dog";
    room.bob.says(text);
    room.alice.shows("the lazy dog");
    room.alice.resizes(24, 30);
    room.bob.says(text);
    room.alice.shows("over the lazy dog");
    room.alice.resizes(24, 80);
    room.bob.says(text);
    let expected = [
        "<bob> The quick brown fox",
        "            jumps over the lazy",
        "            dog",
        "<bob> The quick brown fox jumps over the lazy dog",
        "[#lobby]",
    ];
    room.alice.waits_until("three widths", |shown| {
        let rows = shown.last_rows(2);
        rows.first().is_some_and(|row| row.ends_with(expected[3]))
    });
}

#[test]
fn with_soft_wrap_a_message_stays_one_line_for_copying() {
    let start =
        |start: super::screen::Start| start.sized(24, 40).configured("[look]\nwrap = false\n");
    let (_server, mut alice, mut lines) = Scripted::with_alice(start);
    let text = "The quick brown fox jumps over the lazy dog";
    lines.bob_says(text);
    let whole = ["<bob> The quick brown fox jumps ov", "er the lazy dog"];
    alice.ends_in_rows(&[&whole[..], &["[#lobby]"]].concat());
    alice.types("/set wrap on\r");
    alice.shows("wrap is on");
    lines.bob_says(text);
    alice.ends_in_rows(&[
        "<bob> The quick brown fox jumps",
        "            over the lazy dog",
        "[#lobby]",
    ]);
    alice.types("/set wrap off\r");
    alice.shows("wrap is off");
    lines.bob_says(text);
    alice.ends_in_rows(&[&whole[..], &["[#lobby]"]].concat());
    alice.types(CTRL_D);
    lines.receives("QUIT");
    lines.hangs_up();
    alice.ends_with(0);
}

#[test]
fn tables_are_indented_under_their_second_column() {
    let mut room = Room::sized(24, 46);
    room.bob
        .sends("AWAY :at lunch with everybody from the other floor");
    room.bob.receives(" 306 ");
    room.alice.types("/who\r");
    room.alice.waits_until("two columns", |shown| {
        let rows = shown.screen_rows();
        let mut rows = rows.iter().skip_while(|row| !row.starts_with("  bob"));
        let (bob, more) = (rows.next(), rows.next());
        bob.is_some_and(|row| row.starts_with("  bob          here since"))
            && more.is_some_and(|row| row.starts_with("               ") && row.len() > 15)
    });
}
