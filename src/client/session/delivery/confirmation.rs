//! Lines of a script that join or leave a room. A room was joined, or left, only when the server has
//! said so: any other answer, or none, must not send the next lines to another room.

use std::time::Duration;

use super::in_flight::InFlight;
use crate::client::event::{Event, InputError};
use crate::client::session::outgoing::sent_command::TargetChange;
use crate::client::session::{Session, SessionOutput, SessionTime};

/// How long `JOIN` or `PART` may come after the line was answered: a bouncer answers a fence before
/// the server that it stands for has answered the line.
const CONFIRMATION_MAX: Duration = Duration::from_secs(5);

impl Session {
    /// The current line joins or leaves a room: the next line waits until the target of messages is
    /// known.
    pub(in crate::client::session) fn await_target(&mut self, change: Option<TargetChange>) {
        self.delivery.target_pending = true;
        if self.settings.script
            && self.delivery.writing
            && let Some(flight) = self.delivery.in_flight.back_mut()
        {
            flight.target_change = change;
        }
    }

    /// The server refuses to let the user into `room`, or lets the user into another one instead.
    pub(in crate::client::session) fn refuse_target(&mut self, room: &str) {
        let isupport = &self.rooms.isupport;
        for flight in &mut self.delivery.in_flight {
            if let Some(TargetChange::Join(wanted)) = &flight.target_change
                && isupport.is_same(wanted, room)
            {
                flight.target_refused = true;
            }
        }
    }

    /// Whether the server has not done what this request asks for.
    pub(super) fn is_unconfirmed(&self, flight: &InFlight) -> bool {
        match &flight.target_change {
            Some(TargetChange::Join(room)) => self.rooms.get(room).is_none(),
            Some(TargetChange::Part(room)) => self.rooms.get(room).is_some(),
            None => false,
        }
    }

    /// When the oldest request is given up on, if it is answered and not confirmed.
    pub(in crate::client::session) fn confirmation_deadline(&self) -> Option<Duration> {
        let flight = self.delivery.in_flight.front()?;
        let waits = flight.pending_answers == 0
            && flight.refusals.is_empty()
            && !flight.target_refused
            && self.is_unconfirmed(flight);
        waits.then_some(flight.answered_at + CONFIRMATION_MAX)
    }

    /// Completes the requests whose confirmation has come, or has not come in time.
    pub(in crate::client::session) fn complete_confirmed(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        if self.settings.script && self.is_ready() {
            self.complete(now, output);
        }
    }

    /// A request is complete. If it was to change the target and did not, it is refused, and what
    /// follows has no target.
    pub(super) fn check_target(&mut self, flight: &mut InFlight) {
        if !self.is_unconfirmed(flight) {
            return;
        }
        let error = match flight.target_change.take() {
            Some(TargetChange::Join(room)) => {
                self.rooms.pending_join_refused(&room, None);
                self.rooms.clear_target(&room);
                InputError::NotJoined(room)
            }
            Some(TargetChange::Part(room)) => {
                self.rooms.forget_target(&room);
                InputError::NotParted(room)
            }
            None => return,
        };
        if flight.refusals.is_empty() {
            let line = flight.line;
            flight.refusals.push(Event::InputRejected { error, line });
        }
    }
}
