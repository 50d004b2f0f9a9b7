//! Reads a store, beside a running server or without one, and changes nothing in it.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::problem::problem;
use super::{accounts, bans, database, folder, reported, rooms};
use crate::server::error::{ServerError, StoreProblem};
use crate::server::hub::account::Account;
use crate::server::hub::ban::ServerBan;
use crate::server::hub::buffers::{Participant, both_of};
use crate::server::hub::registered_room::RegisteredRoom;
use crate::server::hub::stored::{MessageId, StoreTag, StoredKind};
use crate::wire::Nick;

/// How many pages are copied at once.
const BACKUP_PAGES: i32 = 1_000;
/// How long to wait when another program has locked the database.
const BUSY_TIME: Duration = Duration::from_secs(5);

/// A store that is open for reading.
#[derive(Debug)]
pub(in crate::server) struct StoreReader {
    connection: Connection,
    tag: StoreTag,
}

/// The contents of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct StoreContents {
    /// The number of messages.
    pub(in crate::server) messages: u64,
    /// The number of rooms; a room that was created again counts again.
    pub(in crate::server) rooms: u64,
    /// The number of conversations in whispers.
    pub(in crate::server) conversations: u64,
    /// The damage that was found, a sentence each.
    pub(in crate::server) damage: Vec<String>,
}

/// A message as it is read from a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct ReadLine {
    pub(in crate::server) id: MessageId,
    /// The room, as it was written when it was created, or the user who got a whisper.
    pub(in crate::server) target: String,
    pub(in crate::server) kind: StoredKind,
    /// `nick!user@host`.
    pub(in crate::server) source: String,
    /// The account of the sender; empty without one.
    pub(in crate::server) account: String,
    pub(in crate::server) text: String,
}

impl StoreReader {
    /// Opens the store in this folder, which must be there.
    pub(in crate::server) fn open(folder: &Path) -> Result<Self, ServerError> {
        Self::try_open(folder).map_err(reported(folder))
    }

    fn try_open(folder: &Path) -> Result<Self, StoreProblem> {
        let path = folder::database(folder);
        fs::metadata(&path).map_err(StoreProblem::Folder)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(problem)?;
        connection.busy_timeout(BUSY_TIME).map_err(problem)?;
        database::checked_version(&connection)?;
        let tag = database::tag(&connection)?;
        Ok(Self { connection, tag })
    }

    /// The accounts, in the order of their names.
    pub(in crate::server) fn accounts(&self, folder: &Path) -> Result<Vec<Account>, ServerError> {
        accounts::list(&self.connection).map_err(reported(folder))
    }

    /// The registered rooms, in the order of their names.
    pub(in crate::server) fn rooms(
        &self,
        folder: &Path,
    ) -> Result<Vec<RegisteredRoom>, ServerError> {
        let read = || match database::checked_version(&self.connection)? {
            1..=5 => Ok(Vec::new()),
            _ => rooms::list(&self.connection),
        };
        read().map_err(reported(folder))
    }

    /// The bans, in the order in which they were set.
    pub(in crate::server) fn bans(&self, folder: &Path) -> Result<Vec<ServerBan>, ServerError> {
        let read = || match database::checked_version(&self.connection)? {
            1..=4 => Ok(Vec::new()),
            _ => bans::list(&self.connection),
        };
        read().map_err(reported(folder))
    }

    /// Random bytes for the salt of a password.
    pub(in crate::server) fn salt(&self, folder: &Path) -> Result<[u8; 16], ServerError> {
        let salt = self
            .connection
            .query_row("SELECT randomblob(16)", [], |row| row.get(0));
        salt.map_err(|error| reported(folder)(problem(error)))
    }

    /// The tag of the store.
    pub(in crate::server) fn tag(&self) -> StoreTag {
        self.tag
    }

    /// Reads all of the database, and looks for damage.
    pub(in crate::server) fn check(&self, folder: &Path) -> Result<StoreContents, ServerError> {
        self.try_check().map_err(reported(folder))
    }

