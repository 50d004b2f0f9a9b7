//! The table of rooms. Member lists of rooms and memberships of users change together here.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use slab::Slab;

use super::masks::{MUTE, UserSubject};
use crate::server::hub::registered_room::{MaskEntry, RoomAccess, RoomRank, Topic};
use crate::server::hub::stored::MessageId;
use crate::server::hub::{
    Capabilities, CommandResult, ConnectionId, Invitation, MemberCapabilities, Membership, Modes,
    People, Rejection,
};
use crate::wire::{FoldedName, Nick, RoomName};

/// A room with at least one member, or a registered one.
#[derive(Debug)]
pub(crate) struct Room {
    pub(in crate::server::hub) name: RoomName,
    /// Its slot.
    pub(in crate::server::hub) number: u32,
    /// Distinguishes it from all earlier rooms.
    pub(super) serial: u64,
    /// When it was created, as Unix time.
    pub(in crate::server::hub) created: Duration,
    /// The last message id at that time: older messages belong to earlier rooms of this name.
    pub(in crate::server::hub) since: MessageId,
    pub(in crate::server::hub) topic: Option<Topic>,
    pub(in crate::server::hub) members: Vec<RoomMember>,
    /// The modes that have no parameter.
    pub(in crate::server::hub) modes: Modes,
    pub(in crate::server::hub) key: Option<Box<str>>,
    pub(in crate::server::hub) limit: Option<u32>,
    pub(in crate::server::hub) bans: Masks,
    pub(in crate::server::hub) exceptions: Masks,
    pub(in crate::server::hub) invited: Masks,
    /// The founder and the ranks, if it is registered.
    pub(in crate::server::hub) ownership: Option<Box<RoomOwnership>>,
    /// How joins and messages are slowed down, if they are.
    pub(in crate::server::hub) throttle: Option<Box<RoomThrottle>>,
}

/// How joins and messages of a room are slowed down: the modes `j` and `W`.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct RoomThrottle {
    /// How many users may join in how many seconds.
    pub(in crate::server::hub) joins: Option<(u32, u32)>,
    /// When the first of the latest users joined, and how many there were since.
    joined: Cell<(Duration, u32)>,
    /// How many seconds a member without voice has to wait between two messages.
    pub(in crate::server::hub) wait: Option<u32>,
    /// When the members have talked, in a cell because messages are sent while rooms are borrowed.
    talked: RefCell<BTreeMap<ConnectionId, Duration>>,
}

impl RoomThrottle {
    /// Changes it, and returns what the change does. A room without limits has none of it.
    pub(in crate::server::hub) fn change<T>(
        room: &mut Room,
        change: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let throttle = room.throttle.get_or_insert_default();
        let outcome = change(throttle);
        if throttle.wait.is_none() {
            throttle.talked.take();
        }
        if throttle.joins.is_none() && throttle.wait.is_none() {
            room.throttle = None;
        }
        outcome
    }

    /// Counts a user who wants to join, and returns whether the user may.
    pub(in crate::server::hub) fn may_join(&self, now: Duration) -> bool {
        let Some((most, seconds)) = self.joins else {
            return true;
        };
        let (since, count) = self.joined.get();
        let is_new = count == 0 || now >= since + Duration::from_secs(seconds.into());
        let (since, count) = if is_new { (now, 0) } else { (since, count) };
        let may = count < most;
        self.joined.set((since, count + u32::from(may)));
        may
    }

