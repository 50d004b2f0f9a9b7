//! The JSON Schema of the records, and of the input objects that `--input json` reads.

use serde_json::{Value, json};

/// The forms of output and input, as a JSON Schema.
pub fn schema() -> String {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "chatroom",
        "description": "The output of --format json and of chatroom log --format json, and the \
            lines of the log: one object a line. The input of --input json is under $defs.",
        "type": "object",
        "required": ["kind", "time", "network"],
        "additionalProperties": false,
        "properties": {
            "kind": {
                "description": "the kind of event",
                "enum": KINDS,
            },
            "time": {
                "type": "string",
                "format": "date-time",
                "description": "the time in UTC: the server's if it sends one, else the client's",
            },
            "network": text("the network it happened on: its name in the configuration, or its host"),
            "room": text("the room it happened in"),
            "nick": text("the nick of the person who did it; for your own whispers, the recipient"),
            "account": text("the account that nick is logged in to, where the server says so"),
            "other": text("the other person involved: who was kicked or invited, the new nick, or who got a whisper that a server has stored"),
            "text": text("the message, the reason, the topic, or other text"),
            "manner": {
                "description": "left out for plain messages",
                "enum": ["action", "notice"],
            },
            "people": {
                "type": "array",
                "items": { "type": "string" },
                "description": "the nicks of the members",
            },
            "members": {
                "type": "array",
                "description": "the members, with what is known of each",
                "items": {
                    "type": "object",
                    "required": ["nick"],
                    "additionalProperties": false,
                    "properties": {
                        "nick": text("the nick"),
                        "rank": text("the prefixes of all ranks in the room, such as @+"),
                        "account": text("the account the member is logged in to"),
                        "real_name": text("the real name"),
                        "away": { "type": "boolean", "description": "whether the member is away" },
                        "away_message": text("the away message"),
                        "since": {
                            "type": "string",
                            "format": "date-time",
                            "description": "when the member joined",
                        },
                        "idle_seconds": {
                            "type": "integer",
                            "description": "seconds since the last message",
                        },
                        "operator": {
                            "type": "boolean",
                            "description": "whether the member is an operator of the server",
                        },
                        "own": { "type": "boolean", "description": "whether it is you" },
                    },
                },
            },
            "rooms": {
                "type": "array",
                "description": "the rooms of the server; with own, those you are in",
                "items": {
                    "type": "object",
                    "required": ["room", "count"],
                    "additionalProperties": false,
                    "properties": {
                        "room": text("its name"),
                        "number": {
                            "type": "integer",
                            "description": "with own: its number for /room",
                        },
                        "count": {
                            "type": "integer",
                            "description": "the number of members; with own, 0 where it is not known",
                        },
                        "topic": text("its topic"),
                        "unread": { "type": "integer", "description": "the number of unread messages" },
                        "mentions": {
                            "type": "integer",
                            "description": "the number of unread messages that mention you",
                        },
                        "active": {
                            "type": "boolean",
                            "description": "whether typed text goes there",
                        },
                    },
                },
            },
            "details": {
                "type": "object",
                "description": "the details of a person, from WHOIS",
                "required": ["address", "real_name"],
                "additionalProperties": false,
                "properties": {
                    "address": text("user@host"),
                    "real_name": text("the real name"),
                    "account": text("the account the person is logged in to"),
                    "rooms": {
                        "type": "array",
                        "items": { "type": "string" },
                        "description": "the rooms they are in, with the rank in front",
                    },
                    "server": text("the server they are on"),
                    "idle_seconds": {
                        "type": "integer",
                        "description": "seconds since the last message",
                    },
                    "since": {
                        "type": "string",
                        "format": "date-time",
                        "description": "when the person connected",
                    },
                    "away": text("the away message"),
                    "more": {
                        "type": "array",
                        "items": { "type": "string" },
                        "description": "everything else, as the server words it",
                    },
                },
            },
            "own": { "type": "boolean", "description": "whether you did it" },
            "mention": { "type": "boolean", "description": "whether the message mentions you" },
            "fate": {
                "description": "the delivery status of your message; only in the log",
                "enum": ["delivered", "refused", "unknown", "unsent"],
            },
            "msgid": text("the server's ID of the message, if it has one"),
            "replayed": {
                "type": "boolean",
                "description": "whether it is history from before you connected",
            },
        },
        "$defs": { "input": {
            "description": "one object a line",
            "oneOf": [
                {
                    "type": "object",
                    "required": ["text"],
                    "additionalProperties": false,
                    "properties": {
                        "to": text("a room or a nick; the active room if left out"),
                        "text": text("the message"),
                    },
                },
                {
                    "type": "object",
                    "required": ["command"],
                    "additionalProperties": false,
                    "properties": { "command": {
                        "type": "string",
                        "pattern": "^/[^/]",
                        "description": "a command as you would type it",
                    } },
                },
            ],
        } },
    });
    let mut written = serde_json::to_string_pretty::<Value>(&schema).unwrap_or_default();
    written.push('\n');
    written
}

