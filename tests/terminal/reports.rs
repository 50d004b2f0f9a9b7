//! Reports of the terminal, which arrive among the keys, never become a part of the typed line.

use std::thread;

use super::people::{Room, Scripted};
use super::screen::{CTRL_U, ENTER, KEY_PAUSE, Start, Terminal};

/// Reports of the mouse in both forms, of colors, of the cursor, of the kind of terminal and its
/// state, of a key with modifiers, and of the focus.
const REPORTS: [&str; 15] = [
    "\x1b[<0;10;5M",
    "\x1b[<35;101;51m",
    "\x1b[M !!",
    "\x1b]11;rgb:0000/1111/2222\x1b\\",
    "\x1b]4;1;rgb:ff/00/00\x07",
    "\x1b[?62;1;4c",
    "\x1b[>41;380;0c",
    "\x1b[24;80R",
    "\x1b[124;180R",
    "\x1b[5;10R",
    "\x1b[0n",
    "\x1bP>|xterm(380)\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1b[97;5u",
    "\x1b[I",
];

fn types_with_each_cut(alice: &mut Terminal, report: &str) {
    let length = report.len();
    for cut in [1, 2, 3, length / 2, length - 1] {
        let (first, rest) = report.split_at(cut);
        alice.types_later(first);
        alice.types_later(rest);
    }
}

// A93.
#[test]
fn a_report_that_comes_at_any_time_and_cut_anywhere_is_not_typed() {
    let mut room = Room::open();
    room.alice.types("hel");
    room.alice.settles_below("[#lobby] hel");
    for report in REPORTS {
        room.alice.types(&report.repeat(3));
        types_with_each_cut(&mut room.alice, report);
        room.bob.says(&format!("after {report:?}"));
    }
    room.alice.types_later("lo [1] é");
    room.alice.settles_below("[#lobby] hello [1] é");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "hello [1] é");
}

// A93.
#[test]
fn a_key_directly_after_a_report_is_kept() {
    let mut room = Room::open();
    let mut expected = String::new();
    for (report, key) in REPORTS.iter().zip('a'..) {
        room.alice.types(&format!("{report}{key}\x1b[D\x1b[C"));
        expected.push(key);
    }
    room.alice.settles_below(&format!("[#lobby] {expected}"));
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), expected);
}

// A93.
#[test]
fn with_the_keys_of_vi_a_report_is_not_typed_and_is_no_command() {
    let (_server, mut alice, mut lines) = Scripted::with_alice(Start::with_vi_keys);
    alice.types("hello");
    for report in REPORTS {
        alice.types(&report.repeat(2));
    }
    alice.types_later("\x1b");
    // It moves the cursor. Bytes in the same read would be one key with it.
    alice.settles_below_with("[#lobby] hello", "[#lobby] hell");
    for report in REPORTS {
        alice.types(&report.repeat(2));
    }
    alice.types("a!");
    alice.settles_below("[#lobby] hello!");
    alice.types(ENTER);
    assert_eq!(lines.takes_from_alice(), "hello!");
}

#[test]
fn keys_that_begin_like_a_report_are_typed() {
    let mut room = Room::open();
    let mut lines = Vec::new();
    // A busy machine can read keys together that were pressed one after the other.
    for doubled in 0..6 {
        for keys in ["\x1b", "[", "1] ", "\x1b]and \x1bP[2]"] {
            thread::sleep(KEY_PAUSE * (1 << doubled));
            room.alice.types(keys);
        }
        room.alice.waits_until("the end of the line", |shown| {
            lines.push(shown.lines().pop().unwrap_or_default());
            lines.last().is_some_and(|line| line.ends_with("and [2]"))
        });
        if lines
            .last()
            .is_some_and(|line| line == "[#lobby] [1] and [2]")
        {
            return;
        }
        room.alice.types(CTRL_U);
        room.alice.settles_below("[#lobby] ");
    }
    panic!("the lines were {lines:?}");
}

#[test]
fn keys_that_follow_alt_at_once_are_typed() {
    let mut room = Room::open();
    for introducer in ['X', '^', '_', 'P', ']'] {
        for text in ["hello", "5", "G", "x\x1b[D\x1b[C"] {
            // All of it is in one read.
            room.alice.types(&format!("\x1b{introducer}{text}\r"));
            let expected = text.split('\x1b').next();
            let said = room.bob.receives_from_alice();
            assert_eq!(Some(said.as_str()), expected, "{introducer}");
        }
    }
}

// A93.
#[test]
fn private_strings_are_not_typed() {
    let mut room = Room::open();
    room.alice.types("hel");
    for string in ["\x1bXa string\x1b\\", "\x1b^a message\x1b\\"] {
        room.alice.types(&string.repeat(2));
        types_with_each_cut(&mut room.alice, string);
    }
    room.alice.types_later("lo");
    room.alice.settles_below("[#lobby] hello");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "hello");
}