    /// How many seconds a member still has to wait before the next message.
    pub(in crate::server::hub) fn wait_of(&self, id: ConnectionId, now: Duration) -> Option<u64> {
        let wait = Duration::from_secs(self.wait?.into());
        let at = *self.talked.borrow().get(&id)? + wait;
        let left = at.checked_sub(now).filter(|left| !left.is_zero())?;
        Some(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }

    /// Records a message of a member.
    pub(in crate::server::hub) fn talked(&self, id: ConnectionId, now: Duration) {
        if let Some(wait) = self.wait {
            let wait = Duration::from_secs(wait.into());
            let mut talked = self.talked.borrow_mut();
            talked.retain(|_, at| *at + wait > now);
            talked.insert(id, now);
        }
    }
}

/// The founder and the ranks of a registered room.
#[derive(Debug)]
pub(in crate::server::hub) struct RoomOwnership {
    /// The account that owns it.
    pub(in crate::server::hub) founder: Nick,
    /// The other accounts with a rank, in the order in which they got one.
    pub(in crate::server::hub) access: Vec<RoomAccess>,
    /// Whether its modes, topic or masks have changed since the store was known to have them.
    pub(in crate::server::hub) has_changed: bool,
}

impl RoomOwnership {
    /// The rank of an account; the founder has that of an operator.
    pub(in crate::server::hub) fn rank(&self, account: &str) -> Option<RoomRank> {
        if self.is_founder(account) {
            return Some(RoomRank::Operator);
        }
        let mut access = self.access.iter();
        let entry = access.find(|one| FoldedName::same(one.account.as_str(), account));
        entry.map(|entry| entry.rank)
    }

    pub(in crate::server::hub) fn is_founder(&self, account: &str) -> bool {
        FoldedName::same(self.founder.as_str(), account)
    }
}

/// A list of masks for `nick!user@host`.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Masks(pub(in crate::server::hub) Vec<MaskEntry>);

impl Masks {
    pub(in crate::server::hub) fn matches(&self, source: &mut UserSubject<'_>) -> bool {
        self.0.iter().any(|entry| source.matches(&entry.mask))
    }

    /// The same, with `m:` masks, which only mute and otherwise never match.
    fn matches_mute(&self, source: &mut UserSubject<'_>) -> bool {
        let mut masks = self.0.iter().map(|entry| &*entry.mask);
        masks.any(|mask| source.matches(mask.strip_prefix(MUTE).unwrap_or(mask)))
    }
}

/// A member of a room. Fan-out reads nothing else per recipient, so the capabilities are copied
/// here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server::hub) struct RoomMember {
    pub(in crate::server::hub) id: ConnectionId,
    pub(in crate::server::hub) has: MemberCapabilities,
    pub(in crate::server::hub) operator: bool,
    pub(in crate::server::hub) voice: bool,
}

impl RoomMember {
    /// The capabilities that matter for lines to the room.
    #[inline]
    pub(in crate::server::hub) fn capabilities(&self) -> Capabilities {
        self.has.into()
    }

    /// Whether the member may talk in a moderated room and in spite of a ban.
    pub(in crate::server::hub) fn has_voice(&self) -> bool {
        self.operator || self.voice
    }

    /// The prefixes before the nick in a list: all of them, or the highest.
    pub(in crate::server::hub) fn prefix(self, all: bool) -> &'static str {
        match (self.operator, self.voice) {
            (true, true) if all => "@+",
            (true, _) => "@",
            (false, true) => "+",
            (false, false) => "",
        }
    }
}

impl Room {
    /// Whether a ban mutes this user.
    pub(in crate::server::hub) fn is_muted(&self, source: &mut UserSubject<'_>) -> bool {
        self.bans.matches_mute(source) && !self.exceptions.matches_mute(source)
    }

    /// Whether a ban keeps this user out.
    pub(in crate::server::hub) fn is_banned(&self, source: &mut UserSubject<'_>) -> bool {
        self.bans.matches(source) && !self.exceptions.matches(source)
    }

    /// An invitation to this room.
    pub(in crate::server::hub) fn invitation(&self) -> Invitation {
        Invitation {
            room: self.number,
            serial: self.serial,
        }
    }

    pub(in crate::server::hub) fn member(&self, membership: Membership) -> Option<&RoomMember> {
        self.members.get(membership.position as usize)
    }

    pub(in crate::server::hub) fn member_mut(
        &mut self,
        membership: Membership,
    ) -> Option<&mut RoomMember> {
        self.members.get_mut(membership.position as usize)
    }
}

