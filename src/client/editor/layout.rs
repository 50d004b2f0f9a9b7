//! Breaks the drawing of the editor into rows.
//!
//! The rows of a draft end with line feeds, as if it were several lines. Otherwise a terminal that
//! becomes wider could join rows that it has wrapped itself, and the next drawing, which may be on
//! its way already, would clear the former number of rows, including a message above.

use std::borrow::Cow;

use rustyline::GraphemeClusterMode;
use unicode_segmentation::UnicodeSegmentation as _;

/// How cells are counted: an emoji that is composed of several characters takes those of one.
pub(super) const CELLS: GraphemeClusterMode = GraphemeClusterMode::Unicode;

/// How terminals that compose no emoji count them.
const SEPARATE_CELLS: GraphemeClusterMode = GraphemeClusterMode::WcWidth;

/// A position in the rows of a drawing, counted from 0. A text that fills its row ends at the
/// margin, and not in the row below: that depends on what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) row: u16,
    pub(super) column: u16,
}

impl Position {
    pub(super) const START: Self = Self { row: 0, column: 0 };

    /// Where a text that begins here ends, as the library lays it out.
    pub(super) fn after(mut self, text: &str, columns: u16) -> Self {
        for cluster in text.graphemes(true) {
            self.advance(cluster, columns);
        }
        self
    }

    /// Where the library has the cursor for this position: at the margin it is in the next row.
    pub(super) fn cursor_position(self, columns: u16) -> Self {
        match self {
            Self { row, column } if column >= columns => Self {
                row: row.saturating_add(1),
                column: 0,
            },
            position => position,
        }
    }

    /// Moves past a grapheme cluster. True when it began a new row for lack of space.
    fn advance(&mut self, cluster: &str, columns: u16) -> bool {
        const TAB_STOP: u16 = 8;
        let width = match cluster {
            "\n" => {
                *self = Self {
                    row: self.row.saturating_add(1),
                    column: 0,
                };
                return false;
            }
            "\t" => TAB_STOP - self.column % TAB_STOP,
            _ => CELLS.width(cluster),
        };
        let begins_row = self.column.saturating_add(width) > columns;
        if begins_row {
            self.row = self.row.saturating_add(1);
            self.column = 0;
        }
        self.column = self.column.saturating_add(width);
        begins_row
    }
}

/// A text that begins at this position, with a line feed wherever it continues in a new row. The
/// escape sequences of its colors take no cells.
///
/// Terminals disagree about the cells of composed emoji. After each one the cursor is moved to where
/// the library believes it is: what a terminal has drawn beyond that is drawn over.
pub(super) fn break_rows<'t>(
    text: Cow<'t, str>,
    mut position: Position,
    columns: u16,
) -> Cow<'t, str> {
    // A character takes no more cells than it has bytes, except for a tab.
    let fits = usize::from(position.column) + text.len() <= usize::from(columns);
    let is_simple = text.is_ascii() || !text.graphemes(true).any(has_two_widths);
    if fits && is_simple && !text.contains('\t') {
        return text;
    }
    let mut rows = String::with_capacity(text.len() + 8);
    let mut rest = &*text;
    while !rest.is_empty() {
        let (plain, styled) = rest.split_at(rest.find('\x1b').unwrap_or(rest.len()));
        for cluster in plain.graphemes(true) {
            let begins_row = position.advance(cluster, columns);
            if begins_row {
                rows.push('\n');
            }
            if has_two_widths(cluster) {
                push_aligned(cluster, position.column, columns, &mut rows);
            } else {
                rows.push_str(cluster);
            }
        }
        let end = styled.find('m').map_or(styled.len(), |end| end + 1);
        let (sequence, after) = styled.split_at(end);
        rows.push_str(sequence);
        rest = after;
    }
    Cow::Owned(rows)
}

/// Whether terminals disagree about the width of a cluster.
fn has_two_widths(cluster: &str) -> bool {
    let is_composed = cluster.chars().nth(1).is_some();
    is_composed && CELLS.width(cluster) != SEPARATE_CELLS.width(cluster)
}

