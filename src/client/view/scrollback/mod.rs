//! The scrollback: the lines above the prompt, and the buffer that `/history` and `/search` read.
//!
//! `grouping` and `netsplit` join events of one moment into one line, `notify` rings the bell and
//! sends notifications, `room_names` decides which lines name their room and `networks` which name
//! their network, `buffer` keeps the lines, and `writer` pushes them to the printer.
//!
//! It must not know the session or a file. `ui` and `app` import it.

mod buffer;
mod grouping;
mod netsplit;
mod networks;
mod notify;
mod room_names;
mod writer;

use std::time::Duration;

use super::Renderer;
use crate::client::command::LocalCommand;
use crate::client::command::settings::{SETTINGS, Setting};
use crate::client::event::{Event, NetworkId};
use crate::client::terminal::passthrough::Passthrough;
use crate::common::sanitize::{sanitize, sanitize_name};
use buffer::LineBuffer;
use grouping::{EventGroups, is_groupable};
use netsplit::{NetsplitGroup, Netsplits};
pub(in crate::client) use networks::ActivePlace;
use networks::NetworkLines;
pub(in crate::client) use notify::Notification;
use room_names::RoomNames;
pub(in crate::client) use writer::ScrollbackWriter;

/// Turns events into the lines above the prompt.
#[derive(Debug)]
pub struct Scrollback {
    renderer: Renderer,
    /// Whether the lines go to a terminal, which has a bell and a title.
    on_terminal: bool,
    buffer: LineBuffer,
    /// The day of the last line as it is rendered, and the Unix time for which it was computed.
    day: Option<String>,
    day_at: i64,
    /// The joins, parts, quits and mode changes of the current network that are not shown yet.
    groups: EventGroups,
    /// The networks so far, of which there is at least one.
    networks: Vec<NetworkLines>,
    /// The index of the network of the current event.
    current: usize,
    /// Whether there are several networks, so that lines name theirs.
    is_several: bool,
    active_network: Option<NetworkId>,
    /// The state that decided on the name of the network in the last lines.
    named: Option<(NetworkId, bool, Option<NetworkId>)>,
    room_names: RoomNames,
    /// How sequences reach the terminal around a multiplexer.
    passthrough: Passthrough,
    /// The notifications for a command; `None` if the terminal shows them.
    notifications: Option<Vec<Notification>>,
    /// The Unix time of the last bell or notification.
    alerted_at: Option<i64>,
}

