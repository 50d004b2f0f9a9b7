//! Commands of those who keep a room in order.

use super::CommandSpec;
use crate::client::command::{
    ArgumentError, UserCommand, checked_nick, checked_room, expect_end, is_room, leading_room,
    non_empty, word,
};

/// In the order in which help lists them.
pub(super) const OPERATORS: &[CommandSpec] = &[
    CommandSpec {
        name: "kick",
        usage: "[#ROOM] NICK [REASON]",
        help: "throw somebody out of a room, as its operator",
        make: |arguments| {
            let (room, more) = leading_room(arguments)?;
            let (nick, reason) = word(more).ok_or(ArgumentError::Missing("whom to throw out"))?;
            Ok(UserCommand::Kick {
                room,
                nick: checked_nick(nick)?,
                reason: non_empty(reason),
            })
        },
    },
    CommandSpec {
        name: "ban",
        usage: "[#ROOM] [NICK|MASK]",
        help: "keep somebody out of a room, or list who is kept out; masks look like nick!user@host",
        make: |arguments| match leading_target(arguments)? {
            (target, more) if more.trim().is_empty() => Ok(UserCommand::Mode {
                target,
                change: "+b".to_owned(),
            }),
            _ => ban(arguments, "+b"),
        },
    },
    CommandSpec {
        name: "unban",
        usage: "[#ROOM] NICK|MASK",
        help: "take a ban back",
        make: |arguments| ban(arguments, "-b"),
    },
    CommandSpec {
        name: "op",
        usage: "[#ROOM] NICK…",
        help: "make people operators of a room",
        make: |arguments| ranks(arguments, "+", "o"),
    },
    CommandSpec {
        name: "deop",
        usage: "[#ROOM] NICK…",
        help: "the opposite of /op",
        make: |arguments| ranks(arguments, "-", "o"),
    },
    CommandSpec {
        name: "voice",
        usage: "[#ROOM] NICK…",
        help: "let people talk in a moderated room",
        make: |arguments| ranks(arguments, "+", "v"),
    },
    CommandSpec {
        name: "devoice",
        usage: "[#ROOM] NICK…",
        help: "the opposite of /voice",
        make: |arguments| ranks(arguments, "-", "v"),
    },
    CommandSpec {
        name: "mode",
        usage: "[#ROOM|NICK] [CHANGE]",
        help: "see or change the modes of a room, in the letters of IRC",
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
            Ok(UserCommand::Mode { target, change })
        },
    },
];

/// Bans or unbans a mask; a nick alone stands for everybody with that nick.
fn ban<'a>(arguments: &'a str, change: &str) -> Result<UserCommand<'a>, ArgumentError> {
    let (target, more) = leading_target(arguments)?;
    let (mask, more) = word(more).ok_or(ArgumentError::Missing("whom to keep out"))?;
    expect_end(more)?;
    let behind = if mask.contains(['!', '@', '*']) {
        ""
    } else {
        "!*@*"
    };
    Ok(UserCommand::Mode {
        target,
        change: format!("{change} {mask}{behind}"),
    })
}

/// Gives or takes a rank, for several people at once.
fn ranks<'a>(
    arguments: &'a str,
    sign: &str,
    letter: &str,
) -> Result<UserCommand<'a>, ArgumentError> {
    let (target, more) = leading_target(arguments)?;
    let nicks = more
        .split_whitespace()
        .map(checked_nick)
        .collect::<Result<Vec<_>, _>>()?;
    if nicks.is_empty() {
        return Err(ArgumentError::Missing("a nick"));
    }
    let letters = letter.repeat(nicks.len());
    Ok(UserCommand::Mode {
        target,
        change: format!("{sign}{letters} {}", nicks.join(" ")),
    })
}

/// A room where one may stand first, as it is written on the wire.
fn leading_target(arguments: &str) -> Result<(Option<&str>, &str), ArgumentError> {
    match word(arguments) {
        Some((room, more)) if is_room(room) => {
            checked_room(room)?;
            Ok((Some(room), more))
        }
        _ => Ok((None, arguments)),
    }
}