    fn try_check(&self) -> Result<StoreContents, StoreProblem> {
        let connection = &self.connection;
        let version = database::checked_version(connection)?;
        let mut damage = Vec::new();
        let mut check = connection
            .prepare("PRAGMA integrity_check(20)")
            .map_err(problem)?;
        let found = check
            .query_map([], |row| row.get::<_, String>(0))
            .map_err(problem)?;
        for sentence in found {
            match sentence.map_err(problem)? {
                ok if ok == "ok" => {}
                sentence => damage.push(sentence),
            }
        }
        let count = |query: &str| -> Result<u64, StoreProblem> {
            let count = connection.query_row(query, [], |row| row.get::<_, i64>(0));
            Ok(count.map_err(problem)?.cast_unsigned())
        };
        for (what, table, column) in [("room", "buffer", "buffer"), ("sender", "source", "source")]
        {
            let query =
                format!("SELECT count(*) FROM line WHERE {column} NOT IN (SELECT no FROM {table})");
            match count(&query)? {
                0 => {}
                missing => damage.push(format!("{missing} messages have no {what}")),
            }
        }
        let query = "SELECT count(*) FROM certificate
                     WHERE account NOT IN (SELECT folded FROM account)";
        match version {
            1 => {}
            _ => match count(query)? {
                0 => accounts::list(connection).map(|_| ())?,
                missing => damage.push(format!("{missing} certificates have no account")),
            },
        }
        if version >= 6 {
            rooms::list(connection)?;
            for table in ["access", "mask"] {
                let query = format!(
                    "SELECT count(*) FROM {table} WHERE room NOT IN (SELECT folded FROM room)"
                );
                match count(&query)? {
                    0 => {}
                    missing => damage.push(format!("{missing} rows of {table} have no room")),
                }
            }
        }
        if version >= 7 {
            for (what, table, column) in
                [("room", "buffer", "buffer"), ("sender", "source", "source")]
            {
                let query = format!(
                    "SELECT count(*) FROM redacted WHERE {column} NOT IN (SELECT no FROM {table})"
                );
                match count(&query)? {
                    0 => {}
                    missing => damage.push(format!("{missing} deleted messages have no {what}")),
                }
            }
        }
        if version >= 10 {
            let query =
                "SELECT count(*) FROM once_only WHERE source NOT IN (SELECT no FROM source)";
            match count(query)? {
                0 => {}
                missing => damage.push(format!("{missing} ids of messages have no sender")),
            }
        }
        if version >= 5 {
            bans::list(connection)?;
        }
        Ok(StoreContents {
            messages: count("SELECT count(*) FROM line")?,
            rooms: count("SELECT count(*) FROM buffer WHERE name GLOB '#*'")?,
            conversations: count("SELECT count(*) FROM buffer WHERE name NOT GLOB '#*'")?,
            damage,
        })
    }

    /// Passes on all messages, room by room, each in its order, and the whispers; or those of one room,
    /// by its folded name. Stops when `take` does.
    pub(in crate::server) fn read_lines(
        &self,
        folder: &Path,
        room: Option<&str>,
        take: &mut dyn FnMut(ReadLine) -> io::Result<()>,
    ) -> Result<io::Result<()>, ServerError> {
        let read = self.try_read_lines(room, take);
        read.map_err(|error| reported(folder)(problem(error)))
    }

    fn try_read_lines(
        &self,
        room: Option<&str>,
        take: &mut dyn FnMut(ReadLine) -> io::Result<()>,
    ) -> rusqlite::Result<io::Result<()>> {
        let mut query = self.connection.prepare(
            "SELECT id, shown, kind, mask, text, account, name FROM buffer
             JOIN line ON line.buffer = buffer.no JOIN source ON source.no = line.source
             WHERE ?1 IS NULL OR name = ?1 ORDER BY buffer.name, buffer.since, line.id",
        )?;
        let mut rows = query.query([room])?;
        while let Some(row) = rows.next()? {
            let (shown, source, account): (String, String, String) =
                (row.get(1)?, row.get(3)?, row.get(5)?);
            let name: String = row.get(6)?;
            let target = match both_of(&name, &shown) {
                None => shown,
                Some(both) => recipient(both, &source, &account).to_owned(),
            };
            let line = ReadLine {
                id: MessageId(row.get::<_, i64>(0)?.cast_unsigned()),
                target,
                kind: StoredKind::from_number(row.get(2)?).unwrap_or(StoredKind::Privmsg),
                source,
                text: row.get(4)?,
                account,
            };
            if let Err(error) = take(line) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// Copies the database as it is now to a new file, whatever is written meanwhile.
    pub(in crate::server) fn back_up(&self, folder: &Path, to: &Path) -> Result<(), ServerError> {
        self.try_back_up(to).map_err(reported(folder))
    }

    fn try_back_up(&self, to: &Path) -> Result<(), StoreProblem> {
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        folder::create_private(Path::new(&part)).map_err(StoreProblem::Backup)?;
        let copied = self.copy_to(Path::new(&part), to);
        // It has another name by now, or is not complete.
        let _ = fs::remove_file(&part);
        copied
    }

    fn copy_to(&self, part: &Path, to: &Path) -> Result<(), StoreProblem> {
        // In a transaction, the reader sees the database as it was at its first query.
        let begin = "BEGIN; SELECT count(*) FROM meta;";
        self.connection.execute_batch(begin).map_err(problem)?;
        let mut copy = Connection::open(part).map_err(problem)?;
        {
            let backup = Backup::new(&self.connection, &mut copy).map_err(problem)?;
            while !matches!(
                backup.step(BACKUP_PAGES).map_err(problem)?,
                StepResult::Done
            ) {}
        }
        copy.close().map_err(|(_, error)| problem(error))?;
        let synced = File::open(part).and_then(|file| file.sync_all());
        synced
            .and_then(|()| fs::hard_link(part, to))
            .map_err(StoreProblem::Backup)
    }
}

/// The participant of a conversation that has not written this message.
fn recipient<'s>(both: [(&str, &'s str); 2], source: &str, account: &str) -> &'s str {
    let [(first, first_name), (_, second_name)] = both;
    let nick = source.split('!').next().unwrap_or_default();
    let author = match account.is_empty() {
        true => Nick::parse(nick).map(|nick| Participant::Guest(nick).key()),
        false => Nick::parse(account).map(|account| Participant::Account(account).key()),
    };
    match author {
        Ok(author) if author == first => second_name,
        _ => first_name,
    }
}
