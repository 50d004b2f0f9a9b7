//! Who comes and goes, and what becomes of a room.

use super::Renderer;
use crate::client::event::Event;
use crate::common::sanitize::{sanitize, sanitize_name};

/// So many of those who come or leave in one moment are named.
const NAMED_MAX: usize = 3;

impl Renderer {
    /// Who came or went. `active` is the room that needs not be named.
    pub(super) fn membership(&self, event: &Event, active: Option<&str>) -> String {
        let because = |reason: &Option<String>| match reason {
            Some(reason) if !reason.is_empty() => format!(" ({})", self.text(reason)),
            _ => String::new(),
        };
        match event {
            Event::Joined { room, nick } => {
                format!(
                    "{}{} {} joined",
                    self.room_prefix(room, active),
                    self.dim("→"),
                    self.nick(nick)
                )
            }
            Event::Left { room, nick, reason } => format!(
                "{}{} {} left{}",
                self.room_prefix(room, active),
                self.dim("←"),
                self.nick(nick),
                self.dim(&because(reason))
            ),
            Event::Kicked {
                room,
                nick,
                by,
                reason,
                own,
            } => {
                let who = if *own {
                    "you were".to_owned()
                } else {
                    format!("{} was", self.nick(nick))
                };
                format!(
                    "{} {who} thrown out of {} by {}{}",
                    self.dim("←"),
                    sanitize_name(room),
                    self.nick(by),
                    because(reason)
                )
            }
            Event::Quit { nick, reason } => format!(
                "{} {} left{}",
                self.dim("←"),
                self.nick(nick),
                self.dim(&because(reason))
            ),
            _ => {
                debug_assert!(false, "nobody comes or goes with {event:?}");
                String::new()
            }
        }
    }

    /// What a room, or this person, is said to be.
    pub(super) fn room_state(&self, event: &Event, active: Option<&str>) -> String {
        match event {
            Event::Topic { room, topic, .. } => match topic {
                Some(topic) => format!("{} is about: {}", sanitize_name(room), self.text(topic)),
                None => format!("{} has no topic", sanitize_name(room)),
            },
            Event::TopicChanged { room, nick, topic } if topic.is_empty() => {
                format!(
                    "{}{} took the topic away",
                    self.room_prefix(room, active),
                    self.nick(nick)
                )
            }
            Event::TopicChanged { room, nick, topic } => format!(
                "{}{} set the topic: {}",
                self.room_prefix(room, active),
                self.nick(nick),
                self.text(topic)
            ),
            Event::ModeChanged { target, by, change } => self.dim(&format!(
                "{} set {} on {}",
                sanitize_name(by),
                sanitize(change),
                sanitize_name(target)
            )),
            Event::Modes {
                target, modes, own, ..
            } => {
                let words = match own {
                    true => format!("your modes are {}", sanitize(modes)),
                    false => format!(
                        "the modes of {} are {}",
                        sanitize_name(target),
                        sanitize(modes)
                    ),
                };
                self.dim(&format!("-- {}{words}", self.indent_mark()))
            }
            Event::Invited { room, by } => format!(
                "{} asks you into {1}; /join {1} enters it",
                self.nick(by),
                sanitize_name(room)
            ),
            _ => {
                debug_assert!(false, "no room is told of with {event:?}");
                String::new()
            }
        }
    }

    /// One line for all who came in, or left, in one moment.
    pub fn grouped(
        &self,
        nicks: &[String],
        came: bool,
        room: Option<&str>,
        unix_seconds: i64,
    ) -> String {
        let (arrow, verb) = if came {
            ("→", "joined")
        } else {
            ("←", "left")
        };
        let room = room.map(|room| format!("{} ", self.dim(&sanitize_name(room))));
        format!(
            "{}{}{}{} {} {verb}\n",
            self.time_prefix(unix_seconds),
            self.indent_mark(),
            room.unwrap_or_default(),
            self.dim(arrow),
            self.name_list(nicks, NAMED_MAX)
        )
    }

    /// One line for all whom a netsplit between these servers took, or who are back from it.
    pub fn netsplit(
        &self,
        servers: &str,
        nicks: &[String],
        is_over: bool,
        unix_seconds: i64,
    ) -> String {
        let (arrow, verb) = if is_over {
            ("→", " is over for")
        } else {
            ("←", ":")
        };
        format!(
            "{}{}{} netsplit {}{verb} {}\n",
            self.time_prefix(unix_seconds),
            self.indent_mark(),
            self.dim(arrow),
            sanitize(servers),
            self.name_list(nicks, NAMED_MAX)
        )
    }

    /// A room where it has to be named, and a space.
    pub(super) fn room_prefix(&self, room: &str, active: Option<&str>) -> String {
        match active {
            Some(active) if active.eq_ignore_ascii_case(room) => String::new(),
            _ => format!("{} ", self.dim(&sanitize_name(room))),
        }
    }
}
