//! Shows how far a long command is: a bar on a terminal, and a line now and then elsewhere. A command
//! that takes less than a second shows nothing.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How long a command takes before it shows its progress.
const DELAY: Duration = Duration::from_secs(1);
/// How often a line is printed where there is no terminal.
const INTERVAL: Duration = Duration::from_secs(5);
/// The parts of the bar.
const WITH_TOTAL: &str = "{bar:30} {percent:>3} %, {msg}, {binary_bytes_per_sec}, {eta} left";
const WITHOUT_TOTAL: &str = "{spinner} {binary_bytes}, {msg}, {binary_bytes_per_sec}";

/// The progress of a command that reads so many bytes.
#[derive(Debug)]
pub(super) struct ProgressReport {
    bytes: Option<u64>,
    read: u64,
    begun: Instant,
    /// When the next line is printed.
    next: Instant,
    is_terminal: bool,
    bar: Option<ProgressBar>,
}

impl ProgressReport {
    pub(super) fn new(bytes: Option<u64>) -> Self {
        let begun = Instant::now();
        Self {
            bytes,
            read: 0,
            begun,
            next: begun + INTERVAL,
            is_terminal: io::stderr().is_terminal(),
            bar: None,
        }
    }

    /// More bytes are read, and so many messages are done in all.
    pub(super) fn advance(&mut self, bytes: u64, messages: u64) {
        self.read += bytes;
        if !self.is_terminal {
            let now = Instant::now();
            if now >= self.next {
                self.next = now + INTERVAL;
                self.report(&self.line(messages));
            }
            return;
        }
        if self.bar.is_none() && self.begun.elapsed() >= DELAY {
            self.bar = Some(self.new_bar());
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.read);
            bar.set_message(format!("{messages} messages"));
        }
    }

    fn new_bar(&self) -> ProgressBar {
        let (bar, template) = match self.bytes {
            Some(bytes) => (ProgressBar::new(bytes), WITH_TOTAL),
            None => (ProgressBar::new_spinner(), WITHOUT_TOTAL),
        };
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
        .with_elapsed(self.begun.elapsed())
    }

    fn line(&self, messages: u64) -> String {
        let seconds = self.begun.elapsed().as_secs().max(1);
        let rate = messages / seconds;
        match self.bytes.filter(|bytes| *bytes > 0) {
            Some(bytes) => {
                let percent = 100 * self.read / bytes;
                format!("{percent} %: {messages} messages, {rate} in a second")
            }
            None => format!("{messages} messages, {rate} in a second"),
        }
    }

    /// Prints a line on standard error, above the bar if there is one.
    pub(super) fn report(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => {
                // There is nowhere else to report that.
                let _ = writeln!(io::stderr(), "chatroomd: {line}");
            }
        }
    }

    pub(super) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
