//! The lines that were shown, for `/history` and `/search`.

use std::collections::VecDeque;

use crate::client::event::NetworkId;
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
    lines: VecDeque<BufferedLine>,
    bytes: usize,
}

/// A line that was shown.
#[derive(Debug)]
struct BufferedLine {
    text: String,
    /// The network it is about.
    network: NetworkId,
    /// The room it is about, if any.
    room: Option<String>,
}

impl LineBuffer {
    /// Appends whole lines that are about this room of a network.
    pub(super) fn push(&mut self, lines: &str, network: NetworkId, room: Option<&str>) {
        for line in lines.split_inclusive('\n') {
            let line = BufferedLine {
                text: line.to_owned(),
                network,
                room: room.map(str::to_owned),
            };
            self.bytes += line.bytes();
            self.lines.push_back(line);
            while (self.lines.len() > BUFFER_LINES_MAX || self.bytes > BUFFER_BYTES_MAX)
                && let Some(oldest) = self.lines.pop_front()
            {
                self.bytes -= oldest.bytes();
            }
        }
    }

    /// The last `count` lines, or those about `room` of a network.
    pub(super) fn last(&self, network: NetworkId, room: Option<&str>, count: usize) -> Vec<&str> {
        let is_wanted = |line: &&BufferedLine| match (room, &line.room) {
            (Some(wanted), Some(room)) => {
                line.network == network && wanted.eq_ignore_ascii_case(room)
            }
            (Some(_), None) => false,
            (None, _) => true,
        };
        let newest = self.lines.iter().rev().filter(is_wanted).take(count);
        let mut lines: Vec<&str> = newest.map(|line| line.text.as_str()).collect();
        lines.reverse();
        lines
    }

    /// The last lines that contain this text, in any case and without styles.
    pub(super) fn containing(&self, text: &str) -> String {
        let wanted = text.to_lowercase();
        let lines = self.lines.iter().map(|line| &line.text);
        let has_text = |line: &&String| {
            let line = strip_styles(line).replace(INDENT_MARK, "");
            line.to_lowercase().contains(&wanted)
        };
        let found: Vec<&String> = lines.filter(has_text).collect();
        let skipped = found.len().saturating_sub(SEARCH_LINES_MAX);
        found.into_iter().skip(skipped).cloned().collect()
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl BufferedLine {
    fn bytes(&self) -> usize {
        self.text.len() + self.room.as_ref().map_or(0, String::len)
    }
}
