//! Keeps messages on disk: a folder with a lock and one SQLite database, written by a thread of its
//! own.
//!
//! - `folder`: the folder and its lock
//! - `database`: creates, opens and migrates the database, and writes lines
//! - `writer`: the thread that commits
//! - `queries`: the thread that reads for clients
//! - `reader`: reads, checks and copies a store
//!
//! It knows the port in `hub::stored`, and no socket. `daemon`, `embedded` and `admin` import it.

mod database;
mod folder;
mod queries;
mod reader;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::error::{ServerError, StoreProblem};
use super::hub::stored::{MessageId, StoreTag};
use super::hub::task::{StoreThreads, Wake};
use database::Database;
use folder::FolderLock;
pub(super) use reader::{ReadLine, StoreReader};

/// Whether this build can keep messages.
pub(super) const IS_SUPPORTED: bool = true;
/// How far the newest line may be ahead of the clock without a warning.
const AHEAD_WARNING: Duration = Duration::from_secs(5 * 60);
/// How far it may be ahead at all.
const AHEAD_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A store that is open, and not written to yet.
#[derive(Debug)]
pub(super) struct OpenStore {
    /// The tag of the store.
    pub(super) tag: StoreTag,
    /// The id of the newest line.
    pub(super) last: MessageId,
    /// What there is to report about it.
    pub(super) warning: Option<String>,
    folder: PathBuf,
    database: Database,
    lock: FolderLock,
}

/// Opens the store in this folder, and creates it if it is missing. Without `accept_clock` a newest
/// line that is more than a day ahead of the clock is an error: one of the two is wrong.
pub(super) fn open(folder: &Path, accept_clock: bool) -> Result<OpenStore, ServerError> {
    open_at(folder, accept_clock, SystemTime::now()).map_err(reported(folder))
}

/// Adds the folder to a problem.
fn reported(folder: &Path) -> impl Fn(StoreProblem) -> ServerError {
    let folder = folder.to_owned();
    move |problem| ServerError::Store {
        folder: folder.clone(),
        problem,
    }
}

fn open_at(folder: &Path, accept_clock: bool, now: SystemTime) -> Result<OpenStore, StoreProblem> {
    let lock = folder::lock(folder)?;
    let database = Database::open(folder)?;
    let (tag, last) = (database.tag()?, database.last_id()?);
    let newest = Duration::from_millis(last.unix_milliseconds());
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let ahead = newest.saturating_sub(now);
    if ahead > AHEAD_MAX && !accept_clock {
        return Err(StoreProblem::ClockBehind(ahead));
    }
    let warning = (ahead > AHEAD_WARNING).then(|| {
        format!(
            "the newest stored message is {} s ahead of the clock; new ones get its time until then",
            ahead.as_secs()
        )
    });
    Ok(OpenStore {
        tag,
        last,
        warning,
        folder: folder.to_owned(),
        database,
        lock,
    })
}

impl OpenStore {
    /// Starts the threads that write and read. Each gets a function from `wake`, which it calls
    /// after each outcome or answer.
    pub(super) fn start(self, wake: &dyn Fn() -> Wake) -> io::Result<StoreThreads> {
        let reader = queries::start(self.folder, wake())?;
        let writer = writer::start(self.database, self.lock, wake())?;
        Ok((writer, reader))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::stored::{StoreOutcome, StoredKind, StoredLine};
    use crate::wire::RoomName;

    fn line(id: MessageId) -> StoredLine {
        StoredLine {
            id,
            room: RoomName::parse("#lobby").unwrap(),
            since: MessageId::default(),
            kind: StoredKind::Privmsg,
            source: "alice!a@host".into(),
            tags: "".into(),
            text: "hello".into(),
        }
    }

    #[test]
    fn a_newest_message_ahead_of_the_clock_is_a_warning_and_from_a_day_on_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut store = open_at(folder.path(), false, at(0)).unwrap();
        let id = MessageId::default().next_at(100_000_000);
        store.database.store(&[line(id)]).unwrap();
        drop(store);
        for (clock, accept, starts, warns) in [
            (100_000, false, true, false),
            (100_000 - 300, false, true, false),
            (100_000 - 301, false, true, true),
            (100_000 - 86_400, false, true, true),
            (100_000 - 86_401, false, false, false),
            (100_000 - 86_401, true, true, true),
        ] {
            let store = open_at(folder.path(), accept, at(clock));
            assert_eq!(store.is_ok(), starts, "{clock}");
            if let Ok(store) = store {
                assert_eq!(store.warning.is_some(), warns, "{clock}");
                assert_eq!(store.last, id);
            }
        }
    }

    #[test]
    fn lines_are_stored_all_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open_at(folder.path(), false, UNIX_EPOCH).unwrap();
        store.database.store(&[line(MessageId(7))]).unwrap();
        // An id that is there already cannot be stored again, so neither can its companion.
        let both = [line(MessageId(8)), line(MessageId(7))];
        store.database.store(&both).unwrap_err();
        assert_eq!(store.database.last_id().unwrap(), MessageId(7));
        store.database.store(&[line(MessageId(9))]).unwrap();
        assert_eq!(store.database.last_id().unwrap(), MessageId(9));
    }

    #[test]
    fn the_tag_is_that_of_the_first_start() {
        let folder = tempfile::tempdir().unwrap();
        let tag = open_at(folder.path(), false, UNIX_EPOCH).unwrap().tag;
        assert_eq!(open_at(folder.path(), false, UNIX_EPOCH).unwrap().tag, tag);
    }

    #[test]
    fn all_lines_that_wait_get_their_outcome_before_the_thread_ends() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_at(folder.path(), false, UNIX_EPOCH).unwrap();
        let (woken, wakes) = std::sync::mpsc::channel();
        let wake = || {
            let woken = woken.clone();
            let wake: Box<dyn Fn() + Send> = Box::new(move || woken.send(()).unwrap_or_default());
            wake
        };
        let (mut writer, _reader) = store.start(&wake).unwrap();
        for turn in 1..=20 {
            writer.submit(turn, vec![line(MessageId(turn))]);
        }
        let mut last = 0;
        while last < 20 {
            wakes.recv().unwrap();
            while let Some(outcome) = writer.next_outcome() {
                let StoreOutcome::Stored(turn) = outcome else {
                    panic!("{outcome:?}");
                };
                assert!(turn > last);
                last = turn;
            }
        }
        drop(writer);
        let store = open_at(folder.path(), false, UNIX_EPOCH).unwrap();
        assert_eq!(store.last, MessageId(20));
    }
}
