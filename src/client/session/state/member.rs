//! One member of a room.

/// A user in a room.
#[derive(Debug)]
pub(in crate::client::session) struct Member {
    pub(in crate::client::session) nick: String,
    /// When the user joined, in Unix seconds; unknown for those who were there before the client.
    pub(in crate::client::session) since: Option<i64>,
    /// The value of the activity counter at the last message, 0 without one.
    pub(super) last_activity: u64,
}
