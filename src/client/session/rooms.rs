//! Who is where, as far as this person can see.

use std::collections::{BTreeMap, BTreeSet};

use super::naming::Naming;
use crate::wire::{Key, Message};

/// So many rooms are remembered that this person has only heard of.
const HEARD_OF_MAX: usize = 1_000;

/// The rooms this person is in.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    /// When two names are one. The maps here are keyed by it, and made anew when it changes.
    pub(super) naming: Naming,
    rooms: BTreeMap<Key, Room>,
    /// It may be one that this person had to leave: then there is none until another is chosen.
    active: Option<String>,
    /// Its name, when it was left unasked.
    gone: Option<String>,
    /// Those that this person wants to leave.
    unwanted: Vec<String>,
    /// Counts what was made the active one.
    uses: u64,
    /// The room that becomes the active one when it is entered.
    wanted: Option<String>,
    /// Rooms that have a key, and the one given, for entering again.
    keys: Vec<(String, String)>,
    /// Rooms that this person has heard of, this one's own among them, for Tab.
    heard_of: BTreeSet<String>,
    /// Counts what is said, so that people can be put in the order of their last word.
    words: u64,
}

/// One room.
#[derive(Debug)]
pub(super) struct Room {
    /// As the server writes it.
    pub(super) name: String,
    /// The later it was entered, the higher.
    number: u64,
    /// The later it was the active one, the higher.
    used: u64,
    /// Not before the connection was lost, but now.
    entered: bool,
    /// Whether the list of people is complete.
    pub(super) listed: bool,
    /// What has been said since it was the active one.
    pub(super) unread: Unread,
    people: BTreeMap<Key, Person>,
}

/// How much has been said that was not said in the active room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unread {
    /// In all.
    pub messages: u32,
    /// Those that name this person.
    pub mentions: u32,
}

/// Somebody in a room.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) nick: String,
    /// When they came, in Unix seconds; unknown when they were here first.
    pub(super) since: Option<i64>,
    /// The number of their last word, 0 when they have said nothing.
    spoke: u64,
}

impl Room {
    pub(super) fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }
}

