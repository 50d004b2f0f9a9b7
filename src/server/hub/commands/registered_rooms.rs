//! Registered rooms: the status that members get in them, the records that the store keeps of them,
//! and changes of their owners and ranks.

use tracing::info;

use super::accounts::CANNOT_STORE;
use super::room_modes::{ACCOUNT_FLAGS, FLAGS};
use super::services::Service;
use crate::server::hub::error::RoomFault;
use crate::server::hub::registered_room::{
    ACCESS_MAX, RegisteredRoom, RoomAccess, RoomChange, RoomChangeKind, RoomMask, RoomProblem,
    RoomRank, RoomSettings, RoomSnapshot,
};
use crate::server::hub::state::accounts::ReplyForm;
use crate::server::hub::state::rooms::{Masks, RoomOwnership, RoomThrottle};
use crate::server::hub::stored::StoredRecord;
use crate::server::hub::stored::{StoreChange, StoredKind};
use crate::server::hub::{ConnectionId, Hub, Modes, OperatorRight, Registered, Room, Work};
use crate::wire::{FoldedName, Nick, RoomName};

impl Hub {
    /// Adds the registered rooms of the store.
    pub(in crate::server) fn rooms_in(&mut self, rooms: Vec<RegisteredRoom>) {
        for stored in rooms {
            let modes = Modes::of(&stored.settings.letters);
            let created = self
                .rooms
                .create(&stored.name, modes, stored.created, stored.since);
            let is_lobby = self.is_lobby(stored.name.as_str());
            let Some(room) = created.and_then(|number| self.rooms.get_mut(number)) else {
                continue;
            };
            let RoomSettings {
                key,
                limit,
                topic,
                joins,
                wait,
                ..
            } = stored.settings;
            room.topic = topic;
            RoomThrottle::change(room, |throttle| {
                throttle.joins = joins.filter(|_| !is_lobby);
                throttle.wait = wait;
            });
            room.ownership = Some(Box::new(RoomOwnership {
                founder: stored.founder,
                access: stored.access,
                has_changed: false,
            }));
            // Nothing keeps users out of the lobby, which this room may not have been before.
            if is_lobby {
                room.modes.set('i', false);
                room.modes.set('R', false);
            } else {
                (room.key, room.limit) = (key, limit);
            }
            for RoomMask { list, entry } in stored.masks {
                match list {
                    'e' => room.exceptions.0.push(entry),
                    'I' => room.invited.0.push(entry),
                    _ if is_lobby => {}
                    _ => room.bans.0.push(entry),
                }
            }
        }
    }

    /// Asks the store to write the current state of a room, if it is registered.
    pub(super) fn keep_room(&mut self, number: u32, has_new_masks: bool) {
        let has_store = self.store.is_some();
        let Some(room) = self.rooms.get_mut(number) else {
            return;
        };
        let Some(ownership) = &mut room.ownership else {
            return;
        };
        ownership.has_changed = true;
        if has_store {
            let masks = has_new_masks.then(|| masks_of(room));
            let written = masks.as_ref().map_or(0, Vec::len);
            let record = RoomSnapshot {
                name: room.name.clone(),
                settings: settings_of(room),
                masks,
            };
            self.charge(Work::KeptMask, 1 + written);
            self.outbox().keep(StoredRecord::Room(Box::new(record)));
        }
    }

    /// Asks the store to write all rooms that have changed: it may not have got the last changes.
    pub(in crate::server::hub) fn keep_changed_rooms(&mut self) {
        let changed = |room: &Room| room.ownership.as_ref().is_some_and(|one| one.has_changed);
        let numbers = self.rooms.slab.iter().filter(|(_, room)| changed(room));
        let numbers: Vec<_> = numbers.map(|(_, room)| room.number).collect();
        for number in numbers {
            self.keep_room(number, true);
            if let Some(room) = self.rooms.get_mut(number)
                && let Some(ownership) = &mut room.ownership
            {
                ownership.has_changed = false;
            }
        }
    }

    /// The rank of a user in a room.
    pub(super) fn rank_in(&self, user: &Registered, room: &Room) -> Option<RoomRank> {
        let (ownership, account) = (room.ownership.as_ref()?, user.account.as_deref()?);
        self.charge(Work::Entry, ownership.access.len());
        ownership.rank(account.as_str())
    }

    /// Gives a member the status that belongs to the rank of its account. In the lobby only operators
    /// of the server have one.
    pub(super) fn grant_rank(&mut self, id: ConnectionId, number: u32) {
        let user = self.people.registered(id).ok();
        let room = self.rooms.get(number);
        let Some((user, room)) = user.zip(room) else {
            return;
        };
        let letter = match self.rank_in(user, room) {
            Some(RoomRank::Operator) => 'o',
            Some(RoomRank::Voice) => 'v',
            None => return,
        };
        if !self.is_lobby(room.name.as_str()) {
            let source = self.service_source(Service::Chan).to_string();
            self.set_standing(id, number, (letter, true), &source);
        }
    }

