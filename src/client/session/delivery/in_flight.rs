//! The lines in flight: which lines a script or a user has sent, and the delivery status of each.
//!
//! Each request of a script is followed by a fence: a label in the server's response, or a `PING`
//! if the server has no labels. A server handles lines in order, so the answer to a `PING` means
//! that all lines before it are done, and an error before it belongs to the oldest line that is not.
//! In this way the session knows for each line whether it was accepted, was refused, or is still in
//! flight.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use super::report::{DeliveryReport, Ranges};
use super::window::SendWindow;
use crate::client::command::UserCommand;
use crate::client::event::{Event, InputError, MessageTags};
use crate::client::session::outgoing::message::OutgoingMessage;
use crate::client::session::{FENCE, Session, SessionOutput, SessionTime};
use crate::wire::{Request, outgoing};

/// A line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptLine<'a> {
    /// To be processed as if typed.
    Typed(&'a str),
    /// To be sent to the active room, whatever it begins with.
    Text(&'a str),
    /// To be carried out.
    Command(UserCommand),
    /// To be reported: it cannot be read, for this reason.
    Unreadable(InputError),
}

/// What a script has sent, and what the server has taken of it.
#[derive(Debug, Default)]
pub(in crate::client::session) struct DeliveryTracker {
    /// Requests without an answer, oldest first; those after them that are answered already wait
    /// for their turn, so that all is told in the order of the lines.
    pub(in crate::client::session) in_flight: VecDeque<InFlight>,
    /// A question stands after some of the user's lines, and is not answered.
    pub(in crate::client::session) fence_pending: bool,
    /// The number of the next request.
    pub(in crate::client::session) next_number: u64,
    /// What waits until the window has room for it, oldest first.
    pub(in crate::client::session) queued: VecDeque<QueuedLine>,
    /// How many bytes the connection has taken.
    pub(in crate::client::session) written_bytes: u64,
    /// Requests go after these, as what a person types does.
    pub(in crate::client::session) queue_behind: bool,
    pub(super) window: SendWindow,
    /// As many lines were on their way as may be, since the last time that none was.
    pub(super) window_used: bool,
    /// The last line changes where talk goes, so what comes after it waits for the answer.
    pub(super) target_pending: bool,
    /// The last request is being written: what is sent or refused now belongs to it.
    pub(in crate::client::session) writing: bool,
    /// The request that the line at hand answers.
    pub(in crate::client::session) answering: Option<u64>,
    /// Batches that answer a request and have not ended.
    pub(super) batches: Vec<(String, u64)>,
    /// The last line that was given.
    pub(super) last: u64,
    pub(super) refused_lines: Ranges,
    /// At least one line was refused.
    pub(super) refused: bool,
    /// No more lines will come, or will be taken.
    pub(in crate::client::session) ended: bool,
    /// Lines after the last one were left alone on purpose.
    pub(super) stopped: bool,
    /// What is known of the lines, since the time was over.
    pub(super) timed_out: Option<Option<DeliveryReport>>,
    /// What was waited for has come.
    pub(super) matched: bool,
    /// It was ended from outside.
    pub(in crate::client::session) interrupted: bool,
    /// What to say on leaving.
    pub(in crate::client::session) quit_reason: Option<String>,
}

/// One request on its way.
#[derive(Debug)]
pub(in crate::client::session) struct InFlight {
    pub(in crate::client::session) number: u64,
    /// The line of the script it belongs to; none when a person, or another program, had it sent.
    pub(super) line: Option<u64>,
    /// It is not the first request of its line.
    pub(super) is_continuation: bool,
    pub(super) sent_at: Duration,
    pub(super) answered_at: Duration,
    /// Where in all that was sent it begins.
    pub(in crate::client::session) start_offset: u64,
    pub(super) pending_answers: u32,
    pub(super) refusals: Vec<Event>,
    /// What is said by it, for as long as that is not told.
    pub(in crate::client::session) message: Option<OutgoingMessage>,
    /// What the server said beside it when it took it.
    pub(in crate::client::session) tags: MessageTags,
}

/// A request that waits until the window has room for it.
#[derive(Debug)]
pub(in crate::client::session) struct QueuedLine {
    /// Of the request it becomes; none for what says nothing, which only waits for its turn.
    pub(in crate::client::session) number: Option<u64>,
    pub(in crate::client::session) line: Option<u64>,
    pub(in crate::client::session) request: String,
    pub(in crate::client::session) message: Option<OutgoingMessage>,
}

/// How long an answer to one line may take. However slow a server is, so few lines wait for it
/// then that it has come to each of them by this time.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(120);
impl Session {
    /// A line of a script, by its number: what becomes of it is told by that number.
    pub fn scripted(
        &mut self,
        number: u64,
        line: ScriptLine<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        self.delivery.last = number;
        self.delivery.target_pending = false;
        let flight = self.delivery.take_number();
        self.begin_request(flight, Some(number), false, now, output);
        match line {
            ScriptLine::Typed(line) => self.execute_line(line, now, output),
            ScriptLine::Text(text) => self.execute_text(text, now, output),
            ScriptLine::Command(command) => self.execute(command, "", now, output),
            ScriptLine::Unreadable(error) => self.reject_input(error, output),
        }
        self.end_request(output);
        self.complete(now, output);
    }

    /// Whether the next line may be given to [`Session::scripted`].
    pub fn wants_input(&self) -> bool {
        let script = &self.delivery;
        let moving = script.target_pending && !script.in_flight.is_empty();
        self.is_ready() && !script.ended && !moving && script.queued.is_empty() && self.has_window()
    }

    fn has_window(&self) -> bool {
        let on_their_way = self.delivery.in_flight.len();
        if self.settings.strict {
            on_their_way == 0
        } else {
            on_their_way < self.delivery.window.lines()
        }
    }

    /// Whether nothing is left to do: every line is answered, and what is waited for has come.
    pub(in crate::client::session) fn is_done(&self) -> bool {
        let waits = self.settings.wait.is_some() && !self.delivery.matched;
        let waits = waits && !self.delivery.stopped;
        !waits && !self.has_open_lines()
    }

    /// Whether lines wait for their answer, or to be sent.
    pub(super) fn has_open_lines(&self) -> bool {
        !self.delivery.in_flight.is_empty() || !self.delivery.queued.is_empty()
    }

    /// When the oldest line must have been answered.
    pub(in crate::client::session) fn answer_deadline(&self) -> Option<Duration> {
        let oldest = self.delivery.in_flight.front()?;
        Some(oldest.sent_at + ANSWER_MAX)
    }

    /// Whether a line of the script is being turned into requests.
    pub(in crate::client::session) fn is_scripting(&self) -> bool {
        self.delivery.writing
    }

    fn begin_request(
        &mut self,
        number: u64,
        line: Option<u64>,
        is_continuation: bool,
        now: SessionTime,
        output: &SessionOutput,
    ) {
        self.delivery.writing = true;
        self.delivery.in_flight.push_back(InFlight {
            number,
            line,
            is_continuation,
            sent_at: now.elapsed,
            answered_at: now.elapsed,
            start_offset: output.offset(),
            pending_answers: 0,
            refusals: Vec::new(),
            message: None,
            tags: MessageTags::default(),
        });
        let script = &mut self.delivery;
        script.window_used |= script.in_flight.len() >= script.window.lines();
    }

    fn end_request(&mut self, output: &mut SessionOutput) {
        self.delivery.writing = false;
        let can_label = self.link.capabilities.can_label();
        let Some(flight) = self.delivery.in_flight.back_mut() else {
            return;
        };
        if !can_label && output.offset() > flight.start_offset {
            flight.pending_answers = 1;
            if self.settings.script {
                write_fence(flight.number, output);
            }
        }
    }

    /// The line at hand enters or leaves a room: nothing after it may be said before it is known
    /// where.
    pub(in crate::client::session) fn await_target(&mut self) {
        self.delivery.target_pending = true;
    }

    /// Puts the label of the line at hand in front of a request.
    pub(in crate::client::session) fn write_label(&mut self, output: &mut SessionOutput) {
        if self.delivery.writing
            && self.link.capabilities.can_label()
            && let Some(flight) = self.delivery.in_flight.back_mut()
        {
            flight.pending_answers += 1;
            // Writing to a string cannot fail.
            let _ = write!(output.lines, "@label={FENCE}{} ", flight.number);
        }
    }

    /// Sends one of the pieces of what is said, as soon as the window has room for it. The first
    /// piece of a line of a script has its room already.
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
        });
        if !self.delivery.writing {
            self.send_queued(now, output);
        }
        true
    }

    /// Lets a request that says nothing wait for what was said before it; gives it back when there
    /// is nothing to wait for.
    pub(in crate::client::session) fn queue_in_turn(&mut self, request: String) -> Option<String> {
        let script = &mut self.delivery;
        if !script.queue_behind || script.writing || script.queued.is_empty() {
            return Some(request);
        }
        script.queued.push_back(QueuedLine {
            number: None,
            line: None,
            request,
            message: None,
        });
        None
    }

    /// Sends what waits, as far as the window has room for it.
    pub(super) fn send_queued(&mut self, now: SessionTime, output: &mut SessionOutput) {
        loop {
            let has_window = self.has_window();
            let may_go = |piece: &mut QueuedLine| has_window || piece.number.is_none();
            let Some(piece) = self.delivery.queued.pop_front_if(may_go) else {
                break;
            };
            let Some(number) = piece.number else {
                output.lines.push_str(&piece.request);
                continue;
            };
            self.begin_request(number, piece.line, piece.line.is_some(), now, output);
            self.write_label(output);
            output.lines.push_str(&piece.request);
            self.attach_message(piece.message);
            self.end_request(output);
        }
        // Of the user's lines it is known whom each is for, so one question serves many.
        if !self.settings.script
            && !self.link.capabilities.can_label()
            && let Some(last) = self.delivery.in_flight.back()
            && !std::mem::replace(&mut self.delivery.fence_pending, true)
        {
            write_fence(last.number, output);
        }
    }

    /// The last request says this.
    fn attach_message(&mut self, talk: Option<OutgoingMessage>) {
        if let Some(flight) = self.delivery.in_flight.back_mut() {
            flight.message = talk;
        }
    }
}

