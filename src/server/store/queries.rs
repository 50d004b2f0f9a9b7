//! The thread that reads stored messages for clients, one query after the other, so that a slow one
//! does not delay the event loop.

use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use tracing::warn;

use super::folder;
use super::problem::problem;
use crate::server::error::StoreProblem;
use crate::server::hub::buffers::{Buffer, own_and_other};
use crate::server::hub::stored::{
    HistoryLine, HistoryPage, HistoryQuery, HistoryWanted, MessageId, OnceKey, StoredKind,
};
use crate::server::hub::task::{Answer, Task, TaskRunner, Wake};

/// How long one query may take.
const QUERY_TIME: Duration = Duration::from_secs(2);
/// After how many steps of SQLite the time is looked at: some of them take a microsecond.
const STEPS_A_LOOK: i32 = 1_000;

/// The two channels of the thread. It ends when this is dropped.
struct QueryWorker {
    tasks: Sender<Task>,
    answers: Receiver<Answer>,
}

/// Starts the thread. It calls `wake` after each answer.
pub(super) fn start(folder: PathBuf, wake: Wake) -> io::Result<Box<dyn TaskRunner>> {
    let (tasks, inbox) = channel();
    let (outbox, answers) = channel();
    let thread = thread::Builder::new().name("history".to_owned());
    thread.spawn(move || {
        // It is opened for the first query, and again after an error.
        let mut connection = None;
        for task in inbox {
            let Task::ReadHistory(query) = task else {
                continue;
            };
            let id = query.connection;
            // A panic must not leave all later askers without an answer.
            let read = AssertUnwindSafe(|| answer(&mut connection, &folder, query));
            let page = panic::catch_unwind(read).unwrap_or(HistoryPage::Failed);
            let answer = Answer::HistoryRead {
                connection: id,
                page,
            };
            if outbox.send(answer).is_err() {
                return;
            }
            wake();
        }
    })?;
    Ok(Box::new(QueryWorker { tasks, answers }))
}

impl TaskRunner for QueryWorker {
    fn submit(&mut self, task: Task) {
        // The thread reads as long as this sender exists.
        let _ = self.tasks.send(task);
    }

    fn next_answer(&mut self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

fn answer(connection: &mut Option<Connection>, folder: &Path, query: HistoryQuery) -> HistoryPage {
    let opened = match connection.take() {
        Some(connection) => Ok(connection),
        None => open(folder),
    };
    let read = opened.and_then(|mut connection| {
        let page = run(&mut connection, query).map_err(problem)?;
        Ok((page, connection))
    });
    match read {
        Ok((page, used)) => {
            *connection = Some(used);
            page
        }
        Err(error) => {
            warn!(%error, "stored messages cannot be read");
            HistoryPage::Failed
        }
    }
}

fn open(folder: &Path) -> Result<Connection, StoreProblem> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder::database(folder), flags);
    let connection = connection.map_err(problem)?;
    connection.busy_timeout(QUERY_TIME).map_err(problem)?;
    Ok(connection)
}

fn run(connection: &mut Connection, query: HistoryQuery) -> rusqlite::Result<HistoryPage> {
    let until = Instant::now() + QUERY_TIME;
    connection.progress_handler(STEPS_A_LOOK, Some(move || Instant::now() > until))?;
    let HistoryQuery {
        after,
        before,
        count,
        with_events,
        wanted,
        ..
    } = query;
    let last_kind = match with_events {
        true => i64::MAX,
        false => StoredKind::LAST_MESSAGE,
    };
    match wanted {
        HistoryWanted::First(buffer) => {
            let lines = lines(
                connection,
                &buffer,
                (after, before),
                (count, last_kind),
                "ASC",
            )?;
            Ok(page(lines, count))
        }
        HistoryWanted::Last(buffer) => {
            let mut lines = lines(
                connection,
                &buffer,
                (after, before),
                (count, last_kind),
                "DESC",
            )?;
            lines.reverse();
            Ok(page(lines, count))
        }
        HistoryWanted::Around(buffer, middle) => {
            let mut earlier = lines(
                connection,
                &buffer,
                (after, middle),
                (count / 2, last_kind),
                "DESC",
            )?;
            earlier.reverse();
            let rest = count.saturating_sub(u32::try_from(earlier.len()).unwrap_or(count));
            let from_middle = after.max(MessageId(middle.0.saturating_sub(1)));
            earlier.extend(lines(
                connection,
                &buffer,
                (from_middle, before),
                (rest, last_kind),
                "ASC",
            )?);
            // Older messages can exist although no newer ones do.
            Ok(HistoryPage::Lines(earlier, false))
        }
        HistoryWanted::Nothing => Ok(HistoryPage::Lines(Vec::new(), true)),
        HistoryWanted::Targets {
            rooms,
            account,
            end,
        } => {
            let mut found = Vec::new();
            for room in rooms {
                let shown = room.name.to_string();
                if let Some(number) = number(connection, &Buffer::Room(room))? {
                    found.push((shown, number));
                }
            }
            if let Some(account) = account {
                conversations(connection, &account, &mut found)?;
            }
            let mut targets = Vec::new();
            for (shown, number) in found {
                if let Some(last) = last_in(connection, number, end)?
                    && after < last
                    && last < before
                {
                    targets.push((shown, last));
                }
            }
            // The targets with the oldest last message come first, as messages do.
            targets.sort_by_key(|(_, last)| *last);
            targets.truncate(count as usize);
            Ok(HistoryPage::Targets(targets))
        }
    }
}

