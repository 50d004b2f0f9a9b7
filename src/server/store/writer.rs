//! The thread that writes lines: it commits all that wait together, so one sync of the disk serves
//! every line that came during the one before. It writes changes of accounts and rooms, too.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::database::{CommitError, Database};
use super::folder::FolderLock;
use super::unix_milliseconds;
use crate::server::hub::ConnectionId;
use crate::server::hub::stored::{
    LineStore, MessageId, StoreChange, StoreFailure, StoreOutcome, StoredRecord, first_kept,
};
use crate::server::hub::task::Wake;

/// After lines could not be stored, how often it is tried whether they can be.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);
/// The interval of the search for lines that are too old.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);
/// When the clock is so far ahead of where it should be, it may be wrong: nothing is deleted for
/// [`DOUBT_TIME`], in which it is set or the administrator sees it.
const CLOCK_AHEAD_MAX: u64 = 24 * 60 * 60 * 1_000;
const DOUBT_TIME: Duration = Duration::from_secs(60 * 60);
/// How long the end of the server waits for the end of the thread: a disk that does not answer must
/// not keep it for ever.
const FINISH_MAX: Duration = Duration::from_secs(2);

/// A job of the thread.
enum WriterJob {
    /// The records of a turn.
    Records(u64, Vec<StoredRecord>),
    /// A change of an account or of a room, for this connection.
    Change(ConnectionId, StoreChange),
}

/// The mailboxes of the thread. It ends when this is dropped.
struct Writer {
    /// `None` once the thread has to end.
    jobs: Option<Sender<WriterJob>>,
    outcomes: Receiver<StoreOutcome>,
    /// The connections whose changes are done, and whether they are on disk.
    changed: Receiver<(ConnectionId, bool)>,
    /// It closes at the end of the thread.
    ended: Receiver<()>,
    has_failed: bool,
}

/// Wakes the event loop after each outcome, and at the end of the thread: a panic is one.
struct EventLoopWaker(Wake);

impl Drop for EventLoopWaker {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Starts the thread. It calls `wake` after each outcome.
pub(super) fn start(
    database: Database,
    lock: FolderLock,
    (last, keep_days): (MessageId, Option<u32>),
    wake: Wake,
) -> io::Result<Box<dyn LineStore>> {
    let (jobs, inbox) = channel();
    let (outbox, outcomes) = channel();
    let (done, changed) = channel();
    let (end, ended) = channel();
    let thread = thread::Builder::new().name("store".to_owned());
    let waker = EventLoopWaker(wake);
    thread.spawn(move || {
        // Locals are dropped in reverse order: the database and the mailbox before the lock.
        let _end: Sender<()> = end;
        let _lock = lock;
        let waker = waker;
        let (outbox, done) = (outbox, done);
        let mut pruning = Pruning::new(keep_days, last.unix_milliseconds());
        let report = |outcome| {
            // The event loop may have ended.
            let _ = outbox.send(outcome);
            (waker.0)();
        };
        let report_change = |change| {
            let _ = done.send(change);
            (waker.0)();
        };
        write_all(database, &inbox, &mut pruning, (&report, &report_change));
    })?;
    Ok(Box::new(Writer {
        jobs: Some(jobs),
        outcomes,
        changed,
        ended,
        has_failed: false,
    }))
}

impl LineStore for Writer {
    fn submit(&mut self, turn: u64, records: Vec<StoredRecord>) {
        self.send(WriterJob::Records(turn, records));
    }

    fn change(&mut self, connection: ConnectionId, change: StoreChange) {
        self.send(WriterJob::Change(connection, change));
    }

    fn next_changed(&mut self) -> Option<(ConnectionId, bool)> {
        self.changed.try_recv().ok()
    }

    fn next_outcome(&mut self) -> Option<StoreOutcome> {
        let outcome = match self.outcomes.try_recv() {
            Ok(outcome) => outcome,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) if self.has_failed => return None,
            Err(TryRecvError::Disconnected) => StoreOutcome::Failed(StoreFailure::ThreadEnded),
        };
        self.has_failed |= matches!(outcome, StoreOutcome::Failed(_));
        Some(outcome)
    }
}

impl Writer {
    fn send(&self, job: WriterJob) {
        if let Some(jobs) = &self.jobs {
            // The thread ends early only after it has reported that the store has failed.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        let _ = self.ended.recv_timeout(FINISH_MAX);
    }
}

/// Deletes lines that are too old, a few at a time.
struct Pruning {
    keep_days: Option<u32>,
    next: Instant,
    /// The clock when it was read last, in Unix milliseconds; at first, the time of the newest line.
    clock: (Instant, u64),
}

impl Pruning {
    fn new(keep_days: Option<u32>, newest: u64) -> Self {
        let next = Instant::now();
        Self {
            keep_days,
            next,
            clock: (next, newest),
        }
    }

