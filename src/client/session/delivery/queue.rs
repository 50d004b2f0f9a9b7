//! Requests that wait for room in the window, and those that wait for their turn after them.

use super::in_flight::QueuedLine;
use crate::client::session::outgoing::message::OutgoingMessage;
use crate::client::session::{Session, SessionOutput, SessionTime};
use crate::wire::{Request, outgoing};

impl Session {
    /// Sends one piece of a message, as soon as the window has room for it. The first piece of a
    /// script's line has its room already.
    pub(in crate::client::session) fn send_or_queue(
        &mut self,
        request: &Request<'_>,
        message: Option<OutgoingMessage>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) -> bool {
        let begun = self
            .delivery
            .in_flight
            .back()
            .filter(|_| self.delivery.writing);
        if begun.is_some_and(|flight| output.offset() == flight.start_offset) {
            let sent = self.send(request, output);
            self.attach_message(message.filter(|_| sent));
            return sent;
        }
        let line = begun.and_then(|flight| flight.line);
        let request = match outgoing::encode(request) {
            Ok(request) => request,
            Err(error) => {
                self.reject_input(error.into(), output);
                return false;
            }
        };
        let number = Some(self.delivery.take_number());
        self.delivery.queued.push_back(QueuedLine {
            number,
            line,
            request,
            message,
            command: None,
        });
        if !self.delivery.writing {
            self.send_queued(now, output);
        }
        true
    }

    /// Queues a request without a message after the queued messages, and gives it back if there are
    /// none.
    pub(in crate::client::session) fn queue_in_turn(&mut self, request: String) -> Option<String> {
        let delivery = &mut self.delivery;
        if !delivery.queue_after || delivery.writing || delivery.queued.is_empty() {
            return Some(request);
        }
        let command = delivery.queued_command.take();
        let number = command.as_ref().map(|_| delivery.take_number());
        delivery.queued.push_back(QueuedLine {
            number,
            line: None,
            request,
            message: None,
            command,
        });
        None
    }

    /// Sends queued requests while the window has room.
    pub(super) fn send_queued(&mut self, now: SessionTime, output: &mut SessionOutput) {
        loop {
            let has_window = self.has_window();
            let may_go = |piece: &mut QueuedLine| {
                has_window || piece.number.is_none() || piece.command.is_some()
            };
            let Some(piece) = self.delivery.queued.pop_front_if(may_go) else {
                break;
            };
            let Some(number) = piece.number else {
                output.lines.push_str(&piece.request);
                continue;
            };
            self.begin_request(number, piece.line, piece.line.is_some(), now, output);
            self.write_labeled(&piece.request, output);
            self.attach_message(piece.message);
            self.delivery.attach_command(piece.command);
            self.end_request(output);
        }
        // The target of each message of a user is known, so one fence serves many.
        if !self.settings.script
            && !self.link.capabilities.can_label()
            && self.delivery.pending_fence.is_none()
            && let Some(last) = self.delivery.in_flight.back()
            && last.command.is_none()
        {
            let number = last.number;
            self.delivery.pending_fence = Some(number);
            self.write_fence(number, output);
        }
    }
}
