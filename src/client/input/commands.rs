//! The table of slash commands: one row each, which parsing, `/help`, Tab and the colours of a
//! typed line all read.

use std::fmt;

use super::{
    Fault, Intent, Local, checked_nick, checked_room, is_room, leading_room, nothing_behind,
    only_room, some, tell, word,
};
use crate::wire::mask;

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
    /// The name of a setting.
    Setting,
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
        name: "reply",
        usage: "TEXT",
        help: "whisper to whoever whispered to you last",
        arguments: &[Argument::Text],
        make: reply,
    },
    Slash {
        name: "r",
        usage: "TEXT",
        help: "the same as /reply",
        arguments: &[Argument::Text],
        make: reply,
    },
    Slash {
        name: "notice",
        usage: "NICK|#ROOM TEXT",
        help: "say something that no program should answer",
        arguments: &[Argument::Target, Argument::Text],
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(Fault::Missing("whom it is for"))?;
            match tell(target, text)? {
                Intent::Tell { target, text } => Ok(Intent::Notice { target, text }),
                other => Ok(other),
            }
        },
    },
    Slash {
        name: "room",
        usage: "#ROOM|NUMBER",
        help: "talk in another of your rooms; /rooms numbers them",
        arguments: &[Argument::Room],
        make: |arguments| {
            let (room, more) = word(arguments).ok_or(Fault::Missing("which room"))?;
            nothing_behind(more)?;
            Ok(Intent::Switch { room })
        },
    },
    Slash {
        name: "rooms",
        usage: "",
        help: "list the rooms you are in, and what is unread there",
        arguments: &[],
        make: |arguments| {
            nothing_behind(arguments)?;
            Ok(Intent::Rooms)
        },
    },
    Slash {
        name: "list",
        usage: "[FILTER]",
        help: "list the rooms there are on the server",
        arguments: &[],
        make: |arguments| {
            Ok(Intent::List {
                filter: some(arguments),
            })
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
        name: "close",
        usage: "[#ROOM]",
        help: "leave a room without a word",
        arguments: &[Argument::Room],
        make: |arguments| {
            let room = only_room(arguments)?;
            Ok(Intent::Part { room, reason: None })
        },
    },
    Slash {
        name: "topic",
        usage: "[#ROOM] [TEXT|-delete]",
        help: "see what a room is about, change it, or take it away",
        arguments: &[Argument::Room, Argument::Text],
        make: |arguments| {
            let (room, topic) = leading_room(arguments)?;
            let topic = some(topic).map(|topic| if topic == "-delete" { "" } else { topic });
            Ok(Intent::Topic { room, topic })
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
        name: "invite",
        usage: "NICK [#ROOM]",
        help: "ask somebody into a room",
        arguments: &[Argument::Nick, Argument::Room],
        make: |arguments| {
            let (nick, more) = word(arguments).ok_or(Fault::Missing("whom to ask"))?;
            Ok(Intent::Invite {
                nick: checked_nick(nick)?,
                room: only_room(more)?,
            })
        },
    },
    Slash {
        name: "kick",
        usage: "[#ROOM] NICK [REASON]",
        help: "throw somebody out of a room, as its operator",
        arguments: &[Argument::Nick, Argument::Text],
        make: |arguments| {
            let (room, more) = leading_room(arguments)?;
            let (nick, reason) = word(more).ok_or(Fault::Missing("whom to throw out"))?;
            Ok(Intent::Kick {
                room,
                nick: checked_nick(nick)?,
                reason: some(reason),
            })
        },
    },
    Slash {
        name: "ban",
        usage: "[#ROOM] [NICK|MASK]",
        help: "keep somebody out of a room, or list who is kept out; masks look like nick!user@host",
        arguments: &[Argument::Nick],
        make: |arguments| match leading_target(arguments)? {
            (target, more) if more.trim().is_empty() => Ok(Intent::Mode {
                target,
                change: "+b".to_owned(),
            }),
            _ => ban(arguments, "+b"),
        },
    },
    Slash {
        name: "unban",
        usage: "[#ROOM] NICK|MASK",
        help: "take a ban back",
        arguments: &[Argument::Nick],
        make: |arguments| ban(arguments, "-b"),
    },
    Slash {
        name: "op",
        usage: "[#ROOM] NICK…",
        help: "make people operators of a room",
        arguments: &[Argument::Nick],
        make: |arguments| ranks(arguments, "+", "o"),
    },
    Slash {
        name: "deop",
        usage: "[#ROOM] NICK…",
        help: "the opposite of /op",
        arguments: &[Argument::Nick],
        make: |arguments| ranks(arguments, "-", "o"),
    },
    Slash {
        name: "voice",
        usage: "[#ROOM] NICK…",
        help: "let people talk in a moderated room",
        arguments: &[Argument::Nick],
        make: |arguments| ranks(arguments, "+", "v"),
    },
    Slash {
        name: "devoice",
        usage: "[#ROOM] NICK…",
        help: "the opposite of /voice",
        arguments: &[Argument::Nick],
        make: |arguments| ranks(arguments, "-", "v"),
    },
    Slash {
        name: "mode",
        usage: "[#ROOM|NICK] [CHANGE]",
        help: "see or change the modes of a room, in the letters of IRC",
        arguments: &[Argument::Target, Argument::Text],
        make: |arguments| {
            let (target, change) = match word(arguments) {
                Some((target, change)) if !target.starts_with(['+', '-']) => {
                    if !is_room(target) {
                        checked_nick(target)?;
                    }
                    (Some(target), change)
                }
                _ => (None, arguments),
            };
            let change = change.trim().to_owned();
            Ok(Intent::Mode { target, change })
        },
    },
    Slash {
        name: "ignore",
        usage: "[NICK|MASK]",
        help: "show nothing of what somebody says, or list who is ignored",
        arguments: &[Argument::Nick],
        make: |arguments| {
            let mask = word(arguments).map(|(mask, more)| {
                nothing_behind(more)?;
                checked_mask(mask)
            });
            Ok(Intent::Ignore {
                mask: mask.transpose()?,
            })
        },
    },
    Slash {
        name: "unignore",
        usage: "NICK|MASK",
        help: "the opposite of /ignore",
        arguments: &[Argument::Nick],
        make: |arguments| {
            let (mask, more) = word(arguments).ok_or(Fault::Missing("whom to hear again"))?;
            nothing_behind(more)?;
            Ok(Intent::Unignore {
                mask: checked_mask(mask)?,
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
        name: "search",
        usage: "TEXT",
        help: "show what was said with this text in it",
        arguments: &[Argument::Text],
        make: |arguments| {
            let text = some(arguments).ok_or(Fault::Missing("what to look for"))?;
            Ok(Intent::Local(Local::Search { text }))
        },
    },
    Slash {
        name: "history",
        usage: "[COUNT]",
        help: "show the last lines once more, 20 unless told",
        arguments: &[],
        make: |arguments| {
            let count = match some(arguments) {
                Some(text) => text.parse().map_err(|_| Fault::Number(text.to_owned()))?,
                None => HISTORY_COUNT,
            };
            Ok(Intent::Local(Local::History { count }))
        },
    },
    Slash {
        name: "clear",
        usage: "",
        help: "take everything off the screen",
        arguments: &[],
        make: |arguments| {
            nothing_behind(arguments)?;
            Ok(Intent::Local(Local::Clear))
        },
    },
    Slash {
        name: "set",
        usage: "[NAME [VALUE]]",
        help: "see or change how things are shown",
        arguments: &[Argument::Setting],
        make: |arguments| {
            let (name, value) = match word(arguments) {
                Some((name, value)) => (Some(name), some(value)),
                None => (None, None),
            };
            Ok(Intent::Local(Local::Set { name, value }))
        },
    },
    Slash {
        name: "connect",
        usage: "SERVER",
        help: "leave for another server: an address, or a name from the configuration",
        arguments: &[],
        make: |arguments| {
            let (server, more) = word(arguments).ok_or(Fault::Missing("which server"))?;
            nothing_behind(more)?;
            Ok(Intent::Connect { server })
        },
    },
    Slash {
        name: "raw",
        usage: "LINE",
        help: "send a line to the server as it is",
        arguments: &[Argument::Text],
        make: |arguments| {
            let line = some(arguments).ok_or(Fault::Missing("the line"))?;
            Ok(Intent::Raw { line })
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
        name: "reconnect",
        usage: "",
        help: "leave this server and come back, or try again now when it is gone",
        arguments: &[],
        make: |arguments| {
            nothing_behind(arguments)?;
            Ok(Intent::Reconnect)
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

/// What other programs call some of them, and what that is here.
pub const OTHER_NAMES: &[(&str, &str)] = &[
    ("bye", "quit"),
    ("exit", "quit"),
    ("j", "join"),
    ("leave", "part"),
    ("query", "msg"),
    ("quote", "raw"),
    ("w", "who"),
    ("wi", "whois"),
];

/// How many lines `/history` shows when it is not told.
const HISTORY_COUNT: usize = 20;

fn reply(arguments: &str) -> Result<Intent<'_>, Fault> {
    let text = some(arguments).ok_or(Fault::Missing("the text"))?;
    Ok(Intent::Reply { text })
}

/// Bans or unbans a mask; a nick alone stands for everybody with that nick.
/// A nick, or a mask of nicks and addresses.
fn checked_mask(mask: &str) -> Result<&str, Fault> {
    mask::whole(mask)
        .map(|_| mask)
        .ok_or_else(|| Fault::Nick(mask.to_owned()))
}

fn ban<'a>(arguments: &'a str, change: &str) -> Result<Intent<'a>, Fault> {
    let (target, more) = leading_target(arguments)?;
    let (mask, more) = word(more).ok_or(Fault::Missing("whom to keep out"))?;
    nothing_behind(more)?;
    let behind = if mask.contains(['!', '@', '*']) {
        ""
    } else {
        "!*@*"
    };
    Ok(Intent::Mode {
        target,
        change: format!("{change} {mask}{behind}"),
    })
}

/// Gives or takes a rank, for several people at once.
fn ranks<'a>(arguments: &'a str, sign: &str, letter: &str) -> Result<Intent<'a>, Fault> {
    let (target, more) = leading_target(arguments)?;
    let nicks = more
        .split_whitespace()
        .map(checked_nick)
        .collect::<Result<Vec<_>, _>>()?;
    if nicks.is_empty() {
        return Err(Fault::Missing("a nick"));
    }
    let letters = letter.repeat(nicks.len());
    Ok(Intent::Mode {
        target,
        change: format!("{sign}{letters} {}", nicks.join(" ")),
    })
}

/// A room where one may stand first, as it is written on the wire.
fn leading_target(arguments: &str) -> Result<(Option<&str>, &str), Fault> {
    match word(arguments) {
        Some((room, more)) if is_room(room) => {
            checked_room(room)?;
            Ok((Some(room), more))
        }
        _ => Ok((None, arguments)),
    }
}

impl Slash {
    /// The row with this name, or that other programs call so, in any letter case.
    pub fn find(name: &str) -> Option<&'static Self> {
        let elsewhere = OTHER_NAMES
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name));
        let name = elsewhere.map_or(name, |(_, name)| name);
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
    let begun = COMMANDS
        .iter()
        .find(|slash| !typed.is_empty() && slash.name.starts_with(&typed));
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
        for (other, name) in OTHER_NAMES {
            assert!(COMMANDS.iter().all(|slash| slash.name != *other));
            assert_eq!(Slash::find(other).unwrap().name, *name);
        }
    }
}
