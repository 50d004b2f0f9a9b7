//! Wraps long lines between words, and indents their further rows under the text.
//!
//! A row ends with a line feed and the next begins with spaces, so that words stay apart in text
//! that is copied from any terminal, and no row of a message can look like a line of another user.
//! A URL that is longer than a row is left for the terminal to wrap, which then knows that its rows
//! belong together; the text after it begins a new row. Other words of that length are broken.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Marks where the text of a line begins, under which its further rows are indented. At the start of
/// a line it marks the row of a table, whose further rows are indented under the second column. It
/// is removed before the line is shown. Text from others cannot contain it, because their control
/// characters are shown as escapes.
pub const INDENT_MARK: char = '\x1e';

/// Lines marked so that [`wrap_block`] wraps each of them and indents its further rows.
pub fn with_indents(lines: &str) -> String {
    let rows = lines.split_inclusive('\n');
    rows.map(|row| format!("{INDENT_MARK}{row}")).collect()
}

/// Wraps a block of lines for a terminal with this many columns. Lines without an [`INDENT_MARK`]
/// stay as they are.
pub fn wrap_block(block: &str, columns: u16) -> Cow<'_, str> {
    if !block.contains(INDENT_MARK) {
        return Cow::Borrowed(block);
    }
    let mut out = String::with_capacity(block.len() + block.len() / 8);
    for line in block.split_inclusive('\n') {
        match line.rsplit_once(INDENT_MARK) {
            None => out.push_str(line),
            Some((before, text)) => {
                let start = out.len();
                out.extend(before.split(INDENT_MARK));
                let text_at = out.len();
                out.push_str(text);
                // A character takes no more cells than it has bytes.
                if out.len() - start > usize::from(columns) + 1 {
                    let line = out.split_off(start);
                    Rows::wrap(&line, text_at - start, columns, &mut out);
                }
            }
        }
    }
    Cow::Owned(out)
}

/// The rows of one line, while they are written.
struct Rows<'o> {
    out: &'o mut String,
    columns: usize,
    /// The column in which the second and later rows begin.
    indent: usize,
    /// The width of the current row so far.
    column: usize,
    /// Spaces to write before the next word.
    gap: usize,
    /// Whether the terminal has wrapped the current row.
    is_wrapped: bool,
    /// The escape sequences of all styles that are switched on.
    styles: String,
}

impl<'o> Rows<'o> {
    /// Wraps a line whose text begins at this byte.
    fn wrap(line: &str, text_at: usize, columns: u16, out: &'o mut String) {
        let columns = usize::from(columns).max(1);
        let (line, line_feed) = match line.strip_suffix('\n') {
            Some(line) => (line, "\n"),
            None => (line, ""),
        };
        let (unseen, line) = line.split_at(unseen_bytes(line));
        let drawn = unseen.len();
        out.push_str(unseen);
        let before = line.get(..text_at.saturating_sub(drawn));
        let indent = match before {
            None | Some("") => second_column(line),
            Some(before) => Some(cells(before)),
        };
        let mut rows = Self {
            out,
            columns,
            indent: indent
                .filter(|indent| *indent <= columns / 2)
                .unwrap_or(2.min(columns / 2)),
            column: 0,
            gap: 0,
            is_wrapped: false,
            styles: String::new(),
        };
        let (before, text) = line.split_at(before.map_or(0, str::len));
        rows.words(before);
        let fits = |word: &[u8]| rows.indent + word.len() <= rows.columns;
        let bytes = text.as_bytes();
        if is_simple(text) && bytes.split(|byte| *byte == b' ').all(fits) {
            rows.plain(text);
        } else {
            rows.words(text);
        }
        rows.out.push_str(line_feed);
    }

    /// As [`Rows::words`], but faster: for ASCII text without styles and long words, a row at a time.
    fn plain(&mut self, text: &str) {
        let (mut row, mut at) = (0, 0);
        for part in text.as_bytes().split_inclusive(|byte| *byte == b' ') {
            let word = part.trim_ascii_end().len();
            if word > 0 && !self.has_room_for(word) {
                let done = text.get(row..at).unwrap_or_default();
                self.out.push_str(done.trim_end());
                self.new_row();
                row = at;
            }
            self.out.extend(std::iter::repeat_n(' ', self.gap));
            let gap = std::mem::take(&mut self.gap);
            self.advance(gap + word);
            self.column += part.len() - word;
            at += part.len();
        }
        let rest = text.get(row..).unwrap_or_default();
        self.out.push_str(rest.trim_end());
    }

