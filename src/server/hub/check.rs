//! Whether everything the hub knows in two places says the same in both.
//!
//! The simulation asks after each step, and also breaks the hub on purpose to see itself catch it.

use std::collections::BTreeSet;

use super::Hub;
use super::capability::Capabilities;
use super::people::{ConnectionId, Membership, Person};
use super::room::Member;
use crate::wire::Key;

/// A way to break a hub, for tests that test the tests.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A nick stays taken after its owner is gone.
    KeepDeadNick,
    /// A nick in use is no longer found.
    ForgetNick,
    /// Somebody stays in a room's list who is in the room no longer.
    KeepMember,
    /// Somebody believes to be in a room that does not know them.
    ForgetMember,
    /// The count of people is wrong.
    Miscount,
    /// A room believes somebody to be of another kind than they are.
    ForgetCapabilities,
    /// Somebody is told of a nick they do not watch.
    KeepWatcher,
    /// The count of operators is wrong.
    MiscountModes,
    /// Nobody looks at somebody's silence any longer.
    ForgetDeadline,
}

impl Hub {
    /// Says which two of its indexes disagree, if any.
    #[doc(hidden)]
    pub fn check(&self) -> Result<(), String> {
        self.check_nicks()?;
        self.check_counts()?;
        self.check_rooms()?;
        self.check_members()?;
        self.check_watchers()
    }

    fn check_watchers(&self) -> Result<(), String> {
        for (key, watchers) in &self.monitors.watchers {
            if watchers.is_empty() {
                return Err(format!("nobody watches {key}, and it is kept all the same"));
            }
            for id in watchers {
                let present = self.people.present(*id);
                if !present.is_ok_and(|present| present.monitoring.contains(key)) {
                    return Err(format!("{id:?} watches {key} and does not know"));
                }
            }
        }
        let watched: usize = self.monitors.watchers.values().map(BTreeSet::len).sum();
        let all = self.people.all_present();
        let believed: usize = all.map(|(_, present)| present.monitoring.len()).sum();
        let text = format!("{watched} are watched, believed to be {believed}");
        (watched == believed).then_some(()).ok_or(text)
    }

    fn check_nicks(&self) -> Result<(), String> {
        for (key, id) in &self.people.nicks {
            let nick = self.people.get(*id).and_then(Person::nick);
            if nick.is_none_or(|nick| nick.key() != *key) {
                return Err(format!("the nick {key} belongs to nobody"));
            }
        }
        for person in self.people.all() {
            let Some(nick) = person.nick() else { continue };
            if self.people.owner_of(nick.as_str()) != Some(person.id) {
                return Err(format!("{nick} cannot be found by nick"));
            }
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), String> {
        let (connected, present) = (self.people.all().count(), self.people.all_present().count());
        let same = |what: &str, counted: usize, known: usize| {
            let text = format!("{counted} {what}, believed to be {known}");
            (counted == known).then_some(()).ok_or(text)
        };
        same("connected", connected, self.people.connected)?;
        same("present", present, self.people.present)?;
        for (mode, known) in [('i', self.people.invisible), ('o', self.people.operators)] {
            let all = self.people.all_present();
            let set = all.filter(|(_, present)| present.modes.has(mode)).count();
            same("with a mode", set, known)?;
        }
        same("deadlines", self.watch.deadlines.len(), connected)?;
        let per_address: u32 = self.watch.per_address.values().sum();
        same("addresses", per_address as usize, connected)?;
        let unwatched = |person: &&Person| {
            let deadline = (person.deadline, person.id);
            !self.watch.deadlines.contains(&deadline)
        };
        match self.people.all().find(unwatched) {
            Some(person) => Err(format!("{:?} has no deadline", person.id)),
            None => Ok(()),
        }
    }

    fn check_rooms(&self) -> Result<(), String> {
        for (key, number) in &self.rooms.numbers {
            let room = self.rooms.get(*number);
            if room.is_none_or(|room| room.name.key() != *key) {
                return Err(format!("the name {key} leads to no room"));
            }
        }
        for (number, room) in &self.rooms.slab {
            let name = &room.name;
            if self
                .rooms
                .called(name.as_str())
                .map(|one| one.number as usize)
                != Some(number)
            {
                return Err(format!("{name} cannot be found by name"));
            }
            if room.members.is_empty() {
                return Err(format!("nobody is in {name}, and it is there all the same"));
            }
            for (position, member) in room.members.iter().enumerate() {
                let person = self.people.get(member.id);
                if person.is_some_and(|person| person.capabilities != member.capabilities) {
                    return Err(format!("{name} does not know what {:?} has", member.id));
                }
                if self.believed_position(member, number) != Some(position) {
                    return Err(format!("{:?} is in {name} and does not know", member.id));
                }
            }
        }
        Ok(())
    }

    fn believed_position(&self, member: &Member, room: usize) -> Option<usize> {
        let present = self.people.present(member.id).ok()?;
        let membership = present.membership(u32::try_from(room).ok()?)?;
        Some(membership.position as usize)
    }

    fn check_members(&self) -> Result<(), String> {
        for (person, present) in self.people.all_present() {
            if present.rooms.len() > self.settings.limits.rooms_per_person as usize {
                return Err(format!("{} is in too many rooms", present.nick));
            }
            for membership in &present.rooms {
                let member = self.member_at(*membership);
                if member.is_none_or(|member| member.id != person.id) {
                    return Err(format!("{} is in a room in vain", present.nick));
                }
            }
        }
        Ok(())
    }

    fn member_at(&self, membership: Membership) -> Option<&Member> {
        let room = self.rooms.get(membership.room)?;
        room.members.get(membership.position as usize)
    }

    /// Breaks it; false when there is nothing to break in this way.
    #[doc(hidden)]
    pub fn break_on_purpose(&mut self, fault: Fault) -> bool {
        self.try_to_break(fault).is_some()
    }

    fn try_to_break(&mut self, fault: Fault) -> Option<()> {
        match fault {
            Fault::KeepDeadNick => {
                let nobody = ConnectionId::new(u32::MAX, u32::MAX);
                let key = Key::of("nobody");
                self.people.nicks.insert(key, nobody);
            }
            Fault::ForgetNick => {
                let key = self.people.nicks.keys().next()?.clone();
                self.people.nicks.remove(&key);
            }
            Fault::KeepMember => {
                let (_, room) = self.rooms.slab.iter_mut().next()?;
                let again = *room.members.first()?;
                room.members.push(again);
            }
            Fault::ForgetMember => {
                let (_, room) = self.rooms.slab.iter_mut().next()?;
                room.members.pop()?;
            }
            Fault::ForgetCapabilities => {
                let (_, room) = self.rooms.slab.iter_mut().next()?;
                let member = room.members.first_mut()?;
                let other = Capabilities::SETNAME;
                member.capabilities = match member.capabilities.has(other) {
                    true => Capabilities::NONE,
                    false => other,
                };
            }
            Fault::KeepWatcher => {
                let nobody = ConnectionId::new(u32::MAX, u32::MAX);
                let key = Key::of("nobody");
                self.monitors
                    .watchers
                    .entry(key)
                    .or_default()
                    .insert(nobody);
            }
            Fault::MiscountModes => self.people.operators += 1,
            Fault::Miscount => self.people.present += 1,
            Fault::ForgetDeadline => {
                self.watch.deadlines.pop_first()?;
            }
        }
        Some(())
    }
}
