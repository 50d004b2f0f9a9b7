//! The database of a store: creates it, brings an older one to the current format, and writes lines.
//!
//! Lines are written with a write-ahead log and a full sync, so a commit that has returned survives
//! a power cut. A file that is damaged, newer or not a store is an error and is never replaced.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::ToSql;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, ffi, params};

use super::accounts;
use super::bans;
use super::folder;
use super::markers;
use super::once;
use super::problem::problem;
use super::rooms;
use crate::common::shared_error::SharedError;
use crate::server::error::{StoreDamage, StoreProblem};
use crate::server::hub::account::StoredAccounts;
use crate::server::hub::ban::ServerBan;
use crate::server::hub::buffers::Buffer;
use crate::server::hub::registered_room::RegisteredRoom;
use crate::server::hub::stored::{
    MessageId, OnceKey, Redaction, StoreChange, StoreTag, StoredLine, StoredMarker, StoredOnces,
    StoredRecord,
};

/// The file in which it is created, so that a crash leaves no half of one.
const NEW_DATABASE: &str = "history.db.new";
/// Marks the file as a store of chatroomd: "chat".
const APPLICATION_ID: i32 = 0x6368_6174;
/// The steps from one format to the next. The number of a format is that of its last step.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
    include_str!("schema/7.sql"),
    include_str!("schema/8.sql"),
    include_str!("schema/9.sql"),
    include_str!("schema/10.sql"),
];
/// How long a commit waits for another program that reads or writes the file.
const BUSY_TIME: Duration = Duration::from_secs(5);
/// The largest file that is checked at the start, in bytes: that takes about a tenth of a second.
const CHECKED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How many lines are deleted in one transaction: more would keep new lines waiting.
const PRUNED_AT_ONCE: u32 = 1_000;
/// How many rooms and senders are remembered with their numbers.
const KNOWN_MAX: usize = 10_000;

/// Why lines are not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CommitError {
    /// They are not on disk.
    NotStored(SharedError),
    /// They may be on disk.
    Unknown(SharedError),
}

impl CommitError {
    /// The meaning of an error of a commit, or of a statement that is one.
    fn of(error: rusqlite::Error) -> Self {
        match is_certain(&error) {
            true => Self::NotStored(SharedError::new(error)),
            false => Self::Unknown(SharedError::new(error)),
        }
    }

    /// The same as a problem of a store that no server uses.
    pub(super) fn into_problem(self) -> StoreProblem {
        let (Self::NotStored(error) | Self::Unknown(error)) = self;
        StoreProblem::Sqlite(error)
    }
}

/// The outcome for a line of another log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Imported {
    /// It is in the store now.
    Added,
    /// It was there before.
    Same,
}

/// The line at an id.
enum LineAt {
    /// The source and the text.
    Kept(String, String),
    /// A message that was deleted, and is not added again.
    Deleted,
}

impl LineAt {
    fn is_same(&self, line: &StoredLine) -> bool {
        let nick = |mask: &str| mask.split('!').next().map(str::to_owned);
        match self {
            Self::Kept(mask, text) => nick(mask) == nick(&line.source) && **text == *line.text,
            Self::Deleted => true,
        }
    }
}

/// The open database.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    /// The numbers of rooms and conversations, by key and creation.
    buffers: HashMap<(String, u64), i64>,
    /// The numbers of senders, by mask and, after a space, account.
    sources: HashMap<Box<str>, i64>,
}

