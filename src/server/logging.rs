//! The log on standard error: one line for each event, as text or as JSON. The actions of operators go
//! to the audit log as well, a file with a JSON object on each line.
//!
//! A separate thread writes it, and the event loop never waits for that thread: a stopped terminal,
//! a full pipe or a full disk costs lines of the log only.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{Level, warn};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{Layer, Registry, fmt, registry};

use crate::server::config::options::LogFormat;
use crate::server::error::ServerError;

/// The most lines that wait to be written; more are dropped, and counted.
const WAITING_LINES_MAX: usize = 4096;
/// The target of the events for the audit log; the hub gives it to them.
const AUDIT_TARGET: &str = "audit";
/// How long the program waits at its end for lines that are not written.
const FINISH_MAX: Duration = Duration::from_millis(500);

/// Keeps the log of the process running; dropping it ends the log.
pub(super) struct LogGuard {
    lines: LineSink,
    writer: Option<JoinHandle<()>>,
}

/// Starts the log of the process.
pub(super) fn start(
    format: LogFormat,
    level: Level,
    audit: Option<&Path>,
) -> Result<(LogGuard, Option<LogGuard>), ServerError> {
    let guard = LogGuard::start("log", |line| io::stderr().write_all(line))?;
    let output = guard.lines.clone();
    let Some(path) = audit else {
        let log = fmt().with_max_level(level).with_target(false);
        let log = log.with_writer(move || output.clone());
        // It fails only if this process has a log already, which then goes on.
        let _ = match format {
            LogFormat::Text => log.with_ansi(false).try_init(),
            LogFormat::Json => log.json().try_init(),
        };
        return Ok((guard, None));
    };
    let path = path.to_owned();
    open_audit(&path).map_err(|error| ServerError::AuditLog(path.clone(), error))?;
    // It is opened for each line, so that it can be renamed at any time.
    let write = move |line: &[u8]| open_audit(&path)?.write_all(line);
    let audit = LogGuard::start("audit", write)?;
    let audit_output = audit.lines.clone();
    let log = layer()
        .with_target(false)
        .with_writer(move || output.clone());
    let log: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => log.with_ansi(false).boxed(),
        LogFormat::Json => log.json().boxed(),
    };
    let audit_only = filter_fn(|metadata| metadata.target() == AUDIT_TARGET);
    let audit_only = audit_only.with_max_level_hint(Level::INFO);
    let audit_layer = layer()
        .json()
        .flatten_event(true)
        .with_level(false)
        .with_target(false)
        .with_writer(move || audit_output.clone())
        .with_filter(audit_only);
    let log = log.with_filter(LevelFilter::from_level(level));
    let _ = registry().with(log).with(audit_layer).try_init();
    Ok((guard, Some(audit)))
}

/// Opens the audit log, which only this user can read.
fn open_audit(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(0o600).open(path)
}

impl LogGuard {
    /// Starts a thread of this name that writes lines.
    fn start(
        name: &str,
        write: impl FnMut(&[u8]) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let (queue, waiting) = sync_channel(WAITING_LINES_MAX);
        let missing = Arc::new(AtomicUsize::new(0));
        let lines = LineSink { queue, missing };
        let missing = lines.missing.clone();
        let writer = thread::Builder::new().name(name.to_owned());
        let writer = writer.spawn(move || write_all(&waiting, &missing, write))?;
        let writer = Some(writer);
        Ok(Self { lines, writer })
    }
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

fn write_all(
    waiting: &Receiver<LogItem>,
    missing: &AtomicUsize,
    mut write: impl FnMut(&[u8]) -> io::Result<()>,
) {
    for entry in waiting {
        match entry {
            // A line that cannot be written is lost: there is no other place for it.
            LogItem::Line(line) => {
                if write(&line).is_err() {
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
