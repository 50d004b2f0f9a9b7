//! Keeps messages on disk: a folder with a lock and one SQLite database, written by a thread of its
//! own.
//!
//! - `folder`: the folder and its lock
//! - `database`: creates, opens and migrates the database, and writes lines
//! - `problem`: what an error of SQLite means
//! - `accounts`: reads and writes the accounts
//! - `rooms`: the same for registered rooms
//! - `bans`: the same for bans
//! - `markers`: the same for read markers
//! - `once`: the same for the ids of clients
//! - `import`: adds messages of other logs
//! - `writer`: the thread that commits
//! - `queries`: the thread that reads for clients
//! - `reader`: reads, checks and copies a store
//!
//! It must not know sockets, and of the hub only the port. `daemon`, `embedded` and `admin` import
//! it.

mod accounts;
mod bans;
mod database;
mod folder;
mod import;
mod markers;
mod once;
mod problem;
mod queries;
mod reader;
mod rooms;
mod writer;

use std::io;
use std::mem;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::config::settings::StoreSettings;
use super::error::{ServerError, StoreProblem};
use super::hub::account::{Account, AccountChange, AccountProblem, StoredAccounts};
use super::hub::ban::{BanChange, BanProblem, ServerBan};
use super::hub::registered_room::{RegisteredRoom, RoomChange, RoomChangeKind, RoomProblem};
use super::hub::stored::{
    StoreChange, StoreInfo, StoredMarker, StoredOnces, StoredState, first_kept,
};
use super::hub::task::{StoreThreads, Wake};
use crate::common::io_error::os_error_text;
use database::{CommitError, Database};
use folder::FolderLock;
pub(super) use import::{ImportTarget, ImportedLine, StoreImporter};
pub(super) use reader::{ReadLine, StoreReader};

/// Whether this build can keep messages.
pub(super) const IS_SUPPORTED: bool = true;
/// How far the newest line may be ahead of the clock without a warning.
const AHEAD_WARNING: Duration = Duration::from_secs(5 * 60);
/// How far it may be ahead without `accept_clock`.
const AHEAD_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A store that is open, and not written to yet.
#[derive(Debug)]
pub(super) struct OpenStore {
    info: StoreInfo,
    accounts: StoredAccounts,
    rooms: Vec<RegisteredRoom>,
    bans: Vec<ServerBan>,
    markers: Vec<StoredMarker>,
    once: StoredOnces,
    /// The socket for the requests of the administrator, if the name of the folder is not too long.
    pub(super) administration: Option<UnixListener>,
    /// A warning to report about it.
    pub(super) warning: Option<String>,
    folder: PathBuf,
    database: Database,
    lock: FolderLock,
}

/// Opens a store, and creates it if it is missing. Without `accept_clock` a newest line that is more
/// than a day ahead of the clock is an error: one of the two is wrong. The ids of clients are read for
/// `once_window` before now.
pub(super) fn open(
    settings: &StoreSettings,
    once_window: Duration,
) -> Result<OpenStore, ServerError> {
    let opened = open_at(settings, once_window, SystemTime::now());
    opened.map_err(reported(&settings.folder))
}

/// Deletes all lines older than `keep_days` days. The folder must not be in use.
pub(super) fn prune(folder: &Path, keep_days: u32) -> Result<(), ServerError> {
    let prune = || {
        let _lock = folder::lock(folder)?;
        let mut database = Database::open(folder)?;
        let first = first_kept(Some(keep_days), unix_milliseconds(SystemTime::now()));
        while database.prune(first).map_err(CommitError::into_problem)? {}
        database.prune_senders()
    };
    prune().map_err(reported(folder))
}

/// Gives the space of deleted lines back to the system. The folder must not be in use.
pub(super) fn compact(folder: &Path) -> Result<(), ServerError> {
    let compact = || {
        let _lock = folder::lock(folder)?;
        Database::open(folder)?.compact()
    };
    compact().map_err(reported(folder))
}

/// Has the server that uses this folder carry out a request, and returns its lines.
pub(super) fn ask(folder: &Path, request: &str) -> Result<Vec<String>, ServerError> {
    folder::ask_server(folder, request).map_err(reported(folder))
}

