//! The log on standard error: one line for each event, as text or as JSON.
//!
//! A thread of its own writes, and the event loop never waits for it: a stopped terminal, a pipe
//! without a reader or a full disk costs lines of the log and delays no client.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{Level, warn};
use tracing_subscriber::fmt;

use crate::server::config::options::LogFormat;

/// How many lines may wait to be written; what comes then is left out, and counted.
const WAITING_LINES_MAX: usize = 4096;
/// How long the end of the program waits for lines that are not written yet.
const FINISH_MAX: Duration = Duration::from_millis(500);

/// The log of the whole process, until it is dropped.
pub(super) struct LogGuard {
    lines: LineSink,
    writer: Option<JoinHandle<()>>,
}

/// Begins to log for the whole process.
pub(super) fn start(format: LogFormat, level: Level) -> io::Result<LogGuard> {
    let (queue, waiting) = sync_channel(WAITING_LINES_MAX);
    let missing = Arc::new(AtomicUsize::new(0));
    let lines = LineSink { queue, missing };
    let missing = lines.missing.clone();
    let writer = thread::Builder::new().name("log".to_owned());
    let writer = writer.spawn(move || write_all(&waiting, &missing))?;
    let output = lines.clone();
    let log = fmt().with_max_level(level).with_target(false);
    let log = log.with_writer(move || output.clone());
    // It fails only when this process logs already, and then that goes on.
    let _ = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    let writer = Some(writer);
    Ok(LogGuard { lines, writer })
}

impl Drop for LogGuard {
    /// Waits, though not for long, until what was logged is written.
    fn drop(&mut self) {
        let (done, written) = sync_channel(0);
        if self.lines.queue.try_send(LogItem::End(done)).is_ok()
            && written.recv_timeout(FINISH_MAX).is_ok()
            && let Some(writer) = self.writer.take()
        {
            // It has nothing left to do but to end.
            let _ = writer.join();
        }
    }
}

enum LogItem {
    Line(Vec<u8>),
    /// The last entry: after all others are written, the receiver of this channel is notified.
    End(SyncSender<()>),
}

/// Where lines go to be written: each write is a whole line.
#[derive(Clone)]
struct LineSink {
    queue: SyncSender<LogItem>,
    /// How many were left out since the last one that was written.
    missing: Arc<AtomicUsize>,
}

impl Write for LineSink {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(LogItem::Line(line.to_vec())).is_err() {
            self.missing.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(waiting: &Receiver<LogItem>, missing: &AtomicUsize) {
    for entry in waiting {
        match entry {
            // What cannot be written is lost: there is no other place to tell it.
            LogItem::Line(line) => {
                if io::stderr().write_all(&line).is_err() {
                    continue;
                }
                match missing.swap(0, Ordering::Relaxed) {
                    0 => {}
                    lines => warn!(lines, "log lines were dropped"),
                }
            }
            LogItem::End(done) => return done.send(()).unwrap_or_default(),
        }
    }
}
