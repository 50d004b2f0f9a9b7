//! The bell, notifications and the title of the window.

use super::Scrollback;
use crate::client::command::settings::{NotifyBy, NotifyLevel};
use crate::client::event::Unread;
use crate::client::event::{Event, MessageKind};
use crate::common::sanitize::{sanitize, sanitize_name};

pub(super) const BELL: char = '\x07';

/// A notification for a command, in place of the terminal. All of it is sanitized.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Notification {
    pub(in crate::client) nick: String,
    pub(in crate::client) text: String,
    /// The room; empty for a whisper.
    pub(in crate::client) room: String,
}

/// The sequence that makes a terminal show a notification.
fn notification(by: NotifyBy, nick: &str, text: &str) -> String {
    match by {
        NotifyBy::Osc9 => format!("\x1b]9;{nick}: {text}{BELL}"),
        // The first semicolon ends the title.
        NotifyBy::Osc777 => {
            let title = nick.replace(';', "_");
            format!("\x1b]777;notify;{title};{text}{BELL}")
        }
    }
}

impl Scrollback {
    /// The sequences for a bell and a notification, if the settings ask for them: at most once a
    /// second, however many events arrive.
    pub(super) fn alert(&mut self, event: &Event, unix_seconds: i64) -> String {
        let call = match event {
            Event::Whispered { own: false, .. } => NotifyLevel::Whispers,
            Event::Said {
                own: false,
                mention: true,
                ..
            }
            | Event::Invited { other: None, .. } => NotifyLevel::Mentions,
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
        let mut notifies = false;
        if self.renderer.settings.notify >= call
            && let Event::Said { nick, text, .. } | Event::Whispered { nick, text, .. } = event
        {
            let (nick, text) = (sanitize_name(nick), sanitize(text));
            notifies = true;
            if let Some(notifications) = &mut self.notifications {
                let room = event.room().map(sanitize_name).unwrap_or_default();
                let room = self.renderer.on_network(room);
                notifications.push(Notification { nick, text, room });
            } else {
                let sequence = notification(self.renderer.settings.notify_by, &nick, &text);
                sequences.push_str(&self.passthrough.wrap(&sequence));
            }
        }
        if notifies || !sequences.is_empty() {
            self.alerted_at = Some(unix_seconds);
        }
        sequences
    }

    /// Takes the notifications for the command of the configuration.
    pub(in crate::client) fn take_notifications(&mut self) -> Vec<Notification> {
        self.notifications
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// The title for the window, or `None` if the setting `title` is off. `calls` is the number of
    /// mentions that are not in `unread`.
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
