//! Bytes in, whole lines out, however the bytes were cut on their way.
//!
//! Knows nothing of what a line means. Bytes are copied only when a line arrives in pieces: a line
//! that lies whole in what was just read is handed on from there.

/// One line, without its line ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The bytes before the line feed; one carriage return before it is taken off too.
    Whole(&'a [u8]),
    /// More bytes than the limit given to [`Lines::new`] came without a line ending. It is returned
    /// once for each such line, as soon as this is known; the rest of the line is skipped.
    TooLong,
}

/// Cuts a stream of bytes into lines, and holds the beginning of the line that has not ended yet.
///
/// An idle connection holds nothing: the buffer is given back when it becomes empty.
///
/// ```
/// use chatting_room::wire::{Line, Lines};
///
/// let mut lines = Lines::new(512);
/// let mut fresh: &[u8] = b"NICK alice\r\nUSER al";
/// assert_eq!(lines.next_line(&mut fresh), Some(Line::Whole(b"NICK alice")));
/// assert_eq!(lines.next_line(&mut fresh), None);
/// let mut fresh: &[u8] = b"ice 0 * :Alice\r\n";
/// assert_eq!(lines.next_line(&mut fresh), Some(Line::Whole(b"USER alice 0 * :Alice")));
/// ```
#[derive(Debug, Default)]
pub struct Lines {
    // A server has one of these for each connection, so the numbers are small.
    line_bytes_max: u32,
    /// Bytes that wait: the beginning of a line, or whole lines put back by [`Lines::hold`].
    held: Vec<u8>,
    /// How much of `held` has been handed out as lines already.
    taken: u32,
    /// How much of `held` is known to have no line ending.
    scanned: u32,
    /// Bytes of an overlong line skipped so far; 0 when no such line is being skipped. While one is,
    /// nothing waits.
    skipped: u32,
}

impl Lines {
    /// Lines of up to `line_bytes_max` bytes, their ending not counted.
    pub fn new(line_bytes_max: usize) -> Self {
        Self {
            line_bytes_max: small(line_bytes_max),
            ..Self::default()
        }
    }

    /// The next whole line from what is held and then from `fresh`, which is moved on by what was
    /// used. `None` when there is no more whole line: by then all of `fresh` has been taken in.
    pub fn next_line<'a, 'b: 'a>(&'a mut self, fresh: &mut &'b [u8]) -> Option<Line<'a>> {
        if self.skipped > 0 && !self.skip_overlong(fresh) {
            return None;
        }
        if self.taken as usize == self.held.len() {
            self.release();
            if let Some(end) = find_line_feed(fresh) {
                let (line, rest) = fresh.split_at(end);
                *fresh = rest.get(1..).unwrap_or_default();
                return Some(self.bounded(line));
            }
        }
        self.next_held_line(fresh)
    }

    /// Appends `fresh` to what is held, to be cut later: for a reader that must stop in the middle
    /// of what it has read.
    pub fn hold(&mut self, mut fresh: &[u8]) {
        if self.skipped > 0 {
            self.skip_overlong(&mut fresh);
        }
        self.held.extend_from_slice(fresh);
    }

    /// The next line if the held bytes have all of it. It stays there.
    pub fn peek(&self) -> Option<&[u8]> {
        let waiting = self.held.get(self.taken as usize..).unwrap_or_default();
        waiting.get(..find_line_feed(waiting)?)
    }

    /// How many bytes wait here: of an unfinished line, and of lines not asked for yet.
    pub fn held_bytes(&self) -> usize {
        self.held.len() - self.taken as usize
    }

    /// Whether nothing waits here and no line is being skipped.
    pub fn is_empty(&self) -> bool {
        self.held_bytes() == 0 && self.skipped == 0
    }

    /// How many bytes of a line that is too long have been skipped so far, 0 when the line at
    /// hand is not too long. It shows a client that never ends a line.
    pub fn skipped_bytes(&self) -> usize {
        self.skipped as usize
    }