impl Database {
    /// Opens the database in a folder whose lock is held, and creates it if the folder is new.
    pub(super) fn open(folder: &Path) -> Result<Self, StoreProblem> {
        // Files of a creation that was interrupted.
        let _ = fs::remove_file(folder.join(NEW_DATABASE));
        let _ = fs::remove_file(folder.join(format!("{NEW_DATABASE}-journal")));
        if folder::has_orphaned_log(folder) {
            return Err(StoreProblem::Damaged(StoreDamage::OrphanedLog));
        }
        let path = folder::database(folder);
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => create(folder)?,
            Err(error) => return Err(StoreProblem::Folder(error)),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(problem)?;
        connection.busy_timeout(BUSY_TIME).map_err(problem)?;
        let version = checked_version(&connection)?;
        let bytes = fs::metadata(&path).map_or(0, |file| file.len());
        if bytes <= CHECKED_BYTES_MAX {
            quick_check(&connection)?;
        }
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000;
                 PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16000;
                 PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=FAST;",
            )
            .map_err(problem)?;
        migrate(&connection, version)?;
        Ok(Self {
            connection,
            buffers: HashMap::new(),
            sources: HashMap::new(),
        })
    }

    /// The tag of this store.
    pub(super) fn tag(&self) -> Result<StoreTag, StoreProblem> {
        tag(&self.connection)
    }

    /// The id of the newest line; 0 without lines.
    pub(super) fn last_id(&self) -> Result<MessageId, StoreProblem> {
        // The newest message may be deleted.
        let query = "SELECT max(max(
                         coalesce((SELECT max(id) FROM line WHERE buffer = no), 0),
                         coalesce((SELECT max(id) FROM redacted WHERE buffer = no), 0)
                     )) FROM buffer";
        // A message of which only its id is kept is none of these.
        let once_only = "SELECT max(id) FROM once_only";
        let last = |query| -> Result<i64, StoreProblem> {
            let last = self.connection.query_row(query, [], |row| row.get(0));
            let last: Option<i64> = last.map_err(problem)?;
            Ok(last.unwrap_or_default())
        };
        let last = last(query)?.max(last(once_only)?);
        Ok(MessageId(last.cast_unsigned()))
    }

    /// Stores records, all or none. After an error none of them is visible.
    pub(super) fn store(&mut self, records: &[StoredRecord]) -> Result<(), CommitError> {
        self.commit(|database| {
            records.iter().try_for_each(|record| match record {
                StoredRecord::Line(line) => database.write(line),
                StoredRecord::Redaction(redaction) => database.redact(redaction),
                StoredRecord::Marker(marker) => markers::write(&database.connection, marker),
                StoredRecord::Room(room) => rooms::write_record(&database.connection, room),
                StoredRecord::Once(once) => {
                    let source = database.source(&once.source, &once.account)?;
                    once::write(&database.connection, once, source)
                }
            })
        })
    }

    /// All accounts.
    pub(super) fn accounts(&self) -> Result<StoredAccounts, StoreProblem> {
        accounts::load(&self.connection)
    }

    /// All registered rooms.
    pub(super) fn rooms(&self) -> Result<Vec<RegisteredRoom>, StoreProblem> {
        rooms::list(&self.connection)
    }

    /// All bans.
    pub(super) fn bans(&self) -> Result<Vec<ServerBan>, StoreProblem> {
        bans::list(&self.connection)
    }

    /// All read markers.
    pub(super) fn markers(&self) -> Result<Vec<StoredMarker>, StoreProblem> {
        markers::list(&self.connection)
    }

    /// The ids that clients have given to their messages, from a time in Unix milliseconds on.
    pub(super) fn onces(&self, from: u64) -> Result<StoredOnces, StoreProblem> {
        once::load(&self.connection, from)
    }

    /// Stores a change that was checked.
    pub(super) fn change(&mut self, change: &StoreChange) -> Result<(), CommitError> {
        let changed = self.commit(|database| match change {
            StoreChange::Account(change) => accounts::write(&database.connection, change),
            StoreChange::Room(change) => rooms::write_change(&database.connection, change),
            StoreChange::Ban(change) => bans::write(&database.connection, change),
        });
        // Conversations may have another key now.
        self.buffers.clear();
        changed
    }

    /// Commits what is written, all or nothing.
    fn commit(
        &mut self,
        write: impl FnOnce(&mut Self) -> rusqlite::Result<()>,
    ) -> Result<(), CommitError> {
        let begun = self.connection.execute_batch("BEGIN IMMEDIATE");
        let written = begun.and_then(|()| write(self));
        let committed = match written {
            Ok(()) => {
                let committed = self.connection.execute_batch("COMMIT");
                committed.map_err(CommitError::of)
            }
            // The next lines would fail, too: a database that is damaged does not mend itself.
            Err(error) if is_damage(&error) => Err(CommitError::Unknown(SharedError::new(error))),
            // Without its commit, a transaction is never on disk.
            Err(error) => Err(CommitError::NotStored(SharedError::new(error))),
        };
        if committed.is_err() {
            if !self.connection.is_autocommit() {
                // It fails only if SQLite has rolled back already.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            // The numbers may be those of rows that were rolled back.
            self.buffers.clear();
            self.sources.clear();
        }
        committed
    }

    fn write(&mut self, line: &StoredLine) -> rusqlite::Result<()> {
        let buffer = self.buffer(&line.buffer)?;
        let source = self.source(&line.source, &line.account)?;
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO line VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
        insert.execute(params![
            buffer,
            line.id.0.cast_signed(),
            line.kind.number(),
            source,
            &*line.tags,
            &*line.text,
            line.once.as_ref().map(OnceKey::to_bytes)
        ])?;
        Ok(())
    }

    /// The number of a room or conversation.
    fn buffer(&mut self, buffer: &Buffer) -> rusqlite::Result<i64> {
        let key = (buffer.key(), buffer.since().0);
        if let Some(number) = self.buffers.get(&key) {
            return Ok(*number);
        }
        let (name, since) = (&key.0, key.1.cast_signed());
        let query = "SELECT no FROM buffer WHERE name = ?1 AND since = ?2";
        let insert = "INSERT INTO buffer(name, since, shown) VALUES(?1, ?2, ?3)";
        let shown = buffer.shown();
        let number = self.number(query, insert, &[name, &since], &[&shown])?;
        if let Buffer::Conversation(both) = buffer {
            let insert = "INSERT OR IGNORE INTO conversation(account, buffer) VALUES(?1, ?2)";
            let mut insert = self.connection.prepare_cached(insert)?;
            for account in both.accounts() {
                insert.execute(params![account, number])?;
            }
        }
        if self.buffers.len() >= KNOWN_MAX {
            self.buffers.clear();
        }
        self.buffers.insert(key, number);
        Ok(number)
    }

    /// Adds lines of another log, all or none. Each has the first id that it can have, and the last.
    /// `met` is called with a line, an id and what is there now; it returns whether this is the first time.
    pub(super) fn import(
        &mut self,
        lines: &[(StoredLine, MessageId, MessageId)],
        mut met: impl FnMut(&StoredLine, MessageId, Imported) -> bool,
    ) -> Result<(), CommitError> {
        self.commit(|database| {
            for (line, first, last) in lines {
                let buffer = database.buffer(&line.buffer)?;
                for id in (first.0..=last.0).map(MessageId) {
                    match database.line_at(buffer, id)? {
                        None => {
                            let line = StoredLine { id, ..line.clone() };
                            database.write(&line)?;
                            met(&line, id, Imported::Added);
                            break;
                        }
                        Some(there) if there.is_same(line) && met(line, id, Imported::Same) => {
                            break;
                        }
                        Some(_) => {}
                    }
                }
            }
            Ok(())
        })
    }

    /// The line with this id, which may be deleted.
    fn line_at(&self, buffer: i64, id: MessageId) -> rusqlite::Result<Option<LineAt>> {
        let key = params![buffer, id.0.cast_signed()];
        let query = "SELECT mask, text FROM line JOIN source ON source.no = line.source
                     WHERE buffer = ?1 AND id = ?2";
        let mut found = self.connection.prepare_cached(query)?;
        let line = found.query_row(key, |row| Ok(LineAt::Kept(row.get(0)?, row.get(1)?)));
        if let Some(line) = line.optional()? {
            return Ok(Some(line));
        }
        let query = "SELECT 1 FROM redacted WHERE buffer = ?1 AND id = ?2";
        let mut found = self.connection.prepare_cached(query)?;
        Ok(found.exists(key)?.then_some(LineAt::Deleted))
    }

    /// Deletes a line, and keeps that it was deleted.
    fn redact(&mut self, redaction: &Redaction) -> rusqlite::Result<()> {
        let buffer = self.buffer(&redaction.buffer)?;
        let id = redaction.id.0.cast_signed();
        let delete = "DELETE FROM line WHERE buffer = ?1 AND id = ?2 RETURNING once";
        let mut delete = self.connection.prepare_cached(delete)?;
        let deleted = delete.query_row(params![buffer, id], |row| row.get(0));
        let Some(once): Option<Option<Vec<u8>>> = deleted.optional()? else {
            return Ok(());
        };
        drop(delete);
        let source = self.source(&redaction.source, &redaction.account)?;
        let insert = "INSERT INTO redacted VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
        let time = redaction.time.cast_signed();
        let row = params![buffer, id, source, time, &*redaction.reason, once];
        self.connection.prepare_cached(insert)?.execute(row)?;
        Ok(())
    }

    /// The number of a sender: `nick!user@host`, and the account.
    fn source(&mut self, mask: &str, account: &str) -> rusqlite::Result<i64> {
        let key = match account.is_empty() {
            true => Cow::Borrowed(mask),
            false => Cow::Owned(format!("{mask} {account}")),
        };
        if let Some(number) = self.sources.get(&*key) {
            return Ok(*number);
        }
        let query = "SELECT no FROM source WHERE mask = ?1 AND account = ?2";
        let insert = "INSERT INTO source(mask, account) VALUES(?1, ?2)";
        let number = self.number(query, insert, &[&mask, &account], &[])?;
        if self.sources.len() >= KNOWN_MAX {
            self.sources.clear();
        }
        self.sources.insert(key.into(), number);
        Ok(number)
    }

    /// The number of a row with this key, which is inserted if it is missing.
    fn number(
        &self,
        query: &str,
        insert: &str,
        key: &[&dyn ToSql],
        more: &[&dyn ToSql],
    ) -> rusqlite::Result<i64> {
        let mut found = self.connection.prepare_cached(query)?;
        if let Some(number) = found.query_row(key, |row| row.get(0)).optional()? {
            return Ok(number);
        }
        let row: Vec<_> = key.iter().chain(more).copied().collect();
        self.connection.prepare_cached(insert)?.execute(&*row)?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Deletes some lines with ids below this one, and rooms without lines. Returns whether there
    /// may be more of them.
    pub(super) fn prune(&mut self, first_kept: MessageId) -> Result<bool, CommitError> {
        let pruned = self.prune_one_room(first_kept.0.cast_signed());
        pruned.map_err(CommitError::of)
    }

    fn prune_one_room(&mut self, first_kept: i64) -> rusqlite::Result<bool> {
        let old = "SELECT no FROM buffer
                   WHERE (SELECT min(id) FROM line WHERE buffer = no) < ?1
                   OR (SELECT min(id) FROM redacted WHERE buffer = no) < ?1
                   OR NOT EXISTS (SELECT 1 FROM line WHERE buffer = no
                                  UNION ALL SELECT 1 FROM redacted WHERE buffer = no)
                   LIMIT 1";
        let mut found = self.connection.prepare_cached(old)?;
        let Some(buffer) = found.query_row([first_kept], |row| row.get(0)).optional()? else {
            return Ok(false);
        };
        let buffer: i64 = buffer;
        // One statement is one transaction.
        let delete = |table: &str| {
            let mut delete = self.connection.prepare_cached(&format!(
                "DELETE FROM {table} WHERE buffer = ?1 AND id <= (SELECT max(id) FROM
                 (SELECT id FROM {table} WHERE buffer = ?1 AND id < ?2 ORDER BY id LIMIT ?3))",
            ))?;
            delete.execute(params![buffer, first_kept, PRUNED_AT_ONCE])
        };
        if delete("line")? == 0 && delete("redacted")? == 0 {
            let delete = "DELETE FROM buffer WHERE no = ?1";
            self.connection.execute(delete, [buffer])?;
            let delete = "DELETE FROM conversation WHERE buffer = ?1";
            self.connection.execute(delete, [buffer])?;
            // Its number may be given to another room.
            self.buffers.clear();
        }
        Ok(true)
    }

    /// Deletes the senders without lines. This reads all lines, so it is not for a running server.
    pub(super) fn prune_senders(&mut self) -> Result<(), StoreProblem> {
        let delete = "DELETE FROM source WHERE no NOT IN
                      (SELECT source FROM line UNION SELECT source FROM redacted
                       UNION SELECT source FROM once_only)";
        self.sources.clear();
        self.connection.execute(delete, []).map_err(problem)?;
        Ok(())
    }

    /// Gives the space of deleted lines back to the system.
    pub(super) fn compact(&self) -> Result<(), StoreProblem> {
        // The copy that this makes may be larger than the memory.
        let compact = "PRAGMA temp_store=FILE; VACUUM";
        self.connection.execute_batch(compact).map_err(problem)
    }

    /// Writes something, to find out whether lines can be stored again.
    pub(super) fn probe(&self) -> Result<(), CommitError> {
        let query = "REPLACE INTO meta(key, value) VALUES('probe', randomblob(512))";
        let written = self.connection.execute(query, []);
        written.map(|_| ()).map_err(CommitError::of)
    }
}