impl Scrollback {
    /// An empty scrollback.
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
            groups: EventGroups::default(),
            networks: vec![NetworkLines::default()],
            current: 0,
            is_several: false,
            active_network: None,
            named: None,
            room_names: RoomNames::default(),
            passthrough: Passthrough::default(),
            notifications: None,
            alerted_at: None,
        }
    }

    /// From now on notifications go to the terminal around this multiplexer, or `by_command` to
    /// [`Scrollback::take_notifications`].
    pub(in crate::client) fn notify_through(&mut self, passthrough: Passthrough, by_command: bool) {
        self.passthrough = passthrough;
        self.notifications = by_command.then(Vec::new);
    }

    /// The renderer of its lines.
    pub fn renderer(&self) -> &Renderer {
        &self.renderer
    }

    /// The text to print for an event. The name of the room `active` is omitted while it is clear
    /// from the lines before. Joins, parts, quits and mode changes may be held back until [`Scrollback::flush`] or
    /// [`Scrollback::flush_due`].
    pub fn show(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) -> String {
        let text = self.show_quietly(event, unix_seconds, active);
        match text.is_empty() {
            true => text,
            false => self.alert(event, unix_seconds) + &text,
        }
    }

    /// The same for replayed history, which rings no bell.
    pub fn show_quietly(
        &mut self,
        event: &Event,
        unix_seconds: i64,
        active: Option<&str>,
    ) -> String {
        let active = self.in_front(active);
        if is_groupable(event) {
            if !self.renderer.settings.joins || !self.renderer.shows(event) {
                return String::new();
            }
            if self.renderer.settings.gather {
                let is_split = self.has_netsplit();
                let network = self.networks.get_mut(self.current);
                if network.is_some_and(|network| network.netsplits.absorb(event, unix_seconds)) {
                    return match is_split {
                        true => String::new(),
                        false => self.flush_groups(active),
                    };
                }
                return self.group(event, unix_seconds, active);
            }
        }
        let omitted = match self.renderer.shows(event) {
            true => {
                let is_in_front = self.is_in_front();
                self.room_names.omitted(event, active, is_in_front)
            }
            false => active,
        };
        let lines = self.renderer.lines(event, unix_seconds, omitted);
        if lines.is_empty() && !matches!(event, Event::ServerLost { .. }) {
            return String::new();
        }
        // Joins and netsplits are shown before the events that follow them; without a connection,
        // no user comes back.
        let mut text = self.flush(active);
        if lines.is_empty() {
            return text;
        }
        // Errors and answers to a typed line are not kept for `/history`.
        text.push_str(&match event.is_answer() {
            true => self.with_day_line(self.renderer.table_rows(lines), unix_seconds),
            false => self.push_lines(lines, unix_seconds, event.room()),
        });
        text
    }

    /// Adds a message of the user to the buffer; it is on the screen already, as it was typed.
    pub fn record(&mut self, event: &Event, unix_seconds: i64, active: Option<&str>) {
        if self.on_terminal {
            // The prompt before it names the room.
            self.room_names.note_name(active);
        }
        if !event.is_secret() {
            let active = self.in_front(active);
            let lines = self.renderer.lines(event, unix_seconds, active);
            let network = self.network();
            self.buffer.push(&lines, network, event.room());
        }
    }

    /// The text to print for all events that are held back.
    pub fn flush(&mut self, active: Option<&str>) -> String {
        // A group that is older than a netsplit is shown when the netsplit begins.
        self.flush_netsplits(active, Netsplits::drain) + &self.flush_groups(active)
    }

    /// The text to print after all events that arrived together. Joins, parts, quits, mode changes and
    /// netsplits are held back until [`Scrollback::next_deadline`].
    pub fn flush_due(&mut self, active: Option<&str>, elapsed: Duration) -> String {
        let text = self.flush_netsplits(active, |netsplits| netsplits.drain_due(elapsed));
        match self.groups.are_due(elapsed) && !self.has_netsplit() {
            true => text + &self.flush_groups(active),
            false => text,
        }
    }

    /// Whether a netsplit of the current network is held back.
    fn has_netsplit(&self) -> bool {
        let network = self.networks.get(self.current);
        network.is_some_and(|network| network.netsplits.is_pending())
    }

    fn flush_netsplits(
        &mut self,
        active: Option<&str>,
        drain: impl Fn(&mut Netsplits) -> Vec<NetsplitGroup>,
    ) -> String {
        let mut text = String::new();
        let current = self.current;
        for at in 0..self.networks.len() {
            let Some(network) = self.networks.get_mut(at) else {
                continue;
            };
            let groups = drain(&mut network.netsplits);
            if groups.is_empty() {
                continue;
            }
            self.current = at;
            self.name_network(at);
            for group in groups {
                let active = self.in_front(active);
                text.push_str(&self.netsplit(&group, active));
            }
            self.current = current;
            self.name_network(current);
        }
        text
    }

    /// When [`Scrollback::flush_due`] will have more to print, as the time since the program started.
    pub fn next_deadline(&self) -> Option<Duration> {
        let netsplits = self.networks.iter();
        let netsplits = netsplits.filter_map(|one| one.netsplits.deadline());
        let groups = self.groups.deadline().filter(|_| !self.has_netsplit());
        netsplits.chain(groups).min()
    }

    /// Adds lines to the buffer and returns them. A line for a new day comes first.
    fn push_lines(&mut self, lines: String, unix_seconds: i64, room: Option<&str>) -> String {
        let lines = self.with_day_line(self.renderer.table_rows(lines), unix_seconds);
        let network = self.network();
        self.buffer.push(&lines, network, room);
        lines
    }

    /// The lines, after a line for a new day when one has begun.
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

    /// Runs a command about the screen that was typed on a network.
    pub fn run_local(&mut self, command: &LocalCommand, network: NetworkId) -> String {
        let lines = match command {
            LocalCommand::History { room, count } => self.history(network, room.as_deref(), *count),
            LocalCommand::Search { text } => self.search(text),
            LocalCommand::Set { name, value } => self.set(name.as_deref(), value.as_deref()),
            LocalCommand::Clear if !self.on_terminal => {
                self.renderer.warning("There is no screen to clear here.")
            }
            // The editor clears the screen itself.
            LocalCommand::Clear => String::new(),
        };
        self.renderer.table_rows(lines)
    }

    /// The last lines, between two marks: they are not news.
    fn history(&self, network: NetworkId, room: Option<&str>, count: usize) -> String {
        let lines = self.buffer.last(network, room, count);
        let of_room = room.map_or(String::new(), |room| format!(" of {}", sanitize_name(room)));
        if lines.is_empty() {
            let words = format!("No line{of_room} was shown so far.");
            return self.renderer.warning(&words);
        }
        let count = match lines.len() {
            1 => "the last line".to_owned(),
            many => format!("the last {many} lines"),
        };
        let begin = self.renderer.mark(&format!("{count}{of_room}"));
        let end = self.renderer.mark("end of the history");
        format!("{begin}{}{end}", lines.concat())
    }

    fn search(&self, text: &str) -> String {
        let found = self.buffer.containing(text);
        if found.is_empty() {
            let words = format!("No line shown so far contains {:?}.", sanitize(text));
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
