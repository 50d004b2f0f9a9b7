//! The port to the registered rooms: what the store keeps of a room, how that changes, and the
//! requests of the administrator.
//!
//! The hub has all registered rooms in memory, also those without members. It decides on each change.
//! The owner of a room and the ranks in it take effect when they are on disk; modes, topic and
//! masks change at once, and a [`RoomSnapshot`] goes with the step.

use std::fmt;
use std::time::Duration;

use super::message_id::MessageId;
use crate::wire::{Nick, RoomName};

/// The most accounts with a rank in one room, besides the founder.
pub(super) const ACCESS_MAX: usize = 100;

/// A registered room, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredRoom {
    /// Its name.
    pub name: RoomName,
    /// The id at which it was created: older messages are those of earlier rooms of this name.
    pub since: MessageId,
    /// When it was created, as Unix time.
    pub created: Duration,
    /// The account that owns it.
    pub founder: Nick,
    /// The accounts with a rank in it, in the order in which they got one.
    pub access: Vec<RoomAccess>,
    /// Modes and topic.
    pub settings: RoomSettings,
    /// Its masks.
    pub masks: Vec<RoomMask>,
}

/// An account with a rank in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomAccess {
    /// The account.
    pub account: Nick,
    /// Its rank.
    pub rank: RoomRank,
}

/// A rank that an account has in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomRank {
    /// Its users have voice in the room.
    Voice,
    /// Its users are operators of the room.
    Operator,
}

impl RoomRank {
    /// The rank of this word, or of this mode letter.
    pub fn parse(text: &str) -> Option<Self> {
        match &*text.to_ascii_lowercase() {
            "voice" | "vop" | "v" => Some(Self::Voice),
            "op" | "operator" | "aop" | "o" => Some(Self::Operator),
            _ => None,
        }
    }
}

/// The word for it.
impl fmt::Display for RoomRank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Voice => "voice",
            Self::Operator => "op",
        })
    }
}

/// The modes of a room that are no masks, and its topic.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoomSettings {
    /// The letters of the modes without a parameter.
    pub letters: String,
    /// The key.
    pub key: Option<Box<str>>,
    /// The maximum of members.
    pub limit: Option<u32>,
    /// How many users may join in how many seconds.
    pub joins: Option<(u32, u32)>,
    /// How many seconds a member has to wait between two messages.
    pub wait: Option<u32>,
    /// The topic.
    pub topic: Option<Topic>,
}

/// The topic of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// The text.
    pub text: Box<str>,
    /// `nick!user@host` of the user who set it.
    pub setter: Box<str>,
    /// The time it was set, as Unix time.
    pub time: Duration,
}

/// A mask in one of the lists of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomMask {
    /// The mode letter of the list: `b`, `e` or `I`.
    pub list: char,
    /// The mask.
    pub entry: MaskEntry,
}

/// A mask in a list, and its setter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaskEntry {
    /// The mask.
    pub mask: Box<str>,
    /// `nick!user@host` of the user who set it.
    pub setter: Box<str>,
    /// The time it was set, as Unix time.
    pub time: Duration,
}

/// The state of a registered room after a step, for the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSnapshot {
    /// The room.
    pub name: RoomName,
    /// Its modes and its topic.
    pub settings: RoomSettings,
    /// All its masks; `None` if they have not changed.
    pub masks: Option<Vec<RoomMask>>,
}

/// A change of a registered room, which takes effect when it is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomChange {
    /// The room.
    pub name: RoomName,
    /// The change.
    pub kind: RoomChangeKind,
}

/// The kind of a change of a registered room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomChangeKind {
    /// It is registered.
    Register(Box<RegisteredRoom>),
    /// It is no longer registered.
    Drop,
    /// This account owns it from now on.
    Founder(Nick),
    /// The account gets this rank, or none.
    Access(Nick, Option<RoomRank>),
}

impl RoomChangeKind {
    /// The word for it in the log and in a request of the administrator.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Register(_) => "register",
            Self::Drop => "drop",
            Self::Founder(_) => "founder",
            Self::Access(..) => "access",
        }
    }
}

/// Why a registered room cannot be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomProblem {
    /// It is registered already.
    Registered,
    /// It is not registered.
    NotRegistered,
    /// There is no such account.
    NoSuchAccount,
    /// The room is just being changed.
    Busy,
    /// As many accounts as possible have a rank.
    AccessFull,
}

impl fmt::Display for RoomProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered => f.write_str("the room is registered already"),
            Self::NotRegistered => f.write_str("the room is not registered"),
            Self::NoSuchAccount => f.write_str("there is no such account"),
            Self::Busy => f.write_str("the room is just being changed; try again"),
            Self::AccessFull => write!(f, "{ACCESS_MAX} accounts have a rank; remove one"),
        }
    }
}

/// The prefix of the requests of the administrator.
const REQUEST_PREFIX: &str = "room ";

impl RoomChange {
    /// Reads a request of the administrator in its text form. The administrator drops rooms and gives
    /// them to others.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix(REQUEST_PREFIX)?.split(' ');
        let (verb, name) = (words.next()?, words.next()?);
        let name = RoomName::parse(name).ok()?;
        let kind = match verb {
            "drop" => RoomChangeKind::Drop,
            "founder" => RoomChangeKind::Founder(Nick::parse(words.next()?).ok()?),
            _ => return None,
        };
        words.next().is_none().then_some(Self { name, kind })
    }
}

/// The text form of a request of the administrator.
impl fmt::Display for RoomChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, word) = (&self.name, self.kind.word());
        write!(f, "{REQUEST_PREFIX}{word} {name}")?;
        match &self.kind {
            RoomChangeKind::Founder(account) => write!(f, " {account}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_written() {
        let name = RoomName::parse("#Dev").unwrap();
        let founder = RoomChangeKind::Founder(Nick::parse("Bob").unwrap());
        for (kind, text) in [
            (RoomChangeKind::Drop, "room drop #Dev"),
            (founder, "room founder #Dev Bob"),
        ] {
            let name = name.clone();
            let request = RoomChange { name, kind };
            assert_eq!(request.to_string(), text);
            assert_eq!(RoomChange::parse(text), Some(request));
            assert_eq!(RoomChange::parse(&format!("{text} x")), None);
        }
        for text in [
            "room",
            "room drop",
            "room drop x",
            "room founder #a",
            "room register #a",
        ] {
            assert_eq!(RoomChange::parse(text), None, "{text}");
        }
    }
}
