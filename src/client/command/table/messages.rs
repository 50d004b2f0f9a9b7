//! Commands that say something.

use super::CommandSpec;
use crate::client::command::{ArgumentError, UserCommand, message_to, non_empty, word};

/// In the order in which help lists them.
pub(super) const TALK: &[CommandSpec] = &[
    CommandSpec {
        name: "msg",
        usage: "NICK|#ROOM TEXT",
        help: "whisper to a person (as @NICK TEXT does) or talk in another room",
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(ArgumentError::Missing("whom it is for"))?;
            message_to(target, text)
        },
    },
    CommandSpec {
        name: "me",
        usage: "TEXT",
        help: "say what you do: /me waves",
        make: |arguments| {
            let text = non_empty(arguments).ok_or(ArgumentError::Missing("what you do"))?;
            Ok(UserCommand::Act { text })
        },
    },
    CommandSpec {
        name: "reply",
        usage: "TEXT",
        help: "whisper to whoever whispered to you last",
        make: |arguments| {
            let text = non_empty(arguments).ok_or(ArgumentError::Missing("the text"))?;
            Ok(UserCommand::Reply { text })
        },
    },
    CommandSpec {
        name: "notice",
        usage: "NICK|#ROOM TEXT",
        help: "say something that no program should answer",
        make: |arguments| {
            let (target, text) = word(arguments).ok_or(ArgumentError::Missing("whom it is for"))?;
            match message_to(target, text)? {
                UserCommand::Tell { target, text } => Ok(UserCommand::Notice { target, text }),
                other => Ok(other),
            }
        },
    },
];
