//! Which room a typed line is about.

use std::borrow::Cow;

use super::help::notice;
use crate::client::session::{Session, SessionOutput};

impl Session {
    /// The room that is meant where none is named.
    pub(super) fn target_room(&self) -> Option<&str> {
        match &self.typed_in {
            Some(room) => self.rooms.get(room).map(|room| room.name.as_str()),
            None => self.active_room(),
        }
    }

    /// The room that is meant where one may stand first: the one named, or a first word that is the
    /// name of one of this person's rooms without its sign.
    pub(super) fn leading_room<'t>(
        &self,
        room: Option<&str>,
        text: Option<&'t str>,
    ) -> (Option<Cow<'static, str>>, Option<&'t str>) {
        if let (None, Some(text)) = (room, text) {
            let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
            let room = self.rooms.get(word);
            if let Some(room) = room.or_else(|| self.rooms.get(&format!("#{word}"))) {
                let rest = Some(rest.trim()).filter(|rest| !rest.is_empty());
                return (Some(Cow::Owned(room.name.clone())), rest);
            }
        }
        (room.map(|room| Cow::Owned(room.to_owned())), text)
    }

    /// The same for a topic: more than one word is a topic, unless it begins with the name of a
    /// room and its sign.
    pub(super) fn leading_topic_room<'t>(
        &self,
        room: Option<&str>,
        topic: Option<&'t str>,
    ) -> (Option<Cow<'static, str>>, Option<&'t str>) {
        let is_name = |text: &str| {
            let word = text.split(' ').next().unwrap_or_default();
            !text.contains(' ') || self.rooms.get(word).is_some()
        };
        match topic {
            Some(text) if room.is_none() && is_name(text) => self.leading_room(None, topic),
            _ => (room.map(|room| Cow::Owned(room.to_owned())), topic),
        }
    }

    /// Makes another room the active one, by its name or its number.
    pub(super) fn switch_room(&mut self, room: Option<&str>, outbox: &mut SessionOutput) {
        let Some(room) = room else {
            return match self.rooms.most_unread().map(str::to_owned) {
                Some(room) => self.rooms.request_active(&room, None),
                None => notice(outbox, "nothing is unread in your rooms".to_owned()),
            };
        };
        let names = self.rooms.names();
        let by_number = room
            .parse::<usize>()
            .ok()
            .and_then(|number| names.get(number.checked_sub(1)?));
        let by_name = || {
            let wanted = [room.to_owned(), format!("#{room}")];
            let is_wanted = |name: &&String| wanted.iter().any(|room| self.is_same(room, name));
            names.iter().find(is_wanted)
        };
        match by_number.or_else(by_name) {
            Some(name) => self.rooms.request_active(name, None),
            None => {
                let words = format!("you are in no room {room}; /rooms lists yours");
                self.reject_input(&words, outbox);
            }
        }
    }

    /// The room meant: the one named, or else the active one.
    pub(super) fn room_or_active(
        &mut self,
        named: Option<&str>,
        outbox: &mut SessionOutput,
    ) -> Option<String> {
        let named = named.map(|room| self.rooms.naming.room_from_input(room).into_owned());
        let room = named.or_else(|| self.target_room().map(str::to_owned));
        if room.is_none() {
            self.reject_input(&self.no_room_words(), outbox);
        }
        room
    }
}
