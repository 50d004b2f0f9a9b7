//! The drawing of the editor on the screen, and how to clear it after the width has changed.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};

use super::layout::{Position, break_rows};
use crate::client::terminal::reflow::Reflow;

/// Writes to the terminal, even if standard output is redirected.
pub(super) fn write_to_terminal(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        return out.flush();
    }
    let mut terminal = OpenOptions::new().write(true).open("/dev/tty")?;
    terminal.write_all(text.as_bytes())
}

/// The last drawing of the editor.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    pub(super) prompt: String,
    pub(super) line: String,
    /// The position of the cursor in the line, in bytes.
    pub(super) position: usize,
    pub(super) hint: String,
    /// The width of the terminal.
    pub(super) columns: u16,
}

impl Drawn {
    /// Where the line begins.
    pub(super) fn start_of_line(&self) -> Position {
        Position::START.after(&self.prompt, self.columns)
    }

    /// Where the line ends and the hint begins.
    pub(super) fn end_of_line(&self) -> Position {
        self.start_of_line().after(&self.line, self.columns)
    }

    /// Whether the line fills its last row, so that the cursor after it is in a row of its own.
    pub(super) fn is_at_margin(&self) -> bool {
        let end = self.end_of_line();
        end != end.cursor_position(self.columns)
    }

    /// The last row, counted from the first, which is 0.
    pub(super) fn end_row(&self) -> u16 {
        let end = self.end_of_line().after(&self.hint, self.columns);
        end.cursor_position(self.columns).row
    }

    /// Whether all of it fits in one row of a terminal with this width.
    pub(super) fn fits_in_row(&self, columns: u16) -> bool {
        let end = Position::START.after(&self.prompt, columns);
        let end = end.after(&self.line, columns);
        end.after(&self.hint, columns).cursor_position(columns).row == 0
    }

    fn before_cursor(&self) -> &str {
        self.line.get(..self.position).unwrap_or_default()
    }

    /// Where the cursor is.
    pub(super) fn cursor(&self) -> Position {
        let place = self.start_of_line();
        let place = place.after(self.before_cursor(), self.columns);
        place.cursor_position(self.columns)
    }

    /// How many rows the cursor is below the start of its row after a narrower terminal has wrapped
    /// that.
    fn wrapped_rows(&self, columns: u16) -> u16 {
        if self.cursor().column == 0 {
            return 0;
        }
        let rows = self.with_rows(&[&self.prompt, self.before_cursor()]);
        let row = rows.rsplit('\n').next().unwrap_or_default();
        let place = Position::START.after(row, columns);
        // After the last character of a row the terminal leaves the cursor at the margin.
        match self.position == self.line.len() && self.hint.is_empty() {
            true => place.row,
            false => place.cursor_position(columns).row,
        }
    }

    /// The parts, with a line feed at the end of each row.
    fn with_rows(&self, parts: &[&str]) -> String {
        break_rows(Cow::Owned(parts.concat()), Position::START, self.columns).into_owned()
    }

    /// The row of the cursor, and the last row, counted from the first, after a terminal has become
    /// narrower and has wrapped some rows again.
    fn rows_after_narrowing(&self, columns: u16, reflow: Reflow) -> (u16, u16) {
        let height = |row: &&str| Position::START.after(row, columns).row + 1;
        let mut text = self.with_rows(&[&self.prompt, &self.line, &self.hint]);
        let end = self.end_of_line().after(&self.hint, self.columns);
        if end != end.cursor_position(self.columns) {
            // The library has written a line feed at the margin.
            text.push('\n');
        }
        let cursor = self.cursor();
        let rows: Vec<&str> = text.split('\n').collect();
        let (above, from_cursor) = rows.split_at(usize::from(cursor.row).min(rows.len()));
        let heights = |rows: &[&str]| rows.iter().map(height).fold(0, u16::saturating_add);
        let above = heights(above);
        let (from_cursor, below) = match reflow {
            Reflow::Everything => (heights(from_cursor), self.wrapped_rows(columns)),
            _ => (u16::try_from(from_cursor.len()).unwrap_or(u16::MAX), 0),
        };
        let last = above.saturating_add(from_cursor).saturating_sub(1);
        (above.saturating_add(below), last)
    }

    /// The sequence that clears these rows in a terminal that has become narrower and has wrapped
    /// some of them again. It leaves the cursor as far below the first row as it was before, since
    /// the library then clears as many rows as it has drawn.
    pub(super) fn clear_after_narrowing(&self, columns: u16, reflow: Reflow) -> String {
        let (cursor_row, last) = self.rows_after_narrowing(columns, reflow);
        let clear = "\x1b[K\x1b[B".repeat(usize::from(last));
        let back = vertical(last.saturating_sub(self.cursor().row), 'A');
        format!("{}\r{clear}\x1b[K{back}", vertical(cursor_row, 'A'))
    }

