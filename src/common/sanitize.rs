//! Sanitizes text from the network for a terminal.
//!
//! All text from others goes through [`sanitize`] before it is colored or printed: control
//! characters, escapes, invisible characters and those that change the direction of text are shown
//! as marks.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use crate::wire::name::{BLANK_BRAILLE, is_invisible, is_invisible_in_name};

/// The largest number of combining marks in one cell; the rest of them is removed. Some terminals
/// draw more of them across the rows above and below.
const MARKS_MAX: usize = 8;

/// `text` without anything that a terminal would interpret.
///
/// IRC formatting (bold, colors and so on) is removed. Control characters become `^G`, other
/// dangerous ones `<U+202E>`, and every kind of blank a space. Emoji keep their joiners.
///
/// ```
/// use chatting_room::common::sanitize::sanitize;
///
/// assert_eq!(sanitize("\x1b[2J \x02bold\x02 \u{202e}evil"), "^[[2J bold <U+202E>evil");
/// ```
pub fn sanitize(text: &str) -> String {
    visible_text(text).into_owned()
}

/// The text as a reader sees it, the same as [`sanitize`] returns. Mentions, highlighted words and
/// patterns are matched against it.
pub fn visible_text(text: &str) -> Cow<'_, str> {
    // Most text is plain ASCII, and this is a hot path.
    let is_plain = |all: bool, byte| all & matches!(byte, b' '..=b'~');
    // Without an early end, several bytes are compared at once.
    if text.bytes().fold(true, is_plain) {
        return Cow::Borrowed(text);
    }
    let mut sanitized = String::with_capacity(text.len());
    let mut characters = text.chars();
    let mut before = None;
    let mut marks = 0;
    while let Some(c) = characters.next() {
        let rest = characters.as_str();
        // A character without a width is drawn into the cell before it.
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        if marks > MARKS_MAX {
            continue;
        }
        match c {
            BOLD | ITALIC | UNDERLINE | STRIKE | MONOSPACE | REVERSE | RESET => continue,
            COLOR => characters = after_color(rest, 2, |c| c.is_ascii_digit()).chars(),
            HEX_COLOR => characters = after_color(rest, 6, |c| c.is_ascii_hexdigit()).chars(),
            JOINER if before.is_some_and(joins) && rest.chars().next().is_some_and(joins) => {
                sanitized.push(c);
            }
            TEXT_STYLE | EMOJI_STYLE if has_style(before, rest) => sanitized.push(c),
            '\t' => sanitized.push(c),
            c if c.is_ascii_control() => {
                sanitized.push('^');
                sanitized.push(char::from(c as u8 ^ 0x40));
            }
            c if c.is_control() || is_invisible(c) => push_mark(&mut sanitized, c),
            // A row wrapped at such a space could begin like a line of another user.
            '\u{3000}' => sanitized.push_str("  "),
            c if c.is_whitespace() || c == BLANK_BRAILLE => sanitized.push(' '),
            c => sanitized.push(c),
        }
        before = Some(c);
    }
    Cow::Owned(sanitized)
}

/// The same for a single word, such as a nick or a room name: spaces are marked too, and what has no
/// shape in a name.
pub fn sanitize_name(name: &str) -> String {
    if name.bytes().all(|byte| byte.is_ascii_graphic()) {
        // Nothing in it is marked. Most names are such, and each message has one.
        return name.to_owned();
    }
    let mut shown = String::with_capacity(name.len());
    for c in sanitize(name).chars() {
        match c {
            '\t' | ' ' => shown.push('_'),
            // Emoji keep their joiners.
            c if is_invisible_in_name(c) && !is_invisible(c) => push_mark(&mut shown, c),
            c => shown.push(c),
        }
    }
    shown
}

/// `text` for a log: control and invisible characters become escapes such as `\u{1b}`, so that
/// nothing from the network moves a cursor or looks like a second line. Unlike [`sanitize`] it
/// removes nothing.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() || is_invisible(c) {
            true => escaped.extend(c.escape_unicode()),
            false => escaped.push(c),
        }
    }
    escaped
}

fn push_mark(sanitized: &mut String, c: char) {
    // Writing to a string cannot fail.
    let _ = write!(sanitized, "<U+{:04X}>", u32::from(c));
}

// https://modern.ircdocs.horse/formatting.html
const BOLD: char = '\x02';
const COLOR: char = '\x03';
const HEX_COLOR: char = '\x04';
const RESET: char = '\x0f';
const MONOSPACE: char = '\x11';
const REVERSE: char = '\x16';
const ITALIC: char = '\x1d';
const STRIKE: char = '\x1e';
const UNDERLINE: char = '\x1f';

const JOINER: char = '\u{200d}';

/// The selectors of the two styles of a symbol: plain text, and emoji.
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
/// It makes a keycap of the character before it.
const KEYCAP: char = '\u{20e3}';

/// Whether a selector after this character selects the style of a symbol. After a letter or a digit
/// it selects nothing.
fn has_style(before: Option<char>, rest: &str) -> bool {
    before.is_some_and(|c| match c.is_ascii() {
        true => rest.starts_with(KEYCAP) && (c.is_ascii_digit() || c == '#' || c == '*'),
        false => !c.is_alphanumeric() && !is_invisible(c),
    })
}

/// Whether a joiner beside this character is part of an emoji.
fn joins(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}'
        | '\u{1f000}'..='\u{1faff}' | '\u{2190}'..='\u{21ff}')
}

