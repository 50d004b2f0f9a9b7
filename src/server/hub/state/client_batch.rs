//! Batches that clients have opened. IRCv3 client-batch.

use std::time::Duration;

/// A message of several lines that a client is sending.
#[derive(Debug)]
pub(in crate::server::hub) struct ClientBatch {
    /// The reference that the client has chosen.
    pub(in crate::server::hub) reference: String,
    pub(in crate::server::hub) target: String,
    /// The command of its lines, once there is one.
    pub(in crate::server::hub) command: Option<&'static str>,
    /// Its lines so far, with the characters that join them.
    pub(in crate::server::hub) text: String,
    pub(in crate::server::hub) lines: u32,
    /// The bytes that count, without parts being joined.
    pub(in crate::server::hub) bytes: u32,
    /// The label of the line that has opened it.
    pub(in crate::server::hub) label: Option<String>,
    /// The client-only tags of that line, each after a semicolon.
    pub(in crate::server::hub) tags: String,
    /// Until when it may be open.
    pub(in crate::server::hub) until: Duration,
    /// Whether it was rejected, so that the rest of it is ignored.
    pub(in crate::server::hub) is_rejected: bool,
}
