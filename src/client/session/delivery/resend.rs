//! Messages with an id of the client, which can be sent again after a lost connection: the server
//! relays each of them once. See [`crate::wire::once`].

use std::collections::VecDeque;

use super::in_flight::{DeliveryTracker, InFlight};
use super::once_request::{OnceRequest, has_one_recipient, id_of};
use crate::client::event::{DeliveryStatus, MessageTags};
use crate::client::session::connection::pending_pings::FENCE;
use crate::client::session::{
    CloseReason, Incomplete, Phase, Session, SessionAction, SessionOutput, SessionTime,
};
use crate::wire::Message;
use crate::wire::once::{ONCE, OnceTag};

impl Session {
    /// Learns the time of the server from a line.
    pub(in crate::client::session) fn learn_server_time(
        &mut self,
        message: &Message<'_>,
        now: SessionTime,
    ) {
        if self.link.capabilities.relays_once() {
            self.link.server_clock.learn(message, now.elapsed);
        }
    }

    /// Gives the line of the current request an id if the server relays it once, and keeps it until it
    /// is answered. A script that ends with its connection needs none.
    pub(super) fn once_request(&self, flight: &InFlight, line: &str) -> Option<OnceRequest> {
        let is_used = !self.settings.script || self.settings.retry.is_some();
        let is_used = is_used && self.link.capabilities.relays_once();
        if !is_used || flight.command.is_some() || !has_one_recipient(line) {
            return None;
        }
        Some(OnceRequest {
            id: id_of(&self.settings.once_key, flight.number),
            first_sent: self.link.server_clock.at(flight.sent_at),
            request: line.to_owned(),
            is_repeat: false,
        })
    }

    /// Keeps the messages in flight that can be sent again.
    pub(in crate::client::session) fn keep_to_resend(&mut self, mut flight: InFlight) {
        if let Some(once) = &mut flight.once {
            once.is_repeat = true;
        }
        self.delivery.to_resend.push_back(flight);
    }

    /// Sends the messages of the connection before again, under their ids. What the new connection does
    /// not relay once is reported as unknown.
    pub(in crate::client::session) fn send_again(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let kept = std::mem::take(&mut self.delivery.to_resend);
        if kept.is_empty() {
            return;
        }
        let is_open = kept.iter().any(|flight| flight.pending_answers > 0);
        if is_open && !self.link.capabilities.relays_once() {
            return match self.settings.script {
                true => self.end_script(kept, output),
                false => self.report_kept(kept, output),
            };
        }
        let later = self.delivery.take_requests();
        for mut flight in kept {
            if let Some(once) = &mut flight.once
                && flight.pending_answers > 0
            {
                flight.sent_at = now.elapsed;
                flight.answered_at = now.elapsed;
                flight.start_offset = output.offset();
                flight.pending_answers = 1;
                flight.refusals.clear();
                let tag = OnceTag {
                    id: &once.id,
                    first_sent: Some(once.first_sent),
                };
                let label = format!("@label={FENCE}{};{ONCE}={tag} ", flight.number);
                output.lines.push_str(&label);
                output.lines.push_str(&once.request);
            }
            self.delivery.put_request(flight);
        }
        for flight in later {
            self.delivery.put_request(flight);
        }
        self.complete(now, output);
    }

    /// Ends a script whose lines in transit cannot be sent again.
    fn end_script(&mut self, kept: VecDeque<InFlight>, output: &mut SessionOutput) {
        self.delivery.to_resend = kept;
        self.phase = Phase::Ended;
        let incomplete = Incomplete::ServerGone {
            reason: CloseReason::ClosedByServer,
            report: self.report(output),
        };
        output.actions.push(SessionAction::End(incomplete.into()));
    }

    fn report_kept(&mut self, kept: VecDeque<InFlight>, output: &mut SessionOutput) {
        for flight in kept {
            if let Some(message) = flight.message {
                let status = DeliveryStatus::Unknown;
                let tags = MessageTags::default();
                self.report_delivery(flight.number, message, status, tags, output);
            }
        }
    }

    /// Whether a script goes on after this end of a connection: all of its lines are answered or can be
    /// sent again, and the server may come back in time.
    pub(in crate::client::session) fn can_go_on(
        &mut self,
        reason: &CloseReason,
        now: SessionTime,
    ) -> bool {
        let Some(limit) = self.settings.retry.filter(|_| self.settings.script) else {
            return false;
        };
        if !self.link.was_registered
            || matches!(reason, CloseReason::Protocol(_) | CloseReason::Tls(_))
        {
            return false;
        }
        let since = *self.link.lost_since.get_or_insert(now.elapsed);
        let mut requests = self.delivery.in_flight.iter();
        let is_kept = |flight: &InFlight| flight.pending_answers == 0 || flight.once.is_some();
        now.elapsed.saturating_sub(since) < limit && requests.all(is_kept)
    }

    /// Keeps all requests of a script until the server is back.
    pub(in crate::client::session) fn keep_script_lines(&mut self) {
        for flight in self.delivery.take_requests() {
            self.keep_to_resend(flight);
        }
    }

    /// No connection follows: what was to be sent again is in flight for the last report.
    pub(in crate::client::session) fn give_up_resending(&mut self) {
        let later = self.delivery.take_requests();
        let kept = std::mem::take(&mut self.delivery.to_resend);
        for flight in kept.into_iter().chain(later) {
            self.delivery.put_request(flight);
        }
    }
}

impl DeliveryTracker {
    /// Adds a request in flight; its number is larger than those before it.
    fn put_request(&mut self, flight: InFlight) {
        self.commands_in_flight += usize::from(flight.command.is_some());
        self.in_flight.push_back(flight);
    }
}
