//! Messages while a line is typed.

use nix::sys::signal::Signal;

use super::people::{Room, Scripted};
use super::screen::{CTRL_A, CTRL_G, CTRL_R, ENTER, LEFT, Start};

#[test]
fn a_message_in_the_middle_of_a_typed_line_leaves_it_unchanged() {
    let mut room = Room::open();
    room.alice.types("hello wor");
    room.alice.shows("[#lobby] hello wor");
    room.bob.says("one");
    room.alice
        .settles(&["<bob> one", "[#lobby] hello wor"], "[#lobby] hello wor");
    room.alice.types(&LEFT.repeat(4));
    room.bob.says("two");
    room.alice.settles(
        &["<bob> one", "<bob> two", "[#lobby] hello wor"],
        "[#lobby] hello",
    );
    room.alice.types(" big");
    room.bob.says("three");
    let expected = [
        "<bob> one",
        "<bob> two",
        "<bob> three",
        "[#lobby] hello big wor",
    ];
    room.alice.settles(&expected, "[#lobby] hello big");
    room.alice.types("\x05ld");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "hello big world");
    room.bob.says("four");
    let expected = [
        "<bob> one",
        "<bob> two",
        "<bob> three",
        "[#lobby] hello big world",
        "<bob> four",
        "[#lobby]",
    ];
    room.alice.settles(&expected, "[#lobby] ");
}

#[test]
fn the_answer_of_a_terminal_to_the_query_of_its_name_is_not_typed() {
    for keys in [|start| start, Start::with_vi_keys] {
        let (_server, mut alice, mut lines) = Scripted::with_alice(keys);
        alice.types("hel");
        alice.waits_until("the question", |shown| shown.was_sent(b"\x1b[>0q"));
        alice.types("l\x1bP>|VTE(7600)\x1b\\o\x1bP!|7E565445\x1b\\");
        alice.settles_below("[#lobby] hello");
        alice.types(ENTER);
        assert_eq!(lines.takes_from_alice(), "hello");
        alice.types("more");
        alice.settles_below("[#lobby] more");
        assert_eq!(alice.look(|shown| shown.times_sent(b"\x1b[>0q")), 1);
    }
}

#[test]
fn an_invalid_byte_ends_nothing_and_leaves_the_line() {
    let mut room = Room::open();
    let draft = "two rows ".repeat(10);
    room.alice.types(&format!("{draft}\x01"));
    let line = format!("[#lobby] {draft}");
    room.alice.settles(&[line.trim_end()], "[#lobby] ");
    room.alice.types_bytes(b"\xe1z");
    room.alice
        .shows("Ignored input that is not UTF-8, and the keys that arrived with it.");
    room.bob.says("one");
    room.alice.shows("<bob> one");
    room.alice.types("\x05stay\r");
    assert_eq!(room.bob.receives_from_alice(), format!("{draft}stay"));
    let expected = [
        "Ignored input that is not UTF-8, and the keys that arrived with it.",
        "<bob> one",
        &format!("{line}stay"),
        "[#lobby]",
    ];
    room.alice.settles(&expected, "[#lobby] ");
    let lines = room.alice.lines();
    assert_eq!(lines.len(), 1 + expected.len(), "{lines:?}");
}

#[test]
fn a_signal_from_another_program_loses_no_message_and_no_key() {
    let mut room = Room::open();
    room.alice.types("half a line");
    room.alice.settles_below("[#lobby] half a line");
    let mut expected = Vec::new();
    for number in 0..200 {
        room.bob.says(&format!("message {number}"));
        expected.push(format!("<bob> message {number}"));
        room.alice.signals(Signal::SIGINT);
    }
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    expected.push("[#lobby] half a line");
    room.alice.settles(&expected, "[#lobby] half a line");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "half a line");
}

#[test]
fn a_thousand_messages_while_typing_are_all_there_once_and_in_order() {
    let mut room = Room::open();
    let draft: String = ('a'..='z').chain('0'..='9').cycle().take(100).collect();
    let mut keys = draft.chars();
    for number in 0..1000 {
        room.bob.says(&format!("message {number}"));
        if number % 10 == 5 {
            room.alice.types(&keys.next().unwrap().to_string());
        }
    }
    let messages: Vec<String> = (0..1000).map(|n| format!("<bob> message {n}")).collect();
    let prompt = format!("[#lobby] {draft}");
    let mut expected: Vec<&str> = messages.iter().map(String::as_str).collect();
    expected.push(&prompt);
    room.alice.settles(&expected, &prompt);
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), draft);
}