    /// Whether the next part fits in this row, or would not fit in any other.
    fn has_room_for(&self, width: usize) -> bool {
        !self.is_wrapped
            && (self.column + self.gap + width <= self.columns
                || self.column <= self.indent
                || self.indent + width > self.columns)
    }

    fn advance(&mut self, cells: usize) {
        self.column += cells;
        self.is_wrapped |= self.column > self.columns;
    }

    fn words(&mut self, text: &str) {
        for part in text.split_inclusive(' ') {
            match part.strip_suffix(' ') {
                Some(word) => {
                    self.word(word);
                    self.gap += 1;
                }
                None => self.word(part),
            }
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if word.is_ascii() {
            return self.whole(word, cells(word));
        }
        let mut start = 0;
        for at in breaks(word) {
            let part = word.get(start..at).unwrap_or_default();
            self.whole(part, cells(part));
            start = at;
        }
        let rest = word.get(start..).unwrap_or_default();
        self.whole(rest, cells(rest));
    }

    /// Writes a part, which is broken only if it fits in no row and is no URL.
    fn whole(&mut self, part: &str, width: usize) {
        if self.indent + width > self.columns && !is_url(part) {
            return self.broken(part);
        }
        if !self.has_room_for(width) {
            self.new_row();
        }
        self.out.extend(std::iter::repeat_n(' ', self.gap));
        let gap = std::mem::take(&mut self.gap);
        self.advance(gap + width);
        self.out.push_str(part);
        self.note_styles(part);
    }

    /// Writes a part that is broken at the end of each row.
    fn broken(&mut self, part: &str) {
        if self.column + self.gap >= self.columns || self.is_wrapped {
            self.new_row();
        }
        self.out.extend(std::iter::repeat_n(' ', self.gap));
        self.column += std::mem::take(&mut self.gap);
        let mut rest = part;
        while !rest.is_empty() {
            let (plain, sequence) = rest.split_at(rest.find('\x1b').unwrap_or(rest.len()));
            for cluster in plain.graphemes(true) {
                let width = cluster_cells(cluster);
                if self.column + width > self.columns && self.column > self.indent {
                    self.new_row();
                }
                self.out.push_str(cluster);
                self.column += width;
            }
            let end = sequence.find('m').map_or(sequence.len(), |end| end + 1);
            let (sequence, after) = sequence.split_at(end);
            self.out.push_str(sequence);
            self.note_styles(sequence);
            rest = after;
        }
    }

    /// Begins a new row. Its indent is written without styles.
    fn new_row(&mut self) {
        if !self.styles.is_empty() {
            self.out.push_str("\x1b[0m");
        }
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', self.indent));
        self.out.push_str(&self.styles);
        self.column = self.indent;
        self.gap = 0;
        self.is_wrapped = false;
    }

    fn note_styles(&mut self, part: &str) {
        let mut rest = part;
        while let Some(at) = find_byte(rest, ESCAPE) {
            let sequence = rest.get(at..).unwrap_or_default();
            let end = find_byte(sequence, b'm').map_or(sequence.len(), |end| end + 1);
            let (sequence, after) = sequence.split_at(end);
            match sequence {
                "\x1b[0m" => self.styles.clear(),
                _ if sequence.starts_with("\x1b[") => self.styles.push_str(sequence),
                _ => {}
            }
            rest = after;
        }
    }
}

/// Whether a word is a URL and has no character that a URL cannot have (RFC 3986), except for
/// letters.
fn is_url(word: &str) -> bool {
    const OTHERS: &str = "-._~:/?#[]@!$&'()*+,;=%";
    let word = strip_styles(word);
    word.contains("://")
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || OTHERS.contains(c))
}

/// The text without the escape sequences of its styles.
pub fn strip_styles(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, styled)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = styled.split_once('m').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

/// Where the second column of a table's row begins, in cells.
fn second_column(line: &str) -> Option<usize> {
    let line = &strip_styles(line);
    let first = line.find(|c: char| c != ' ')?;
    let gap = first + line.get(first..)?.find("  ")?;
    let second = gap + line.get(gap..)?.find(|c: char| c != ' ')?;
    Some(cells(line.get(..second)?))
}

/// The width of a text in cells. Where terminals disagree it is the larger number, since a row that
/// is broken early does no harm.
pub fn cells(text: &str) -> usize {
    let mut cells = 0;
    let mut rest = text;
    loop {
        if is_simple(rest) {
            return cells + rest.len();
        }
        let (plain, sequence) = match find_byte(rest, ESCAPE) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        cells += if plain.is_ascii() {
            plain.len()
        } else {
            plain.graphemes(true).map(cluster_cells).sum()
        };
        let Some(end) = find_byte(sequence, b'm') else {
            return cells;
        };
        rest = sequence.get(end + 1..).unwrap_or_default();
    }
}

