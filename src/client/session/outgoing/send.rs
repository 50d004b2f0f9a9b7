//! Messages of the user, from the command to the report of their delivery.
//!
//! Each message is a request in flight, as the lines of a script are: with a label if the server
//! knows labels, else with a fence after it, but with one fence at a time. So an error finds the
//! message it is about, and when the connection is lost it is known which messages may have
//! arrived and which never left the client.

use super::message::{OutgoingMessage, split};
use super::sent_command::SentCommand;
use crate::client::command::UserCommand;
use crate::client::event::{DeliveryStatus, Event, InputError, MessageKind, MessageTags, Target};
use crate::client::session::{Phase, Session, SessionOutput, SessionTime, WAITING_LINES_MAX};
use crate::wire::message::BODY_BYTES_MAX;
use crate::wire::{Message, Request};

impl Session {
    /// The message that a command sends, or why it cannot; `None` for other commands.
    pub(super) fn message_for(
        &self,
        command: &UserCommand,
    ) -> Option<Result<OutgoingMessage, InputError>> {
        Some(match command.clone() {
            UserCommand::Say { text } => self.message_to_active(text, MessageKind::Text),
            UserCommand::Action { text } => self.message_to_active(text, MessageKind::Action),
            UserCommand::Message { target, text } => {
                Ok(self.message_to(&target, text, MessageKind::Text))
            }
            UserCommand::Notice { target, text } => {
                Ok(self.message_to(&target, text, MessageKind::Notice))
            }
            UserCommand::Reply { text } => self.reply(text),
            _ => return None,
        })
    }

    /// A message to the active room.
    pub(super) fn message_to_active(
        &self,
        text: String,
        kind: MessageKind,
    ) -> Result<OutgoingMessage, InputError> {
        let room = self.target_room().ok_or_else(|| self.no_room())?;
        let target = Target::Room(room.to_owned());
        Ok(OutgoingMessage { target, text, kind })
    }

    /// A message to a room or a person.
    pub(super) fn message_to(
        &self,
        target: &str,
        text: String,
        kind: MessageKind,
    ) -> OutgoingMessage {
        let target = self.target(target);
        OutgoingMessage { target, text, kind }
    }

    /// A message to the last person who whispered to the user.
    pub(super) fn reply(&self, text: String) -> Result<OutgoingMessage, InputError> {
        let nick = self.attention.last_whisperer.as_ref();
        let nick = nick.ok_or_else(|| self.no_whisperer())?;
        Ok(self.message_to(nick, text, MessageKind::Text))
    }

    /// Sends a message, or queues it while there is no connection.
    pub(super) fn send_or_reject(
        &mut self,
        message: Result<OutgoingMessage, InputError>,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        match message {
            Ok(message) if self.is_ready() => self.send_message(&message, now, output),
            Ok(message) if !self.is_leaving() && self.phase != Phase::Asking => {
                self.queue_offline(message, output);
            }
            Ok(_) => self.reject_input(InputError::NotConnected, output),
            Err(error) => self.reject_input(error, output),
        }
    }

    /// Sends a message, in as many lines as it takes.
    fn send_message(
        &mut self,
        message: &OutgoingMessage,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        let (prefix, suffix) = match message.kind {
            MessageKind::Action => (ACTION, ACTION_END),
            MessageKind::Text | MessageKind::Notice => ("", ""),
        };
        let targets = message.target.name();
        let bytes_max = self.text_bytes_max(targets, prefix.len() + suffix.len());
        let pieces = split(&message.text, bytes_max);
        for piece in &pieces {
            let text = &format!("{prefix}{piece}{suffix}");
            let request = match message.kind {
                MessageKind::Notice => Request::Notice { targets, text },
                MessageKind::Text | MessageKind::Action => Request::Privmsg { targets, text },
            };
            // The lines of a script are reported by number, so only the log needs the text.
            let is_needed = !self.is_scripting() || self.settings.log;
            let sent = is_needed.then(|| OutgoingMessage {
                target: message.target.clone(),
                text: (*piece).to_owned(),
                kind: message.kind,
            });
            if !self.send_or_queue(&request, sent, now, output) {
                return;
            }
        }
        if pieces.len() > 1 {
            output.events.push(Event::Note {
                words: format!("Too long for one line; sent as {} lines.", pieces.len()),
            });
        }
    }

    /// How long a text to `target` can be, in bytes, so that the line still fits after the server
    /// has put the user's `nick!user@host` in front of it.
    pub(in crate::client::session) fn text_bytes_max(
        &self,
        target: &str,
        extra_bytes: usize,
    ) -> usize {
        // The address that others see can change at any time, and not every server reports it.
        let address = self.identity.address.as_ref().map_or(0, String::len);
        let address = address.max(ADDRESS_BYTES_MAX);
        let around = ":! PRIVMSG  :\r\n".len() + self.identity.nick.len() + address + target.len();
        BODY_BYTES_MAX
            .saturating_sub(around + extra_bytes)
            .max(TEXT_BYTES_MIN)
    }

    /// Keeps a message until there is a connection.
    fn queue_offline(&mut self, message: OutgoingMessage, output: &mut SessionOutput) {
        if self.backlog.waiting.len() >= WAITING_LINES_MAX {
            return self.reject_input(InputError::QueueFull, output);
        }
        self.backlog.waiting.push_back(message);
        // Announced once, for a paste of many lines as for many typed lines.
        if !std::mem::replace(&mut self.backlog.announced, true) {
            let words = "Not connected. Your messages are sent when the server is back.".to_owned();
            output.events.push(Event::Note { words });
        }
    }