fn page(lines: Vec<HistoryLine>, count: u32) -> HistoryPage {
    let is_end = lines.len() < count as usize;
    HistoryPage::Lines(lines, is_end)
}

/// The number of a room or conversation, if it has messages.
fn number(connection: &Connection, buffer: &Buffer) -> rusqlite::Result<Option<i64>> {
    let query = "SELECT no FROM buffer WHERE name = ?1 AND since = ?2";
    let mut statement = connection.prepare_cached(query)?;
    let row = params![buffer.key(), buffer.since().0.cast_signed()];
    statement.query_row(row, |row| row.get(0)).optional()
}

/// Adds the conversations of an account, each with the name of its other user.
fn conversations(
    connection: &Connection,
    account: &str,
    found: &mut Vec<(String, i64)>,
) -> rusqlite::Result<()> {
    let query = "SELECT no, name, shown FROM conversation JOIN buffer ON no = buffer
                 WHERE account = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([account])?;
    while let Some(row) = rows.next()? {
        let (key, shown): (String, String) = (row.get(1)?, row.get(2)?);
        if let Some((_, other)) = own_and_other(&key, &shown, account) {
            found.push((other.to_owned(), row.get(0)?));
        }
    }
    Ok(())
}

/// At most `count` messages of a room or conversation with ids between these two, exclusive.
fn lines(
    connection: &Connection,
    buffer: &Buffer,
    (after, before): (MessageId, MessageId),
    (count, last_kind): (u32, i64),
    order: &str,
) -> rusqlite::Result<Vec<HistoryLine>> {
    let Some(buffer) = number(connection, buffer)? else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT id, kind, mask, tags, text, account, once FROM line
         JOIN source ON source.no = line.source
         WHERE buffer = ?1 AND id > ?2 AND id < ?3 AND kind <= ?5 ORDER BY id {order} LIMIT ?4"
    ))?;
    let (after, before) = (after.0.cast_signed(), before.0.cast_signed());
    let range = params![buffer, after, before, count, last_kind];
    let lines = statement.query_map(range, |row| {
        Ok(HistoryLine {
            id: MessageId(row.get::<_, i64>(0)?.cast_unsigned()),
            kind: StoredKind::from_number(row.get(1)?).unwrap_or(StoredKind::Privmsg),
            source: row.get(2)?,
            tags: row.get(3)?,
            text: row.get(4)?,
            account: row.get(5)?,
            once: row
                .get::<_, Option<Vec<u8>>>(6)?
                .and_then(|bytes| OnceKey::from_bytes(&bytes))
                .map(|key| key.id.into_string()),
        })
    })?;
    lines.collect()
}

/// The id of the last message of a room or conversation before this id.
fn last_in(
    connection: &Connection,
    number: i64,
    end: MessageId,
) -> rusqlite::Result<Option<MessageId>> {
    let query = "SELECT id FROM line WHERE buffer = ?1 AND id < ?2 AND kind <= ?3
                 ORDER BY id DESC LIMIT 1";
    let mut statement = connection.prepare_cached(query)?;
    let range = params![number, end.0.cast_signed(), StoredKind::LAST_MESSAGE];
    let last: Option<i64> = statement.query_row(range, |row| row.get(0)).optional()?;
    Ok(last.map(|last| MessageId(last.cast_unsigned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::ConnectionId;
    use crate::server::hub::buffers::StoredRoom;
    use crate::server::hub::stored::{StoredLine, StoredRecord};
    use crate::server::store::database::Database;
    use crate::wire::RoomName;

    #[test]
    fn around_a_place_are_no_expired_messages_and_it_is_never_the_last_page() {
        let folder = tempfile::tempdir().unwrap();
        let lobby = Buffer::Room(StoredRoom {
            name: RoomName::parse("#lobby").unwrap(),
            since: MessageId::default(),
        });
        let line = |id| StoredLine {
            id: MessageId(id),
            buffer: lobby.clone(),
            kind: StoredKind::Privmsg,
            source: "alice!a@host".into(),
            account: "".into(),
            tags: "".into(),
            text: "hello".into(),
            once: None,
        };
        let lines: Vec<_> = (1..=10).map(line).map(StoredRecord::Line).collect();
        Database::open(folder.path())
            .unwrap()
            .store(&lines)
            .unwrap();
        let around = |middle| {
            let query = HistoryQuery {
                connection: ConnectionId::new(0, 0),
                after: MessageId(5),
                before: MessageId(11),
                count: 6,
                with_events: false,
                wanted: HistoryWanted::Around(lobby.clone(), MessageId(middle)),
            };
            let mut connection = open(folder.path()).unwrap();
            match run(&mut connection, query).unwrap() {
                HistoryPage::Lines(lines, false) => lines.iter().map(|line| line.id.0).collect(),
                page => panic!("{page:?}"),
            }
        };
        let found: Vec<u64> = around(3);
        assert_eq!(found, [6, 7, 8, 9, 10], "up to 5 they have expired");
        assert_eq!(around(10), [7, 8, 9, 10]);
    }
}
