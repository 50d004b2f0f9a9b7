//! Notices that the machine has slept: the wall clock has gone on, and the other one has not. The
//! connection may be dead then without a sign of it, so the server is asked at once.

use std::time::Duration;

use super::pings::PingPurpose;
use crate::client::session::{CloseReason, Session, SessionAction, SessionOutput, SessionTime};

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
    fn has_slept(&mut self, now: SessionTime) -> bool {
        let Some(before) = self.compared.replace(now) else {
            return false;
        };
        let ran = now.elapsed.saturating_sub(before.elapsed).as_secs();
        let ran = i64::try_from(ran).unwrap_or(i64::MAX);
        let passed = now.unix_seconds.saturating_sub(before.unix_seconds);
        passed.saturating_sub(ran) >= SLEEP_SECONDS_MIN
    }
}

impl Session {
    /// Sends a `PING` after the machine has slept, and gives the connection up when no answer comes.
    /// Returns whether it is given up.
    pub(in crate::client::session) fn check_wake(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) -> bool {
        let has_slept = self.link.wake.has_slept(now);
        if has_slept && self.is_ready() && self.link.wake.deadline.is_none() {
            self.link.wake.deadline = Some(now.elapsed + ANSWER_MAX);
            self.link.ping_sent = true;
            self.send_ping(PingPurpose::Alive, output);
        }
        let deadline = &mut self.link.wake.deadline;
        let is_dead = deadline.take_if(|at| now.elapsed >= *at).is_some();
        if is_dead {
            self.link.close_reason = Some(CloseReason::Slept);
            output.actions.push(SessionAction::Close);
        }
        is_dead
    }
}
