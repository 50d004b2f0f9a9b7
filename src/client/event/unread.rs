//! The unread count of a room: the messages that the user has not seen.

/// The messages that came to rooms other than the active one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unread {
    /// All of them.
    pub messages: u32,
    /// The messages that mention the user.
    pub mentions: u32,
}