/// The tag of the store.
pub(super) fn tag(connection: &Connection) -> Result<StoreTag, StoreProblem> {
    let query = "SELECT value FROM meta WHERE key = 'tag'";
    let tag = connection.query_row(query, [], |row| row.get(0)).optional();
    let tag: Option<String> = tag.map_err(problem)?;
    let tag = tag.and_then(|tag| StoreTag::parse(&tag));
    tag.ok_or_else(|| StoreProblem::Damaged(StoreDamage::NoTag))
}

/// Whether lines are certainly not on disk after this error of a commit. A failed write leaves no
/// whole commit in the log. After any other error, above all one of a sync, they may be found at the
/// next start.
fn is_certain(error: &rusqlite::Error) -> bool {
    let rusqlite::Error::SqliteFailure(error, _) = error else {
        return false;
    };
    matches!(error.code, ErrorCode::DiskFull | ErrorCode::DatabaseBusy)
        || error.extended_code == ffi::SQLITE_IOERR_WRITE
}

/// Whether a statement failed because of what is in the database, and not because of the disk.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::ConstraintViolation)
    )
}

/// Creates the database under another name, and renames it when it is complete.
fn create(folder: &Path) -> Result<(), StoreProblem> {
    let path = folder.join(NEW_DATABASE);
    folder::create_private(&path).map_err(StoreProblem::Folder)?;
    let connection = Connection::open(&path).map_err(problem)?;
    migrate(&connection, 0)?;
    connection.close().map_err(|(_, error)| problem(error))?;
    fs::rename(&path, folder::database(folder)).map_err(StoreProblem::Folder)?;
    folder::sync(folder)
}

