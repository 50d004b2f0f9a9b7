//! Events as records.

use super::listings::{encode_member, encode_room, encode_whois};
use crate::client::event::{
    DeliveryStatus, Event, MessageKind, MessageTags, Occurrence, PersonChange, Target, explain,
};
use crate::common::record::{Record, RecordKind};

/// The record of what happened; `None` for an event that only concerns the user at the prompt. The
/// time in the tags takes precedence over that of the occurrence.
pub fn encode(occurrence: &Occurrence) -> Option<Record> {
    let Occurrence { tags, event, .. } = occurrence;
    let with_tags = |kind, tags: &MessageTags| with_tags(kind, occurrence, tags);
    let blank = |kind| with_tags(kind, tags);
    let some = |text: &String| Some(text.clone());
    Some(match event {
        Event::Said {
            room,
            nick,
            text,
            kind,
            own,
            mention,
        } => Record {
            room: some(room),
            nick: some(nick),
            text: some(text),
            manner: kind_name(*kind),
            own: *own,
            mention: *mention,
            ..blank(RecordKind::Message)
        },
        Event::Whispered {
            nick,
            text,
            kind,
            own,
        } => Record {
            nick: some(nick),
            text: Some(event.visible_text(text).to_owned()),
            manner: kind_name(*kind),
            own: *own,
            ..blank(RecordKind::Whisper)
        },
        Event::Sent {
            target,
            nick,
            text,
            kind,
            status,
            tags: sent_tags,
            ..
        } => {
            let kind_of_target = match target {
                Target::Room(_) => RecordKind::Message,
                Target::Person(_) => RecordKind::Whisper,
            };
            Record {
                room: target.room().map(str::to_owned),
                nick: Some(target.person().unwrap_or(nick).to_owned()),
                text: Some(event.visible_text(text).to_owned()),
                manner: kind_name(*kind),
                own: true,
                fate: Some(status_name(*status).to_owned()),
                ..with_tags(kind_of_target, sent_tags)
            }
        }
        Event::Entered {
            room, nick, others, ..
        } => Record {
            room: some(room),
            nick: some(nick),
            people: others.clone().unwrap_or_default(),
            own: true,
            ..blank(RecordKind::Join)
        },
        Event::Joined {
            room,
            nick,
            account,
        } => {
            let record = blank(RecordKind::Join);
            Record {
                room: some(room),
                nick: some(nick),
                account: account.clone().or(record.account),
                ..record
            }
        }
        Event::Departed { room } => Record {
            room: some(room),
            own: true,
            ..blank(RecordKind::Part)
        },
        Event::Left { room, nick, reason } => Record {
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
        } => Record {
            room: some(room),
            nick: some(by),
            other: some(nick),
            text: reason.clone(),
            own: *own,
            ..blank(RecordKind::Kick)
        },
        Event::Quit { nick, reason } => Record {
            nick: some(nick),
            text: reason.clone(),
            ..blank(RecordKind::Quit)
        },
        Event::Renamed { from, to, own } => Record {
            nick: some(from),
            other: some(to),
            own: *own,
            ..blank(RecordKind::Rename)
        },
        Event::Topic { room, topic, .. } => Record {
            room: some(room),
            text: topic.clone(),
            ..blank(RecordKind::Topic)
        },
        Event::TopicChanged { room, nick, topic } => Record {
            room: some(room),
            nick: some(nick),
            text: some(topic),
            ..blank(RecordKind::Topic)
        },
        Event::ModeChanged { target, by, change } => Record {
            room: target.room().map(str::to_owned),
            other: target.person().map(str::to_owned),
            nick: some(by),
            text: some(change),
            ..blank(RecordKind::Mode)
        },
        Event::Modes {
            target, modes, own, ..
        } => Record {
            room: Some(target).filter(|_| !own).cloned(),
            other: Some(target).filter(|_| *own).cloned(),
            text: some(modes),
            own: *own,
            ..blank(RecordKind::Mode)
        },
        Event::Rooms { rooms } => Record {
            rooms: rooms.iter().map(encode_room).collect(),
            own: true,
            ..blank(RecordKind::Rooms)
        },
        Event::RoomList { rooms, .. } => Record {
            rooms: rooms.iter().map(encode_room).collect(),
            ..blank(RecordKind::Rooms)
        },
        Event::Whois { details } => Record {
            nick: some(&details.nick),
            details: Some(Box::new(encode_whois(details))),
            ..blank(RecordKind::Whois)
        },
        Event::Note { words } | Event::Answer { words } => Record {
            text: some(words),
            ..blank(RecordKind::Note)
        },
        Event::Invited { room, by, other } => Record {
            room: some(room),
            nick: some(by),
            other: other.clone(),
            ..blank(RecordKind::Invite)
        },
        Event::PersonChanged { nick, change } => {
            let (kind, text) = match change {
                PersonChange::Away(message) => (RecordKind::Away, message.clone()),
                PersonChange::Account(_) => (RecordKind::Account, None),
                PersonChange::RealName(name) => (RecordKind::RealName, some(name)),
                PersonChange::Address(address) => (RecordKind::Address, some(address)),
            };
            let record = blank(kind);
            let account = match change {
                PersonChange::Account(account) => account.clone(),
                _ => record.account,
            };
            Record {
                nick: some(nick),
                text,
                account,
                ..record
            }
        }
        Event::Names { room, nicks } => Record {
            room: some(room),
            people: nicks.clone(),
            ..blank(RecordKind::Names)
        },
        Event::Who { room, people, .. } => Record {
            room: some(room),
            people: people.iter().map(|person| person.nick.clone()).collect(),
            members: people.iter().map(encode_member).collect(),
            ..blank(RecordKind::Names)
        },
        Event::Away { nick, message } => Record {
            nick: some(nick),
            text: some(message),
            ..blank(RecordKind::Away)
        },
        Event::OwnAway { away: true } => Record {
            own: true,
            ..blank(RecordKind::Away)
        },
        Event::ServerSaid { text, .. } => Record {
            text: some(text),
            ..blank(RecordKind::Server)
        },
        Event::PersonSent { nick, text } => Record {
            nick: some(nick),
            text: some(text),
            ..blank(RecordKind::Server)
        },
        Event::ServerLost {
            why, still: false, ..
        } => Record {
            text: some(why),
            ..blank(RecordKind::Lost)
        },
        Event::ServerBack => blank(RecordKind::Back),
        Event::Refused {
            number,
            parameters,
            room,
            command,
            ..
        } => Record {
            text: Some(explain::error_with_command(
                *number,
                parameters,
                *room,
                command.as_deref(),
            )),
            ..blank(RecordKind::Refused)
        },
        Event::InputRejected { error, .. } => Record {
            text: Some(error.to_string()),
            ..blank(RecordKind::Refused)
        },
        _ => return None,
    })
}

/// A record with the network, with the time and the ID of its message, and the account of its sender.
fn with_tags(kind: RecordKind, occurrence: &Occurrence, tags: &MessageTags) -> Record {
    Record {
        network: occurrence.network.as_str().to_owned(),
        msgid: tags.msgid().map(str::to_owned),
        account: tags.account().map(str::to_owned),
        replayed: tags.replayed,
        ..Record::new(kind, tags.time_or(occurrence.at))
    }
}

fn status_name(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Refused => "refused",
        DeliveryStatus::Unknown => "unknown",
        DeliveryStatus::Unsent => "unsent",
    }
}

fn kind_name(kind: MessageKind) -> Option<String> {
    match kind {
        MessageKind::Text => None,
        MessageKind::Action => Some("action".to_owned()),
        MessageKind::Notice => Some("notice".to_owned()),
    }
}
