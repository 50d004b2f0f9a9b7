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

use super::Look;
use crate::client::command::settings::{SETTINGS, Setting};
use crate::client::command::{self, Intent, Local};
use crate::client::event::Event;
use crate::common::sanitize::safe;
use buffer::Remembered;
use grouping::is_coming_or_going;
use netsplit::Netsplits;
pub(in crate::client) use writer::Page;

/// The lines above the prompt.
#[derive(Debug)]
pub struct Scroll {
    look: Look,
    /// Whether the lines go to a terminal, which has a bell and a title.
    on_terminal: bool,
    remembered: Remembered,
    /// The day of the last line, as it was told, and when that was.
    day: Option<String>,
    day_at: i64,
    /// Who came or left in the moment at hand, and has not been told yet.
    gathered: Vec<Event>,
    gathered_at: i64,
    netsplits: Netsplits,
    rung_at: Option<i64>,
}

impl Scroll {
    /// Nothing has been shown yet.
    pub fn new(mut look: Look, on_terminal: bool) -> Self {
        if on_terminal {
            look.hang();
        }
        Self {
            look,
            on_terminal,
            remembered: Remembered::default(),
            day: None,
            day_at: 0,
            gathered: Vec::new(),
            gathered_at: 0,
            netsplits: Netsplits::default(),
            rung_at: None,
        }
    }

    /// How things are shown.
    pub fn look(&self) -> &Look {
        &self.look
    }

    /// What to print for an event; `active` is the room that needs not be named. Who comes and
    /// goes may be held back until [`Scroll::flush`].
    pub fn show(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        if is_coming_or_going(event) {
            if !self.look.taste.joins || !self.look.shows(event) {
                return String::new();
            }
            if self.look.taste.gather && self.netsplits.take(event, unix_seconds) {
                return String::new();
            }
            if self.look.taste.gather {
                let before = self.flush_unlike(event, active);
                self.gathered.push(event.clone());
                self.gathered_at = unix_seconds;
                return before;
            }
        }
        let mut text = match event {
            // Nobody will come back before that is over.
            Event::ServerLost { .. } => self.flush(active),
            _ => self.flush_gathered(active),
        };
        let lines = self.look.lines(event, unix_seconds, active);
        if lines.is_empty() {
            return text;
        }
        text.push_str(&self.attention(event, unix_seconds));
        // What this program has to say of a line is not looked for later.
        text.push_str(&match event {
            Event::Unsendable { .. } | Event::Refused { .. } | Event::Answer { .. } => {
                self.day_before(self.look.table(lines), unix_seconds)
            }
            _ => self.scrolled(lines, unix_seconds),
        });
        text
    }

    /// Remembers what this person said: it stands on the screen already, as it was typed.
    pub fn remember(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) {
        if !event.is_secret() {
            let lines = self.look.lines(event, unix_seconds, active);
            self.remembered.keep(&lines);
        }
    }

    /// What to print of those who came or left: the moment is over.
    pub fn flush(&mut self, active: Option<&str>) -> String {
        let mut text = self.flush_gathered(active);
        for moment in self.netsplits.end() {
            text.push_str(&self.netsplit(&moment, active));
        }
        text
    }

    /// The same when all that came together is shown. What takes a moment goes on until that is
    /// over, at [`Scroll::held_until`].
    pub fn pause(&mut self, active: Option<&str>, elapsed: Duration) -> String {
        let mut text = self.flush_gathered(active);
        for moment in self.netsplits.end_in_time(elapsed) {
            text.push_str(&self.netsplit(&moment, active));
        }
        text
    }

    /// When there is something more to show.
    pub fn held_until(&self) -> Option<Duration> {
        self.netsplits.until()
    }

    /// Lines on their way to the screen: they are remembered, and another day is told first.
    fn scrolled(&mut self, lines: String, unix_seconds: i64) -> String {
        let lines = self.day_before(self.look.table(lines), unix_seconds);
        self.remembered.keep(&lines);
        lines
    }

    /// The lines, with another day in front of them when it is one.
    fn day_before(&mut self, lines: String, unix_seconds: i64) -> String {
        if self.day.is_some() && self.day_at == unix_seconds {
            return lines;
        }
        self.day_at = unix_seconds;
        let day = self.look.day(unix_seconds);
        match self.day.replace(day.clone()) {
            Some(before) if before != day => day + &lines,
            _ => lines,
        }
    }

    /// Does what a typed line asks of the screen.
    pub fn local(&mut self, line: &str) -> String {
        let lines = match command::parse(line) {
            Ok(Intent::Local(Local::History { count })) => self.remembered.last(count),
            Ok(Intent::Local(Local::Search { text })) => self.search(text),
            Ok(Intent::Local(Local::Set { name, value })) => self.set(name, value),
            Ok(Intent::Local(Local::Clear)) if !self.on_terminal => {
                let words = "one line follows another here; there is no screen to clear";
                self.look.warning(words)
            }
            // The editor clears the screen itself.
            _ => String::new(),
        };
        self.look.table(lines)
    }

    fn search(&self, text: &str) -> String {
        let found = self.remembered.with(text);
        if found.is_empty() {
            let words = format!("nothing of what was shown has {:?} in it", safe(text));
            return self.look.warning(&words);
        }
        found
    }

    fn set(&mut self, name: Option<&str>, value: Option<&str>) -> String {
        let row = |setting: &Setting, look: &Look| {
            let value = setting.value(&look.taste);
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
                .map(|setting| row(setting, &self.look))
                .collect();
        };
        let setting = match Setting::find(name) {
            Ok(setting) => setting,
            Err(error) => return self.look.warning(&safe(&error.to_string())),
        };
        if let Some(value) = value
            && let Err(error) = setting.set(&mut self.look.taste, value)
        {
            return self.look.warning(&safe(&error.to_string()));
        }
        self.look.taste_changed();
        row(setting, &self.look)
    }
}

#[cfg(test)]
mod tests;
