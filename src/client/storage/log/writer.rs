//! Writes the log, in a thread of its own: neither the network nor the screen ever waits for a
//! disk.
//!
//! Whole lines go to the end of the file of the day in one write, so that two sessions do not mix
//! within a line. What a full disk or a crash leaves of a line is closed by the next write, and
//! readers pass over it.

use std::collections::VecDeque;
use std::fmt::Write as _;
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
use crate::client::event::Event;
use crate::client::event::json::{MessageTags, Record};
use crate::client::view::{Renderer, Verbosity};
use crate::common::io_error::os_error_text;

/// While nothing can be written so much waits, in bytes; what comes then is left out.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long a line may wait for more lines: they are written together.
const BATCH_DELAY: Duration = Duration::from_millis(50);
/// When so much waits, in bytes, it is written at once.
const BATCH_BYTES: usize = 256 * 1024;
/// How long after a failure it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long the end of the program waits for what is not written yet.
const FINISH_MAX: Duration = Duration::from_secs(2);

/// The log of one server. Clones are the same log.
#[derive(Debug, Clone)]
pub struct LogWriter {
    shared: Arc<(Mutex<LogQueue>, Condvar)>,
    /// How answers in words are put.
    renderer: Renderer,
}

#[derive(Debug)]
struct LogQueue {
    zone: TimeZone,
    /// The last moment something was kept, and its day: many lines come in one second.
    last: (i64, Date),
    waiting: VecDeque<DayBatch>,
    /// Also those that are being written.
    waiting_bytes: usize,
    /// How many lines were left out since nothing can be written.
    missing: usize,
    /// No more lines come.
    finished: bool,
    /// All that can be written is.
    done: bool,
}

/// Whole lines for the file of one day.
#[derive(Debug)]
struct DayBatch {
    day: Date,
    lines: String,
}

