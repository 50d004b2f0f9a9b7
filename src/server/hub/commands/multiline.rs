//! Messages of several lines from clients: BATCH. IRCv3 client-batch, draft/multiline.
//!
//! The lines are collected, and the message is delivered and stored as one when the batch ends. A batch
//! with an error is rejected at once, and the rest of it is ignored.

use std::time::Duration;

use super::messages::{Chat, relayed};
use crate::server::hub::error::BatchFault;
use crate::server::hub::fanout::TagSet;
use crate::server::hub::labels::LabeledLine;
use crate::server::hub::multiline::{
    BATCH_TYPE, CONCAT, CONCAT_TAG, LINE_END, MultilineForms, MultilineMessage,
};
use crate::server::hub::state::client_batch::ClientBatch;
use crate::server::hub::{Capabilities, CommandResult, ConnectionId, Hub, Person, Rejection, Work};
use crate::wire::message::Tags;
use crate::wire::{FoldedName, Message, Nick};

/// How long a batch may be open.
const OPEN_TIME: Duration = Duration::from_secs(30);
/// The longest reference, in bytes.
const REFERENCE_BYTES_MAX: usize = 64;

impl Hub {
    /// The value of the capability.
    pub(super) fn multiline_value(&self) -> String {
        let limits = &self.settings.limits;
        let (bytes, lines) = (limits.multiline_bytes, limits.multiline_lines);
        format!("max-bytes={bytes},max-lines={lines}")
    }

