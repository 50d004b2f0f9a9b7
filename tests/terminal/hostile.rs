//! Text of other users is shown, and the terminal obeys none of it.

use super::people::{Room, Scripted};
use super::screen::{CTRL_C, LEFT, Start};

// A59, A60, A61, A62.
#[test]
fn hostile_text_is_shown_as_marks_and_the_terminal_obeys_none_of_it() {
    let mut room = Room::open();
    room.alice.types("hello wor");
    room.alice.types(&LEFT.repeat(3));
    let cases = [
        ("title \x1b]0;owned\x07", "title ^[]0;owned^G"),
        ("where \x1b[6n", "where ^[[6n"),
        ("clear \x1b[2J\x1b[H", "clear ^[[2J^[[H"),
        ("color \x1b[31mred\x1b[0m", "color ^[[31mred^[[0m"),
        ("bell \x07\x07", "bell ^G^G"),
        ("back \x08\x08\x08\x08", "back ^H^H^H^H"),
        ("turned \u{202e}olleh", "turned <U+202E>olleh"),
        (
            "high \u{9b}2J\u{9d}0;x\u{9c}",
            "high <U+009B>2J<U+009D>0;x<U+009C>",
        ),
        ("mouse \x1b[?1000h\x1b[?1049h", "mouse ^[[?1000h^[[?1049h"),
        ("copy \x1b]52;c;cm0=\x1b\\", "copy ^[]52;c;cm0=^[\\"),
        ("erase \x7f", "erase ^?"),
    ];
    let mut expected = Vec::new();
    for (text, shown) in cases {
        room.bob.says(text);
        expected.push(format!("<bob> {shown}"));
    }
    room.bob.sends("TOPIC #lobby :\x1b[2Jtopic\x07");
    expected.push("bob set the topic: ^[[2Jtopic^G".to_owned());
    room.bob.sends("PRIVMSG alice :\x1b]0;psst\x07");
    expected.push("*bob* whispers: ^[]0;psst^G".to_owned());
    expected.push("[#lobby] hello wor".to_owned());
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    room.alice.settles(&expected, "[#lobby] hello ");
    let obeyed: [&[u8]; 8] = [
        b"\x1b]",
        b"\x1b[6n",
        b"\x1b[2J",
        b"\x1b[31m",
        b"\x08",
        b"\x1b[?1000h",
        b"\x1b[?1049h",
        b"\x7f",
    ];
    room.alice.look(|shown| {
        // The whisper itself rings the bell once, and its text does not.
        assert!(shown.times_sent(b"\x07") <= 1);
        for bytes in obeyed {
            assert!(!shown.was_sent(bytes), "{}", bytes.escape_ascii());
        }
        for text in ["\u{202e}", "\u{9b}", "\u{9d}"] {
            assert!(
                !shown.was_sent(text.as_bytes()),
                "{}",
                text.escape_unicode()
            );
        }
    });
}

#[test]
fn names_and_reasons_are_shown_as_marks_too() {
    const HOSTILE: &str = "\x1b]0;owned\x07\u{9b}2J\u{202e}";
    const SHOWN: &str = "^[]0;owned^G<U+009B>2J<U+202E>";
    let (_server, alice, mut lines) = Scripted::with_alice(|start| start);
    for line in [
        format!(":c{HOSTILE}!c@h JOIN #lobby"),
        format!(":c{HOSTILE}!c@h PRIVMSG #lobby :psst"),
        format!(":bob!b@h NICK b{HOSTILE}ob"),
        format!(":alice!a@h KICK #lobby c{HOSTILE} :{HOSTILE}out"),
        format!(":b{HOSTILE}ob!b@h QUIT :{HOSTILE}bye"),
        format!(":s NOTICE alice :{HOSTILE}notice"),
        format!(":s 404 alice #lobby :{HOSTILE}numeric"),
        format!("ERROR :{HOSTILE}error"),
    ] {
        lines.sends(&line);
    }
    drop(lines);
    alice.waits_until("the end", |shown| {
        let shown = shown.lines().concat();
        ["psst", "out", "bye", "notice", "numeric", "error"]
            .iter()
            .all(|part| shown.contains(part))
            && shown.matches(SHOWN).count() >= 8
    });
    alice.look(|shown| {
        for bytes in ["\x1b]0", "\u{9b}", "\u{202e}"] {
            assert!(!shown.was_sent(bytes.as_bytes()), "{bytes:?}");
        }
    });
}

#[test]
fn names_in_the_hint_after_the_line_are_shown_as_marks_too() {
    const EVIL: &str = "ev\x1b]0;owned\x07il";
    const SHOWN: &str = "ev^[]0;owned^Gil";
    let (_server, mut alice, mut lines) = Scripted::with_alice(|start| start);
    lines.sends(&format!(":{EVIL}!e@h PRIVMSG alice :hi"));
    alice.shows(&format!("*{SHOWN}*"));
    alice.types("/r x");
    alice.shows(&format!("(to {SHOWN})"));
    alice.types("\x15");
    for nick in [EVIL, "evan"] {
        lines.sends(&format!(":{nick}!e@h JOIN #lobby"));
    }
    alice.shows("evan joined");
    alice.types("ev\t");
    alice.waits_until("the other nick", |shown| {
        shown.has(&format!("Tab: {SHOWN}:")) || shown.has("Tab: evan:")
    });
    alice.types("\t");
    alice.shows(&format!("Tab: {SHOWN}:"));
    alice.look(|shown| assert!(!shown.was_sent(b"\x1b]0;owned")));
}

