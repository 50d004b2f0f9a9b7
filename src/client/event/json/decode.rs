//! A record read back, and as what happened once more: so that one way of showing things serves
//! what happens, what was logged, and what another program passes on.

use jiff::Timestamp;

use super::{MessageTags, Record, RecordKind, RoomRecord};
use crate::client::event::{DeliveryStatus, Event, MessageKind};
use crate::common::sanitize::sanitize;

impl Record {
    /// Reads a record; `None` when the line is none.
    pub fn read(line: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(line).ok()?;
        record.timestamp().is_some().then_some(record)
    }

    /// When it happened, in Unix seconds.
    pub fn unix_seconds(&self) -> i64 {
        self.timestamp().unwrap_or_default().as_second()
    }

    fn timestamp(&self) -> Option<Timestamp> {
        self.time.parse().ok()
    }

    /// What happened, as it is shown. Nothing of it is safe to print before `screen` has been
    /// over it, for the line may come from anywhere.
    pub fn event(&self) -> Event {
        let text = || self.text.clone().unwrap_or_default();
        let nick = || self.nick.clone().unwrap_or_default();
        let room = || self.room.clone().unwrap_or_default();
        let other = || self.other.clone().unwrap_or_default();
        let reason = || self.text.clone();
        match self.kind {
            RecordKind::Message | RecordKind::Whisper => self.said(),
            RecordKind::Join if self.own => Event::Entered {
                room: room(),
                nick: nick(),
                others: self.people.clone(),
                first: false,
            },
            RecordKind::Join => Event::Joined {
                room: room(),
                nick: nick(),
            },
            RecordKind::Part if self.own => Event::Departed { room: room() },
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
                own: self.own,
            },
            RecordKind::Rename => Event::Renamed {
                from: nick(),
                to: other(),
                own: self.own,
            },
            RecordKind::Topic if self.nick.is_some() => Event::TopicChanged {
                room: room(),
                nick: nick(),
                topic: text(),
            },
            RecordKind::Topic => Event::Topic {
                room: room(),
                topic: reason(),
                asked: false,
            },
            RecordKind::Mode if self.nick.is_none() => Event::Modes {
                target: self.room.clone().unwrap_or_else(other),
                modes: text(),
                own: self.own,
                asked: false,
            },
            RecordKind::Mode => Event::ModeChanged {
                target: self.room.clone().unwrap_or_else(other),
                by: nick(),
                change: text(),
            },
            RecordKind::Invite => Event::Invited {
                room: room(),
                by: nick(),
            },
            RecordKind::Away if self.own => Event::OwnAway { away: true },
            RecordKind::Away => Event::Away {
                nick: nick(),
                message: text(),
            },
            RecordKind::Names => Event::Names {
                room: room(),
                nicks: self.people.clone(),
            },
            RecordKind::Rooms => {
                let rooms = self.rooms.iter().map(RoomRecord::summary).collect();
                match self.own {
                    true => Event::Rooms { rooms },
                    false => Event::RoomList { rooms },
                }
            }
            RecordKind::Whois => Event::Whois {
                details: Box::new(self.details.clone().unwrap_or_default().details(nick())),
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
                words: text(),
                line: None,
            },
            RecordKind::Note => {
                let words: Vec<String> = text().lines().map(sanitize).collect();
                let words = words.join("\n");
                Event::Note { words }
            }
        }
    }

    fn said(&self) -> Event {
        let text = self.text.clone().unwrap_or_default();
        let nick = self.nick.clone().unwrap_or_default();
        let kind = match self.manner.as_deref() {
            Some("action") => MessageKind::Action,
            Some("notice") => MessageKind::Notice,
            _ => MessageKind::Text,
        };
        let status = match self.fate.as_deref() {
            Some("delivered") => Some(DeliveryStatus::Delivered),
            Some("refused") => Some(DeliveryStatus::Refused),
            Some("unknown") => Some(DeliveryStatus::Unknown),
            Some("unsent") => Some(DeliveryStatus::Unsent),
            _ => None,
        };
        match (status, self.room.clone()) {
            (Some(status), room) => Event::Sent {
                number: 0,
                target: room.unwrap_or_else(|| nick.clone()),
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
                own: self.own,
                mention: self.mention,
            },
            (None, None) => Event::Whispered {
                nick,
                text,
                kind,
                own: self.own,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::event::{RoomSummary, WhoisInfo};
    use crate::client::session::Unread;

    /// One of each kind that can be passed on, with nothing left out.
    fn all() -> Vec<Event> {
        let own = |text: &str| text.to_owned();
        let some = |text: &str| Some(text.to_owned());
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
                    target: own("#a"),
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
                others: vec![own("bob"), own("carol")],
                first: false,
            },
            Event::Joined {
                room: own("#a"),
                nick: own("bob"),
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
                target: own("#a"),
                by: own("bob"),
                change: own("+m"),
            },
            Event::ModeChanged {
                target: own("alice"),
                by: own("s"),
                change: own("+i"),
            },
            Event::Invited {
                room: own("#a"),
                by: own("bob"),
            },
            Event::Names {
                room: own("#a"),
                nicks: vec![own("@bob")],
            },
            Event::Away {
                nick: own("bob"),
                message: own("lunch"),
            },
            Event::OwnAway { away: true },
            Event::ServerSaid {
                text: own("motd"),
                asked: false,
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
            },
            Event::RoomList { rooms: Vec::new() },
            Event::Whois {
                details: Box::new(WhoisInfo {
                    nick: own("bob"),
                    address: own("b@h"),
                    real_name: own("Bob"),
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
                words: own("no"),
                line: None,
            },
        ]);
        events
    }

    #[test]
    fn what_happened_comes_back_from_its_record() {
        for event in all() {
            let record = Record::of(&event, 60, &MessageTags::default()).unwrap();
            let read = Record::read(record.line().trim_end()).unwrap();
            assert_eq!(read, record);
            assert_eq!(read.event(), event);
            assert_eq!(read.unix_seconds(), 60);
        }
    }

    #[test]
    fn a_refusal_comes_back_in_words_and_a_note_is_harmless() {
        let refused = Event::Refused {
            number: 401,
            parameters: vec!["bob".into(), "No such nick".into()],
            line: None,
            text: Some("secret words".into()),
            command: None,
        };
        let record = Record::of(&refused, 60, &MessageTags::default()).unwrap();
        assert_eq!(
            record.event(),
            Event::InputRejected {
                words: "no such nick: bob. /names lists who is here.".into(),
                line: None
            }
        );
        let note = Record::note("one\n\u{1b}[2Jtwo", 60).event();
        let words = "one\n^[[2Jtwo".to_owned();
        assert_eq!(note, Event::Note { words });
    }

    #[test]
    fn what_is_no_record_is_none() {
        for line in [
            "",
            "{}",
            "hello",
            r#"{"kind":"message"}"#,
            r#"{"kind":"message","time":"yesterday"}"#,
            r#"{"kind":"x","time":"2026-11-24T10:00:00Z"}"#,
            r#"{"kind":"message","time":"2026-11-24T10:00:00Z","text":"ha"#,
        ] {
            assert_eq!(Record::read(line), None, "{line}");
        }
    }
}
