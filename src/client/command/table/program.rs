//! Commands about the screen, the connection and the program.

use super::CommandSpec;
use crate::client::command::arguments::{
    expect_end, leading_room, non_empty, required_text, required_word, single_word, word,
};
use crate::client::command::{ArgumentError, LocalCommand, UserCommand};

/// In the order in which help lists them.
pub(super) const PROGRAM: &[CommandSpec] = &[
    CommandSpec {
        name: "search",
        usage: "TEXT",
        help: "show the messages that contain a text",
        parse: |arguments| {
            let text = required_text(arguments, "text")?;
            Ok(UserCommand::Local(LocalCommand::Search { text }))
        },
    },
    CommandSpec {
        name: "history",
        usage: "[#ROOM] [COUNT]",
        help: "show the last lines again, of all rooms or of one (20 by default)",
        parse: |arguments| {
            let (room, count) = leading_room(arguments)?;
            let count = match non_empty(count) {
                Some(text) => text
                    .parse()
                    .map_err(|_| ArgumentError::InvalidNumber(text))?,
                None => HISTORY_COUNT,
            };
            Ok(UserCommand::Local(LocalCommand::History { room, count }))
        },
    },
    CommandSpec {
        name: "clear",
        usage: "",
        help: "clear the screen",
        parse: |arguments| {
            expect_end(arguments)?;
            Ok(UserCommand::Local(LocalCommand::Clear))
        },
    },
    CommandSpec {
        name: "set",
        usage: "[SETTING] [VALUE]",
        help: "show or change how things are displayed",
        parse: |arguments| {
            let (name, value) = match word(arguments) {
                Some((name, value)) => (Some(name.to_owned()), non_empty(value)),
                None => (None, None),
            };
            Ok(UserCommand::Local(LocalCommand::Set { name, value }))
        },
    },
    CommandSpec {
        name: "connect",
        usage: "SERVER",
        help: "connect to one more network: an address, or a name from the configuration",
        parse: |arguments| {
            let server = single_word(arguments, "server")?.to_owned();
            Ok(UserCommand::Connect { server })
        },
    },
    CommandSpec {
        name: "disconnect",
        usage: "[NETWORK]",
        help: "leave a network, the active one if none is named",
        parse: |arguments| {
            let network = match word(arguments) {
                Some(_) => Some(single_word(arguments, "network")?.to_owned()),
                None => None,
            };
            Ok(UserCommand::Disconnect { network })
        },
    },
    CommandSpec {
        name: "networks",
        usage: "",
        help: "list the networks that you are connected to",
        parse: |arguments| {
            expect_end(arguments)?;
            Ok(UserCommand::Networks)
        },
    },
    CommandSpec {
        name: "reconnect",
        usage: "",
        help: "disconnect and connect again, or try again now when the connection is lost",
        parse: |arguments| {
            expect_end(arguments)?;
            Ok(UserCommand::Reconnect)
        },
    },
    CommandSpec {
        name: "register",
        usage: "[EMAIL] PASSWORD",
        help: "register your nick as an account on the network; the password is not stored",
        parse: |arguments| {
            let (first, rest) = required_word(arguments, "password")?;
            let (email, password) = match first.contains('@') && !rest.is_empty() {
                true => (Some(first.to_owned()), rest),
                false => (None, arguments),
            };
            Ok(UserCommand::Register {
                email,
                password: required_text(password, "password")?,
            })
        },
    },
    CommandSpec {
        name: "verify",
        usage: "[ACCOUNT] CODE",
        help: "complete /register with the code that you were sent",
        parse: |arguments| {
            let (first, rest) = required_word(arguments, "code")?;
            let (account, code) = match rest.is_empty() {
                true => (None, first),
                false => (Some(first.to_owned()), single_word(rest, "code")?),
            };
            Ok(UserCommand::Verify {
                account,
                code: code.to_owned(),
            })
        },
    },
    CommandSpec {
        name: "oper",
        usage: "NAME [PASSWORD]",
        help: "become an operator of the server, by a password, which is not stored, or your account",
        parse: |arguments| {
            let (name, rest) = required_word(arguments, "name")?;
            Ok(UserCommand::Oper {
                name: name.to_owned(),
                password: non_empty(rest),
            })
        },
    },
    CommandSpec {
        name: "raw",
        usage: "LINE",
        help: "send a line to the server unchanged",
        parse: |arguments| {
            let line = required_text(arguments, "line")?;
            Ok(UserCommand::Raw { line })
        },
    },
    CommandSpec {
        name: "help",
        usage: "[COMMAND]",
        help: "list the commands, or explain one",
        parse: |arguments| {
            let command = non_empty(arguments);
            let command = command.map(|name| name.trim_start_matches('/').to_owned());
            Ok(UserCommand::Help { command })
        },
    },
    CommandSpec {
        name: "quit",
        usage: "[--keep] [REASON]",
        help: "leave, as Ctrl-D on an empty line does; --keep leaves a room open that you host",
        parse: |arguments| {
            let kept = word(arguments).filter(|(first, _)| *first == "--keep");
            let reason = kept.map_or(arguments, |(_, rest)| rest);
            Ok(UserCommand::Quit {
                reason: non_empty(reason),
                keep: kept.is_some(),
            })
        },
    },
];

/// How many lines `/history` shows by default.
const HISTORY_COUNT: usize = 20;
