//! One member of a room, and what is known of a user in any of the rooms.

/// A user in a room.
#[derive(Debug)]
pub(in crate::client::session) struct Member {
    pub(in crate::client::session) nick: String,
    /// When the user joined, in Unix seconds; unknown for those who were there before the client.
    pub(in crate::client::session) since: Option<i64>,
    /// The prefixes of all ranks in the room, the highest first, as far as the server says them.
    pub(in crate::client::session) prefixes: String,
    /// The value of the activity counter at the last message, 0 without one.
    pub(super) last_activity: u64,
}

/// The details of a user, as far as the capabilities for them are enabled.
#[derive(Debug, Default)]
pub(in crate::client::session) struct PersonDetails {
    /// `user@host`.
    pub(in crate::client::session) address: Option<String>,
    /// The account that the user is logged in to; `None` if there is none, or it is not known.
    pub(in crate::client::session) account: Option<String>,
    pub(in crate::client::session) real_name: Option<String>,
    /// The away message, while the user is away.
    pub(in crate::client::session) away: Option<String>,
}
