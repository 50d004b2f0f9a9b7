//! The lines in flight: which lines a script or a user has sent, and the delivery status of each.
//!
//! Each request of a script is followed by a fence: a label in the server's response, or a `PING`
//! if the server has no labels. A server handles lines in order, so the answer to a `PING` means
//! that all lines before it are done, and an error before it belongs to the oldest line that is not.
//! In this way the session knows for each line whether it was accepted, was refused, or is still in
//! flight.

use std::collections::VecDeque;
use std::time::Duration;

use super::once_request::OnceRequest;
use super::window::SendWindow;
use crate::client::event::{DeliveryReport, Event, MessageTags, Ranges};
use crate::client::session::outgoing::message::OutgoingMessage;
use crate::client::session::outgoing::sent_command::{SentCommand, TargetChange};

/// The requests of a script or a user, and which of them the server has answered.
#[derive(Debug, Default)]
pub(in crate::client::session) struct DeliveryTracker {
    /// Requests in flight, oldest first. One that is answered out of order waits here, so that
    /// reports come in the order of the lines.
    pub(in crate::client::session) in_flight: VecDeque<InFlight>,
    /// Requests of the connection before, to be sent again on the next one. Answered ones among them keep
    /// their place.
    pub(in crate::client::session) to_resend: VecDeque<InFlight>,
    /// The last fence after messages of the user, if it is not answered.
    pub(in crate::client::session) pending_fence: Option<u64>,
    /// The number of the next request.
    pub(in crate::client::session) next_number: u64,
    /// Requests that wait for room in the window, oldest first.
    pub(in crate::client::session) queued: VecDeque<QueuedLine>,
    /// How many bytes were written to the connection.
    pub(in crate::client::session) written_bytes: u64,
    /// Requests wait for those in flight, as those that a user types do.
    pub(in crate::client::session) queue_after: bool,
    /// The command that is being carried out, until one of its requests is queued.
    pub(in crate::client::session) queued_command: Option<SentCommand>,
    /// How many requests in flight are commands of the user: they do not fill the window.
    pub(super) commands_in_flight: usize,
    pub(super) window: SendWindow,
    /// The window was full since it was last empty.
    pub(super) window_used: bool,
    /// The last line changes the target of messages, so the next line waits for its answer.
    pub(super) target_pending: bool,
    /// The last request is being written: whatever is sent or refused now belongs to it.
    pub(in crate::client::session) writing: bool,
    /// The request that the current line of the server answers.
    pub(in crate::client::session) answering: Option<u64>,
    /// Open batches that answer a request: the reference tag, and the number of the request.
    pub(super) batches: Vec<(String, u64)>,
    /// The number of the last line of the script so far.
    pub(super) last: u64,
    pub(super) refused_lines: Ranges,
    /// The lines that were for other networks.
    pub(super) foreign_lines: Ranges,
    /// At least one line was refused.
    pub(super) refused: bool,
    /// No more lines will come, or be accepted.
    pub(in crate::client::session) ended: bool,
    /// The lines after the last one were skipped because of `--strict`.
    pub(super) stopped: bool,
    /// The report made when the time limit passed.
    pub(super) timed_out: Option<Option<DeliveryReport>>,
    /// The awaited event has come.
    pub(super) matched: bool,
    /// A signal has ended the script.
    pub(in crate::client::session) interrupted: bool,
    /// The reason for `QUIT`.
    pub(in crate::client::session) quit_reason: Option<String>,
}

/// A request in flight.
#[derive(Debug)]
pub(in crate::client::session) struct InFlight {
    pub(in crate::client::session) number: u64,
    /// The line of the script that it belongs to; `None` for a user or another program.
    pub(super) line: Option<u64>,
    /// It is not the first request of its line.
    pub(super) is_continuation: bool,
    pub(super) sent_at: Duration,
    pub(super) answered_at: Duration,
    /// Its offset in all bytes for this connection.
    pub(in crate::client::session) start_offset: u64,
    pub(in crate::client::session) pending_answers: u32,
    pub(super) refusals: Vec<Event>,
    /// The message in it, until its delivery is reported.
    pub(in crate::client::session) message: Option<OutgoingMessage>,
    /// The command of the user that it carries out.
    pub(in crate::client::session) command: Option<SentCommand>,
    /// How it changes the target of the next lines.
    pub(super) target_change: Option<TargetChange>,
    /// The id with which it can be sent again.
    pub(in crate::client::session) once: Option<OnceRequest>,
    /// The server has refused that change, so it is not waited for.
    pub(super) target_refused: bool,
    /// The tags of the server's echo.
    pub(in crate::client::session) tags: MessageTags,
}