/// The format of the file, if it is a store that this program can read.
pub(super) fn checked_version(connection: &Connection) -> Result<usize, StoreProblem> {
    let number = |pragma: &str| -> Result<i32, StoreProblem> {
        let value = connection.pragma_query_value(None, pragma, |row| row.get(0));
        value.map_err(problem)
    };
    let (id, version) = (number("application_id")?, number("user_version")?);
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    match id {
        0 if version == 0 && number("page_count")? == 0 => {
            Err(StoreProblem::Damaged(StoreDamage::Empty))
        }
        APPLICATION_ID if version > MIGRATIONS.len() => Err(StoreProblem::Newer {
            version,
            known: MIGRATIONS.len(),
        }),
        APPLICATION_ID if version > 0 => Ok(version),
        _ => Err(StoreProblem::Foreign),
    }
}

/// Finds damage that would show only when a line is written or read.
fn quick_check(connection: &Connection) -> Result<(), StoreProblem> {
    let result = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    let result: String = result.map_err(problem)?;
    match result.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreProblem::Damaged(StoreDamage::Fault(result))),
    }
}

/// Brings the database from this format to the current one, each step in a transaction.
fn migrate(connection: &Connection, version: usize) -> Result<(), StoreProblem> {
    for (step, number) in MIGRATIONS.iter().zip(1..).skip(version) {
        let first = match number {
            1 => format!("PRAGMA application_id = {APPLICATION_ID};"),
            _ => String::new(),
        };
        let batch = format!("BEGIN; {first} {step} PRAGMA user_version = {number};");
        connection.execute_batch(&batch).map_err(problem)?;
        if number == 1 {
            let random = connection.query_row("SELECT randomblob(4)", [], |row| row.get(0));
            let tag = StoreTag::from_random(random.map_err(problem)?).to_string();
            let insert = "INSERT INTO meta(key, value) VALUES('tag', ?1)";
            connection.execute(insert, [tag]).map_err(problem)?;
        }
        connection.execute_batch("COMMIT").map_err(problem)?;
    }
    Ok(())
}
