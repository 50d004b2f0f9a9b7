//! Joins, parts, quits and mode changes of one moment, which share a line.

use super::Scrollback;
use super::netsplit::NetsplitGroup;
use crate::client::event::{Event, Target};

impl Scrollback {
    /// The line for a netsplit.
    pub(super) fn netsplit(&mut self, group: &NetsplitGroup, active: Option<&str>) -> String {
        let at = group.unix_seconds;
        let lines = match group.nicks.len() {
            1 => self.renderer.lines(&group.first, at, active),
            _ => {
                let (servers, nicks) = (&group.servers, &group.nicks);
                let lines = self.renderer.netsplit(servers, nicks, group.is_over, at);
                self.renderer.with_network_of_rooms(lines, at)
            }
        };
        match lines.is_empty() {
            true => lines,
            false => self.recorded(lines, at, None),
        }
    }

    /// The text to print for the joins, parts or quits that are held back.
    pub(super) fn flush_group(&mut self, active: Option<&str>) -> String {
        let active = self.in_front(active);
        let events = std::mem::take(&mut self.grouped);
        let at = self.grouped_at;
        let lines = match &events[..] {
            [] => return String::new(),
            [only] => self.renderer.lines(only, at, active),
            [first @ Event::ModeChanged { .. }, ..] => {
                let lines = self.renderer.grouped_modes(&events, at);
                self.renderer.with_network(first, lines, at)
            }
            [first, ..] if is_of_one_person(&events) => {
                let rooms: Vec<&str> = events.iter().filter_map(Event::room).collect();
                let nick = nick_of(first).unwrap_or_default();
                let lines = self
                    .renderer
                    .grouped_rooms(&nick, has_come(first), &rooms, at);
                self.renderer.with_network_of_rooms(lines, at)
            }
            [first, ..] => {
                let nicks: Vec<String> = events.iter().filter_map(nick_of).collect();
                let room = first
                    .room()
                    .filter(|room| !active.is_some_and(|active| active.eq_ignore_ascii_case(room)));
                let lines = self.renderer.grouped(&nicks, has_come(first), room, at);
                self.renderer.with_network(first, lines, at)
            }
        };
        if lines.is_empty() {
            return lines;
        }
        let room = match is_of_one_person(&events) {
            true => None,
            false => events.first().and_then(Event::room),
        };
        self.recorded(lines, at, room)
    }

    /// The same, but only if this event cannot share a line with them.
    pub(super) fn flush_if_different(&mut self, event: &Event, active: Option<&str>) -> String {
        let alike = match &self.grouped[..] {
            [] => true,
            [first, rest @ ..] => {
                let is_one_kind = std::mem::discriminant(first) == std::mem::discriminant(event);
                let is_one_room = first.room() == event.room() && by_of(first) == by_of(event);
                let is_one_person = nick_of(first).is_some() && nick_of(first) == nick_of(event);
                let is_of_room = rest.iter().all(|other| other.room() == first.room());
                is_one_kind
                    && (is_one_room && is_of_room
                        || is_one_person && (rest.is_empty() || is_of_one_person(&self.grouped)))
            }
        };
        if alike {
            String::new()
        } else {
            self.flush_group(active)
        }
    }
}

/// Whether these are the joins, or parts, of one person in several rooms.
fn is_of_one_person(events: &[Event]) -> bool {
    let Some((first, rest)) = events.split_first() else {
        return false;
    };
    let nick = nick_of(first);
    let is_same = |event: &Event| nick_of(event) == nick && event.room() != first.room();
    nick.is_some() && first.room().is_some() && !rest.is_empty() && rest.iter().all(is_same)
}

fn has_come(event: &Event) -> bool {
    matches!(event, Event::Joined { .. })
}

/// Whether an event can share a line with others.
pub(super) fn is_groupable(event: &Event) -> bool {
    matches!(
        event,
        Event::Joined { .. }
            | Event::Left { .. }
            | Event::Quit { .. }
            | Event::ModeChanged {
                target: Target::Room(_),
                ..
            }
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

/// Who has changed a mode.
fn by_of(event: &Event) -> Option<&str> {
    match event {
        Event::ModeChanged { by, .. } => Some(by),
        _ => None,
    }
}