    /// The same in all rooms of a user who has logged in.
    pub(super) fn grant_ranks(&mut self, id: ConnectionId) {
        let user = self.people.registered(id);
        let rooms = user.map_or(&[][..], |user| &user.rooms);
        let numbers: Vec<_> = rooms.iter().map(|one| one.room).collect();
        for number in numbers {
            self.grant_rank(id, number);
        }
    }

    /// Gives the members of an account the status of its new rank, and takes any other from them.
    fn sync_rank(&mut self, number: u32, account: &str, rank: Option<RoomRank>) {
        let Some(room) = self.rooms.get(number) else {
            return;
        };
        self.charge(Work::Look, room.members.len());
        if self.is_lobby(room.name.as_str()) {
            return;
        }
        let has_account = |id: &ConnectionId| {
            let user = self.people.registered(*id).ok();
            let own = user.and_then(|user| user.account.as_deref());
            own.is_some_and(|own| FoldedName::same(own.as_str(), account))
        };
        let members = room.members.iter().map(|member| member.id);
        let ids: Vec<_> = members.filter(has_account).collect();
        let source = self.service_source(Service::Chan).to_string();
        for id in ids {
            for (letter, of) in [('o', RoomRank::Operator), ('v', RoomRank::Voice)] {
                self.set_standing(id, number, (letter, rank == Some(of)), &source);
            }
        }
    }

    /// How many rooms belong to an account.
    pub(super) fn count_rooms_of(&self, account: &str) -> usize {
        self.charge(Work::Entry, self.rooms.slab.len());
        let owned = |room: &Room| {
            let ownership = room.ownership.as_ref();
            ownership.is_some_and(|one| one.is_founder(account))
        };
        self.rooms
            .slab
            .iter()
            .filter(|(_, room)| owned(room))
            .count()
    }

    /// A registered room as the store keeps it, with this founder.
    pub(super) fn as_registered(&self, room: &Room, founder: Nick) -> RegisteredRoom {
        RegisteredRoom {
            name: room.name.clone(),
            since: room.since,
            created: room.created,
            founder,
            access: Vec::new(),
            settings: settings_of(room),
            masks: masks_of(room),
        }
    }

    /// Asks the store to write a change of a room, if it can be made.
    pub(super) fn change_room(
        &mut self,
        from: ConnectionId,
        name: RoomName,
        kind: RoomChangeKind,
        form: ReplyForm,
    ) -> Result<(), RoomFault> {
        let accounts = self.accounts.as_deref().ok_or(RoomFault::Unavailable)?;
        self.charge(Work::Entry, accounts.pending.len());
        let problem = |problem| Err(RoomFault::Problem(problem));
        if accounts.is_room_busy(&name) {
            return problem(RoomProblem::Busy);
        }
        let room = self.rooms.by_name(name.as_str());
        let ownership = room.and_then(|room| room.ownership.as_ref());
        match (&kind, ownership) {
            (RoomChangeKind::Register(_), None) => {}
            (RoomChangeKind::Register(_), Some(_)) => return problem(RoomProblem::Registered),
            (_, None) => return problem(RoomProblem::NotRegistered),
            (RoomChangeKind::Founder(account), Some(_))
                if accounts.find(account.as_str()).is_none() =>
            {
                return problem(RoomProblem::NoSuchAccount);
            }
            (RoomChangeKind::Access(account, Some(_)), Some(ownership)) => {
                if accounts.find(account.as_str()).is_none() {
                    return problem(RoomProblem::NoSuchAccount);
                }
                let is_new = ownership.rank(account.as_str()).is_none();
                if is_new && ownership.access.len() >= ACCESS_MAX {
                    return problem(RoomProblem::AccessFull);
                }
            }
            _ => {}
        }
        let change = StoreChange::Room(RoomChange { name, kind });
        self.start_change(from, change, form);
        Ok(())
    }

