//! Messages, and the delivery status of the user's own ones.

use colored::Colorize as _;

use super::{Renderer, cells, irc_formatting};
use crate::client::event::{DeliveryStatus, Event, MessageKind, Target};
use crate::common::sanitize::{sanitize, sanitize_name};

impl Renderer {
    /// A message. The name of the room `active` is omitted.
    pub(super) fn message(&self, event: &Event, active: Option<&str>) -> String {
        match event {
            Event::Said {
                room,
                nick,
                text,
                kind,
                own,
                mention,
            } => {
                let said = self.room_message(nick, text, *kind, *own, *mention);
                format!("{}{said}", self.room_prefix(room, active))
            }
            Event::Whispered {
                nick,
                text,
                kind,
                own,
            } => self.whisper(nick, event.visible_text(text), *kind, *own),
            Event::Sent {
                target,
                nick,
                text,
                kind,
                status,
                ..
            } => {
                let said = match target {
                    Target::Room(room) => {
                        let said = self.room_message(nick, text, *kind, true, false);
                        format!("{}{said}", self.room_prefix(room, active))
                    }
                    Target::Person(person) => {
                        self.whisper(person, event.visible_text(text), *kind, true)
                    }
                };
                format!("{said}{}", self.delivery_status(*status))
            }
            _ => {
                debug_assert!(false, "{event:?} is no message");
                String::new()
            }
        }
    }

    fn room_message(
        &self,
        nick: &str,
        text: &str,
        kind: MessageKind,
        own: bool,
        mention: bool,
    ) -> String {
        let plain = sanitize_name(nick);
        // The mark covers the whole line, so nothing in it has a style of its own.
        let (name, text) = match mention {
            true => (plain.clone(), sanitize(text)),
            false if own && self.color => (self.nick(nick).bold().to_string(), self.text(text)),
            false => (self.nick(nick), self.text(text)),
        };
        let (before, after) = match kind {
            MessageKind::Text => ("<", ">"),
            MessageKind::Action => ("* ", ""),
            MessageKind::Notice => ("-", "-"),
        };
        let width = cells(&plain) + before.len() + after.len();
        let padding = " ".repeat((self.settings.nick_width + 2).saturating_sub(width));
        let padding = if self.settings.nick_width == 0 {
            ""
        } else {
            &padding
        };
        let line = format!("{before}{name}{after} {}{text}", self.indent_mark());
        match mention {
            true => format!("{padding}{}", self.marked(&line)),
            false => format!("{padding}{line}"),
        }
    }

    /// A text from another user, with its formatting if that is shown.
    pub(super) fn text(&self, text: &str) -> String {
        if self.color && self.settings.formatting {
            irc_formatting::render(text)
        } else {
            sanitize(text)
        }
    }

    fn whisper(&self, nick: &str, text: &str, kind: MessageKind, own: bool) -> String {
        let name = self.nick(nick);
        let text = format!("{}{}", self.indent_mark(), self.text(text));
        let line = match (kind, own) {
            (MessageKind::Notice, true) => format!("notice to {name}: {text}"),
            (MessageKind::Notice, false) => format!("notice from {name}: {text}"),
            (_, true) => format!("you whisper to {name}: {text}"),
            (MessageKind::Action, false) => format!("*{name}* whispers: * {text}"),
            (MessageKind::Text, false) => format!("*{name}* whispers: {text}"),
        };
        if self.color {
            line.bold().to_string()
        } else {
            line
        }
    }

    /// The delivery status of a message, where it is not simply delivered.
    fn delivery_status(&self, status: DeliveryStatus) -> String {
        match status {
            DeliveryStatus::Delivered => String::new(),
            DeliveryStatus::Refused => self.dim(" (not delivered)"),
            DeliveryStatus::Unsent => self.warning(" (not sent)").trim_end().to_owned(),
            DeliveryStatus::Unknown => {
                let text = self.warning(" (delivery not confirmed)");
                text.trim_end().to_owned()
            }
        }
    }
}
