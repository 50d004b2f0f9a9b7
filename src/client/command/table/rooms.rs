//! Commands about rooms.

use super::Slash;
use crate::client::command::{
    Fault, Intent, checked_nick, checked_room, leading_room, nothing_behind, only_room, some, word,
};

/// In the order in which help lists them.
pub(super) const ROOMS: &[Slash] = &[
    Slash {
        name: "room",
        usage: "[#ROOM|NUMBER]",
        help: "talk in another of your rooms, or where something is unread; /rooms numbers them",
        make: |arguments| {
            let Some((room, more)) = word(arguments) else {
                return Ok(Intent::Switch { room: None });
            };
            nothing_behind(more)?;
            Ok(Intent::Switch { room: Some(room) })
        },
    },
    Slash {
        name: "rooms",
        usage: "",
        help: "list the rooms you are in, and what is unread there",
        make: |arguments| {
            nothing_behind(arguments)?;
            Ok(Intent::Rooms)
        },
    },
    Slash {
        name: "join",
        usage: "#ROOM [KEY]",
        help: "enter a room, or make it the one you talk in",
        make: |arguments| {
            let (room, more) = word(arguments).ok_or(Fault::Missing("which room"))?;
            let room = checked_room(room)?;
            let Some((key, more)) = word(more) else {
                return Ok(Intent::Join { room, key: None });
            };
            nothing_behind(more)?;
            Ok(Intent::Join {
                room,
                key: Some(key),
            })
        },
    },
    Slash {
        name: "part",
        usage: "[#ROOM] [REASON]",
        help: "leave a room",
        make: |arguments| {
            let (room, reason) = leading_room(arguments)?;
            Ok(Intent::Part {
                room,
                reason: some(reason),
            })
        },
    },
    Slash {
        name: "close",
        usage: "[#ROOM]",
        help: "leave a room without a word",
        make: |arguments| {
            let room = only_room(arguments)?;
            Ok(Intent::Part { room, reason: None })
        },
    },
    Slash {
        name: "list",
        usage: "[FILTER]",
        help: "list the rooms there are on the server: all, *dev*, or those with >10 people",
        make: |arguments| {
            Ok(Intent::List {
                filter: some(arguments),
            })
        },
    },
    Slash {
        name: "topic",
        usage: "[#ROOM] [TEXT|-delete]",
        help: "see what a room is about, change it, or take it away",
        make: |arguments| {
            let (room, topic) = leading_room(arguments)?;
            let topic = some(topic).map(|topic| if topic == "-delete" { "" } else { topic });
            Ok(Intent::Topic { room, topic })
        },
    },
    Slash {
        name: "names",
        usage: "[#ROOM]",
        help: "list the nicks in a room, without details",
        make: |arguments| {
            Ok(Intent::Names {
                room: only_room(arguments)?,
            })
        },
    },
    Slash {
        name: "invite",
        usage: "NICK [#ROOM]",
        help: "ask somebody into a room",
        make: |arguments| {
            let (nick, more) = word(arguments).ok_or(Fault::Missing("whom to ask"))?;
            Ok(Intent::Invite {
                nick: checked_nick(nick)?,
                room: only_room(more)?,
            })
        },
    },
];
