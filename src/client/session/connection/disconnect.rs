//! The end of a connection, wanted or not, the reconnect backoff, and the end of the session.

use std::time::Duration;

use crate::client::event::{Event, InputError};
use crate::client::session::{
    CloseReason, Incomplete, Outcome, Phase, ProtocolViolation, Session, SessionAction,
    SessionOutput, SessionTime, truncate,
};
use crate::common::sentence::end_sentence;
use crate::wire::Request;
use crate::wire::message::BODY_BYTES_MAX;

/// How long the server may take to close the connection after `QUIT`.
const QUIT_SECONDS_MAX: Duration = Duration::from_secs(1);
/// The reconnect backoff: the waits between attempts double from the first to the last.
const RECONNECT_FIRST: Duration = Duration::from_secs(1);
const RECONNECT_LAST: Duration = Duration::from_secs(30);
/// The last wait for a server that answers and sends the user away.
const RECONNECT_DISMISSED_LAST: Duration = Duration::from_secs(300);
/// After a connection that lasted this long, the backoff starts from its first wait again.
const GOOD_AFTER: Duration = Duration::from_secs(60);

impl Session {
    /// The connection has ended, or could not be made. A reason that was known before counts more
    /// than `reason`.
    pub fn disconnected(
        &mut self,
        reason: CloseReason,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let held = match self.phase {
            Phase::Leaving { .. } => return self.end(output),
            Phase::Ended => return,
            Phase::Ready { since } => now.elapsed.saturating_sub(since),
            _ => Duration::ZERO,
        };
        let reason = self.link.close_reason.take().unwrap_or(reason);
        let asking = self.phase == Phase::Asking;
        let is_dismissed = self.phase != Phase::Offline;
        let still = !matches!(self.phase, Phase::Welcomed { .. } | Phase::Ready { .. });
        self.phase = Phase::Offline;
        if asking {
            // The question for a nick is still on the screen. Its answer connects again.
            return;
        }
        let goes_on = self.can_go_on(&reason, now);
        if self.settings.script && !goes_on || !self.is_lasting() {
            self.phase = Phase::Ended;
            let report = self.report(output);
            let incomplete = match reason {
                CloseReason::Protocol(violation) => {
                    Incomplete::ProtocolBroken { violation, report }
                }
                CloseReason::Tls(failure) => Incomplete::NotSecure { failure, report },
                reason => Incomplete::ServerGone { reason, report },
            };
            output.actions.push(SessionAction::End(incomplete.into()));
            return;
        }
        let is_final = match &reason {
            CloseReason::Protocol(violation) => *violation == ProtocolViolation::Encrypted,
            CloseReason::Tls(failure) => failure.is_final(),
            _ => false,
        };
        if is_final {
            self.link.refusal.get_or_insert_with(|| reason.clone());
        }
        if let Some(refusal) = &self.link.refusal {
            // Another attempt would get the same answer.
            let what = match refusal {
                CloseReason::Tls(_) => "No secure connection",
                CloseReason::Login(_) => "Not logged in",
                CloseReason::NotBound(_) => "The bouncer does not connect to this network",
                _ => "The server refused the connection",
            };
            let words = end_sentence(format!("{what}: {refusal}"));
            let words = format!("{words} /reconnect tries again.");
            output.events.push(Event::Note { words });
            return self.requeue_unsent(output);
        }
        if held >= GOOD_AFTER {
            self.link.reconnect_attempts = 0;
        }
        let last = match is_dismissed {
            true => RECONNECT_DISMISSED_LAST,
            false => RECONNECT_LAST,
        };
        let after =
            RECONNECT_FIRST.saturating_mul(2_u32.saturating_pow(self.link.reconnect_attempts));
        let after = after.min(last);
        // The prompt has the state; a night of attempts leaves a few lines.
        let attempts = self.link.reconnect_attempts;
        if !still || attempts.is_power_of_two() {
            output.events.push(Event::ServerLost {
                why: reason.to_string(),
                retry_seconds: Some(after.as_secs()),
                still,
            });
        }
        match self.settings.script {
            true => self.keep_script_lines(),
            false => self.requeue_unsent(output),
        }
        self.link.reconnect_attempts += 1;
        self.link.retry_at = Some(now.elapsed + after);
        output.actions.push(SessionAction::Reconnect { after });
    }

    /// Whether the session goes on after the end of a connection.
    pub(in crate::client::session) fn is_lasting(&self) -> bool {
        self.link.was_registered || self.settings.persistent
    }

    /// The user leaves. A hosted room closes with them, unless `keep` is set; if others are in it,
    /// the first attempt only says so.
    pub fn quit_by_user(
        &mut self,
        reason: Option<&str>,
        keep: bool,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if self.settings.hosts && !keep {
            let mut others = self
                .rooms
                .nicks_by_activity(&self.identity.nick)
                .into_iter();
            let first = others.next().filter(|_| self.is_ready());
            if let Some(nick) = first
                && !std::mem::replace(&mut self.link.warned_of_others, true)
            {
                let others = others.count();
                return self.reject_input(InputError::RoomInUse { nick, others }, output);
            }
            self.link.closes_room = true;
        }
        self.quit(reason, now, output);
    }

    /// Leaves the server. The other users see the reason.
    pub fn quit(&mut self, reason: Option<&str>, now: SessionTime, output: &mut SessionOutput) {
        if self.is_scripting() {
            // The lines of the script before this one come first.
            self.delivery.ended = true;
            self.delivery.quit_reason = reason.map(str::to_owned);
            return;
        }
        // Without a reason the program ends because its output is no longer read, so no report
        // follows.
        self.delivery.interrupted = reason.is_some();
        match self.phase {
            Phase::Offline | Phase::Ended => self.end(output),
            Phase::Leaving { .. } => {}
            _ => {
                let fitting = reason.map(|text| truncate(text, BODY_BYTES_MAX / 2));
                self.send(&Request::Quit { reason: fitting }, output);
                self.phase = Phase::Leaving {
                    deadline: now.elapsed + QUIT_SECONDS_MAX,
                };
            }
        }
    }

    /// The script has no more lines: leaves as soon as the server has answered them all.
    pub fn input_ended(&mut self, now: SessionTime, output: &mut SessionOutput) {
        self.delivery.ended = true;
        self.quit_when_done(now, output);
    }

    pub(in crate::client::session) fn end(&mut self, output: &mut SessionOutput) {
        self.phase = Phase::Ended;
        self.link.motd_deadline = None;
        match self.settings.script {
            true => self.report_interrupted(output),
            false => self.report_remaining(output),
        }
        self.show_partial_lists(output);
        let outcome = match self.settings.script {
            true => self.script_outcome(),
            false if self.link.closes_room => Outcome::CloseRoom,
            false => Outcome::Done,
        };
        output.actions.push(SessionAction::End(outcome));
    }

    /// Leaves if the script is at its end and every line of it is answered.
    pub(in crate::client::session) fn quit_when_done(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if self.delivery.ended && self.is_ready() && self.is_done() {
            let quit_reason = self.delivery.quit_reason.take();
            self.quit(quit_reason.as_deref(), now, output);
        }
    }
}