/// Changes an account, a room or a ban of a store: the server does that if one runs, else it is done here.
pub(super) fn change(folder: &Path, change: &StoreChange) -> Result<(), ServerError> {
    let lock = match folder::lock(folder) {
        Ok(lock) => lock,
        Err(StoreProblem::Locked) => {
            let asked = folder::ask_server(folder, &change.to_string());
            return asked.map(|_| ()).map_err(reported(folder));
        }
        Err(problem) => return Err(reported(folder)(problem)),
    };
    let change = || {
        let _lock = lock;
        let mut database = Database::open(folder)?;
        let accounts = database.accounts()?.accounts;
        match change {
            StoreChange::Account(change) => {
                check(&accounts, change).map_err(StoreProblem::Refused)?;
            }
            StoreChange::Room(change) => {
                let checked = check_room(&database.rooms()?, &accounts, change);
                checked.map_err(StoreProblem::RoomRefused)?;
            }
            StoreChange::Ban(BanChange::Remove(target)) => {
                let key = target.key();
                if !database.bans()?.iter().any(|ban| ban.target.key() == key) {
                    return Err(StoreProblem::BanRefused(BanProblem::Missing));
                }
            }
            StoreChange::Ban(BanChange::Add(_)) => {}
        }
        database.change(change).map_err(CommitError::into_problem)
    };
    change().map_err(reported(folder))
}

/// Whether a change can be made of these accounts.
fn check(accounts: &[Account], change: &AccountChange) -> Result<(), AccountProblem> {
    let key = change.name.key();
    let before = accounts.iter().find(|account| account.name.key() == key);
    Account::changed(before, change)?;
    if let Some(nick) = change.new_nick()
        && accounts.iter().any(|account| account.has_nick(nick))
    {
        return Err(AccountProblem::NickInUse);
    }
    let of_others = accounts.iter().flat_map(|account| &account.certificates);
    match change.new_certificate() {
        Some(one) if of_others.into_iter().any(|other| other == one) => {
            Err(AccountProblem::CertificateInUse)
        }
        _ => Ok(()),
    }
}

/// Whether the administrator can make a change of these rooms.
fn check_room(
    rooms: &[RegisteredRoom],
    accounts: &[Account],
    change: &RoomChange,
) -> Result<(), RoomProblem> {
    let key = change.name.key();
    if !rooms.iter().any(|room| room.name.key() == key) {
        return Err(RoomProblem::NotRegistered);
    }
    match &change.kind {
        RoomChangeKind::Founder(account)
            if !accounts.iter().any(|one| one.name.key() == account.key()) =>
        {
            Err(RoomProblem::NoSuchAccount)
        }
        _ => Ok(()),
    }
}

/// The time at which an account is made, in seconds of Unix time.
pub(super) fn unix_seconds() -> u64 {
    unix_milliseconds(SystemTime::now()) / 1_000
}

fn unix_milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}

/// Adds the folder to a problem.
fn reported(folder: &Path) -> impl Fn(StoreProblem) -> ServerError {
    let folder = folder.to_owned();
    move |problem| ServerError::Store {
        folder: folder.clone(),
        problem,
    }
}

fn open_at(
    settings: &StoreSettings,
    once_window: Duration,
    now: SystemTime,
) -> Result<OpenStore, StoreProblem> {
    let folder = &settings.folder;
    let lock = folder::lock(folder)?;
    let database = Database::open(folder)?;
    let (tag, last) = (database.tag()?, database.last_id()?);
    let newest = Duration::from_millis(last.unix_milliseconds());
    let ahead = newest.saturating_sub(Duration::from_millis(unix_milliseconds(now)));
    if ahead > AHEAD_MAX && !settings.accept_clock {
        return Err(StoreProblem::ClockBehind(ahead));
    }
    let warning = (ahead > AHEAD_WARNING).then(|| {
        format!(
            "the newest stored message is {} s ahead of the clock; new ones get its time until then",
            ahead.as_secs()
        )
    });
    let (accounts, rooms) = (database.accounts()?, database.rooms()?);
    let (bans, markers) = (database.bans()?, database.markers()?);
    // New messages have the time of the newest one until the clock has reached it.
    let from =
        (newest.max(Duration::from_millis(unix_milliseconds(now)))).saturating_sub(once_window);
    let once = database.onces(u64::try_from(from.as_millis()).unwrap_or_default())?;
    let administration = folder::listen(folder);
    let warning = match &administration {
        Ok(_) => warning,
        Err(error) => warning.or_else(|| {
            let name = folder::SOCKET;
            Some(format!(
                "no socket {name} for `chatroomd account` and `room`: {}",
                os_error_text(error)
            ))
        }),
    };
    let info = StoreInfo {
        tag,
        last,
        keep_days: settings.keep_days,
    };
    Ok(OpenStore {
        info,
        accounts,
        rooms,
        bans,
        markers,
        once,
        administration: administration.ok(),
        warning,
        folder: folder.to_owned(),
        database,
        lock,
    })
}