impl Rooms {
    /// Takes what the server says of names.
    pub(super) fn learn(&mut self, message: &Message<'_>) {
        if !self.naming.learn(message) {
            return;
        }
        let rooms = std::mem::take(&mut self.rooms).into_values();
        for mut room in rooms {
            let people = std::mem::take(&mut room.people).into_values();
            let keyed = people.map(|person| (self.naming.key(&person.nick), person));
            room.people = keyed.collect();
            self.rooms.insert(self.naming.key(&room.name), room);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Room> {
        self.rooms.get(&self.naming.key(name))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Room> {
        self.rooms.get_mut(&self.naming.key(name))
    }

    /// The list of people in a room is complete. Whether it was not before.
    pub(super) fn list_ended(&mut self, name: &str) -> bool {
        self.get_mut(name)
            .is_some_and(|room| !std::mem::replace(&mut room.listed, true))
    }

    /// Somebody in a room.
    pub(super) fn person(&self, room: &str, nick: &str) -> Option<&Person> {
        self.get(room)?.people.get(&self.naming.key(nick))
    }

    /// The name of a room as it was when it was entered, in whatever case it is written now.
    pub(super) fn name_of<'n>(&'n self, room: &'n str) -> &'n str {
        self.get(room).map_or(room, |room| &room.name)
    }

    pub(super) fn active(&self) -> Option<&Room> {
        self.get(self.active.as_ref()?)
    }

    fn is(&self, name: Option<&String>, other: &str) -> bool {
        name.is_some_and(|name| self.naming.is_same(name, other))
    }

    /// The room that this person had to leave while it was the active one.
    pub(super) fn gone(&self) -> Option<&str> {
        self.gone.as_deref()
    }

    /// All of them, in the order in which they were entered.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Room> {
        let mut rooms: Vec<&Room> = self.rooms.values().collect();
        rooms.sort_by_key(|room| room.number);
        rooms.into_iter()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.iter().map(|room| room.name.clone()).collect()
    }

    /// This person has heard of a room.
    pub(super) fn hear_of(&mut self, name: &str) {
        if self.heard_of.len() < HEARD_OF_MAX {
            self.heard_of.insert(name.to_owned());
        }
    }

    /// Rooms that this person has heard of and is not in.
    pub(super) fn heard_of(&self) -> Vec<String> {
        let others = self.heard_of.iter();
        let others = others.filter(|name| self.get(name).is_none());
        others.cloned().collect()
    }

    /// The key that was given for a room.
    pub(super) fn key_of(&self, name: &str) -> Option<&str> {
        let mut keys = self.keys.iter();
        let of_room = keys.find(|(room, _)| self.naming.is_same(room, name));
        of_room.map(|(_, key)| key.as_str())
    }

    /// Keeps the key that was given for a room.
    pub(super) fn keep_key(&mut self, name: &str, room_key: &str) {
        self.keys
            .retain(|(room, _)| !self.naming.is_same(room, name));
        self.keys.push((name.to_owned(), room_key.to_owned()));
    }

    /// Makes a room the active one, now or as soon as it is entered, with `room_key` if it asks
    /// for one.
    pub(super) fn want(&mut self, name: &str, room_key: Option<&str>) {
        if let Some(room_key) = room_key {
            self.keep_key(name, room_key);
        }
        if self.get(name).is_some() {
            self.activate(Some(name.to_owned()));
        } else {
            self.wanted = Some(name.to_owned());
        }
    }

    /// Something was said in a room, and it may name this person.
    pub(super) fn count_unread(&mut self, room: &str, mention: bool) {
        if !self.is(self.active.as_ref(), room)
            && let Some(room) = self.get_mut(room)
        {
            room.unread.messages += 1;
            room.unread.mentions += u32::from(mention);
        }
    }

    /// What is unread in all rooms together.
    pub(super) fn unread(&self) -> Unread {
        let mut all = Unread::default();
        for room in self.rooms.values() {
            all.messages += room.unread.messages;
            all.mentions += room.unread.mentions;
        }
        all
    }

    /// Makes a room the active one: all of it counts as read from now on.
    fn activate(&mut self, name: Option<String>) {
        self.gone = None;
        self.uses += 1;
        let uses = self.uses;
        if let Some(room) = name.as_ref().and_then(|name| self.get_mut(name)) {
            room.unread = Unread::default();
            room.used = uses;
        }
        self.active = name;
    }

    /// This person has entered a room; who is there is told next. A room that is already known,
    /// from before the connection was lost, begins anew.
    pub(super) fn enter(&mut self, name: &str) {
        let at = self.naming.key(name);
        self.hear_of(name);
        self.take_unwanted(name);
        let known = self.rooms.get(&at);
        let used = known.map_or(0, |room| room.used);
        let known = known.map(|room| room.number);
        let last = self.rooms.values().map(|room| room.number).max();
        let room = Room {
            name: name.to_owned(),
            number: known.unwrap_or(last.unwrap_or_default() + 1),
            used,
            entered: true,
            listed: false,
            unread: Unread::default(),
            people: BTreeMap::new(),
        };
        self.rooms.insert(at, room);
        let is_wanted = self.is(self.wanted.as_ref(), name);
        if is_wanted || self.active.is_none() || self.is(self.active.as_ref(), name) {
            self.wanted.take_if(|_| is_wanted);
            self.activate(Some(name.to_owned()));
        }
    }

    /// This person wants to leave a room.
    pub(super) fn want_out(&mut self, name: &str) {
        self.take_unwanted(name);
        self.unwanted.push(name.to_owned());
    }

    /// Whether this person wanted to leave a room.
    fn take_unwanted(&mut self, name: &str) -> bool {
        let before = self.unwanted.len();
        self.unwanted
            .retain(|room| !self.naming.is_same(room, name));
        self.unwanted.len() < before
    }

    /// This person has left a room. When they wanted to, the last used of the others becomes the
    /// active one; else none does, for what is being typed is not meant for another.
    pub(super) fn leave(&mut self, name: &str) {
        let left = self.rooms.remove(&self.naming.key(name));
        let wanted = self.take_unwanted(name);
        if !self.is(self.active.as_ref(), name) {
            return;
        }
        if wanted {
            let next = self.rooms.values().max_by_key(|room| room.used);
            self.activate(next.map(|room| room.name.clone()));
        } else if let Some(room) = left {
            self.gone = Some(room.name);
        }
    }

    /// A room cannot be entered, or another one is in its place.
    pub(super) fn entry_refused(&mut self, name: &str, forward: Option<&str>) -> bool {
        let was_wanted = self.is(self.wanted.as_ref(), name);
        if was_wanted {
            self.wanted = forward.map(str::to_owned);
        }
        was_wanted
    }

    /// What is said next is meant for this room, and this person is not in it.
    pub(super) fn talk_nowhere(&mut self, name: &str) {
        self.active = Some(name.to_owned());
        self.gone = Some(name.to_owned());
    }

    /// The connection is new: this person is in none of the rooms yet.
    pub(super) fn begin_anew(&mut self) {
        self.unwanted.clear();
        for room in self.rooms.values_mut() {
            room.entered = false;
        }
    }

    /// The rooms of before that were not entered again.
    pub(super) fn not_entered(&self) -> Vec<String> {
        let rooms = self.iter().filter(|room| !room.entered);
        rooms.map(|room| room.name.clone()).collect()
    }

    /// Somebody is in a room: `since` when they were seen to come.
    pub(super) fn add(&mut self, room: &str, nick: &str, since: Option<i64>) {
        // As of a line `:@ JOIN #room`, which nobody can have sent.
        if nick.is_empty() {
            return;
        }
        let key = self.naming.key(nick);
        if let Some(room) = self.get_mut(room) {
            let person = room.people.entry(key).or_insert(Person {
                nick: nick.to_owned(),
                since,
                spoke: 0,
            });
            nick.clone_into(&mut person.nick);
        }
    }

    pub(super) fn remove(&mut self, room: &str, nick: &str) {
        let key = self.naming.key(nick);
        if let Some(room) = self.get_mut(room) {
            room.people.remove(&key);
        }
    }

    /// Takes somebody out of every room.
    pub(super) fn remove_everywhere(&mut self, nick: &str) {
        let key = self.naming.key(nick);
        for room in self.rooms.values_mut() {
            room.people.remove(&key);
        }
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let key = self.naming.key(from);
        for room in self.rooms.values_mut() {
            if let Some(mut person) = room.people.remove(&key) {
                to.clone_into(&mut person.nick);
                room.people.insert(self.naming.key(to), person);
            }
        }
    }

    /// Somebody has said something in a room, or without one only to this person: then they are
    /// the likeliest to be answered wherever they are.
    pub(super) fn spoke(&mut self, nick: &str, room: Option<&str>) {
        self.words += 1;
        let key = self.naming.key(nick);
        let room = room.map(|room| self.naming.key(room));
        for (name, place) in &mut self.rooms {
            if let Some(person) = place.people.get_mut(&key)
                && room.as_ref().is_none_or(|room| room == name)
            {
                person.spoke = self.words;
            }
        }
    }

    /// Whether somebody with this nick is in one of the rooms.
    pub(super) fn knows(&self, nick: &str) -> bool {
        let key = self.naming.key(nick);
        let mut rooms = self.rooms.values();
        rooms.any(|room| room.people.contains_key(&key))
    }

    /// Somebody else whose nick looks the same to a hasty reader, this person included. In large
    /// rooms nobody would read the warning, and nobody is looked for.
    pub(super) fn lookalike(&self, nick: &str, own: &str) -> Option<String> {
        const PEOPLE_MAX: usize = 200;
        let (key, looks) = (self.naming.key(nick), skeleton(nick));
        let rooms = self
            .rooms
            .values()
            .filter(|room| room.people.len() <= PEOPLE_MAX);
        let people = rooms.flat_map(|room| &room.people);
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
    pub(super) fn nicks_by_last_word(&self, own: &str) -> Vec<String> {
        let own = self.naming.key(own);
        let active = self.active.as_ref().map(|name| self.naming.key(name));
        let mut ranked: BTreeMap<&Key, (bool, u64, &str)> = BTreeMap::new();
        for (room_key, room) in &self.rooms {
            let elsewhere = Some(room_key) != active.as_ref();
            for (key, person) in room.people.iter().filter(|(key, _)| **key != own) {
                let rank = (elsewhere, u64::MAX - person.spoke, person.nick.as_str());
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
