//! What a step of the hub wants done: lines to send, connections to close or to let wait.
//!
//! The caller owns it, hands it in with each step, and does at once what is wanted. A line is
//! written once, whoever and however many it is for: sending it to one more is two numbers more in a
//! list. Lines stay where they were written until all of them are out, so that what many hear need
//! not be copied for each of them.

use std::fmt::{self, Write};
use std::time::Duration;

use super::ConnectionId;
use crate::wire::message::BODY_BYTES_MAX;

/// The longest line without its ending, in bytes.
pub(super) const LINE_BYTES_MAX: usize = BODY_BYTES_MAX - "\r\n".len();
/// How much room for lines is kept from one step to the next, in bytes: a long answer now and then
/// does not stay in memory.
const KEPT_BYTES_MAX: usize = 512 * 1024;
/// How many sends are made room for from one step to the next.
const KEPT_SENDS_MAX: usize = 16 * 1024;

/// A line that stands in an [`Outbox`], to be sent as often as needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSpan {
    start: u32,
    end: u32,
}

impl LineSpan {
    /// No line at all: even an empty one has its ending.
    pub(in crate::server) const EMPTY: Self = Self { start: 0, end: 0 };

    /// How long it is, in bytes.
    pub(in crate::server) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// The same and the next one, where that stands right behind it.
    pub(in crate::server) fn join(self, next: Self) -> Option<Self> {
        match self.len() {
            0 => Some(next),
            _ => (self.end == next.start).then_some(Self {
                end: next.end,
                ..self
            }),
        }
    }

    /// What is left of it behind so many bytes.
    pub(in crate::server) fn skip(self, bytes: usize) -> Self {
        let start = self.start + u32::try_from(bytes).unwrap_or(u32::MAX);
        Self { start, ..self }
    }
}

/// What one step wants done. The lines come first, then what is to be closed.
#[derive(Debug, Default)]
pub struct Outbox {
    text: String,
    /// How much of the text was there before this step.
    begun: usize,
    sends: Vec<(ConnectionId, LineSpan)>,
    /// How many of them were there before the answers to the line at hand.
    answers: usize,
    /// Whether the configuration is to be read again.
    pub wants_rehash: bool,
    /// The connections to be closed when all that was sent to them is on its way. The hub has
    /// forgotten them.
    pub closes: Vec<ConnectionId>,
    /// The connections of which no more lines are to be taken, and until when.
    pub pauses: Vec<(ConnectionId, Duration)>,
}

impl Outbox {
    /// Writes a line and its ending. What does not fit in a line is cut off, at a character.
    pub fn line(&mut self, words: fmt::Arguments<'_>) -> LineSpan {
        let start = self.text.len();
        // Writing to memory cannot fail.
        let _ = self.text.write_fmt(words);
        let end = self.text.floor_char_boundary(start + LINE_BYTES_MAX);
        self.text.truncate(end);
        self.end_line(start)
    }

    /// Writes a line and its ending if all of it fits in a line; otherwise nothing is written.
    pub fn line_if_fits(&mut self, words: fmt::Arguments<'_>) -> Option<LineSpan> {
        let start = self.text.len();
        let _ = self.text.write_fmt(words);
        if self.text.len() - start > LINE_BYTES_MAX {
            self.text.truncate(start);
            return None;
        }
        Some(self.end_line(start))
    }

    /// Writes a line once more, with tags in front: each of them behind a semicolon. Without tags
    /// the line stays as it is.
    pub(super) fn with_tags(&mut self, tags: fmt::Arguments<'_>, line: LineSpan) -> LineSpan {
        let start = self.text.len();
        let _ = self.text.write_fmt(tags);
        if self.text.len() == start {
            return line;
        }
        // The first semicolon is where the sign that begins all tags belongs.
        self.text.replace_range(start..=start, "@");
        let (place, end) = (line.start as usize, line.end as usize);
        // A line with tags already has more of them now.
        let has_tags = self.text.as_bytes().get(place) == Some(&b'@');
        self.text.push(if has_tags { ';' } else { ' ' });
        self.text
            .extend_from_within(place + usize::from(has_tags)..end);
        self.written_from(start)
    }

    /// What is sent from here on answers the line at hand.
    pub(super) fn begin_responses(&mut self) {
        self.answers = self.sends.len();
    }

    /// Takes out what was sent since then, to send it in another way.
    pub(super) fn take_responses(&mut self) -> Vec<(ConnectionId, LineSpan)> {
        self.sends.split_off(self.answers.min(self.sends.len()))
    }

    /// Sends a line that is no answer to the one at hand, before all that is.
    pub(super) fn send_before_responses(&mut self, to: ConnectionId, line: LineSpan) {
        let place = self.answers.min(self.sends.len());
        self.sends.insert(place, (to, line));
        self.answers = place + 1;
    }