    /// Handles a line that belongs to a batch, or `None` if it does not.
    pub(super) fn batched_line<'a>(
        &mut self,
        from: ConnectionId,
        message: &Message<'a>,
    ) -> Option<CommandResult<'a>> {
        if !self.capabilities(from).has(Capabilities::MULTILINE) {
            return None;
        }
        let reference = message.tags.get("batch")?;
        let command = ["PRIVMSG", "NOTICE"]
            .into_iter()
            .find(|one| message.command.eq_ignore_ascii_case(one))?;
        let now = self.now.running;
        let limits = &self.settings.limits;
        let most = (limits.multiline_lines, limits.multiline_bytes);
        let Some(mut batch) = self.batches.remove(&from) else {
            let fault = BatchFault::Invalid("There is no open batch");
            return Some(Err(Rejection::Batch(fault)));
        };
        if !batch.is_rejected
            && let Err(fault) = add_line(&mut batch, (reference, command), message, (now, most))
        {
            self.send_rejection(from, Rejection::Batch(fault));
            // The response to all lines is labeled as that of the first one.
            if let Some(label) = batch.label.take() {
                self.label_responses(self.labeled_before(from, &label));
            }
            batch.is_rejected = true;
        }
        self.batches.insert(from, batch);
        Some(Ok(()))
    }

    /// Opens or ends a batch.
    pub(super) fn batch<'a>(
        &mut self,
        from: ConnectionId,
        reference: &'a str,
        (kind, target): (Option<&'a str>, Option<&'a str>),
        tags: Tags<'a>,
    ) -> CommandResult<'a> {
        self.people.registered(from)?;
        let fault = |fault| Err(Rejection::Batch(fault));
        let (opens, reference) = match reference.split_at_checked(1) {
            Some(("+", reference)) => (true, reference),
            Some(("-", reference)) => (false, reference),
            _ => return fault(BatchFault::InvalidReference(reference)),
        };
        if !opens {
            return self.end_batch(from, reference);
        }
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if reference.is_empty()
            || reference.len() > REFERENCE_BYTES_MAX
            || !reference.bytes().all(is_valid)
        {
            return fault(BatchFault::InvalidReference(reference));
        }
        let kind = kind.unwrap_or_default();
        if kind != BATCH_TYPE || !self.capabilities(from).has(Capabilities::MULTILINE) {
            return fault(BatchFault::UnknownType(reference, kind));
        }
        if tags.get("batch").is_some() {
            return fault(BatchFault::Invalid("Batches cannot be nested"));
        }
        let open = self.batches.get(&from);
        if open.is_some_and(|open| !open.is_rejected && self.now.running <= open.until) {
            self.batches.remove(&from);
            return fault(BatchFault::Invalid("Another batch is open"));
        }
        let Some(target) = target.filter(|target| !target.contains(',')) else {
            return fault(BatchFault::Invalid(
                "Expected one room or user as the target",
            ));
        };
        self.charge(Work::Tag, tags.iter().count());
        let has_tags = self.capabilities(from).has(Capabilities::MESSAGE_TAGS);
        let batch = ClientBatch {
            reference: reference.to_owned(),
            target: target.to_owned(),
            command: None,
            text: String::new(),
            lines: 0,
            bytes: 0,
            label: None,
            tags: if has_tags {
                relayed(tags)
            } else {
                String::new()
            },
            until: self.now.running + OPEN_TIME,
            is_rejected: false,
        };
        self.batches.insert(from, batch);
        Ok(())
    }

    /// Keeps the label of a line that has opened a batch: its response comes at the end. Returns whether
    /// the label of this line is not for its own response.
    pub(super) fn keep_label_of_batch(
        &mut self,
        from: ConnectionId,
        line: &[u8],
        label: &str,
    ) -> bool {
        // Most lines of other clients have a label, and are not parsed again for this.
        if !self.capabilities(from).has(Capabilities::MULTILINE) {
            return false;
        }
        let Ok(message) = Message::from_client(line) else {
            return false;
        };
        if !message.command.eq_ignore_ascii_case("BATCH") {
            return false;
        }
        match (message.parameter(0), self.batches.get_mut(&from)) {
            (Some(end), _) if end.starts_with('-') => true,
            (_, Some(batch)) if batch.lines == 0 && !batch.is_rejected => {
                batch.label = Some(label.to_owned());
                true
            }
            _ => false,
        }
    }

    fn end_batch<'a>(&mut self, from: ConnectionId, reference: &'a str) -> CommandResult<'a> {
        let fault = |fault| Err(Rejection::Batch(fault));
        let Some(batch) = self.batches.remove(&from) else {
            return fault(BatchFault::InvalidReference(reference));
        };
        if batch.is_rejected {
            return Ok(());
        }
        let result = match self.now.running > batch.until {
            true => fault(BatchFault::Timeout),
            false if batch.reference != reference => {
                fault(BatchFault::Invalid("Another batch is open"))
            }
            false => self.send_multiline(from, &batch),
        };
        if let Err(rejection) = result {
            self.send_rejection(from, rejection);
        }
        let has_other_ending = self.outbox().begin_other_ending();
        if let Some(label) = &batch.label {
            self.label_first_response(from, label, has_other_ending);
        }
        Ok(())
    }

    fn send_multiline<'a>(
        &mut self,
        from: ConnectionId,
        batch: &'a ClientBatch,
    ) -> CommandResult<'a> {
        let Some(command) = batch.command else {
            return Err(Rejection::Batch(BatchFault::Invalid(
                "The batch has no lines",
            )));
        };
        if batch.text.trim_matches([LINE_END, CONCAT]).is_empty() {
            return Err(Rejection::Batch(BatchFault::Invalid(
                "All lines of the batch are blank",
            )));
        }
        if self.service_at(&batch.target).is_some() {
            return Err(Rejection::Batch(BatchFault::Invalid(
                "Services answer single lines only",
            )));
        }
        self.people.registered_mut(from)?.last_spoke = self.now.running;
        self.count_message();
        let chat = Chat {
            from,
            command,
            text: Some(&batch.text),
            tags: Tags::of_text(""),
        };
        let target = &batch.target;
        let (prefix, room) = target.split_at(usize::from(target.starts_with(['@', '+'])));
        match room.starts_with('#') {
            true => self.send_multiline_to_room((prefix, room), chat, &batch.tags),
            false => self.send_multiline_to_person(target, chat, &batch.tags),
        }
    }

    fn send_multiline_to_room<'a>(
        &self,
        (prefix, name): (&'a str, &'a str),
        chat: Chat<'a>,
        tags: &str,
    ) -> CommandResult<'a> {
        let (person, speaker) = self.people.person(chat.from)?;
        let room = self.rooms.find(name)?;
        let membership = speaker.membership(room.number);
        let member = membership.and_then(|one| room.member(one));
        if let Some(why) = self.send_refusal(speaker, member, room, chat.text) {
            return Err(Rejection::CannotSendToRoom(name, why));
        }
        let kept_in = match prefix {
            "" => self.room_of_stored(room, chat),
            _ => None,
        };
        if kept_in.is_some() {
            self.require_store(chat.command, name)?;
        }
        let mut forms = self.multiline_forms(person, chat, (prefix, room.name.as_str()), tags)?;
        let first_send = self.outbox().spans().len();
        self.charge(Work::Look, room.members.len());
        for member in &room.members {
            let is_meant = match prefix {
                "@" => member.operator,
                "+" => member.has_voice(),
                _ => true,
            };
            if is_meant && member.id != chat.from {
                self.send_forms(member.id, &mut forms);
            }
        }
        if person.capabilities.has(Capabilities::ECHO_MESSAGE) {
            self.send_forms(chat.from, &mut forms);
        }
        if let Some(throttle) = &room.throttle {
            throttle.talked(chat.from, self.now.running);
        }
        if let Some(buffer) = kept_in {
            let rejection = Rejection::NotStored(chat.command, room.name.as_str());
            let kept = (Some(buffer), None);
            self.keep_chat(speaker, kept, chat, tags, (first_send, rejection));
        }
        Ok(())
    }

    fn send_multiline_to_person<'a>(
        &self,
        target: &'a str,
        chat: Chat<'a>,
        tags: &str,
    ) -> CommandResult<'a> {
        let (person, speaker) = self.people.person(chat.from)?;
        let (listener, user) = self.people.find(target)?;
        let kept_in = self.conversation_of_stored(speaker, user, chat);
        if kept_in.is_some() {
            self.require_store(chat.command, target)?;
        }
        let mut forms = self.multiline_forms(person, chat, ("", user.nick.as_str()), tags)?;
        let mut first_send = self.outbox().spans().len();
        let mut to_oneself = Vec::new();
        match listener.id == chat.from {
            // The message to oneself is not a response to the line; only its echo is.
            true => {
                let (lines, _) = forms.lines(person.capabilities, &mut self.outbox());
                for line in lines {
                    let place = self.outbox().send_before_responses(chat.from, line);
                    to_oneself.push(place);
                    first_send += 1;
                }
            }
            false => self.send_forms(listener.id, &mut forms),
        }
        if person.capabilities.has(Capabilities::ECHO_MESSAGE) {
            self.send_forms(chat.from, &mut forms);
        }
        if let Some(buffer) = kept_in {
            let rejection = Rejection::NotStored(chat.command, user.nick.as_str());
            let kept = (Some(buffer), None);
            self.keep_chat(speaker, kept, chat, tags, (first_send, rejection));
            for place in to_oneself {
                self.outbox().send_only_if_stored(place);
            }
        }
        if chat.command == "PRIVMSG" {
            self.send_away_reply(chat.from, user);
        }
        Ok(())
    }

    fn multiline_forms<'a, 't>(
        &self,
        person: &'t Person,
        chat: Chat<'t>,
        (prefix, target): (&'t str, &'t str),
        from_client: &'t str,
    ) -> CommandResult<'a, MultilineForms<'t>> {
        let speaker = person.registered().ok_or(Rejection::NotRegistered)?;
        let (time, id) = self.message_time_and_id();
        let message = MultilineMessage {
            source: &speaker.source,
            command: chat.command,
            prefix,
            target,
            text: chat.text.unwrap_or_default(),
            tags: TagSet {
                time,
                id: Some(id),
                account: speaker.account.as_deref().map(Nick::as_str),
                is_bot: speaker.modes.has('B'),
                from_client,
            },
        };
        match message.fits() {
            true => Ok(message.forms()),
            false => Err(Rejection::TooLongToRelay),
        }
    }

    fn send_forms(&self, to: ConnectionId, forms: &mut MultilineForms<'_>) {
        let outbox = &mut self.outbox();
        let (lines, _) = forms.lines(self.capabilities(to), outbox);
        lines.into_iter().for_each(|line| outbox.send(to, line));
    }

    /// Labels the first line of the response to a batch, which begins a batch itself. Without a response
    /// it is an `ACK`.
    fn label_first_response(&self, from: ConnectionId, label: &str, has_other_ending: bool) {
        let line = self.labeled_before(from, label);
        self.label_first(from, line);
        if has_other_ending {
            self.outbox().exchange_endings();
            self.label_first(from, line);
            self.outbox().exchange_endings();
        }
    }

    fn label_first(&self, from: ConnectionId, line: LabeledLine<'_>) {
        let mut sends = self.outbox().take_responses();
        let Some(first) = sends.iter_mut().find(|(to, _)| *to == from) else {
            self.outbox().send_each(sends.into_iter());
            return self.label_responses(line);
        };
        let label: &str = line.text;
        first.1 = self
            .outbox()
            .with_tags(format_args!(";label={label}"), first.1);
        self.outbox().send_each(sends.into_iter());
    }
}

