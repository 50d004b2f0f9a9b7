//! Requests for stored messages that wait for the store.

/// A request that waits for its messages.
#[derive(Debug)]
pub(in crate::server::hub) struct PendingHistory {
    /// The subcommand of the request; `None` if the client has only joined the room.
    pub(in crate::server::hub) subcommand: Option<String>,
    /// The room, if the request is about one.
    pub(in crate::server::hub) room: Option<String>,
    /// The label of the line, for the response.
    pub(in crate::server::hub) label: Option<String>,
}

impl PendingHistory {
    /// Whether the client has asked for it.
    pub(in crate::server::hub) fn is_request(&self) -> bool {
        self.subcommand.is_some()
    }
}
