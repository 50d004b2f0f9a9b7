//! Commands that send a message.

use super::CommandSpec;
use crate::client::command::UserCommand;
use crate::client::command::arguments::{
    checked_message, message, non_empty, required_text, required_word, single_nick,
};

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
        name: "say",
        usage: "TEXT",
        help: "send text to the active room, whatever it begins with",
        parse: |arguments| {
            let text = required_text(arguments, "text")?;
            Ok(UserCommand::Say { text })
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
    CommandSpec {
        name: "ctcp",
        usage: "NICK|#ROOM REQUEST [TEXT]",
        help: "ask the program of a person: VERSION, TIME, PING or CLIENTINFO",
        parse: |arguments| {
            let (target, text) = required_word(arguments, "recipient")?;
            let (request, text) = required_word(text, "request")?;
            let (target, request) = checked_message(target, request)?;
            Ok(UserCommand::Ctcp {
                target,
                request: request.to_ascii_uppercase(),
                text: non_empty(text),
            })
        },
    },
    CommandSpec {
        name: "ping",
        usage: "NICK",
        help: "measure how long a message to a person and back takes",
        parse: |arguments| {
            Ok(UserCommand::Ctcp {
                target: single_nick(arguments, "nick")?,
                request: "PING".to_owned(),
                text: None,
            })
        },
    },
];
