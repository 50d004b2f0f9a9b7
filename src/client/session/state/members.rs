//! The people in the rooms: who comes and goes, who spoke last, and who looks like whom.

use std::collections::BTreeMap;

use super::member::Member;
use super::rooms::JoinedRooms;
use crate::wire::FoldedName;

/// So many people in all rooms together are remembered: more than there are in the largest of all
/// networks, and no more memory than a server can be trusted with.
const PEOPLE_MAX: usize = 200_000;

impl JoinedRooms {
    /// Someone is in a room: `since` when they were seen to come.
    pub(in crate::client::session) fn add(&mut self, room: &str, nick: &str, since: Option<i64>) {
        // As of a line `:@ JOIN #room`, which no one can have sent.
        if nick.is_empty() {
            return;
        }
        let key = self.naming.key(nick);
        let people: usize = self.rooms.values().map(|room| room.members.len()).sum();
        if let Some(room) = self.get_mut(room)
            && (people < PEOPLE_MAX || room.members.contains_key(&key))
        {
            let person = room.members.entry(key).or_insert(Member {
                nick: nick.to_owned(),
                since,
                last_activity: 0,
            });
            nick.clone_into(&mut person.nick);
        }
    }

    pub(in crate::client::session) fn remove(&mut self, room: &str, nick: &str) {
        let key = self.naming.key(nick);
        if let Some(room) = self.get_mut(room) {
            room.members.remove(&key);
        }
    }

    /// Takes someone out of every room.
    pub(in crate::client::session) fn remove_everywhere(&mut self, nick: &str) {
        let key = self.naming.key(nick);
        for room in self.rooms.values_mut() {
            room.members.remove(&key);
        }
    }

    pub(in crate::client::session) fn rename(&mut self, from: &str, to: &str) {
        let key = self.naming.key(from);
        for room in self.rooms.values_mut() {
            if let Some(mut person) = room.members.remove(&key) {
                to.clone_into(&mut person.nick);
                room.members.insert(self.naming.key(to), person);
            }
        }
    }

    /// Someone has said something in a room, or without one only to the user: then they are
    /// the likeliest to be answered wherever they are.
    pub(in crate::client::session) fn note_activity(&mut self, nick: &str, room: Option<&str>) {
        self.activity_count += 1;
        let key = self.naming.lookup_key(nick);
        let room = room.map(|room| self.naming.lookup_key(room));
        for (name, place) in &mut self.rooms {
            if let Some(person) = place.members.get_mut(&*key)
                && room.as_ref().is_none_or(|room| **room == *name.as_str())
            {
                person.last_activity = self.activity_count;
            }
        }
    }

    /// Whether someone with this nick is in one of the rooms.
    pub(in crate::client::session) fn is_visible(&self, nick: &str) -> bool {
        let key = self.naming.lookup_key(nick);
        let mut rooms = self.rooms.values();
        rooms.any(|room| room.members.contains_key(&*key))
    }

    /// Someone else whose nick looks the same to a hasty reader, the user included. In large
    /// rooms no one would read the warning, and no one is looked for.
    pub(in crate::client::session) fn confusable(&self, nick: &str, own: &str) -> Option<String> {
        const PEOPLE_MAX: usize = 200;
        let (key, looks) = (self.naming.key(nick), skeleton(nick));
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
                    .filter(|own| !self.naming.is_same(own, nick)),
            );
        others
            .find(|other| skeleton(other) == looks)
            .map(str::to_owned)
    }

    /// Everybody but `own`: those of the active room before the others, among them those who
    /// spoke last before those who spoke earlier or not at all, and these by the alphabet.
    pub(in crate::client::session) fn nicks_by_activity(&self, own: &str) -> Vec<String> {
        let own = self.naming.key(own);
        let active = self.active.as_ref().map(|name| self.naming.key(name));
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

/// What a nick looks like at a glance: letters that are hard to tell apart are one letter.
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
