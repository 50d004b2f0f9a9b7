//! Which rooms there are: LIST, and the conditions it can have. RFC 2812, 3.2.6; Modern IRC, ELIST.

use std::time::Duration;

use super::mask;
use super::{ConnectionId, Done, Echo, Hub, Reply, Room};

/// What a room has to be like to be in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    /// Called like this mask, or not like it.
    Name { mask: &'a str, is: bool },
    /// With more or fewer members than that.
    Members { bound: u64, above: bool },
    /// Made more or fewer minutes ago than that.
    Created { minutes: u64, above: bool },
    /// With a topic set more or fewer minutes ago than that.
    Topic { minutes: u64, above: bool },
}

impl<'a> Condition<'a> {
    fn of(text: &'a str) -> Self {
        let bound = |text: &str| match text.split_at_checked(1)? {
            ("<", number) => Some((number.parse().ok()?, false)),
            (">", number) => Some((number.parse().ok()?, true)),
            _ => None,
        };
        let behind = |letter| text.strip_prefix(letter).and_then(bound);
        if let Some((bound, above)) = bound(text) {
            Self::Members { bound, above }
        } else if let Some((minutes, above)) = behind('C') {
            Self::Created { minutes, above }
        } else if let Some((minutes, above)) = behind('T') {
            Self::Topic { minutes, above }
        } else if let Some(mask) = text.strip_prefix('!') {
            Self::Name { mask, is: false }
        } else {
            Self::Name {
                mask: text,
                is: true,
            }
        }
    }

    fn holds(self, room: &Room, now: Duration) -> bool {
        let ago = |then: Duration, minutes: u64, above: bool| {
            let bound = Duration::from_secs(minutes.saturating_mul(60));
            // At least that long ago is not less: `C>0` is everything, and `C<0` nothing.
            (now.saturating_sub(then) >= bound) == above
        };
        match self {
            Self::Name { mask, is } => mask::fits(mask, room.name.as_str()) == is,
            Self::Members { bound, above } => match (room.members.len() as u64).cmp(&bound) {
                std::cmp::Ordering::Less => !above,
                std::cmp::Ordering::Equal => false,
                std::cmp::Ordering::Greater => above,
            },
            Self::Created { minutes, above } => ago(room.created, minutes, above),
            Self::Topic { minutes, above } => {
                let topic = room.topic.as_ref();
                topic.is_some_and(|topic| ago(topic.time, minutes, above))
            }
        }
    }
}

impl Hub {
    pub(super) fn list<'a>(&mut self, from: ConnectionId, filter: Option<&'a str>) -> Done<'a> {
        let filter = filter.unwrap_or("*");
        let is_plain = |text: &str| text.starts_with('#') && !text.contains(['*', '?']);
        let named = self.targets(filter, "LIST")?;
        self.reply_about(from, Reply::ListStart, "Channel");
        let mut found: Vec<&Room> = if filter.split(',').all(is_plain) {
            named.filter_map(|name| self.rooms.called(name)).collect()
        } else {
            let conditions: Vec<_> = named.map(Condition::of).collect();
            let holds = |room: &Room| conditions.iter().all(|one| one.holds(room, self.now.unix));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_known_by_its_first_letters() {
        for (text, condition) in [
            (
                "<3",
                Condition::Members {
                    bound: 3,
                    above: false,
                },
            ),
            (
                ">0",
                Condition::Members {
                    bound: 0,
                    above: true,
                },
            ),
            (
                "C>5",
                Condition::Created {
                    minutes: 5,
                    above: true,
                },
            ),
            (
                "T<1",
                Condition::Topic {
                    minutes: 1,
                    above: false,
                },
            ),
            (
                "!#a*",
                Condition::Name {
                    mask: "#a*",
                    is: false,
                },
            ),
            (
                "*a*",
                Condition::Name {
                    mask: "*a*",
                    is: true,
                },
            ),
            (
                ">-1",
                Condition::Name {
                    mask: ">-1",
                    is: true,
                },
            ),
            (
                "C",
                Condition::Name {
                    mask: "C",
                    is: true,
                },
            ),
        ] {
            assert_eq!(Condition::of(text), condition, "{text}");
        }
    }
}
