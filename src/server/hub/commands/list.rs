//! The list of rooms and its conditions: LIST. RFC 2812, 3.2.6; Modern IRC, ELIST.

use std::time::Duration;

use crate::server::hub::state::masks::wildcards;
use crate::server::hub::{
    CommandResult, ConnectionId, Hub, Rejection, Reply, Room, Truncated, Work,
};
use crate::wire::mask::Subject;

impl Hub {
    pub(super) fn list<'a>(
        &mut self,
        from: ConnectionId,
        filter: Option<&'a str>,
    ) -> CommandResult<'a> {
        let filter = filter.unwrap_or("*");
        let is_plain = |text: &str| text.starts_with('#') && !text.contains(['*', '?']);
        let named = self.targets(filter, "LIST")?;
        if filter.split(',').all(is_plain) {
            self.reply_about(from, Reply::ListStart, "Channel");
            let rooms = named.filter_map(|name| self.rooms.by_name(name));
            self.send_rooms(from, filter, rooms);
        } else if let Some(mask) = filter.split(',').find(|one| self.is_costly(one)) {
            self.send_rejection(
                from,
                Rejection::BadMask(mask, self.settings.limits.mask_wildcards),
            );
        } else {
            let conditions: Vec<_> = named.map(ListCondition::read).collect();
            self.reply_about(from, Reply::ListStart, "Channel");
            let rooms = self.rooms.slab.iter().map(|(_, room)| room);
            self.send_rooms(
                from,
                filter,
                rooms.filter(|room| self.are_met(&conditions, room)),
            );
        }
        self.reply(from, Reply::ListEnd);
        Ok(())
    }

    /// Whether a mask has more wildcards than masks can have.
    pub(super) fn is_costly(&self, mask: &str) -> bool {
        wildcards(mask) > self.settings.limits.mask_wildcards as usize
    }

    /// Whether a room is as all conditions want it; of several masks one is enough.
    fn are_met(&self, conditions: &[ListCondition<'_>], room: &Room) -> bool {
        self.charge(Work::Look, 1);
        self.charge(Work::Entry, conditions.len());
        self.compare(room.name.as_str(), |name| {
            let (mut has_mask, mut fits) = (false, false);
            for condition in conditions {
                match condition {
                    ListCondition::Called(_) if fits => {}
                    ListCondition::Called(_) => {
                        has_mask = true;
                        fits = condition.holds(room, name, self.now.unix);
                    }
                    _ if condition.holds(room, name, self.now.unix) => {}
                    _ => return false,
                }
            }
            fits || !has_mask
        })
    }

    /// Tells of these rooms, as far as they are shown and there is room in one answer.
    fn send_rooms<'r>(
        &self,
        to: ConnectionId,
        filter: &str,
        rooms: impl Iterator<Item = &'r Room>,
    ) {
        let most = self.settings.limits.matches as usize;
        let rooms = rooms.filter(|room| !room.members.is_empty() && self.is_visible(to, room));
        for (room, told_before) in rooms.zip(0..) {
            if told_before == most {
                return self.reply_about(to, Reply::TooManyMatches, Truncated(filter));
            }
            let topic = room.topic.as_ref().map_or("", |topic| &topic.text);
            let rest = format_args!("{} {} :{topic}", room.name, room.members.len());
            self.reply_with(to, Reply::List, rest);
        }
    }
}

/// A condition of `LIST`. ELIST in Modern IRC, "RPL_ISUPPORT parameters".
#[derive(Debug, Clone, Copy)]
enum ListCondition<'a> {
    /// `>3` or `<3`: more or fewer members.
    People { below: bool, bound: u64 },
    /// `C<3` or `C>3`: created less than `bound` minutes ago, or not.
    Made { below: bool, bound: u64 },
    /// `T<3` or `T>3`: topic set less than `bound` minutes ago, or not.
    About { below: bool, bound: u64 },
    /// `!mask`: the name does not match.
    NotCalled(&'a str),
    /// Anything else: the name matches.
    Called(&'a str),
}

impl<'a> ListCondition<'a> {
    fn read(text: &'a str) -> Self {
        match bound(text) {
            Some(("", below, bound)) => Self::People { below, bound },
            Some(("C", below, bound)) => Self::Made { below, bound },
            Some(("T", below, bound)) => Self::About { below, bound },
            _ => text
                .strip_prefix('!')
                .map_or(Self::Called(text), Self::NotCalled),
        }
    }

    fn holds(self, room: &Room, name: &mut Subject<'_>, now: Duration) -> bool {
        let minutes = |then: Duration| now.saturating_sub(then).as_secs() / 60;
        let people = room.members.len() as u64;
        // For `C` and `T`, `>` includes the bound: `C>0` matches each room and `C<0` none.
        match self {
            Self::People { below: true, bound } => people < bound,
            Self::People {
                below: false,
                bound,
            } => people > bound,
            Self::Made { below, bound } => (minutes(room.created) < bound) == below,
            Self::About { below, bound } => {
                let topic = room.topic.as_ref();
                topic.is_some_and(|topic| (minutes(topic.time) < bound) == below)
            }
            Self::NotCalled(mask) => !name.matches(mask),
            Self::Called(mask) => name.matches(mask),
        }
    }
}

/// The compared value, whether it must be below the bound, and the bound.
fn bound(condition: &str) -> Option<(&str, bool, u64)> {
    let (what, bound) = condition.split_at(condition.find(['<', '>'])?);
    let (sign, number) = bound.split_at(1);
    Some((what, sign == "<", number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::registered_room::Topic;
    use crate::server::hub::state::rooms::Rooms;
    use crate::server::hub::stored::MessageId;
    use crate::server::hub::{Capabilities, ConnectionId, Modes, RoomMember};
    use crate::wire::RoomName;

    #[test]
    fn each_condition_compares_its_own_value() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let (name, mut rooms) = (RoomName::parse("#alps").unwrap(), Rooms::default());
        let number = rooms
            .create(&name, Modes::default(), minutes(10), MessageId::default())
            .unwrap();
        let room = rooms.get_mut(number).unwrap();
        let member = |index| RoomMember {
            id: ConnectionId::new(index, 0),
            has: Capabilities::NONE.of_member(),
            operator: false,
            voice: false,
        };
        room.members = vec![member(0), member(1)];
        let now = minutes(15);
        let holds = |condition, room: &Room, now| {
            let mut name = Subject::new(room.name.as_str());
            ListCondition::read(condition).holds(room, &mut name, now)
        };
        assert!(!holds("T>0", room, now) && !holds("T<9", room, now));
        room.topic = Some(Topic {
            text: "about".into(),
            setter: "a!b@c".into(),
            time: minutes(14),
        });
        for (condition, is_so) in [
            (">1", true),
            (">2", false),
            ("<2", false),
            ("<3", true),
            ("C>5", true),
            ("C>6", false),
            ("C<5", false),
            ("C<6", true),
            ("C>0", true),
            ("C<0", false),
            ("T>1", true),
            ("T<1", false),
            ("T<2", true),
            ("#a*", true),
            ("!#a*", false),
            ("!*b*", true),
            // A condition without a number is a mask.
            (">-1", false),
            ("!>-1", true),
            ("C", false),
            ("C>x", false),
        ] {
            assert_eq!(holds(condition, room, now), is_so, "{condition}");
        }
    }
}