    /// A line from the held bytes, completed from `fresh` where its end is there.
    fn next_held_line<'a>(&'a mut self, fresh: &mut &[u8]) -> Option<Line<'a>> {
        let unscanned = self.taken.max(self.scanned) as usize;
        let waiting = self.held.get(unscanned..).unwrap_or_default();
        let end = if let Some(at) = find_line_feed(waiting) {
            unscanned + at
        } else {
            let piece = find_line_feed(fresh).map_or(fresh.len(), |at| at + 1);
            let (head, rest) = fresh.split_at(piece);
            *fresh = rest;
            if self.held_bytes() + piece > self.line_bytes_max as usize + LINE_ENDING_BYTES_MAX {
                return Some(self.begin_skipping(head));
            }
            // The bytes that are not yet taken move to the front.
            self.held.drain(..self.taken as usize);
            self.taken = 0;
            self.held.extend_from_slice(head);
            self.scanned = small(self.held.len());
            if !head.ends_with(b"\n") {
                return None;
            }
            self.held.len() - 1
        };
        let start = self.taken as usize;
        self.taken = small(end + 1);
        self.scanned = self.taken;
        let line = self.held.get(start..end).unwrap_or_default();
        Some(self.bounded(line))
    }

    /// Cuts off the carriage return, and says so when the line is too long even then.
    fn bounded<'a>(&self, line: &'a [u8]) -> Line<'a> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match line.len() > self.line_bytes_max as usize {
            true => Line::TooLong,
            false => Line::Whole(line),
        }
    }

    /// Forgets the overlong line so far; `head` is the part of it that was just looked at.
    fn begin_skipping(&mut self, head: &[u8]) -> Line<'static> {
        let so_far = self.held_bytes() + head.len();
        self.skipped = match head.ends_with(b"\n") {
            true => 0,
            false => small(so_far),
        };
        self.taken = small(self.held.len());
        self.release();
        Line::TooLong
    }

    /// Goes to the end of an overlong line; false while its end has not come.
    fn skip_overlong(&mut self, fresh: &mut &[u8]) -> bool {
        let end = find_line_feed(fresh);
        self.skipped = match end {
            Some(_) => 0,
            None => self.skipped.saturating_add(small(fresh.len())),
        };
        *fresh = end.and_then(|at| fresh.get(at + 1..)).unwrap_or_default();
        end.is_some()
    }

    /// Gives the memory back, since nothing waits in it.
    fn release(&mut self) {
        self.held = Vec::new();
        self.taken = 0;
        self.scanned = 0;
    }
}

/// Carriage return and line feed.
const LINE_ENDING_BYTES_MAX: usize = 2;

