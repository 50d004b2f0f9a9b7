//! Collects the lines of one step and pushes them to the printer, for each interactive frontend.

use std::time::Duration;

use super::Scrollback;
use crate::client::command::LocalCommand;
use crate::client::event::Occurrence;
use crate::client::terminal::printer::Printer;

/// The scrollback with the lines of the current step.
pub(in crate::client) struct ScrollbackWriter {
    pub(in crate::client) scrollback: Scrollback,
    printer: Printer,
    lines: String,
}

impl ScrollbackWriter {
    /// A writer without lines.
    pub(in crate::client) fn new(scrollback: Scrollback, printer: Printer) -> Self {
        Self {
            scrollback,
            printer,
            lines: String::new(),
        }
    }

    /// Shows an event. A message that is on the screen as it was typed is only added to the buffer.
    pub(in crate::client) fn show(&mut self, occurrence: &Occurrence, active: Option<&str>) {
        let Occurrence { at, tags, event } = occurrence;
        if event.is_as_typed() {
            return self.scrollback.record(event, *at, active);
        }
        let lines = match tags.replayed {
            true => self.scrollback.show_quietly(event, *at, active),
            false => self.scrollback.show(event, *at, active),
        };
        self.lines.push_str(&lines);
    }

    /// Adds finished lines.
    pub(in crate::client) fn add(&mut self, lines: &str) {
        self.lines.push_str(lines);
    }

    /// Runs a typed command that is about the screen.
    pub(in crate::client) fn run_local(&mut self, command: &LocalCommand) {
        let lines = self.scrollback.run_local(command);
        self.lines.push_str(&lines);
    }

    /// Ends the step: adds the joins and quits that were held back in it.
    pub(in crate::client) fn end_step(&mut self, active: Option<&str>, elapsed: Duration) {
        let lines = self.scrollback.flush_due(active, elapsed);
        self.lines.push_str(&lines);
    }

    /// Whether there are lines to print.
    pub(in crate::client) fn has_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Pushes the lines of the step to the printer at once.
    pub(in crate::client) fn print(&mut self) {
        self.printer.push(std::mem::take(&mut self.lines));
    }
}
