//! What this person said and what never left this program, as lines to be typed again: so that
//! they can be kept and offered at the next start.

use super::message::OutgoingMessage;
use crate::client::command::{is_room, message_carries_password};
use crate::client::event::MessageKind;
use crate::client::session::Session;

impl Session {
    /// The connection has taken so many bytes; what stands behind them has not left this program.
    pub fn note_written(&mut self, bytes: u64) {
        self.delivery.written_bytes = bytes;
    }

    /// How many lines wait for the server, or have waited for it in vain. Those in flight that the
    /// connection has not taken are among them.
    pub fn unsent_count(&self) -> usize {
        self.unsent_messages().count()
    }

    /// What changes whenever [`Session::unsent`] does.
    pub fn unsent_version(&self) -> [u64; 4] {
        let lengths = [self.never_sent.len(), self.backlog.len()];
        let [lost, kept] = lengths.map(|length| length as u64);
        [
            lost,
            kept,
            self.delivery
                .first_unwritten()
                .map_or(0, |number| number + 1),
            self.delivery.next_number,
        ]
    }

    fn unsent_messages(&self) -> impl Iterator<Item = &OutgoingMessage> {
        let waiting = self.delivery.unwritten_messages();
        self.never_sent.iter().chain(waiting).chain(&self.backlog)
    }

    /// The same with the recipient of each, and as they can be typed again, those to one place
    /// together as a text of several lines. Each names whom it is for, since another room may be
    /// the active one by then. Those with passwords are left out.
    pub fn unsent(&self) -> Vec<(String, String)> {
        let all = self.unsent_messages();
        let mut drafts: Vec<(String, String)> = Vec::new();
        let mut last: Option<&OutgoingMessage> = None;
        for talk in all.filter(|talk| !message_carries_password(&talk.target, &talk.text)) {
            let goes_on = last.is_some_and(|last| {
                let kinds = [last.kind, talk.kind];
                kinds == [MessageKind::Text; 2] && last.target == talk.target
            });
            match drafts.last_mut() {
                Some((_, draft)) if goes_on => {
                    draft.push('\n');
                    draft.push_str(&talk.text);
                }
                _ => {
                    let lines = as_input_lines(talk).into_iter();
                    drafts.extend(lines.map(|line| (talk.target.clone(), line)));
                }
            }
            last = Some(talk);
        }
        drafts
    }
}

/// The lines that say this.
fn as_input_lines(talk: &OutgoingMessage) -> Vec<String> {
    let OutgoingMessage { target, text, kind } = talk;
    match kind {
        MessageKind::Notice => vec![format!("/notice {target} {text}")],
        // With two signs in front, as of those of a rank in a room, it would be said aloud.
        MessageKind::Text if is_room(target) || target.starts_with('@') => {
            vec![format!("/msg {target} {text}")]
        }
        MessageKind::Text => vec![format!("@{target} {text}")],
        // There is no way to do something in a room from afar.
        MessageKind::Action => vec![format!("/room {target}"), format!("/me {text}")],
    }
}
