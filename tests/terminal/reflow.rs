//! Similar tests in tmux, which wraps its lines again when its width changes.

use nix::sys::signal::Signal;

use super::people::{self, Lines, host_on};
use super::screen::{CTRL_A, CTRL_G, CTRL_R, CTRL_Y, ENTER, LEFT, PASTE_ENDS, TAB};
use super::tmux::{Room, Tmux, is_installed};

const DRAFT: &str =
    "The quick brown fox jumps over the lazy dog and runs away into the dark, dark wood.";

/// Messages with a draft below them.
fn above<'l>(messages: &'l [String], draft: &'l str) -> Vec<&'l str> {
    let messages = messages.iter().map(String::as_str);
    messages.chain([draft]).collect()
}

#[test]
fn messages_above_a_typed_line_leave_it_and_its_cursor_unchanged() {
    let Some(mut room) = Room::sized(80, 24) else {
        return;
    };
    room.alice.types("hello wor");
    room.bob.says("one");
    room.alice
        .settles(&["<bob> one", "[#lobby] hello wor"], "[#lobby] hello wor");
    room.alice.types(&LEFT.repeat(4));
    room.bob.says("two");
    let expected = ["<bob> one", "<bob> two", "[#lobby] hello wor"];
    room.alice.settles(&expected, "[#lobby] hello");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "hello wor");
}

#[test]
fn a_thousand_messages_while_typing_are_all_there_once_and_in_order() {
    let Some(mut room) = Room::sized(80, 24) else {
        return;
    };
    let mut expected = Vec::new();
    let mut draft = "[#lobby] ".to_owned();
    for number in 0..1000 {
        room.bob.says(&format!("message {number}"));
        expected.push(format!("<bob> message {number}"));
        if number % 10 == 5 {
            room.alice.types("x");
            draft.push('x');
        }
    }
    room.alice.settles(&above(&expected, &draft), &draft);
}

#[test]
fn a_wrapped_draft_stays_whole_wherever_its_cursor_is_and_however_the_width_changes() {
    let Some(mut room) = Room::sized(40, 20) else {
        return;
    };
    let line = format!("[#lobby] {DRAFT}");
    room.bob.says("zero");
    room.alice.types(DRAFT);
    // A line drawn for one width while the terminal already has another cannot be right.
    room.alice.settles(&["<bob> zero", &line], &line);
    let mut expected = vec!["<bob> zero".to_owned()];
    for (number, moves) in ["", CTRL_A, "\x1b[C", "\x05", "\x1bb"]
        .into_iter()
        .enumerate()
    {
        room.alice.types(moves);
        let before_cursor = match number {
            1 => "[#lobby] ",
            2 => "[#lobby] T",
            4 => &line[..line.len() - "wood.".len()],
            _ => &line,
        };
        room.alice.settles(&above(&expected, &line), before_cursor);
        for (turn, columns) in [31, 64, 40].into_iter().enumerate() {
            room.alice.resizes_and_is_drawn_again(columns, 20);
            room.alice.settles(&above(&expected, &line), before_cursor);
            room.bob.says(&format!("{number}.{turn}"));
            expected.push(format!("<bob> {number}.{turn}"));
            room.alice.settles(&above(&expected, &line), before_cursor);
        }
    }
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), DRAFT);
}

#[test]
fn a_terminal_without_a_name_in_the_environment_is_recognized_by_its_answer() {
    let Some(mut room) = Room::over_ssh(40, 20) else {
        return;
    };
    let line = format!("[#lobby] {DRAFT}");
    // The first rows are out of reach when tmux has wrapped all of them.
    let expected: Vec<String> = (0..12).map(|number| format!("<bob> {number}")).collect();
    for message in &expected {
        room.bob.says(message.trim_start_matches("<bob> "));
    }
    room.alice.types(DRAFT);
    room.alice.settles(&above(&expected, &line), &line);
    for columns in [31, 64, 40] {
        room.alice.resizes_and_is_drawn_again(columns, 20);
        room.alice.settles(&above(&expected, &line), &line);
    }
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), DRAFT);
}

