//! Those who come or leave in one moment, and share a line.

use super::Scroll;
use super::netsplit::Moment;
use crate::client::event::Event;

impl Scroll {
    pub(super) fn netsplit(&mut self, moment: &Moment, active: Option<&str>) -> String {
        let at = moment.unix_seconds;
        let lines = match moment.nicks.len() {
            1 => self.look.lines(&moment.first, at, active),
            _ => {
                let (servers, nicks) = (&moment.servers, &moment.nicks);
                self.look.netsplit(servers, nicks, moment.is_over, at)
            }
        };
        match lines.is_empty() {
            true => lines,
            false => self.scrolled(lines, at),
        }
    }

    pub(super) fn flush_gathered(&mut self, active: Option<&str>) -> String {
        let events = std::mem::take(&mut self.gathered);
        let at = self.gathered_at;
        let lines = match &events[..] {
            [] => return String::new(),
            [only] => self.look.lines(only, at, active),
            [first, ..] => {
                let nicks: Vec<String> = events.iter().filter_map(who).collect();
                let came = matches!(first, Event::Joined { .. });
                let room = room_of(first)
                    .filter(|room| !active.is_some_and(|active| active.eq_ignore_ascii_case(room)));
                self.look.gathered(&nicks, came, room, at)
            }
        };
        if lines.is_empty() {
            return lines;
        }
        self.scrolled(lines, at)
    }

    /// The same if this event cannot share a line with them.
    pub(super) fn flush_unlike(&mut self, event: &Event, active: Option<&str>) -> String {
        let alike = self.gathered.first().is_none_or(|first| {
            std::mem::discriminant(first) == std::mem::discriminant(event)
                && room_of(first) == room_of(event)
        });
        if alike {
            String::new()
        } else {
            self.flush_gathered(active)
        }
    }
}

pub(super) fn is_coming_or_going(event: &Event) -> bool {
    matches!(
        event,
        Event::Joined { .. } | Event::Left { .. } | Event::Quit { .. }
    )
}

fn who(event: &Event) -> Option<String> {
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
