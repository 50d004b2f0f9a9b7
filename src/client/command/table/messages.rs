//! Commands that send a message.

use super::CommandSpec;
use crate::client::command::UserCommand;
use crate::client::command::arguments::{message, required_text};

/// In the order in which help lists them.
pub(super) const MESSAGES: &[CommandSpec] = &[
    CommandSpec {
        name: "msg",
        usage: "NICK|#ROOM TEXT",
        help: "whisper to a person (as @NICK TEXT does) or send to another room",
        parse: |arguments| {
            let (target, text) = message(arguments)?;
            Ok(UserCommand::Message { target, text })
        },
    },
    CommandSpec {
        name: "me",
        usage: "TEXT",
        help: "send an action: /me waves",
        parse: |arguments| {
            let text = required_text(arguments, "text")?;
            Ok(UserCommand::Action { text })
        },
    },
    CommandSpec {
        name: "reply",
        usage: "TEXT",
        help: "whisper to the last person who whispered to you",
        parse: |arguments| {
            let text = required_text(arguments, "text")?;
            Ok(UserCommand::Reply { text })
        },
    },
    CommandSpec {
        name: "notice",
        usage: "NICK|#ROOM TEXT",
        help: "send a notice, which programs must not answer",
        parse: |arguments| {
            let (target, text) = message(arguments)?;
            Ok(UserCommand::Notice { target, text })
        },
    },
];
