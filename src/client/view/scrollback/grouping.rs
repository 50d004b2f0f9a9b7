//! Joins, parts, quits and mode changes of one moment, which share a line.

use std::time::Duration;

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
            false => self.push_lines(lines, at, None),
        }
    }

    /// Adds an event to a group. The text to print for the groups before it, if they can wait no
    /// longer.
    pub(super) fn group(&mut self, event: &Event, at: i64, active: Option<&str>) -> String {
        let mut before = String::new();
        let is_full = self.groups.count() >= EVENTS_MAX;
        if is_full || !self.groups.fits(event) && !self.has_netsplit() {
            before = self.flush(active);
        }
        self.groups.add(event, at);
        before
    }

    /// The text to print for the joins, parts, quits and mode changes that are held back.
    pub(super) fn flush_groups(&mut self, active: Option<&str>) -> String {
        let groups = self.groups.take();
        if groups.is_empty() {
            return String::new();
        }
        // The active network can have changed since they came.
        self.name_network(self.current);
        let active = self.in_front(active);
        let lines = groups.iter().map(|group| self.grouped(group, active));
        lines.collect()
    }

    /// The line for a group.
    fn grouped(&mut self, group: &EventGroup, active: Option<&str>) -> String {
        let EventGroup { events, at } = group;
        let at = *at;
        let lines = match &events[..] {
            [] => return String::new(),
            [only] => self.renderer.lines(only, at, active),
            [first @ Event::ModeChanged { .. }, ..] => {
                let lines = self.renderer.grouped_modes(events, at);
                self.renderer.with_network(first, lines, at)
            }
            [first, ..] if is_of_one_person(events) => {
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
        let room = match is_of_one_person(events) {
            true => None,
            false => events.first().and_then(Event::room),
        };
        self.push_lines(lines, at, room)
    }
}

/// For how long events are joined into one line. A user does not notice so short a delay, and a
/// server that sends the events of one cause one by one does it within this time.
const GROUP_WINDOW: Duration = Duration::from_millis(250);
/// How many events may be held back.
const EVENTS_MAX: usize = 1_000;

/// The groups of events that are not shown yet. There are several only while a netsplit is not
/// shown: they follow it.
#[derive(Debug, Default)]
pub(super) struct EventGroups {
    groups: Vec<EventGroup>,
    /// When they are due, as the time since the program started; set by [`EventGroups::are_due`].
    deadline: Option<Duration>,
}

/// Events that share a line.
#[derive(Debug)]
pub(super) struct EventGroup {
    events: Vec<Event>,
    /// The time of the last one.
    at: i64,
}

impl EventGroups {
    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    fn count(&self) -> usize {
        self.groups.iter().map(|group| group.events.len()).sum()
    }

    /// Whether an event can share a line with the last ones, or none are held back.
    fn fits(&self, event: &Event) -> bool {
        self.groups.last().is_none_or(|group| group.fits(event))
    }

    fn add(&mut self, event: &Event, at: i64) {
        match self.groups.last_mut().filter(|group| group.fits(event)) {
            Some(group) => {
                group.events.push(event.clone());
                group.at = at;
            }
            None => self.groups.push(EventGroup {
                events: vec![event.clone()],
                at,
            }),
        }
    }

    fn take(&mut self) -> Vec<EventGroup> {
        self.deadline = None;
        std::mem::take(&mut self.groups)
    }

    /// Whether they are to be shown now.
    pub(super) fn are_due(&mut self, elapsed: Duration) -> bool {
        !self.groups.is_empty() && elapsed >= *self.deadline.get_or_insert(elapsed + GROUP_WINDOW)
    }

    /// When they are due.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }
}

impl EventGroup {
    /// Whether an event can share the line.
    fn fits(&self, event: &Event) -> bool {
        let [first, rest @ ..] = &self.events[..] else {
            return true;
        };
        let is_one_kind = std::mem::discriminant(first) == std::mem::discriminant(event);
        let is_one_room = first.room() == event.room() && by_of(first) == by_of(event);
        let is_one_person = nick_of(first).is_some() && nick_of(first) == nick_of(event);
        let is_of_room = rest.iter().all(|other| other.room() == first.room());
        is_one_kind
            && (is_one_room && is_of_room
                || is_one_person && (rest.is_empty() || is_of_one_person(&self.events)))
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

/// The nick that has changed a mode.
fn by_of(event: &Event) -> Option<&str> {
    match event {
        Event::ModeChanged { by, .. } => Some(by),
        _ => None,
    }
}
