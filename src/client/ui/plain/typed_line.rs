//! The line that is typed where no cursor can be moved: it is echoed here and not by the terminal, so
//! that a message in the middle of it begins in a row of its own, and the line is repeated after it.

use crate::client::command::analysis::LineAnalysis;
use crate::client::editor::{can_be_string, is_string};
use crate::client::view::{cells, hide_secret};

/// A line in progress, read byte by byte.
#[derive(Debug, Default)]
pub(super) struct TypedLine {
    text: String,
    /// The bytes of a character that is not complete.
    character: Vec<u8>,
    escape: Escape,
    /// A string that has perhaps begun: its introducer, and where its text begins in the line.
    candidate: Option<(char, usize)>,
    /// Whether nothing of the line is shown.
    pub(super) is_hidden: bool,
}

/// How far an escape sequence has come. Keys such as the arrows have no function here.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    Sequence,
    /// A string, which ends with BEL or with an Esc and the character after it.
    String,
    StringEnd,
    /// Perhaps the end of a string that is in the line.
    CandidateEnd,
}

/// The effect of a byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TypedByte {
    /// This is to be written to the terminal.
    Echo(String),
    /// The line is complete, and this is to be written to the terminal.
    Line(String, String),
    /// Ctrl-D in an empty line.
    End,
}

impl TypedLine {
    /// Reads a byte.
    pub(super) fn read(&mut self, byte: u8) -> TypedByte {
        let before = self.shown();
        if self.skips(byte) {
            return TypedByte::Echo(difference(&before, &self.shown()));
        }
        if byte < 0x20 {
            self.candidate = None;
        }
        match byte {
            b'\r' | b'\n' => {
                self.character.clear();
                let line = std::mem::take(&mut self.text);
                return TypedByte::Line(line, "\n".to_owned());
            }
            0x04 if self.text.is_empty() => return TypedByte::End,
            _ => {}
        }
        match byte {
            0x7f | 0x08 => {
                self.text.pop();
                self.candidate = None;
            }
            // Ctrl-U and Ctrl-W.
            0x15 => self.text.clear(),
            0x17 => {
                let kept = self.text.trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.text.truncate(kept);
            }
            // Ctrl-R.
            0x12 => return TypedByte::Echo(format!("\n{before}")),
            b'\t' => self.text.push(' '),
            0x00..=0x1f => {}
            _ => {
                self.push(byte);
                self.check_candidate();
            }
        }
        TypedByte::Echo(difference(&before, &self.shown()))
    }

    /// Gives up the line. Returns the text after which the next row begins.
    pub(super) fn end(&mut self) -> String {
        let end = if self.shown().is_empty() { "" } else { "\n" };
        self.text.clear();
        end.to_owned()
    }

    /// A block of whole lines, in a row of its own, and the line again after it.
    pub(super) fn around(&self, block: String) -> String {
        match self.shown().as_str() {
            "" => block,
            line => format!("\n{block}{line}"),
        }
    }

    /// The line as it is on the screen.
    pub(super) fn shown(&self) -> String {
        if self.is_hidden {
            return String::new();
        }
        hide_secret(&self.text, &LineAnalysis::without_session(&self.text)).into_owned()
    }

    /// Adds a byte to the character in progress. Bytes that are not UTF-8 are dropped.
    fn push(&mut self, byte: u8) {
        self.character.push(byte);
        match std::str::from_utf8(&self.character) {
            Ok(text) => {
                self.text.extend(text.chars().filter(|c| !c.is_control()));
                self.character.clear();
            }
            Err(error) if error.error_len().is_none() => {}
            // The last byte may begin a character.
            Err(_) => {
                let is_first = self.character.len() == 1;
                self.character.clear();
                if !is_first {
                    self.push(byte);
                }
            }
        }
    }

    /// Decides whether the text after a key such as Alt-P is a string of the terminal. Until that is
    /// certain it is in the line, as the user can have typed it.
    fn check_candidate(&mut self) {
        let Some((introducer, start)) = self.candidate else {
            return;
        };
        let text = self.text.get(start..).unwrap_or_default();
        if is_string(introducer, text) {
            self.text.truncate(start);
            self.candidate = None;
            self.escape = Escape::String;
        } else if !(matches!(introducer, '^' | 'X') || can_be_string(introducer, text)) {
            self.candidate = None;
        }
    }

    /// The text that is perhaps a string is one: it is complete.
    fn retract_candidate(&mut self) {
        if let Some((_, start)) = self.candidate.take() {
            self.text.truncate(start);
        }
    }