    /// A change of a room is on disk, or could not be written.
    pub(super) fn room_changed(
        &mut self,
        id: ConnectionId,
        change: RoomChange,
        is_stored: bool,
        form: ReplyForm,
    ) {
        let (name, word) = (change.name, change.kind.word());
        if is_stored {
            info!(room = %name, change = word, "registered room changed");
            let action = format!("room-{word}");
            match form {
                ReplyForm::Administrator => self.audit_administrator(&action, name.as_str()),
                _ if self.has_right(id, OperatorRight::Rooms) => {
                    self.audit(id, &action, name.as_str(), "");
                }
                _ => {}
            }
            self.apply_to_room(&name, change.kind);
        }
        if self.people.get(id).is_none() {
            return;
        }
        let words = match word {
            "register" => format!("{name} is registered now, and you are its founder."),
            "drop" => format!("{name} is no longer registered."),
            _ => format!("{name} was changed."),
        };
        match (form, is_stored) {
            (ReplyForm::Administrator, true) => self.send_outcome(id, Ok(())),
            (ReplyForm::Administrator, false) => self.send_outcome(id, Err(&CANNOT_STORE)),
            (_, true) => self.service_notice(Service::Chan, id, format_args!("{words}")),
            (_, false) => {
                let fault = RoomFault::Unavailable;
                self.service_notice(Service::Chan, id, format_args!("{fault}"));
            }
        }
    }

    fn apply_to_room(&mut self, name: &RoomName, kind: RoomChangeKind) {
        let existing = self.rooms.by_name(name.as_str()).map(|room| room.number);
        match kind {
            RoomChangeKind::Register(stored) => {
                // All members may have left meanwhile.
                let number = existing.or_else(|| {
                    self.rooms_in(vec![(*stored).clone()]);
                    self.rooms.by_name(name.as_str()).map(|room| room.number)
                });
                let Some(number) = number else { return };
                if let Some(room) = self.rooms.get_mut(number) {
                    room.ownership.get_or_insert_with(|| {
                        Box::new(RoomOwnership {
                            founder: stored.founder,
                            access: Vec::new(),
                            has_changed: false,
                        })
                    });
                }
                self.announce_registered(number, true);
                // Its topic or its modes may have changed meanwhile.
                self.keep_room(number, true);
            }
            RoomChangeKind::Drop => {
                if let Some(number) = existing {
                    self.unregister(number);
                }
            }
            RoomChangeKind::Founder(account) => {
                if let Some(number) = existing {
                    self.set_founder(number, account);
                }
            }
            RoomChangeKind::Access(account, rank) => {
                let Some(number) = existing else { return };
                let name = account.as_str();
                let ownership = self
                    .rooms
                    .get_mut(number)
                    .and_then(|room| room.ownership.as_mut());
                let Some(ownership) = ownership else { return };
                let access = &mut ownership.access;
                let place = access
                    .iter()
                    .position(|one| FoldedName::same(one.account.as_str(), name));
                match (place.and_then(|place| access.get_mut(place)), rank, place) {
                    (Some(entry), Some(rank), _) => entry.rank = rank,
                    (_, None, Some(place)) => {
                        access.remove(place);
                    }
                    (_, Some(rank), _) => access.push(RoomAccess {
                        account: account.clone(),
                        rank,
                    }),
                    (_, None, None) => {}
                }
                self.sync_rank(number, name, rank);
            }
        }
    }

    fn set_founder(&mut self, number: u32, account: Nick) {
        let ownership = self
            .rooms
            .get_mut(number)
            .and_then(|room| room.ownership.as_mut());
        if let Some(ownership) = ownership {
            let is_it = |one: &RoomAccess| one.account.key() == account.key();
            ownership.access.retain(|one| !is_it(one));
            ownership.founder = account.clone();
            self.sync_rank(number, account.as_str(), Some(RoomRank::Operator));
        }
    }

    /// Ends the registration of a room. Without members it ends with that.
    fn unregister(&mut self, number: u32) {
        if let Some(room) = self.rooms.get_mut(number) {
            room.ownership = None;
            self.announce_registered(number, false);
            self.rooms.remove_if_unused(number);
        }
    }

    fn announce_registered(&mut self, number: u32, on: bool) {
        let event = self.begin_event();
        if let Some(room) = self.rooms.get(number) {
            let (source, sign) = (
                self.service_source(Service::Chan),
                if on { '+' } else { '-' },
            );
            let line = self.line(format_args!(":{source} MODE {} {sign}r", room.name));
            self.broadcast_to_room(room, self.event_fanout(None, line, event));
            let (source, text) = (source.to_string(), format!(" {sign}r"));
            self.keep_event_of(room, event, StoredKind::Mode, (&source, "", ""), &text);
        }
    }

    /// Takes a removed account out of all rooms: each of its own passes to the first account with
    /// the rank of an operator, and without one it is no longer registered. The store has done the
    /// same.
    pub(super) fn remove_from_rooms(&mut self, account: &Nick) {
        self.charge(Work::Look, self.rooms.slab.len());
        let name = account.as_str();
        let registered = self.rooms.slab.iter().map(|(_, room)| room);
        let registered = registered.filter(|room| room.ownership.is_some());
        let numbers: Vec<_> = registered.map(|room| room.number).collect();
        for number in numbers {
            let room = self.rooms.get_mut(number);
            let Some(ownership) = room.and_then(|room| room.ownership.as_mut()) else {
                continue;
            };
            let is_other = |one: &RoomAccess| !FoldedName::same(one.account.as_str(), name);
            ownership.access.retain(is_other);
            if !ownership.is_founder(name) {
                continue;
            }
            let mut operators = ownership.access.iter();
            let heir = operators.find(|one| one.rank == RoomRank::Operator);
            match heir.map(|heir| heir.account.clone()) {
                Some(heir) => self.set_founder(number, heir),
                None => self.unregister(number),
            }
        }
    }
}

