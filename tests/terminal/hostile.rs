//! What others write is shown, and never obeyed.

use super::people::Room;
use super::screen::LEFT;

#[test]
fn hostile_text_is_shown_as_marks_and_the_terminal_obeys_none_of_it() {
    let mut room = Room::open();
    room.alice.types("hello wor");
    room.alice.types(&LEFT.repeat(3));
    let cases = [
        ("title \x1b]0;owned\x07", "title ^[]0;owned^G"),
        ("where \x1b[6n", "where ^[[6n"),
        ("clear \x1b[2J\x1b[H", "clear ^[[2J^[[H"),
        ("colour \x1b[31mred\x1b[0m", "colour ^[[31mred^[[0m"),
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
        // The whisper rings the bell once, and what stands in it does not.
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
fn a_carriage_return_in_a_message_overwrites_nothing() {
    let (_server, alice, mut lines) = super::people::Scripted::with_alice(|start| start);
    lines.sends(":bob!b@h PRIVMSG #lobby :harmless\r<carol> forged");
    lines.bob_says("end");
    alice.shows("<bob> end");
    let shown = alice.lines();
    let forged = shown.iter().filter(|line| line.starts_with("<carol>"));
    assert_eq!(forged.count(), 0, "{shown:#?}");
    alice.look(|shown| assert!(!shown.was_sent(b"\r<carol>")));
}
