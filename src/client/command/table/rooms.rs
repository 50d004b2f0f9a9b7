//! Commands about rooms.

use super::CommandSpec;
use crate::client::command::arguments::{
    expect_end, join, leading_room, non_empty, option_all, required_word, single_room, word,
};
use crate::client::command::validate::checked_nick;
use crate::client::command::{JoinTarget, UserCommand};

/// In the order in which help lists them.
pub(super) const ROOMS: &[CommandSpec] = &[
    CommandSpec {
        name: "room",
        usage: "[#ROOM|NUMBER]",
        help: "switch to another of your rooms, or to unread messages; /rooms shows the numbers",
        parse: |arguments| {
            let Some((room, rest)) = word(arguments) else {
                return Ok(UserCommand::SwitchRoom { room: None });
            };
            expect_end(rest)?;
            Ok(UserCommand::SwitchRoom {
                room: Some(room.to_owned()),
            })
        },
    },
    CommandSpec {
        name: "rooms",
        usage: "",
        help: "list the rooms you are in, and what is unread in them",
        parse: |arguments| {
            expect_end(arguments)?;
            Ok(UserCommand::Rooms)
        },
    },
    CommandSpec {
        name: "join",
        usage: "#ROOM [KEY]",
        help: "join a room, or switch to it",
        parse: |arguments| {
            let JoinTarget { room, key } = join(arguments)?;
            Ok(UserCommand::Join { room, key })
        },
    },
    CommandSpec {
        name: "part",
        usage: "[#ROOM] [REASON]",
        help: "leave a room",
        parse: |arguments| {
            let (room, reason) = leading_room(arguments)?;
            Ok(UserCommand::Part {
                room,
                reason: non_empty(reason),
            })
        },
    },
    CommandSpec {
        name: "close",
        usage: "[#ROOM]",
        help: "leave a room without a reason",
        parse: |arguments| {
            let room = single_room(arguments)?;
            Ok(UserCommand::Part { room, reason: None })
        },
    },
    CommandSpec {
        name: "list",
        usage: "[-all] [FILTER]",
        help: "list the rooms of the server, the largest ones: *dev*, or those with >10 people",
        parse: |arguments| {
            let (all, filter) = option_all(arguments);
            Ok(UserCommand::List {
                filter: non_empty(filter),
                all,
            })
        },
    },
    CommandSpec {
        name: "topic",
        usage: "[#ROOM] [TEXT|-delete]",
        help: "show, change or delete the topic of a room",
        parse: |arguments| {
            let (room, topic) = leading_room(arguments)?;
            let topic = non_empty(topic).map(|topic| match topic.as_str() {
                "-delete" => String::new(),
                _ => topic,
            });
            Ok(UserCommand::Topic { room, topic })
        },
    },
    CommandSpec {
        name: "names",
        usage: "[#ROOM]",
        help: "list the nicks in a room, without details",
        parse: |arguments| {
            Ok(UserCommand::Names {
                room: single_room(arguments)?,
            })
        },
    },
    CommandSpec {
        name: "invite",
        usage: "NICK [#ROOM]",
        help: "invite a person to a room",
        parse: |arguments| {
            let (nick, rest) = required_word(arguments, "nick")?;
            Ok(UserCommand::Invite {
                nick: checked_nick(nick)?,
                room: single_room(rest)?,
            })
        },
    },
];
