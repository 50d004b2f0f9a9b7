//! Turns lines of a script and commands of a user into requests, each with a label or a fence after
//! it.

use std::time::Duration;

use super::in_flight::{ANSWER_MAX, InFlight};
use super::script_line::{ScriptLine, ScriptStep};
use crate::client::event::MessageTags;
use crate::client::session::connection::pending_pings::FENCE;
use crate::client::session::outgoing::message::OutgoingMessage;
use crate::client::session::outgoing::sent_command::SentCommand;
use crate::client::session::{Session, SessionOutput, SessionTime};

impl Session {
    /// Processes a line of a script. Its delivery is reported by this number.
    pub fn scripted(
        &mut self,
        number: u64,
        line: ScriptLine<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let step = ScriptStep::parse(line, &self.settings.aliases);
        self.run_step(number, step, now, output);
    }

    pub(in crate::client::session) fn run_step(
        &mut self,
        number: u64,
        step: ScriptStep<'_>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        self.delivery.last = number;
        self.delivery.target_pending = false;
        let flight = self.delivery.take_number();
        self.begin_request(flight, Some(number), false, now, output);
        match step {
            ScriptStep::Line(line) => self.execute_line(line, now, output),
            ScriptStep::Text(text) => self.execute_text(text, now, output),
            ScriptStep::Command(command) => self.execute(command, "", now, output),
            ScriptStep::Refused(error) => self.reject_input(error, output),
        }
        self.end_request(output);
        self.complete(now, output);
    }

    /// A line of the script is for another network, which reports its delivery.
    pub(in crate::client::session) fn skip_line(&mut self, number: u64) {
        self.delivery.last = number;
        self.delivery.foreign_lines.add(number);
    }

    /// Whether the next line may be given to [`Session::scripted`].
    pub fn wants_input(&self) -> bool {
        let delivery = &self.delivery;
        let waits_for_target = delivery.target_pending && !delivery.in_flight.is_empty();
        self.is_ready()
            && !delivery.ended
            && !waits_for_target
            && delivery.queued.is_empty()
            && self.has_window()
    }

    pub(super) fn has_window(&self) -> bool {
        let delivery = &self.delivery;
        let on_their_way = delivery.in_flight.len() - delivery.commands_in_flight;
        if self.settings.strict {
            on_their_way == 0
        } else {
            on_their_way < self.delivery.window.lines()
        }
    }

    /// Whether nothing is left to do: every line is answered, and the awaited event has come.
    pub(in crate::client::session) fn is_done(&self) -> bool {
        let waits = self.settings.wait.is_some() && !self.delivery.matched;
        let waits = waits && !self.delivery.stopped;
        !waits && !self.has_open_lines()
    }

    /// Whether lines are in flight or queued.
    pub(super) fn has_open_lines(&self) -> bool {
        let delivery = &self.delivery;
        let has_kept = !delivery.to_resend.is_empty();
        has_kept || !delivery.in_flight.is_empty() || !delivery.queued.is_empty()
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

    pub(super) fn begin_request(
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
            command: None,
            target_change: None,
            once: None,
            target_refused: false,
            tags: MessageTags::default(),
        });
        let delivery = &mut self.delivery;
        delivery.window_used |= delivery.in_flight.len() >= delivery.window.lines();
    }

    pub(super) fn end_request(&mut self, output: &mut SessionOutput) {
        self.delivery.writing = false;
        let can_label = self.link.capabilities.can_label();
        let Some(flight) = self.delivery.in_flight.back_mut() else {
            return;
        };
        if output.offset() <= flight.start_offset {
            return;
        }
        let number = flight.number;
        if can_label {
            // The next line waits for this one, and a server can leave a label unanswered.
            if flight.target_change.is_some() {
                self.write_fence(number, output);
            }
            return;
        }
        flight.pending_answers = 1;
        if self.settings.script || flight.command.is_some() {
            self.write_fence(number, output);
        }
    }

    /// Carries out a command of the user: `send` sends its requests, which get a label or a fence,
    /// so that a refusal finds the command.
    pub(in crate::client::session) fn send_command(
        &mut self,
        command: SentCommand,
        now: SessionTime,
        output: &mut SessionOutput,
        send: impl FnOnce(&mut Self, &mut SessionOutput),
    ) {
        if !self.delivery.queued.is_empty() {
            self.delivery.queued_command = Some(command);
            send(self, output);
            self.delivery.queued_command = None;
            return;
        }
        let number = self.delivery.take_number();
        self.begin_request(number, None, false, now, output);
        self.delivery.attach_command(Some(command));
        send(self, output);
        self.end_request(output);
        self.complete(now, output);
    }

    /// Writes a line, with the label of the current request in front of it.
    pub(in crate::client::session) fn write_labeled(
        &mut self,
        line: &str,
        output: &mut SessionOutput,
    ) {
        let begun = self.delivery.in_flight.back();
        let once = begun.and_then(|flight| self.once_request(flight, line));
        if self.delivery.writing
            && self.link.capabilities.can_label()
            && let Some(flight) = self.delivery.in_flight.back_mut()
        {
            flight.pending_answers += 1;
            let label = format!("@label={FENCE}{}", flight.number);
            output.lines.push_str(&label);
            if let Some(once) = &once {
                output.lines.push_str(&once.tag());
            }
            flight.once = once;
            // A line of `/raw` can have tags of its own.
            let (separator, rest) = match line.strip_prefix('@') {
                Some(rest) => (';', rest),
                None => (' ', line),
            };
            output.lines.push(separator);
            output.lines.push_str(rest);
        } else {
            output.lines.push_str(line);
        }
    }

    /// Attaches a message to the last request.
    pub(super) fn attach_message(&mut self, message: Option<OutgoingMessage>) {
        if let Some(flight) = self.delivery.in_flight.back_mut() {
            flight.message = message;
        }
    }
}
