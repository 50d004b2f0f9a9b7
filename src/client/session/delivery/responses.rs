//! What the server answers to each line of a script, or of a person: which flight a line of it is
//! about, and what is told when a flight is answered.

use super::in_flight::{ANSWER_MAX, Flight, Script, flight_mut};
use crate::client::event::{Event, Fate};
use crate::client::session::{FENCE, Moment, Outbox, Session};
use crate::wire::Message;
use crate::wire::encoding::unescaped;

/// Batches that a broken server never ends are forgotten beyond so many.
const BATCHES_MAX: usize = 64;

impl Session {
    /// A refusal, of the server or of this program: kept with its line, or told at once when it
    /// is about none.
    pub(in crate::client::session) fn tell_refusal(
        &mut self,
        mut event: Event,
        outbox: &mut Outbox,
    ) {
        if !self.settings.script {
            return self.tell_person(event, outbox);
        }
        let script = &mut self.script;
        let at_fault = match script.hearing {
            _ if script.writing => script.flights.back_mut(),
            Some(number) => flight_mut(&mut script.flights, number),
            // Without labels a refusal stands between the answers to two questions.
            None if !self.capabilities.can_label() => script.flights.front_mut(),
            None => None,
        };
        let Some(flight) = at_fault else {
            script.refused = true;
            return outbox.events.push(event);
        };
        if flight.line.is_none() {
            return self.tell_person(event, outbox);
        }
        match &mut event {
            Event::Refused { line, .. } | Event::Unsendable { line, .. } => {
                *line = flight.line;
            }
            _ => {}
        }
        flight.refusals.push(event);
    }

    /// Understands a line of the server, and what of the script it answers.
    pub(in crate::client::session) fn heard_as_answer(
        &mut self,
        message: &Message<'_>,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        let reference = message.tags.get("batch").map(unescaped);
        let of_batch = reference.and_then(|reference| self.script.batch(&reference));
        let label = message.tags.get("label").map(unescaped);
        let labeled = label.and_then(|label| label.strip_prefix(FENCE)?.parse().ok());
        let (number, is_last) = match (message.command, message.parameter(0)) {
            ("BATCH", Some(reference)) => match (reference.strip_prefix('+'), labeled) {
                (Some(reference), Some(number)) => {
                    self.script.batches.push((reference.to_owned(), number));
                    if self.script.batches.len() > BATCHES_MAX {
                        self.script.batches.remove(0);
                    }
                    return;
                }
                (None, _) => {
                    let reference = reference.trim_start_matches('-');
                    let number = self.script.batch(reference);
                    self.script.batches.retain(|(open, _)| open != reference);
                    (number, true)
                }
                _ => (None, false),
            },
            _ => (labeled.or(of_batch), labeled.is_some()),
        };
        self.script.hearing = number;
        self.heard(message, now, outbox);
        self.script.hearing = None;
        if is_last && let Some(number) = number {
            self.answered(number, false, now, outbox);
        }
    }

    /// Whether the line at hand says that a line of the script was taken, and nothing else.
    pub(in crate::client::session) fn is_echo(&self) -> bool {
        self.script.hearing.is_some()
    }

    /// The server has answered a flight, and with `all` also all before it.
    pub(in crate::client::session) fn answered(
        &mut self,
        number: u64,
        all: bool,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        if all {
            for flight in &mut self.script.flights {
                if flight.number > number {
                    break;
                }
                flight.answers_missing = 0;
                flight.answered_at = now.elapsed;
            }
            self.script.fence_is_out = false;
        } else if let Some(flight) = flight_mut(&mut self.script.flights, number) {
            flight.answers_missing = flight.answers_missing.saturating_sub(1);
            flight.answered_at = now.elapsed;
        }
        self.settle_flights(now, outbox);
    }

    /// Tells what became of the oldest flights, as far as they are answered, and makes use of the
    /// place in the window.
    pub(super) fn settle_flights(&mut self, now: Moment, outbox: &mut Outbox) {
        let is_done = |flight: &mut Flight| flight.answers_missing == 0;
        while let Some(mut flight) = self.script.flights.pop_front_if(is_done) {
            let script = &mut self.script;
            let full = script.window_used;
            script.window_used &= !script.flights.is_empty();
            if flight.answered_at > flight.sent_at {
                script
                    .pace
                    .answered(flight.sent_at, flight.answered_at, full);
            }
            let was_refused = !flight.refusals.is_empty();
            self.tell_flight(&mut flight, Fate::Delivered, outbox);
            self.script.tell(&mut flight, outbox);
            if was_refused && self.settings.strict && !self.script.stopped {
                self.script.stop(outbox);
            }
        }
        self.send_pieces(now, outbox);
        self.leave_when_done(now, outbox);
    }

    /// Tells what became of what a flight says: that it was refused, or else this.
    pub(super) fn tell_flight(&self, flight: &mut Flight, otherwise: Fate, outbox: &mut Outbox) {
        let Some(talk) = flight.talk.take() else {
            return;
        };
        let fate = match flight.refusals.is_empty() {
            true => otherwise,
            false => Fate::Refused,
        };
        let stamp = std::mem::take(&mut flight.stamp);
        self.tell_fate(flight.number, talk, fate, stamp, outbox);
    }

    /// The server does not answer some of a person's lines: there is no use in waiting for that.
    pub(in crate::client::session) fn forget_unanswered(
        &mut self,
        now: Moment,
        outbox: &mut Outbox,
    ) {
        while let Some(mut flight) = self
            .script
            .flights
            .pop_front_if(|flight| flight.sent_at + ANSWER_MAX <= now.elapsed)
        {
            self.tell_flight(&mut flight, Fate::Unknown, outbox);
        }
        self.script.fence_is_out = false;
        self.settle_flights(now, outbox);
    }
}

impl Script {
    /// Tells the refusals of a flight; those of one line only once.
    pub(super) fn tell(&mut self, flight: &mut Flight, outbox: &mut Outbox) {
        let Some(line) = flight.line.filter(|_| !flight.refusals.is_empty()) else {
            return;
        };
        if self.refused_lines.ends_with(line) {
            return;
        }
        self.refused = true;
        self.refused_lines.add(line);
        outbox.events.append(&mut flight.refusals);
    }

    /// Takes no more lines, since one was refused.
    fn stop(&mut self, outbox: &mut Outbox) {
        self.stopped = true;
        self.pieces.retain(|piece| piece.line.is_none());
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        outbox.events.push(Event::Unsendable {
            words: "nothing behind this line is sent, since --strict was asked for".to_owned(),
            line: Some(self.last),
        });
    }

    fn batch(&self, reference: &str) -> Option<u64> {
        let open = self.batches.iter().find(|(open, _)| open == reference);
        open.map(|(_, number)| *number)
    }
}
