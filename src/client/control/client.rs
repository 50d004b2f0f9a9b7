//! The side of `chatroom ctl`: finds a running session, asks, and prints.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Ask, ERROR, OK};
use crate::client::app::error::Failure;
use crate::client::event::json::Record;
use crate::client::session::Incomplete;
use crate::client::terminal::stderr;
use crate::client::view::Renderer;
use crate::common::sanitize::sanitize;

/// How long a session may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A session that is running.
#[derive(Debug)]
pub(in crate::client) struct Running {
    /// The number of its process.
    pub(in crate::client) number: u32,
    /// The connection to it.
    pub(in crate::client) stream: UnixStream,
    path: PathBuf,
}

/// All sessions that are running, the one that was started last first.
pub(in crate::client) fn running(folder: &Path) -> Vec<Running> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut sockets: Vec<_> = entries
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "socket"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    sockets.sort();
    let newest_first = sockets.into_iter().rev();
    newest_first.filter_map(|(_, path)| connect(path)).collect()
}

fn connect(path: PathBuf) -> Option<Running> {
    let connected = UnixStream::connect(&path);
    if let Err(error) = &connected
        && error.kind() == io::ErrorKind::ConnectionRefused
    {
        // What a session left behind that was killed.
        let _ = fs::remove_file(&path);
    }
    Some(Running {
        number: path.file_stem()?.to_str()?.parse().ok()?,
        stream: connected.ok()?,
        path,
    })
}

impl Running {
    /// Where it is, as whom, and the room it talks in, as far as it says.
    pub(in crate::client) fn place(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Ok(stream) = UnixStream::connect(&self.path) {
            // A session that does not answer is one of which nothing is known.
            let _ = ask(&stream, &Ask::Where, None, |line| {
                words.push(line.to_owned());
                Ok(())
            });
        }
        words
    }
}

/// Asks, and gives each line of the answer to `print` until the end, or until `limit` is over
/// where the answer has no end.
pub(in crate::client) fn ask(
    session: &UnixStream,
    ask: &Ask,
    limit: Option<Duration>,
    mut print: impl FnMut(&str) -> io::Result<()>,
) -> Result<(), Failure> {
    let gone = |words: &str| {
        let (words, report) = (words.to_owned(), None);
        Failure::Short(Incomplete::ServerGone { words, report })
    };
    let asked = ask.to_string();
    if asked.contains(['\n', '\r', '\0']) {
        return Err(Failure::Usage("this cannot be sent in a line".to_owned()));
    }
    let timeout = match ask {
        Ask::Tail => limit,
        _ => Some(PATIENCE),
    };
    let written = session
        .set_read_timeout(timeout)
        .and_then(|()| writeln!(&*session, "{asked}"));
    written.map_err(|_| gone("the session does not listen"))?;
    let mut lines = BufReader::new(session).lines();
    match lines.next() {
        Some(Ok(line)) if line == OK => {}
        Some(Ok(line)) => {
            let words = line.strip_prefix(ERROR).unwrap_or(&line);
            stderr::report(words);
            return Err(Failure::Short(Incomplete::LinesRefused));
        }
        _ => return Err(gone("the session does not answer")),
    }
    for line in lines {
        match line {
            Ok(line) => print(&line).map_err(Failure::Output)?,
            Err(error) => match (error.kind(), limit) {
                (io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut, Some(limit)) => {
                    let report = None;
                    return Err(Failure::Short(Incomplete::TimeIsUp { limit, report }));
                }
                _ => return Err(gone("the session broke off")),
            },
        }
    }
    match ask {
        Ask::Tail => Err(gone("the session has ended")),
        _ => Ok(()),
    }
}

/// Prints a line of an answer: a record as it is shown anywhere, where a look is given. A reader
/// that has seen enough ends the program quietly.
pub(in crate::client) fn print(line: &str, look: Option<&Renderer>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let lines = match (look, Record::read(line)) {
        (Some(look), Some(record)) => look.lines(&record.event(), record.unix_seconds(), None),
        _ => format!("{}\n", sanitize(line)),
    };
    out.write_all(lines.as_bytes())?;
    out.flush()
}