/// The names of all kinds, for the schema and for help.
pub const KINDS: [&str; 22] = [
    "message", "whisper", "join", "part", "quit", "kick", "rename", "topic", "mode", "invite",
    "away", "account", "realname", "address", "names", "rooms", "whois", "server", "lost", "back",
    "refused", "note",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::record::{MemberRecord, Record, RecordKind, RoomRecord, WhoisRecord};

    #[test]
    fn the_schema_has_each_field_and_each_kind() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let full = Record {
            kind: RecordKind::Kick,
            time: String::new(),
            network: "x".to_owned(),
            room: Some(String::new()),
            nick: Some(String::new()),
            account: Some(String::new()),
            other: Some(String::new()),
            text: Some(String::new()),
            manner: Some(String::new()),
            people: vec![String::new()],
            members: vec![MemberRecord {
                nick: String::new(),
                rank: "@".to_owned(),
                account: Some(String::new()),
                real_name: Some(String::new()),
                away: true,
                away_message: Some(String::new()),
                since: Some(String::new()),
                idle_seconds: Some(0),
                operator: true,
                own: true,
            }],
            rooms: vec![RoomRecord {
                topic: "x".to_owned(),
                number: 1,
                unread: 1,
                mentions: 1,
                active: true,
                ..RoomRecord::default()
            }],
            details: Some(Box::new(WhoisRecord {
                account: Some(String::new()),
                rooms: vec![String::new()],
                server: Some(String::new()),
                idle_seconds: Some(0),
                since: Some(String::new()),
                away: Some(String::new()),
                more: vec![String::new()],
                ..WhoisRecord::default()
            })),
            own: true,
            mention: true,
            fate: Some(String::new()),
            msgid: Some(String::new()),
            replayed: true,
        };
        let full = serde_json::to_value(full).unwrap();
        for (written, described) in [
            (&full, &schema),
            (
                &full["members"][0],
                &schema["properties"]["members"]["items"],
            ),
            (&full["rooms"][0], &schema["properties"]["rooms"]["items"]),
            (&full["details"], &schema["properties"]["details"]),
        ] {
            let mut written: Vec<_> = written.as_object().unwrap().keys().collect();
            let described = described["properties"].as_object().unwrap();
            let mut described: Vec<_> = described.keys().collect();
            written.sort();
            described.sort();
            assert_eq!(written, described);
        }
        for kind in KINDS {
            let kind: Result<RecordKind, _> = serde_json::from_value(json!(kind));
            assert!(kind.is_ok());
        }
        let unknown: Result<RecordKind, _> = serde_json::from_value(json!("x"));
        let words = unknown.unwrap_err().to_string();
        assert_eq!(words.matches('`').count() / 2 - 1, KINDS.len(), "{words}");
    }
}