#[test]
fn a_thousand_bells_ring_once_at_most() {
    let (_server, alice, mut lines) = Scripted::with_alice(|start| start);
    let bells = "\x07".repeat(400);
    for _ in 0..3 {
        lines.sends(&format!(":bob!b@h PRIVMSG #lobby :alice {bells}"));
    }
    lines.bob_says("end");
    alice.shows("<bob> end");
    alice.look(|shown| assert!(shown.times_sent(b"\x07") <= 3));
}

#[test]
fn json_output_on_a_terminal_has_marks() {
    let server = Scripted::listen();
    let address = server.address().to_string();
    let start = Start::with(&["--nick", "alice", "--format", "json", "--follow", &address]);
    let alice = start
        .through_script("exec \"$0\" \"$@\" </dev/null")
        .start();
    let mut lines = server.accepts();
    lines.lets_alice_in();
    lines.bob_says("\x1b]0;owned\x07\u{9b}2J\u{202e}end");
    alice.shows("owned");
    alice.look(|shown| {
        for bytes in ["\x1b]0", "\u{9b}", "\u{202e}"] {
            assert!(!shown.was_sent(bytes.as_bytes()), "{bytes:?}");
        }
    });
}

#[test]
fn a_carriage_return_in_a_message_overwrites_nothing() {
    let (_server, alice, mut lines) = Scripted::with_alice(|start| start);
    lines.sends(":bob!b@h PRIVMSG #lobby :harmless\r<carol> forged");
    lines.bob_says("end");
    alice.shows("<bob> end");
    let shown = alice.lines();
    let forged = shown.iter().filter(|line| line.starts_with("<carol>"));
    assert_eq!(forged.count(), 0, "{shown:#?}");
    alice.look(|shown| assert!(!shown.was_sent(b"\r<carol>")));
}

#[test]
fn a_refusal_of_a_nick_is_shown_with_marks() {
    for (number, plain) in [(432, false), (436, false), (437, true), (431, true)] {
        let server = Scripted::listen();
        let address = server.address().to_string();
        let mut arguments = vec!["--nick", "alice", &address];
        if plain {
            arguments.push("--plain");
        }
        let mut alice = Start::with(&arguments).start();
        let mut lines = server.accepts();
        lines.receives("NICK ");
        lines.sends(&format!(":s {number} * alice :no \x1b]0;owned\x07\u{9b}2J"));
        alice.shows("no ^[]0;owned^G<U+009B>2J. Choose another");
        alice.look(|shown| {
            for bytes in [b"\x1b]0".as_slice(), b"\x07", "\u{9b}".as_bytes()] {
                assert!(!shown.was_sent(bytes), "{}", bytes.escape_ascii());
            }
        });
        alice.types(CTRL_C);
        alice.wait();
    }
}

#[test]
fn raw_lines_on_a_terminal_have_marks() {
    let server = Scripted::listen();
    let address = server.address().to_string();
    let start = Start::with(&["--nick", "alice", "--format", "raw", "--follow", &address]);
    let alice = start
        .through_script("exec \"$0\" \"$@\" </dev/null")
        .start();
    let mut lines = server.accepts();
    lines.lets_alice_in();
    lines.bob_says("\x1b]0;owned\x07");
    alice.shows("PRIVMSG #lobby :^[]0;owned^G");
    alice.look(|shown| assert!(!shown.was_sent(b"\x1b]0")));
}

#[test]
fn all_quits_of_a_netsplit_share_one_line_however_they_arrive() {
    for plain in [false, true] {
        let server = Scripted::listen();
        let address = server.address().to_string();
        let mut arguments = vec!["--nick", "alice", &address];
        if plain {
            arguments.push("--plain");
        }
        let alice = Start::with(&arguments).start();
        let mut lines = server.accepts();
        lines.lets_alice_in();
        alice.shows("You are alice in #lobby, with bob.");
        for nick in ["bob", "carol", "dan", "erin", "frank"] {
            lines.sends(&format!(":{nick}!u@h QUIT :hub.example leaf.example"));
            // Each is handled before the next one arrives.
            lines.sends(&format!("PING {nick}"));
            lines.receives("PONG ");
        }
        alice.shows("netsplit hub.example leaf.example: bob, carol, dan and 2 others");
        for nick in ["carol", "bob"] {
            lines.sends(&format!(":{nick}!u@h JOIN #lobby"));
            lines.sends(&format!("PING {nick}"));
            lines.receives("PONG ");
        }
        alice.shows("netsplit hub.example leaf.example is over for carol and bob");
        let shown = alice.lines().join("\n");
        assert!(
            !shown.contains("left") && !shown.contains("joined"),
            "{shown}"
        );
    }
}
