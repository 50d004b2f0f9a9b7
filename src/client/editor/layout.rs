//! How the editor cuts what it shows into rows.
//!
//! The rows of a draft end with line feeds, as if it were several lines. A terminal that wraps its
//! lines anew when it becomes wider would join rows that it has wrapped by itself, and the next
//! drawing, which may be on its way already, would clear so many rows as there were: one of them
//! would be a message above.

use std::borrow::Cow;

use rustyline::GraphemeClusterMode;
use unicode_segmentation::UnicodeSegmentation as _;

/// How cells are counted: each character by itself, as the helper shows them.
pub(super) const CELLS: GraphemeClusterMode = GraphemeClusterMode::WcWidth;

/// A place in the rows of a terminal. A text that ends at the margin ends there, and not in the
/// row below: what follows decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) row: u16,
    pub(super) column: u16,
}

impl Position {
    pub(super) const START: Self = Self { row: 0, column: 0 };

    /// Where this text ends that begins here, as the editor lays it out.
    pub(super) fn after(mut self, text: &str, columns: u16) -> Self {
        for cluster in text.graphemes(true) {
            self.advance(cluster, columns);
        }
        self
    }

    /// Where the editor has the cursor here: at the margin it goes to the next row.
    pub(super) fn cursor_position(self, columns: u16) -> Self {
        match self {
            Self { row, column } if column >= columns => Self {
                row: row.saturating_add(1),
                column: 0,
            },
            place => place,
        }
    }

    /// Goes behind a cluster. True when it begins a row because there was no room for it.
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
        let goes_on = self.column.saturating_add(width) > columns;
        if goes_on {
            self.row = self.row.saturating_add(1);
            self.column = 0;
        }
        self.column = self.column.saturating_add(width);
        goes_on
    }
}

/// The text, which begins at a place, with a line feed wherever it goes on in another row.
/// Sequences that colour it take no cells.
pub(super) fn break_rows<'t>(
    text: Cow<'t, str>,
    mut place: Position,
    columns: u16,
) -> Cow<'t, str> {
    // A character takes no more cells than it has bytes, except for a tab.
    if usize::from(place.column) + text.len() <= usize::from(columns) && !text.contains('\t') {
        return text;
    }
    let mut rows = String::with_capacity(text.len() + 8);
    let mut rest = &*text;
    while !rest.is_empty() {
        let (plain, styled) = rest.split_at(rest.find('\x1b').unwrap_or(rest.len()));
        for cluster in plain.graphemes(true) {
            if place.advance(cluster, columns) {
                rows.push('\n');
            }
            rows.push_str(cluster);
        }
        let end = styled.find('m').map_or(styled.len(), |end| end + 1);
        let (sequence, behind) = styled.split_at(end);
        rows.push_str(sequence);
        rest = behind;
    }
    Cow::Owned(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_as_the_editor_lays_them_out() {
        let end = |text| {
            let place = Position::START.after("[#a] ", 10).after(text, 10);
            let Position { row, column } = place.cursor_position(10);
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
    fn a_text_is_cut_where_it_goes_on_in_another_row() {
        let cut = |text: &str, column| {
            let place = Position { row: 0, column };
            break_rows(Cow::Borrowed(text), place, 10).into_owned()
        };
        assert_eq!(cut("abcde", 5), "abcde", "nothing stands behind the margin");
        assert_eq!(cut("abcdef", 5), "abcde\nf");
        assert_eq!(cut("f", 10), "\nf");
        assert_eq!(cut("日本日", 5), "日本\n日");
        assert_eq!(cut("ab\ncdefghijklm", 5), "ab\ncdefghijkl\nm");
        assert_eq!(cut("0123456789e\u{301}", 0), "0123456789\ne\u{301}");
        assert_eq!(
            cut("\x1b[38;5;28mabcde\x1b[0mf\x1b[1m", 5),
            "\x1b[38;5;28mabcde\x1b[0m\nf\x1b[1m"
        );
    }

    #[test]
    fn a_cut_text_ends_where_it_would_end_uncut() {
        let text = "日本語 naïve\tand 🎉👍 e\u{301}nde\nthe next, wide 日本語日本語";
        for columns in 2..60 {
            for column in 0..columns {
                let place = Position { row: 0, column };
                let rows = break_rows(Cow::Borrowed(text), place, columns);
                let end = place.after(text, columns);
                assert_eq!(rows.matches('\n').count(), usize::from(end.row));
                assert_eq!(rows.replace('\n', ""), text.replace('\n', ""));
            }
        }
    }
}
