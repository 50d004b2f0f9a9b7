//! The lines that were shown, for `/history` and `/search`.

use std::collections::VecDeque;

use crate::client::view::{INDENT_MARK, strip_styles};

/// The largest number of lines.
const BUFFER_LINES_MAX: usize = 10_000;
/// The largest size of all lines together.
pub(super) const BUFFER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many lines `/search` shows; the newest ones.
const SEARCH_LINES_MAX: usize = 100;

/// A bounded buffer of lines. The oldest ones are dropped first.
#[derive(Debug, Default)]
pub(super) struct LineBuffer {
    lines: VecDeque<String>,
    bytes: usize,
}

impl LineBuffer {
    /// Appends whole lines.
    pub(super) fn push(&mut self, lines: &str) {
        for line in lines.split_inclusive('\n') {
            self.bytes += line.len();
            self.lines.push_back(line.to_owned());
            while (self.lines.len() > BUFFER_LINES_MAX || self.bytes > BUFFER_BYTES_MAX)
                && let Some(oldest) = self.lines.pop_front()
            {
                self.bytes -= oldest.len();
            }
        }
    }

    /// The last `count` lines.
    pub(super) fn last(&self, count: usize) -> String {
        let skipped = self.lines.len().saturating_sub(count);
        self.lines.iter().skip(skipped).cloned().collect()
    }

    /// The last lines that contain this text, in any case and without styles.
    pub(super) fn containing(&self, text: &str) -> String {
        let wanted = text.to_lowercase();
        let has_text = |line: &&String| {
            let line = strip_styles(line).replace(INDENT_MARK, "");
            line.to_lowercase().contains(&wanted)
        };
        let found: Vec<&String> = self.lines.iter().filter(has_text).collect();
        let skipped = found.len().saturating_sub(SEARCH_LINES_MAX);
        found.into_iter().skip(skipped).cloned().collect()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