/// Appends a cluster that ends at this column, and the sequence that moves the cursor there (`CHA`).
fn push_aligned(cluster: &str, end: u16, columns: u16, rows: &mut String) {
    let start = end.saturating_sub(CELLS.width(cluster));
    let may_wrap = start.saturating_add(SEPARATE_CELLS.width(cluster)) > columns;
    match cluster.chars().next() {
        Some(first) if may_wrap => rows.push(first),
        _ => rows.push_str(cluster),
    }
    rows.push_str(&format!("\x1b[{}G", end.saturating_add(1)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_the_library_lays_them_out() {
        let end = |text| {
            let position = Position::START.after("[#a] ", 10).after(text, 10);
            let Position { row, column } = position.cursor_position(10);
            (row, column)
        };
        assert_eq!(end("abc"), (0, 8));
        assert_eq!(end("abcde"), (1, 0), "at the margin");
        assert_eq!(end("abcdef"), (1, 1));
        assert_eq!(end("日本"), (0, 9));
        assert_eq!(end("日本日"), (1, 2), "a wide character does not fit");
        assert_eq!(end("one\ntwo\n"), (2, 0));
        assert_eq!(end("a\tb"), (0, 9));
        assert_eq!(end("a\tbc\td"), (1, 7), "a tab neither");
    }

    #[test]
    fn a_text_is_broken_where_it_continues_in_a_new_row() {
        let broken = |text: &str, column| {
            let position = Position { row: 0, column };
            break_rows(Cow::Borrowed(text), position, 10).into_owned()
        };
        assert_eq!(
            broken("abcde", 5),
            "abcde",
            "there is no text after the margin"
        );
        assert_eq!(broken("abcdef", 5), "abcde\nf");
        assert_eq!(broken("f", 10), "\nf");
        assert_eq!(broken("日本日", 5), "日本\n日");
        assert_eq!(broken("ab\ncdefghijklm", 5), "ab\ncdefghijkl\nm");
        assert_eq!(broken("0123456789e\u{301}", 0), "0123456789\ne\u{301}");
        assert_eq!(
            broken("\x1b[38;5;28mabcde\x1b[0mf\x1b[1m", 5),
            "\x1b[38;5;28mabcde\x1b[0m\nf\x1b[1m"
        );
    }

    #[test]
    fn the_cursor_is_moved_after_a_composed_emoji() {
        let broken = |text: &str, column| {
            let position = Position { row: 0, column };
            break_rows(Cow::Borrowed(text), position, 10).into_owned()
        };
        assert_eq!(
            broken("a👩\u{200d}🚀b", 2),
            "a👩\u{200d}🚀\x1b[6Gb",
            "two cells, as one emoji"
        );
        assert_eq!(broken("👋\u{1f3ff}", 0), "👋\u{1f3ff}\x1b[3G");
        assert_eq!(broken("❤\u{fe0f}", 0), "❤\u{fe0f}\x1b[3G");
        assert_eq!(broken("🎉e\u{301}", 0), "🎉e\u{301}");
        // A terminal that draws the parts would begin a new row.
        assert_eq!(broken("👋\u{1f3ff}", 8), "👋\x1b[11G");
        assert_eq!(broken("a👋\u{1f3ff}", 8), "a\n👋\u{1f3ff}\x1b[3G");
    }

    #[test]
    fn a_broken_text_ends_where_it_would_end_unbroken() {
        let text = "日本語 naïve\tand 🎉👍 e\u{301}nde\nthe next, wide 日本語日本語";
        for columns in 2..60 {
            for column in 0..columns {
                let position = Position { row: 0, column };
                let rows = break_rows(Cow::Borrowed(text), position, columns);
                let end = position.after(text, columns);
                assert_eq!(rows.matches('\n').count(), usize::from(end.row));
                assert_eq!(rows.replace('\n', ""), text.replace('\n', ""));
            }
        }
    }
}
