//! Messages that were not sent or not confirmed, as lines that can be typed again, so that the client
//! can save them and offer them at the next start.

use super::message::OutgoingMessage;
use crate::client::command::{message_carries_password, message_line};
use crate::client::event::{MessageKind, UnsentText};
use crate::client::session::Session;

impl Session {
    /// The connection has taken this many bytes in all; the rest has not left the client.
    pub fn note_written(&mut self, bytes: u64) {
        self.delivery.written_bytes = bytes;
    }

    /// How many messages were not sent. Those in flight that the connection has not taken count
    /// too.
    pub(in crate::client) fn unsent_count(&self) -> usize {
        self.unsent_messages().count()
    }

    /// A value that changes whenever [`Session::unsent`] does.
    pub(in crate::client) fn unsent_version(&self) -> [u64; 5] {
        let lengths = [
            self.backlog.never_sent.len(),
            self.backlog.waiting.len(),
            self.delivery.messages_in_transit().count(),
        ];
        let [lost, kept, in_transit] = lengths.map(|length| length as u64);
        [
            lost,
            kept,
            in_transit,
            self.delivery
                .first_unwritten()
                .map_or(0, |number| number + 1),
            self.delivery.next_number,
        ]
    }

    fn unsent_messages(&self) -> impl Iterator<Item = &OutgoingMessage> {
        let waiting = self.delivery.unwritten_messages();
        self.backlog
            .never_sent
            .iter()
            .chain(waiting)
            .chain(&self.backlog.waiting)
    }

    /// The messages that would be lost if the program ended now: those in transit, which may
    /// arrive, and those that were not sent. Each is a text that sends it when it is typed. Consecutive messages to one
    /// target are one text of several lines. The text names the target, since another room may be
    /// active then. Messages with passwords are left out.
    pub fn unsent(&self) -> Vec<UnsentText> {
        let in_transit = self.delivery.messages_in_transit();
        let mut texts = as_texts(in_transit, true);
        let never_sent = self.backlog.never_sent.iter();
        let unsent = never_sent
            .chain(self.delivery.queued_messages())
            .chain(&self.backlog.waiting);
        texts.extend(as_texts(unsent, false));
        texts
    }
}

/// Messages as texts that send them when they are typed.
fn as_texts<'m>(
    messages: impl Iterator<Item = &'m OutgoingMessage>,
    in_transit: bool,
) -> Vec<UnsentText> {
    let mut texts: Vec<UnsentText> = Vec::new();
    let mut last: Option<&OutgoingMessage> = None;
    let is_safe = |message: &&OutgoingMessage| {
        !message_carries_password(message.target.name(), &message.text)
    };
    for message in messages.filter(is_safe) {
        let goes_on = last.is_some_and(|last| {
            let kinds = [last.kind, message.kind];
            kinds == [MessageKind::Text; 2] && last.target == message.target
        });
        match texts.last_mut() {
            Some(before) if goes_on => {
                before.text.push('\n');
                before.text.push_str(&message.text);
            }
            _ => texts.extend(as_input_lines(message).into_iter().map(|text| UnsentText {
                target: message.target.name().to_owned(),
                text,
                in_transit,
            })),
        }
        last = Some(message);
    }
    texts
}

/// The lines that send a message when they are typed.
fn as_input_lines(message: &OutgoingMessage) -> Vec<String> {
    let (target, text) = (message.target.name(), &message.text);
    match message.kind {
        MessageKind::Text => vec![message_line(target, text)],
        MessageKind::Notice => vec![format!("/notice {target} {text}")],
        // No command sends an action to a room that is not the active one.
        MessageKind::Action => vec![format!("/room {target}"), format!("/me {text}")],
    }
}
