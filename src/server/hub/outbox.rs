//! The result of a step of the hub: lines to send, connections to close or to pause.
//!
//! The caller owns it, passes it to each step, and carries it out at once. A line is written once
//! for all its recipients: each further recipient costs two numbers in a list. Lines stay where
//! they were written until all of them are sent, so a line for many is not copied for each.

use std::fmt::{self, Write};
use std::mem;
use std::net::IpAddr;
use std::ops::Range;
use std::time::Duration;

use super::ConnectionId;
use super::stored::{MessageId, StoredRecord};
use super::task::Task;
use crate::wire::message::BODY_BYTES_MAX;

/// The longest line without its ending, in bytes.
pub(super) const LINE_BYTES_MAX: usize = BODY_BYTES_MAX - "\r\n".len();
/// Capacity for lines that is kept from one step to the next, in bytes: a rare long response does
/// not occupy memory for ever.
const KEPT_BYTES_MAX: usize = 512 * 1024;
/// Capacity for sends that is kept from one step to the next.
const KEPT_SENDS_MAX: usize = 16 * 1024;

/// A line in an [`Outbox`], which can be sent any number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) struct LineSpan {
    start: u32,
    end: u32,
}

impl LineSpan {
    /// No line: even an empty line has its ending.
    pub(in crate::server) const EMPTY: Self = Self { start: 0, end: 0 };

    /// Length in bytes.
    pub(in crate::server) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// This line and the next as one, if the next follows it directly.
    pub(in crate::server) fn join(self, next: Self) -> Option<Self> {
        match self.len() {
            0 => Some(next),
            _ => (self.end == next.start).then_some(Self {
                end: next.end,
                ..self
            }),
        }
    }

    /// The same line when the text of its step begins at another place. Lines of a step never begin
    /// before it, so no place wraps around in the end.
    fn moved(self, from: u32, to: u32) -> Self {
        let moved = |at: u32| at.wrapping_sub(from).wrapping_add(to);
        Self {
            start: moved(self.start),
            end: moved(self.end),
        }
    }

    /// The rest of it after the first `bytes` bytes.
    pub(in crate::server) fn skip(self, bytes: usize) -> Self {
        let start = self.start + u32::try_from(bytes).unwrap_or(u32::MAX);
        Self { start, ..self }
    }
}

/// The result of one step. Lines are sent before connections are closed.
#[derive(Debug, Default)]
pub struct Outbox {
    text: String,
    /// How much of the text was written before this step, or is a copy.
    begun: usize,
    /// How much of the text was written before this step.
    step_start: usize,
    sends: Vec<(ConnectionId, LineSpan)>,
    /// Number of sends before the responses to the current line.
    answers: usize,
    /// Whether to read the configuration again.
    pub wants_rehash: bool,
    /// Connections to close after everything queued for them is sent. The hub has removed them.
    pub closes: Vec<ConnectionId>,
    /// Connections whose next lines have to wait, and until when.
    pub pauses: Vec<(ConnectionId, Duration)>,
    /// Connections whose users connect from another address than it seemed, which is a gateway's or a
    /// proxy's, and the network of that address.
    pub moves: Vec<(ConnectionId, IpAddr)>,
    /// Work to do outside the hub. The connection of a task is paused until its answer is passed to
    /// [`Hub::answered`](super::Hub::answered).
    pub tasks: Vec<Task>,
    /// The connection whose request or connect caused the step.
    pub asker: Option<ConnectionId>,
    /// Whether the step affects nothing but its asker, so that it need not wait for earlier steps of
    /// others.
    pub is_free: bool,
    /// A message with an id of its client that could not be stored, for
    /// [`Hub::forget_once`](super::Hub::forget_once).
    pub lost: Option<MessageId>,
    /// The records to store. Each step moves the outbox to the hub and back, so they are boxed.
    keeping: Box<Keeping>,
}

/// The records that a step stores, and the sends that depend on them.
#[derive(Debug, Default)]
struct Keeping {
    records: Vec<StoredRecord>,
    conditions: Vec<Condition>,
    /// The sends if the lines cannot be stored.
    instead: Vec<(ConnectionId, LineSpan)>,
    /// How many of these come before the responses.
    instead_answers: usize,
    once: Option<OnceStep>,
}