#[test]
fn rows_left_by_a_terminal_that_answers_after_it_was_narrowed_are_deleted() {
    let mut room = people::Room::sized(20, 40);
    let line = format!("[#lobby] {DRAFT}");
    room.bob.says("one");
    room.alice.types(DRAFT);
    room.alice.settles(&["<bob> one", &line], &line);
    let drawn = room.alice.look(|shown| shown.times_sent(b"dark wood."));
    room.alice.wraps_into(31);
    room.alice.waits_until("the draft is drawn again", |shown| {
        shown.times_sent(b"dark wood.") > drawn
    });
    assert_eq!(
        room.alice.look(|shown| shown.screen_rows())[..]
            .iter()
            .filter(|row| row.starts_with("[#lobby]"))
            .count(),
        2,
        "rows are left"
    );
    room.alice.types("\x1bP>|tmux 3.4\x1b\\");
    room.alice.settles(&["<bob> one", &line], &line);
    room.bob.says("two");
    room.alice
        .settles(&["<bob> one", "<bob> two", &line], &line);
}

#[test]
fn no_message_is_deleted_by_a_late_answer() {
    let mut room = people::Room::sized(20, 40);
    let line = format!("[#lobby] {DRAFT}");
    room.alice.types(DRAFT);
    room.alice.settles(&[&line], &line);
    room.alice.wraps_into(31);
    room.bob.says("one");
    room.alice.shows("<bob> one");
    room.alice.types("\x1bP>|tmux 3.4\x1b\\!");
    room.alice.waits_until("the draft ends with !", |shown| {
        let lines = shown.lines();
        lines
            .last()
            .is_some_and(|last| last.ends_with("dark wood.!"))
    });
    assert!(
        room.alice
            .look(|shown| shown.lines().contains(&"<bob> one".to_owned()))
    );
}

#[test]
fn a_width_that_changes_all_the_time_loses_nothing_above_a_draft() {
    let Some(mut room) = Room::sized(80, 24) else {
        return;
    };
    room.alice.types("a short draft");
    let mut expected = Vec::new();
    for number in 0..60 {
        room.alice.resizes([80, 61, 97, 70][number % 4], 24);
        room.bob.says(&format!("message {number}"));
        expected.push(format!("<bob> message {number}"));
    }
    let draft = "[#lobby] a short draft";
    room.alice.settles(&above(&expected, draft), draft);
}

#[test]
fn a_draft_at_the_margin_survives_messages_and_other_widths() {
    let Some(mut room) = Room::sized(40, 20) else {
        return;
    };
    let draft = "x".repeat(31);
    let line = format!("[#lobby] {draft}");
    room.alice.types(&draft);
    room.bob.says("one");
    room.alice.shows("<bob> one");
    room.alice.settles(&["<bob> one", &line], &line);
    for columns in [60, 30, 40] {
        room.alice.resizes(columns, 20);
        room.alice.settles(&["<bob> one", &line], &line);
    }
    room.bob.says("two");
    room.alice
        .settles(&["<bob> one", "<bob> two", &line], &line);
}

#[test]
fn wide_characters_and_emoji_keep_the_cursor_in_its_cell() {
    let Some(mut room) = Room::sized(40, 20) else {
        return;
    };
    let draft = "日本語 naïve 🎉👍 ende";
    let line = format!("[#lobby] {draft}");
    room.alice.types(draft);
    room.bob.says("你好 🎉");
    room.alice.settles(&["<bob> 你好 🎉", &line], &line);
    room.alice.types(&LEFT.repeat(6));
    room.bob.says("שלום");
    let expected = ["<bob> 你好 🎉", "<bob> שלום", &line];
    room.alice.settles(&expected, "[#lobby] 日本語 naïve 🎉");
    room.alice.types("あいうえおかきくけこさしすせそ");
    let line = "[#lobby] 日本語 naïve 🎉あいうえおかきくけこさしすせそ👍 ende";
    let before = "[#lobby] 日本語 naïve 🎉あいうえおかきくけこさしすせそ";
    room.alice
        .settles(&["<bob> 你好 🎉", "<bob> שלום", line], before);
    room.alice.resizes_and_is_drawn_again(33, 20);
    room.alice
        .settles(&["<bob> 你好 🎉", "<bob> שלום", line], before);
}

