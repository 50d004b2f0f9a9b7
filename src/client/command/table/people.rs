//! Commands about this person and others.

use super::Slash;
use crate::client::command::{Fault, Intent, checked_nick, nothing_behind, only_room, some, word};
use crate::wire::mask;

/// In the order in which help lists them.
pub(super) const PEOPLE: &[Slash] = &[
    Slash {
        name: "nick",
        usage: "NAME",
        help: "take another name",
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
        make: |arguments| {
            Ok(Intent::Who {
                room: only_room(arguments)?,
            })
        },
    },
    Slash {
        name: "whois",
        usage: "NICK",
        help: "show all that is known about a person",
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
        make: |arguments| {
            Ok(Intent::Away {
                message: some(arguments),
            })
        },
    },
    Slash {
        name: "ignore",
        usage: "[NICK|MASK]",
        help: "show nothing of what somebody says, or list who is ignored",
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
        make: |arguments| {
            let (mask, more) = word(arguments).ok_or(Fault::Missing("whom to hear again"))?;
            nothing_behind(more)?;
            Ok(Intent::Unignore {
                mask: checked_mask(mask)?,
            })
        },
    },
];

/// A nick, or a mask of nicks and addresses.
fn checked_mask(mask: &str) -> Result<&str, Fault> {
    mask::whole(mask)
        .map(|_| mask)
        .ok_or_else(|| Fault::Nick(mask.to_owned()))
}
