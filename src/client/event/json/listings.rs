//! Lists of rooms and WHOIS answers as records, and back.

use jiff::Timestamp;

use crate::client::event::{RoomSummary, Unread, WhoisInfo};
use crate::common::record::{RoomRecord, WhoisRecord};

pub(super) fn encode_room(room: &RoomSummary) -> RoomRecord {
    RoomRecord {
        room: room.name.clone(),
        count: room.people,
        topic: room.topic.clone(),
        unread: room.unread.messages,
        mentions: room.unread.mentions,
        active: room.active,
    }
}

pub(super) fn decode_room(record: &RoomRecord) -> RoomSummary {
    RoomSummary {
        name: record.room.clone(),
        people: record.count,
        topic: record.topic.clone(),
        unread: Unread {
            messages: record.unread,
            mentions: record.mentions,
        },
        active: record.active,
    }
}

pub(super) fn encode_whois(whois: &WhoisInfo) -> WhoisRecord {
    let rooms = whois.rooms.as_deref().unwrap_or_default();
    let since = whois.since.map(Timestamp::from_second);
    WhoisRecord {
        address: whois.address.clone(),
        real_name: whois.real_name.clone(),
        account: whois.account.clone(),
        rooms: rooms.split_whitespace().map(str::to_owned).collect(),
        server: whois.server.clone(),
        idle_seconds: whois.idle_seconds,
        // Only a broken server sends a time outside the calendar.
        since: since.and_then(Result::ok).map(|since| since.to_string()),
        away: whois.away.clone(),
        more: whois.more.clone(),
    }
}

pub(super) fn decode_whois(record: &WhoisRecord, nick: String) -> WhoisInfo {
    let since = record.since.as_ref();
    let since = since.and_then(|since| since.parse::<Timestamp>().ok());
    WhoisInfo {
        nick,
        address: record.address.clone(),
        real_name: record.real_name.clone(),
        account: record.account.clone(),
        rooms: Some(record.rooms.join(" ")).filter(|rooms| !rooms.is_empty()),
        server: record.server.clone(),
        idle_seconds: record.idle_seconds,
        since: since.map(Timestamp::as_second),
        away: record.away.clone(),
        more: record.more.clone(),
    }
}