/// The message of a step to which its client has given an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnceStep {
    /// The step sends it, and stores its id.
    First(MessageId),
    /// The step repeats the response to it, which may still wait.
    Repeat(MessageId),
}

/// Sends that depend on a line of the step.
#[derive(Debug)]
struct Condition {
    sends: Range<usize>,
    /// The line that is sent instead, if any.
    otherwise: Option<(ConnectionId, LineSpan)>,
}

impl Keeping {
    fn is_used(&self) -> bool {
        let is_empty =
            self.records.is_empty() && self.conditions.is_empty() && self.instead.is_empty();
        !is_empty || self.once.is_some()
    }
}

/// The output of a step that waits for the store.
#[derive(Debug)]
pub(super) struct HeldStep {
    /// The connection that has caused it.
    pub(super) asker: Option<ConnectionId>,
    pub(super) closes: Vec<ConnectionId>,
    /// The requests for stored messages.
    pub(super) queries: Vec<Task>,
    /// The message with an id of its client.
    pub(super) once: Option<OnceStep>,
    /// The start of its text in the outbox.
    start: u32,
    text: String,
    sends: Vec<(ConnectionId, LineSpan)>,
    /// The sends if its lines cannot be stored; `None` if it has no such lines.
    instead: Option<Vec<(ConnectionId, LineSpan)>>,
}

impl HeldStep {
    /// The memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let sends = self.sends.len() + self.instead.as_ref().map_or(0, Vec::len);
        size_of::<Self>() + self.text.len() + sends * size_of::<(ConnectionId, LineSpan)>()
    }
}

impl Outbox {
    /// Writes a line and its ending. A line that is too long is cut at a character.
    pub(in crate::server) fn line(&mut self, words: fmt::Arguments<'_>) -> LineSpan {
        let start = self.text.len();
        // Writing to memory cannot fail.
        let _ = self.text.write_fmt(words);
        let end = self.text.floor_char_boundary(start + LINE_BYTES_MAX);
        self.text.truncate(end);
        self.end_line(start)
    }

    /// Writes a line and its ending if it fits; otherwise writes nothing.
    pub(super) fn line_if_fits(&mut self, words: fmt::Arguments<'_>) -> Option<LineSpan> {
        let start = self.text.len();
        let _ = self.text.write_fmt(words);
        if self.text.len() - start > LINE_BYTES_MAX {
            self.text.truncate(start);
            return None;
        }
        Some(self.end_line(start))
    }

    /// Writes a line again with tags in front, each of which begins with a semicolon. Without tags
    /// it returns the line as it is.
    pub(super) fn with_tags(&mut self, tags: fmt::Arguments<'_>, line: LineSpan) -> LineSpan {
        let start = self.text.len();
        let _ = self.text.write_fmt(tags);
        if self.text.len() == start {
            return line;
        }
        // The first semicolon becomes the `@` that begins the tags.
        self.text.replace_range(start..=start, "@");
        let (place, end) = (line.start as usize, line.end as usize);
        // The line may have tags already.
        let has_tags = self.text.as_bytes().get(place) == Some(&b'@');
        self.text.push(if has_tags { ';' } else { ' ' });
        let body = place + usize::from(has_tags)..end;
        self.begun += body.len();
        self.text.extend_from_within(body);
        self.written_from(start)
    }

    /// All later sends are responses to the current line.
    pub(super) fn begin_responses(&mut self) {
        self.answers = self.sends.len();
    }

    /// Takes out these responses, for example to label them.
    pub(super) fn take_responses(&mut self) -> Vec<(ConnectionId, LineSpan)> {
        self.sends.split_off(self.answers.min(self.sends.len()))
    }

    /// Sends a line that is not a response to the current line, before the responses. Returns its
    /// place among the sends.
    pub(super) fn send_before_responses(&mut self, to: ConnectionId, line: LineSpan) -> usize {
        let place = self.answers.min(self.sends.len());
        self.sends.insert(place, (to, line));
        self.answers = place + 1;
        for Condition { sends, .. } in &mut self.keeping.conditions {
            if sends.start >= place {
                *sends = sends.start + 1..sends.end + 1;
            }
        }
        place
    }

    /// The send at this place depends on a line that is stored, too.
    pub(super) fn send_only_if_stored(&mut self, place: usize) {
        self.keeping.conditions.push(Condition {
            sends: place..place + 1,
            otherwise: None,
        });
    }

