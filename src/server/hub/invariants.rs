//! Whether everything the hub knows in two places says the same in both.
//!
//! Tests ask after each step; the simulation also breaks the hub on purpose, to see itself catch it.
//! No program has any of this: the feature is there for tests and for fuzzing only.

#![cfg(feature = "for-tests")]

use std::collections::BTreeSet;

use super::{Capabilities, ConnectionId, Hub, Person, Registered};
use crate::wire::FoldedName;

/// A way to break a hub, for tests that test the tests.
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

/// Goes on when it holds; says what does not otherwise.
macro_rules! holds {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}

impl Hub {
    /// Says which two of its indexes disagree, if any.
    pub fn check(&self) -> Result<(), String> {
        self.check_nicks()?;
        self.check_counts()?;
        self.check_rooms()?;
        self.check_watchers()
    }

    fn check_nicks(&self) -> Result<(), String> {
        for (key, id) in &self.people.nicks {
            let nick = self.people.get(*id).and_then(Person::nick);
            let is_owner = nick.is_some_and(|nick| nick.key() == *key);
            holds!(is_owner, "the nick {key} belongs to nobody");
        }
        for person in self.people.all() {
            let Some(nick) = person.nick() else { continue };
            let owner = self.people.owner_of(nick.as_str());
            holds!(owner == Some(person.id), "{nick} cannot be found by nick");
        }
        Ok(())
    }

    fn check_counts(&self) -> Result<(), String> {
        let connected = self.people.all().count();
        let with = |mode| {
            let all = self.people.all_registered();
            all.filter(|(_, user)| user.modes.has(mode)).count()
        };
        let per_address: u32 = self.timers.per_address.values().sum();
        for (what, counted, known) in [
            ("connected", connected, self.people.connected),
            (
                "user",
                self.people.all_registered().count(),
                self.people.registered,
            ),
            ("invisible", with('i'), self.people.invisible),
            ("operators", with('o'), self.people.operators),
            ("deadlines", self.timers.deadlines.len(), connected),
            ("addresses", per_address as usize, connected),
        ] {
            holds!(counted == known, "{counted} {what}, believed to be {known}");
        }
        for person in self.people.all() {
            let deadline = (person.deadline, person.id);
            let is_watched = self.timers.deadlines.contains(&deadline);
            holds!(is_watched, "{:?} has no deadline", person.id);
        }
        Ok(())
    }

    fn check_rooms(&self) -> Result<(), String> {
        for (key, number) in &self.rooms.numbers {
            let room = self.rooms.get(*number);
            let is_it = room.is_some_and(|room| room.name.key() == *key);
            holds!(is_it, "the name {key} leads to no room");
        }
        for (number, room) in &self.rooms.slab {
            let name = &room.name;
            let found = self.rooms.by_name(name.as_str());
            let is_found = found.is_some_and(|found| found.number as usize == number);
            holds!(is_found, "{name} cannot be found by name");
            holds!(
                !room.members.is_empty(),
                "nobody is in {name}, and it is there all the same"
            );
            for (position, member) in room.members.iter().enumerate() {
                let (id, has) = (member.id, self.capabilities(member.id));
                holds!(
                    has == member.capabilities,
                    "{name} does not know what {id:?} has"
                );
                let user = self.people.registered(id).ok();
                let membership = user.and_then(|user| user.membership(room.number));
                let believed = membership.map(|one| one.position as usize);
                holds!(
                    believed == Some(position),
                    "{id:?} is in {name} and does not know"
                );
            }
        }
        let rooms_max = self.settings.limits.rooms_per_person as usize;
        for (_, Registered { nick, rooms, .. }) in self.people.all_registered() {
            holds!(rooms.len() <= rooms_max, "{nick} is in too many rooms");
        }
        // Whoever is in a room knows it; nobody knows more than that.
        let people = self.people.all_registered();
        let believed: usize = people.map(|(_, user)| user.rooms.len()).sum();
        let members: usize = self
            .rooms
            .slab
            .iter()
            .map(|(_, room)| room.members.len())
            .sum();
        holds!(
            members == believed,
            "{members} are in rooms, believed to be {believed}"
        );
        Ok(())
    }

    fn check_watchers(&self) -> Result<(), String> {
        for (key, watchers) in &self.monitors.watchers {
            holds!(
                !watchers.is_empty(),
                "nobody watches {key}, and it is kept all the same"
            );
            for id in watchers {
                let user = self.people.registered(*id);
                let knows = user.is_ok_and(|user| user.monitoring.contains(key));
                holds!(knows, "{id:?} watches {key} and does not know");
            }
        }
        let watched: usize = self.monitors.watchers.values().map(BTreeSet::len).sum();
        let all = self.people.all_registered();
        let believed: usize = all.map(|(_, user)| user.monitoring.len()).sum();
        holds!(
            watched == believed,
            "{watched} are watched, believed to be {believed}"
        );
        Ok(())
    }

    /// Breaks it; false when there is nothing to break in this way.
    pub fn break_on_purpose(&mut self, fault: Fault) -> bool {
        self.try_to_break(fault).is_some()
    }

    fn try_to_break(&mut self, fault: Fault) -> Option<()> {
        let (nobody, key) = (
            ConnectionId::new(u32::MAX, u32::MAX),
            FoldedName::of("nobody"),
        );
        let some_room = self.rooms.slab.iter_mut().next().map(|(_, room)| room);
        match fault {
            Fault::KeepDeadNick => {
                self.people.nicks.insert(key, nobody);
            }
            Fault::ForgetNick => {
                let key = self.people.nicks.keys().next()?.clone();
                self.people.nicks.remove(&key);
            }
            Fault::KeepMember => {
                let members = &mut some_room?.members;
                members.push(*members.first()?);
            }
            Fault::ForgetMember => {
                some_room?.members.pop()?;
            }
            Fault::ForgetCapabilities => {
                let member = some_room?.members.first_mut()?;
                member.capabilities = match member.capabilities.has(Capabilities::SETNAME) {
                    true => Capabilities::NONE,
                    false => Capabilities::SETNAME,
                };
            }
            Fault::KeepWatcher => {
                let watchers = self.monitors.watchers.entry(key).or_default();
                watchers.insert(nobody);
            }
            Fault::MiscountModes => self.people.operators += 1,
            Fault::Miscount => self.people.registered += 1,
            Fault::ForgetDeadline => {
                self.timers.deadlines.pop_first()?;
            }
        }
        Some(())
    }
}