    /// Whether the byte belongs to an escape sequence.
    fn skips(&mut self, byte: u8) -> bool {
        if self.candidate.is_some() && self.escape == Escape::None && byte == 0x07 {
            self.retract_candidate();
            return true;
        }
        let (next, skips) = match (self.escape, byte) {
            (Escape::String, 0x1b) => (Escape::StringEnd, true),
            (Escape::None, 0x1b) if self.candidate.is_some() => (Escape::CandidateEnd, true),
            (Escape::CandidateEnd, b'\\') => {
                self.retract_candidate();
                (Escape::None, true)
            }
            (_, 0x1b) => (Escape::Begun, true),
            (Escape::None, _) => (Escape::None, false),
            // A control character is a key of its own.
            (Escape::String, 0x07) => (Escape::None, true),
            (_, ..0x20) => (Escape::None, false),
            (Escape::Begun | Escape::CandidateEnd, b'[' | b'O') => (Escape::Sequence, true),
            (Escape::Begun | Escape::CandidateEnd, b']' | b'P' | b'_' | b'^' | b'X') => {
                self.candidate = Some((char::from(byte), self.text.len()));
                (Escape::None, true)
            }
            (Escape::Sequence, 0x20..=0x3f) => (Escape::Sequence, true),
            (Escape::String, _) => (Escape::String, true),
            _ => (Escape::None, true),
        };
        self.escape = next;
        skips
    }
}

/// The output that turns a text at the cursor into another one, without an escape sequence.
fn difference(before: &str, after: &str) -> String {
    let same: usize = before
        .chars()
        .zip(after.chars())
        .take_while(|(one, other)| one == other)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let (gone, new) = (before.get(same..), after.get(same..));
    let gone = cells(gone.unwrap_or_default());
    let back = "\x08".repeat(gone);
    format!(
        "{back}{}{back}{}",
        " ".repeat(gone),
        new.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last row of a terminal that is written this.
    fn last_row(written: &str) -> String {
        let mut row: Vec<char> = Vec::new();
        let mut column = 0;
        for c in written.chars() {
            match c {
                '\n' => (row, column) = (Vec::new(), 0),
                '\x08' => column -= 1,
                c => {
                    row.truncate(column.max(row.len().min(column)));
                    row.resize(column, ' ');
                    row.push(c);
                    column += 1;
                }
            }
        }
        row.truncate(column);
        row.into_iter().collect()
    }

    fn typed(line: &mut TypedLine, keys: &[u8]) -> String {
        let mut written = String::new();
        for byte in keys {
            match line.read(*byte) {
                TypedByte::Echo(echo) => written.push_str(&echo),
                other => panic!("{other:?}"),
            }
        }
        written
    }

    #[test]
    fn a_line_is_echoed_and_can_be_corrected() {
        for (keys, shown) in [
            ("hello", "hello"),
            ("hello\x7f\x7fp", "help"),
            ("one two\x17three", "one three"),
            ("one\x15two", "two"),
            ("naïve\x7f\x7f", "naï"),
            ("a\x1b[Ab\x1b]11;rgb:0\x07c\x1b[<0;1;1M\x1bOA", "abc"),
            ("a\tb\x01", "a b"),
            ("a\x1bXhi", "ahi"),
            ("a\x1bX", "a"),
            ("\x1bPit is", "it is"),
            ("\x1b]5", "5"),
            ("a\x1bXa string\x1b\\b", "ab"),
            ("a\x1b^a message\x07b", "ab"),
            ("a\x1bP>|xterm(380)\x1b\\b", "ab"),
            ("a\x1bP1$r0m\x1b\\b", "ab"),
            ("a\x1bXhi\x1b[D!", "ahi!"),
            ("one\x12", "one"),
        ] {
            let mut line = TypedLine::default();
            let written = typed(&mut line, keys.as_bytes());
            assert_eq!(last_row(&written), shown, "{keys:?}: {written:?}");
            assert!(!written.contains('\x1b'));
            let complete = TypedByte::Line(shown.to_owned(), "\n".to_owned());
            assert_eq!(line.read(b'\r'), complete, "{keys:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_dropped_alone() {
        let mut line = TypedLine::default();
        assert_eq!(typed(&mut line, b"a\xe1b\xffc\xc3\xa9"), "abcé");
    }

    #[test]
    fn a_message_begins_in_a_row_of_its_own_and_the_line_follows_it() {
        let mut line = TypedLine::default();
        assert_eq!(line.around("one\n".to_owned()), "one\n");
        typed(&mut line, b"half a");
        assert_eq!(line.around("one\n".to_owned()), "\none\nhalf a");
        assert_eq!(line.read(0x04), TypedByte::Echo(String::new()));
        typed(&mut line, &[0x15]);
        assert_eq!(line.read(0x04), TypedByte::End);
    }

    #[test]
    fn a_password_is_not_shown() {
        let mut line = TypedLine::default();
        let written = typed(&mut line, b"/oper root x");
        assert_eq!(last_row(&written), "/oper •••• •");
        let mut line = TypedLine {
            is_hidden: true,
            ..TypedLine::default()
        };
        assert_eq!(typed(&mut line, b"secret\x7f"), "");
        assert_eq!(line.around("one\n".to_owned()), "one\n");
    }
}
