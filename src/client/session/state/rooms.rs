//! The rooms the user is in, the active room, unread counts and keys.

use std::collections::{BTreeMap, BTreeSet};

use super::departed::DepartedNicks;
use super::member::{Member, PersonDetails};
use crate::client::event::Unread;
use crate::wire::isupport::Isupport;
use crate::wire::{FoldedName, Message};

/// How many rooms are kept that the user is not in.
const HEARD_OF_MAX: usize = 1_000;
/// How many rooms the user can be in, as a bound against a broken server.
const ROOMS_MAX: usize = 1_000;

/// The rooms the user is in.
#[derive(Debug, Default)]
pub(in crate::client::session) struct JoinedRooms {
    /// The case mapping of the server. The maps here are keyed by it, and rebuilt when it changes.
    pub(in crate::client::session) isupport: Isupport,
    pub(super) rooms: BTreeMap<FoldedName, JoinedRoom>,
    /// The details of their members besides the nicks.
    pub(super) people: BTreeMap<FoldedName, PersonDetails>,
    pub(super) departed: DepartedNicks,
    /// The active room. `None` after the user was removed from it, until another one is chosen.
    pub(super) active: Option<String>,
    /// The name of the active room that the user was removed from.
    left_room: Option<String>,
    /// The rooms that the user has asked to leave.
    pending_parts: Vec<String>,
    /// Counts activations.
    activations: u64,
    /// The room that becomes active when it is joined.
    pending_join: Option<String>,
    /// The keys of rooms, for joining again.
    keys: Vec<(String, String)>,
    /// The rooms that the user has heard of, for completion.
    known_rooms: BTreeSet<String>,
    /// Another network is active: the messages of the active room are unread, too.
    pub(in crate::client::session) is_background: bool,
    /// The numbers that the next rooms get.
    reserved_numbers: BTreeSet<u32>,
    /// The numbers of rooms on other networks, and those that are reserved there.
    pub(in crate::client::session) numbers_elsewhere: BTreeSet<u32>,
    /// Counts the rooms that came and went.
    pub(in crate::client::session) numbers_changed: u64,
    /// Counts messages, to order members by their last message.
    pub(super) activity_count: u64,
}

/// A joined room.
#[derive(Debug)]
pub(in crate::client::session) struct JoinedRoom {
    /// The name as the server writes it.
    pub(crate) name: String,
    /// Its number for the user, which it keeps until it is left.
    pub(crate) number: u32,
    /// The order of activation.
    activated: u64,
    /// Joined on this connection, not only on the last one.
    joined: bool,
    /// Whether the list of members is complete.
    pub(in crate::client::session) has_all_members: bool,
    /// Whether the server sends the list of members, or has.
    pub(in crate::client::session) names_requested: bool,
    /// Whether the join was shown.
    pub(in crate::client::session) is_announced: bool,
    /// The messages since it was last active.
    pub(in crate::client::session) unread: Unread,
    pub(super) members: BTreeMap<FoldedName, Member>,
    /// Its topic, if it has one.
    pub(in crate::client::session) topic: Option<String>,
}

impl JoinedRoom {
    pub(in crate::client::session) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }
}

impl JoinedRooms {
    /// Applies `ISUPPORT`, and rebuilds the maps if the case mapping has changed.
    pub(in crate::client::session) fn apply_isupport(&mut self, message: &Message<'_>) {
        if !self.isupport.apply(message) {
            return;
        }
        // It is known again from the next line about each user.
        self.people.clear();
        let rooms = std::mem::take(&mut self.rooms).into_values();
        for mut room in rooms {
            let people = std::mem::take(&mut room.members).into_values();
            let keyed = people.map(|person| (self.isupport.key(&person.nick), person));
            room.members = keyed.collect();
            self.rooms.insert(self.isupport.key(&room.name), room);
        }
    }

