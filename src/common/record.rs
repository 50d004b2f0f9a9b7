//! The record form of what happened in a conversation: one JSON object a line (NDJSON).
//!
//! It is what `--format json` prints, what the log keeps and what `chatroom log` reads. It knows
//! nothing of the client's events; `client/event/json` converts them.

mod schema;

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::wire::name::is_invisible;
pub use schema::{KINDS, schema};

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordKind {
    /// A message in a room.
    Message,
    /// A message to one person.
    Whisper,
    /// Someone, or the user, joined a room; `people` are the other members.
    Join,
    /// Someone, or the user, left a room.
    Part,
    /// Someone left the server.
    Quit,
    /// `nick` kicked `other` from a room.
    Kick,
    /// `nick` changed their nick to `other`.
    Rename,
    /// The topic of a room, or the topic that `nick` has set.
    Topic,
    /// `nick` changed the modes of a room or of `other`; without a nick, the current modes.
    Mode,
    /// `nick` invited the user, or `other`, to a room.
    Invite,
    /// Someone is away, or the user is marked as away. Someone else is back where `text` is missing.
    Away,
    /// `nick` has logged in to `account`, or has logged out.
    Account,
    /// `nick` has another real name.
    RealName,
    /// `nick` has another address, `user@host`.
    Address,
    /// The members of a room, as requested.
    Names,
    /// The rooms of the server, or with `own` those of the user, as requested.
    Rooms,
    /// The details of `nick` from WHOIS, as requested.
    Whois,
    /// Text from the server.
    Server,
    /// The connection is lost.
    Lost,
    /// The connection is restored.
    Back,
    /// Something was refused, and why.
    Refused,
    /// Text from the client, of one line or several.
    Note,
}

/// One thing that happened. Fields that do not apply are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The kind of event.
    pub kind: RecordKind,
    /// The time in UTC, in the format of RFC 3339: the one that the server sends, or that of the
    /// client's clock.
    pub time: String,
    /// The network it happened on; empty in records that name none, such as those of a server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network: String,
    /// The room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// The nick of the person who did it; for the user's own whispers, the recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<String>,
    /// The account that `nick` is logged in to, where the server says so. IRCv3 account-tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The other person involved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// The message, the reason or the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `action` for `/me`, `notice` for a NOTICE; left out for plain messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manner: Option<String>,
    /// Nicks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<String>,
    /// The members of a room with what is known of each, as requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberRecord>,
    /// The rooms of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<RoomRecord>,
    /// The details of a person, from WHOIS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Box<WhoisRecord>>,
    /// Whether the user did it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Whether the message mentions the user.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention: bool,
    /// The delivery status of the user's own message: `delivered`, `refused`, `unknown` or
    /// `unsent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<String>,
    /// The server's ID of the message. IRCv3 message-ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msgid: Option<String>,
    /// Whether it is replayed history, from before the user connected.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replayed: bool,
}

/// A member of a room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRecord {
    /// The nick.
    pub nick: String,
    /// The prefixes of all ranks in the room, such as `@+`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rank: String,
    /// The account that the member is logged in to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The real name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real_name: Option<String>,
    /// Whether the member is away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub away: bool,
    /// The away message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away_message: Option<String>,
    /// When the member joined, in the format of RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Seconds since the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<u64>,
    /// Whether the member is an operator of the server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub operator: bool,
    /// Whether it is the user.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// A room in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// Its name.
    pub room: String,
    /// Its number for `/room`; 0 if the user is not in it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub number: u32,
    /// How many members it has.
    pub count: usize,
    /// Its topic; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// How many of its messages the user has not seen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u32,
    /// How many of those mention the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u32,
    /// Whether typed text goes there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub active: bool,
}

/// The details of one person, from WHOIS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoisRecord {
    /// User name and host as `user@host`.
    pub address: String,
    /// The real name.
    pub real_name: String,
    /// The account that the person is logged in to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The rooms that the user may see, each with the rank in front.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// The server of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Seconds since the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<u64>,
    /// When the person connected, in the format of RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The away message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
    /// Everything else, in the server's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
}

impl Record {
    /// A record with only its kind and its time.
    pub fn new(kind: RecordKind, time: Timestamp) -> Self {
        Self {
            kind,
            time: time.to_string(),
            network: String::new(),
            room: None,
            nick: None,
            account: None,
            other: None,
            text: None,
            manner: None,
            people: Vec::new(),
            members: Vec::new(),
            rooms: Vec::new(),
            details: None,
            own: false,
            mention: false,
            fate: None,
            msgid: None,
            replayed: false,
        }
    }

    /// A record with only its kind and its time, in Unix milliseconds. A time outside the calendar
    /// becomes 1970.
    #[cfg(feature = "store")]
    pub fn at(kind: RecordKind, unix_milliseconds: u64) -> Self {
        let time = i64::try_from(unix_milliseconds).ok();
        let time = time.and_then(|time| Timestamp::from_millisecond(time).ok());
        Self::new(kind, time.unwrap_or_default())
    }

    /// A text from the client. A time outside the calendar becomes 1970.
    pub fn note(text: &str, unix_seconds: i64) -> Self {
        let time = Timestamp::from_second(unix_seconds).unwrap_or_default();
        Self {
            text: Some(text.to_owned()),
            ..Self::new(RecordKind::Note, time)
        }
    }

    /// Reads one line; `None` if it is not a record.
    pub fn read(line: &str) -> Option<Self> {
        let record: Self = serde_json::from_str(line).ok()?;
        record.timestamp().is_some().then_some(record)
    }

    /// When it happened, in Unix seconds.
    pub fn unix_seconds(&self) -> i64 {
        self.timestamp().unwrap_or_default().as_second()
    }

    /// When it happened, in Unix milliseconds; `None` before 1970.
    #[cfg(feature = "store")]
    pub fn unix_milliseconds(&self) -> Option<u64> {
        u64::try_from(self.timestamp()?.as_millisecond()).ok()
    }

    fn timestamp(&self) -> Option<Timestamp> {
        self.time.parse().ok()
    }

    /// The record as one line, with its line feed. Control and invisible characters are escaped,
    /// so that a terminal can show the line.
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

fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_character_that_a_terminal_obeys_and_nothing_is_lost() {
        let text = "\x1b[2J\u{9b}2J\u{202e}x\n\0\u{e0041}👩\u{200d}🚀";
        let line = Record::note(text, 60).line();
        let bad = |c: char| c.is_control() || is_invisible(c);
        assert!(!line.trim_end().contains(bad), "{line:?}");
        let read: Record = serde_json::from_str(&line).unwrap();
        assert_eq!(read.text.as_deref(), Some(text));
    }

    #[test]
    fn lines_that_are_not_records_are_ignored() {
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