    /// Keeps a record. The sends from the `first` one on depend on it; if it cannot be stored, its
    /// sender gets another line instead of them.
    pub(super) fn store(
        &mut self,
        record: StoredRecord,
        first: usize,
        (sender, otherwise): (ConnectionId, LineSpan),
    ) {
        let sends = first..self.sends.len();
        let otherwise = Some((sender, otherwise));
        self.keeping.conditions.push(Condition { sends, otherwise });
        self.keeping.records.push(record);
    }

    /// Keeps a record. The sends are the same if it cannot be stored.
    pub(super) fn keep(&mut self, record: StoredRecord) {
        self.keeping.records.push(record);
    }

    /// A message that the step stores has an id of its client.
    pub(super) fn set_once(&mut self, message: MessageId) {
        self.keeping.once = Some(OnceStep::First(message));
    }

    /// The sends from the `first` one on depend on a message of an earlier step.
    pub(super) fn repeat(
        &mut self,
        message: MessageId,
        first: usize,
        (sender, otherwise): (ConnectionId, LineSpan),
    ) {
        let sends = first..self.sends.len();
        let otherwise = Some((sender, otherwise));
        self.keeping.conditions.push(Condition { sends, otherwise });
        self.keeping.once = Some(OnceStep::Repeat(message));
    }

    /// Whether the step repeats the response to a message of an earlier one.
    pub(super) fn is_repeat(&self) -> bool {
        matches!(self.keeping.once, Some(OnceStep::Repeat(_)))
    }

    /// Whether the step has something to store. Its sends wait until these are on disk, see
    /// [`Gate`](super::Gate).
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn has_stored(&self) -> bool {
        !self.keeping.records.is_empty()
    }

    /// Takes out what is to be stored.
    #[cfg_attr(not(feature = "for-tests"), doc(hidden))]
    pub fn take_stored(&mut self) -> Vec<StoredRecord> {
        mem::take(&mut self.keeping.records)
    }

    /// The sends of this step if none of its lines can be stored.
    fn sends_without_storing(&self) -> Vec<(ConnectionId, LineSpan)> {
        let mut sends = Vec::new();
        let mut done = 0;
        for condition in &self.keeping.conditions {
            let before = self.sends.get(done..condition.sends.start);
            sends.extend_from_slice(before.unwrap_or_default());
            sends.extend(condition.otherwise);
            done = condition.sends.end;
        }
        sends.extend_from_slice(self.sends.get(done..).unwrap_or_default());
        sends
    }

    /// If the step has lines to keep, writes its other ending. Both may still have to be labeled.
    pub(super) fn begin_other_ending(&mut self) -> bool {
        let is_other = !self.keeping.conditions.is_empty();
        if is_other {
            self.write_other_ending();
        }
        is_other
    }

    fn write_other_ending(&mut self) {
        let conditions = &mut self.keeping.conditions;
        conditions.sort_by_key(|one| one.sends.start);
        let missing = conditions.iter().filter(|one| one.otherwise.is_none());
        self.keeping.instead_answers = self.answers - missing.count();
        self.keeping.instead = self.sends_without_storing();
        self.keeping.conditions.clear();
    }

    /// Exchanges the two endings, so that the other one can be completed.
    pub(super) fn exchange_endings(&mut self) {
        mem::swap(&mut self.sends, &mut self.keeping.instead);
        mem::swap(&mut self.answers, &mut self.keeping.instead_answers);
    }

    /// Takes out the lines, sends and closes of this step. All else stays.
    pub(super) fn take_step(&mut self) -> HeldStep {
        let start = self.step_start;
        let instead = mem::take(&mut self.keeping.instead);
        let queries = self.tasks.extract_if(.., |task| is_query(task)).collect();
        let text = self.text.get(start..).unwrap_or_default().to_owned();
        self.text.truncate(start);
        self.begun = start;
        // The outbox keeps its own capacity for the next step.
        let sends = self.sends.clone();
        self.sends.clear();
        HeldStep {
            asker: self.asker,
            closes: mem::take(&mut self.closes),
            queries,
            once: self.keeping.once.take(),
            start: u32::try_from(start).unwrap_or(u32::MAX),
            text,
            instead: (!instead.is_empty()).then_some(instead),
            sends,
        }
    }

    /// Whether the step reads stored messages.
    pub(super) fn has_query(&self) -> bool {
        self.tasks.iter().any(is_query)
    }

