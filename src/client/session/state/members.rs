//! The members of the rooms: joins and leaves, the last speakers, and confusable nicks.

use std::collections::BTreeMap;

use super::member::Member;
use super::rooms::JoinedRooms;
use crate::wire::FoldedName;

/// How many members of all rooms together are kept: more than the largest network has, and a bound
/// on the memory that a server can make the client use.
const PEOPLE_MAX: usize = 200_000;

impl JoinedRooms {
    /// Adds a member to a room. `since` is when the user joined, if the client saw it.
    pub(in crate::client::session) fn add(&mut self, room: &str, nick: &str, since: Option<i64>) {
        // An empty nick, as in `:@ JOIN #room`.
        if nick.is_empty() {
            return;
        }
        let key = self.isupport.key(nick);
        let people: usize = self.rooms.values().map(|room| room.members.len()).sum();
        if let Some(room) = self.get_mut(room)
            && (people < PEOPLE_MAX || room.members.contains_key(&key))
        {
            let person = room.members.entry(key).or_insert(Member {
                nick: nick.to_owned(),
                since,
                prefixes: String::new(),
                last_activity: 0,
            });
            nick.clone_into(&mut person.nick);
        }
    }

    pub(in crate::client::session) fn remove(&mut self, room: &str, nick: &str) {
        let key = self.isupport.key(nick);
        if let Some(room) = self.get_mut(room)
            && room.members.remove(&key).is_some()
        {
            self.departed.add(key);
        }
        self.forget_person_unless_visible(nick);
    }

    /// Removes a user from all rooms.
    pub(in crate::client::session) fn remove_everywhere(&mut self, nick: &str) {
        let key = self.isupport.key(nick);
        for room in self.rooms.values_mut() {
            room.members.remove(&key);
        }
        self.people.remove(&key);
        self.departed.add(key);
    }

    /// The prefixes of a member are these.
    pub(in crate::client::session) fn set_prefixes(
        &mut self,
        room: &str,
        nick: &str,
        prefixes: &str,
    ) {
        let prefixes = self.isupport.ranked(prefixes);
        if let Some(person) = self.member_mut(room, nick) {
            person.prefixes = prefixes;
        }
    }

    /// A member has got a rank, or has lost it.
    pub(in crate::client::session) fn change_prefix(
        &mut self,
        room: &str,
        nick: &str,
        prefix: char,
        sets: bool,
    ) {
        let Some(person) = self.member_mut(room, nick) else {
            return;
        };
        let mut prefixes = std::mem::take(&mut person.prefixes);
        match sets {
            true => prefixes.push(prefix),
            false => prefixes.retain(|other| other != prefix),
        }
        self.set_prefixes(room, nick, &prefixes);
    }

    fn member_mut(&mut self, room: &str, nick: &str) -> Option<&mut Member> {
        let key = self.isupport.key(nick);
        self.get_mut(room)?.members.get_mut(&key)
    }

    pub(in crate::client::session) fn rename(&mut self, from: &str, to: &str) {
        let key = self.isupport.key(from);
        if let Some(person) = self.people.remove(&key) {
            self.people.insert(self.isupport.key(to), person);
        }
        for room in self.rooms.values_mut() {
            if let Some(mut person) = room.members.remove(&key) {
                to.clone_into(&mut person.nick);
                room.members.insert(self.isupport.key(to), person);
            }
        }
        self.departed.add(key);
    }

    /// Notes a message in a room, or a whisper if `room` is `None`: the author of a whisper is the most
    /// likely to be answered in every room.
    pub(in crate::client::session) fn note_activity(&mut self, nick: &str, room: Option<&str>) {
        self.activity_count += 1;
        let key = self.isupport.lookup_key(nick);
        let room = room.map(|room| self.isupport.lookup_key(room));
        for (name, place) in &mut self.rooms {
            if let Some(person) = place.members.get_mut(&*key)
                && room.as_ref().is_none_or(|room| **room == *name.as_str())
            {
                person.last_activity = self.activity_count;
            }
        }
    }

    /// Whether a user with this nick is in one of the rooms.
    pub(in crate::client::session) fn is_visible(&self, nick: &str) -> bool {
        let key = self.isupport.lookup_key(nick);
        let mut rooms = self.rooms.values();
        rooms.any(|room| room.members.contains_key(&*key))
    }

    /// Whether a user with this nick is in one of the rooms, or was.
    pub(in crate::client::session) fn has_seen(&self, nick: &str) -> bool {
        self.is_visible(nick) || self.departed.contains(&self.isupport.lookup_key(nick))
    }

    /// Another user, or the user, whose nick looks the same at a glance. In large rooms no warning
    /// would be read, so nothing is compared.
    pub(in crate::client::session) fn confusable(&self, nick: &str, own: &str) -> Option<String> {
        const PEOPLE_MAX: usize = 200;
        let (key, looks) = (self.isupport.key(nick), skeleton(nick));
        let rooms = self
            .rooms
            .values()
            .filter(|room| room.members.len() <= PEOPLE_MAX);
        let people = rooms.flat_map(|room| &room.members);
        let mut others = people
            .filter(|(other, _)| **other != key)
            .map(|(_, person)| person.nick.as_str())
            .chain(
                [own]
                    .into_iter()
                    .filter(|own| !self.isupport.is_same(own, nick)),
            );
        others
            .find(|other| skeleton(other) == looks)
            .map(str::to_owned)
    }

    /// All nicks but `own`: those of the active room first, the last speakers first, then by the
    /// alphabet.
    pub(in crate::client::session) fn nicks_by_activity(&self, own: &str) -> Vec<String> {
        let own = self.isupport.key(own);
        let active = self.active.as_ref().map(|name| self.isupport.key(name));
        let mut ranked: BTreeMap<&FoldedName, (bool, u64, &str)> = BTreeMap::new();
        for (room_key, room) in &self.rooms {
            let elsewhere = Some(room_key) != active.as_ref();
            for (key, person) in room.members.iter().filter(|(key, _)| **key != own) {
                let rank = (
                    elsewhere,
                    u64::MAX - person.last_activity,
                    person.nick.as_str(),
                );
                let best = ranked.entry(key).or_insert(rank);
                *best = rank.min(*best);
            }
        }
        let mut nicks: Vec<_> = ranked.into_iter().map(|(key, rank)| (rank, key)).collect();
        nicks.sort_by_key(|((elsewhere, spoke, _), key)| (*elsewhere, *spoke, *key));
        nicks
            .into_iter()
            .map(|((_, _, nick), _)| nick.to_owned())
            .collect()
    }
}

/// The skeleton of a nick: letters that are hard to tell apart become one letter.
fn skeleton(nick: &str) -> String {
    let plain = nick.to_lowercase().replace("rn", "m").replace("vv", "w");
    plain
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | 'i' | '|' | '!' => 'l',
            '5' => 's',
            'а' => 'a',
            'е' => 'e',
            'о' => 'o',
            'р' => 'p',
            'с' => 'c',
            'х' => 'x',
            c => c,
        })
        .collect()
}