/// All rooms. A room exists as long as it has a member or is registered.
#[derive(Debug, Default)]
pub(in crate::server::hub) struct Rooms {
    pub(in crate::server::hub) slab: Slab<Room>,
    /// Never iterated, so its order cannot affect the output.
    pub(in crate::server::hub) numbers: HashMap<FoldedName, u32>,
    /// Number of rooms created so far.
    serial: u64,
}

impl Rooms {
    pub(in crate::server::hub) fn count(&self) -> usize {
        self.slab.len()
    }

    pub(in crate::server::hub) fn get(&self, number: u32) -> Option<&Room> {
        self.slab.get(number as usize)
    }

    pub(in crate::server::hub) fn get_mut(&mut self, number: u32) -> Option<&mut Room> {
        self.slab.get_mut(number as usize)
    }

    /// The room with this name, or an error.
    pub(in crate::server::hub) fn find<'a>(&self, name: &'a str) -> CommandResult<'a, &Room> {
        self.by_name(name).ok_or(Rejection::NoSuchRoom(name))
    }

    pub(in crate::server::hub) fn by_name(&self, name: &str) -> Option<&Room> {
        self.get(*self.numbers.get(&*FoldedName::folded(name))?)
    }

    /// Adds a user who is not a member to a room.
    pub(in crate::server::hub) fn enter(
        &mut self,
        number: u32,
        member: RoomMember,
        people: &mut People,
    ) -> Option<()> {
        let room = self.slab.get_mut(number as usize)?;
        let user = people.registered_mut(member.id).ok()?;
        user.invitations.retain(|one| one.room != number);
        debug_assert!(user.membership(number).is_none(), "in a room twice");
        user.rooms.push(Membership {
            room: number,
            position: u32::try_from(room.members.len()).ok()?,
        });
        room.members.push(member);
        Some(())
    }

    /// Releases the memory of rooms that no longer exist.
    pub(in crate::server::hub) fn shrink(&mut self) {
        self.slab.shrink_to_fit();
        self.numbers.shrink_to_fit();
    }

    /// Creates an empty room, which a user must enter in the same step if it is not registered.
    pub(in crate::server::hub) fn create(
        &mut self,
        name: &RoomName,
        modes: Modes,
        now: Duration,
        since: MessageId,
    ) -> Option<u32> {
        self.serial += 1;
        let number = u32::try_from(self.slab.vacant_key()).ok()?;
        self.slab.insert(Room {
            name: name.clone(),
            number,
            serial: self.serial,
            created: now,
            since,
            topic: None,
            members: Vec::new(),
            modes,
            key: None,
            limit: None,
            bans: Masks::default(),
            exceptions: Masks::default(),
            invited: Masks::default(),
            ownership: None,
            throttle: None,
        });
        self.numbers.insert(name.key(), number);
        Some(number)
    }

    /// Removes a user from a room. The last member in its list moves to the free position, and a
    /// room without members is removed, unless it is registered.
    pub(in crate::server::hub) fn leave(
        &mut self,
        number: u32,
        id: ConnectionId,
        people: &mut People,
    ) {
        let room = self.slab.get_mut(number as usize);
        let (Ok(user), Some(room)) = (people.registered_mut(id), room) else {
            return;
        };
        let Some(at) = user.rooms.iter().position(|one| one.room == number) else {
            return;
        };
        let position = user.rooms.swap_remove(at).position;
        room.members.swap_remove(position as usize);
        if let Some(moved) = room.members.get(position as usize)
            && let Ok(user) = people.registered_mut(moved.id)
            && let Some(membership) = user.rooms.iter_mut().find(|one| one.room == number)
        {
            membership.position = position;
        }
        self.remove_if_unused(number);
    }

    /// Removes a room that has no members and is not registered.
    pub(in crate::server::hub) fn remove_if_unused(&mut self, number: u32) {
        let room = self.slab.get(number as usize);
        if let Some(room) = room.filter(|room| room.members.is_empty() && room.ownership.is_none())
        {
            self.numbers
                .remove(&*FoldedName::folded(room.name.as_str()));
            self.slab.remove(number as usize);
        }
    }
}
