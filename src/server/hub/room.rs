//! The rooms and who is in them, by number; both sides of that are kept in step here.

use std::collections::HashMap;
use std::time::Duration;

use slab::Slab;

use super::people::{ConnectionId, Membership, People};
use super::refusal::Refusal;
use crate::wire::{Key, RoomName};

/// A room with somebody in it.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: RoomName,
    pub(super) topic: Option<Topic>,
    pub(super) members: Vec<Member>,
}

/// What a room is about, and who said so.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) text: Box<str>,
    /// `nick!user@host` of whoever set it.
    pub(super) setter: Box<str>,
    /// When, as Unix time.
    pub(super) time: Duration,
}

/// Somebody in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) id: ConnectionId,
    pub(super) operator: bool,
}

impl Member {
    /// What stands before the nick in a list of this room.
    pub(super) fn prefix(self) -> &'static str {
        if self.operator { "@" } else { "" }
    }
}

/// All rooms. A room is there as long as somebody is in it.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    pub(super) slab: Slab<Room>,
    /// Only ever asked for one name: its order reaches no wire.
    pub(super) numbers: HashMap<Key, u32>,
}

impl Rooms {
    pub(super) fn get(&self, number: u32) -> Option<&Room> {
        self.slab.get(number as usize)
    }

    /// The room with this name; every other name is refused.
    pub(super) fn find<'a>(&self, name: &'a str) -> Result<(u32, &Room), Refusal<'a>> {
        let number = self
            .number_of(name)
            .ok_or(Refusal::NoSuchRoom { room: name })?;
        let room = self.get(number).ok_or(Refusal::NoSuchRoom { room: name })?;
        Ok((number, room))
    }

    pub(super) fn find_mut<'a>(&mut self, name: &'a str) -> Result<&mut Room, Refusal<'a>> {
        let number = self.number_of(name).map(|number| number as usize);
        number
            .and_then(|number| self.slab.get_mut(number))
            .ok_or(Refusal::NoSuchRoom { room: name })
    }

    pub(super) fn number_of(&self, name: &str) -> Option<u32> {
        self.numbers.get(&*Key::folded(name)).copied()
    }

    /// Every room, in the order of their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = &Room> {
        self.slab.iter().map(|(_, room)| room)
    }

    /// Puts somebody who is not in it into a room, which comes into being if need be.
    pub(super) fn enter(
        &mut self,
        name: &RoomName,
        id: ConnectionId,
        operator: bool,
        people: &mut People,
    ) -> Option<u32> {
        let number = match self.number_of(name.as_str()) {
            Some(number) => number,
            None => self.create(name)?,
        };
        let room = self.slab.get_mut(number as usize)?;
        let present = people.present_mut(id).ok()?;
        debug_assert!(present.membership(number).is_none(), "in a room twice");
        present.rooms.push(Membership {
            room: number,
            position: u32::try_from(room.members.len()).ok()?,
        });
        room.members.push(Member { id, operator });
        Some(number)
    }

    fn create(&mut self, name: &RoomName) -> Option<u32> {
        let number = self.slab.insert(Room {
            name: name.clone(),
            topic: None,
            members: Vec::new(),
        });
        let number = u32::try_from(number).ok()?;
        self.numbers.insert(name.key(), number);
        Some(number)
    }

    /// Takes somebody out of a room. Who was last in its list takes the place that is free now,
    /// and a room that nobody is left in is gone.
    pub(super) fn leave(&mut self, number: u32, id: ConnectionId, people: &mut People) {
        let Ok(present) = people.present_mut(id) else {
            return;
        };
        let Some(at) = present.rooms.iter().position(|one| one.room == number) else {
            return;
        };
        let position = present.rooms.swap_remove(at).position;
        let Some(room) = self.slab.get_mut(number as usize) else {
            return;
        };
        room.members.swap_remove(position as usize);
        if let Some(moved) = room.members.get(position as usize)
            && let Ok(present) = people.present_mut(moved.id)
            && let Some(membership) = present.rooms.iter_mut().find(|one| one.room == number)
        {
            membership.position = position;
        }
        if room.members.is_empty() {
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u32) {
        if let Some(room) = self.slab.try_remove(number as usize) {
            self.numbers.remove(&*Key::folded(room.name.as_str()));
        }
    }
}
