//! Writes the log in a thread of its own: neither the network nor the screen waits for the disk.
//!
//! Whole lines are appended to the file of the day in one write, so that two sessions do not mix
//! within a line. If a full disk or a crash leaves a partial line, the next write ends it with a
//! line feed, and readers skip it.

use std::collections::VecDeque;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{files, record_of};
use crate::client::command::settings::DisplaySettings;
use crate::client::event::{LogStatus, NetworkName, Occurrence};
use crate::client::view::{Renderer, Verbosity};
use crate::common::record::Record;
use crate::common::shared_error::SharedError;
use crate::common::time_zone::local_time_zone;

/// How many bytes wait while nothing can be written. Further lines are dropped.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long a line waits for further lines, which are written together with it.
const BATCH_DELAY: Duration = Duration::from_millis(50);
/// This many waiting bytes are written without further delay.
const BATCH_BYTES: usize = 256 * 1024;
/// How long to wait after a failure before the next attempt.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long [`LogWriter::finish_all`] waits for the disk.
const FINISH_MAX: Duration = Duration::from_secs(2);

/// The log of one server. Clones share their state.
#[derive(Debug, Clone)]
pub(crate) struct LogWriter {
    /// The network whose log it is.
    network: NetworkName,
    shared: Arc<(Mutex<LogQueue>, Condvar)>,
    /// Renders the events that have no record of their own.
    renderer: Renderer,
}

#[derive(Debug)]
struct LogQueue {
    zone: TimeZone,
    /// The time and day of the last record: many lines share one second.
    last: (i64, Date),
    waiting: VecDeque<DayBatch>,
    /// The bytes in `waiting`, and those that are being written.
    waiting_bytes: usize,
    /// How many lines were dropped since the last successful write.
    dropped: usize,
    /// No more lines will be appended.
    finished: bool,
    /// The thread has written all it can.
    done: bool,
}

/// Whole lines for the file of one day.
#[derive(Debug)]
struct DayBatch {
    day: Date,
    lines: String,
}

