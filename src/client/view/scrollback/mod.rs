//! What scrolls by above the prompt: the lines that events become, and what is remembered of
//! them.
//!
//! People who come or leave in one moment share a line here, another day is told, what calls for
//! attention rings the bell, and `/history` and `/search` find what was shown.

mod buffer;
mod grouping;
mod netsplit;
mod notify;
mod writer;

use std::time::Duration;

use super::Renderer;
use crate::client::command::settings::{SETTINGS, Setting};
use crate::client::command::{self, LocalCommand, UserCommand};
use crate::client::event::Event;
use crate::common::sanitize::sanitize;
use buffer::LineBuffer;
use grouping::is_groupable;
use netsplit::Netsplits;
pub(in crate::client) use writer::ScrollbackWriter;

/// The lines above the prompt.
#[derive(Debug)]
pub struct Scrollback {
    renderer: Renderer,
    /// Whether the lines go to a terminal, which has a bell and a title.
    on_terminal: bool,
    buffer: LineBuffer,
    /// The day of the last line, as it was told, and when that was.
    day: Option<String>,
    day_at: i64,
    /// Who came or left in the moment at hand, and has not been told yet.
    grouped: Vec<Event>,
    grouped_at: i64,
    netsplits: Netsplits,
    alerted_at: Option<i64>,
}

impl Scrollback {
    /// Nothing has been shown yet.
    pub fn new(mut renderer: Renderer, on_terminal: bool) -> Self {
        if on_terminal {
            renderer.hanging_indent();
        }
        Self {
            renderer,
            on_terminal,
            buffer: LineBuffer::default(),
            day: None,
            day_at: 0,
            grouped: Vec::new(),
            grouped_at: 0,
            netsplits: Netsplits::default(),
            alerted_at: None,
        }
    }

    /// How things are shown.
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// What to print for an event; `active` is the room that needs not be named. Who comes and
    /// goes may be held back until [`Scrollback::flush`].
    pub fn show(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        if is_groupable(event) {
            if !self.renderer.settings.joins || !self.renderer.shows(event) {
                return String::new();
            }
            if self.renderer.settings.gather && self.netsplits.absorb(event, unix_seconds) {
                return String::new();
            }
            if self.renderer.settings.gather {
                let before = self.flush_if_different(event, active);
                self.grouped.push(event.clone());
                self.grouped_at = unix_seconds;
                return before;
            }
        }
        let mut text = match event {
            // Nobody will come back before that is over.
            Event::ServerLost { .. } => self.flush(active),
            _ => self.flush_group(active),
        };
        let lines = self.renderer.lines(event, unix_seconds, active);
        if lines.is_empty() {
            return text;
        }
        text.push_str(&self.alert(event, unix_seconds));
        // What this program has to say of a line is not looked for later.
        text.push_str(&match event {
            Event::InputRejected { .. } | Event::Refused { .. } | Event::Answer { .. } => {
                self.with_day_line(self.renderer.table_rows(lines), unix_seconds)
            }
            _ => self.recorded(lines, unix_seconds),
        });
        text
    }

    /// Remembers what this person said: it stands on the screen already, as it was typed.
    pub fn record(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) {
        if !event.is_secret() {
            let lines = self.renderer.lines(event, unix_seconds, active);
            self.buffer.push(&lines);
        }
    }

    /// What to print of those who came or left: the moment is over.
    pub fn flush(&mut self, active: Option<&str>) -> String {
        let mut text = self.flush_group(active);
        for group in self.netsplits.drain() {
            text.push_str(&self.netsplit(&group, active));
        }
        text
    }

    /// The same when all that came together is shown. What takes a moment goes on until that is
    /// over, at [`Scrollback::next_deadline`].
    pub fn flush_due(&mut self, active: Option<&str>, elapsed: Duration) -> String {
        let mut text = self.flush_group(active);
        for group in self.netsplits.drain_due(elapsed) {
            text.push_str(&self.netsplit(&group, active));
        }
        text
    }

    /// When there is something more to show.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.netsplits.deadline()
    }

    /// Lines on their way to the screen: they are remembered, and another day is told first.
    fn recorded(&mut self, lines: String, unix_seconds: i64) -> String {
        let lines = self.with_day_line(self.renderer.table_rows(lines), unix_seconds);
        self.buffer.push(&lines);
        lines
    }

    /// The lines, with another day in front of them when it is one.
    fn with_day_line(&mut self, lines: String, unix_seconds: i64) -> String {
        if self.day.is_some() && self.day_at == unix_seconds {
            return lines;
        }
        self.day_at = unix_seconds;
        let day = self.renderer.day_line(unix_seconds);
        match self.day.replace(day.clone()) {
            Some(before) if before != day => day + &lines,
            _ => lines,
        }
    }

    /// Does what a typed line asks of the screen.
    pub fn run_local(&mut self, line: &str) -> String {
        let lines = match command::parse(line) {
            Ok(UserCommand::LocalCommand(LocalCommand::History { count })) => {
                self.buffer.last(count)
            }
            Ok(UserCommand::LocalCommand(LocalCommand::Search { text })) => self.search(text),
            Ok(UserCommand::LocalCommand(LocalCommand::Set { name, value })) => {
                self.set(name, value)
            }
            Ok(UserCommand::LocalCommand(LocalCommand::Clear)) if !self.on_terminal => {
                let words = "one line follows another here; there is no screen to clear";
                self.renderer.warning(words)
            }
            // The editor clears the screen itself.
            _ => String::new(),
        };
        self.renderer.table_rows(lines)
    }

    fn search(&self, text: &str) -> String {
        let found = self.buffer.containing(text);
        if found.is_empty() {
            let words = format!("nothing of what was shown has {:?} in it", sanitize(text));
            return self.renderer.warning(&words);
        }
        found
    }

    fn set(&mut self, name: Option<&str>, value: Option<&str>) -> String {
        let row = |setting: &Setting, renderer: &Renderer| {
            let value = setting.value(&renderer.settings);
            format!(
                "{} is {value}: {} ({})\n",
                setting.name,
                setting.help,
                setting.values()
            )
        };
        let Some(name) = name else {
            return SETTINGS
                .iter()
                .map(|setting| row(setting, &self.renderer))
                .collect();
        };
        let setting = match Setting::find(name) {
            Ok(setting) => setting,
            Err(error) => return self.renderer.warning(&sanitize(&error.to_string())),
        };
        if let Some(value) = value
            && let Err(error) = setting.set(&mut self.renderer.settings, value)
        {
            return self.renderer.warning(&sanitize(&error.to_string()));
        }
        self.renderer.settings_changed();
        row(setting, &self.renderer)
    }
}

#[cfg(test)]
mod tests;
