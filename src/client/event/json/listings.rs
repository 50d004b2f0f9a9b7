//! Lists of rooms and WHOIS answers as records, and back.

use jiff::Timestamp;

use crate::client::event::{RoomSummary, Unread, WhoEntry, WhoisInfo};
use crate::common::record::{MemberRecord, RoomRecord, WhoisRecord};

pub(super) fn encode_room(room: &RoomSummary) -> RoomRecord {
    RoomRecord {
        room: room.name.clone(),
        number: room.number,
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
        number: record.number,
        people: record.count,
        topic: record.topic.clone(),
        unread: Unread {
            messages: record.unread,
            mentions: record.mentions,
        },
        active: record.active,
    }
}

pub(super) fn encode_member(member: &WhoEntry) -> MemberRecord {
    MemberRecord {
        nick: member.nick.clone(),
        rank: member.rank.clone(),
        account: member.account.clone(),
        real_name: member.real_name.clone(),
        away: member.away,
        away_message: member.away_message.clone(),
        since: member.since.and_then(rfc3339),
        idle_seconds: member.idle_seconds,
        operator: member.operator,
        own: member.own,
    }
}

pub(super) fn decode_member(record: &MemberRecord) -> WhoEntry {
    WhoEntry {
        nick: record.nick.clone(),
        rank: record.rank.clone(),
        account: record.account.clone(),
        real_name: record.real_name.clone(),
        away: record.away,
        away_message: record.away_message.clone(),
        since: record.since.as_deref().and_then(unix_seconds),
        idle_seconds: record.idle_seconds,
        operator: record.operator,
        own: record.own,
    }
}

/// Only a broken server sends a time outside the calendar.
fn rfc3339(unix_seconds: i64) -> Option<String> {
    let time = Timestamp::from_second(unix_seconds).ok()?;
    Some(time.to_string())
}

fn unix_seconds(time: &str) -> Option<i64> {
    let time: Timestamp = time.parse().ok()?;
    Some(time.as_second())
}

pub(super) fn encode_whois(whois: &WhoisInfo) -> WhoisRecord {
    let rooms = whois.rooms.as_deref().unwrap_or_default();
    WhoisRecord {
        address: whois.address.clone(),
        real_name: whois.real_name.clone(),
        account: whois.account.clone(),
        rooms: rooms.split_whitespace().map(str::to_owned).collect(),
        server: whois.server.clone(),
        idle_seconds: whois.idle_seconds,
        since: whois.since.and_then(rfc3339),
        away: whois.away.clone(),
        more: whois.more.clone(),
    }
}

pub(super) fn decode_whois(record: &WhoisRecord, nick: String) -> WhoisInfo {
    WhoisInfo {
        nick,
        address: record.address.clone(),
        real_name: record.real_name.clone(),
        account: record.account.clone(),
        rooms: Some(record.rooms.join(" ")).filter(|rooms| !rooms.is_empty()),
        server: record.server.clone(),
        idle_seconds: record.idle_seconds,
        since: record.since.as_deref().and_then(unix_seconds),
        away: record.away.clone(),
        more: record.more.clone(),
    }
}