impl LogWriter {
    /// Starts to write the log of `network` to files in `folder`. `report` is called when writing
    /// fails, and when it works again.
    ///
    /// # Errors
    ///
    /// Fails when the thread cannot be started.
    pub(crate) fn start(
        network: NetworkName,
        folder: PathBuf,
        report: impl Fn(LogStatus) + Send + 'static,
    ) -> io::Result<Self> {
        let taste = DisplaySettings {
            time: String::new(),
            ..DisplaySettings::default()
        };
        let zone = local_time_zone().unwrap_or(TimeZone::UTC);
        let log = Self {
            network,
            renderer: Renderer::new(false, Verbosity::Normal, zone.clone(), taste),
            shared: Arc::new((
                Mutex::new(LogQueue {
                    last: (0, files::day_of(0, &zone)),
                    zone,
                    waiting: VecDeque::new(),
                    waiting_bytes: 0,
                    dropped: 0,
                    finished: false,
                    done: false,
                }),
                Condvar::new(),
            )),
        };
        let writer = log.clone();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || {
                crate::client::terminal::signals::block_editor_signals();
                writer.write_all(&folder, &report);
            })?;
        Ok(log)
    }

    /// Appends what happened. `now` is the time of its arrival, in Unix seconds; it chooses the file.
    /// It is written later, by the thread.
    pub(crate) fn append(&self, occurrence: &Occurrence, now: i64) {
        if let Some(record) = record_of(occurrence, &self.renderer) {
            let must_wake = self.lock().push(&record, now);
            if must_wake {
                self.shared.1.notify_all();
            }
        }
    }

    /// No more lines will be appended. The thread writes those that wait.
    pub(crate) fn close(&self) {
        self.lock().finished = true;
        self.shared.1.notify_all();
    }

    /// Whether all lines of a closed log are written.
    pub(crate) fn is_done(&self) -> bool {
        self.lock().done
    }

    /// Closes these logs and waits until their lines are written, but for the disk at most two seconds.
    pub(crate) fn finish_all(logs: &[Self]) {
        logs.iter().for_each(Self::close);
        let mut longest = FINISH_MAX;
        for log in logs {
            let unfinished = |state: &mut LogQueue| !state.done;
            let changed = &log.shared.1;
            let waited = changed.wait_timeout_while(log.lock(), longest, unfinished);
            // Then there is no user left to report it to, and the others had the same time.
            if waited.is_ok_and(|(_, timeout)| timeout.timed_out()) {
                longest = Duration::ZERO;
            }
        }
    }

    /// The thread: writes until the log is finished.
    fn write_all(&self, folder: &Path, report: &impl Fn(LogStatus)) {
        let mut file = None;
        let mut failing = false;
        while let Some(batch) = self.next_batch() {
            match write(&mut file, folder, &batch) {
                Ok(()) => {
                    self.lock().waiting_bytes -= batch.lines.len();
                    if std::mem::take(&mut failing) {
                        report(self.recovered(batch.day));
                    }
                }
                Err((error, rest)) => {
                    if !failing {
                        report(LogStatus::Failed {
                            folder: folder.to_owned(),
                            error: SharedError::new(error),
                        });
                    }
                    failing = true;
                    if self.wait_to_retry(batch, rest) {
                        break;
                    }
                }
            }
        }
        self.lock().done = true;
        self.shared.1.notify_all();
    }

    /// Waits for lines and takes those of one day; `None` at the end.
    fn next_batch(&self) -> Option<DayBatch> {
        let state = self.lock();
        let idle = |state: &mut LogQueue| state.waiting.is_empty() && !state.finished;
        let waited = self.shared.1.wait_while(state, idle);
        let state = waited.unwrap_or_else(PoisonError::into_inner);
        let gathering = |state: &mut LogQueue| !state.finished && state.waiting_bytes < BATCH_BYTES;
        let waited = self
            .shared
            .1
            .wait_timeout_while(state, BATCH_DELAY, gathering);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.waiting.pop_front()
    }

    /// Puts back the lines that were not written, and waits. True when the log is finished.
    fn wait_to_retry(&self, batch: DayBatch, rest: usize) -> bool {
        let mut state = self.lock();
        let lines = batch.lines.get(rest..).unwrap_or_default().to_owned();
        state.waiting_bytes -= rest;
        let day = batch.day;
        state.waiting.push_front(DayBatch { day, lines });
        let going_on = |state: &mut LogQueue| !state.finished;
        let waited = self
            .shared
            .1
            .wait_timeout_while(state, RETRY_AFTER, going_on);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.finished
    }

    /// Writing works again. The log says so too if lines are missing in it.
    fn recovered(&self, day: Date) -> LogStatus {
        let mut state = self.lock();
        let dropped = std::mem::take(&mut state.dropped);
        let status = LogStatus::Resumed { dropped };
        if dropped > 0 {
            let record = Record {
                network: self.network.as_str().to_owned(),
                ..Record::note(&status.to_string(), state.last.0)
            };
            state.waiting.push_front(DayBatch {
                day,
                lines: record.line(),
            });
            state.waiting_bytes += record.line().len();
        }
        status
    }

    fn lock(&self) -> MutexGuard<'_, LogQueue> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogQueue {
    /// Appends a record to the queue. True when the thread must be woken.
    fn push(&mut self, record: &Record, now: i64) -> bool {
        if self.waiting_bytes > WAITING_BYTES_MAX {
            self.dropped += 1;
            return false;
        }
        let (was_idle, before) = (self.waiting.is_empty(), self.waiting_bytes);
        if self.last.0 != now {
            self.last = (now, files::day_of(now, &self.zone));
        }
        let (day, line) = (self.last.1, record.line());
        self.waiting_bytes += line.len();
        match self.waiting.back_mut() {
            Some(batch) if batch.day == day => batch.lines.push_str(&line),
            _ => self.waiting.push_back(DayBatch { day, lines: line }),
        }
        was_idle || (before < BATCH_BYTES && self.waiting_bytes >= BATCH_BYTES)
    }
}

