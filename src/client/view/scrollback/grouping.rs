//! Joins, parts and quits of one moment, which share a line.

use super::Scrollback;
use super::netsplit::NetsplitGroup;
use crate::client::event::Event;

impl Scrollback {
    /// The line for a netsplit.
    pub(super) fn netsplit(&mut self, group: &NetsplitGroup, active: Option<&str>) -> String {
        let at = group.unix_seconds;
        let lines = match group.nicks.len() {
            1 => self.renderer.lines(&group.first, at, active),
            _ => {
                let (servers, nicks) = (&group.servers, &group.nicks);
                self.renderer.netsplit(servers, nicks, group.is_over, at)
            }
        };
        match lines.is_empty() {
            true => lines,
            false => self.recorded(lines, at),
        }
    }

    /// The text to print for the joins, parts or quits that are held back.
    pub(super) fn flush_group(&mut self, active: Option<&str>) -> String {
        let events = std::mem::take(&mut self.grouped);
        let at = self.grouped_at;
        let lines = match &events[..] {
            [] => return String::new(),
            [only] => self.renderer.lines(only, at, active),
            [first, ..] => {
                let nicks: Vec<String> = events.iter().filter_map(nick_of).collect();
                let came = matches!(first, Event::Joined { .. });
                let room = room_of(first)
                    .filter(|room| !active.is_some_and(|active| active.eq_ignore_ascii_case(room)));
                self.renderer.grouped(&nicks, came, room, at)
            }
        };
        if lines.is_empty() {
            return lines;
        }
        self.recorded(lines, at)
    }

    /// The same, but only if this event cannot share a line with them.
    pub(super) fn flush_if_different(&mut self, event: &Event, active: Option<&str>) -> String {
        let alike = self.grouped.first().is_none_or(|first| {
            std::mem::discriminant(first) == std::mem::discriminant(event)
                && room_of(first) == room_of(event)
        });
        if alike {
            String::new()
        } else {
            self.flush_group(active)
        }
    }
}

/// Whether an event can share a line with others.
pub(super) fn is_groupable(event: &Event) -> bool {
    matches!(
        event,
        Event::Joined { .. } | Event::Left { .. } | Event::Quit { .. }
    )
}

fn nick_of(event: &Event) -> Option<String> {
    match event {
        Event::Joined { nick, .. } | Event::Left { nick, .. } | Event::Quit { nick, .. } => {
            Some(nick.clone())
        }
        _ => None,
    }
}

fn room_of(event: &Event) -> Option<&str> {
    match event {
        Event::Joined { room, .. } | Event::Left { room, .. } => Some(room),
        _ => None,
    }
}
