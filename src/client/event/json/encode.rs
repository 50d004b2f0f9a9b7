//! What happened, as a record.

use super::{DetailsRecord, Kind, Record, RoomRecord, Stamp};
use crate::client::event::{Event, Fate, Manner, explain, is_room};

impl Record {
    /// What happened, as a record; nothing for what only concerns whoever sits here.
    pub fn of(event: &Event, unix_seconds: i64, stamp: &Stamp) -> Option<Self> {
        let blank = |kind| Self::blank(kind, unix_seconds, stamp);
        let some = |text: &String| Some(text.clone());
        Some(match event {
            Event::Said {
                room,
                nick,
                text,
                manner,
                own,
                mention,
            } => Self {
                room: some(room),
                nick: some(nick),
                text: some(text),
                manner: manner_name(*manner),
                own: *own,
                mention: *mention,
                ..blank(Kind::Message)
            },
            Event::Whispered {
                nick,
                text,
                manner,
                own,
            } => Self {
                nick: some(nick),
                text: some(text),
                manner: manner_name(*manner),
                own: *own,
                ..blank(Kind::Whisper)
            },
            Event::Sent {
                target,
                nick,
                text,
                manner,
                fate,
                stamp,
                ..
            } => {
                let to_room = is_room(target);
                let kind = match to_room {
                    true => Kind::Message,
                    false => Kind::Whisper,
                };
                Self {
                    room: Some(target).filter(|_| to_room).cloned(),
                    nick: some(if to_room { nick } else { target }),
                    text: some(text),
                    manner: manner_name(*manner),
                    own: true,
                    fate: Some(fate_name(*fate).to_owned()),
                    ..Self::blank(kind, unix_seconds, stamp)
                }
            }
            Event::Entered {
                room, nick, others, ..
            } => Self {
                room: some(room),
                nick: some(nick),
                people: others.clone(),
                own: true,
                ..blank(Kind::Join)
            },
            Event::Joined { room, nick } => Self {
                room: some(room),
                nick: some(nick),
                ..blank(Kind::Join)
            },
            Event::Departed { room } => Self {
                room: some(room),
                own: true,
                ..blank(Kind::Part)
            },
            Event::Left { room, nick, reason } => Self {
                room: some(room),
                nick: some(nick),
                text: reason.clone(),
                ..blank(Kind::Part)
            },
            Event::Kicked {
                room,
                nick,
                by,
                reason,
                own,
            } => Self {
                room: some(room),
                nick: some(by),
                other: some(nick),
                text: reason.clone(),
                own: *own,
                ..blank(Kind::Kick)
            },
            Event::Quit { nick, reason } => Self {
                nick: some(nick),
                text: reason.clone(),
                ..blank(Kind::Quit)
            },
            Event::Renamed { from, to, own } => Self {
                nick: some(from),
                other: some(to),
                own: *own,
                ..blank(Kind::Rename)
            },
            Event::Topic { room, topic, .. } => Self {
                room: some(room),
                text: topic.clone(),
                ..blank(Kind::Topic)
            },
            Event::TopicChanged { room, nick, topic } => Self {
                room: some(room),
                nick: some(nick),
                text: some(topic),
                ..blank(Kind::Topic)
            },
            Event::ModeChanged { target, by, change } => Self {
                room: Some(target).filter(|target| is_room(target)).cloned(),
                other: Some(target).filter(|target| !is_room(target)).cloned(),
                nick: some(by),
                text: some(change),
                ..blank(Kind::Mode)
            },
            Event::Modes {
                target, modes, own, ..
            } => Self {
                room: Some(target).filter(|_| !own).cloned(),
                other: Some(target).filter(|_| *own).cloned(),
                text: some(modes),
                own: *own,
                ..blank(Kind::Mode)
            },
            Event::Rooms { rooms } => Self {
                rooms: rooms.iter().map(RoomRecord::of).collect(),
                own: true,
                ..blank(Kind::Rooms)
            },
            Event::Listed { rooms } => Self {
                rooms: rooms.iter().map(RoomRecord::of).collect(),
                ..blank(Kind::Rooms)
            },
            Event::Whois { details } => Self {
                nick: some(&details.nick),
                details: Some(Box::new(DetailsRecord::of(details))),
                ..blank(Kind::Whois)
            },
            Event::Note { words } | Event::Answer { words } => Self {
                text: some(words),
                ..blank(Kind::Note)
            },
            Event::Invited { room, by } => Self {
                room: some(room),
                nick: some(by),
                ..blank(Kind::Invite)
            },
            Event::Names { room, nicks } => Self {
                room: some(room),
                people: nicks.clone(),
                ..blank(Kind::Names)
            },
            Event::Who { room, people } => Self {
                room: some(room),
                people: people.iter().map(|person| person.nick.clone()).collect(),
                ..blank(Kind::Names)
            },
            Event::Away { nick, message } => Self {
                nick: some(nick),
                text: some(message),
                ..blank(Kind::Away)
            },
            Event::OwnAway { away: true } => Self {
                own: true,
                ..blank(Kind::Away)
            },
            Event::ServerSaid { text, .. } => Self {
                text: some(text),
                ..blank(Kind::Server)
            },
            Event::ServerLost {
                why, still: false, ..
            } => Self {
                text: some(why),
                ..blank(Kind::Lost)
            },
            Event::ServerBack => blank(Kind::Back),
            Event::Refused {
                number,
                parameters,
                command,
                ..
            } => Self {
                text: Some(explain::refusal_of(*number, parameters, command.as_deref())),
                ..blank(Kind::Refused)
            },
            Event::Unsendable { words, .. } => Self {
                text: some(words),
                ..blank(Kind::Refused)
            },
            _ => return None,
        })
    }
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Delivered => "delivered",
        Fate::Refused => "refused",
        Fate::Unknown => "unknown",
        Fate::Unsent => "unsent",
    }
}

fn manner_name(manner: Manner) -> Option<String> {
    match manner {
        Manner::Text => None,
        Manner::Action => Some("action".to_owned()),
        Manner::Notice => Some("notice".to_owned()),
    }
}
