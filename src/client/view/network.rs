//! The names of networks in lines, where there are several.

use super::Renderer;
use crate::client::event::{Event, NetworkName, Target};
use crate::common::sanitize::sanitize_name;

/// The network that the next lines are about.
#[derive(Debug, Clone)]
pub(super) struct NamedNetwork {
    /// Its name, sanitized.
    pub(super) name: String,
    /// Whether it is the active one.
    is_active: bool,
}

impl Renderer {
    /// The next lines are about this network, which is the active one or another; `None` where there
    /// is only one, which no line names.
    pub(super) fn set_network(&mut self, network: Option<&NetworkName>, is_active: bool) {
        self.network = network.map(|name| NamedNetwork {
            name: sanitize_name(name.as_str()),
            is_active,
        });
    }

    /// The next lines are about this network, and name it.
    pub(in crate::client) fn name_network(&mut self, network: &NetworkName) {
        self.set_network(Some(network), false);
    }

    /// A sanitized room as it is written where there are several networks. A whisper has none, but
    /// the network.
    pub(super) fn on_network(&self, room: String) -> String {
        match &self.network {
            Some(network) if room.is_empty() => network.name.clone(),
            Some(network) => format!("{}/{room}", network.name),
            None => room,
        }
    }

    /// Lines for an event, with the network in front unless they name it with their room or need not
    /// name it.
    pub(super) fn with_network(&self, event: &Event, lines: String, unix_seconds: i64) -> String {
        match &self.network {
            Some(network) if !lines.is_empty() && names_network(event, network.is_active) => {
                let colon = if is_sentence(event) { ":" } else { "" };
                self.with_network_in_front(&network.name, colon, &lines, unix_seconds)
            }
            _ => lines,
        }
    }

    /// The same for lines that are about several rooms.
    pub(super) fn with_network_of_rooms(&self, lines: String, unix_seconds: i64) -> String {
        match &self.network {
            Some(network) if !lines.is_empty() => {
                self.with_network_in_front(&network.name, "", &lines, unix_seconds)
            }
            _ => lines,
        }
    }

    /// The name comes after the time of the first line.
    fn with_network_in_front(
        &self,
        name: &str,
        colon: &str,
        lines: &str,
        unix_seconds: i64,
    ) -> String {
        let time = self.time_prefix(unix_seconds);
        let (time, rest) = match lines.strip_prefix(time.as_str()) {
            Some(rest) => (time.as_str(), rest),
            None => ("", lines),
        };
        format!("{time}{}{colon} {rest}", self.dim(name))
    }
}

/// Whether the lines for an event are sentences. The others have the network in front as they would have
/// a room.
fn is_sentence(event: &Event) -> bool {
    !matches!(
        event,
        Event::Whispered { .. } | Event::Sent { .. } | Event::Quit { .. }
    )
}

/// Whether the lines for an event begin with the name of the network.
fn names_network(event: &Event, is_active: bool) -> bool {
    match event {
        // Their room has it.
        Event::Said { .. }
        | Event::Sent {
            target: Target::Room(_),
            ..
        }
        | Event::Joined { .. }
        | Event::Left { .. }
        | Event::TopicChanged { .. } => false,
        // The typed line shows the network of its answer.
        event if event.is_answer() => !is_active,
        Event::Quit { .. }
        | Event::Renamed { .. }
        | Event::PersonChanged { .. }
        | Event::Away { .. } => !is_active,
        Event::LogStatus(_) | Event::ConfusableNick { .. } | Event::SpoofedQuote { .. } => {
            !is_active
        }
        _ => true,
    }
}