fn settings_of(room: &Room) -> RoomSettings {
    let kept = FLAGS.chars().chain(ACCOUNT_FLAGS.chars());
    let kept = kept.filter(|letter| room.modes.has(*letter));
    RoomSettings {
        letters: kept.collect(),
        key: room.key.clone(),
        limit: room.limit,
        joins: room.throttle.as_ref().and_then(|throttle| throttle.joins),
        wait: room.throttle.as_ref().and_then(|throttle| throttle.wait),
        topic: room.topic.clone(),
    }
}

fn masks_of(room: &Room) -> Vec<RoomMask> {
    let lists = [
        ('b', &room.bans),
        ('e', &room.exceptions),
        ('I', &room.invited),
    ];
    let all = lists.into_iter().flat_map(|(list, Masks(entries))| {
        let entries = entries.iter().cloned();
        entries.map(move |entry| RoomMask { list, entry })
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;
    use crate::server::hub::stored::{MessageId, StoreInfo, StoreState, StoreTag, StoredRecord};
    use crate::server::hub::{HubSettings, HubTime, Outbox};
    use crate::wire::Line;

    /// The topics in what a step stores, and the number of masks if they have changed.
    fn stored(outbox: &mut Outbox) -> Vec<(Option<String>, Option<usize>)> {
        let records = outbox.take_stored().into_iter();
        let rooms = records.filter_map(|record| match record {
            StoredRecord::Room(room) => Some(*room),
            _ => None,
        });
        let rooms = rooms.map(|room| {
            let topic = room.settings.topic.map(|topic| topic.text.into_string());
            (topic, room.masks.map(|masks| masks.len()))
        });
        let rooms = rooms.collect();
        outbox.clear();
        rooms
    }

    #[test]
    fn changes_are_stored_with_their_step_and_again_when_the_disk_has_refused_them() {
        let (now, alice) = (HubTime::default(), ConnectionId::new(0, 0));
        let mut hub = Hub::new(HubSettings::default(), now);
        hub.store_in(StoreInfo {
            tag: StoreTag::from_random([0; 4]),
            last: MessageId::default(),
            keep_days: None,
        });
        let room = |name| RegisteredRoom {
            name: RoomName::parse(name).unwrap(),
            since: MessageId(1),
            created: Duration::ZERO,
            founder: Nick::parse("dora").unwrap(),
            access: Vec::new(),
            settings: RoomSettings::default(),
            masks: Vec::new(),
        };
        hub.rooms_in(vec![room("#a"), room("#b")]);
        let mut outbox = Outbox::default();
        hub.connected(alice, Ipv4Addr::LOCALHOST.into(), now, &mut outbox);
        let mut say = |hub: &mut Hub, line: &str| {
            hub.received(alice, Line::Whole(line.as_bytes()), now, &mut outbox);
            hub.check().unwrap();
            stored(&mut outbox)
        };
        for line in ["NICK alice", "USER a 0 * :a", "JOIN #a,#b,#c"] {
            assert_eq!(say(&mut hub, line), [], "{line}");
        }
        let topic = |text: &str| Some(text.to_owned());
        assert_eq!(say(&mut hub, "TOPIC #a :one"), [(topic("one"), None)]);
        assert_eq!(say(&mut hub, "TOPIC #c :one"), []);
        assert_eq!(say(&mut hub, "TOPIC #a"), []);
        assert_eq!(say(&mut hub, "MODE #a b"), []);
        // The rooms stay without members.
        assert_eq!(say(&mut hub, "PART #a,#b"), []);
        assert_eq!(say(&mut hub, "JOIN #a"), []);
        let mut outbox = Outbox::default();
        hub.store_changed(StoreState::Refusing, now, &mut outbox);
        assert_eq!(stored(&mut outbox), []);
        hub.received(alice, Line::Whole(b"TOPIC #a :two"), now, &mut outbox);
        assert_eq!(stored(&mut outbox), [(topic("two"), None)]);
        for again in [vec![(topic("two"), Some(0))], Vec::new()] {
            hub.store_changed(StoreState::Refusing, now, &mut outbox);
            outbox.clear();
            hub.store_changed(StoreState::Ready, now, &mut outbox);
            assert_eq!(stored(&mut outbox), again);
        }
    }
}