    /// Puts a step back, with the sends for lines that are stored or for lines that are not.
    pub(super) fn put_step(&mut self, step: HeldStep, is_stored: bool) {
        let start = self.text.len();
        self.step_start = start;
        self.text.push_str(&step.text);
        self.begun = self.text.len();
        let sends = step.instead.filter(|_| !is_stored).unwrap_or(step.sends);
        let (from, start) = (step.start, u32::try_from(start).unwrap_or(u32::MAX));
        let moved = |(to, line): (ConnectionId, LineSpan)| (to, line.moved(from, start));
        self.sends.extend(sends.into_iter().map(moved));
        self.closes.extend(step.closes);
        self.tasks.extend(step.queries);
        self.asker = step.asker;
    }

    fn end_line(&mut self, start: usize) -> LineSpan {
        debug_assert!(
            !self.text[start..].contains(['\r', '\n', '\0']),
            "a line would be parsed as two: {:?}",
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

    /// Sends a line.
    pub(in crate::server) fn send(&mut self, to: ConnectionId, line: LineSpan) {
        self.sends.push((to, line));
    }

    /// Sends lines, each to its recipient.
    pub(super) fn send_each(&mut self, sends: impl Iterator<Item = (ConnectionId, LineSpan)>) {
        self.sends.extend(sends);
    }

    /// Pauses a connection until then; the longer of two pauses holds.
    pub(super) fn pause(&mut self, id: ConnectionId, until: Duration) {
        match self.pauses.iter_mut().find(|(one, _)| *one == id) {
            Some((_, at)) => *at = until.max(*at),
            None => self.pauses.push((id, until)),
        }
    }

    /// The sends in order: the recipient, and the bytes with their line ending.
    pub fn sends(&self) -> impl Iterator<Item = (ConnectionId, &[u8])> {
        self.sends.iter().map(|(to, line)| (*to, self.bytes(*line)))
    }

    /// The sends in order, as spans.
    pub(in crate::server) fn spans(&self) -> &[(ConnectionId, LineSpan)] {
        &self.sends
    }

    /// The bytes of a line, or of lines that follow each other directly.
    pub(in crate::server) fn bytes(&self, line: LineSpan) -> &[u8] {
        let bytes = self.text.as_bytes();
        let line = bytes.get(line.start as usize..line.end as usize);
        line.unwrap_or_default()
    }

    /// Bytes written in this step; a line for many counts once, and so does one that gets tags.
    pub(super) fn written_bytes(&self) -> usize {
        self.text.len() - self.begun
    }

    /// Length of all lines together, in bytes; a line for many counts once.
    pub(in crate::server) fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there is more to carry out than lines to send.
    #[inline]
    pub(in crate::server) fn has_effects(&self) -> bool {
        !(self.closes.is_empty()
            && self.pauses.is_empty()
            && self.tasks.is_empty()
            && self.moves.is_empty())
    }

    /// Whether the lines should be sent now, well before they exceed the kept capacity.
    pub(in crate::server) fn is_full(&self) -> bool {
        self.text.len() >= KEPT_BYTES_MAX / 2
    }

    /// Prepares the next step; the lines of this one are kept.
    #[inline]
    pub(in crate::server) fn end_step(&mut self) {
        self.begun = self.text.len();
        self.step_start = self.begun;
        self.sends.clear();
        self.sends.shrink_to(KEPT_SENDS_MAX);
        self.answers = 0;
        if self.has_effects() {
            self.closes.clear();
            self.pauses.clear();
            self.tasks.clear();
            self.moves.clear();
        }
        if self.keeping.is_used() {
            *self.keeping = Keeping::default();
        }
        self.asker = None;
        self.is_free = false;
        self.wants_rehash = false;
        self.lost = None;
    }

    /// Drops the lines, which are sent or no longer needed.
    pub(in crate::server) fn forget_lines(&mut self) {
        self.text.clear();
        self.text.shrink_to(KEPT_BYTES_MAX);
        self.begun = 0;
        self.step_start = 0;
        self.sends.clear();
    }

    /// Drops the lines and everything else.
    pub fn clear(&mut self) {
        self.forget_lines();
        self.end_step();
    }
}

/// Whether a task reads stored messages.
fn is_query(task: &Task) -> bool {
    matches!(task, Task::ReadHistory(_))
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
