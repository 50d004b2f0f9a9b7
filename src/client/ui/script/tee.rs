//! Copies standard input to standard output, and samples it: sends a limited number of lines in
//! each interval, the first and the last ones, with the number of those between them.
//!
//! It reads the clock: the rate limit has nothing to do with the server.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::options::SampleLimits;
use super::stdin::{self, TOO_LONG};
use crate::client::event::InputError;
use crate::client::view::strip_styles;
use crate::wire::Line;

/// How many lines wait here before the input is no longer read.
const LINES_WAITING: usize = 1_024;
/// The longest interval. A longer one could overflow the clock.
const INTERVAL_MAX: Duration = Duration::from_secs(24 * 3600);

/// A line to be sent.
pub(super) struct SampledLine {
    /// Its number; for the count of omitted lines, that of the last of them.
    pub(super) number: u64,
    /// The text, or why it cannot be sent.
    pub(super) text: Result<String, InputError>,
}

/// Copies standard input and gives the sampled lines to `send`, which returns whether the queue had
/// room for the line; for the last lines (`true`) it waits for room. Ends with standard input, or
/// when the output fails.
pub(super) fn copy_and_sample(
    limits: SampleLimits,
    mut send: impl FnMut(SampledLine, bool) -> bool,
) -> io::Result<()> {
    let (sender, lines) = mpsc::sync_channel(LINES_WAITING);
    let copier = thread::spawn(move || copy(&sender));
    let mut limiter = RateLimiter::new(limits);
    loop {
        let line = match limiter.ends_at {
            None => lines.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => lines.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match line {
            Ok(line) => limiter.take(line, Instant::now(), &mut |line| send(line, false)),
            Err(RecvTimeoutError::Timeout) => limiter.end_interval(&mut |line| send(line, false)),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    limiter.end_interval(&mut |line| send(line, true));
    copier.join().unwrap_or(Ok(()))
}

/// Copies standard input to standard output, and gives each line to the limiter.
fn copy(limiter: &mpsc::SyncSender<SampledLine>) -> io::Result<()> {
    let mut lines = stdin::lines();
    let mut number = 0;
    let mut written = Ok(());
    stdin::read_blocks(|block| {
        let mut out = io::stdout().lock();
        written = out.write_all(block).and_then(|()| out.flush());
        drop(out);
        let mut bytes = stdin::complete(block, &lines);
        while let Some(line) = lines.next_line(&mut bytes) {
            number += 1;
            let text = visible_text(line);
            if limiter.send(SampledLine { number, text }).is_err() {
                return false;
            }
        }
        written.is_ok()
    });
    written
}

/// A line as a terminal shows it: the part after the last carriage return, without colors.
fn visible_text(line: Line<'_>) -> Result<String, InputError> {
    let Line::Whole(bytes) = line else {
        return Err(TOO_LONG);
    };
    let text = str::from_utf8(bytes).map_err(|_| InputError::NotUtf8)?;
    let last = text.rsplit('\r').next().unwrap_or_default();
    Ok(strip_styles(last))
}

/// Limits the lines in an interval: half of them pass at once, as a sign of progress, and the last
/// ones pass at the end of the interval. The result of a build is in its last lines.
struct RateLimiter {
    limits: SampleLimits,
    /// The end of the current interval.
    ends_at: Option<Instant>,
    passed: usize,
    /// The last lines so far, which wait for the end of the interval.
    held: VecDeque<SampledLine>,
    omitted: u64,
    last_omitted_number: u64,
}

impl RateLimiter {
    fn new(limits: SampleLimits) -> Self {
        Self {
            limits,
            ends_at: None,
            passed: 0,
            held: VecDeque::new(),
            omitted: 0,
            last_omitted_number: 0,
        }
    }

    fn take(
        &mut self,
        line: SampledLine,
        now: Instant,
        send: &mut impl FnMut(SampledLine) -> bool,
    ) {
        if self.ends_at.is_some_and(|at| now >= at) {
            self.end_interval(send);
        }
        self.ends_at
            .get_or_insert(now + self.limits.interval.min(INTERVAL_MAX));
        if matches!(&line.text, Ok(text) if text.trim().is_empty()) {
            return;
        }
        let at_once = self.limits.lines_max.div_ceil(2);
        if self.passed < at_once {
            self.passed += 1;
            return self.pass(line, send);
        }
        self.held.push_back(line);
        if self.held.len() > self.limits.lines_max - at_once
            && let Some(oldest) = self.held.pop_front()
        {
            self.omit(oldest.number);
        }
    }

    /// Sends a line, or omits it when there is no room for it.
    fn pass(&mut self, line: SampledLine, send: &mut impl FnMut(SampledLine) -> bool) {
        let number = line.number;
        if !send(line) {
            self.omit(number);
        }
    }

    fn omit(&mut self, number: u64) {
        self.omitted += 1;
        self.last_omitted_number = number;
    }

    /// Sends the number of omitted lines and then the last lines, and starts a new interval.
    fn end_interval(&mut self, send: &mut impl FnMut(SampledLine) -> bool) {
        let lines = if self.omitted == 1 { "line" } else { "lines" };
        let text = Ok(format!("{} more {lines}", self.omitted));
        let number = self.last_omitted_number;
        // Without room for it, the number is added to the next one.
        if self.omitted == 0 || send(SampledLine { number, text }) {
            self.omitted = 0;
        }
        for line in std::mem::take(&mut self.held) {
            self.pass(line, send);
        }
        self.passed = 0;
        self.ends_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(limits: SampleLimits, lines: &[(u64, &str)]) -> Vec<String> {
        let mut sent = Vec::new();
        let mut limiter = RateLimiter::new(limits);
        let start = Instant::now();
        let mut send = |line: SampledLine| {
            sent.push(line.text.unwrap());
            true
        };
        for ((milliseconds, text), number) in lines.iter().zip(1..) {
            let line = SampledLine {
                number,
                text: Ok((*text).to_owned()),
            };
            let now = start + Duration::from_millis(*milliseconds);
            limiter.take(line, now, &mut send);
        }
        limiter.end_interval(&mut send);
        sent
    }

    #[test]
    fn the_first_and_the_last_lines_of_an_interval_pass_and_the_others_are_counted() {
        let limits = SampleLimits {
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
        let sent = sampled(limits, &lines);
        assert_eq!(
            sent,
            ["a", "2 more lines", "d", "e", "f", "1 more line", "h"]
        );
        let one = SampleLimits {
            lines_max: 1,
            ..limits
        };
        assert_eq!(sampled(one, &lines[..3]), ["a", "2 more lines"]);
        let all = SampleLimits {
            lines_max: 9,
            ..limits
        };
        assert_eq!(sampled(all, &lines[..5]), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_line_is_sent_as_a_terminal_shows_it() {
        assert_eq!(
            visible_text(Line::Whole(b"10%\r50%\r100%")).unwrap(),
            "100%"
        );
        let colored = b"\x1b[1;31merror\x1b[0m: no";
        assert_eq!(visible_text(Line::Whole(colored)).unwrap(), "error: no");
        assert!(visible_text(Line::Whole(b"\xff")).is_err());
    }
}
