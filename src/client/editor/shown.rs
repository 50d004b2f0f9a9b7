//! What the editor has on the screen, and what becomes of it when the terminal's width changes.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};

use rustyline::GraphemeClusterMode;
use unicode_segmentation::UnicodeSegmentation as _;

/// How cells are counted: each character by itself, as the helper shows them.
pub(super) const CELLS: GraphemeClusterMode = GraphemeClusterMode::WcWidth;

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
    /// How many rows the cursor is below the first row, when the terminal has wrapped them anew.
    fn cursor_row_reflowed(&self, columns: u16) -> u16 {
        let before = self.line.get(..self.position).unwrap_or_default();
        let (row, column) = end_of(&[&self.prompt, before], columns);
        // Behind a line that ended at the margin the editor has put a line feed of its own, which
        // no terminal takes out again.
        let at_end = self.position == self.line.len() && self.hint.is_empty();
        let (drawn_row, drawn_column) = end_of(&[&self.prompt, before], self.columns);
        let has_line_feed =
            at_end && drawn_row > 0 && drawn_column == 0 && !self.line.ends_with('\n');
        if has_line_feed {
            row + u16::from(column > 0)
        } else if at_end && column == 0 {
            // The terminal leaves the cursor of a line that ends at the margin there.
            row.saturating_sub(1)
        } else {
            row
        }
    }

    /// How many rows the last row is below the first, as it was drawn.
    pub(super) fn end_row(&self) -> u16 {
        end_of(&[&self.prompt, &self.line, &self.hint], self.columns).0
    }

    /// What clears these rows in a terminal that has wrapped them anew: the cursor is where the
    /// first row began then.
    ///
    /// They are cleared row by row: tmux keeps a copy of a whole screen that is cleared. The editor
    /// is about to clear the rows as it drew them, which would take some of what stands above with
    /// it. It is made to do that on the other screen of the terminal; the drawing that follows
    /// begins with [`BACK_TO_SCREEN`].
    pub(super) fn clear_reflowed(&self, columns: u16) -> String {
        let up = |rows: u16| match rows {
            0 => String::new(),
            rows => format!("\x1b[{rows}A"),
        };
        let to_first = up(self.cursor_row_reflowed(columns));
        let (last, _) = end_of(&[&self.prompt, &self.line, &self.hint], columns);
        let clear = "\x1b[K\x1b[B".repeat(usize::from(last));
        let back = up(last);
        format!("{to_first}\r{clear}\x1b[K{back}{TO_OTHER_SCREEN}")
    }
}

/// Saves the cursor and shows an empty screen. xterm control sequences, "Private Modes", 1049.
const TO_OTHER_SCREEN: &str = "\x1b[?1049h";
/// Shows the usual screen again, with the cursor where it was.
pub(super) const BACK_TO_SCREEN: &str = "\x1b[?1049l";

/// Where these texts end, as the editor lays them out: so many rows below their beginning, and in
/// this column.
fn end_of(texts: &[&str], columns: u16) -> (u16, u16) {
    const TAB_STOP: u16 = 8;
    let (mut row, mut column) = (0_u16, 0_u16);
    for text in texts {
        for cluster in text.graphemes(true) {
            let width = match cluster {
                "\n" => {
                    row = row.saturating_add(1);
                    column = 0;
                    continue;
                }
                "\t" => TAB_STOP - column % TAB_STOP,
                _ => CELLS.width(cluster),
            };
            column = column.saturating_add(width);
            if column > columns {
                row = row.saturating_add(1);
                column = width;
            }
        }
        if column == columns {
            row = row.saturating_add(1);
            column = 0;
        }
    }
    (row, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_the_editor_lays_them_out() {
        let rows = |texts: &[&str]| end_of(texts, 10).0;
        assert_eq!(rows(&["[#a] ", "abc"]), 0);
        assert_eq!(rows(&["[#a] ", "abcd"]), 0);
        assert_eq!(rows(&["[#a] ", "abcde"]), 1, "at the margin");
        assert_eq!(rows(&["[#a] ", "abcdef"]), 1);
        assert_eq!(rows(&["[#a] ", "日本"]), 0);
        assert_eq!(
            rows(&["[#a] ", "日本日"]),
            1,
            "a wide character does not fit"
        );
        assert_eq!(rows(&["", "one\ntwo\n"]), 2);
        assert_eq!(rows(&["", "a\tb\tc"]), 1);
    }

    #[test]
    fn rows_that_the_terminal_wrapped_anew_are_cleared_from_where_they_begin_now() {
        let shown = Shown {
            prompt: "[#a] ".to_owned(),
            line: "x".repeat(20),
            position: 10,
            hint: String::new(),
            columns: 10,
        };
        let at_margin = Shown {
            line: "x".repeat(5),
            position: 5,
            columns: 20,
            ..shown.clone()
        };
        assert_eq!(at_margin.cursor_row_reflowed(10), 0);
        assert_eq!(at_margin.cursor_row_reflowed(9), 1);
        // The cursor was in the second of 3 rows. In 20 columns it is in the first of 2, in 5
        // columns in the fourth of 6.
        assert_eq!(
            shown.clear_reflowed(20),
            "\r\x1b[K\x1b[B\x1b[K\x1b[1A\x1b[?1049h"
        );
        let clear = "\x1b[K\x1b[B".repeat(5);
        assert_eq!(
            shown.clear_reflowed(5),
            format!("\x1b[3A\r{clear}\x1b[K\x1b[5A\x1b[?1049h")
        );
    }
}
