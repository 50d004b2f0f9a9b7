//! The registered rooms in the database of a store.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::problem::problem;
use crate::server::error::{StoreDamage, StoreProblem};
use crate::server::hub::registered_room::{
    MaskEntry, RegisteredRoom, RoomAccess, RoomChange, RoomChangeKind, RoomMask, RoomRank,
    RoomSettings, RoomSnapshot, Topic,
};
use crate::server::hub::stored::MessageId;
use crate::wire::{Nick, RoomName};

/// Reads all registered rooms, in the order of their names.
pub(super) fn list(connection: &Connection) -> Result<Vec<RegisteredRoom>, StoreProblem> {
    let query =
        "SELECT room.folded, room.name, since, room.created, coalesce(account.name, founder),
                 letters, key, member_limit, topic, topic_setter, topic_time, joins, wait
                 FROM room LEFT JOIN account ON account.folded = founder ORDER BY room.folded";
    let mut statement = connection.prepare(query).map_err(problem)?;
    let rows = statement.query_map([], |row| {
        let (name, founder) = (row.get::<_, String>(1)?, row.get::<_, String>(4)?);
        let topic = match (row.get(8)?, row.get(9)?, row.get::<_, Option<i64>>(10)?) {
            (Some(text), Some(setter), Some(seconds)) => {
                let (text, setter): (String, String) = (text, setter);
                Some(Topic {
                    text: text.into(),
                    setter: setter.into(),
                    time: Duration::from_secs(seconds.cast_unsigned()),
                })
            }
            _ => None,
        };
        let settings = RoomSettings {
            letters: row.get(5)?,
            key: row.get::<_, Option<String>>(6)?.map(Into::into),
            limit: row.get(7)?,
            joins: row.get::<_, Option<String>>(11)?.as_deref().and_then(joins),
            wait: row.get(12)?,
            topic,
        };
        let since = MessageId(row.get::<_, i64>(2)?.cast_unsigned());
        let created = Duration::from_secs(row.get::<_, i64>(3)?.cast_unsigned());
        let folded: String = row.get(0)?;
        let access = access(connection, &folded)?;
        let masks = masks(connection, &folded)?;
        let (name, founder) = (RoomName::parse(&name).ok(), Nick::parse(&founder).ok());
        let room = name.zip(founder).map(|(name, founder)| RegisteredRoom {
            name,
            since,
            created,
            founder,
            access: access.into_iter().flatten().collect(),
            settings,
            masks,
        });
        room.map_or(Ok(Err(folded)), |room| Ok(Ok(room)))
    });
    let rows = rows.map_err(problem)?;
    rows.map(|row| {
        let unreadable = |folded| StoreProblem::Damaged(StoreDamage::Room(folded));
        row.map_err(problem)?.map_err(unreadable)
    })
    .collect()
}

/// How many users may join in how many seconds.
fn joins(text: &str) -> Option<(u32, u32)> {
    let (joins, seconds) = text.split_once(':')?;
    Some((joins.parse().ok()?, seconds.parse().ok()?))
}

fn access(connection: &Connection, room: &str) -> rusqlite::Result<Vec<Option<RoomAccess>>> {
    let query = "SELECT coalesce(name, access.account), rank FROM access
                 LEFT JOIN account ON folded = access.account WHERE room = ?1 ORDER BY no";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([room], |row| {
        let (account, rank): (String, String) = (row.get(0)?, row.get(1)?);
        let (account, rank) = (Nick::parse(&account).ok(), RoomRank::parse(&rank));
        Ok(account
            .zip(rank)
            .map(|(account, rank)| RoomAccess { account, rank }))
    })?;
    rows.collect()
}

fn masks(connection: &Connection, room: &str) -> rusqlite::Result<Vec<RoomMask>> {
    let query = "SELECT list, mask, setter, time FROM mask WHERE room = ?1 ORDER BY no";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([room], |row| {
        let list: String = row.get(0)?;
        Ok(RoomMask {
            list: list.chars().next().unwrap_or('b'),
            entry: MaskEntry {
                mask: row.get::<_, String>(1)?.into(),
                setter: row.get::<_, String>(2)?.into(),
                time: Duration::from_secs(row.get::<_, i64>(3)?.cast_unsigned()),
            },
        })
    })?;
    rows.collect()
}

