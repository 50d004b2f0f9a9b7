//! Commands about people, the user included.

use super::CommandSpec;
use crate::client::command::arguments::{
    non_empty, option_all, single_nick, single_room, single_word, word,
};
use crate::client::command::{ArgumentError, UserCommand};
use crate::wire::mask;

/// In the order in which help lists them.
pub(super) const PEOPLE: &[CommandSpec] = &[
    CommandSpec {
        name: "nick",
        usage: "NAME",
        help: "change your nick",
        parse: |arguments| {
            Ok(UserCommand::Nick {
                nick: single_nick(arguments, "nick")?,
            })
        },
    },
    CommandSpec {
        name: "who",
        usage: "[-all] [#ROOM]",
        help: "list the people in a room, whether they are away, and since when they are there",
        parse: |arguments| {
            let (all, room) = option_all(arguments);
            let room = single_room(room)?;
            Ok(UserCommand::Who { room, all })
        },
    },
    CommandSpec {
        name: "whois",
        usage: "NICK",
        help: "show what the server knows about a person",
        parse: |arguments| {
            Ok(UserCommand::Whois {
                nick: single_nick(arguments, "nick")?,
            })
        },
    },
    CommandSpec {
        name: "away",
        usage: "[MESSAGE]",
        help: "mark yourself as away, or without a message as back",
        parse: |arguments| {
            Ok(UserCommand::Away {
                message: non_empty(arguments),
            })
        },
    },
    CommandSpec {
        name: "ignore",
        usage: "[NICK|MASK]",
        help: "hide what a person says, or list the people you ignore",
        parse: |arguments| {
            let mask = word(arguments).map(|_| single_mask(arguments));
            Ok(UserCommand::Ignore {
                mask: mask.transpose()?,
            })
        },
    },
    CommandSpec {
        name: "unignore",
        usage: "NICK|MASK",
        help: "the opposite of /ignore",
        parse: |arguments| {
            Ok(UserCommand::Unignore {
                mask: single_mask(arguments)?,
            })
        },
    },
];

/// A nick, or a mask of nicks and addresses, as the only argument.
fn single_mask(arguments: &str) -> Result<String, ArgumentError> {
    let mask = single_word(arguments, "nick or mask")?;
    match mask::normalize(mask) {
        Some(_) => Ok(mask.to_owned()),
        None => Err(ArgumentError::InvalidNick(mask.to_owned())),
    }
}
