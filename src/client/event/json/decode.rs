//! Records as events, so that the log and the output of another program are shown as live events
//! are.

use super::listings::{decode_member, decode_room, decode_whois};
use crate::client::event::{
    DeliveryStatus, Event, InputError, MessageKind, MessageTags, PersonChange, Target,
};
use crate::common::record::{Record, RecordKind};
use crate::common::sanitize::sanitize;

/// The event of a record. Its text is not sanitized: the line may come from anywhere.
pub fn decode(record: &Record) -> Event {
    let text = || record.text.clone().unwrap_or_default();
    let nick = || record.nick.clone().unwrap_or_default();
    let room = || record.room.clone().unwrap_or_default();
    let other = || record.other.clone().unwrap_or_default();
    let reason = || record.text.clone();
    let changed = |change| Event::PersonChanged {
        nick: nick(),
        change,
    };
    match record.kind {
        RecordKind::Message | RecordKind::Whisper => decode_message(record),
        RecordKind::Join if record.own => Event::Entered {
            room: room(),
            nick: nick(),
            others: Some(record.people.clone()).filter(|others| !others.is_empty()),
            first: false,
        },
        RecordKind::Join => Event::Joined {
            room: room(),
            nick: nick(),
            account: record.account.clone(),
        },
        RecordKind::Part if record.own => Event::Departed { room: room() },
        RecordKind::Part => Event::Left {
            room: room(),
            nick: nick(),
            reason: reason(),
        },
        RecordKind::Quit => Event::Quit {
            nick: nick(),
            reason: reason(),
        },
        RecordKind::Kick => Event::Kicked {
            room: room(),
            nick: other(),
            by: nick(),
            reason: reason(),
            own: record.own,
        },
        RecordKind::Rename => Event::Renamed {
            from: nick(),
            to: other(),
            own: record.own,
        },
        RecordKind::Topic if record.nick.is_some() => Event::TopicChanged {
            room: room(),
            nick: nick(),
            topic: text(),
        },
        RecordKind::Topic => Event::Topic {
            room: room(),
            topic: reason(),
            asked: false,
        },
        RecordKind::Mode if record.nick.is_none() => Event::Modes {
            target: record.room.clone().unwrap_or_else(other),
            modes: text(),
            own: record.own,
            asked: false,
        },
        RecordKind::Mode => Event::ModeChanged {
            target: decode_target(record, other()),
            by: nick(),
            change: text(),
        },
        RecordKind::Invite => Event::Invited {
            room: room(),
            by: nick(),
            other: record.other.clone(),
        },
        RecordKind::Away if record.own => Event::OwnAway { away: true },
        RecordKind::Away if record.text.is_none() => changed(PersonChange::Away(None)),
        RecordKind::Away => Event::Away {
            nick: nick(),
            message: text(),
        },
        RecordKind::Account => changed(PersonChange::Account(record.account.clone())),
        RecordKind::RealName => changed(PersonChange::RealName(text())),
        RecordKind::Address => changed(PersonChange::Address(text())),
        RecordKind::Names if !record.members.is_empty() => Event::Who {
            room: room(),
            people: record.members.iter().map(decode_member).collect(),
            all: true,
        },
        RecordKind::Names => Event::Names {
            room: room(),
            nicks: record.people.clone(),
        },
        RecordKind::Rooms => {
            let rooms = record.rooms.iter().map(decode_room).collect();
            match record.own {
                true => Event::Rooms { rooms },
                false => Event::RoomList { rooms, all: true },
            }
        }
        RecordKind::Whois => Event::Whois {
            details: Box::new(decode_whois(
                &record.details.clone().unwrap_or_default(),
                nick(),
            )),
        },
        RecordKind::Server if record.nick.is_some() => Event::PersonSent {
            nick: nick(),
            text: text(),
        },
        RecordKind::Server => Event::ServerSaid {
            text: text(),
            asked: false,
        },
        RecordKind::Lost => Event::ServerLost {
            why: text(),
            retry_seconds: None,
            still: false,
        },
        RecordKind::Back => Event::ServerBack,
        RecordKind::Refused => Event::InputRejected {
            error: InputError::Recorded(text()),
            line: None,
        },
        RecordKind::Note => {
            let words: Vec<String> = text().lines().map(sanitize).collect();
            let words = words.join("\n");
            Event::Note { words }
        }
    }
}

