//! Which rooms there are: LIST, and the conditions it can have. RFC 2812, 3.2.6; Modern IRC, ELIST.

use std::time::Duration;

use crate::server::hub::state::masks;
use crate::server::hub::{ConnectionId, Done, Echo, Hub, Reply, Room};

impl Hub {
    pub(in crate::server::hub) fn list<'a>(
        &mut self,
        from: ConnectionId,
        filter: Option<&'a str>,
    ) -> Done<'a> {
        let filter = filter.unwrap_or("*");
        let is_plain = |text: &str| text.starts_with('#') && !text.contains(['*', '?']);
        let named = self.targets(filter, "LIST")?;
        self.reply_about(from, Reply::ListStart, "Channel");
        let mut found: Vec<&Room> = if filter.split(',').all(is_plain) {
            named.filter_map(|name| self.rooms.called(name)).collect()
        } else {
            let conditions: Vec<_> = named.collect();
            let holds = |room: &Room| conditions.iter().all(|one| holds(one, room, self.now.unix));
            self.watch.looked_at.set(self.rooms.slab.len());
            let rooms = self.rooms.slab.iter().map(|(_, room)| room);
            rooms.filter(|room| holds(room)).collect()
        };
        found.retain(|room| self.is_visible(from, room));
        let most = self.settings.limits.matches as usize;
        for room in found.iter().take(most) {
            let topic = room.topic.as_ref().map_or("", |topic| &topic.text);
            let rest = format_args!("{} {} :{topic}", room.name, room.members.len());
            self.reply_with(from, Reply::List, rest);
        }
        if found.len() > most {
            self.reply_about(from, Reply::TooManyMatches, Echo(filter));
        }
        self.reply(from, Reply::ListEnd);
        Ok(())
    }
}

/// Whether a room is as a condition wants it: `>3` with more people than that, `C<3` made and `T<3`
/// with a topic set less than so many minutes ago, and the other way round; everything else is a
/// mask for its name, or behind `!` for what it is not called.
fn holds(condition: &str, room: &Room, now: Duration) -> bool {
    let minutes = |then: Duration| now.saturating_sub(then).as_secs() / 60;
    let topic = room.topic.as_ref();
    // At least that long ago is not less: `C>0` is everything, and `C<0` nothing.
    match bound(condition) {
        Some(("", true, bound)) => (room.members.len() as u64) < bound,
        Some(("", false, bound)) => room.members.len() as u64 > bound,
        Some(("C", below, bound)) => (minutes(room.created) < bound) == below,
        Some(("T", below, bound)) => topic.is_some_and(|one| (minutes(one.time) < bound) == below),
        _ => match condition.strip_prefix('!') {
            Some(mask) => !masks::fits(mask, room.name.as_str()),
            None => masks::fits(condition, room.name.as_str()),
        },
    }
}

/// What is bounded, whether it is to be below the bound or above it, and the bound.
fn bound(condition: &str) -> Option<(&str, bool, u64)> {
    let (what, bound) = condition.split_at(condition.find(['<', '>'])?);
    let (sign, number) = bound.split_at(1);
    Some((what, sign == "<", number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::state::rooms::{Rooms, Topic};
    use crate::server::hub::{Capabilities, ConnectionId, Member, Modes};
    use crate::wire::RoomName;

    #[test]
    fn each_condition_is_about_something_else() {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        let (name, mut rooms) = (RoomName::parse("#alps").unwrap(), Rooms::default());
        let number = rooms.create(&name, Modes::default(), minutes(10)).unwrap();
        let room = rooms.get_mut(number).unwrap();
        let member = |index| Member {
            id: ConnectionId::new(index, 0),
            capabilities: Capabilities::NONE,
            operator: false,
            voice: false,
        };
        room.members = vec![member(0), member(1)];
        let now = minutes(15);
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
            // What has no number is a mask.
            (">-1", false),
            ("!>-1", true),
            ("C", false),
            ("C>x", false),
        ] {
            assert_eq!(holds(condition, room, now), is_so, "{condition}");
        }
    }
}
