//! `USER`, which can wait for the answer to `NICK`.

use std::time::Duration;

/// `USER`, held back until the nick is accepted, since both its names are the nick by default.
#[derive(Debug)]
pub(in crate::client::session) struct DeferredUser {
    /// When it is sent without an answer.
    pub(super) at: Duration,
    /// How long an answer may take.
    pub(super) answer_timeout: Duration,
    /// `CAP END` follows it.
    pub(super) cap_end_pending: bool,
    /// How many `CAP` requests are not answered.
    pub(super) unanswered: u32,
}
