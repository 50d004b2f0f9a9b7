//! Requests for stored messages that wait for the store.

use crate::server::hub::buffers::Buffer;
use crate::wire::Nick;

/// A request that waits for its messages.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingHistory {
    /// The use of the messages.
    pub(in crate::server::hub) purpose: HistoryPurpose,
    /// The room or user that the request is about, if it is about one, as the client has named it.
    pub(in crate::server::hub) target: Option<String>,
    /// The users, if it is about a conversation.
    pub(in crate::server::hub) conversation: Option<PendingConversation>,
    /// The label of the line, for the response.
    pub(in crate::server::hub) label: Option<String>,
}

/// The use of stored messages that are read.
#[derive(Debug)]
pub(in crate::server::hub) enum HistoryPurpose {
    /// The client has joined the room, and gets its last messages.
    Join,
    /// The client has asked for them with this subcommand of `CHATHISTORY`.
    Request(String),
    /// The client wants to delete the message.
    Redaction(PendingRedaction),
}

/// A message that a client wants to delete.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingRedaction {
    /// Where the message belongs.
    pub(in crate::server::hub) buffer: Buffer,
    /// Its id on the wire.
    pub(in crate::server::hub) msgid: String,
    /// The reason, if the client has given one.
    pub(in crate::server::hub) reason: Option<String>,
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
        !matches!(self.purpose, HistoryPurpose::Join)
    }
}
