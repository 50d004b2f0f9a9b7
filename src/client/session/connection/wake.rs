//! Notices that the machine has slept: the wall clock has gone on, and the other one has not. The
//! connection may be dead then without a sign of it, so the server is asked at once.

use super::pending_pings::PingPurpose;
use crate::client::session::{CloseReason, Session, SessionAction, SessionOutput, SessionTime};

impl Session {
    /// Sends a `PING` after the machine has slept, and gives the connection up when no answer comes.
    /// Returns whether it is given up.
    pub(in crate::client::session) fn check_wake(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) -> bool {
        let has_slept = self.link.wake.has_slept(now);
        if has_slept && self.is_ready() && self.link.wake.await_answer(now) {
            self.link.ping_sent = true;
            self.send_ping(PingPurpose::Alive, output);
        }
        let is_dead = self.link.wake.take_overdue(now);
        if is_dead {
            self.link.close_reason = Some(CloseReason::Slept);
            output.actions.push(SessionAction::Close);
        }
        is_dead
    }
}
