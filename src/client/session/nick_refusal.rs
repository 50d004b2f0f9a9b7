//! Why the server has refused a nick.

/// Why the server has refused a nick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NickRefusal {
    /// Someone else uses it: 433 (RFC 2812, section 5.2).
    InUse,
    /// It is not valid on this server: 432 (RFC 2812, section 5.2); this is the server's text. It may
    /// hold control characters.
    Invalid(String),
    /// Another reason; this is the server's text. It may hold control characters.
    ServerError(String),
}

impl NickRefusal {
    /// The statement that `nick` is refused, without a full stop. It is not sanitized.
    pub fn about(&self, nick: &str) -> String {
        match self {
            Self::InUse => format!("the nick {nick} is in use"),
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