    fn end_line(&mut self, start: usize) -> LineSpan {
        debug_assert!(
            !self.text[start..].contains(['\r', '\n', '\0']),
            "a line would be read as two: {:?}",
            &self.text[start..]
        );
        self.text.push_str("\r\n");
        self.written_from(start)
    }

    fn written_from(&self, start: usize) -> LineSpan {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        LineSpan {
            start: place(start),
            end: place(self.text.len()),
        }
    }

    /// Sends a line that was written in this step.
    pub fn send(&mut self, to: ConnectionId, line: LineSpan) {
        self.sends.push((to, line));
    }

    /// Sends lines that were written in this step, each to its recipient.
    pub(super) fn send_each(&mut self, sends: impl Iterator<Item = (ConnectionId, LineSpan)>) {
        self.sends.extend(sends);
    }

    /// Takes no more lines from a connection until then; the longer of two pauses counts.
    pub fn pause(&mut self, id: ConnectionId, until: Duration) {
        match self.pauses.iter_mut().find(|(one, _)| *one == id) {
            Some((_, at)) => *at = until.max(*at),
            None => self.pauses.push((id, until)),
        }
    }

    /// What is to be sent, in order: to whom, and the bytes with their line ending.
    pub fn sends(&self) -> impl Iterator<Item = (ConnectionId, &[u8])> {
        self.sends.iter().map(|(to, line)| (*to, self.bytes(*line)))
    }

    /// The same, as where it was written.
    pub(in crate::server) fn spans(&self) -> &[(ConnectionId, LineSpan)] {
        &self.sends
    }

    /// The bytes of a line, or of several that stand behind each other.
    pub(in crate::server) fn bytes(&self, line: LineSpan) -> &[u8] {
        let bytes = self.text.as_bytes();
        let line = bytes.get(line.start as usize..line.end as usize);
        line.unwrap_or_default()
    }

    /// How much was written in this step, in bytes; what goes to many counts once.
    pub(super) fn written_bytes(&self) -> usize {
        self.text.len() - self.begun
    }

    /// Whether so much is written that the lines should not stay here any longer: well before there
    /// is more than is kept room for.
    pub(in crate::server) fn is_full(&self) -> bool {
        self.text.len() >= KEPT_BYTES_MAX / 2
    }

    /// Makes it ready for the next step; the lines of this one stay where they are.
    pub(in crate::server) fn end_step(&mut self) {
        self.begun = self.text.len();
        self.sends.clear();
        self.sends.shrink_to(KEPT_SENDS_MAX);
        self.answers = 0;
        self.closes.clear();
        self.pauses.clear();
        self.wants_rehash = false;
    }

    /// Forgets the lines: they are out, or nobody wants them any more.
    pub(in crate::server) fn forget_lines(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT_BYTES_MAX);
        self.begun = 0;
        self.sends.clear();
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.forget_lines();
        self.end_step();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(outbox: &Outbox) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        outbox.sends().map(|(_, bytes)| text(bytes)).collect()
    }

    #[test]
    fn a_line_is_written_once_and_sent_often() {
        let mut outbox = Outbox::default();
        let first = outbox.line(format_args!("PING {}", 1));
        let second = outbox.line(format_args!("PING {}", 2));
        for index in 0..3 {
            outbox.send(ConnectionId::new(index, 0), first);
        }
        outbox.send(ConnectionId::new(0, 0), second);
        let one = "PING 1\r\n";
        assert_eq!(sent(&outbox), [one, one, one, "PING 2\r\n"]);
        outbox.clear();
        assert_eq!(sent(&outbox), Vec::<String>::new());
    }

    #[test]
    fn a_line_of_510_bytes_is_whole_and_a_longer_one_is_cut_at_a_character() {
        for (bytes, kept) in [(509, 509), (510, 510), (511, 510)] {
            let mut outbox = Outbox::default();
            let line = outbox.line(format_args!("{}", "x".repeat(bytes)));
            outbox.send(ConnectionId::new(0, 0), line);
            assert_eq!(sent(&outbox), [format!("{}\r\n", "x".repeat(kept))]);
            let whole = outbox.line_if_fits(format_args!("{}", "x".repeat(bytes)));
            assert_eq!(whole.is_some(), bytes <= 510);
        }
        let mut outbox = Outbox::default();
        let line = outbox.line(format_args!("x{}", "é".repeat(300)));
        outbox.send(ConnectionId::new(0, 0), line);
        assert_eq!(sent(&outbox), [format!("x{}\r\n", "é".repeat(254))]);
    }
}
