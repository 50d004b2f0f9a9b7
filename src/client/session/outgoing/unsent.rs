//! What this person said and what never left this program, as lines to be typed again: so that
//! they can be kept and offered at the next start.

use super::send::Talk;
use crate::client::command::{is_room, is_secret_talk};
use crate::client::event::Manner;
use crate::client::session::Session;

impl Session {
    /// How many lines wait for the server, or have waited for it in vain.
    pub fn unsent_count(&self) -> usize {
        self.never_sent.len() + self.waiting.len()
    }

    /// The same as they can be typed again, those to one place together as a text of several
    /// lines. Each names whom it is for, since another room may be the active one by then. Those
    /// with passwords are left out.
    pub fn unsent(&self) -> Vec<String> {
        let all = self.never_sent.iter().chain(&self.waiting);
        let mut drafts: Vec<String> = Vec::new();
        let mut last: Option<&Talk> = None;
        for talk in all.filter(|talk| !is_secret_talk(&talk.target, &talk.text)) {
            let goes_on = last.is_some_and(|last| {
                let manners = [last.manner, talk.manner];
                manners == [Manner::Text; 2] && last.target == talk.target
            });
            match drafts.last_mut() {
                Some(draft) if goes_on => {
                    draft.push('\n');
                    draft.push_str(&talk.text);
                }
                _ => drafts.extend(typed_again(talk)),
            }
            last = Some(talk);
        }
        drafts
    }
}

/// The lines that say this.
fn typed_again(talk: &Talk) -> Vec<String> {
    let Talk {
        target,
        text,
        manner,
    } = talk;
    match manner {
        Manner::Notice => vec![format!("/notice {target} {text}")],
        // With two signs in front, as of those of a rank in a room, it would be said aloud.
        Manner::Text if is_room(target) || target.starts_with('@') => {
            vec![format!("/msg {target} {text}")]
        }
        Manner::Text => vec![format!("@{target} {text}")],
        // There is no way to do something in a room from afar.
        Manner::Action => vec![format!("/room {target}"), format!("/me {text}")],
    }
}