impl DeliveryTracker {
    /// Lines in flight that the connection has not taken.
    fn unwritten(&self) -> impl Iterator<Item = &InFlight> {
        let written = self.written_bytes;
        let lines = self.in_flight.iter();
        lines.filter(move |line| line.start_offset >= written)
    }

    /// The messages that the connection has not taken, oldest first.
    pub(in crate::client::session) fn unwritten_messages(
        &self,
    ) -> impl Iterator<Item = &OutgoingMessage> {
        let unwritten = self.unwritten().filter_map(|line| line.message.as_ref());
        let queued = self.queued.iter();
        unwritten.chain(queued.filter_map(|line| line.message.as_ref()))
    }

    /// The number of the first of these lines.
    pub(in crate::client::session) fn first_unwritten(&self) -> Option<u64> {
        let queued = || self.queued.front().and_then(|line| line.number);
        self.unwritten()
            .next()
            .map(|line| line.number)
            .or_else(queued)
    }

    /// A number for something that is said.
    fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// The request in flight with this number.
    pub(in crate::client::session) fn request_mut(&mut self, number: u64) -> Option<&mut InFlight> {
        let index = self
            .in_flight
            .binary_search_by_key(&number, |request| request.number);
        self.in_flight.get_mut(index.ok()?)
    }
}

/// Puts a question after what was sent: the answer says that all before it is done.
fn write_fence(number: u64, output: &mut SessionOutput) {
    // Writing to a string cannot fail.
    let _ = write!(output.lines, "PING :{FENCE}{number}\r\n");
}
