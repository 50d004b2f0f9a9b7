//! Why the server has refused a nick.

use std::fmt;

/// Why the server has refused a nick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NickRefusal {
    /// Someone else uses it: 433 (RFC 2812, section 5.2).
    InUse,
    /// Another reason; this is the server's text. It may hold control characters.
    ServerError(String),
}

impl fmt::Display for NickRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse => f.write_str("it is in use"),
            Self::ServerError(text) => f.write_str(text),
        }
    }
}

/// A nick that the server has refused, when the user must choose another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedNick {
    /// The nick.
    pub nick: String,
    /// Why it was refused.
    pub reason: NickRefusal,
    /// The one before was refused for the same cause: proposals do not help.
    pub is_repeated: bool,
}
