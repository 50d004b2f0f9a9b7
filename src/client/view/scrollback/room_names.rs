//! Decides which lines name their room: those of other rooms, and a line of the active room that
//! could be taken for one of another room.

use crate::client::event::{Event, Target};

/// The room that a reader of the last lines expects for a line without a name.
#[derive(Debug, Default)]
pub(super) struct RoomNames {
    /// The room that was active for the last line.
    active: Option<String>,
    /// Whether another room was talked in since the active one was named.
    is_ambiguous: bool,
}

impl RoomNames {
    /// The room whose name is omitted in the lines for an event of the active network, or of another
    /// one.
    pub(super) fn omitted<'a>(
        &mut self,
        event: &Event,
        active: Option<&'a str>,
        is_in_front: bool,
    ) -> Option<&'a str> {
        if !is_in_front {
            self.is_ambiguous |= is_talk(event);
            return None;
        }
        if let Event::Entered { room, .. } = event {
            self.note_name(Some(room));
            return active;
        }
        let (Some(room), Some(named)) = (room_of(event), active) else {
            return active;
        };
        if !named.eq_ignore_ascii_case(room) {
            self.is_ambiguous |= is_talk(event);
            return active;
        }
        let is_other = |before: &str| !before.eq_ignore_ascii_case(named);
        let is_ambiguous = self.is_ambiguous || self.active.as_deref().is_some_and(is_other);
        self.note_name(active);
        active.filter(|_| !is_ambiguous)
    }

    /// The active room is one of another network than before.
    pub(super) fn note_other_network(&mut self) {
        self.is_ambiguous = true;
    }

    /// The active room has been named.
    pub(super) fn note_name(&mut self, active: Option<&str>) {
        self.is_ambiguous = false;
        if self.active.as_deref() != active {
            self.active = active.map(str::to_owned);
        }
    }
}

fn room_of(event: &Event) -> Option<&str> {
    match event {
        Event::Said { room, .. }
        | Event::Sent {
            target: Target::Room(room),
            ..
        }
        | Event::TopicChanged { room, .. } => Some(room),
        _ => None,
    }
}

fn is_talk(event: &Event) -> bool {
    matches!(event, Event::Said { .. } | Event::Sent { .. })
}
