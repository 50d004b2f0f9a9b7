//! What the editor has on the screen, and what becomes of it when the terminal's width changes.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};

use super::layout::{Position, break_rows};
use crate::client::terminal::reflow::Reflow;

/// Writes to the terminal itself, wherever standard output goes.
pub(super) fn write_to_terminal(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        return out.flush();
    }
    let mut terminal = OpenOptions::new().write(true).open("/dev/tty")?;
    terminal.write_all(text.as_bytes())
}

/// What the editor has on the screen, as it was drawn last.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn {
    pub(super) prompt: String,
    pub(super) line: String,
    /// Where the cursor is in the line, in bytes.
    pub(super) position: usize,
    pub(super) hint: String,
    /// How wide the terminal was.
    pub(super) columns: u16,
}

impl Drawn {
    /// Where the line begins.
    pub(super) fn start_of_line(&self) -> Position {
        Position::START.after(&self.prompt, self.columns)
    }

    /// Where the line ends, and what stands behind it begins.
    pub(super) fn end_of_line(&self) -> Position {
        self.start_of_line().after(&self.line, self.columns)
    }

    /// How many rows the last row is below the first, as it was drawn.
    pub(super) fn end_row(&self) -> u16 {
        let end = self.end_of_line().after(&self.hint, self.columns);
        end.cursor_position(self.columns).row
    }

    /// Whether it fits in a row of a terminal this wide.
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

    /// How many rows the cursor is below the beginning of its row, when a narrower terminal has
    /// wrapped that.
    fn wrapped_rows(&self, columns: u16) -> u16 {
        if self.cursor().column == 0 {
            return 0;
        }
        let cut = self.cut(&[&self.prompt, self.before_cursor()]);
        let row = cut.rsplit('\n').next().unwrap_or_default();
        let place = Position::START.after(row, columns);
        // Behind the last of a row the terminal leaves the cursor at the margin.
        match self.position == self.line.len() && self.hint.is_empty() {
            true => place.row,
            false => place.cursor_position(columns).row,
        }
    }

    fn cut(&self, parts: &[&str]) -> String {
        break_rows(Cow::Owned(parts.concat()), Position::START, self.columns).into_owned()
    }

    /// What clears these rows in a terminal that has become narrower and has wrapped some of them
    /// anew. The cursor is so far below the first row then as it was before, for the editor is
    /// about to clear as many rows as it has drawn.
    pub(super) fn clear_after_narrowing(&self, columns: u16, reflow: Reflow) -> String {
        let up = |rows: u16| match rows {
            0 => String::new(),
            rows => format!("\x1b[{rows}A"),
        };
        let height = |row: &&str| Position::START.after(row, columns).row + 1;
        let mut text = self.cut(&[&self.prompt, &self.line, &self.hint]);
        let end = self.end_of_line().after(&self.hint, self.columns);
        if end != end.cursor_position(self.columns) {
            // The editor has put a line feed behind it.
            text.push('\n');
        }
        let cursor = self.cursor();
        let rows: Vec<&str> = text.split('\n').collect();
        let (above, behind) = rows.split_at(usize::from(cursor.row).min(rows.len()));
        let heights = |rows: &[&str]| rows.iter().map(height).fold(0, u16::saturating_add);
        let above = heights(above);
        let (behind, below) = match reflow {
            Reflow::Everything => (heights(behind), self.wrapped_rows(columns)),
            _ => (u16::try_from(behind.len()).unwrap_or(u16::MAX), 0),
        };
        let last = above.saturating_add(behind).saturating_sub(1);
        let cursor_row = above.saturating_add(below);
        let clear = "\x1b[K\x1b[B".repeat(usize::from(last));
        let back = up(last.saturating_sub(cursor.row));
        format!("{}\r{clear}\x1b[K{back}", up(cursor_row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: usize, position: usize, columns: u16) -> Drawn {
        Drawn {
            prompt: "[#a] ".to_owned(),
            line: "x".repeat(line),
            position,
            hint: String::new(),
            columns,
        }
    }

    /// Goes up by so many rows, clears so many below the first, and comes back by some.
    fn clears(up: &str, rows: usize, back: &str) -> String {
        format!("{up}\r{}\x1b[K{back}", "\x1b[K\x1b[B".repeat(rows))
    }

    #[test]
    fn rows_that_a_narrower_terminal_wrapped_anew_are_cleared_from_where_they_begin_now() {
        // Rows of 10, 10 and 5 cells become two, two and one. The editor goes up by one row from
        // the middle of the second, by two from the last.
        let in_middle = shown(20, 10, 10).clear_after_narrowing(5, Reflow::Everything);
        assert_eq!(in_middle, clears("\x1b[3A", 4, "\x1b[3A"));
        let at_end = shown(20, 20, 10).clear_after_narrowing(5, Reflow::Everything);
        assert_eq!(at_end, clears("\x1b[4A", 4, "\x1b[2A"));
        let at_margin = shown(5, 5, 20).clear_after_narrowing(10, Reflow::Everything);
        assert_eq!(at_margin, clears("", 0, ""));
        let behind_margin = shown(5, 5, 20).clear_after_narrowing(9, Reflow::Everything);
        assert_eq!(behind_margin, clears("\x1b[1A", 1, "\x1b[1A"));
    }

    #[test]
    fn rows_that_a_terminal_cuts_off_have_not_become_more() {
        let in_middle = shown(20, 10, 10).clear_after_narrowing(5, Reflow::AboveCursor);
        assert_eq!(in_middle, clears("\x1b[2A", 3, "\x1b[2A"));
        let in_first = shown(20, 0, 10).clear_after_narrowing(5, Reflow::AboveCursor);
        assert_eq!(in_first, clears("", 2, "\x1b[2A"));
    }

    #[test]
    fn what_ends_at_the_margin_has_an_empty_row_below() {
        let shown = shown(15, 15, 10);
        assert_eq!(shown.end_row(), 2);
        assert!(!shown.fits_in_row(20));
        assert!(shown.fits_in_row(21));
        // Rows of 10, 10 and none become two, two and one.
        let clear = shown.clear_after_narrowing(8, Reflow::Everything);
        assert_eq!(clear, clears("\x1b[4A", 4, "\x1b[2A"));
    }
}