#[test]
fn a_draft_of_three_rows_stays_whole_wherever_its_cursor_is() {
    let mut room = Room::sized(24, 40);
    let draft = "The quick brown fox jumps over the lazy dog and runs away into the dark wood.";
    let prompt = format!("[#lobby] {draft} Then it rained.");
    room.alice.types(draft);
    room.bob.says("one");
    room.alice.types(" Then it rained.");
    room.alice.settles(&["<bob> one", &prompt], &prompt);
    // In the first row, in the second, in the third.
    room.alice.types(CTRL_A);
    room.bob.says("two");
    room.alice
        .settles(&["<bob> one", "<bob> two", &prompt], "[#lobby] ");
    room.alice.types(&"\x1b[C".repeat(50));
    room.bob.says("three");
    let expected = ["<bob> one", "<bob> two", "<bob> three", &prompt];
    room.alice.settles(&expected, &prompt[..9 + 50]);
    room.alice.types("\x05");
    room.bob.says(&"four ".repeat(30));
    let four = format!("<bob> {}", "four ".repeat(30));
    let expected = ["<bob> one", "<bob> two", "<bob> three", &four, &prompt];
    room.alice.settles(&expected, &prompt);
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), &prompt[9..]);
}

#[test]
fn the_rows_of_a_draft_are_separate_lines_and_those_of_a_sent_line_are_one() {
    let mut room = Room::sized(24, 40);
    let draft = "The quick brown fox jumps over the lazy dog and runs away into the dark wood.";
    let line = format!("[#lobby] {draft}");
    room.alice.types(draft);
    room.alice.settles(&[&line], &line);
    let wrapped = room.alice.look(|shown| shown.last_rows_wrapped(3));
    assert_eq!(wrapped, [false, false, false]);
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), draft);
    room.alice.settles(&[&line, "[#lobby]"], "[#lobby] ");
    let wrapped = room.alice.look(|shown| shown.last_rows_wrapped(4));
    assert_eq!(wrapped, [true, true, false, false]);
}

#[test]
fn a_draft_that_ends_at_the_right_margin_stays_whole() {
    let mut room = Room::sized(24, 40);
    for rows in 1..=3 {
        let draft = "x".repeat(40 * rows - 9);
        let prompt = format!("[#lobby] {draft}");
        room.alice.types(&draft);
        room.bob.says(&format!("before {rows}"));
        room.alice.shows(&format!("before {rows}"));
        room.bob.says(&format!("between {rows}"));
        room.alice.shows(&format!("between {rows}"));
        room.bob.says(&format!("after {rows}"));
        let expected = [
            format!("<bob> before {rows}"),
            format!("<bob> between {rows}"),
            format!("<bob> after {rows}"),
            prompt.clone(),
        ];
        room.alice.waits_until(&expected.join("\n"), |shown| {
            let lines = shown.lines();
            lines.ends_with(&expected) && shown.cursor().1 == 0
        });
        // One more character, and then one less.
        room.alice.types("y\x7f");
        room.bob.says(&format!("then {rows}"));
        room.alice.shows(&format!("then {rows}"));
        room.alice.types(ENTER);
        assert_eq!(room.bob.receives_from_alice(), draft);
    }
    let mut expected = Vec::new();
    for rows in 1..=3 {
        for word in ["before", "between", "after", "then"] {
            expected.push(format!("<bob> {word} {rows}"));
        }
        expected.push(format!("[#lobby] {}", "x".repeat(40 * rows - 9)));
    }
    expected.push("[#lobby]".to_owned());
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    room.alice.settles(&expected, "[#lobby] ");
}

#[test]
fn wide_characters_and_emoji_keep_the_cursor_in_its_cell() {
    let mut room = Room::sized(24, 40);
    let draft = "日本語 naïve 🎉👍 ende";
    let prompt = format!("[#lobby] {draft}");
    room.alice.types(draft);
    room.bob.says("你好 🎉");
    room.alice.settles(&["<bob> 你好 🎉", &prompt], &prompt);
    room.alice.types(&LEFT.repeat(6));
    room.bob.says("❤ שלום");
    let expected = ["<bob> 你好 🎉", "<bob> ❤ שלום", &prompt];
    room.alice.settles(&expected, "[#lobby] 日本語 naïve 🎉");
    // Up to the margin, where a wide character no longer fits.
    room.alice.types("あいうえおかきくけこさしすせそ");
    let draft = "日本語 naïve 🎉あいうえおかきくけこさしすせそ👍 ende";
    let prompt = format!("[#lobby] {draft}");
    room.bob.says("🦀");
    let expected = ["<bob> 你好 🎉", "<bob> ❤ שלום", "<bob> 🦀", &prompt];
    room.alice.settles(
        &expected,
        "[#lobby] 日本語 naïve 🎉あいうえおかきくけこさしすせそ",
    );
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), draft);
}

#[test]
fn messages_go_without_escape_sequences_into_a_file_when_only_the_input_is_a_terminal() {
    let server = Scripted::listen();
    let start = Start::as_nick("alice", server.address());
    let mut alice = start.through_script("\"$0\" \"$@\" >said").start();
    let mut lines = server.accepts();
    lines.lets_alice_in();
    alice.shows("[#lobby]");
    alice.types("hello wor");
    for number in 0..100 {
        lines.bob_says(&format!("message {number}"));
    }
    alice.types("ld\r");
    assert_eq!(lines.takes_from_alice(), "hello world");
    lines.bob_says("end");
    lines.sends("PING :all-said");
    lines.receives("all-said");
    alice.types("a draft");
    alice.settles_below("[#lobby] a draft");
    alice.types("\x15/quit\r");
    lines.receives("QUIT");
    lines.hangs_up();
    alice.ends_with(0);
    let said = alice.file("said");
    let said: Vec<&str> = said
        .lines()
        .filter_map(|line| Some(line.split_once("<bob> ")?.1))
        .collect();
    let mut expected: Vec<String> = (0..100).map(|n| format!("message {n}")).collect();
    expected.push("end".to_owned());
    assert_eq!(said, expected);
    assert!(!alice.file("said").contains('\x1b'));
    assert_eq!(alice.lines(), ["[#lobby] hello world", "[#lobby] /quit"]);
}