/// A number of bytes, which memory bounds.
fn small(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn find_line_feed(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All lines of `chunks`, too long ones as `None`.
    fn cut(line_bytes_max: usize, chunks: &[&[u8]]) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(line_bytes_max);
        let mut found = Vec::new();
        for chunk in chunks {
            let mut fresh = *chunk;
            while let Some(line) = lines.next_line(&mut fresh) {
                found.push(match line {
                    Line::Whole(bytes) => Some(bytes.to_vec()),
                    Line::TooLong => None,
                });
            }
            assert!(fresh.is_empty());
        }
        found
    }

    #[test]
    fn any_cut_gives_the_same_lines() {
        let stream = b"NICK a\r\nUSER a 0 * :\xc3\xa9\n\r\n\nlast one\r\nunfinished";
        let whole = cut(100, &[stream]);
        assert_eq!(whole.len(), 5);
        for size in 1..stream.len() {
            let chunks: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(cut(100, &chunks), whole, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_at_the_bound_is_whole_and_one_byte_more_is_too_long() {
        for ending in ["\n", "\r\n"] {
            for (length, whole) in [(9, true), (10, true), (11, false), (40, false)] {
                let text = "x".repeat(length);
                let stream = format!("{text}{ending}next\n").into_bytes();
                let expected = [whole.then(|| text.into_bytes()), Some(b"next".to_vec())];
                for size in 1..=stream.len() {
                    let chunks: Vec<&[u8]> = stream.chunks(size).collect();
                    assert_eq!(cut(10, &chunks), expected, "{length} bytes by {size}");
                }
            }
        }
    }

    #[test]
    fn an_endless_line_is_told_once_and_counted_but_not_kept() {
        let mut lines = Lines::new(100);
        let mut reported = 0;
        for _ in 0..1000 {
            let mut fresh: &[u8] = &[b'x'; 64];
            while let Some(line) = lines.next_line(&mut fresh) {
                assert_eq!(line, Line::TooLong);
                reported += 1;
            }
            assert!(lines.held.capacity() <= 256);
        }
        assert_eq!(reported, 1);
        assert_eq!(lines.skipped_bytes(), 64_000);
        let mut fresh: &[u8] = b"end\r\nPING x\r\n";
        assert_eq!(
            lines.next_line(&mut fresh),
            Some(Line::Whole(b"PING x".as_slice()))
        );
        assert_eq!(lines.skipped_bytes(), 0);
    }

    #[test]
    fn bytes_put_back_are_cut_later_and_in_order() {
        let mut lines = Lines::new(100);
        let mut fresh: &[u8] = b"one\ntwo\nthree\nfo";
        assert_eq!(
            lines.next_line(&mut fresh),
            Some(Line::Whole(b"one".as_slice()))
        );
        lines.hold(fresh);
        assert_eq!(lines.held_bytes(), 12);
        let mut nothing: &[u8] = &[];
        assert_eq!(
            lines.next_line(&mut nothing),
            Some(Line::Whole(b"two".as_slice()))
        );
        let mut fresh: &[u8] = b"ur\n";
        for expected in ["three", "four"] {
            assert_eq!(
                lines.next_line(&mut fresh),
                Some(Line::Whole(expected.as_bytes()))
            );
        }
        assert_eq!(lines.next_line(&mut fresh), None);
    }

    #[test]
    fn a_line_that_is_looked_at_stays_and_is_cut_later() {
        let mut lines = Lines::new(100);
        assert_eq!(lines.peek(), None);
        lines.hold(b"on");
        assert_eq!(lines.peek(), None);
        lines.hold(b"e\ntwo\n");
        for expected in ["one", "two"] {
            assert_eq!(lines.peek(), Some(expected.as_bytes()));
            let mut nothing: &[u8] = &[];
            let line = lines.next_line(&mut nothing);
            assert_eq!(line, Some(Line::Whole(expected.as_bytes())));
        }
        assert_eq!(lines.peek(), None);
    }

    #[test]
    fn what_is_put_back_of_an_overlong_line_is_skipped_with_it() {
        for (rest, next) in [(b"xx\none\n".as_slice(), true), (b"xx", false)] {
            let mut lines = Lines::new(10);
            let mut fresh: &[u8] = &[b'x'; 20];
            assert_eq!(lines.next_line(&mut fresh), Some(Line::TooLong));
            lines.hold(rest);
            assert_eq!(lines.skipped_bytes(), if next { 0 } else { 22 });
            let mut fresh: &[u8] = b"x\none\n";
            let one = Some(Line::Whole(b"one".as_slice()));
            assert_eq!(lines.next_line(&mut fresh), one);
            let after = next.then_some(Line::Whole(b"x".as_slice()));
            assert_eq!(lines.next_line(&mut fresh), after);
        }
    }

    #[test]
    fn an_idle_connection_holds_no_memory() {
        let mut lines = Lines::new(100);
        for chunk in [b"NICK al".as_slice(), b"ice\r\n"] {
            let mut fresh = chunk;
            while lines.next_line(&mut fresh).is_some() {}
        }
        assert_eq!(lines.held.capacity(), 0);
    }
}
