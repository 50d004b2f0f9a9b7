//! What happened, as a record.

use super::{MessageTags, Record, RecordKind, RoomRecord, WhoisRecord};
use crate::client::event::{DeliveryStatus, Event, MessageKind, explain, is_room};

impl Record {
    /// What happened, as a record; nothing for what only concerns whoever sits here.
    pub fn of(event: &Event, unix_seconds: i64, stamp: &MessageTags) -> Option<Self> {
        let blank = |kind| Self::blank(kind, unix_seconds, stamp);
        let some = |text: &String| Some(text.clone());
        Some(match event {
            Event::Said {
                room,
                nick,
                text,
                kind: manner,
                own,
                mention,
            } => Self {
                room: some(room),
                nick: some(nick),
                text: some(text),
                manner: manner_name(*manner),
                own: *own,
                mention: *mention,
                ..blank(RecordKind::Message)
            },
            Event::Whispered {
                nick,
                text,
                kind: manner,
                own,
            } => Self {
                nick: some(nick),
                text: some(text),
                manner: manner_name(*manner),
                own: *own,
                ..blank(RecordKind::Whisper)
            },
            Event::Sent {
                target,
                nick,
                text,
                kind: manner,
                status: fate,
                tags: stamp,
                ..
            } => {
                let to_room = is_room(target);
                let kind = match to_room {
                    true => RecordKind::Message,
                    false => RecordKind::Whisper,
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
                ..blank(RecordKind::Join)
            },
            Event::Joined { room, nick } => Self {
                room: some(room),
                nick: some(nick),
                ..blank(RecordKind::Join)
            },
            Event::Departed { room } => Self {
                room: some(room),
                own: true,
                ..blank(RecordKind::Part)
            },
            Event::Left { room, nick, reason } => Self {
                room: some(room),
                nick: some(nick),
                text: reason.clone(),
                ..blank(RecordKind::Part)
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
                ..blank(RecordKind::Kick)
            },
            Event::Quit { nick, reason } => Self {
                nick: some(nick),
                text: reason.clone(),
                ..blank(RecordKind::Quit)
            },
            Event::Renamed { from, to, own } => Self {
                nick: some(from),
                other: some(to),
                own: *own,
                ..blank(RecordKind::Rename)
            },
            Event::Topic { room, topic, .. } => Self {
                room: some(room),
                text: topic.clone(),
                ..blank(RecordKind::Topic)
            },
            Event::TopicChanged { room, nick, topic } => Self {
                room: some(room),
                nick: some(nick),
                text: some(topic),
                ..blank(RecordKind::Topic)
            },
            Event::ModeChanged { target, by, change } => Self {
                room: Some(target).filter(|target| is_room(target)).cloned(),
                other: Some(target).filter(|target| !is_room(target)).cloned(),
                nick: some(by),
                text: some(change),
                ..blank(RecordKind::Mode)
            },
            Event::Modes {
                target, modes, own, ..
            } => Self {
                room: Some(target).filter(|_| !own).cloned(),
                other: Some(target).filter(|_| *own).cloned(),
                text: some(modes),
                own: *own,
                ..blank(RecordKind::Mode)
            },
            Event::Rooms { rooms } => Self {
                rooms: rooms.iter().map(RoomRecord::of).collect(),
                own: true,
                ..blank(RecordKind::Rooms)
            },
            Event::RoomList { rooms } => Self {
                rooms: rooms.iter().map(RoomRecord::of).collect(),
                ..blank(RecordKind::Rooms)
            },
            Event::Whois { details } => Self {
                nick: some(&details.nick),
                details: Some(Box::new(WhoisRecord::of(details))),
                ..blank(RecordKind::Whois)
            },
            Event::Note { words } | Event::Answer { words } => Self {
                text: some(words),
                ..blank(RecordKind::Note)
            },
            Event::Invited { room, by } => Self {
                room: some(room),
                nick: some(by),
                ..blank(RecordKind::Invite)
            },
            Event::Names { room, nicks } => Self {
                room: some(room),
                people: nicks.clone(),
                ..blank(RecordKind::Names)
            },
            Event::Who { room, people } => Self {
                room: some(room),
                people: people.iter().map(|person| person.nick.clone()).collect(),
                ..blank(RecordKind::Names)
            },
            Event::Away { nick, message } => Self {
                nick: some(nick),
                text: some(message),
                ..blank(RecordKind::Away)
            },
            Event::OwnAway { away: true } => Self {
                own: true,
                ..blank(RecordKind::Away)
            },
            Event::ServerSaid { text, .. } => Self {
                text: some(text),
                ..blank(RecordKind::Server)
            },
            Event::ServerLost {
                why, still: false, ..
            } => Self {
                text: some(why),
                ..blank(RecordKind::Lost)
            },
            Event::ServerBack => blank(RecordKind::Back),
            Event::Refused {
                number,
                parameters,
                command,
                ..
            } => Self {
                text: Some(explain::error_with_command(
                    *number,
                    parameters,
                    command.as_deref(),
                )),
                ..blank(RecordKind::Refused)
            },
            Event::InputRejected { words, .. } => Self {
                text: some(words),
                ..blank(RecordKind::Refused)
            },
            _ => return None,
        })
    }
}

fn fate_name(fate: DeliveryStatus) -> &'static str {
    match fate {
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Refused => "refused",
        DeliveryStatus::Unknown => "unknown",
        DeliveryStatus::Unsent => "unsent",
    }
}

fn manner_name(manner: MessageKind) -> Option<String> {
    match manner {
        MessageKind::Text => None,
        MessageKind::Action => Some("action".to_owned()),
        MessageKind::Notice => Some("notice".to_owned()),
    }
}