impl OpenStore {
    /// Takes out what is in it.
    pub(super) fn take_contents(&mut self) -> StoredState {
        StoredState {
            info: self.info,
            accounts: mem::take(&mut self.accounts),
            rooms: mem::take(&mut self.rooms),
            bans: mem::take(&mut self.bans),
            markers: mem::take(&mut self.markers),
            once: mem::take(&mut self.once),
        }
    }

    /// Starts the threads that write and read. Each gets a function from `wake`, which it calls
    /// after each outcome or answer.
    pub(super) fn start(self, wake: &dyn Fn() -> Wake) -> io::Result<StoreThreads> {
        let reader = queries::start(self.folder, wake())?;
        let keep = (self.info.last, self.info.keep_days);
        let writer = writer::start(self.database, self.lock, keep, wake())?;
        Ok((writer, reader))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::hub::buffers::{Buffer, StoredRoom};
    use crate::server::hub::stored::{
        MessageId, StoreOutcome, StoredKind, StoredLine, StoredRecord,
    };
    use crate::wire::RoomName;

    const WINDOW: Duration = Duration::from_secs(3_600);

    fn settings(folder: &tempfile::TempDir) -> StoreSettings {
        StoreSettings {
            folder: folder.path().to_owned(),
            keep_days: None,
            accept_clock: false,
        }
    }

    fn record(id: MessageId) -> StoredRecord {
        StoredRecord::Line(StoredLine {
            id,
            buffer: Buffer::Room(StoredRoom {
                name: RoomName::parse("#lobby").unwrap(),
                since: MessageId::default(),
            }),
            kind: StoredKind::Privmsg,
            source: "alice!a@host".into(),
            account: "".into(),
            tags: "".into(),
            text: "hello".into(),
            once: None,
        })
    }

    #[test]
    fn a_newest_message_ahead_of_the_clock_is_a_warning_and_from_a_day_on_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut store = open_at(&settings(&folder), WINDOW, at(0)).unwrap();
        let id = MessageId::default().next_at(100_000_000);
        store.database.store(&[record(id)]).unwrap();
        drop(store);
        for (clock, accept, starts, warns) in [
            (100_000, false, true, false),
            (100_000 - 300, false, true, false),
            (100_000 - 301, false, true, true),
            (100_000 - 86_400, false, true, true),
            (100_000 - 86_401, false, false, false),
            (100_000 - 86_401, true, true, true),
        ] {
            let settings = StoreSettings {
                accept_clock: accept,
                ..settings(&folder)
            };
            let store = open_at(&settings, WINDOW, at(clock));
            assert_eq!(store.is_ok(), starts, "{clock}");
            if let Ok(store) = store {
                assert_eq!(store.warning.is_some(), warns, "{clock}");
                assert_eq!(store.info.last, id);
            }
        }
    }

    #[test]
    fn lines_are_stored_all_or_none() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open_at(&settings(&folder), WINDOW, UNIX_EPOCH).unwrap();
        store.database.store(&[record(MessageId(7))]).unwrap();
        // An id that is there already cannot be stored again, so neither can its companion.
        let both = [record(MessageId(8)), record(MessageId(7))];
        store.database.store(&both).unwrap_err();
        assert_eq!(store.database.last_id().unwrap(), MessageId(7));
        store.database.store(&[record(MessageId(9))]).unwrap();
        assert_eq!(store.database.last_id().unwrap(), MessageId(9));
    }

    #[test]
    fn the_tag_is_that_of_the_first_start() {
        let folder = tempfile::tempdir().unwrap();
        let tag = open_at(&settings(&folder), WINDOW, UNIX_EPOCH)
            .unwrap()
            .info
            .tag;
        assert_eq!(
            open_at(&settings(&folder), WINDOW, UNIX_EPOCH)
                .unwrap()
                .info
                .tag,
            tag
        );
    }

    #[test]
    fn all_lines_that_wait_get_their_outcome_before_the_thread_ends() {
        let folder = tempfile::tempdir().unwrap();
        let store = open_at(&settings(&folder), WINDOW, UNIX_EPOCH).unwrap();
        let (woken, wakes) = std::sync::mpsc::channel();
        let wake = || {
            let woken = woken.clone();
            let wake: Box<dyn Fn() + Send> = Box::new(move || woken.send(()).unwrap_or_default());
            wake
        };
        let (mut writer, _reader) = store.start(&wake).unwrap();
        for turn in 1..=20 {
            writer.submit(turn, vec![record(MessageId(turn))]);
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
        let store = open_at(&settings(&folder), WINDOW, UNIX_EPOCH).unwrap();
        assert_eq!(store.info.last, MessageId(20));
    }
}
