//! What people say, and what became of this person's own words.

use colored::Colorize as _;

use super::{Renderer, irc_formatting, wrap};
use crate::client::event::{DeliveryStatus, Event, MessageKind, is_room};
use crate::common::sanitize::{sanitize, sanitize_name};

impl Renderer {
    /// What somebody said. `active` is the room that needs not be named.
    pub(super) fn message(&self, event: &Event, active: Option<&str>) -> String {
        match event {
            Event::Said {
                room,
                nick,
                text,
                kind: manner,
                own,
                mention,
            } => {
                let said = self.room_message(nick, text, *manner, *own, *mention);
                format!("{}{said}", self.room_prefix(room, active))
            }
            Event::Whispered {
                nick,
                text,
                kind: manner,
                own,
            } => self.whisper(nick, text, *manner, *own),
            Event::Sent {
                target,
                nick,
                text,
                kind: manner,
                status: fate,
                ..
            } => {
                let said = match is_room(target) {
                    true => {
                        let said = self.room_message(nick, text, *manner, true, false);
                        format!("{}{said}", self.room_prefix(target, active))
                    }
                    false => self.whisper(target, text, *manner, true),
                };
                format!("{said}{}", self.delivery_status(*fate))
            }
            _ => {
                debug_assert!(false, "nobody says anything with {event:?}");
                String::new()
            }
        }
    }

    fn room_message(
        &self,
        nick: &str,
        text: &str,
        manner: MessageKind,
        own: bool,
        mention: bool,
    ) -> String {
        let text = self.text(text);
        let plain = sanitize_name(nick);
        let name = match (own || mention) && self.color {
            true => self.nick(nick).bold().to_string(),
            false => self.nick(nick),
        };
        let (before, behind) = match manner {
            MessageKind::Text => ("<", ">"),
            MessageKind::Action => ("* ", ""),
            MessageKind::Notice => ("-", "-"),
        };
        let cells = wrap::cells(&plain) + before.len() + behind.len();
        let padding = " ".repeat((self.settings.nick_width + 2).saturating_sub(cells));
        let padding = if self.settings.nick_width == 0 {
            ""
        } else {
            &padding
        };
        format!(
            "{padding}{before}{name}{behind} {}{text}",
            self.indent_mark()
        )
    }

    /// What somebody wrote, with its formatting as far as it is to be shown.
    pub(super) fn text(&self, text: &str) -> String {
        if self.color && self.settings.formatting {
            irc_formatting::shown(text)
        } else {
            sanitize(text)
        }
    }

    fn whisper(&self, nick: &str, text: &str, manner: MessageKind, own: bool) -> String {
        let name = self.nick(nick);
        let text = format!("{}{}", self.indent_mark(), self.text(text));
        let verb = match manner {
            MessageKind::Text => "whispers:",
            MessageKind::Action => "whispers: *",
            MessageKind::Notice => "notes:",
        };
        let line = if own {
            format!("you whisper to {name}: {text}")
        } else {
            format!("*{name}* {verb} {text}")
        };
        if self.color {
            line.bold().to_string()
        } else {
            line
        }
    }

    /// What became of this person's own words, where that is not plain.
    fn delivery_status(&self, fate: DeliveryStatus) -> String {
        match fate {
            DeliveryStatus::Delivered => String::new(),
            DeliveryStatus::Refused => self.dim(" (not delivered)"),
            DeliveryStatus::Unsent => self.warning(" (never sent)").trim_end().to_owned(),
            DeliveryStatus::Unknown => {
                let words = self.warning(" (nobody knows whether it arrived)");
                words.trim_end().to_owned()
            }
        }
    }
}
