//! Reasons why the server refused a nick.

use crate::client::event::explain::says_in_use;
use crate::common::sentence::as_cause;

/// Why the server has refused a nick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NickRefusal {
    /// Someone else uses it: 433 (RFC 2812, section 5.2).
    InUse,
    /// The same numeric for another cause, such as an account that the nick belongs to; this is the
    /// server's text. It may hold control characters.
    Unavailable(String),
    /// It is not valid on this server: 432 (RFC 2812, section 5.2); this is the server's text. It may
    /// hold control characters.
    Invalid(String),
    /// Another reason; this is the server's text. It may hold control characters.
    ServerError(String),
}

impl NickRefusal {
    /// The reason that a 433 with this text gives.
    pub fn in_use_or(text: &str) -> Self {
        match says_in_use(text) {
            true => Self::InUse,
            false => Self::Unavailable(text.to_owned()),
        }
    }

    /// Whether another spelling of the nick could be free.
    pub fn is_about_others(&self) -> bool {
        matches!(self, Self::InUse | Self::Unavailable(_))
    }

    /// The statement that `nick` is refused, without a full stop. It is not sanitized.
    pub(in crate::client) fn about(&self, nick: &str) -> String {
        match self {
            Self::InUse => format!("the nick {nick} is in use"),
            Self::Unavailable(text) => {
                let text = as_cause(text.trim_end_matches('.'));
                format!("the nick {nick} is not available: {text}")
            }
            Self::Invalid(text) => {
                let text = text.trim_end_matches('.');
                format!("\"{nick}\" is not a valid nick: {text}")
            }
            Self::ServerError(text) => {
                let text = text.trim_end_matches('.');
                format!("the server refused the nick {nick}: {text}")
            }
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
