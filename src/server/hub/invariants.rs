//! Consistency checks: whether the hub's redundant indexes agree.
//!
//! Tests run them after each step; the simulation also injects faults to prove that they are found.
//! The feature `for-tests` exists for tests and fuzzing only, so neither program contains this
//! file.

#![cfg(feature = "for-tests")]

use std::collections::BTreeSet;

use super::state::people::ConnectionStage;
use super::{Capabilities, ConnectionId, Hub, Person, Registered};
use crate::wire::FoldedName;

/// A fault to inject into a hub, for tests of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The nick of a user who has left stays in use.
    KeepDeadNick,
    /// A nick in use is missing from the index.
    ForgetNick,
    /// A room keeps a member who has left it.
    KeepMember,
    /// A user has a membership that the room does not have.
    ForgetMember,
    /// The number of users is wrong.
    Miscount,
    /// A room has outdated capabilities of a member.
    ForgetCapabilities,
    /// A nick has a watcher who does not monitor it.
    KeepWatcher,
    /// The number of operators is wrong.
    MiscountModes,
    /// A connection has no deadline.
    ForgetDeadline,
}

/// Returns the message as an error if the condition does not hold.
macro_rules! holds {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}

impl Hub {
    /// Checks all indexes. The error is the message of an assertion in a test: it names the first two
    /// that disagree.
    pub fn check(&self) -> Result<(), String> {
        self.check_nicks()?;
        self.check_counts()?;
        self.check_rooms()?;
        self.check_watchers()?;
        self.check_sessions()
    }

    fn check_sessions(&self) -> Result<(), String> {
        let Some(accounts) = self.accounts.as_deref() else {
            return Ok(());
        };
        for person in self.people.all() {
            let Some(account) = person.account() else {
                continue;
            };
            let is_known = accounts.sessions(&account.key()).any(|id| id == person.id);
            holds!(
                is_known,
                "{:?} is not among the sessions of {account}",
                person.id
            );
        }
        let logged_in = self.people.all().filter(|one| one.account().is_some());
        let (here, known) = (logged_in.count(), accounts.session_count());
        holds!(here == known, "{here} clients are logged in, not {known}");
        Ok(())
    }

    fn check_nicks(&self) -> Result<(), String> {
        for (key, id) in &self.people.nicks {
            let nick = self.people.get(*id).and_then(Person::nick);
            let is_owner = nick.is_some_and(|nick| nick.key() == *key);
            holds!(is_owner, "the nick {key} has no owner");
        }
        for person in self.people.all() {
            let Some(nick) = person.nick() else { continue };
            // Without the password of the server a nick is not reserved.
            if matches!(&person.stage, ConnectionStage::Unregistered(pending) if !pending.has_reserved_nick)
            {
                continue;
            }
            let owner = self.people.owner_of(nick.as_str());
            holds!(owner == Some(person.id), "{nick} is missing from the nicks");
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
            holds!(
                counted == known,
                "{counted} {what}, but the counter is {known}"
            );
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
            holds!(is_it, "the name {key} has no room");
        }
        for (number, room) in &self.rooms.slab {
            let name = &room.name;
            let found = self.rooms.by_name(name.as_str());
            let is_found = found.is_some_and(|found| found.number as usize == number);
            holds!(is_found, "{name} is missing from the names");
            let is_used = !room.members.is_empty() || room.ownership.is_some();
            holds!(is_used, "{name} exists without members");
            for (position, member) in room.members.iter().enumerate() {
                let (id, has) = (member.id, self.capabilities(member.id));
                holds!(
                    has.of_member() == member.has,
                    "{name} has other capabilities for {id:?}"
                );
                let user = self.people.registered(id).ok();
                let membership = user.and_then(|user| user.membership(room.number));
                let believed = membership.map(|one| one.position as usize);
                holds!(
                    believed == Some(position),
                    "{id:?} is in {name} without a membership"
                );
            }
        }
        let rooms_max = self.settings.limits.rooms_per_person as usize;
        for (_, Registered { nick, rooms, .. }) in self.people.all_registered() {
            holds!(rooms.len() <= rooms_max, "{nick} is in too many rooms");
        }
        // Each member has a membership; there must be no memberships besides these.
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
            "{members} members, but {believed} memberships"
        );
        Ok(())
    }

    fn check_watchers(&self) -> Result<(), String> {
        for (key, watchers) in &self.monitors.watchers {
            holds!(!watchers.is_empty(), "{key} is kept without watchers");
            for id in watchers {
                let user = self.people.registered(*id);
                let knows = user.is_ok_and(|user| user.monitoring.contains(key));
                holds!(knows, "{id:?} watches {key} but does not monitor it");
            }
        }
        let watched: usize = self.monitors.watchers.values().map(BTreeSet::len).sum();
        let all = self.people.all_registered();
        let believed: usize = all.map(|(_, user)| user.monitoring.len()).sum();
        holds!(
            watched == believed,
            "{watched} watchers, but {believed} monitored nicks"
        );
        Ok(())
    }

    /// Injects a fault. Returns `false` if this state offers nothing to break.
    pub fn break_on_purpose(&mut self, fault: Fault) -> bool {
        self.try_to_break(fault).is_some()
    }

    fn try_to_break(&mut self, fault: Fault) -> Option<()> {
        let (absent, key) = (
            ConnectionId::new(u32::MAX, u32::MAX),
            FoldedName::of("absent"),
        );
        let some_room = self.rooms.slab.iter_mut().next().map(|(_, room)| room);
        match fault {
            Fault::KeepDeadNick => {
                self.people.nicks.insert(key, absent);
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
                let changed = match member.capabilities().has(Capabilities::SETNAME) {
                    true => Capabilities::NONE,
                    false => Capabilities::SETNAME,
                };
                member.has = changed.of_member();
            }
            Fault::KeepWatcher => {
                let watchers = self.monitors.watchers.entry(key).or_default();
                watchers.insert(absent);
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