/// Adds a line to a batch of at most so many lines and bytes.
fn add_line<'b>(
    batch: &'b mut ClientBatch,
    (reference, command): (&str, &'static str),
    message: &Message<'b>,
    (now, (lines_max, bytes_max)): (Duration, (u32, u32)),
) -> Result<(), BatchFault<'b>> {
    if now > batch.until {
        return Err(BatchFault::Timeout);
    }
    if batch.reference != reference {
        return Err(BatchFault::Invalid("The line belongs to another batch"));
    }
    if *batch.command.get_or_insert(command) != command {
        return Err(BatchFault::Invalid("PRIVMSG and NOTICE cannot be mixed"));
    }
    let (target, text) = (message.parameter(0), message.parameter(1));
    let (target, text) = (target.unwrap_or_default(), text.unwrap_or_default());
    if !FoldedName::same(target, &batch.target) {
        return Err(BatchFault::InvalidTarget(&batch.target, target));
    }
    let continues = message.tags.get(CONCAT_TAG).is_some();
    let is_first = batch.lines == 0;
    if continues && (text.is_empty() || is_first) {
        return Err(BatchFault::Invalid(
            "A part that continues a line cannot be blank, and cannot be the first",
        ));
    }
    batch.lines += 1;
    batch.bytes += u32::try_from(text.len()).unwrap_or(u32::MAX);
    batch.bytes += u32::from(!is_first && !continues);
    if batch.lines > lines_max {
        return Err(BatchFault::MaxLines(lines_max));
    }
    if batch.bytes > bytes_max {
        return Err(BatchFault::MaxBytes(bytes_max));
    }
    if !is_first {
        batch.text.push(if continues { CONCAT } else { LINE_END });
    }
    batch.text.push_str(text);
    Ok(())
}
