//! Commands about this person and others.

use super::CommandSpec;
use crate::client::command::{
    ArgumentError, UserCommand, checked_nick, expect_end, non_empty, single_room, word,
};
use crate::wire::mask;

/// In the order in which help lists them.
pub(super) const PEOPLE: &[CommandSpec] = &[
    CommandSpec {
        name: "nick",
        usage: "NAME",
        help: "take another name",
        make: |arguments| {
            let (nick, more) = word(arguments).ok_or(ArgumentError::Missing("the new name"))?;
            expect_end(more)?;
            Ok(UserCommand::Nick {
                nick: checked_nick(nick)?,
            })
        },
    },
    CommandSpec {
        name: "who",
        usage: "[#ROOM]",
        help: "list who is here, away or not, and since when",
        make: |arguments| {
            Ok(UserCommand::Who {
                room: single_room(arguments)?,
            })
        },
    },
    CommandSpec {
        name: "whois",
        usage: "NICK",
        help: "show all that is known about a person",
        make: |arguments| {
            let (nick, more) =
                word(arguments).ok_or(ArgumentError::Missing("whom you ask about"))?;
            expect_end(more)?;
            Ok(UserCommand::Whois {
                nick: checked_nick(nick)?,
            })
        },
    },
    CommandSpec {
        name: "away",
        usage: "[MESSAGE]",
        help: "say that you are away, or without a message that you are back",
        make: |arguments| {
            Ok(UserCommand::Away {
                message: non_empty(arguments),
            })
        },
    },
    CommandSpec {
        name: "ignore",
        usage: "[NICK|MASK]",
        help: "show nothing of what somebody says, or list who is ignored",
        make: |arguments| {
            let mask = word(arguments).map(|(mask, more)| {
                expect_end(more)?;
                checked_mask(mask)
            });
            Ok(UserCommand::Ignore {
                mask: mask.transpose()?,
            })
        },
    },
    CommandSpec {
        name: "unignore",
        usage: "NICK|MASK",
        help: "the opposite of /ignore",
        make: |arguments| {
            let (mask, more) =
                word(arguments).ok_or(ArgumentError::Missing("whom to hear again"))?;
            expect_end(more)?;
            Ok(UserCommand::Unignore {
                mask: checked_mask(mask)?,
            })
        },
    },
];

/// A nick, or a mask of nicks and addresses.
fn checked_mask(mask: &str) -> Result<&str, ArgumentError> {
    mask::normalize(mask)
        .map(|_| mask)
        .ok_or_else(|| ArgumentError::InvalidNick(mask.to_owned()))
}
