//! Matches the server's responses to requests, and reports each request when it is answered.

use super::in_flight::{ANSWER_MAX, DeliveryTracker, InFlight};
use crate::client::event::{DeliveryStatus, Event, InputError, MessageTags};
use crate::client::session::connection::pending_pings::FENCE;
use crate::client::session::{Session, SessionOutput, SessionTime};
use crate::wire::Message;
use crate::wire::message::unescaped;

/// How many batches may be open; beyond that a broken server's oldest one is forgotten.
const BATCHES_MAX: usize = 64;

impl Session {
    /// A refusal by the server or the client: kept with its line, or reported at once if it is
    /// about none.
    pub(in crate::client::session) fn record_error(
        &mut self,
        mut event: Event,
        output: &mut SessionOutput,
    ) {
        if !self.settings.script {
            return self.report_error(event, output);
        }
        let delivery = &mut self.delivery;
        let at_fault = match delivery.answering {
            _ if delivery.writing => delivery.in_flight.back_mut(),
            Some(number) => delivery.request_mut(number),
            // Without labels a refusal comes between the answers to two fences.
            None if !self.link.capabilities.can_label() => delivery.in_flight.front_mut(),
            None => None,
        };
        let Some(flight) = at_fault else {
            delivery.refused = true;
            return output.events.push(event);
        };
        if flight.line.is_none() {
            return self.report_error(event, output);
        }
        match &mut event {
            Event::Refused { line, .. } | Event::InputRejected { line, .. } => {
                *line = flight.line;
            }
            _ => {}
        }
        flight.refusals.push(event);
    }

    /// Finds the request that a line of the server answers, and processes the line.
    pub(in crate::client::session) fn match_response(
        &mut self,
        message: &Message<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        self.link.replay.check(message);
        self.learn_server_time(message, now);
        let reference = message.tags.get("batch").map(unescaped);
        let of_batch = reference.and_then(|reference| self.delivery.batch(&reference));
        let label = message.tags.get("label").map(unescaped);
        let labeled = label.and_then(|label| label.strip_prefix(FENCE)?.parse().ok());
        let (number, is_last) = match (message.command, message.parameter(0)) {
            ("BATCH", Some(reference)) => match (reference.strip_prefix('+'), labeled) {
                (Some(reference), Some(number)) => {
                    self.delivery.batches.push((reference.to_owned(), number));
                    if self.delivery.batches.len() > BATCHES_MAX {
                        self.delivery.batches.remove(0);
                    }
                    return;
                }
                (None, _) => {
                    let reference = reference.trim_start_matches('-');
                    let number = self.delivery.batch(reference);
                    self.delivery.batches.retain(|(open, _)| open != reference);
                    (number, true)
                }
                _ => (None, false),
            },
            _ => (labeled.or(of_batch), labeled.is_some()),
        };
        let is_expired = message.command == "FAIL" && message.parameter(1) == Some("ONCE_EXPIRED");
        let sent = number
            .filter(|_| is_expired && !self.settings.script)
            .and_then(|number| self.delivery.request_mut(number)?.message.take());
        if let (Some(sent), Some(number)) = (sent, number) {
            // It was sent again, and the server no longer knows whether it had arrived.
            let (status, tags) = (DeliveryStatus::Unknown, MessageTags::default());
            self.report_delivery(number, sent, status, tags, output);
        } else {
            self.delivery.answering = number;
            self.on_message(message, now, output);
            self.delivery.answering = None;
        }
        if is_last && let Some(number) = number {
            self.on_answer(number, false, now, output);
        }
    }

    /// Whether the current line only confirms a request.
    pub(in crate::client::session) fn is_echo(&self) -> bool {
        let delivery = &self.delivery;
        let request = delivery
            .answering
            .and_then(|number| delivery.request(number));
        // A message sent with `/raw` is not on the screen.
        request.is_some_and(|request| self.settings.script || request.command.is_none())
    }

