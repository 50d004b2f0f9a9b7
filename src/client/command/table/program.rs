//! Commands about what is shown, where one is connected, and the program itself.

use super::Slash;
use crate::client::command::{Fault, Intent, Local, nothing_behind, some, word};

/// In the order in which help lists them.
pub(super) const PROGRAM: &[Slash] = &[
    Slash {
        name: "search",
        usage: "TEXT",
        help: "show what was said with this text in it",
        make: |arguments| {
            let text = some(arguments).ok_or(Fault::Missing("what to look for"))?;
            Ok(Intent::Local(Local::Search { text }))
        },
    },
    Slash {
        name: "history",
        usage: "[COUNT]",
        help: "show the last lines once more, 20 unless told",
        make: |arguments| {
            let count = match some(arguments) {
                Some(text) => text.parse().map_err(|_| Fault::Number(text.to_owned()))?,
                None => HISTORY_COUNT,
            };
            Ok(Intent::Local(Local::History { count }))
        },
    },
    Slash {
        name: "clear",
        usage: "",
        help: "take everything off the screen",
        make: |arguments| {
            nothing_behind(arguments)?;
            Ok(Intent::Local(Local::Clear))
        },
    },
    Slash {
        name: "set",
        usage: "[SETTING] [VALUE]",
        help: "see or change how things are shown",
        make: |arguments| {
            let (name, value) = match word(arguments) {
                Some((name, value)) => (Some(name), some(value)),
                None => (None, None),
            };
            Ok(Intent::Local(Local::Set { name, value }))
        },
    },
    Slash {
        name: "connect",
        usage: "SERVER",
        help: "leave for another server: an address, or a name from the configuration",
        make: |arguments| {
            let (server, more) = word(arguments).ok_or(Fault::Missing("which server"))?;
            nothing_behind(more)?;
            Ok(Intent::Connect { server })
        },
    },
    Slash {
        name: "reconnect",
        usage: "",
        help: "leave this server and come back, or try again now when it is gone",
        make: |arguments| {
            nothing_behind(arguments)?;
            Ok(Intent::Reconnect)
        },
    },
    Slash {
        name: "oper",
        usage: "NAME PASSWORD",
        help: "become an operator of the server; the password is kept nowhere",
        make: |arguments| {
            let (name, more) = word(arguments).ok_or(Fault::Missing("the name"))?;
            let password = some(more).ok_or(Fault::Missing("the password"))?;
            Ok(Intent::Oper { name, password })
        },
    },
    Slash {
        name: "raw",
        usage: "LINE",
        help: "send a line to the server as it is",
        make: |arguments| {
            let line = some(arguments).ok_or(Fault::Missing("the line"))?;
            Ok(Intent::Raw { line })
        },
    },
    Slash {
        name: "help",
        usage: "[COMMAND]",
        help: "list the commands, or explain one",
        make: |arguments| {
            let command = some(arguments).map(|name| name.trim_start_matches('/'));
            Ok(Intent::Help { command })
        },
    },
    Slash {
        name: "quit",
        usage: "[REASON]",
        help: "leave (as Ctrl-D on an empty line does)",
        make: |arguments| {
            Ok(Intent::Quit {
                reason: some(arguments),
            })
        },
    },
];

/// How many lines `/history` shows when it is not told.
const HISTORY_COUNT: usize = 20;
