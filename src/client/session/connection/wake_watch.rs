//! The clocks of a connection, by which a sleep of the machine is noticed.

use std::time::Duration;

use crate::client::session::SessionTime;

/// A clock that is set makes smaller jumps, usually.
const SLEEP_SECONDS_MIN: i64 = 10;
/// How long the server may take to answer after that.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// The clocks of a connection.
#[derive(Debug, Default)]
pub(in crate::client::session) struct WakeWatch {
    /// Both clocks when they were last compared.
    compared: Option<SessionTime>,
    /// When the connection counts as dead, unless the server is heard from.
    deadline: Option<Duration>,
}

impl WakeWatch {
    /// Something came from the server.
    pub(super) fn on_received(&mut self) {
        self.deadline = None;
    }

    /// When the connection counts as dead.
    pub(in crate::client::session) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Compares the clocks. Returns whether the machine has slept since the last time.
    pub(super) fn has_slept(&mut self, now: SessionTime) -> bool {
        let Some(before) = self.compared.replace(now) else {
            return false;
        };
        let ran = now.elapsed.saturating_sub(before.elapsed).as_secs();
        let ran = i64::try_from(ran).unwrap_or(i64::MAX);
        let passed = now.unix_seconds.saturating_sub(before.unix_seconds);
        passed.saturating_sub(ran) >= SLEEP_SECONDS_MIN
    }

    /// Waits for a sign of the server from now on, unless it does already. Returns whether it did not.
    pub(super) fn await_answer(&mut self, now: SessionTime) -> bool {
        let is_new = self.deadline.is_none();
        self.deadline.get_or_insert(now.elapsed + ANSWER_MAX);
        is_new
    }

    /// Whether the connection counts as dead now. True once.
    pub(super) fn take_overdue(&mut self, now: SessionTime) -> bool {
        let deadline = &mut self.deadline;
        deadline.take_if(|at| now.elapsed >= *at).is_some()
    }
}