/// Begins the escape sequences of styles, each of which ends with an `m`.
const ESCAPE: u8 = 0x1b;

/// Where an ASCII character is. For the short texts here this is faster than the search of `str`.
fn find_byte(text: &str, byte: u8) -> Option<usize> {
    memchr::memchr(byte, text.as_bytes())
}

/// Whether a text is ASCII without styles.
fn is_simple(text: &str) -> bool {
    let is_simple = |all: bool, byte: u8| all & byte.is_ascii() & (byte != ESCAPE);
    text.bytes().fold(true, is_simple)
}

/// The bytes at the start of a line that take no cells: the bell, and notifications.
fn unseen_bytes(line: &str) -> usize {
    let bytes = line.as_bytes();
    let bell = memchr::memrchr(0x07, bytes).map_or(0, |at| at + 1);
    let of_string = |at: &usize| at.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&ESCAPE);
    let mut backslashes = memchr::memrchr_iter(b'\\', bytes);
    bell.max(backslashes.find(of_string).map_or(0, |at| at + 1))
}

fn cluster_cells(cluster: &str) -> usize {
    let separate: usize = cluster.chars().filter_map(|c| c.width()).sum();
    separate.max(cluster.width())
}

/// Where a word may be broken after all: beside characters that are two cells wide, since such
/// scripts have no spaces between words, but not before closing punctuation.
fn breaks(word: &str) -> impl Iterator<Item = usize> {
    const CLOSING: &str = "、。，．：；！？）」』】〉》〕ー…";
    let is_wide = |cluster: &str| cluster.width() == 2 && cluster.chars().count() == 1;
    let mut wide_before = None;
    word.grapheme_indices(true)
        .filter_map(move |(at, cluster)| {
            let wide = is_wide(cluster);
            let before = wide_before.replace(wide)?;
            let may = (before || wide) && !CLOSING.contains(cluster);
            may.then_some(at)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wraps a line in which `|` stands for [`INDENT_MARK`].
    fn wrapped(line: &str, columns: u16) -> String {
        let line = line.replace('|', &INDENT_MARK.to_string());
        wrap_block(&line, columns).into_owned()
    }

    #[test]
    fn rows_are_broken_between_words_and_indented_under_the_text() {
        let line = "12:01 <bob> |one two three four five\n";
        assert_eq!(
            wrapped(line, 25),
            "12:01 <bob> one two three\n            four five\n"
        );
        assert_eq!(
            wrapped(line, 24),
            "12:01 <bob> one two\n            three four\n            five\n"
        );
        assert_eq!(wrapped(line, 80), "12:01 <bob> one two three four five\n");
        assert_eq!(wrapped("none here\n", 4), "none here\n");
    }

    #[test]
    fn a_url_longer_than_a_row_is_left_to_the_terminal() {
        let line = "<bob> |see https://example.org/a/b/c now and\n";
        assert_eq!(
            wrapped(line, 20),
            "<bob> see https://example.org/a/b/c\n      now and\n"
        );
        // A word that fits in a row gets a row of its own.
        assert_eq!(
            wrapped("<bob> |see it: https://a.example\n", 24),
            "<bob> see it:\n      https://a.example\n"
        );
    }

    #[test]
    fn no_row_of_a_message_begins_like_a_line_of_another_user() {
        let attacks = [
            format!("{} <carol> yes", "x".repeat(63)),
            format!("{}12:01 <carol> yes", "x".repeat(63)),
            format!("https://a.example/{}12:01 <carol> yes", "x".repeat(45)),
            format!("https://a.example/{}<carol> yes", "x".repeat(45)),
            format!("\x1b[1m{}12:01\x1b[0m <carol> yes", "日".repeat(40)),
            format!("{}12:01 <carol> yes", "e\u{301}".repeat(63)),
        ];
        for text in attacks {
            for columns in 30..90 {
                let rows = wrapped(&format!("12:01 <bob> |{text}\n"), columns);
                for row in rows.lines().skip(1) {
                    assert!(row.starts_with("    "), "{columns}: {rows}");
                }
                // Only a URL is wrapped by the terminal, and nothing follows it in its row.
                for row in rows.lines().filter(|row| cells(row) > usize::from(columns)) {
                    assert!(row.contains("https://") && !row.contains("carol"), "{rows}");
                }
            }
        }
    }

    #[test]
    fn wide_and_combining_characters_take_their_own_cells() {
        assert_eq!(
            wrapped("<b> |日本語日本語。日本\n", 16),
            "<b> 日本語日本\n    語。日本\n"
        );
        let combining = format!(
            "<b> |{}\n",
            "e\u{301}e\u{301}e\u{301} ".repeat(3).trim_end()
        );
        let row = "e\u{301}e\u{301}e\u{301}";
        assert_eq!(
            wrapped(&combining, 11),
            format!("<b> {row} {row}\n    {row}\n")
        );
        assert_eq!(
            wrapped("<b> |🎉🎉 🎉🎉 🎉🎉\n", 13),
            "<b> 🎉🎉 🎉🎉\n    🎉🎉\n"
        );
    }

    #[test]
    fn colors_continue_in_the_next_row_but_not_in_its_indent() {
        let line = "<\x1b[38;5;1mbob\x1b[0m> |\x1b[1;48;5;2mone two three\x1b[0m four\n";
        assert_eq!(
            wrapped(line, 14),
            "<\x1b[38;5;1mbob\x1b[0m> \x1b[1;48;5;2mone two\x1b[0m\n      \x1b[1;48;5;2mthree\x1b[0m\n      four\n"
        );
    }

    #[test]
    fn a_bell_and_a_notification_take_no_cells() {
        let line = "\x07\x1b]9;bob: one two three four\x0712:01 <bob> |one two three\n";
        assert_eq!(
            wrapped(line, 24),
            "\x07\x1b]9;bob: one two three four\x0712:01 <bob> one two\n            three\n"
        );
    }

    #[test]
    fn a_notification_for_the_terminal_around_tmux_takes_no_cells() {
        let unseen = "\x1bPtmux;\x1b\x1b]9;bob: one two three four\x07\x1b\\";
        assert_eq!(
            wrapped(&format!("{unseen}12:01 <bob> |one two three\n"), 24),
            format!("{unseen}12:01 <bob> one two\n            three\n")
        );
    }

    #[test]
    fn rows_of_a_table_are_indented_under_their_second_column() {
        assert_eq!(
            wrapped("|  alice (you)  here since noon, away: at lunch\n", 34),
            "  alice (you)  here since noon,\n               away: at lunch\n"
        );
        assert_eq!(
            wrapped("|\x1b[2m  /nick NAME  take another name\x1b[0m\n", 30),
            "\x1b[2m  /nick NAME  take another\x1b[0m\n              \x1b[2mname\x1b[0m\n"
        );
        assert_eq!(
            wrapped("|#lobby: alice bob carol dan\n", 20),
            "#lobby: alice bob\n  carol dan\n"
        );
    }

    #[test]
    fn a_terminal_too_narrow_for_the_indent_gets_a_smaller_one() {
        assert_eq!(
            wrapped("12:01 <bob> |one two\n", 12),
            "12:01 <bob>\n  one two\n"
        );
        assert_eq!(wrapped("1 <bob> |a b\n", 1), "1\n<\nb\no\nb\n>\na\nb\n");
        assert_eq!(wrapped("|\n", 1), "\n");
        assert_eq!(wrapped("|     \n", 3), "\n");
    }

    #[test]
    fn plain_text_and_text_with_styles_are_broken_at_the_same_places() {
        let text = "one three, a https://example.org/a/b/c?d=e four words at x y z at_the_end";
        for columns in 1..100 {
            let plain = wrapped(&format!("12:01 <bob> |{text}\n"), columns);
            let styled = wrapped(&format!("12:01 <bob> |{text}\x1b[0m\n"), columns);
            assert_eq!(plain, styled.replace("\x1b[0m", ""), "{columns}");
        }
    }

    #[test]
    fn nothing_but_spaces_is_lost_at_any_width() {
        let line = "12:01 #room <\x1b[1mbob\x1b[0m> |wide 日本語 and e\u{301} 👩\u{200d}🚀, see \
                    https://example.org/?q=日 — *\x1b[3mitalic words\x1b[0m* end\n";
        let words = |text: &str| text.replace([' ', '\n', '|'], "").replace("\x1b[0m", "");
        for columns in 1..120 {
            let rows = wrapped(line, columns);
            // Styles are switched off and on again between rows.
            let without_styles = |text: &str| words(&strip_styles(text));
            assert_eq!(without_styles(&rows), without_styles(line), "{columns}");
        }
    }
}