/// A request that waits until the window has room for it.
#[derive(Debug)]
pub(in crate::client::session) struct QueuedLine {
    /// The number of the request that it becomes; `None` for a request without a message, which
    /// only waits for its turn.
    pub(in crate::client::session) number: Option<u64>,
    pub(in crate::client::session) line: Option<u64>,
    pub(in crate::client::session) request: String,
    pub(in crate::client::session) message: Option<OutgoingMessage>,
    pub(in crate::client::session) command: Option<SentCommand>,
}

/// How long an answer to one line may take. The window of a slow server is so small that it answers
/// each line within this time.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(120);

impl InFlight {
    /// Whether it was sent on an earlier connection.
    pub(in crate::client::session) fn is_repeat(&self) -> bool {
        self.once.as_ref().is_some_and(|once| once.is_repeat)
    }
}

impl DeliveryTracker {
    /// Attaches a command of the user to the last request.
    pub(super) fn attach_command(&mut self, command: Option<SentCommand>) {
        if let Some(flight) = self.in_flight.back_mut() {
            self.commands_in_flight += usize::from(command.is_some());
            flight.command = command;
        }
    }

    /// Takes the oldest request in flight if `is_over` holds for it.
    pub(super) fn pop_request_if(
        &mut self,
        is_over: impl FnOnce(&mut InFlight) -> bool,
    ) -> Option<InFlight> {
        let flight = self.in_flight.pop_front_if(is_over)?;
        self.commands_in_flight -= usize::from(flight.command.is_some());
        Some(flight)
    }

    /// Takes all requests in flight.
    pub(in crate::client::session) fn take_requests(&mut self) -> VecDeque<InFlight> {
        self.commands_in_flight = 0;
        std::mem::take(&mut self.in_flight)
    }

    /// Requests in flight that were not written to the connection.
    fn unwritten(&self) -> impl Iterator<Item = &InFlight> {
        let written = self.written_bytes;
        let lines = self.in_flight.iter();
        lines.filter(move |line| line.start_offset >= written)
    }

    /// The messages that were not written to the connection, oldest first.
    pub(in crate::client::session) fn unwritten_messages(
        &self,
    ) -> impl Iterator<Item = &OutgoingMessage> {
        let unwritten = self.unwritten().filter_map(|line| line.message.as_ref());
        let queued = self.queued.iter();
        unwritten.chain(queued.filter_map(|line| line.message.as_ref()))
    }

    /// The messages that are written to the connection, now or in the next moment, and are not
    /// confirmed, oldest first.
    pub(in crate::client::session) fn messages_in_transit(
        &self,
    ) -> impl Iterator<Item = &OutgoingMessage> {
        let sent = self.to_resend.iter().chain(&self.in_flight);
        sent.filter_map(|line| line.message.as_ref())
    }

    /// The messages that wait for room in the window, oldest first.
    pub(in crate::client::session) fn queued_messages(
        &self,
    ) -> impl Iterator<Item = &OutgoingMessage> {
        self.queued.iter().filter_map(|line| line.message.as_ref())
    }

    /// The number of the first request that was not written.
    pub(in crate::client::session) fn first_unwritten(&self) -> Option<u64> {
        let queued = || self.queued.front().and_then(|line| line.number);
        self.unwritten()
            .next()
            .map(|line| line.number)
            .or_else(queued)
    }

    /// The next number of a request.
    pub(super) fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// Whether messages of the user wait for their delivery, from this number on.
    pub(in crate::client::session) fn has_messages_from(&self, number: u64) -> bool {
        let mut sent = self.in_flight.iter();
        let mut queued = self.queued.iter();
        sent.any(|sent| sent.number >= number && sent.message.is_some())
            || queued.any(|line| line.number >= Some(number) && line.message.is_some())
    }

    /// The request in flight with this number.
    pub(in crate::client::session) fn request(&self, number: u64) -> Option<&InFlight> {
        let index = self
            .in_flight
            .binary_search_by_key(&number, |request| request.number);
        self.in_flight.get(index.ok()?)
    }

    /// The same, to change it.
    pub(in crate::client::session) fn request_mut(&mut self, number: u64) -> Option<&mut InFlight> {
        let index = self
            .in_flight
            .binary_search_by_key(&number, |request| request.number);
        self.in_flight.get_mut(index.ok()?)
    }
}