    /// The server has answered a request; with `all`, all requests before it too.
    pub(in crate::client::session) fn on_answer(
        &mut self,
        number: u64,
        all: bool,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if all {
            for flight in &mut self.delivery.in_flight {
                if flight.number > number {
                    break;
                }
                flight.pending_answers = 0;
                flight.answered_at = now.elapsed;
            }
            self.delivery
                .pending_fence
                .take_if(|fence| *fence <= number);
        } else if let Some(flight) = self.delivery.request_mut(number) {
            flight.pending_answers = flight.pending_answers.saturating_sub(1);
            flight.answered_at = now.elapsed;
        }
        self.complete(now, output);
    }

    /// Reports the oldest requests in flight that are answered, and fills the window again.
    pub(super) fn complete(&mut self, now: SessionTime, output: &mut SessionOutput) {
        while let Some(mut flight) = self.take_completed(now) {
            let delivery = &mut self.delivery;
            let full = delivery.window_used;
            delivery.window_used &= !delivery.in_flight.is_empty();
            if flight.answered_at > flight.sent_at {
                delivery
                    .window
                    .answered(flight.sent_at, flight.answered_at, full);
            }
            self.check_target(&mut flight);
            let was_refused = !flight.refusals.is_empty();
            self.report_request(&mut flight, DeliveryStatus::Delivered, output);
            self.delivery.report_refusals(&mut flight, output);
            if was_refused && self.settings.strict && !self.delivery.stopped {
                self.delivery.stop(output);
            }
        }
        self.send_queued(now, output);
        self.quit_when_done(now, output);
    }

    /// The oldest request in flight, if it is answered and the target it asks for is known.
    fn take_completed(&mut self, now: SessionTime) -> Option<InFlight> {
        let waits = self.confirmation_deadline();
        if waits.is_some_and(|until| now.elapsed < until) {
            return None;
        }
        let is_answered = |flight: &mut InFlight| flight.pending_answers == 0;
        self.delivery.pop_request_if(is_answered)
    }

    /// Reports the delivery of a request's message: refused, or else `otherwise`.
    pub(super) fn report_request(
        &self,
        flight: &mut InFlight,
        otherwise: DeliveryStatus,
        output: &mut SessionOutput,
    ) {
        let Some(message) = flight.message.take() else {
            return;
        };
        let status = match flight.refusals.is_empty() {
            true => otherwise,
            false => DeliveryStatus::Refused,
        };
        let tags = std::mem::take(&mut flight.tags);
        self.report_delivery(flight.number, message, status, tags, output);
    }

    /// Gives up on lines of the user that the server does not answer.
    pub(in crate::client::session) fn drop_unanswered(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        while let Some(mut flight) = self
            .delivery
            .pop_request_if(|flight| flight.sent_at + ANSWER_MAX <= now.elapsed)
        {
            self.report_request(&mut flight, DeliveryStatus::Unknown, output);
        }
        self.delivery.pending_fence = None;
        self.complete(now, output);
    }
}

impl DeliveryTracker {
    /// Reports the refusals of a request, once for each line.
    pub(super) fn report_refusals(&mut self, flight: &mut InFlight, output: &mut SessionOutput) {
        let Some(line) = flight.line.filter(|_| !flight.refusals.is_empty()) else {
            return;
        };
        if self.refused_lines.ends_with(line) {
            return;
        }
        self.refused = true;
        self.refused_lines.add(line);
        output.events.append(&mut flight.refusals);
    }

    /// Accepts no more lines, because one was refused.
    fn stop(&mut self, output: &mut SessionOutput) {
        self.stopped = true;
        self.queued.retain(|piece| piece.line.is_none());
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        output.events.push(Event::InputRejected {
            error: InputError::Strict,
            line: Some(self.last),
        });
    }

    fn batch(&self, reference: &str) -> Option<u64> {
        let open = self.batches.iter().find(|(open, _)| open == reference);
        open.map(|(_, number)| *number)
    }
}
