//! Collects the lines of one step and pushes them to the printer, for each interactive frontend.

use std::time::Duration;

use super::{ActivePlace, Scrollback};
use crate::client::command::LocalCommand;
use crate::client::event::{NetworkId, Occurrence};
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

    /// Shows an event of a network. A message that is on the screen as it was typed is only added to
    /// the buffer.
    pub(in crate::client) fn show(
        &mut self,
        occurrence: &Occurrence,
        network: NetworkId,
        active: &ActivePlace<'_>,
    ) {
        let Occurrence {
            network: name,
            at,
            tags,
            event,
        } = occurrence;
        let before = self.scrollback.enter_network(network, name, active);
        self.lines.push_str(&before);
        let active = active.room;
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

    /// Runs a command about the screen that was typed on a network.
    pub(in crate::client) fn run_local(&mut self, command: &LocalCommand, network: NetworkId) {
        let lines = self.scrollback.run_local(command, network);
        self.lines.push_str(&lines);
    }

    /// Ends the step: adds the joins and quits that were held back and are due.
    pub(in crate::client) fn end_step(&mut self, active: &ActivePlace<'_>, elapsed: Duration) {
        let lines = self.scrollback.flush_due(active.room, elapsed);
        self.lines.push_str(&lines);
        self.scrollback.set_active(active);
    }

    /// Adds all joins, quits and netsplits that are held back.
    pub(in crate::client) fn flush(&mut self, room: Option<&str>) {
        let lines = self.scrollback.flush(room);
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