    pub(in crate::client::session) fn get(&self, name: &str) -> Option<&JoinedRoom> {
        self.rooms.get(&*self.isupport.lookup_key(name))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut JoinedRoom> {
        self.rooms.get_mut(&*self.isupport.lookup_key(name))
    }

    /// Sets the topic of a room; an empty one is none.
    pub(in crate::client::session) fn set_topic(&mut self, name: &str, topic: Option<&str>) {
        let topic = topic.filter(|topic| !topic.is_empty()).map(str::to_owned);
        if let Some(room) = self.get_mut(name) {
            room.topic = topic;
        }
    }

    /// The list of members of a room is complete.
    pub(in crate::client::session) fn complete_members(&mut self, name: &str) {
        if let Some(room) = self.get_mut(name) {
            room.has_all_members = true;
            room.names_requested = true;
        }
    }

    /// The user learns of the join of a room. Returns whether it was not announced before.
    pub(in crate::client::session) fn announce(&mut self, name: &str) -> bool {
        self.get_mut(name)
            .is_some_and(|room| !std::mem::replace(&mut room.is_announced, true))
    }

    /// The active room, if the server does not send the list of its members by itself. It counts as
    /// requested from now on.
    pub(in crate::client::session) fn take_unlisted_room(&mut self) -> Option<String> {
        let active = self.active.clone()?;
        let room = self.get_mut(&active)?;
        let is_listed = std::mem::replace(&mut room.names_requested, true);
        (!is_listed).then(|| room.name.clone())
    }

    /// Whether there is such a room.
    pub(in crate::client::session) fn has_unlisted_room(&self) -> bool {
        self.active().is_some_and(|room| !room.names_requested)
    }

    /// A member of a room.
    pub(in crate::client::session) fn member(&self, room: &str, nick: &str) -> Option<&Member> {
        self.get(room)?
            .members
            .get(&*self.isupport.lookup_key(nick))
    }

    /// The name of a room as it was when it was joined, for a name in any letter case.
    pub(in crate::client::session) fn name_of<'n>(&'n self, room: &'n str) -> &'n str {
        self.get(room).map_or(room, |room| &room.name)
    }

    pub(in crate::client::session) fn active(&self) -> Option<&JoinedRoom> {
        self.get(self.active.as_ref()?)
    }

    fn is(&self, name: Option<&String>, other: &str) -> bool {
        name.is_some_and(|name| self.isupport.is_same(name, other))
    }

    /// The room that the user was removed from while it was active.
    pub(in crate::client::session) fn left_room(&self) -> Option<&str> {
        self.left_room.as_deref()
    }

    /// All rooms, in the order of their numbers.
    pub(in crate::client::session) fn iter(&self) -> impl Iterator<Item = &JoinedRoom> {
        let mut rooms: Vec<&JoinedRoom> = self.rooms.values().collect();
        rooms.sort_by_key(|room| room.number);
        rooms.into_iter()
    }

    /// The room with this number.
    pub(in crate::client::session) fn numbered(&self, number: u32) -> Option<&JoinedRoom> {
        self.rooms.values().find(|room| room.number == number)
    }

    /// The numbers of all rooms, and the reserved ones.
    pub(in crate::client::session) fn numbers(&self) -> impl Iterator<Item = u32> {
        let numbers = self.rooms.values().map(|room| room.number);
        numbers.chain(self.reserved_numbers.iter().copied())
    }

    /// Reserves numbers for `count` future rooms, so that they do not depend on which network is
    /// first.
    pub(in crate::client::session) fn reserve_numbers(&mut self, count: usize) {
        let free: Vec<u32> = self.free_numbers().take(count).collect();
        self.reserved_numbers.extend(free);
        self.numbers_changed += 1;
    }

    /// The number of the next room: a reserved one, or else the lowest that no room has.
    fn next_number(&mut self) -> u32 {
        let reserved = self.reserved_numbers.pop_first();
        let free = || self.free_numbers().next().unwrap_or_default();
        reserved.unwrap_or_else(free)
    }

    fn free_numbers(&self) -> impl Iterator<Item = u32> {
        let used: BTreeSet<u32> = self.numbers().collect();
        (1..).filter(move |number| {
            !used.contains(number) && !self.numbers_elsewhere.contains(number)
        })
    }

    pub(in crate::client::session) fn names(&self) -> Vec<String> {
        self.iter().map(|room| room.name.clone()).collect()
    }

    /// Keeps the name of a room for completion.
    pub(in crate::client::session) fn add_known_room(&mut self, name: &str) {
        if self.known_rooms.len() < HEARD_OF_MAX {
            self.known_rooms.insert(name.to_owned());
        }
    }

    /// The known rooms that the user is not in.
    pub(in crate::client::session) fn known_rooms(&self) -> Vec<String> {
        let others = self.known_rooms.iter();
        let others = others.filter(|name| self.get(name).is_none());
        others.cloned().collect()
    }

    /// The key that was given for a room.
    pub(in crate::client::session) fn key_of(&self, name: &str) -> Option<&str> {
        let mut keys = self.keys.iter();
        let of_room = keys.find(|(room, _)| self.isupport.is_same(room, name));
        of_room.map(|(_, key)| key.as_str())
    }

    /// Keeps the key that was given for a room.
    pub(in crate::client::session) fn keep_key(&mut self, name: &str, room_key: &str) {
        self.keys
            .retain(|(room, _)| !self.isupport.is_same(room, name));
        self.keys.push((name.to_owned(), room_key.to_owned()));
    }

    /// A room has no key any more.
    pub(in crate::client::session) fn forget_key(&mut self, name: &str) {
        self.keys
            .retain(|(room, _)| !self.isupport.is_same(room, name));
    }

    /// Makes a room the active one, now or as soon as it is joined, with `room_key` if it is given.
    pub(in crate::client::session) fn request_active(
        &mut self,
        name: &str,
        room_key: Option<&str>,
    ) {
        if let Some(room_key) = room_key {
            self.keep_key(name, room_key);
        }
        if self.get(name).is_some() {
            self.activate(Some(name.to_owned()));
        } else {
            self.pending_join = Some(name.to_owned());
        }
    }

    /// Another network becomes active, or this one, which marks its active room as read.
    pub(in crate::client::session) fn set_background(&mut self, is_background: bool) {
        self.is_background = is_background;
        if let (false, Some(name)) = (is_background, self.active.clone())
            && let Some(room) = self.get_mut(&name)
        {
            room.unread = Unread::default();
        }
    }

    /// Counts a message in a room that is not active.
    pub(in crate::client::session) fn count_unread(&mut self, room: &str, mention: bool) {
        if (self.is_background || !self.is(self.active.as_ref(), room))
            && let Some(room) = self.get_mut(room)
        {
            room.unread.messages += 1;
            room.unread.mentions += u32::from(mention);
        }
    }

    /// The room with the most mentions, or else the first one with unread messages.
    pub(in crate::client::session) fn most_unread(&self) -> Option<&str> {
        let unread = self.rooms.values().filter(|room| room.unread.messages > 0);
        let first = unread.min_by_key(|room| (u32::MAX - room.unread.mentions, room.number));
        first.map(|room| room.name.as_str())
    }

    /// The unread messages of all rooms together.
    pub(in crate::client::session) fn unread(&self) -> Unread {
        let mut all = Unread::default();
        for room in self.rooms.values() {
            all.messages += room.unread.messages;
            all.mentions += room.unread.mentions;
        }
        all
    }

    /// Makes a room the active one, which marks it as read.
    fn activate(&mut self, name: Option<String>) {
        self.left_room = None;
        self.activations += 1;
        let uses = self.activations;
        let is_seen = !self.is_background;
        if let Some(room) = name.as_ref().and_then(|name| self.get_mut(name)) {
            if is_seen {
                room.unread = Unread::default();
            }
            room.activated = uses;
        }
        self.active = name;
    }

    /// The user has joined a room; its members follow. A room of the last connection starts again.
    /// The server lists the members by itself if `lists_members`.
    pub(in crate::client::session) fn enter(&mut self, name: &str, lists_members: bool) {
        let at = self.isupport.key(name);
        if self.rooms.len() >= ROOMS_MAX && !self.rooms.contains_key(&at) {
            return;
        }
        self.add_known_room(name);
        self.take_pending_part(name);
        let known = self.rooms.get(&at);
        let used = known.map_or(0, |room| room.activated);
        let was_joined = known.is_some_and(|room| room.joined);
        let known = known.map(|room| room.number);
        self.numbers_changed += 1;
        let room = JoinedRoom {
            topic: None,
            name: name.to_owned(),
            number: known.unwrap_or_else(|| self.next_number()),
            activated: used,
            joined: true,
            has_all_members: false,
            names_requested: lists_members,
            is_announced: false,
            unread: Unread::default(),
            members: BTreeMap::new(),
        };
        let before = self.rooms.insert(at, room);
        let members = before.iter().flat_map(|room| room.members.keys());
        members.for_each(|nick| self.departed.add(nick.clone()));
        if was_joined {
            self.forget_invisible_people();
        }
        let is_wanted = self.is(self.pending_join.as_ref(), name);
        if is_wanted || self.active.is_none() || self.is(self.active.as_ref(), name) {
            self.pending_join.take_if(|_| is_wanted);
            self.activate(Some(name.to_owned()));
        }
    }

    /// The user has asked to leave a room.
    pub(in crate::client::session) fn expect_part(&mut self, name: &str) {
        self.take_pending_part(name);
        self.pending_parts.push(name.to_owned());
    }

    /// Whether the user has asked to leave this room.
    fn take_pending_part(&mut self, name: &str) -> bool {
        let before = self.pending_parts.len();
        self.pending_parts
            .retain(|room| !self.isupport.is_same(room, name));
        self.pending_parts.len() < before
    }

    /// The server refuses a request for a room. Returns whether it was one to leave that room.
    pub(in crate::client::session) fn part_refused(&mut self, name: &str) -> bool {
        self.take_pending_part(name)
    }

    /// The user has left a room. If they asked for it, the room that was active before becomes
    /// active; otherwise none does, since the line being typed is not meant for another room.
    pub(in crate::client::session) fn leave(&mut self, name: &str) {
        let left = self.rooms.remove(&self.isupport.key(name));
        self.numbers_changed += 1;
        let members = left.iter().flat_map(|room| room.members.keys());
        members.for_each(|nick| self.departed.add(nick.clone()));
        self.forget_invisible_people();
        let wanted = self.take_pending_part(name);
        if !self.is(self.active.as_ref(), name) {
            return;
        }
        if wanted {
            let next = self.rooms.values().max_by_key(|room| room.activated);
            self.activate(next.map(|room| room.name.clone()));
        } else if let Some(room) = left {
            self.left_room = Some(room.name);
        }
    }

    /// A room cannot be joined, or the server has joined the user to `forward` instead.
    pub(in crate::client::session) fn pending_join_refused(
        &mut self,
        name: &str,
        forward: Option<&str>,
    ) -> bool {
        let was_wanted = self.is(self.pending_join.as_ref(), name);
        if was_wanted {
            self.pending_join = forward.map(str::to_owned);
        }
        was_wanted
    }

    /// The next messages are meant for this room, and the user is not in it.
    pub(in crate::client::session) fn clear_target(&mut self, name: &str) {
        self.active = Some(name.to_owned());
        self.left_room = Some(name.to_owned());
    }

    /// The user wanted to leave this room and may still be in it: if it is the active one, messages
    /// have no target now.
    pub(in crate::client::session) fn forget_target(&mut self, name: &str) {
        self.take_pending_part(name);
        if self.is(self.active.as_ref(), name) {
            self.clear_active();
        }
    }

    /// Messages have no target until a room is chosen.
    pub(in crate::client::session) fn clear_active(&mut self) {
        self.active = None;
        self.left_room = None;
    }

    /// The connection is new: no room is joined yet.
    pub(in crate::client::session) fn mark_unjoined(&mut self) {
        self.pending_parts.clear();
        self.people.clear();
        for room in self.rooms.values_mut() {
            room.joined = false;
            // It is asked for after the room is joined again.
            room.names_requested = true;
        }
    }

    /// The rooms of the last connection that were not joined again.
    pub(in crate::client::session) fn unjoined(&self) -> Vec<String> {
        let rooms = self.iter().filter(|room| !room.joined);
        rooms.map(|room| room.name.clone()).collect()
    }
}
