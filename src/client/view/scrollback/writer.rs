//! The lines of one step, on their way to whoever reads them: the same for each front end that a
//! person sits at.

use std::time::Duration;

use super::Scrollback;
use crate::client::event::Event;
use crate::client::terminal::printer::Printer;

/// What has been shown in the step at hand.
pub(in crate::client) struct ScrollbackWriter {
    pub(in crate::client) scrollback: Scrollback,
    printer: Printer,
    lines: String,
}

impl ScrollbackWriter {
    /// An empty one.
    pub(in crate::client) fn new(scrollback: Scrollback, printer: Printer) -> Self {
        Self {
            scrollback,
            printer,
            lines: String::new(),
        }
    }

    /// Shows an event; what stands where it was typed is only remembered.
    pub(in crate::client) fn show(
        &mut self,
        event: &Event,
        unix_seconds: i64,
        active: Option<&str>,
    ) {
        if event.is_as_typed() {
            return self.scrollback.record(event, unix_seconds, active);
        }
        let lines = self.scrollback.show(event, unix_seconds, active);
        self.lines.push_str(&lines);
    }

    /// Adds lines that are ready as they are.
    pub(in crate::client) fn add(&mut self, lines: &str) {
        self.lines.push_str(lines);
    }

    /// Does what a typed line asks of the screen.
    pub(in crate::client) fn run_local(&mut self, line: &str) {
        let lines = self.scrollback.run_local(line);
        self.lines.push_str(&lines);
    }

    /// The step is done: who came and left in it is told.
    pub(in crate::client) fn end_step(&mut self, active: Option<&str>, elapsed: Duration) {
        let lines = self.scrollback.flush_due(active, elapsed);
        self.lines.push_str(&lines);
    }

    /// Whether there is anything to print.
    pub(in crate::client) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// All that came together goes to the printer together.
    pub(in crate::client) fn print(&mut self) {
        self.printer.push(std::mem::take(&mut self.lines));
    }
}
