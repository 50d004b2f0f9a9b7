//! What calls for attention: the bell, notifications and the title of the window.

use super::Scrollback;
use crate::client::command::settings::{NotifyBy, NotifyLevel};
use crate::client::event::{Event, MessageKind};
use crate::client::session::Unread;
use crate::common::sanitize::{sanitize, sanitize_name};

pub(super) const BELL: char = '\x07';

impl Scrollback {
    /// What makes the terminal call for attention, if the event is worth it: at most once a
    /// second, whoever sends how much.
    pub(super) fn alert(&mut self, event: &Event, unix_seconds: i64) -> String {
        let call = match event {
            Event::Whispered { own: false, .. } => NotifyLevel::Whispers,
            Event::Said {
                own: false,
                mention: true,
                ..
            }
            | Event::Invited { .. } => NotifyLevel::Mentions,
            Event::Said {
                own: false,
                kind: manner,
                ..
            } if *manner != MessageKind::Notice => NotifyLevel::All,
            _ => return String::new(),
        };
        if !self.on_terminal || self.alerted_at == Some(unix_seconds) {
            return String::new();
        }
        let mut sequences = String::new();
        if self.renderer.settings.bell >= call {
            sequences.push(BELL);
        }
        if self.renderer.settings.notify >= call
            && let Event::Said { nick, text, .. } | Event::Whispered { nick, text, .. } = event
        {
            let (nick, text) = (sanitize_name(nick), sanitize(text));
            sequences.push_str(&match self.renderer.settings.notify_by {
                NotifyBy::Osc9 => format!("\x1b]9;{nick}: {text}{BELL}"),
                // The first semicolon ends the title.
                NotifyBy::Osc777 => {
                    let title = nick.replace(';', "_");
                    format!("\x1b]777;notify;{title};{text}{BELL}")
                }
            });
        }
        if !sequences.is_empty() {
            self.alerted_at = Some(unix_seconds);
        }
        sequences
    }

    /// The title for the window, where it is to have one of ours. `calls` are those for this person
    /// besides what is unread.
    pub fn title(&self, room: Option<&str>, unread: Unread, calls: u32) -> Option<String> {
        if !self.on_terminal || !self.renderer.settings.title {
            return None;
        }
        let room = room.map_or("chatroom".to_owned(), sanitize_name);
        Some(match (unread.messages, unread.mentions + calls) {
            (0, 0) => room,
            (0, calls) => format!("(@{calls}) {room}"),
            (messages, 0) => format!("({messages}) {room}"),
            (messages, calls) => format!("({messages} @{calls}) {room}"),
        })
    }
}