#[test]
fn emoji_that_are_joined_stay_whole_and_leave_the_cursor_in_its_cell() {
    let Some(mut room) = Room::sized(40, 20) else {
        return;
    };
    let draft = "a👩\u{200d}🚀bc";
    room.alice.types(draft);
    room.bob.says("one");
    let line = format!("[#lobby] {draft}");
    // It has two cells, as `XX` has.
    room.alice.settles(&["<bob> one", &line], "[#lobby] aXXbc");
    room.alice.types(&LEFT.repeat(2));
    room.alice.settles(&["<bob> one", &line], "[#lobby] aXX");
    room.alice.types(ENTER);
    assert_eq!(room.bob.receives_from_alice(), draft);
}

#[test]
fn messages_appear_during_pastes_tabs_searches_and_prefix_keys() {
    let Some(mut room) = Room::sized(80, 24) else {
        return;
    };
    room.alice.types("old line\r");
    assert_eq!(room.bob.receives_from_alice(), "old line");
    let mut expected = vec!["[#lobby] old line".to_owned()];
    let steps = [
        ("bo", "bo", "[#lobby] bo"),
        (TAB, "bob:", "[#lobby] bob: "),
        (
            CTRL_R,
            "bob:   (search: type part of a line)",
            "[#lobby] bob: ",
        ),
        ("ld", "old line  (search: ld)", "[#lobby] o"),
        (CTRL_G, "bob:", "[#lobby] bob: "),
        ("\x16", "bob:", "[#lobby] bob: "),
        (" ", "bob:", "[#lobby] bob:  "),
        ("\x1b", "bob:", "[#lobby] bob:  "),
        ("\x1b[200~pasted", "bob:", "[#lobby] bob:  "),
        (PASTE_ENDS, "bob:  pasted", "[#lobby] bob:  pasted"),
    ];
    for (number, (keys, line, before_cursor)) in steps.into_iter().enumerate() {
        room.alice.types(keys);
        // Another width in each of these states.
        room.alice.resizes([80, 62][number % 2], 24);
        room.bob.says(&format!("message {number}"));
        expected.push(format!("<bob> message {number}"));
        let line = format!("[#lobby] {line}");
        room.alice.settles(&above(&expected, &line), before_cursor);
    }
    room.alice.types_later(ENTER);
    assert_eq!(room.bob.receives_from_alice(), "bob:  pasted");
}

#[test]
fn a_count_and_the_vi_commands_delay_messages_only_until_they_end() {
    for (configuration, keys, line, before) in [
        ("", ["\x1b-3", "\x06"], "draft", "dr"),
        ("keys = \"vi\"\n", ["\x1b2", "b"], "draft", ""),
        ("keys = \"vi\"\n", ["\x1b2", "h"], "draft", "dra"),
    ] {
        let Some(mut room) = Room::configured(configuration, 80, 24) else {
            return;
        };
        room.alice.types("draft");
        room.alice.types(keys[0]);
        room.bob.says("one");
        room.bob.sends("PING :all-said");
        room.bob.receives("all-said");
        room.alice.types(keys[1]);
        let line = format!("[#lobby] {line}");
        room.alice
            .settles(&["<bob> one", &line], &format!("[#lobby] {before}"));
    }
}

#[test]
fn a_new_prompt_and_a_new_server_leave_the_draft_unchanged() {
    let Some(mut room) = Room::sized(40, 20) else {
        return;
    };
    let line = format!("[#lobby] {DRAFT}");
    room.alice.types("/nick alina\r");
    room.bob.receives(" NICK ");
    room.alice.shows("you are now alina");
    room.alice.types(DRAFT);
    room.alice.types(&LEFT.repeat(5));
    let before = &line[..line.len() - 5];
    room.bob.says("one");
    let mut expected = vec![
        "[#lobby] /nick alina",
        "you are now alina",
        "<bob> one",
        &line,
    ];
    room.alice.settles(&expected, before);
    let port = room.host.as_ref().unwrap().address().port();
    room.host.take().unwrap().stop();
    room.alice.shows("Connection lost");
    room.host = Some(host_on(port));
    room.bob = Lines::enter(room.host.as_ref().unwrap().address(), "bob");
    room.alice.shows("Connected again.");
    room.alice.types("!");
    room.bob.says("two");
    room.alice.shows("<bob> two");
    let line = format!("{before}!{}", &line[before.len()..]);
    expected = vec![&line];
    room.alice.waits_until("one draft, at the end", |seen| {
        let drafts = seen
            .lines
            .iter()
            .filter(|line| line.starts_with("[#lobby] The"));
        drafts.count() == 1 && seen.lines.last().is_some_and(|last| *last == expected[0])
    });
}

