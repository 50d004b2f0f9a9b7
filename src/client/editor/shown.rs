//! What the editor has on the screen, and what becomes of it when the terminal's width changes.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};

use super::rows::{Place, in_rows};

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
pub(super) struct Shown {
    pub(super) prompt: String,
    pub(super) line: String,
    /// Where the cursor is in the line, in bytes.
    pub(super) position: usize,
    pub(super) hint: String,
    /// How wide the terminal was.
    pub(super) columns: u16,
}

impl Shown {
    /// Where the line begins.
    pub(super) fn start_of_line(&self) -> Place {
        Place::START.behind(&self.prompt, self.columns)
    }

    /// Where the line ends, and what stands behind it begins.
    pub(super) fn end_of_line(&self) -> Place {
        self.start_of_line().behind(&self.line, self.columns)
    }

    /// How many rows the last row is below the first, as it was drawn.
    pub(super) fn end_row(&self) -> u16 {
        let end = self.end_of_line().behind(&self.hint, self.columns);
        end.of_cursor(self.columns).row
    }

    /// Whether it fits in a row of a terminal this wide.
    pub(super) fn fits_in_row(&self, columns: u16) -> bool {
        let end = Place::START.behind(&self.prompt, columns);
        let end = end.behind(&self.line, columns);
        end.behind(&self.hint, columns).of_cursor(columns).row == 0
    }

    fn cut(&self, parts: &[&str]) -> String {
        in_rows(Cow::Owned(parts.concat()), Place::START, self.columns).into_owned()
    }

    /// What clears these rows in a terminal that has become narrower and has wrapped each of them
    /// anew. The cursor is so far below the first row then as it was before, for the editor is
    /// about to clear as many rows as it has drawn.
    pub(super) fn clear_narrowed(&self, columns: u16) -> String {
        let up = |rows: u16| match rows {
            0 => String::new(),
            rows => format!("\x1b[{rows}A"),
        };
        let height = |row: &str| Place::START.behind(row, columns).row + 1;
        let mut text = self.cut(&[&self.prompt, &self.line, &self.hint]);
        let end = self.end_of_line().behind(&self.hint, self.columns);
        if end != end.of_cursor(self.columns) {
            // The editor has put a line feed behind it.
            text.push('\n');
        }
        let before = self.line.get(..self.position).unwrap_or_default();
        let cursor = self.start_of_line().behind(before, self.columns);
        let cursor = cursor.of_cursor(self.columns);
        let rows: Vec<&str> = text.split('\n').collect();
        let (above, behind) = rows.split_at(usize::from(cursor.row).min(rows.len()));
        let above: u16 = above.iter().map(|row| height(row)).sum();
        let last: u16 = behind.iter().map(|row| height(row)).sum();
        let last = (above + last).saturating_sub(1);
        let place = match cursor.column {
            0 => Place::START,
            _ => {
                let cut = self.cut(&[&self.prompt, before]);
                let row = cut.rsplit('\n').next().unwrap_or_default();
                Place::START.behind(row, columns)
            }
        };
        // Behind the last of a row the terminal leaves the cursor at the margin.
        let is_last = self.position == self.line.len() && self.hint.is_empty();
        let cursor_row = above
            + match is_last {
                true => place.row,
                false => place.of_cursor(columns).row,
            };
        let clear = "\x1b[K\x1b[B".repeat(usize::from(last));
        let back = up(last.saturating_sub(cursor.row));
        format!("{}\r{clear}\x1b[K{back}", up(cursor_row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_a_narrower_terminal_wrapped_anew_are_cleared_from_where_they_begin_now() {
        let shown = Shown {
            prompt: "[#a] ".to_owned(),
            line: "x".repeat(20),
            position: 10,
            hint: String::new(),
            columns: 10,
        };
        // Rows of 10, 10 and 5 cells, with the cursor in the middle of the second, become two, two
        // and one. The editor goes up by one row from where the cursor was.
        let clear = "\x1b[K\x1b[B".repeat(4);
        assert_eq!(
            shown.clear_narrowed(5),
            format!("\x1b[3A\r{clear}\x1b[K\x1b[3A")
        );
        let at_end = Shown {
            position: 20,
            ..shown.clone()
        };
        assert_eq!(
            at_end.clear_narrowed(5),
            format!("\x1b[4A\r{clear}\x1b[K\x1b[2A")
        );
        let at_margin = Shown {
            line: "x".repeat(5),
            position: 5,
            columns: 20,
            ..shown
        };
        assert_eq!(at_margin.clear_narrowed(10), "\r\x1b[K");
        assert_eq!(
            at_margin.clear_narrowed(9),
            "\x1b[1A\r\x1b[K\x1b[B\x1b[K\x1b[1A"
        );
    }

    #[test]
    fn what_ends_at_the_margin_has_an_empty_row_below() {
        let shown = Shown {
            prompt: "[#a] ".to_owned(),
            line: "x".repeat(15),
            position: 15,
            hint: String::new(),
            columns: 10,
        };
        assert_eq!(shown.end_row(), 2);
        assert!(!shown.fits_in_row(20));
        assert!(shown.fits_in_row(21));
        // Rows of 10, 10 and none become two, two and one.
        let clear = "\x1b[K\x1b[B".repeat(4);
        assert_eq!(
            shown.clear_narrowed(8),
            format!("\x1b[4A\r{clear}\x1b[K\x1b[2A")
        );
    }
}