/// Writes how a room is, in the current transaction. A room that is no longer registered stays so.
pub(super) fn write_record(connection: &Connection, record: &RoomSnapshot) -> rusqlite::Result<()> {
    let key = record.name.key();
    let settings = &record.settings;
    let topic = settings.topic.as_ref();
    let update = "UPDATE room SET letters = ?2, key = ?3, member_limit = ?4, topic = ?5,
                  topic_setter = ?6, topic_time = ?7, joins = ?8, wait = ?9 WHERE folded = ?1";
    let changed = connection.prepare_cached(update)?.execute(params![
        key.as_str(),
        settings.letters,
        settings.key.as_deref(),
        settings.limit,
        topic.map(|topic| &*topic.text),
        topic.map(|topic| &*topic.setter),
        topic.map(|topic| topic.time.as_secs().cast_signed()),
        settings
            .joins
            .map(|(joins, seconds)| format!("{joins}:{seconds}")),
        settings.wait,
    ])?;
    match &record.masks {
        Some(masks) if changed > 0 => write_masks(connection, key.as_str(), masks),
        _ => Ok(()),
    }
}

fn write_masks(connection: &Connection, room: &str, masks: &[RoomMask]) -> rusqlite::Result<()> {
    let delete = "DELETE FROM mask WHERE room = ?1";
    connection.prepare_cached(delete)?.execute([room])?;
    let insert = "INSERT INTO mask(room, list, mask, setter, time) VALUES(?1, ?2, ?3, ?4, ?5)";
    let mut insert = connection.prepare_cached(insert)?;
    for RoomMask { list, entry } in masks {
        let (list, time) = (list.to_string(), entry.time.as_secs().cast_signed());
        insert.execute(params![room, list, &*entry.mask, &*entry.setter, time])?;
    }
    Ok(())
}

/// Writes a change that was checked, in the current transaction.
pub(super) fn write_change(connection: &Connection, change: &RoomChange) -> rusqlite::Result<()> {
    let key = change.name.key();
    let key = key.as_str();
    match &change.kind {
        RoomChangeKind::Register(room) => {
            let insert = "INSERT INTO room(folded, name, since, created, founder, letters)
                          VALUES(?1, ?2, ?3, ?4, ?5, '')";
            let (since, created) = (room.since.0.cast_signed(), room.created.as_secs());
            connection.execute(
                insert,
                params![
                    key,
                    room.name.as_str(),
                    since,
                    created.cast_signed(),
                    room.founder.key().as_str()
                ],
            )?;
            let record = RoomSnapshot {
                name: room.name.clone(),
                settings: room.settings.clone(),
                masks: Some(room.masks.clone()),
            };
            write_record(connection, &record)
        }
        RoomChangeKind::Drop => remove(connection, key),
        RoomChangeKind::Founder(account) => set_founder(connection, key, account.key().as_str()),
        RoomChangeKind::Access(account, rank) => {
            let account = account.key();
            let rank = rank.map(|rank| match rank {
                RoomRank::Operator => "o",
                RoomRank::Voice => "v",
            });
            let Some(rank) = rank else {
                let delete = "DELETE FROM access WHERE room = ?1 AND account = ?2";
                connection.execute(delete, [key, account.as_str()])?;
                return Ok(());
            };
            let insert = "INSERT INTO access(room, account, rank) VALUES(?1, ?2, ?3)
                          ON CONFLICT(room, account) DO UPDATE SET rank = ?3";
            connection.execute(insert, [key, account.as_str(), rank])?;
            Ok(())
        }
    }
}

fn set_founder(connection: &Connection, room: &str, account: &str) -> rusqlite::Result<()> {
    let update = "UPDATE room SET founder = ?2 WHERE folded = ?1";
    connection.execute(update, [room, account])?;
    let delete = "DELETE FROM access WHERE room = ?1 AND account = ?2";
    connection.execute(delete, [room, account])?;
    Ok(())
}

fn remove(connection: &Connection, room: &str) -> rusqlite::Result<()> {
    for table in ["mask", "access"] {
        let delete = format!("DELETE FROM {table} WHERE room = ?1");
        connection.execute(&delete, [room])?;
    }
    connection.execute("DELETE FROM room WHERE folded = ?1", [room])?;
    Ok(())
}

/// Takes an account that is removed out of all rooms: each of its own passes to the first account
/// with the rank of an operator, and without one it is no longer registered.
pub(super) fn remove_account(connection: &Connection, account: &str) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM access WHERE account = ?1", [account])?;
    let mut rooms = connection.prepare("SELECT folded FROM room WHERE founder = ?1")?;
    let rooms = rooms.query_map([account], |row| row.get(0))?;
    let rooms: Vec<String> = rooms.collect::<rusqlite::Result<_>>()?;
    for room in rooms {
        let first = "SELECT account FROM access WHERE room = ?1 AND rank = 'o' ORDER BY no LIMIT 1";
        let heir = connection.query_row(first, [&room], |row| row.get(0));
        let heir: Option<String> = heir.optional()?;
        match heir {
            Some(heir) => set_founder(connection, &room, &heir)?,
            None => remove(connection, &room)?,
        }
    }
    Ok(())
}
