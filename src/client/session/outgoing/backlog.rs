//! Messages that wait for a connection.

use std::collections::VecDeque;

use super::message::OutgoingMessage;

/// Messages that the user entered without a connection.
#[derive(Debug, Default)]
pub(in crate::client::session) struct Backlog {
    /// The messages that wait, the oldest first.
    pub(in crate::client::session) waiting: VecDeque<OutgoingMessage>,
    /// Whether the user knows that messages wait.
    pub(in crate::client::session) announced: bool,
    /// Messages that were still waiting at the end.
    pub(in crate::client::session) never_sent: Vec<OutgoingMessage>,
}