    /// How many of these rows stayed above the next drawing, if the terminal has wrapped them again
    /// and the library has cleared only as many as it had drawn.
    pub(super) fn rows_left_above(&self, columns: u16, reflow: Reflow) -> u16 {
        let (cursor_row, _) = self.rows_after_narrowing(columns, reflow);
        cursor_row.saturating_sub(self.cursor().row)
    }

    /// The sequence that deletes this many rows above the drawing and everything below it. The
    /// cursor stays at its character.
    pub(super) fn delete_around(&self, rows_above: u16) -> String {
        let cursor = self.cursor();
        let end = self.end_of_line().after(&self.hint, self.columns);
        let end = end.cursor_position(self.columns);
        let column = |position: Position| match position.column {
            0 => String::from("\r"),
            column => format!("\r\x1b[{column}C"),
        };
        let delete = match rows_above {
            0 => String::new(),
            rows => format!("\r\x1b[{rows}M"),
        };
        [
            vertical(cursor.row.saturating_add(rows_above), 'A'),
            delete,
            vertical(end.row, 'B'),
            column(end),
            String::from("\x1b[J"),
            vertical(end.row.saturating_sub(cursor.row), 'A'),
            column(cursor),
        ]
        .concat()
    }
}

/// The sequence that moves the cursor by this many rows: up with `A`, down with `B`.
fn vertical(rows: u16, direction: char) -> String {
    match rows {
        0 => String::new(),
        rows => format!("\x1b[{rows}{direction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(line: usize, position: usize, columns: u16) -> Drawn {
        Drawn {
            prompt: "[#a] ".to_owned(),
            line: "x".repeat(line),
            position,
            hint: String::new(),
            columns,
        }
    }

    /// The sequence that moves up, clears one row and `rows` below it, and moves back.
    fn clears(up: &str, rows: usize, back: &str) -> String {
        format!("{up}\r{}\x1b[K{back}", "\x1b[K\x1b[B".repeat(rows))
    }

    #[test]
    fn rows_that_a_narrower_terminal_wrapped_are_cleared_from_their_new_start() {
        // Rows of 10, 10 and 5 cells become two, two and one. The editor goes up by one row from
        // the middle of the second, by two from the last.
        let in_middle = drawn(20, 10, 10).clear_after_narrowing(5, Reflow::Everything);
        assert_eq!(in_middle, clears("\x1b[3A", 4, "\x1b[3A"));
        let at_end = drawn(20, 20, 10).clear_after_narrowing(5, Reflow::Everything);
        assert_eq!(at_end, clears("\x1b[4A", 4, "\x1b[2A"));
        let at_margin = drawn(5, 5, 20).clear_after_narrowing(10, Reflow::Everything);
        assert_eq!(at_margin, clears("", 0, ""));
        let past_margin = drawn(5, 5, 20).clear_after_narrowing(9, Reflow::Everything);
        assert_eq!(past_margin, clears("\x1b[1A", 1, "\x1b[1A"));
    }

    #[test]
    fn rows_that_a_narrower_terminal_cut_off_are_not_more_than_before() {
        let in_middle = drawn(20, 10, 10).clear_after_narrowing(5, Reflow::AboveCursor);
        assert_eq!(in_middle, clears("\x1b[2A", 3, "\x1b[2A"));
        let in_first = drawn(20, 0, 10).clear_after_narrowing(5, Reflow::AboveCursor);
        assert_eq!(in_first, clears("", 2, "\x1b[2A"));
    }

    #[test]
    fn rows_that_stayed_above_are_deleted_and_the_cursor_is_where_it_was() {
        // Rows of 10, 10 and 5 cells become two, two and one, and two rows above are cleared.
        let before = drawn(20, 20, 10);
        assert_eq!(before.rows_left_above(5, Reflow::Everything), 2);
        assert_eq!(before.rows_left_above(5, Reflow::AboveCursor), 2);
        assert_eq!(drawn(2, 2, 10).rows_left_above(8, Reflow::Everything), 0);
        let after = drawn(12, 4, 10);
        let expected = "\x1b[2A\r\x1b[2M\x1b[1B\r\x1b[7C\x1b[J\x1b[1A\r\x1b[9C";
        assert_eq!(after.delete_around(2), expected);
    }

    #[test]
    fn a_line_that_ends_at_the_margin_has_an_empty_row_below() {
        let drawn = drawn(15, 15, 10);
        assert_eq!(drawn.end_row(), 2);
        assert!(!drawn.fits_in_row(20));
        assert!(drawn.fits_in_row(21));
        // Rows of 10, 10 and none become two, two and one.
        let clear = drawn.clear_after_narrowing(8, Reflow::Everything);
        assert_eq!(clear, clears("\x1b[4A", 4, "\x1b[2A"));
    }
}
