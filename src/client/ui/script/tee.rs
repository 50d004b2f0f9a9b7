//! Passes standard input on to standard output and picks what of it is sent: at most so many
//! lines in an interval, the first and the last ones, and between them how many more there were.
//!
//! It reads the clock, since what it counts by time has nothing to do with any server.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::plan::Tee;
use super::reader::{NOT_TEXT, TOO_LONG, read_blocks};
use crate::client::view::strip_styles;
use crate::wire::{Line, Lines};

/// The longest line that is sent, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// How many lines wait here before those who write them have to.
const LINES_WAITING: usize = 1_024;

/// A line to be sent.
pub(super) struct Gathered {
    /// Its number; for the number of those left out, that of the last of them.
    pub(super) number: u64,
    pub(super) text: Result<String, Cow<'static, str>>,
}

/// Passes everything on and gives what is to be sent to `send`, which says whether there was room
/// for it, and waits for room only for what is the last. Ends with standard input, or when the
/// output takes no more.
pub(super) fn gather(limits: Tee, mut send: impl FnMut(Gathered, bool) -> bool) -> io::Result<()> {
    let (lines, passed) = mpsc::sync_channel(LINES_WAITING);
    let passing = thread::spawn(move || pass_on(&lines));
    let mut gate = Gate::new(limits);
    loop {
        let line = match gate.ends_at {
            None => passed.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => passed.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match line {
            Ok(line) => gate.take(line, Instant::now(), &mut |line| send(line, false)),
            Err(RecvTimeoutError::Timeout) => gate.end_interval(&mut |line| send(line, false)),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    gate.end_interval(&mut |line| send(line, true));
    passing.join().unwrap_or(Ok(()))
}

/// Standard input to standard output, and each line of it to the gate.
fn pass_on(to: &mpsc::SyncSender<Gathered>) -> io::Result<()> {
    let mut lines = Lines::new(LINE_BYTES_MAX);
    let mut number = 0;
    let mut written = Ok(());
    read_blocks(|block| {
        let mut out = io::stdout().lock();
        written = out.write_all(block).and_then(|()| out.flush());
        drop(out);
        let mut fresh = match block {
            [] if lines.held_bytes() > 0 => b"\n",
            block => block,
        };
        while let Some(line) = lines.next_line(&mut fresh) {
            number += 1;
            let text = as_seen(line);
            if to.send(Gathered { number, text }).is_err() {
                return false;
            }
        }
        written.is_ok()
    });
    written
}

/// A line as a terminal would show it: what stands behind the last carriage return, without
/// colours.
fn as_seen(line: Line<'_>) -> Result<String, Cow<'static, str>> {
    let Line::Whole(bytes) = line else {
        return Err(TOO_LONG.into());
    };
    let text = str::from_utf8(bytes).map_err(|_| NOT_TEXT)?;
    let last = text.rsplit('\r').next().unwrap_or_default();
    Ok(strip_styles(last))
}

/// Lets so many lines through in an interval: half of them at once, so that others see that
/// something goes on, and the other half when it ends, which are the last ones by then. What a build
/// or a log has to say stands at its end.
struct Gate {
    limits: Tee,
    ends_at: Option<Instant>,
    let_through: usize,
    /// The last lines so far, which wait for the end of the interval.
    held: VecDeque<Gathered>,
    left_out: u64,
    /// The number of the last line that was left out.
    last_left_out: u64,
}

impl Gate {
    fn new(limits: Tee) -> Self {
        Self {
            limits,
            ends_at: None,
            let_through: 0,
            held: VecDeque::new(),
            left_out: 0,
            last_left_out: 0,
        }
    }

    fn take(&mut self, line: Gathered, now: Instant, send: &mut impl FnMut(Gathered) -> bool) {
        if self.ends_at.is_some_and(|at| now >= at) {
            self.end_interval(send);
        }
        let interval = self.limits.interval.min(Duration::from_secs(24 * 3600));
        self.ends_at.get_or_insert(now + interval);
        if matches!(&line.text, Ok(text) if text.trim().is_empty()) {
            return;
        }
        let at_once = self.limits.lines_max.div_ceil(2);
        if self.let_through < at_once {
            self.let_through += 1;
            return self.pass(line, send);
        }
        self.held.push_back(line);
        if self.held.len() > self.limits.lines_max - at_once
            && let Some(oldest) = self.held.pop_front()
        {
            self.leave_out(oldest.number);
        }
    }

    /// Sends a line; without room for it, it is one more that was left out.
    fn pass(&mut self, line: Gathered, send: &mut impl FnMut(Gathered) -> bool) {
        let number = line.number;
        if !send(line) {
            self.leave_out(number);
        }
    }

    fn leave_out(&mut self, number: u64) {
        self.left_out += 1;
        self.last_left_out = number;
    }

    /// Says how many lines were left out, and then the last ones; begins anew.
    fn end_interval(&mut self, send: &mut impl FnMut(Gathered) -> bool) {
        let lines = if self.left_out == 1 { "line" } else { "lines" };
        let text = Ok(format!("… {} {lines} more", self.left_out));
        let number = self.last_left_out;
        // What could not be told is told with the next.
        if self.left_out == 0 || send(Gathered { number, text }) {
            self.left_out = 0;
        }
        for line in std::mem::take(&mut self.held) {
            self.pass(line, send);
        }
        self.let_through = 0;
        self.ends_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(limits: Tee, lines: &[(u64, &str)]) -> Vec<String> {
        let mut sent = Vec::new();
        let mut gate = Gate::new(limits);
        let start = Instant::now();
        let mut send = |line: Gathered| {
            sent.push(line.text.unwrap());
            true
        };
        for ((milliseconds, text), number) in lines.iter().zip(1..) {
            let line = Gathered {
                number,
                text: Ok((*text).to_owned()),
            };
            let now = start + Duration::from_millis(*milliseconds);
            gate.take(line, now, &mut send);
        }
        gate.end_interval(&mut send);
        sent
    }

    #[test]
    fn the_first_and_the_last_lines_of_an_interval_are_let_through_and_the_others_counted() {
        let limits = Tee {
            lines_max: 2,
            interval: Duration::from_secs(1),
        };
        let lines = [
            (0, "a"),
            (10, "b"),
            (20, "c"),
            (30, " "),
            (40, "d"),
            (1_000, "e"),
            (2_500, "f"),
            (2_600, "g"),
            (2_700, "h"),
        ];
        let sent = through(limits, &lines);
        assert_eq!(
            sent,
            ["a", "… 2 lines more", "d", "e", "f", "… 1 line more", "h"]
        );
        let one = Tee {
            lines_max: 1,
            ..limits
        };
        assert_eq!(through(one, &lines[..3]), ["a", "… 2 lines more"]);
        let all = Tee {
            lines_max: 9,
            ..limits
        };
        assert_eq!(through(all, &lines[..5]), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_line_is_sent_as_a_terminal_shows_it() {
        assert_eq!(as_seen(Line::Whole(b"10%\r50%\r100%")).unwrap(), "100%");
        let colored = b"\x1b[1;31merror\x1b[0m: no";
        assert_eq!(as_seen(Line::Whole(colored)).unwrap(), "error: no");
        assert!(as_seen(Line::Whole(b"\xff")).is_err());
    }
}
