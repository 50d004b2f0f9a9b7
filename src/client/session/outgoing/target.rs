//! The target of a command: a room or a person.

use super::help::notice;
use crate::client::command::CommandSpec;
use crate::client::event::{InputError, Target};
use crate::client::session::{Session, SessionOutput};

impl Session {
    /// Whether a name is that of a room or of a person. This is the one place that decides it, by
    /// the channel types and the status prefixes of the server.
    pub(in crate::client::session) fn target(&self, name: &str) -> Target {
        match self.rooms.isupport.room_of_target(name) {
            Some(_) => Target::Room(name.to_owned()),
            None => Target::Person(name.to_owned()),
        }
    }

    /// The room of a command that names none: that of the prompt, or else the active one.
    pub(super) fn target_room(&self) -> Option<&str> {
        match &self.attention.typed_in {
            Some(room) => self.rooms.get(room).map(|room| room.name.as_str()),
            None => self.active_room(),
        }
    }

    /// The room of a command whose arguments can begin with one: the one that was named, or the
    /// first word if it is one of the user's rooms, with or without its prefix.
    pub(super) fn leading_room<'t>(
        &self,
        room: Option<&str>,
        text: Option<&'t str>,
    ) -> (Option<String>, Option<&'t str>) {
        if let (None, Some(text)) = (room, text) {
            let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
            let room = self.rooms.get(word);
            if let Some(room) = room.or_else(|| self.rooms.get(&format!("#{word}"))) {
                let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
                return (Some(room.name.clone()), rest);
            }
        }
        (room.map(str::to_owned), text)
    }

    /// The same for a topic: several words are a topic, unless the first one is the full name of a
    /// room.
    pub(super) fn leading_topic_room<'t>(
        &self,
        room: Option<&str>,
        topic: Option<&'t str>,
    ) -> (Option<String>, Option<&'t str>) {
        let is_name = |text: &str| {
            let word = text.split(' ').next().unwrap_or_default();
            !text.contains(' ') || self.rooms.get(word).is_some()
        };
        match topic {
            Some(text) if room.is_none() && is_name(text) => self.leading_room(None, topic),
            _ => (room.map(str::to_owned), topic),
        }
    }

    /// Makes another room the active one, by its name or its number.
    pub(super) fn switch_room(&mut self, room: Option<&str>, output: &mut SessionOutput) {
        let Some(room) = room else {
            return match self.rooms.most_unread().map(str::to_owned) {
                Some(room) => self.rooms.request_active(&room, None),
                None => notice(output, "Your rooms have no unread messages.".to_owned()),
            };
        };
        let names = self.rooms.names();
        let number = room.parse().ok();
        let by_number = number.and_then(|number| self.rooms.numbered(number));
        let by_number = by_number.map(|room| &room.name);
        let by_name = || {
            let wanted = [room.to_owned(), format!("#{room}")];
            let is_wanted = |name: &&String| wanted.iter().any(|room| self.is_same(room, name));
            names.iter().find(is_wanted)
        };
        match by_number.or_else(by_name) {
            Some(name) => self.rooms.request_active(&name.clone(), None),
            None => {
                self.reject_input(InputError::NoSuchRoom(room.to_owned()), output);
                self.forget_target_of_script("/room");
            }
        }
    }

    /// A line of a script was refused before anything was sent. If it was to choose a room, what
    /// follows is meant for that room, and must not be sent to another.
    pub(super) fn forget_target_of_script(&mut self, line: &str) {
        let name = line
            .strip_prefix('/')
            .and_then(|rest| rest.split(' ').next());
        let command = name.and_then(CommandSpec::find);
        let chooses = command
            .is_some_and(|command| matches!(command.name, "join" | "part" | "close" | "room"));
        if chooses && self.settings.script {
            self.rooms.clear_active();
        }
    }

    /// The room that was named, or else that of the prompt or the active one.
    pub(super) fn room_or_active(
        &mut self,
        named: Option<&str>,
        output: &mut SessionOutput,
    ) -> Option<String> {
        let named = named.map(|room| self.rooms.isupport.room_from_input(room).into_owned());
        let room = named.or_else(|| self.target_room().map(str::to_owned));
        if room.is_none() {
            self.reject_input(self.no_room(), output);
        }
        room
    }
}
