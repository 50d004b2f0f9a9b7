//! Messages, and the delivery status of the user's own ones.

use colored::Colorize as _;

use super::{Renderer, irc_formatting, wrap};
use crate::client::event::{Event, Fate, Manner, is_room};
use crate::common::sanitize::{safe, safe_name};

impl Renderer {
    /// A message. The name of the room `active` is omitted.
    pub(super) fn message(&self, event: &Event, active: Option<&str>) -> String {
        match event {
            Event::Said {
                room,
                nick,
                text,
                manner,
                own,
                mention,
            } => {
                let said = self.room_message(nick, text, *manner, *own, *mention);
                format!("{}{said}", self.room_prefix(room, active))
            }
            Event::Whispered {
                nick,
                text,
                manner,
                own,
            } => self.whisper(nick, text, *manner, *own),
            Event::Sent {
                target,
                nick,
                text,
                manner,
                fate,
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
                debug_assert!(false, "{event:?} is no message");
                String::new()
            }
        }
    }

    fn room_message(
        &self,
        nick: &str,
        text: &str,
        manner: Manner,
        own: bool,
        mention: bool,
    ) -> String {
        let text = self.text(text);
        let plain = safe_name(nick);
        let name = match (own || mention) && self.color {
            true => self.nick(nick).bold().to_string(),
            false => self.nick(nick),
        };
        let (before, after) = match manner {
            Manner::Text => ("<", ">"),
            Manner::Action => ("* ", ""),
            Manner::Notice => ("-", "-"),
        };
        let cells = wrap::cells(&plain) + before.len() + after.len();
        let padding = " ".repeat((self.settings.nick_width + 2).saturating_sub(cells));
        let padding = if self.settings.nick_width == 0 {
            ""
        } else {
            &padding
        };
        format!(
            "{padding}{before}{name}{after} {}{text}",
            self.indent_mark()
        )
    }

    /// A text from another user, with its formatting if that is shown.
    pub(super) fn text(&self, text: &str) -> String {
        if self.color && self.settings.formatting {
            irc_formatting::render(text)
        } else {
            safe(text)
        }
    }

    fn whisper(&self, nick: &str, text: &str, manner: Manner, own: bool) -> String {
        let name = self.nick(nick);
        let text = format!("{}{}", self.indent_mark(), self.text(text));
        let line = match (manner, own) {
            (Manner::Notice, true) => format!("notice to {name}: {text}"),
            (Manner::Notice, false) => format!("notice from {name}: {text}"),
            (_, true) => format!("you whisper to {name}: {text}"),
            (Manner::Action, false) => format!("*{name}* whispers: * {text}"),
            (Manner::Text, false) => format!("*{name}* whispers: {text}"),
        };
        if self.color {
            line.bold().to_string()
        } else {
            line
        }
    }

    /// The delivery status of a message, where it is not simply delivered.
    fn delivery_status(&self, fate: Fate) -> String {
        match fate {
            Fate::Delivered => String::new(),
            Fate::Refused => self.dim(" (not delivered)"),
            Fate::Unsent => self.warning(" (not sent)").trim_end().to_owned(),
            Fate::Unknown => {
                let status = self.warning(" (delivery not confirmed)");
                status.trim_end().to_owned()
            }
        }
    }
}