/// The room of a record, or else that person.
fn decode_target(record: &Record, person: String) -> Target {
    let room = record.room.clone();
    room.map_or_else(|| Target::Person(person), Target::Room)
}

fn decode_message(record: &Record) -> Event {
    let text = record.text.clone().unwrap_or_default();
    let nick = record.nick.clone().unwrap_or_default();
    let kind = match record.manner.as_deref() {
        Some("action") => MessageKind::Action,
        Some("notice") => MessageKind::Notice,
        _ => MessageKind::Text,
    };
    let status = match record.fate.as_deref() {
        Some("delivered") => Some(DeliveryStatus::Delivered),
        Some("refused") => Some(DeliveryStatus::Refused),
        Some("unknown") => Some(DeliveryStatus::Unknown),
        Some("unsent") => Some(DeliveryStatus::Unsent),
        _ => None,
    };
    match (status, record.room.clone()) {
        (Some(status), _) => Event::Sent {
            number: 0,
            target: decode_target(record, nick.clone()),
            nick,
            text,
            kind,
            status,
            tags: MessageTags::default(),
        },
        (None, Some(room)) => Event::Said {
            room,
            nick,
            text,
            kind,
            own: record.own,
            mention: record.mention,
        },
        (None, None) => Event::Whispered {
            nick,
            text,
            kind,
            own: record.own,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::event::json::encode;
    use crate::client::event::{NetworkName, Occurrence, RoomSummary, Unread, WhoEntry, WhoisInfo};

    /// One of each kind that can be passed on, with nothing left out.
    fn all() -> Vec<Event> {
        let own = |text: &str| text.to_owned();
        let some = |text: &str| Some(text.to_owned());
        let changed = |change| Event::PersonChanged {
            nick: own("bob"),
            change,
        };
        let mut events = Vec::new();
        for kind in [MessageKind::Text, MessageKind::Action, MessageKind::Notice] {
            for flag in [false, true] {
                events.push(Event::Said {
                    room: own("#a"),
                    nick: own("bob"),
                    text: own("hi \u{1b}[2J"),
                    kind,
                    own: flag,
                    mention: !flag,
                });
                events.push(Event::Whispered {
                    nick: own("bob"),
                    text: own("hi"),
                    kind,
                    own: flag,
                });
            }
            for status in [
                DeliveryStatus::Delivered,
                DeliveryStatus::Refused,
                DeliveryStatus::Unknown,
                DeliveryStatus::Unsent,
            ] {
                events.push(Event::Sent {
                    number: 0,
                    target: Target::Room(own("#a")),
                    nick: own("alice"),
                    text: own("x"),
                    kind,
                    status,
                    tags: MessageTags::default(),
                });
            }
        }
        events.extend([
            Event::Entered {
                room: own("#a"),
                nick: own("alice"),
                others: Some(vec![own("bob"), own("carol")]),
                first: false,
            },
            Event::Joined {
                room: own("#a"),
                nick: own("bob"),
                account: some("bobby"),
            },
            Event::Departed { room: own("#a") },
            Event::Left {
                room: own("#a"),
                nick: own("bob"),
                reason: some("bye"),
            },
            Event::Quit {
                nick: own("bob"),
                reason: None,
            },
            Event::Kicked {
                room: own("#a"),
                nick: own("bob"),
                by: own("carol"),
                reason: some("spam"),
                own: false,
            },
            Event::Renamed {
                from: own("bob"),
                to: own("rob"),
                own: true,
            },
            Event::Topic {
                room: own("#a"),
                topic: None,
                asked: false,
            },
            Event::Topic {
                room: own("#a"),
                topic: some("tea"),
                asked: false,
            },
            Event::TopicChanged {
                room: own("#a"),
                nick: own("bob"),
                topic: own(""),
            },
            Event::ModeChanged {
                target: Target::Room(own("#a")),
                by: own("bob"),
                change: own("+m"),
            },
            Event::ModeChanged {
                target: Target::Person(own("alice")),
                by: own("s"),
                change: own("+i"),
            },
            Event::Invited {
                room: own("#a"),
                by: own("bob"),
                other: None,
            },
            Event::Invited {
                room: own("#a"),
                by: own("bob"),
                other: some("carol"),
            },
            Event::Names {
                room: own("#a"),
                nicks: vec![own("@bob")],
            },
            Event::Who {
                room: own("#a"),
                people: vec![WhoEntry {
                    nick: own("bob"),
                    rank: own("@+"),
                    away: true,
                    away_message: some("lunch"),
                    since: Some(60),
                    idle_seconds: Some(5),
                    account: some("bobby"),
                    real_name: some("Bob"),
                    operator: true,
                    own: true,
                }],
                all: true,
            },
            Event::Away {
                nick: own("bob"),
                message: own("lunch"),
            },
            Event::OwnAway { away: true },
            changed(PersonChange::Away(None)),
            changed(PersonChange::Account(some("bobby"))),
            changed(PersonChange::Account(None)),
            changed(PersonChange::RealName(own("Bob"))),
            changed(PersonChange::Address(own("b@h"))),
            Event::ServerSaid {
                text: own("motd"),
                asked: false,
            },
            Event::PersonSent {
                nick: own("bob"),
                text: own("bob sends KNOCK #a"),
            },
            Event::Modes {
                target: own("#a"),
                modes: own("+nt"),
                own: false,
                asked: false,
            },
            Event::Modes {
                target: own("alice"),
                modes: own("+i"),
                own: true,
                asked: false,
            },
            Event::Rooms {
                rooms: vec![RoomSummary {
                    name: own("#a"),
                    number: 2,
                    people: 2,
                    topic: own(""),
                    unread: Unread {
                        messages: 3,
                        mentions: 1,
                    },
                    active: true,
                }],
            },
            Event::RoomList {
                rooms: vec![RoomSummary {
                    name: own("#a"),
                    people: 2,
                    topic: own("tea"),
                    ..RoomSummary::default()
                }],
                all: true,
            },
            Event::RoomList {
                rooms: Vec::new(),
                all: true,
            },
            Event::Whois {
                details: Box::new(WhoisInfo {
                    nick: own("bob"),
                    address: own("b@h"),
                    real_name: own("Bob"),
                    account: some("bobby"),
                    rooms: some("@#a #b"),
                    server: some("s"),
                    idle_seconds: Some(5),
                    since: Some(60),
                    away: some("lunch"),
                    more: vec![own("is a bot")],
                }),
            },
            Event::Note {
                words: own("one\ntwo"),
            },
            Event::ServerLost {
                why: own("gone"),
                retry_seconds: None,
                still: false,
            },
            Event::ServerBack,
            Event::InputRejected {
                error: InputError::Recorded(own("no")),
                line: None,
            },
        ]);
        events
    }

    #[test]
    fn what_happened_comes_back_from_its_record() {
        for event in all() {
            let record = encode(&Occurrence::local(
                NetworkName::default(),
                event.clone(),
                60,
            ))
            .unwrap();
            let read = Record::read(record.line().trim_end()).unwrap();
            assert_eq!(read, record);
            assert_eq!(decode(&read), event);
            assert_eq!(read.unix_seconds(), 60);
        }
    }

    #[test]
    fn a_refusal_comes_back_in_words_and_a_note_is_harmless() {
        let refused = Event::Refused {
            number: 401,
            parameters: vec!["bob".into(), "No such nick".into()],
            room: None,
            line: None,
            text: Some("secret words".into()),
            command: None,
        };
        let record = encode(&Occurrence::local(
            NetworkName::default(),
            refused.clone(),
            60,
        ))
        .unwrap();
        assert_eq!(
            decode(&record),
            Event::InputRejected {
                error: InputError::Recorded(
                    "There is no user bob. /names lists who is here.".into()
                ),
                line: None
            }
        );
        let note = decode(&Record::note("one\n\u{1b}[2Jtwo", 60));
        let words = "one\n^[[2Jtwo".to_owned();
        assert_eq!(note, Event::Note { words });
    }
}