    /// The error for a reply without a recipient.
    pub(super) fn no_whisperer(&self) -> InputError {
        match &self.attention.departed_whisperer {
            Some(nick) => InputError::WhispererLeft(nick.clone()),
            None => InputError::NoWhisperer,
        }
    }

    /// The error for a command that needs a room.
    pub(super) fn no_room(&self) -> InputError {
        match self
            .attention
            .typed_in
            .as_deref()
            .or(self.rooms.left_room())
        {
            Some(room) => InputError::NotInRoom(room.to_owned()),
            None => InputError::NoRoom,
        }
    }

    /// Sends the messages that waited for the connection, in order.
    pub(in crate::client::session) fn send_backlog(
        &mut self,
        now: SessionTime,
        output: &mut SessionOutput,
    ) {
        self.backlog.announced = false;
        if !self.backlog.waiting.is_empty() {
            let words = match self.backlog.waiting.len() {
                1 => "Sending the line that waited.".to_owned(),
                many => format!("Sending the {many} lines that waited."),
            };
            output.events.push(Event::Note { words });
        }
        for message in std::mem::take(&mut self.backlog.waiting) {
            self.send_message(&message, now, output);
        }
    }

    /// Keeps the tags of the server's echo of a message.
    pub(in crate::client::session) fn on_echo(&mut self, message: &Message<'_>) {
        let delivery = &mut self.delivery;
        let request = delivery
            .answering
            .and_then(|number| delivery.request_mut(number));
        if let Some(request) = request.filter(|request| request.message.is_some()) {
            request.tags = MessageTags::of(message.tags);
        }
    }

    /// Reports the delivery status of a message.
    pub(in crate::client::session) fn report_delivery(
        &self,
        number: u64,
        message: OutgoingMessage,
        status: DeliveryStatus,
        tags: MessageTags,
        output: &mut SessionOutput,
    ) {
        output.events.push(Event::Sent {
            number,
            target: message.target,
            nick: self.identity.nick.clone(),
            text: message.text,
            kind: message.kind,
            status,
            tags,
        });
    }

    /// The connection is lost: messages that never left the client wait for the next connection. The
    /// others may have arrived; they are reported and never sent twice.
    pub(in crate::client::session) fn requeue_unsent(&mut self, output: &mut SessionOutput) {
        let mut unsent = Vec::new();
        let mut kept = 0;
        for mut request in self.delivery.take_requests() {
            let has_left = request.is_repeat() || request.start_offset < output.written_bytes;
            if let Some(SentCommand { shown, .. }) = request.command.take() {
                let words = match has_left {
                    true => format!("{shown} was not answered: the connection was lost."),
                    false => format!("{shown} was not sent: the connection was lost."),
                };
                output.events.push(Event::Note { words });
            }
            if request.once.is_some() && request.message.is_some() && has_left {
                kept += 1;
                self.keep_to_resend(request);
                continue;
            }
            let Some(message) = request.message else {
                continue;
            };
            if has_left {
                let tags = MessageTags::default();
                self.report_delivery(
                    request.number,
                    message,
                    DeliveryStatus::Unknown,
                    tags,
                    output,
                );
            } else {
                unsent.push(message);
            }
        }
        if kept > 0 {
            let words = match kept {
                1 => "One line is not confirmed. It is sent again, and arrives once, when the server is back."
                    .to_owned(),
                many => format!(
                    "{many} lines are not confirmed. They are sent again, and arrive once, when the server is \
                     back."
                ),
            };
            output.events.push(Event::Note { words });
        }
        self.delivery.pending_fence = None;
        for line in std::mem::take(&mut self.delivery.queued) {
            if let Some(SentCommand { shown, .. }) = line.command {
                let words = format!("{shown} was not sent: the connection was lost.");
                output.events.push(Event::Note { words });
            }
            // The report covers the lines of a script.
            unsent.extend(line.message);
        }
        if !unsent.is_empty() {
            let words = match unsent.len() {
                1 => "One line was not sent. It is sent when the server is back.".to_owned(),
                many => {
                    format!("{many} lines were not sent. They are sent when the server is back.")
                }
            };
            output.events.push(Event::Note { words });
        }
        for message in unsent.into_iter().rev() {
            self.backlog.waiting.push_front(message);
        }
    }

    /// The session ends: reports the messages whose status will stay unknown or unsent.
    pub(in crate::client::session) fn report_remaining(&mut self, output: &mut SessionOutput) {
        self.give_up_resending();
        for request in self.delivery.take_requests() {
            if let Some(message) = request.message {
                self.report_delivery(
                    request.number,
                    message,
                    DeliveryStatus::Unknown,
                    request.tags,
                    output,
                );
            }
        }
        for line in std::mem::take(&mut self.delivery.queued) {
            if let (Some(number), Some(message)) = (line.number, line.message) {
                self.backlog.never_sent.push(message.clone());
                self.report_delivery(
                    number,
                    message,
                    DeliveryStatus::Unsent,
                    MessageTags::default(),
                    output,
                );
            }
        }
        for message in std::mem::take(&mut self.backlog.waiting) {
            self.backlog.never_sent.push(message.clone());
            // It has no number, since it was never sent.
            self.report_delivery(
                u64::MAX,
                message,
                DeliveryStatus::Unsent,
                MessageTags::default(),
                output,
            );
        }
    }
}

/// Marks an action. CTCP, "ACTION".
const ACTION: &str = "\x01ACTION ";
const ACTION_END: &str = "\x01";

/// The length of `user@host` while it is unknown: ten bytes of user name, and a host of 63.
const ADDRESS_BYTES_MAX: usize = 10 + 1 + 63;
/// The least text in a line, however long the names around it are.
const TEXT_BYTES_MIN: usize = 100;
