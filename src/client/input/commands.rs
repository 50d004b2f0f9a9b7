//! The table of slash commands: one row each, which parsing, `/help`, Tab and the colours of a
//! typed line all read.

use std::fmt;

use super::{
    Fault, Intent, checked_nick, checked_room, leading_room, nothing_behind, only_room, some, tell,
    word,
};

/// What an argument of a command is, for Tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Somebody's nick.
    Nick,
    /// A room.
    Room,
    /// A person or a room.
    Target,
    /// The name of a slash command.
    Command,
    /// Free text, in which nicks are completed.
    Text,
}

/// One row of the table of slash commands.
#[derive(Debug)]
pub struct Slash {
    /// Its name without the slash.
    pub name: &'static str,
    /// Its arguments as help writes them: capitals for what to fill in, brackets for what may be
    /// left out.
    pub usage: &'static str,
    /// One line of help.
    pub help: &'static str,
    /// What Tab completes, argument by argument; the last one repeats.
    pub arguments: &'static [Argument],
    pub(super) make: for<'a> fn(&'a str) -> Result<Intent<'a>, Fault>,
}

/// All slash commands, in the order in which help lists them.
pub const COMMANDS: &[Slash] = &[
    Slash {
        name: "nick",
        usage: "NAME",
        help: "take another name",
        arguments: &[],
        make: |arguments| {
            let (nick, more) = word(arguments).ok_or(Fault::Missing("the new name"))?;
            nothing_behind(more)?;
            Ok(Intent::Nick {
                nick: checked_nick(nick)?,
            })
        },
    },
    Slash {
        name: "who",
        usage: "[#ROOM]",
        help: "list who is here, away or not, and since when",
        arguments: &[Argument::Room],
        make: |arguments| {
            Ok(Intent::Who {
                room: only_room(arguments)?,
            })
        },
    },
    Slash {
        name: "msg",
        usage: "NICK|#ROOM TEXT",
        help: "whisper to a person (as @NICK TEXT does) or talk in another room",
        arguments: &[Argument::Target, Argument::Text],
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(Fault::Missing("whom it is for"))?;
            tell(target, text)
        },
    },
    Slash {
        name: "me",
        usage: "TEXT",
        help: "say what you do: /me waves",
        arguments: &[Argument::Text],
        make: |arguments| {
            let text = some(arguments).ok_or(Fault::Missing("what you do"))?;
            Ok(Intent::Act { text })
        },
    },
    Slash {
        name: "join",
        usage: "#ROOM [KEY]",
        help: "enter a room, or make it the one you talk in",
        arguments: &[Argument::Room],
        make: |arguments| {
            let (room, more) = word(arguments).ok_or(Fault::Missing("which room"))?;
            let room = checked_room(room)?;
            let Some((key, more)) = word(more) else {
                return Ok(Intent::Join { room, key: None });
            };
            nothing_behind(more)?;
            Ok(Intent::Join {
                room,
                key: Some(key),
            })
        },
    },
    Slash {
        name: "part",
        usage: "[#ROOM] [REASON]",
        help: "leave a room",
        arguments: &[Argument::Room, Argument::Text],
        make: |arguments| {
            let (room, reason) = leading_room(arguments)?;
            Ok(Intent::Part {
                room,
                reason: some(reason),
            })
        },
    },
    Slash {
        name: "topic",
        usage: "[#ROOM] [TEXT]",
        help: "see what a room is about, or change it",
        arguments: &[Argument::Room, Argument::Text],
        make: |arguments| {
            let (room, topic) = leading_room(arguments)?;
            Ok(Intent::Topic {
                room,
                topic: some(topic),
            })
        },
    },
    Slash {
        name: "names",
        usage: "[#ROOM]",
        help: "list the nicks in a room, without details",
        arguments: &[Argument::Room],
        make: |arguments| {
            Ok(Intent::Names {
                room: only_room(arguments)?,
            })
        },
    },
    Slash {
        name: "whois",
        usage: "NICK",
        help: "show all that is known about a person",
        arguments: &[Argument::Nick],
        make: |arguments| {
            let (nick, more) = word(arguments).ok_or(Fault::Missing("whom you ask about"))?;
            nothing_behind(more)?;
            Ok(Intent::Whois {
                nick: checked_nick(nick)?,
            })
        },
    },
    Slash {
        name: "away",
        usage: "[MESSAGE]",
        help: "say that you are away, or without a message that you are back",
        arguments: &[Argument::Text],
        make: |arguments| {
            Ok(Intent::Away {
                message: some(arguments),
            })
        },
    },
    Slash {
        name: "help",
        usage: "[COMMAND]",
        help: "list the commands, or explain one",
        arguments: &[Argument::Command],
        make: |arguments| {
            let command = some(arguments).map(|name| name.trim_start_matches('/'));
            Ok(Intent::Help { command })
        },
    },
    Slash {
        name: "quit",
        usage: "[REASON]",
        help: "leave (as Ctrl-D on an empty line does)",
        arguments: &[Argument::Text],
        make: |arguments| {
            Ok(Intent::Quit {
                reason: some(arguments),
            })
        },
    },
];

impl Slash {
    /// The row with this name, in any letter case.
    pub fn find(name: &str) -> Option<&'static Self> {
        COMMANDS
            .iter()
            .find(|slash| slash.name.eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Slash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", self.name)?;
        if !self.usage.is_empty() {
            write!(f, " {}", self.usage)?;
        }
        Ok(())
    }
}

/// The command whose name is closest to what was typed, when one is close.
pub fn nearest_command(typed: &str) -> Option<&'static str> {
    let typed = typed.to_ascii_lowercase();
    let begun = COMMANDS.iter().find(|slash| slash.name.starts_with(&typed));
    let close = || {
        COMMANDS
            .iter()
            .map(|slash| (strsim::osa_distance(slash.name, &typed), slash))
            .filter(|(distance, slash)| *distance <= 2 && *distance < slash.name.len())
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, slash)| slash)
    };
    begun.or_else(close).map(|slash| slash.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_no_name_twice_and_every_row_explains_itself() {
        for (index, slash) in COMMANDS.iter().enumerate() {
            assert!(!slash.help.is_empty());
            let found = COMMANDS.iter().position(|other| other.name == slash.name);
            assert_eq!(found, Some(index), "/{}", slash.name);
        }
    }
}
