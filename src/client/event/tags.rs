//! The IRCv3 tags of a message that the client keeps: its time, its ID and the account of its sender.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::wire::message::{Tags, unescaped};

/// The tags of a message. IRCv3 server-time, message-ids, account-tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageTags {
    time: Option<Timestamp>,
    msgid: Option<String>,
    account: Option<String>,
    /// Whether the message is replayed history: it was sent before the user connected.
    pub replayed: bool,
}

/// Longer message IDs are ignored.
const MSGID_BYTES_MAX: usize = 512;
/// Longer names of accounts are ignored.
const ACCOUNT_BYTES_MAX: usize = 255;

/// The account that the sender of a message is logged in to, if the server says so.
pub(in crate::client) fn account_of(tags: Tags<'_>) -> Option<String> {
    let account = unescaped(tags.get("account")?);
    let is_account = !account.is_empty() && account.len() <= ACCOUNT_BYTES_MAX;
    is_account.then(|| account.into_owned())
}

impl MessageTags {
    /// Reads the tags of a line from the server. Invalid values are ignored.
    pub fn of_line(line: &[u8]) -> Self {
        Self::of(Tags::of(line))
    }

    /// Reads the tags of a message. Invalid values are ignored.
    pub fn of(tags: Tags<'_>) -> Self {
        if tags.is_empty() {
            return Self::default();
        }
        let tag = |name: &str| Some(unescaped(tags.get(name)?));
        let msgid = tag("msgid").filter(|id| !id.is_empty() && id.len() <= MSGID_BYTES_MAX);
        Self {
            time: tag("time").and_then(|time| time.parse().ok()),
            msgid: msgid.map(Cow::into_owned),
            account: account_of(tags),
            replayed: false,
        }
    }

    /// When the message was sent, in Unix seconds, if the server says so.
    pub fn unix_seconds(&self) -> Option<i64> {
        self.time.map(Timestamp::as_second)
    }

    /// When the message was sent, or else this time. A time outside the calendar becomes 1970.
    pub(super) fn time_or(&self, unix_seconds: i64) -> Timestamp {
        let time = self.time.or(Timestamp::from_second(unix_seconds).ok());
        time.unwrap_or_default()
    }

    /// The server's ID of the message, if it has one.
    pub(super) fn msgid(&self) -> Option<&str> {
        self.msgid.as_deref()
    }

    /// The account of the sender, if the server says so.
    pub(super) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

/// The time of a `time` tag in Unix milliseconds. IRCv3 server-time.
pub(in crate::client) fn unix_milliseconds(time: &str) -> Option<i64> {
    let time: Timestamp = unescaped(time).parse().ok()?;
    Some(time.as_millisecond())
}

/// A time in UTC, in the format of RFC 3339; empty if it is outside the calendar.
pub(in crate::client) fn utc_text(unix_seconds: i64) -> String {
    let time = Timestamp::from_second(unix_seconds);
    time.map_or(String::new(), |time| time.to_string())
}
