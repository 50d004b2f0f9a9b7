//! Commands about rooms.

use super::CommandSpec;
use crate::client::command::{
    ArgumentError, UserCommand, checked_nick, checked_room, expect_end, leading_room, non_empty,
    single_room, word,
};

/// In the order in which help lists them.
pub(super) const ROOMS: &[CommandSpec] = &[
    CommandSpec {
        name: "room",
        usage: "[#ROOM|NUMBER]",
        help: "talk in another of your rooms, or where something is unread; /rooms numbers them",
        make: |arguments| {
            let Some((room, more)) = word(arguments) else {
                return Ok(UserCommand::Switch { room: None });
            };
            expect_end(more)?;
            Ok(UserCommand::Switch { room: Some(room) })
        },
    },
    CommandSpec {
        name: "rooms",
        usage: "",
        help: "list the rooms you are in, and what is unread there",
        make: |arguments| {
            expect_end(arguments)?;
            Ok(UserCommand::Rooms)
        },
    },
    CommandSpec {
        name: "join",
        usage: "#ROOM [KEY]",
        help: "enter a room, or make it the one you talk in",
        make: |arguments| {
            let (room, more) = word(arguments).ok_or(ArgumentError::Missing("which room"))?;
            let room = checked_room(room)?;
            let Some((key, more)) = word(more) else {
                return Ok(UserCommand::Join { room, key: None });
            };
            expect_end(more)?;
            Ok(UserCommand::Join {
                room,
                key: Some(key),
            })
        },
    },
    CommandSpec {
        name: "part",
        usage: "[#ROOM] [REASON]",
        help: "leave a room",
        make: |arguments| {
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
        help: "leave a room without a word",
        make: |arguments| {
            let room = single_room(arguments)?;
            Ok(UserCommand::Part { room, reason: None })
        },
    },
    CommandSpec {
        name: "list",
        usage: "[FILTER]",
        help: "list the rooms there are on the server: all, *dev*, or those with >10 people",
        make: |arguments| {
            Ok(UserCommand::List {
                filter: non_empty(arguments),
            })
        },
    },
    CommandSpec {
        name: "topic",
        usage: "[#ROOM] [TEXT|-delete]",
        help: "see what a room is about, change it, or take it away",
        make: |arguments| {
            let (room, topic) = leading_room(arguments)?;
            let topic = non_empty(topic).map(|topic| if topic == "-delete" { "" } else { topic });
            Ok(UserCommand::Topic { room, topic })
        },
    },
    CommandSpec {
        name: "names",
        usage: "[#ROOM]",
        help: "list the nicks in a room, without details",
        make: |arguments| {
            Ok(UserCommand::Names {
                room: single_room(arguments)?,
            })
        },
    },
    CommandSpec {
        name: "invite",
        usage: "NICK [#ROOM]",
        help: "ask somebody into a room",
        make: |arguments| {
            let (nick, more) = word(arguments).ok_or(ArgumentError::Missing("whom to ask"))?;
            Ok(UserCommand::Invite {
                nick: checked_nick(nick)?,
                room: single_room(more)?,
            })
        },
    },
];
