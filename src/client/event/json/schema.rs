//! The forms of output and input for other programs, as a JSON Schema.

use serde_json::{Value, json};

/// The forms of output and input, as a JSON Schema.
pub fn schema() -> String {
    let text = |what: &str| json!({ "type": "string", "description": what });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "chatroom",
        "description": "What chatroom prints with --format json, keeps in the log, and shows \
            again with chatroom log, one object a line. What it reads with --input json is \
            under $defs.",
        "type": "object",
        "required": ["kind", "time"],
        "additionalProperties": false,
        "properties": {
            "kind": {
                "description": "what sort of thing happened",
                "enum": KINDS,
            },
            "time": {
                "type": "string",
                "format": "date-time",
                "description": "when, in UTC, by the server's clock where it tells",
            },
            "room": text("the room it happened in"),
            "nick": text("who did it; for one's own whispers, to whom"),
            "other": text("the other person it concerns: who was made to leave, the new nick"),
            "text": text("what was said, the reason, the topic, or other words"),
            "manner": {
                "description": "left out for plain talk",
                "enum": ["action", "notice"],
            },
            "people": {
                "type": "array",
                "items": { "type": "string" },
                "description": "the nicks of those who are there",
            },
            "rooms": {
                "type": "array",
                "description": "the rooms there are; with own, those one is in",
                "items": {
                    "type": "object",
                    "required": ["room", "count"],
                    "additionalProperties": false,
                    "properties": {
                        "room": text("its name"),
                        "count": { "type": "integer", "description": "how many are there" },
                        "topic": text("what it is about"),
                        "unread": { "type": "integer", "description": "what was said unseen" },
                        "mentions": {
                            "type": "integer",
                            "description": "how much of that names this person",
                        },
                        "active": {
                            "type": "boolean",
                            "description": "whether text that is typed goes there",
                        },
                    },
                },
            },
            "details": {
                "type": "object",
                "description": "what is known of a person",
                "required": ["address", "real_name"],
                "additionalProperties": false,
                "properties": {
                    "address": text("user@host"),
                    "real_name": text("the real name"),
                    "rooms": {
                        "type": "array",
                        "items": { "type": "string" },
                        "description": "the rooms they are in, with the rank in front",
                    },
                    "server": text("the server they are on"),
                    "idle_seconds": {
                        "type": "integer",
                        "description": "for how long they have said nothing",
                    },
                    "since": {
                        "type": "string",
                        "format": "date-time",
                        "description": "when they came",
                    },
                    "away": text("what they left behind when they went away"),
                    "more": {
                        "type": "array",
                        "items": { "type": "string" },
                        "description": "everything else, in the words of the server",
                    },
                },
            },
            "own": { "type": "boolean", "description": "whether this person did it" },
            "mention": { "type": "boolean", "description": "whether it names this person" },
            "fate": {
                "description": "what became of what this person said; only the log has it",
                "enum": ["delivered", "refused", "unknown", "unsent"],
            },
            "msgid": text("what the server calls this message, where it does"),
        },
        "$defs": { "input": {
            "description": "one object a line",
            "oneOf": [
                {
                    "type": "object",
                    "required": ["text"],
                    "additionalProperties": false,
                    "properties": {
                        "to": text("a room or a nick; the active room when it is left out"),
                        "text": text("what to say"),
                    },
                },
                {
                    "type": "object",
                    "required": ["command"],
                    "additionalProperties": false,
                    "properties": { "command": {
                        "type": "string",
                        "pattern": "^/[^/]",
                        "description": "a command as it is typed",
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
pub(in crate::client) const KINDS: [&str; 19] = [
    "message", "whisper", "join", "part", "quit", "kick", "rename", "topic", "mode", "invite",
    "away", "names", "rooms", "whois", "server", "lost", "back", "refused", "note",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::event::json::{Record, RecordKind, RoomRecord, WhoisRecord};

    #[test]
    fn the_schema_has_each_field_and_each_kind() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let full = Record {
            kind: RecordKind::Kick,
            time: String::new(),
            room: Some(String::new()),
            nick: Some(String::new()),
            other: Some(String::new()),
            text: Some(String::new()),
            manner: Some(String::new()),
            people: vec![String::new()],
            rooms: vec![RoomRecord {
                topic: "x".to_owned(),
                unread: 1,
                mentions: 1,
                active: true,
                ..RoomRecord::default()
            }],
            details: Some(Box::new(WhoisRecord {
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
        };
        let full = serde_json::to_value(full).unwrap();
        for (written, described) in [
            (&full, &schema),
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
