//! Commands for the operators of a room.

use super::CommandSpec;
use crate::client::command::arguments::{
    expect_end, leading_room, mode_change, non_empty, required_word, word,
};
use crate::client::command::validate::checked_nick;
use crate::client::command::{ArgumentError, UserCommand, has_room_prefix};

/// In the order in which help lists them.
pub(super) const OPERATORS: &[CommandSpec] = &[
    CommandSpec {
        name: "kick",
        usage: "[#ROOM] NICK [REASON]",
        help: "remove a person from a room, as its operator",
        parse: |arguments| {
            let (room, rest) = leading_room(arguments)?;
            let (nick, reason) = required_word(rest, "nick")?;
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
        help: "ban a person from a room, or list the bans; masks look like nick!user@host",
        parse: |arguments| match leading_room(arguments)? {
            (room, rest) if rest.trim().is_empty() => Ok(mode_change(room, "+b".to_owned())),
            _ => ban(arguments, "+b"),
        },
    },
    CommandSpec {
        name: "unban",
        usage: "[#ROOM] NICK|MASK",
        help: "remove a ban",
        parse: |arguments| ban(arguments, "-b"),
    },
    CommandSpec {
        name: "op",
        usage: "[#ROOM] NICK…",
        help: "make people operators of a room",
        parse: |arguments| ranks(arguments, "+", "o"),
    },
    CommandSpec {
        name: "deop",
        usage: "[#ROOM] NICK…",
        help: "the opposite of /op",
        parse: |arguments| ranks(arguments, "-", "o"),
    },
    CommandSpec {
        name: "voice",
        usage: "[#ROOM] NICK…",
        help: "let people talk in a moderated room",
        parse: |arguments| ranks(arguments, "+", "v"),
    },
    CommandSpec {
        name: "devoice",
        usage: "[#ROOM] NICK…",
        help: "the opposite of /voice",
        parse: |arguments| ranks(arguments, "-", "v"),
    },
    CommandSpec {
        name: "mode",
        usage: "[#ROOM|NICK] [CHANGE]",
        help: "show or change the modes of a room or your own, in the letters of IRC",
        parse: |arguments| {
            let (target, change) = match word(arguments) {
                Some((target, change)) if !target.starts_with(['+', '-']) => {
                    if !has_room_prefix(target) {
                        checked_nick(target)?;
                    }
                    (Some(target.to_owned()), change)
                }
                _ => (None, arguments),
            };
            Ok(mode_change(target, change.trim().to_owned()))
        },
    },
];

/// Adds or removes a ban; a nick alone bans everyone with that nick.
fn ban(arguments: &str, change: &str) -> Result<UserCommand, ArgumentError> {
    let (room, rest) = leading_room(arguments)?;
    let (mask, rest) = required_word(rest, "nick or mask")?;
    expect_end(rest)?;
    let suffix = match mask.contains(['!', '@', '*']) {
        true => "",
        false => "!*@*",
    };
    Ok(mode_change(room, format!("{change} {mask}{suffix}")))
}

/// Gives a rank to several people, or takes it from them.
fn ranks(arguments: &str, sign: &str, letter: &str) -> Result<UserCommand, ArgumentError> {
    let (room, rest) = leading_room(arguments)?;
    let nicks = rest
        .split_whitespace()
        .map(checked_nick)
        .collect::<Result<Vec<_>, _>>()?;
    if nicks.is_empty() {
        return Err(ArgumentError::Missing("nick"));
    }
    let letters = letter.repeat(nicks.len());
    let change = format!("{sign}{letters} {}", nicks.join(" "));
    Ok(mode_change(room, change))
}