/// The text after a color code: up to `digits` digits, and as many again after a comma.
fn after_color(text: &str, digits: usize, is_digit: fn(char) -> bool) -> &str {
    let skip = |text: &str| {
        text.chars()
            .take(digits)
            .take_while(|c| is_digit(*c))
            .count()
    };
    let (_, rest) = text.split_at(skip(text));
    if rest.len() == text.len() {
        return rest;
    }
    match rest.strip_prefix(',') {
        Some(background) if skip(background) > 0 => background.split_at(skip(background)).1,
        _ => rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A98.
    #[test]
    fn a_cell_has_a_bounded_number_of_combining_marks() {
        let marks = |count: usize| "\u{301}".repeat(count);
        for count in [7, 8, 9, 200] {
            let text = format!("e{}x{}", marks(count), marks(count));
            let kept = marks(count.min(8));
            assert_eq!(sanitize(&text), format!("e{kept}x{kept}"), "{count}");
        }
    }

    #[test]
    fn a_selector_of_a_style_is_marked_where_it_selects_none() {
        for (text, shown) in [
            ("#dev\u{fe0f}", "#dev<U+FE0F>"),
            ("#dev\u{e0080}", "#dev<U+E0080>"),
            ("#dev\u{e01f0}", "#dev<U+E01F0>"),
            ("1\u{fe0f}", "1<U+FE0F>"),
            ("\u{fe0f}", "<U+FE0F>"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
            ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}<U+FE0F>"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
            ("✔\u{fe0e}", "✔\u{fe0e}"),
            (
                "👩\u{200d}❤\u{fe0f}\u{200d}👩",
                "👩\u{200d}❤\u{fe0f}\u{200d}👩",
            ),
        ] {
            assert_eq!(sanitize(text), shown);
        }
    }

    // A59, A60, A61, A62.
    #[test]
    fn nothing_a_terminal_obeys_is_left() {
        for text in [
            "\x1b]52;c;cm0gLXJm\x07",
            "\x1b]0;PWN\x07",
            "\x1b[2J\x1b[31m",
            "\x1b[6n",
            "\x1b[?1000h",
            "\x1bP$q\"p\x1b\\",
            "\u{9b}2J",
            "\u{9d}52;c;QUJD\u{9c}",
            "abc\x08\x08\x08XYZ",
            "safe\rEVIL",
            "a\nb",
            "\0",
            "\x7f",
            "\u{202e}abc\u{2066}\u{2067}\u{2068}\u{2069}",
            "zero\u{200b}width\u{feff}",
            "\u{e0041}tags",
            "selected\u{e0100}\u{e01ef}",
        ] {
            let sanitized = sanitize(text);
            assert!(
                !sanitized.chars().any(|c| c.is_control() || is_invisible(c)),
                "{text:?} became {sanitized:?}"
            );
        }
    }

    #[test]
    fn a_name_has_no_character_without_a_shape() {
        for (name, shown) in [
            ("#dev\u{2800}", "#dev_"),
            ("#dev x", "#dev_x"),
            ("#dev\u{fffe}", "#dev<U+FFFE>"),
            ("#dev\u{e000}", "#dev<U+E000>"),
            ("#dev\u{200b}", "#dev<U+200B>"),
            ("#👩\u{200d}🚀", "#👩\u{200d}🚀"),
        ] {
            assert_eq!(sanitize_name(name), shown);
        }
        // In a text some fonts have a shape for it.
        assert_eq!(sanitize("\u{e0a0} ⠿"), "\u{e0a0} ⠿");
    }

    #[test]
    fn marks_tell_what_was_there() {
        assert_eq!(sanitize("a\x07b\x7f"), "a^Gb^?");
        assert_eq!(sanitize("\u{9b}x\u{202e}"), "<U+009B>x<U+202E>");
        assert_eq!(sanitize("text\0more"), "text^@more");
    }

    // A63.
    #[test]
    fn formatting_of_irc_is_taken_out_and_the_text_stays() {
        assert_eq!(sanitize("\x02bold\x02 \x1ditalic\x0f"), "bold italic");
        assert_eq!(sanitize("\x0304,12red\x03 plain"), "red plain");
        assert_eq!(sanitize("\x034,hello"), ",hello");
        assert_eq!(sanitize("\x0399,99,"), ",");
        assert_eq!(sanitize("\x03"), "");
        assert_eq!(sanitize("\x0312345"), "345");
        assert_eq!(sanitize("\x04ff0000,00ff00hex"), "hex");
        assert_eq!(sanitize("end\x04ff"), "end");
    }

    #[test]
    fn text_of_people_stays_as_it_is() {
        for text in [
            "plain",
            "naïve café",
            "日本語",
            "שלום",
            "👩\u{200d}🚀",
            "❤\u{fe0f}\u{200d}🔥",
            "tab\there",
            "{}%s%n",
        ] {
            assert_eq!(sanitize(text), text);
        }
        assert_eq!(sanitize("a\u{200d}b"), "a<U+200D>b");
    }

    #[test]
    fn nothing_from_the_network_reaches_a_log_as_an_escape_sequence() {
        assert_eq!(escape("Quit: bye"), "Quit: bye");
        let text = escape("\u{1b}[2J \n \u{9b}2J \u{202e}x");
        assert_eq!(text, "\\u{1b}[2J \\u{a} \\u{9b}2J \\u{202e}x");
    }
}
