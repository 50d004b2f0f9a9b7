//! Errors of the client: one type for all its parts, with the exit status and the message.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::client::config::address::{Address, InvalidAddress};
use crate::client::config::credentials::CredentialError;
use crate::client::config::mistyped_command::MistypedCommand;
use crate::client::config::resolve::ResolveError;
use crate::client::config::validate::ConfigProblem;
use crate::client::control::client::ControlError;
use crate::client::net::dial::ConnectError;
use crate::client::session::Incomplete;
use crate::client::terminal::stderr;
use crate::client::ui::script::InvalidMessage;
use crate::common::config_file::ConfigError;
use crate::common::io_error::os_error_text;
use crate::common::sentence::end_sentence;

/// Why the client failed.
#[derive(Debug)]
pub enum ClientError {
    /// The configuration file is wrong or cannot be read.
    Config(ConfigError<ConfigProblem>),
    /// The options or the configuration name no server to connect to.
    Resolve(ResolveError),
    /// One of several servers is probably a mistyped command.
    MistypedCommand(MistypedCommand),
    /// The message of `ask` or `msg` is not valid.
    Message(InvalidMessage),
    /// `log = true`, but there is no folder for the log.
    NoStateFolder,
    /// There is no folder for the certificates of the user.
    NoConfigFolder,
    /// A certificate is useless to a build without TLS.
    NoTls,
    /// A certificate of the user cannot be made.
    Certificate {
        /// Its file.
        file: PathBuf,
        /// The I/O error.
        error: io::Error,
    },
    /// `--format raw` with this source of events, which has no lines of the protocol.
    NoProtocolLines(&'static str),
    /// A part of the log cannot be read.
    UnreadableLog {
        /// The file or folder.
        file: PathBuf,
        /// The I/O error.
        error: io::Error,
    },
    /// There is no log of this server.
    NoLog {
        /// The server.
        server: String,
        /// The servers that have a log.
        others: Vec<String>,
        /// The configuration file in which to set `log = true`, if it is not set.
        config_file: Option<PathBuf>,
    },
    /// The connection failed.
    Connect(ConnectError),
    /// No server answers, and hosting the room failed.
    CannotHost {
        /// The address.
        address: Address,
        /// The I/O error.
        error: io::Error,
    },
    /// The session ended before everything was done.
    Session(Box<Incomplete>),
    /// A running session did not do what was requested.
    Control(ControlError),
    /// No running session has a control socket.
    NoSession,
    /// No running session has this number or server.
    NoSuchSession(String),
    /// A thread of the program panicked.
    Internal,
    /// The terminal or the output cannot be used.
    Output(io::Error),
    /// A signal ended the program cleanly.
    Signal(i32),
}

impl ClientError {
    /// The exit status, as in sysexits(3).
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Resolve(ResolveError::Credential(CredentialError::Unreadable { .. })) => 66,
            Self::Resolve(_)
            | Self::MistypedCommand(_)
            | Self::Message(_)
            | Self::NoProtocolLines(_) => 64,
            Self::NoStateFolder | Self::NoConfigFolder | Self::NoTls => 64,
            Self::Certificate { .. } => 73,
            Self::UnreadableLog { .. } | Self::NoLog { .. } => 66,
            Self::Config(error) => error.exit_status(),
            Self::Connect(ConnectError::UnknownHost { .. }) => 68,
            Self::Connect(
                ConnectError::Unreachable { .. }
                | ConnectError::OnlyEncrypted { .. }
                | ConnectError::Proxy { .. },
            )
            | Self::CannotHost { .. }
            | Self::NoSession
            | Self::NoSuchSession(_) => 69,
            Self::Session(incomplete) => match incomplete.cause() {
                // `cause` gives what was reported.
                Incomplete::LinesRefused | Incomplete::Reported(_) => 65,
                Incomplete::ServerGone { .. } => 69,
                Incomplete::TimeIsUp { .. } => 75,
                Incomplete::ProtocolBroken { .. }
                | Incomplete::NotSecure { .. }
                | Incomplete::AccountsUnknown => 76,
                Incomplete::NickRefused { .. }
                | Incomplete::RegistrationRefused { .. }
                | Incomplete::NotLoggedIn { .. }
                | Incomplete::RoomNotEntered { .. } => 77,
            },
            Self::Control(error) => match error {
                ControlError::InvalidLine => 64,
                ControlError::Refused(_) => 65,
                ControlError::NotListening
                | ControlError::NoAnswer
                | ControlError::Interrupted
                | ControlError::Ended => 69,
                ControlError::Output(_) => 74,
                ControlError::TimedOut(_) => 75,
            },
            Self::Internal => 70,
            Self::Output(_) => 74,
            // The convention of shells for a program that a signal ended.
            Self::Signal(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
        }
    }

