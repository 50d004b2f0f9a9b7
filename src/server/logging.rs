//! The log on standard error: one line for each event, as text or as JSON.
//!
//! A separate thread writes it, and the event loop never waits for that thread: a stopped terminal,
//! a full pipe or a full disk costs lines of the log only.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{Level, warn};
use tracing_subscriber::fmt;

use crate::server::config::options::LogFormat;

/// The most lines that wait to be written; more are dropped, and counted.
const WAITING_LINES_MAX: usize = 4096;
/// How long the program waits at its end for lines that are not written.
const FINISH_MAX: Duration = Duration::from_millis(500);

/// Keeps the log of the process running; dropping it ends the log.
pub(super) struct LogGuard {
    lines: LineSink,
    writer: Option<JoinHandle<()>>,
}

/// Starts the log of the process.
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
    // It fails only if this process has a log already, which then goes on.
    let _ = match format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    let writer = Some(writer);
    Ok(LogGuard { lines, writer })
}

impl Drop for LogGuard {
    /// Waits for a limited time until the log is written.
    fn drop(&mut self) {
        let (done, written) = sync_channel(0);
        if self.lines.queue.try_send(LogItem::End(done)).is_ok()
            && written.recv_timeout(FINISH_MAX).is_ok()
            && let Some(writer) = self.writer.take()
        {
            // The thread has received the end and returns.
            let _ = writer.join();
        }
    }
}

enum LogItem {
    Line(Vec<u8>),
    /// The last item. The answer on the channel means that all items before it are written.
    End(SyncSender<()>),
}

/// The queue of lines; each write is a whole line.
#[derive(Clone)]
struct LineSink {
    queue: SyncSender<LogItem>,
    /// Lines dropped since the last line that was written.
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
            // A line that cannot be written is lost: there is no other place for it.
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