    /// Whether the clock, in Unix milliseconds, is not far ahead of where it should be by now.
    fn trusts(&mut self, now: Instant, clock: u64) -> bool {
        let (since, before) = self.clock;
        let passed = now.saturating_duration_since(since).as_millis();
        let expected = before.saturating_add(u64::try_from(passed).unwrap_or(u64::MAX));
        self.clock = (now, clock);
        clock <= expected.saturating_add(CLOCK_AHEAD_MAX)
    }

    /// How long until it is time to delete some; `None` if lines are kept for ever.
    fn wait(&self) -> Option<Duration> {
        self.keep_days?;
        Some(self.next.saturating_duration_since(Instant::now()))
    }

    /// Deletes some, and rests nine times as long as that takes. A disk that is full is no error:
    /// there is no hurry.
    fn run(&mut self, database: &mut Database) -> Result<(), CommitError> {
        let start = Instant::now();
        let clock = unix_milliseconds(SystemTime::now());
        if !self.trusts(start, clock) {
            self.next = start + DOUBT_TIME;
            return Ok(());
        }
        let first = first_kept(self.keep_days, clock);
        let pruned = database.prune(first);
        self.next = match pruned {
            Ok(true) => Instant::now() + 9 * start.elapsed(),
            _ => start + PRUNE_INTERVAL,
        };
        match pruned {
            Err(error @ CommitError::Unknown(_)) => Err(error),
            _ => Ok(()),
        }
    }
}

/// The callbacks for an outcome, and for a change that is on disk or not.
type WriterReports<'r> = (&'r dyn Fn(StoreOutcome), &'r dyn Fn((ConnectionId, bool)));

fn write_all(
    mut database: Database,
    jobs: &Receiver<WriterJob>,
    pruning: &mut Pruning,
    (report, report_change): WriterReports<'_>,
) {
    let mut is_refusing = false;
    loop {
        let first = match (is_refusing, pruning.wait()) {
            (true, _) => jobs.recv_timeout(PROBE_INTERVAL),
            (false, Some(wait)) => jobs.recv_timeout(wait),
            (false, None) => jobs.recv().map_err(RecvTimeoutError::from),
        };
        let written = match first {
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) if is_refusing => database.probe(),
            Err(RecvTimeoutError::Timeout) => pruning.run(&mut database),
            Ok(first) => {
                let all = std::iter::once(first).chain(jobs.try_iter());
                write_jobs(&mut database, all, (report, report_change))
            }
        };
        match written {
            Ok(()) if is_refusing => {
                is_refusing = false;
                report(StoreOutcome::Available);
            }
            Ok(()) => {}
            Err(CommitError::NotStored(_)) => is_refusing = true,
            Err(CommitError::Unknown(error)) => {
                let failure = StoreFailure::Database(error);
                return report(StoreOutcome::Failed(failure));
            }
        }
    }
}

/// Writes all records in one commit, and then the changes.
fn write_jobs(
    database: &mut Database,
    jobs: impl Iterator<Item = WriterJob>,
    (report, report_change): WriterReports<'_>,
) -> Result<(), CommitError> {
    let (mut last, mut records, mut changes) = (None, Vec::new(), Vec::new());
    for job in jobs {
        match job {
            WriterJob::Records(turn, more) => {
                last = Some(turn);
                records.extend(more);
            }
            WriterJob::Change(connection, change) => changes.push((connection, change)),
        }
    }
    let mut written = Ok(());
    if let Some(turn) = last {
        written = database.store(&records);
        match &written {
            Ok(()) => report(StoreOutcome::Stored(turn)),
            Err(CommitError::NotStored(error)) => {
                let error = error.clone();
                report(StoreOutcome::NotStored { turn, error });
            }
            Err(CommitError::Unknown(_)) => return written,
        }
    }
    for (connection, change) in changes {
        let changed = database.change(&change);
        if matches!(changed, Err(CommitError::Unknown(_))) {
            return changed;
        }
        report_change((connection, changed.is_ok()));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_deleted_at_once_when_the_clock_is_a_day_ahead() {
        const DAY: u64 = CLOCK_AHEAD_MAX;
        let mut pruning = Pruning::new(Some(30), DAY);
        let start = pruning.next;
        assert!(pruning.trusts(start, 2 * DAY));
        assert!(!pruning.trusts(start, 3 * DAY + 1));
        // A clock that stays ahead for an hour counts as correct.
        let later = start + DOUBT_TIME;
        assert!(pruning.trusts(later, 3 * DAY + 3_600_000));
        assert!(pruning.trusts(later + Duration::from_secs(86_400), 4 * DAY));
        assert!(pruning.trusts(later, DAY));
    }
}
