//! Why the program did not do what it was asked to: the exit status, and the words.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::client::config::address::Address;
use crate::client::session::Incomplete;
use crate::common::config_file::ConfigError;
use crate::common::io_error::os_error_text;

/// Why the program did not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    /// The options ask for something that cannot be.
    Usage(String),
    /// A file cannot be read.
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The name of a host leads nowhere.
    UnknownHost {
        /// The host.
        host: String,
        /// Why.
        error: io::Error,
        /// The server of the configuration that was probably meant.
        nearest: Option<String>,
    },
    /// Nobody answers at the address.
    Unreachable {
        /// The address.
        address: Address,
        /// Why.
        error: io::Error,
    },
    /// Nobody answers at the address, and this program cannot host the room there either.
    CannotHost {
        /// The address.
        address: Address,
        /// Why it cannot.
        error: io::Error,
    },
    /// The conversation came to less than was wanted.
    Short(Incomplete),
    /// No running session can be used by other programs.
    NoSession,
    /// None of them is the one that was named.
    NoSuchSession(String),
    /// There is no log to show; the words say what there is instead.
    NoLog(String),
    /// The program itself failed.
    Internal,
    /// The terminal or the pipe cannot be used.
    Output(io::Error),
    /// The configuration is wrong.
    Config(ConfigError),
    /// A signal ended the program in good order.
    Signal(i32),
}

impl From<Incomplete> for Failure {
    fn from(shortfall: Incomplete) -> Self {
        Self::Short(shortfall)
    }
}

impl Failure {
    /// The exit status, after sysexits(3).
    pub fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::Short(shortfall) => match shortfall {
                Incomplete::LinesRefused => 65,
                Incomplete::ServerGone { .. } => 69,
                Incomplete::TimeIsUp { .. } => 75,
                Incomplete::ProtocolBroken { .. } => 76,
                Incomplete::NickRefused { .. } | Incomplete::EntryRefused { .. } => 77,
            },
            Self::Unreadable { .. } | Self::NoLog(_) => 66,
            Self::Config(error) => error.exit_status(),
            Self::UnknownHost { .. } => 68,
            Self::Unreachable { .. }
            | Self::CannotHost { .. }
            | Self::NoSession
            | Self::NoSuchSession(_) => 69,
            Self::Internal => 70,
            Self::Output(_) => 74,
            // As a shell tells that a signal ended a program.
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }

    /// Nothing, when it is only that the reader of the output has seen enough.
    pub(super) fn unless_seen_enough(self) -> Result<(), Self> {
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => Err(other),
        }
    }

    /// Whether there is still something to say about it.
    pub fn is_silent(&self) -> bool {
        matches!(
            self,
            Self::Short(Incomplete::LinesRefused) | Self::Signal(_)
        )
    }
}

/// In words, some of which can be those of a server: whoever prints them makes them safe.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(words) | Self::NoLog(words) => f.write_str(words),
            Self::Unreadable { file, error } => {
                write!(
                    f,
                    "cannot read {}: {}",
                    file.display(),
                    os_error_text(error)
                )
            }
            Self::UnknownHost {
                host,
                error,
                nearest,
            } => {
                // The system's words begin with what it was doing.
                let words = os_error_text(error);
                let why = words.rsplit(": ").next().unwrap_or_default();
                write!(f, "unknown host {host} ({why})")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => Ok(()),
                }
            }
            Self::Unreachable { address, error } => write!(
                f,
                "no server answers on {address} ({}); is chatroomd running there?",
                os_error_text(error)
            ),
            Self::CannotHost { address, error } => write!(
                f,
                "no server answers on {address}, and this one cannot host the room there ({})",
                os_error_text(error)
            ),
            Self::Short(shortfall) => shortfall.fmt(f),
            Self::NoSession => {
                f.write_str("no session is running that has control = true in its configuration")
            }
            Self::NoSuchSession(which) => write!(
                f,
                "no session is running that is {which:?}; chatroom ctl sessions lists them"
            ),
            Self::Internal => f.write_str("internal error; please report it"),
            Self::Output(error) => {
                write!(f, "cannot write what arrives: {}", os_error_text(error))
            }
            Self::Config(error) => error.fmt(f),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
        }
    }
}

impl std::error::Error for Failure {}
