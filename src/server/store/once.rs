//! Reads and writes the ids that clients have given to their messages.

use rusqlite::{Connection, params};

use super::problem::problem;
use crate::server::error::StoreProblem;
use crate::server::hub::stored::{MessageId, OnceKey, StoredOnce, StoredOnces};

/// How many ids are read at the start; it is the largest number that the server can remember.
const LOADED_MAX: usize = 1_000_000;
/// How long the ids of messages are kept that are not stored themselves, in milliseconds: the longest
/// time for which the server can be configured to recognize them.
const KEPT_MILLISECONDS: u64 = 24 * 60 * 60 * 1_000;
/// After so many ids, older ones are deleted.
const DELETED_AFTER: u64 = 500;
/// And so many of them at once: more than were written meanwhile, and never many.
const DELETED_AT_ONCE: u32 = 1_000;

/// Writes the id of a message that is not stored itself. From time to time it deletes some that are
/// too old.
pub(super) fn write(
    connection: &Connection,
    once: &StoredOnce,
    source: i64,
) -> rusqlite::Result<()> {
    let insert = "INSERT INTO once_only(id, source, once) VALUES(?1, ?2, ?3)";
    let id = once.message.0.cast_signed();
    let mut insert = connection.prepare_cached(insert)?;
    insert.execute(params![id, source, once.key.to_bytes()])?;
    if connection
        .last_insert_rowid()
        .unsigned_abs()
        .is_multiple_of(DELETED_AFTER)
    {
        delete_old(connection, once.message)?;
    }
    Ok(())
}

fn delete_old(connection: &Connection, newest: MessageId) -> rusqlite::Result<()> {
    let oldest = newest.unix_milliseconds().saturating_sub(KEPT_MILLISECONDS);
    let first = MessageId::range_at(oldest).0;
    let delete = "DELETE FROM once_only WHERE id IN
                  (SELECT id FROM once_only WHERE id < ?1 ORDER BY id LIMIT ?2)";
    let mut delete = connection.prepare_cached(delete)?;
    delete.execute(params![first.0.cast_signed(), DELETED_AT_ONCE])?;
    Ok(())
}

/// The ids of messages from a time in Unix milliseconds on: the newest ones, if there are too many.
pub(super) fn load(connection: &Connection, from: u64) -> Result<StoredOnces, StoreProblem> {
    read(connection, from, LOADED_MAX).map_err(problem)
}

fn read(connection: &Connection, from: u64, most: usize) -> rusqlite::Result<StoredOnces> {
    let mut complete_since = from;
    let mut entries: Vec<StoredOnce> = Vec::new();
    let mut keep_newest = |entries: &mut Vec<StoredOnce>| {
        entries.sort_unstable_by_key(|one| one.message);
        let surplus = entries.len().saturating_sub(most);
        if let Some(last) = surplus.checked_sub(1).and_then(|last| entries.get(last)) {
            complete_since = complete_since.max(last.message.unix_milliseconds());
        }
        entries.drain(..surplus);
    };
    let buffers: Vec<i64> = connection
        .prepare("SELECT no FROM buffer")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // A table and the condition that selects one buffer, which begins its key.
    let of_buffer = |table: &'static str| buffers.iter().map(move |no| (table, Some(*no)));
    let all = of_buffer("line").chain(of_buffer("redacted"));
    for (table, buffer) in all.chain([("once_only", None)]) {
        let condition = buffer.map_or("", |_| "buffer = ?2 AND");
        let mut query = connection.prepare_cached(&format!(
            "SELECT id, once, mask, account FROM {table} JOIN source ON source.no = source
             WHERE {condition} id >= ?1 AND once IS NOT NULL AND ?2 IS ?2"
        ))?;
        let first = MessageId::range_at(from).0.0.cast_signed();
        let mut rows = query.query(params![first, buffer])?;
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(1)?;
            if let Some(key) = OnceKey::from_bytes(&bytes) {
                entries.push(StoredOnce {
                    message: MessageId(row.get::<_, i64>(0)?.cast_unsigned()),
                    key,
                    source: row.get(2)?,
                    account: row.get(3)?,
                });
            }
            if entries.len() >= 2 * most {
                keep_newest(&mut entries);
            }
        }
    }
    keep_newest(&mut entries);
    Ok(StoredOnces {
        entries,
        complete_since,
    })
}
