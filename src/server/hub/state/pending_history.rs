//! Requests for stored messages that wait for the store.

use crate::wire::Nick;

/// A request that waits for its messages.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingHistory {
    /// The subcommand of the request; `None` if the client has only joined the room.
    pub(in crate::server::hub) subcommand: Option<String>,
    /// The room or user that the request is about, if it is about one, as the client has named it.
    pub(in crate::server::hub) target: Option<String>,
    /// The users, if it is about a conversation.
    pub(in crate::server::hub) conversation: Option<PendingConversation>,
    /// The label of the line, for the response.
    pub(in crate::server::hub) label: Option<String>,
}

/// The users of a conversation whose messages are asked for.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingConversation {
    /// The account of the client.
    pub(in crate::server::hub) account: Nick,
    /// The nick or account of the other user.
    pub(in crate::server::hub) other: String,
}

impl PendingHistory {
    /// Whether the client has asked for it.
    pub(in crate::server::hub) fn is_request(&self) -> bool {
        self.subcommand.is_some()
    }
}
