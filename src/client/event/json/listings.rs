//! What is told of rooms and of a person where that was asked for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::client::event::{RoomSummary, WhoisInfo};
use crate::client::session::Unread;

/// A room in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// Its name.
    pub room: String,
    /// How many are there.
    pub count: usize,
    /// What it is about; empty where that is not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub topic: String,
    /// What was said there unseen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u32,
    /// How much of that names this person.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub mentions: u32,
    /// Whether text that is typed goes there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub active: bool,
}

/// What a server knows of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoisRecord {
    /// User name and host as `user@host`.
    pub address: String,
    /// The real name.
    pub real_name: String,
    /// The rooms they are in, as far as one may see them, with the rank in front.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// The server they are on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// For how many seconds they have said nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<u64>,
    /// When they came, as RFC 3339 has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What they left behind when they went away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
    /// Everything else, in the words of the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<String>,
}

impl RoomRecord {
    pub(super) fn of(room: &RoomSummary) -> Self {
        Self {
            room: room.name.clone(),
            count: room.people,
            topic: room.topic.clone(),
            unread: room.unread.messages,
            mentions: room.unread.mentions,
            active: room.active,
        }
    }

    pub(super) fn summary(&self) -> RoomSummary {
        RoomSummary {
            name: self.room.clone(),
            people: self.count,
            topic: self.topic.clone(),
            unread: Unread {
                messages: self.unread,
                mentions: self.mentions,
            },
            active: self.active,
        }
    }
}

impl WhoisRecord {
    pub(super) fn of(details: &WhoisInfo) -> Self {
        let rooms = details.rooms.as_deref().unwrap_or_default();
        let since = details.since.map(Timestamp::from_second);
        Self {
            address: details.address.clone(),
            real_name: details.real_name.clone(),
            rooms: rooms.split_whitespace().map(str::to_owned).collect(),
            server: details.server.clone(),
            idle_seconds: details.idle_seconds,
            // A time outside the calendar can only come from a broken server.
            since: since.and_then(Result::ok).map(|since| since.to_string()),
            away: details.away.clone(),
            more: details.more.clone(),
        }
    }

    pub(super) fn details(&self, nick: String) -> WhoisInfo {
        let since = self.since.as_ref();
        let since = since.and_then(|since| since.parse::<Timestamp>().ok());
        WhoisInfo {
            nick,
            address: self.address.clone(),
            real_name: self.real_name.clone(),
            rooms: Some(self.rooms.join(" ")).filter(|rooms| !rooms.is_empty()),
            server: self.server.clone(),
            idle_seconds: self.idle_seconds,
            since: since.map(Timestamp::as_second),
            away: self.away.clone(),
            more: self.more.clone(),
        }
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