/// Writes a batch. An error comes with the position of the first line that was not written whole.
fn write(
    file: &mut Option<(Date, File)>,
    folder: &Path,
    batch: &DayBatch,
) -> Result<(), (io::Error, usize)> {
    let mut written = 0;
    let result = write_from(file, folder, batch, &mut written);
    result.map_err(|error| {
        // The next attempt opens the file again: the folder may have been replaced.
        *file = None;
        let done = batch.lines.get(..written).unwrap_or_default();
        (error, done.rfind('\n').map_or(0, |end| end + 1))
    })
}

fn write_from(
    file: &mut Option<(Date, File)>,
    folder: &Path,
    batch: &DayBatch,
    written: &mut usize,
) -> io::Result<()> {
    let mut out = match file.take() {
        Some((day, file)) if day == batch.day => file,
        _ => open(folder, batch.day)?,
    };
    if ends_within_line(&out)? {
        out.write_all(b"\n")?;
    }
    while let Some(rest) = batch.lines.as_bytes().get(*written..)
        && !rest.is_empty()
    {
        match out.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => *written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    *file = Some((batch.day, out));
    Ok(())
}

/// Opens the file of a day for appending. Only its owner can read it.
fn open(folder: &Path, day: Date) -> io::Result<File> {
    if !folder.is_dir() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(files::file_of(folder, day))
}

/// Whether the file ends with a partial line. Another session that is just writing can look like
/// that, too; then there will be an empty line between its lines and ours.
fn ends_within_line(file: &File) -> io::Result<bool> {
    let length = file.metadata()?.len();
    let mut last = [b'\n'];
    if length > 0 {
        file.read_at(&mut last, length - 1)?;
    }
    Ok(last != [b'\n'])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::sync::mpsc;

    use super::*;
    use crate::client::event::{Event, MessageKind};

    /// How long a test waits for anything.
    const PATIENCE: Duration = Duration::from_secs(20);

    const DAY: i64 = 86_400;

    fn said(text: &str) -> Event {
        Event::Said {
            room: "#a".into(),
            nick: "bob".into(),
            text: text.into(),
            kind: MessageKind::Text,
            own: false,
            mention: false,
        }
    }

    /// A log in this folder, and its messages for the user.
    fn log_in(folder: &Path) -> (LogWriter, mpsc::Receiver<LogStatus>) {
        let (sender, messages) = mpsc::channel();
        let report = move |message| sender.send(message).unwrap_or_default();
        (
            LogWriter::start(NetworkName::default(), folder.to_owned(), report).unwrap(),
            messages,
        )
    }

    fn append(log: &LogWriter, text: &str, now: i64) {
        let said = Occurrence::local(NetworkName::default(), said(text), now);
        log.append(&said, now);
    }

    /// The texts in all files of a folder, in order, and the number of lines that are no records.
    fn texts(folder: &Path) -> (Vec<String>, usize) {
        let mut texts = Vec::new();
        let mut wrong = 0;
        for file in files::files_from(folder, None).unwrap() {
            for line in String::from_utf8_lossy(&fs::read(file).unwrap()).lines() {
                match Record::read(line) {
                    Some(record) => texts.push(record.text.unwrap_or_default()),
                    None if line.is_empty() => {}
                    None => wrong += 1,
                }
            }
        }
        (texts, wrong)
    }

    #[test]
    fn each_day_has_a_file_that_only_its_owner_can_read() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("log/at-h-6667");
        let (log, _messages) = log_in(&folder);
        append(&log, "one", 2 * DAY);
        append(&log, "two", 2 * DAY + 1);
        append(&log, "three", 4 * DAY);
        LogWriter::finish_all(&[log]);
        let files = files::files_from(&folder, None).unwrap();
        assert_eq!(files.len(), 2, "{files:?}");
        for (path, mode) in [(&files[0], 0o600), (&files[1], 0o600), (&folder, 0o700)] {
            let permissions = fs::metadata(path).unwrap().permissions();
            assert_eq!(permissions.mode() & 0o777, mode, "{path:?}");
        }
        assert_eq!(fs::read_to_string(&files[0]).unwrap().lines().count(), 2);
        assert_eq!(texts(&folder).0, ["one", "two", "three"]);
    }

    #[test]
    fn a_partial_line_is_ended_before_more_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let day = files::day_of(0, &local_time_zone().unwrap_or(TimeZone::UTC));
        let file = files::file_of(folder.path(), day);
        fs::write(&file, "{\"kind\":\"mess").unwrap();
        let (log, _messages) = log_in(folder.path());
        append(&log, "whole", 0);
        LogWriter::finish_all(&[log]);
        assert_eq!(texts(folder.path()), (vec!["whole".to_owned()], 1));
    }

    #[test]
    fn two_sessions_do_not_mix_within_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let logs = ["x", "y"].map(|text| (log_in(folder.path()), text.repeat(3_000)));
        thread::scope(|scope| {
            for ((log, _), text) in logs {
                scope.spawn(move || {
                    for _ in 0..500 {
                        append(&log, &text, 0);
                    }
                    LogWriter::finish_all(&[log]);
                });
            }
        });
        let (texts, wrong) = texts(folder.path());
        assert_eq!((texts.len(), wrong), (1_000, 0));
    }

    #[test]
    fn a_failure_is_reported_once_and_the_lines_are_written_later_once_and_in_order() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("log");
        fs::write(&folder, "in the way").unwrap();
        let (log, messages) = log_in(&folder);
        append(&log, "one", 0);
        let message = messages.recv_timeout(PATIENCE).unwrap().to_string();
        assert!(message.starts_with("Cannot write the log in "), "{message}");
        append(&log, "two", 0);
        fs::remove_file(&folder).unwrap();
        let message = messages.recv_timeout(PATIENCE).unwrap().to_string();
        assert_eq!(message, "Logging resumed.");
        append(&log, "three", 0);
        LogWriter::finish_all(&[log]);
        assert!(messages.try_recv().is_err());
        let expected = ["one", "two", "three"].map(str::to_owned).to_vec();
        assert_eq!(texts(&folder), (expected, 0));
    }

    #[test]
    fn a_full_disk_is_reported_and_logging_resumes_when_there_is_space() {
        let folder = tempfile::tempdir().unwrap();
        let file = files::file_of(
            folder.path(),
            files::day_of(0, &local_time_zone().unwrap_or(TimeZone::UTC)),
        );
        symlink("/dev/full", &file).unwrap();
        let (log, messages) = log_in(folder.path());
        append(&log, "one", 0);
        let message = messages.recv_timeout(PATIENCE).unwrap().to_string();
        assert!(message.ends_with(": no space left on device."), "{message}");
        // A few lines more than may wait.
        let long = "x".repeat(WAITING_BYTES_MAX / 8);
        for _ in 0..12 {
            append(&log, &long, 0);
        }
        fs::remove_file(&file).unwrap();
        let message = messages.recv_timeout(PATIENCE).unwrap().to_string();
        assert_eq!(message, "Logging resumed; 4 lines are missing.");
        LogWriter::finish_all(&[log]);
        let (texts, wrong) = texts(folder.path());
        let whole = texts.iter().filter(|text| **text == long).count();
        assert_eq!((texts[0].as_str(), whole, wrong), ("one", 8, 0));
        assert_eq!(texts.iter().filter(|text| **text == message).count(), 1);
    }
}