    /// Prints the message to standard error, and gives the exit status.
    pub fn report(&self) -> u8 {
        if !self.is_silent() {
            stderr::report(&self.to_string());
        }
        self.exit_status()
    }

    /// Whether everything was already reported.
    fn is_silent(&self) -> bool {
        match self {
            Self::Session(incomplete) => matches!(
                **incomplete,
                Incomplete::LinesRefused | Incomplete::Reported(_)
            ),
            Self::Signal(_) => true,
            _ => false,
        }
    }

    /// Success instead of an error when the reader of the output has closed the pipe, as `head`
    /// does.
    pub(super) fn ignore_broken_pipe(self) -> Result<(), Self> {
        match self {
            Self::Output(error) | Self::Control(ControlError::Output(error))
                if error.kind() == io::ErrorKind::BrokenPipe =>
            {
                Ok(())
            }
            other => Err(other),
        }
    }
}

/// The message. It can quote a server, so it is sanitized where it is printed.
impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = fmt::from_fn(|f| self.write_text(f)).to_string();
        f.write_str(&end_sentence(text))
    }
}

impl ClientError {
    /// Writes the sentences; the last one may have no full stop.
    fn write_text(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => write!(f, "{error}"),
            Self::Resolve(error) => write!(f, "{error}"),
            Self::MistypedCommand(error) => write!(f, "{error}"),
            Self::Message(error) => write!(f, "{error}"),
            Self::NoStateFolder => f.write_str(
                "There is no folder for the log, which log = true needs. Set HOME or \
                     XDG_STATE_HOME.",
            ),
            Self::NoConfigFolder => {
                f.write_str("There is no folder for certificates. Set HOME or XDG_CONFIG_HOME.")
            }
            Self::NoTls => f.write_str(
                "This build of chatroom has no TLS. Build it with the Cargo feature tls, or make \
                 the certificate with openssl.",
            ),
            Self::Certificate { file, error } if error.kind() == io::ErrorKind::AlreadyExists => {
                let file = file.display();
                write!(
                    f,
                    "{file} exists already, and is left as it is. Choose another name."
                )
            }
            Self::Certificate { file, error } => {
                let error = os_error_text(error);
                write!(f, "Cannot make {}: {error}", file.display())
            }
            Self::NoProtocolLines(source) => write!(
                f,
                "{source} has no lines of the protocol. Use --format plain or \
                 --format json."
            ),
            Self::UnreadableLog { file, error } => {
                write!(
                    f,
                    "Cannot read {}: {}",
                    file.display(),
                    os_error_text(error)
                )
            }
            Self::NoLog {
                server,
                others,
                config_file,
            } => {
                write!(f, "There is no log of {server}")?;
                if !others.is_empty() {
                    write!(f, ". There are logs of {}", others.join(", "))?;
                }
                match config_file {
                    Some(file) => write!(f, ". Set log = true in {} to keep one", file.display()),
                    None => Ok(()),
                }
            }
            Self::Connect(error) => write!(f, "{error}"),
            Self::CannotHost { address, error } => write!(
                f,
                "No server answers on {address}, and hosting the room there failed: {}",
                os_error_text(error)
            ),
            Self::Session(incomplete) => write!(f, "{incomplete}"),
            Self::Control(error) => write!(f, "{error}"),
            Self::NoSession => f.write_str(
                "No session with control = true is running. Set it in the configuration file and \
                     start chatroom.",
            ),
            Self::NoSuchSession(which) => write!(
                f,
                "There is no running session {which:?}. chatroom ctl sessions lists them."
            ),
            Self::Internal => f.write_str("Internal error. Please report it."),
            Self::Output(error) => write!(f, "Cannot write the output: {}", os_error_text(error)),
            Self::Signal(signal) => write!(f, "Ended by signal {signal}."),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<Incomplete> for ClientError {
    fn from(incomplete: Incomplete) -> Self {
        Self::Session(Box::new(incomplete))
    }
}

impl From<ResolveError> for ClientError {
    fn from(error: ResolveError) -> Self {
        Self::Resolve(error)
    }
}

impl From<InvalidAddress> for ClientError {
    fn from(error: InvalidAddress) -> Self {
        Self::Resolve(ResolveError::Address(error))
    }
}

impl From<ConnectError> for ClientError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<ControlError> for ClientError {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}
