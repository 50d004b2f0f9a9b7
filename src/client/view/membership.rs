//! Joins, parts, kicks, quits and netsplits, and the topic and modes of rooms.

use super::Renderer;
use crate::client::event::{Event, PersonChange};
use crate::common::sanitize::{sanitize, sanitize_name};

/// How many of the users who join or leave at the same time are named.
const NAMED_MAX: usize = 3;

impl Renderer {
    /// A join, part, kick or quit. The name of the room `active` is omitted.
    pub(super) fn membership(&self, event: &Event, active: Option<&str>) -> String {
        let because = |reason: &Option<String>| match reason {
            Some(reason) if !reason.is_empty() => format!(" ({})", self.text(reason)),
            _ => String::new(),
        };
        match event {
            Event::Joined { room, nick, .. } => {
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
                    "{} {who} kicked from {} by {}{}",
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
                debug_assert!(false, "{event:?} is no change of membership");
                String::new()
            }
        }
    }

    /// The topic or the modes of a room, the modes of this user, or an invitation.
    pub(super) fn room_state(&self, event: &Event, active: Option<&str>) -> String {
        match event {
            Event::Topic { room, topic, .. } => match topic {
                Some(topic) => format!("topic of {}: {}", sanitize_name(room), self.text(topic)),
                None => format!("{} has no topic", sanitize_name(room)),
            },
            Event::TopicChanged { room, nick, topic } if topic.is_empty() => {
                format!(
                    "{}{} cleared the topic",
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
                sanitize_name(target.name())
            )),
            Event::Modes {
                target, modes, own, ..
            } => {
                let modes = sanitize(modes);
                let has_modes = !matches!(modes.trim(), "" | "+");
                let words = match (own, has_modes) {
                    (true, true) => format!("your modes are {modes}"),
                    (true, false) => "you have no modes".to_owned(),
                    (false, true) => format!("the modes of {} are {modes}", sanitize_name(target)),
                    (false, false) => format!("{} has no modes", sanitize_name(target)),
                };
                self.dim(&format!("-- {}{words}", self.indent_mark()))
            }
            Event::Invited {
                room,
                by,
                other: Some(other),
            } => format!(
                "{}{} invited {}",
                self.room_prefix(room, active),
                self.nick(by),
                self.nick(other)
            ),
            Event::Invited { room, by, .. } => format!(
                "{} invites you to {1}; /join {1} joins it",
                self.nick(by),
                sanitize_name(room)
            ),
            _ => {
                debug_assert!(false, "{event:?} is not about a room");
                String::new()
            }
        }
    }

    /// The text for a change in the details of a person.
    pub(super) fn person_changed(&self, nick: &str, change: &PersonChange) -> String {
        let nick = sanitize_name(nick);
        let words = match change {
            PersonChange::Away(Some(message)) => format!("{nick} is away: {}", sanitize(message)),
            PersonChange::Away(None) => format!("{nick} is no longer away"),
            PersonChange::Account(Some(account)) => {
                format!("{nick} is logged in as {}", sanitize_name(account))
            }
            PersonChange::Account(None) => format!("{nick} is no longer logged in"),
            PersonChange::RealName(name) => {
                format!("{nick} has the real name {} now", sanitize(name))
            }
            PersonChange::Address(address) => {
                format!("{nick} has the address {} now", sanitize(address))
            }
        };
        self.dim(&format!("-- {}{words}", self.indent_mark()))
    }

    /// One line for all users who joined or left at the same time.
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
        let room = room.map(|room| self.room_prefix(room, None));
        format!(
            "{}{}{}{} {} {verb}\n",
            self.time_prefix(unix_seconds),
            self.indent_mark(),
            room.unwrap_or_default(),
            self.dim(arrow),
            self.name_list(nicks, NAMED_MAX)
        )
    }

    /// One line for one user who joined or left several rooms at the same time.
    pub fn grouped_rooms(
        &self,
        nick: &str,
        came: bool,
        rooms: &[&str],
        unix_seconds: i64,
    ) -> String {
        let (arrow, verb) = if came {
            ("→", "joined")
        } else {
            ("←", "left")
        };
        let rooms: Vec<String> = rooms.iter().map(|room| sanitize_name(room)).collect();
        format!(
            "{}{}{} {} {verb} {}\n",
            self.time_prefix(unix_seconds),
            self.indent_mark(),
            self.dim(arrow),
            self.nick(nick),
            listed(&rooms)
        )
    }

    /// One line for the mode changes of one user in one room at the same time.
    pub fn grouped_modes(&self, events: &[Event], unix_seconds: i64) -> String {
        let mut changes: Vec<(String, Vec<String>)> = Vec::new();
        let (mut author, mut room) = (String::new(), String::new());
        for event in events {
            let Event::ModeChanged { target, by, change } = event else {
                continue;
            };
            (author, room) = (sanitize_name(by), sanitize_name(target.name()));
            let (letters, arguments) = change.split_once(' ').unwrap_or((change, ""));
            let arguments = arguments.split(' ').filter(|argument| !argument.is_empty());
            let arguments = arguments.map(sanitize);
            match changes.last_mut() {
                Some((last, others)) if last == letters => others.extend(arguments),
                _ => changes.push((letters.to_owned(), arguments.collect())),
            }
        }
        let shown = changes.iter().map(|(letters, arguments)| {
            let letters = sanitize(letters);
            match arguments.is_empty() {
                true => letters,
                false => format!("{letters} {}", listed(arguments)),
            }
        });
        let words = format!(
            "{author} set {} on {room}",
            shown.collect::<Vec<_>>().join(", ")
        );
        let time = self.time_prefix(unix_seconds);
        format!("{time}{}{}\n", self.indent_mark(), self.dim(&words))
    }

    /// One line for all users who left in a netsplit between these servers, or came back after it.
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

    /// The name of a room and a space; empty for the room `active`.
    pub(super) fn room_prefix(&self, room: &str, active: Option<&str>) -> String {
        match active {
            Some(active) if active.eq_ignore_ascii_case(room) => String::new(),
            _ => {
                let room = self.on_network(sanitize_name(room));
                format!("{} ", self.dim(&room))
            }
        }
    }
}

/// Names in one phrase: the first ones, and the number of the others.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [several @ .., last] if names.len() <= NAMED_MAX => {
            format!("{} and {last}", several.join(", "))
        }
        _ => {
            let named = names.get(..NAMED_MAX).unwrap_or_default();
            format!("{} and {} more", named.join(", "), names.len() - NAMED_MAX)
        }
    }
}