#[test]
fn a_program_that_is_suspended_and_continued_has_lost_nothing() {
    let Some(mut room) = Room::sized(40, 20) else {
        return;
    };
    room.alice.types(DRAFT);
    let line = format!("[#lobby] {DRAFT}");
    room.alice.settles(&[&line], &line);
    room.alice.signals(Signal::SIGSTOP);
    room.bob.says("one");
    room.alice.types("!");
    room.alice.signals(Signal::SIGCONT);
    room.bob.says("two");
    let line = format!("{line}!");
    room.alice
        .settles(&["<bob> one", "<bob> two", &line], &line);
    // Without a shell to return to, Ctrl-Z only draws the line again.
    room.alice.types("\x1a?");
    room.bob.says("three");
    let line = format!("{line}?");
    room.alice
        .settles(&["<bob> one", "<bob> two", "<bob> three", &line], &line);
}

#[test]
fn ctrl_z_suspends_the_program_and_fg_brings_the_draft_back() {
    if !is_installed() {
        return;
    }
    let host = host_on(0);
    let mut bob = Lines::enter(host.address(), "bob");
    let shell = "exec bash --norc --noprofile -i";
    let mut alice = Tmux::start(shell, "", 60, 20);
    alice.types(&format!(
        "PS1='$ '; clear\r{}\r",
        Tmux::program(host.address())
    ));
    alice.shows("You are alice in #lobby");
    bob.receives(":alice!");
    alice.types(DRAFT);
    alice.types(&LEFT.repeat(5));
    alice.shows("wood.");
    alice.types("\x1a");
    alice.shows("Stopped");
    bob.says("one");
    // The terminal is in the mode that a shell expects, and its screen stays.
    alice.types("echo it is $((6 * 7))\r");
    alice.shows("it is 42");
    alice.resizes(44, 20);
    alice.types("fg\r");
    alice.waits_until("the draft below the message", |seen| {
        let line = format!("[#lobby] {DRAFT}");
        seen.lines.ends_with(&["<bob> one".to_owned(), line])
    });
    let seen = alice.picture();
    assert!(
        seen.has("it is 42") && seen.has("Stopped"),
        "{:#?}",
        seen.lines
    );
    alice.types("!\r");
    let sent = format!(
        "{}!{}",
        &DRAFT[..DRAFT.len() - 5],
        &DRAFT[DRAFT.len() - 5..]
    );
    assert_eq!(bob.receives_from_alice(), sent);
}

#[test]
fn long_messages_are_laid_out_for_the_current_width() {
    let Some(mut room) = Room::sized(60, 20) else {
        return;
    };
    let text = "The quick brown fox jumps over the lazy dog and on";
    room.alice.types("draft");
    room.bob.says(text);
    let mut expected = vec![
        "<bob> The quick brown fox jumps over the lazy dog and",
        "            on",
        "[#lobby] draft",
    ];
    room.alice.settles(&expected, "[#lobby] draft");
    room.alice.resizes(80, 20);
    room.bob.says(text);
    expected.insert(
        2,
        "<bob> The quick brown fox jumps over the lazy dog and on",
    );
    room.alice.settles(&expected, "[#lobby] draft");
}

#[test]
fn a_terminated_program_leaves_its_draft_for_the_next() {
    for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGHUP] {
        let Some(mut room) = Room::sized(80, 20) else {
            return;
        };
        room.alice.types("half a thought");
        let line = "[#lobby] half a thought";
        room.alice.settles(&[line], line);
        room.alice.waits_for_draft("half a thought");
        // While the program runs, the draft is its own.
        room.alice.ends_by(signal);
        room.bob.receives(" QUIT ");
        let address = room.host.as_ref().unwrap().address();
        room.alice.starts_again(&Tmux::program(address));
        room.alice.shows(" for #lobby: half a thought  Ctrl-Y");
        room.alice.types(CTRL_Y);
        room.alice.shows(line);
        room.alice.types("!\r");
        assert_eq!(room.bob.receives_from_alice(), "half a thought!");
    }
}
