//! The side of `chatroom ctl`: finds the running sessions and sends a request to one.

use std::fmt;
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{ControlRequest, ERROR, OK};
use crate::common::io_error::os_error_text;

/// How long a session may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a request to a session failed.
#[derive(Debug)]
pub enum ControlError {
    /// The line contains a line ending or a NUL.
    InvalidLine,
    /// The session refused the request, with this message.
    Refused(String),
    /// The session does not read requests.
    NotListening,
    /// The session does not answer.
    NoAnswer,
    /// The connection broke before the end of the answer.
    Interrupted,
    /// The session has ended.
    Ended,
    /// The time limit was reached.
    TimedOut(Duration),
    /// The answer cannot be printed.
    Output(io::Error),
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidLine => f.write_str("The text must be a single line."),
            Self::Refused(message) => f.write_str(message),
            Self::NotListening => f.write_str("The session does not accept requests."),
            Self::NoAnswer => f.write_str("The session does not answer."),
            Self::Interrupted => f.write_str("The session closed the connection."),
            Self::Ended => f.write_str("The session has ended."),
            Self::TimedOut(limit) => write!(f, "Gave up after {} s.", limit.as_secs_f64()),
            Self::Output(error) => write!(f, "Cannot write the output: {}", os_error_text(error)),
        }
    }
}

impl std::error::Error for ControlError {}

/// A running session.
#[derive(Debug)]
pub(in crate::client) struct RunningSession {
    /// The id of its process.
    pub(in crate::client) number: u32,
    /// A connection to it.
    pub(in crate::client) stream: UnixStream,
    path: PathBuf,
}

impl RunningSession {
    /// The location of the user on each of its networks, the active one first, or nothing if it
    /// does not answer.
    pub(in crate::client) fn locations(&self) -> Vec<SessionLocation> {
        let mut locations = Vec::new();
        if let Ok(stream) = UnixStream::connect(&self.path) {
            // A session that does not answer has no location to show.
            let _ = request(&stream, &ControlRequest::Where, None, |line| {
                locations.extend(SessionLocation::parse(line));
                Ok(())
            });
        }
        locations
    }
}

/// The location of the user on one network of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct SessionLocation {
    /// The name of the network.
    pub(in crate::client) network: String,
    /// The address of its server.
    pub(in crate::client) address: String,
    nick: String,
    /// Empty if there is no active room.
    room: String,
}

impl SessionLocation {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(4, '\t').map(str::to_owned);
        Some(Self {
            network: fields.next()?,
            address: fields.next()?,
            nick: fields.next()?,
            room: fields.next()?,
        })
    }
}

impl fmt::Display for SessionLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.address, self.nick)?;
        match self.room.as_str() {
            "" => Ok(()),
            room => write!(f, " {room}"),
        }
    }
}

/// The running sessions, the one that started last first.
pub(in crate::client) fn running_sessions(folder: &Path) -> Vec<RunningSession> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut sockets: Vec<_> = entries
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "socket"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    sockets.sort();
    let newest_first = sockets.into_iter().rev();
    newest_first.filter_map(|(_, path)| connect(path)).collect()
}

fn connect(path: PathBuf) -> Option<RunningSession> {
    let connected = UnixStream::connect(&path);
    if let Err(error) = &connected
        && error.kind() == io::ErrorKind::ConnectionRefused
    {
        // A killed session has left this socket.
        let _ = fs::remove_file(&path);
    }
    Some(RunningSession {
        number: path.file_stem()?.to_str()?.parse().ok()?,
        stream: connected.ok()?,
        path,
    })
}

/// Sends a request and gives each line of the answer to `print`. `limit` bounds the wait for an
/// answer without an end.
pub(in crate::client) fn request(
    session: &UnixStream,
    request: &ControlRequest,
    limit: Option<Duration>,
    mut print: impl FnMut(&str) -> io::Result<()>,
) -> Result<(), ControlError> {
    let line = request.to_string();
    if line.contains(['\n', '\r', '\0']) {
        return Err(ControlError::InvalidLine);
    }
    let timeout = match request {
        ControlRequest::Tail => limit,
        _ => Some(ANSWER_TIMEOUT),
    };
    let written = session
        .set_read_timeout(timeout)
        .and_then(|()| writeln!(&*session, "{line}"));
    written.map_err(|_| ControlError::NotListening)?;
    let mut lines = BufReader::new(session).lines();
    match lines.next() {
        Some(Ok(line)) if line == OK => {}
        Some(Ok(line)) => {
            let message = line.strip_prefix(ERROR).unwrap_or(&line);
            return Err(ControlError::Refused(message.to_owned()));
        }
        _ => return Err(ControlError::NoAnswer),
    }
    for line in lines {
        match line {
            Ok(line) => print(&line).map_err(ControlError::Output)?,
            Err(error) => match (error.kind(), limit) {
                (io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut, Some(limit)) => {
                    return Err(ControlError::TimedOut(limit));
                }
                _ => return Err(ControlError::Interrupted),
            },
        }
    }
    match request {
        ControlRequest::Tail => Err(ControlError::Ended),
        _ => Ok(()),
    }
}
