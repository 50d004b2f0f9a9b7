//! The lines of one step, on their way to whoever reads them: the same for each front end that a
//! person sits at.

use std::time::Duration;

use super::Scroll;
use crate::client::event::Event;
use crate::client::terminal::printer::Printer;

/// What has been shown in the step at hand.
pub(in crate::client) struct Page {
    pub(in crate::client) scroll: Scroll,
    printer: Printer,
    lines: String,
}

impl Page {
    /// An empty one.
    pub(in crate::client) fn new(scroll: Scroll, printer: Printer) -> Self {
        Self {
            scroll,
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
            return self.scroll.remember(event, unix_seconds, active);
        }
        let lines = self.scroll.show(event, unix_seconds, active);
        self.lines.push_str(&lines);
    }

    /// Adds lines that are ready as they are.
    pub(in crate::client) fn add(&mut self, lines: &str) {
        self.lines.push_str(lines);
    }

    /// Does what a typed line asks of the screen.
    pub(in crate::client) fn local(&mut self, line: &str) {
        let lines = self.scroll.local(line);
        self.lines.push_str(&lines);
    }

    /// The step is done: who came and left in it is told.
    pub(in crate::client) fn end_step(&mut self, active: Option<&str>, elapsed: Duration) {
        let lines = self.scroll.pause(active, elapsed);
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
