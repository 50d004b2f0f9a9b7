//! What the hub is told from outside: the time, what the server is like, why somebody is lost.

use std::fmt;
use std::time::Duration;

use super::Limits;
use crate::wire::RoomName;

/// Now, by both clocks: waiting is counted by one that never jumps, people are told the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct HubTime {
    /// How long the server has been running.
    pub running: Duration,
    /// Unix time: how long it has been since the beginning of 1970.
    pub unix: Duration,
}

/// Who may say `OPER`, and what they have to give with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The name they say.
    pub name: String,
    /// What they have to give with it.
    pub credential: Credential,
}

/// A password, or what only the right password leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// The password as it is.
    Plain(String),
    /// Its hash, in the PHC string format.
    Hash(String),
}

/// What the server is like, as far as the hub is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// What the server calls itself, a host name in form.
    pub name: String,
    /// What the network is called, one word.
    pub network: String,
    /// The message of the day, line by line; empty for none.
    pub motd: Vec<String>,
    /// What `PASS` has to say, if anything.
    pub password: Option<String>,
    /// Who can become an operator.
    pub operators: Vec<Operator>,
    /// The room in which everybody is from the start, if there is one.
    pub lobby: Option<RoomName>,
    /// The bounds of everything.
    pub limits: Limits,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            name: "chatroomd.local".to_owned(),
            network: "chatting-room".to_owned(),
            motd: Vec::new(),
            password: None,
            operators: Vec::new(),
            lobby: RoomName::parse("#lobby").ok(),
            limits: Limits::default(),
        }
    }
}

/// Why a connection is there no longer, seen from the one who had the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The other side closed it.
    Closed,
    /// It broke.
    Lost,
    /// More waits to be sent to it than may wait.
    SendQueueFull,
    /// A line went on and on.
    LineTooLong,
}

impl DisconnectReason {
    /// Whether the other side can still be told why.
    pub(super) fn is_local(self) -> bool {
        matches!(self, Self::SendQueueFull | Self::LineTooLong)
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "Connection closed",
            Self::Lost => "Connection lost",
            Self::SendQueueFull => "SendQ exceeded",
            Self::LineTooLong => "A line without an end",
        })
    }
}