impl LogWriter {
    /// Starts to keep what happens, in files of `folder`. `report` gets the words for the person
    /// when writing fails, and when it works again.
    pub fn start(folder: PathBuf, report: impl Fn(String) + Send + 'static) -> io::Result<Self> {
        let taste = DisplaySettings {
            time: String::new(),
            ..DisplaySettings::default()
        };
        let zone = TimeZone::system();
        let log = Self {
            renderer: Renderer::new(false, Verbosity::Normal, zone.clone(), taste),
            shared: Arc::new((
                Mutex::new(LogQueue {
                    last: (0, files::day_of(0, &zone)),
                    zone,
                    waiting: VecDeque::new(),
                    waiting_bytes: 0,
                    missing: 0,
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

    /// Keeps an event with what the server said beside it. `now` is when it came, in Unix
    /// seconds, and `shown` the time it is shown with. Nothing is written before this returns.
    pub fn append(&self, event: &Event, stamp: &MessageTags, shown: i64, now: i64) {
        if let Some(record) = record_of(event, shown, stamp, &self.renderer) {
            let is_news = self.lock().push(&record, now);
            if is_news {
                self.shared.1.notify_all();
            }
        }
    }

    /// Writes what waits, as far as the disk takes it in a short time.
    pub fn finish(&self) {
        let mut state = self.lock();
        state.finished = true;
        self.shared.1.notify_all();
        let unfinished = |state: &mut LogQueue| !state.done;
        // When it takes longer, there is nobody to tell any more.
        let _ = self
            .shared
            .1
            .wait_timeout_while(state, FINISH_MAX, unfinished);
    }

    /// Writes until the end.
    fn write_all(&self, folder: &Path, report: &impl Fn(String)) {
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
                        let (at, error) = (folder.display(), os_error_text(&error));
                        report(format!("the log in {at} cannot be written: {error}"));
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

    /// Waits for lines, and takes those of one day; `None` at the end.
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

    /// Puts back what was not written, and rests. Whether it is the end.
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

    /// What there is to say when writing works again, to the person and in the log.
    fn recovered(&self, day: Date) -> String {
        let mut state = self.lock();
        let mut words = "the log is written again".to_owned();
        let missing = std::mem::take(&mut state.missing);
        if missing > 0 {
            // Writing to a string cannot fail.
            let _ = write!(words, "; {missing} lines are missing in it");
            let record = Record::note(&words, state.last.0);
            state.waiting.push_front(DayBatch {
                day,
                lines: record.line(),
            });
            state.waiting_bytes += record.line().len();
        }
        words
    }

    fn lock(&self) -> MutexGuard<'_, LogQueue> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogQueue {
    /// Puts a record behind those that wait. Whether the writer is to know of it now.
    fn push(&mut self, record: &Record, now: i64) -> bool {
        if self.waiting_bytes > WAITING_BYTES_MAX {
            self.missing += 1;
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

/// Writes a batch. An error comes with the beginning of the first line that is not written whole.
fn write(
    file: &mut Option<(Date, File)>,
    folder: &Path,
    batch: &DayBatch,
) -> Result<(), (io::Error, usize)> {
    let mut written = 0;
    let result = write_from(file, folder, batch, &mut written);
    result.map_err(|error| {
        // It is opened anew: the folder may be another one by then.
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

/// The file of a day, to be written at its end by its owner alone.
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

/// Whether somebody has left a part of a line at the end. Another session that is writing at this
/// very moment can look like that; then an empty line comes between its lines and these.
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
    use crate::client::event::MessageKind;

    /// How long anything may take.
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

    /// A log in this folder, and what it tells the person.
    fn log_in(folder: &Path) -> (LogWriter, mpsc::Receiver<String>) {
        let (told, words) = mpsc::channel();
        let report = move |words| told.send(words).unwrap_or_default();
        (LogWriter::start(folder.to_owned(), report).unwrap(), words)
    }

    fn append(log: &LogWriter, text: &str, now: i64) {
        log.append(&said(text), &MessageTags::default(), now, now);
    }

    /// The texts in all files of a folder, in order, and how many lines are no records.
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
        let (log, _words) = log_in(&folder);
        append(&log, "one", 2 * DAY);
        append(&log, "two", 2 * DAY + 1);
        append(&log, "three", 4 * DAY);
        log.finish();
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
    fn a_part_of_a_line_is_closed_before_more_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let day = files::day_of(0, &TimeZone::system());
        let file = files::file_of(folder.path(), day);
        fs::write(&file, "{\"kind\":\"mess").unwrap();
        let (log, _words) = log_in(folder.path());
        append(&log, "whole", 0);
        log.finish();
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
                    log.finish();
                });
            }
        });
        let (texts, wrong) = texts(folder.path());
        assert_eq!((texts.len(), wrong), (1_000, 0));
    }

    #[test]
    fn what_cannot_be_written_is_told_once_and_written_later_once_and_in_order() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("log");
        fs::write(&folder, "in the way").unwrap();
        let (log, words) = log_in(&folder);
        append(&log, "one", 0);
        let told = words.recv_timeout(PATIENCE).unwrap();
        assert!(told.contains("cannot be written: "), "{told}");
        append(&log, "two", 0);
        fs::remove_file(&folder).unwrap();
        let told = words.recv_timeout(PATIENCE).unwrap();
        assert_eq!(told, "the log is written again");
        append(&log, "three", 0);
        log.finish();
        assert!(words.try_recv().is_err());
        let expected = ["one", "two", "three"].map(str::to_owned).to_vec();
        assert_eq!(texts(&folder), (expected, 0));
    }

    #[test]
    fn a_full_disk_is_told_and_the_log_goes_on_when_it_has_room() {
        let folder = tempfile::tempdir().unwrap();
        let file = files::file_of(folder.path(), files::day_of(0, &TimeZone::system()));
        symlink("/dev/full", &file).unwrap();
        let (log, words) = log_in(folder.path());
        append(&log, "one", 0);
        let told = words.recv_timeout(PATIENCE).unwrap();
        assert!(told.ends_with("no space left on device"), "{told}");
        // More than may wait, by some lines.
        let long = "x".repeat(WAITING_BYTES_MAX / 8);
        for _ in 0..12 {
            append(&log, &long, 0);
        }
        fs::remove_file(&file).unwrap();
        let told = words.recv_timeout(PATIENCE).unwrap();
        assert!(told.contains("; 4 lines are missing in it"), "{told}");
        log.finish();
        let (texts, wrong) = texts(folder.path());
        let whole = texts.iter().filter(|text| **text == long).count();
        assert_eq!((texts[0].as_str(), whole, wrong), ("one", 8, 0));
        assert_eq!(texts.iter().filter(|text| **text == told).count(), 1);
    }
}
