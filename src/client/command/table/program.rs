//! Commands about what is shown, where one is connected, and the program itself.

use super::CommandSpec;
use crate::client::command::{
    ArgumentError, LocalCommand, UserCommand, expect_end, non_empty, word,
};

/// In the order in which help lists them.
pub(super) const PROGRAM: &[CommandSpec] = &[
    CommandSpec {
        name: "search",
        usage: "TEXT",
        help: "show what was said with this text in it",
        make: |arguments| {
            let text = non_empty(arguments).ok_or(ArgumentError::Missing("what to look for"))?;
            Ok(UserCommand::LocalCommand(LocalCommand::Search { text }))
        },
    },
    CommandSpec {
        name: "history",
        usage: "[COUNT]",
        help: "show the last lines once more, 20 unless told",
        make: |arguments| {
            let count = match non_empty(arguments) {
                Some(text) => text
                    .parse()
                    .map_err(|_| ArgumentError::InvalidNumber(text.to_owned()))?,
                None => HISTORY_COUNT,
            };
            Ok(UserCommand::LocalCommand(LocalCommand::History { count }))
        },
    },
    CommandSpec {
        name: "clear",
        usage: "",
        help: "take everything off the screen",
        make: |arguments| {
            expect_end(arguments)?;
            Ok(UserCommand::LocalCommand(LocalCommand::Clear))
        },
    },
    CommandSpec {
        name: "set",
        usage: "[SETTING] [VALUE]",
        help: "see or change how things are shown",
        make: |arguments| {
            let (name, value) = match word(arguments) {
                Some((name, value)) => (Some(name), non_empty(value)),
                None => (None, None),
            };
            Ok(UserCommand::LocalCommand(LocalCommand::Set { name, value }))
        },
    },
    CommandSpec {
        name: "connect",
        usage: "SERVER",
        help: "leave for another server: an address, or a name from the configuration",
        make: |arguments| {
            let (server, more) = word(arguments).ok_or(ArgumentError::Missing("which server"))?;
            expect_end(more)?;
            Ok(UserCommand::Connect { server })
        },
    },
    CommandSpec {
        name: "reconnect",
        usage: "",
        help: "leave this server and come back, or try again now when it is gone",
        make: |arguments| {
            expect_end(arguments)?;
            Ok(UserCommand::Reconnect)
        },
    },
    CommandSpec {
        name: "oper",
        usage: "NAME PASSWORD",
        help: "become an operator of the server; the password is kept nowhere",
        make: |arguments| {
            let (name, more) = word(arguments).ok_or(ArgumentError::Missing("the name"))?;
            let password = non_empty(more).ok_or(ArgumentError::Missing("the password"))?;
            Ok(UserCommand::Oper { name, password })
        },
    },
    CommandSpec {
        name: "raw",
        usage: "LINE",
        help: "send a line to the server as it is",
        make: |arguments| {
            let line = non_empty(arguments).ok_or(ArgumentError::Missing("the line"))?;
            Ok(UserCommand::Raw { line })
        },
    },
    CommandSpec {
        name: "help",
        usage: "[COMMAND]",
        help: "list the commands, or explain one",
        make: |arguments| {
            let command = non_empty(arguments).map(|name| name.trim_start_matches('/'));
            Ok(UserCommand::Help { command })
        },
    },
    CommandSpec {
        name: "quit",
        usage: "[REASON]",
        help: "leave (as Ctrl-D on an empty line does)",
        make: |arguments| {
            Ok(UserCommand::Quit {
                reason: non_empty(arguments),
            })
        },
    },
];

/// How many lines `/history` shows when it is not told.
const HISTORY_COUNT: usize = 20;
