//! What happens and what is to be said, as JSON: one object a line.
//!
//! [`Record`] is the one form for all that keeps or passes on what happened; `recorded` makes one of
//! it, `replay` turns one back into what can be shown, and `lists` are what was asked for. `wish` is
//! the form of what is to be said. [`schema`] tells both forms to other programs.

mod decode;
mod encode;
mod input;
mod listings;
mod schema;

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use input::{ScriptInput, parse_input};
pub use listings::{RoomRecord, WhoisRecord};
pub(in crate::client) use schema::KINDS;
pub use schema::schema;

use crate::wire::Message;
use crate::wire::message::unescaped;
use crate::wire::name::is_invisible;

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    /// Somebody said something in a room.
    Message,
    /// Somebody said something to one person only.
    Whisper,
    /// Somebody, or this person, has entered a room; `people` are those who are there.
    Join,
    /// Somebody, or this person, has left a room.
    Part,
    /// Somebody has left the server.
    Quit,
    /// `nick` made `other` leave a room.
    Kick,
    /// `nick` is called `other` now.
    Rename,
    /// What a room is about: as told, or as `nick` changed it.
    Topic,
    /// `nick` changed the modes of a room, or of `other`; without a nick they are told as they are.
    Mode,
    /// `nick` asks this person into a room.
    Invite,
    /// Somebody is away, or this person is marked as being so.
    Away,
    /// Who is in a room, as asked for.
    Names,
    /// The rooms there are, or the own ones, as asked for.
    Rooms,
    /// What is known of `nick`, as asked for.
    Whois,
    /// The server, or this program, has to say something.
    Server,
    /// The connection is lost.
    Lost,
    /// The connection is there again.
    Back,
    /// Something was refused, and why.
    Refused,
    /// An answer in words, of one line or several.
    Note,
}

/// One thing that happened. What does not belong to it is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What sort of thing it is.
    pub kind: RecordKind,
    /// When, in UTC, as RFC 3339 has it: by the server's clock where it tells, else by this one.
    pub time: String,
    /// The room it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// Who did it; for one's own whispers, to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<String>,
    /// The other person it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// What was said, the reason, or the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `action` for what one does, `notice` for what programs say; left out for plain talk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manner: Option<String>,
    /// The nicks of those who are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// The rooms of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomRecord>,
    /// What is known of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<WhoisRecord>>,
    /// Whether this person did it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Whether it names this person.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention: bool,
    /// What became of what this person said: `delivered`, `refused`, `unknown` or `unsent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<String>,
    /// What the server calls this message, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msgid: Option<String>,
}

/// What a server says about a message beside the message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageTags {
    /// When it was said, where the server tells.
    time: Option<Timestamp>,
    /// What the server calls it, where it does.
    msgid: Option<String>,
}

/// A longer name of a message is none.
const MSGID_BYTES_MAX: usize = 512;

impl MessageTags {
    /// Reads the tags of a line of the server. What cannot be a time is none. IRCv3 server-time,
    /// message-ids.
    pub fn of_line(line: &[u8]) -> Self {
        if line.first() != Some(&b'@') {
            return Self::default();
        }
        let text = String::from_utf8_lossy(line);
        Message::parse(&text).map_or_else(|_| Self::default(), |message| Self::of(&message))
    }

    /// The same of a line that is understood already.
    pub fn of(message: &Message<'_>) -> Self {
        let tag = |name: &str| Some(unescaped(message.tags.get(name)?).into_owned());
        Self {
            time: tag("time").and_then(|time| time.parse().ok()),
            msgid: tag("msgid").filter(|id| !id.is_empty() && id.len() <= MSGID_BYTES_MAX),
        }
    }

    /// When the message was said, in Unix seconds, where the server tells.
    pub fn unix_seconds(&self) -> Option<i64> {
        self.time.map(Timestamp::as_second)
    }
}

impl Record {
    /// An answer in words.
    pub fn note(words: &str, unix_seconds: i64) -> Self {
        Self {
            text: Some(words.to_owned()),
            ..Self::blank(RecordKind::Note, unix_seconds, &MessageTags::default())
        }
    }

    fn blank(kind: RecordKind, unix_seconds: i64, stamp: &MessageTags) -> Self {
        let time = stamp.time.or(Timestamp::from_second(unix_seconds).ok());
        Self {
            kind,
            time: time.unwrap_or_default().to_string(),
            room: None,
            nick: None,
            other: None,
            text: None,
            manner: None,
            people: Vec::new(),
            rooms: Vec::new(),
            details: None,
            own: false,
            mention: false,
            fate: None,
            msgid: stamp.msgid.clone(),
        }
    }

    /// The record as one line, with its line feed. Characters that a terminal would obey, or that
    /// cannot be seen, stand in it only by their number.
    pub fn line(&self) -> String {
        let Ok(json) = serde_json::to_string(self) else {
            debug_assert!(false, "text can be written as JSON");
            return String::new();
        };
        let mut line = String::with_capacity(json.len() + 1);
        for c in json.chars() {
            if c.is_control() || is_invisible(c) {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(line, "\\u{unit:04x}");
                }
            } else {
                line.push(c);
            }
        }
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::event::{Event, MessageKind};

    fn said(text: &str) -> Event {
        Event::Said {
            room: "#lobby".into(),
            nick: "bob".into(),
            text: text.into(),
            kind: MessageKind::Text,
            own: false,
            mention: false,
        }
    }

    fn line(event: &Event, tags: &str) -> String {
        let stamp = MessageTags::of_line(format!("{tags}:b!b@h PRIVMSG #lobby :x").as_bytes());
        Record::of(event, 60, &stamp).unwrap().line()
    }

    #[test]
    fn a_message_is_one_line_with_its_time_and_name() {
        assert_eq!(
            line(&said("hi \"you\""), ""),
            "{\"kind\":\"message\",\"time\":\"1970-01-01T00:01:00Z\",\"room\":\"#lobby\",\
             \"nick\":\"bob\",\"text\":\"hi \\\"you\\\"\"}\n"
        );
        let tagged = line(&said("hi"), "@time=2026-11-22T12:24:24.123Z;msgid=a1 ");
        assert!(
            tagged.contains("\"time\":\"2026-11-22T12:24:24.123Z\""),
            "{tagged}"
        );
        assert!(tagged.contains("\"msgid\":\"a1\""), "{tagged}");
    }

    #[test]
    fn times_and_names_that_cannot_be_are_left_out() {
        let long = format!("@msgid={} ", "x".repeat(8_192));
        for tags in [
            "@time=9999999999999999 ",
            "@time=abc;msgid= ",
            "@time=-1 ",
            "@time= ",
            "@a=\\ ",
            &long,
        ] {
            let line = line(&said("hi"), tags);
            assert!(line.contains("1970-01-01T00:01:00Z"), "{line}");
            assert!(!line.contains("msgid"), "{line}");
        }
    }

    #[test]
    fn nothing_a_terminal_obeys_stands_in_a_line_and_nothing_is_lost() {
        let text = "\x1b[2J\u{9b}2J\u{202e}x\n\0\u{e0041}👩\u{200d}🚀";
        let line = line(&said(text), "");
        let bad = |c: char| c.is_control() || is_invisible(c);
        assert!(!line.trim_end().contains(bad), "{line:?}");
        let read: Record = serde_json::from_str(&line).unwrap();
        assert_eq!(read.text.as_deref(), Some(text));
    }
}