#[test]
fn json_output_goes_into_a_file_on_request() {
    let server = Scripted::listen();
    let start = Start::as_nick("alice", server.address());
    let run = "\"$0\" \"$@\" --format json >said";
    let mut alice = start.through_script(run).start();
    let mut lines = server.accepts();
    lines.lets_alice_in();
    alice.shows("[#lobby]");
    lines.bob_says("hello");
    lines.sends("PING :all-said");
    lines.receives("all-said");
    alice.types("/quit\r");
    lines.receives("QUIT");
    lines.hangs_up();
    alice.ends_with(0);
    let said = alice.file("said");
    let hello = said.lines().find(|line| line.contains("hello")).unwrap();
    assert!(hello.starts_with("{\"kind\":\"message\","), "{hello}");
    assert!(said.lines().all(|line| line.starts_with('{')), "{said}");
}

#[test]
fn without_colors_the_screen_has_the_same_text() {
    let (_server, mut alice, mut lines) =
        Scripted::with_alice(|start| start.variable("NO_COLOR", "1"));
    alice.types("hello wor");
    alice.types(&LEFT.repeat(3));
    lines.bob_says("one");
    lines.sends(":alice!a@h PART #lobby");
    lines.sends(":bob!b@h PRIVMSG alice :two");
    let expected = [
        "<bob> one",
        "you left #lobby",
        "*bob* whispers: two",
        "[#lobby gone] hello wor",
    ];
    alice.settles(&expected, "[#lobby gone] hello ");
    alice.look(|shown| {
        for color in ["\x1b[1m", "\x1b[2m", "\x1b[38;5;"] {
            assert!(!shown.was_sent(color.as_bytes()), "{color:?}");
        }
    });
}

#[test]
fn a_short_name_for_clearing_the_screen_clears_it() {
    let start = |start: Start| start.configured("[alias]\ncls = \"/clear\"\n");
    let (_server, mut alice, mut lines) = Scripted::with_alice(start);
    for line in ["/cls", "/clear"] {
        lines.bob_says("one");
        alice.shows("<bob> one");
        alice.types(&format!("{line}\r"));
        alice.waits_until("nothing but the prompt", |shown| {
            let rows = shown.screen_rows();
            let mut drawn = rows.iter().filter(|row| !row.is_empty());
            drawn.next().is_some_and(|row| row.starts_with("[#lobby]")) && drawn.next().is_none()
        });
    }
}

#[test]
fn the_password_of_a_command_is_drawn_as_dots() {
    for start in [
        |start: Start| start,
        |start: Start| start.variable("NO_COLOR", "1"),
    ] {
        let (_server, mut alice, mut lines) = Scripted::with_alice(start);
        alice.types("/oper root");
        alice.settles_below("[#lobby] /oper ••••");
        alice.types(" hun\x16\x01ter2");
        alice.settles_below("[#lobby] /oper •••• ••••••••");
        // In the middle of a search, and after a message.
        alice.types(CTRL_R);
        lines.bob_says("one");
        alice.shows("<bob> one");
        alice.types(&format!("{CTRL_G}\r"));
        lines.receives("OPER root :hun\u{1}ter2");
        lines.sends(":s 464 alice :Password incorrect");
        alice.shows("Password missing or incorrect.");
        alice.types("@NickServ identify correct horse\r");
        lines.receives("PRIVMSG NickServ :identify correct horse");
        lines.sends(":s 401 alice NickServ :No such nick");
        alice.shows("There is no user NickServ");
        alice.types("/join #den secret\r");
        lines.receives("JOIN #den secret");
        lines.bob_says("two");
        alice.shows("<bob> two");
        alice.look(|shown| {
            for secret in ["hunter2", "ter2", "horse", "secret"] {
                assert!(!shown.was_sent(secret.as_bytes()), "{secret}");
            }
        });
    }
}

#[test]
fn a_line_that_fills_its_row_leaves_no_empty_row() {
    let mut room = Room::sized(24, 40);
    let text = "x".repeat(40 - "[#lobby] ".len());
    for text in [text.clone(), format!("{text}{}", "y".repeat(40))] {
        room.alice.types(&format!("{text}\r"));
        assert_eq!(room.bob.receives_from_alice(), text);
        room.bob.says("one");
        let (_, last) = text.split_at(text.len().saturating_sub(40));
        let row = match last.len() {
            40 => last.to_owned(),
            _ => format!("[#lobby] {last}"),
        };
        room.alice.ends_in_rows(&[&row, "<bob> one", "[#lobby]"]);
    }
}
