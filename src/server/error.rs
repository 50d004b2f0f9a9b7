//! Errors that end the server or prevent its start, with the message and the exit status.

pub(in crate::server) mod invalid_value;

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::common::config_file::ConfigError;
use crate::common::io_error::os_error_text;
use crate::common::sentence::end_sentence;
use crate::common::shared_error::SharedError;
use crate::server::hub::account::AccountProblem;
use crate::server::hub::ban::BanProblem;
use crate::server::hub::registered_room::RoomProblem;
use crate::server::hub::stored::StoreFailure;
use invalid_value::FileMistake;

/// Why the server cannot start, or stopped.
#[derive(Debug)]
pub enum ServerError {
    /// The configuration file, or a file that it names, is missing or invalid.
    Config(ConfigError<FileMistake>),
    /// Two addresses to listen on, from the command line or the environment, are equal or one
    /// includes the other.
    OverlappingAddresses(SocketAddr, SocketAddr),
    /// The server cannot listen on an address.
    CannotListen {
        /// Which address.
        address: SocketAddr,
        /// The error of the operating system.
        error: io::Error,
    },
    /// The server cannot listen on a path.
    CannotListenAt {
        /// Which path.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// A certificate or its key cannot be used.
    Certificate {
        /// The file.
        file: PathBuf,
        /// The problem.
        problem: CertificateProblem,
    },
    /// Encrypted connections are configured without a certificate.
    NoCertificate,
    /// Encrypted connections are configured, and this build has no TLS.
    NoTls,
    /// WebSocket connections are configured, and this build has none.
    NoWebSocket,
    /// The store cannot be opened, or has failed.
    Store {
        /// Its folder.
        folder: PathBuf,
        /// The problem.
        problem: StoreProblem,
    },
    /// A store is configured, and this build has none.
    NoStore,
    /// Accounts are configured without a store, which keeps them.
    AccountsWithoutStore,
    /// There is no folder for the certificate that the server makes for itself.
    NoFolder,
    /// The audit log cannot be written.
    AuditLog(PathBuf, io::Error),
    /// The log to import, a file or standard input, cannot be read.
    Input(Option<PathBuf>, io::Error),
    /// Standard output cannot be written.
    Output(io::Error),
    /// `hash-password` or `account` got no password.
    Password(io::Error),
    /// Any other I/O error: of the event loop, a thread or a signal handler.
    System(io::Error),
}

impl ServerError {
    /// The exit status of this error, from sysexits(3).
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Config(error) => error.exit_status(),
            Self::OverlappingAddresses(..) => 64,
            Self::Certificate { .. } | Self::NoCertificate | Self::NoTls | Self::NoFolder => 78,
            Self::Store { problem, .. } => problem.exit_status(),
            Self::NoStore | Self::AccountsWithoutStore | Self::NoWebSocket => 78,
            Self::CannotListen { .. } | Self::CannotListenAt { .. } => 69,
            Self::AuditLog(..) => 73,
            Self::Output(_) => 74,
            Self::Input(..) | Self::Password(_) => 66,
            Self::System(_) => 71,
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = fmt::from_fn(|f| self.write_text(f)).to_string();
        f.write_str(&end_sentence(text))
    }
}

impl ServerError {
    /// Writes the sentences; the last one may have no full stop.
    fn write_text(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => write!(f, "{error}"),
            Self::OverlappingAddresses(one, other) if one == other => {
                write!(f, "The address {one} is given twice. Remove one of them.")
            }
            Self::OverlappingAddresses(one, other) => {
                write!(
                    f,
                    "The addresses {one} and {other} overlap. Remove one of them."
                )
            }
            Self::CannotListen { address, error } => {
                write!(f, "Cannot listen on {address}: ")?;
                match error.kind() {
                    io::ErrorKind::AddrInUse => f.write_str(
                        "the address is in use; \
                         stop the other program or choose another with --listen",
                    ),
                    io::ErrorKind::AddrNotAvailable => {
                        f.write_str("this machine does not have that address")
                    }
                    io::ErrorKind::PermissionDenied => {
                        f.write_str("ports below 1024 are reserved; choose another with --listen")
                    }
                    _ => f.write_str(&os_error_text(error)),
                }
            }
            Self::CannotListenAt { path, error } => {
                write!(f, "Cannot listen on {}: ", path.display())?;
                match error.kind() {
                    io::ErrorKind::AddrInUse => f.write_str(
                        "another program uses it, or it is not a socket; stop the program, remove \
                         the file, or choose another path",
                    ),
                    // A path that does not fit into the address of a socket. unix(7).
                    io::ErrorKind::InvalidInput => {
                        f.write_str("the path is too long; choose one of at most 100 bytes")
                    }
                    _ => f.write_str(&os_error_text(error)),
                }
            }
            Self::Certificate { file, problem } => write!(f, "{}: {problem}", file.display()),
            Self::NoCertificate => f.write_str(
                "[tls] needs certificate and key, or self-signed = true (--tls-self-signed).",
            ),
            Self::NoTls => f.write_str(
                "This build of chatroomd has no TLS. Build it with the Cargo feature tls, or remove \
                 the TLS options.",
            ),
            Self::NoWebSocket => f.write_str(
                "This build of chatroomd has no WebSocket connections. Build it with the Cargo \
                 feature websocket, or remove the WebSocket options.",
            ),
            Self::Store { folder, problem } => {
                write!(f, "Store {}: {problem}", folder.display())
            }
            Self::NoStore => f.write_str(
                "This build of chatroomd cannot store messages. Build it with the Cargo feature store, \
                 or remove the store from the configuration.",
            ),
            Self::AccountsWithoutStore => f.write_str(
                "Accounts need a store to keep them in: [accounts], or an operator with an account. \
                 Add [store] or --store FOLDER.",
            ),
            Self::NoFolder => f.write_str(
                "There is no folder for the self-signed certificate. Set STATE_DIRECTORY, \
                 XDG_STATE_HOME or HOME.",
            ),
            Self::AuditLog(path, error) => {
                let (path, error) = (path.display(), os_error_text(error));
                write!(f, "Cannot write the audit log {path}: {error}.")
            }
            Self::Input(Some(file), error) => {
                write!(f, "Cannot read {}: {}", file.display(), os_error_text(error))
            }
            Self::Input(None, error) => {
                write!(f, "Cannot read standard input: {}", os_error_text(error))
            }
            Self::Output(error) => write!(f, "Cannot write to standard output: {error}"),
            Self::Password(error) => write!(f, "Cannot read or hash a password: {error}"),
            Self::System(error) => write!(f, "System error: {error}"),
        }
    }
}

impl Error for ServerError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Config(error) => Some(error),
            Self::CannotListen { error, .. }
            | Self::CannotListenAt { error, .. }
            | Self::AuditLog(_, error)
            | Self::Output(error)
            | Self::Password(error)
            | Self::System(error) => Some(error),
            Self::Certificate { problem, .. } => Some(problem),
            Self::Store { problem, .. } => Some(problem),
            _ => None,
        }
    }
}

/// Why a certificate or its key cannot be used.
#[derive(Debug)]
pub enum CertificateProblem {
    /// The file cannot be read or written.
    Io(io::Error),
    /// The file has no certificate in PEM.
    NoCertificate,
    /// The file has no private key in PEM.
    NoKey,
    /// The key is of a kind that is not supported, or does not belong to the certificate.
    Key(SharedError),
    /// The certificate cannot be read.
    Malformed,
    /// The certificate has expired.
    Expired,
    /// The certificate cannot be made.
    SelfSigned(SharedError),
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => f.write_str(&os_error_text(error)),
            Self::NoCertificate => f.write_str("there is no certificate in PEM format in it"),
            Self::NoKey => f.write_str("there is no private key in PEM format in it"),
            Self::Key(reason) => write!(f, "the key cannot be used: {reason}"),
            Self::Malformed => f.write_str("the certificate cannot be read"),
            Self::Expired => f.write_str("the certificate has expired; renew it"),
            Self::SelfSigned(reason) => write!(f, "the certificate cannot be made: {reason}"),
        }
    }
}

impl Error for CertificateProblem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Key(error) | Self::SelfSigned(error) => Some(error),
            _ => None,
        }
    }
}

/// Why a store cannot be used.
#[derive(Debug)]
pub enum StoreProblem {
    /// The folder or a file in it cannot be created, opened or written.
    Folder(io::Error),
    /// The backup cannot be written.
    Backup(io::Error),
    /// Another server uses it.
    Locked,
    /// The database is damaged.
    Damaged(StoreDamage),
    /// A newer version has written the database.
    Newer {
        /// The format of the database.
        version: usize,
        /// The newest format that this version knows.
        known: usize,
    },
    /// The database belongs to another program.
    Foreign,
    /// The newest message is so far ahead of the clock.
    ClockBehind(Duration),
    /// An account cannot be changed in this way.
    Refused(AccountProblem),
    /// A registered room cannot be changed in this way.
    RoomRefused(RoomProblem),
    /// The bans cannot be changed in this way.
    BanRefused(BanProblem),
    /// The server that uses it has refused a change, with this reason.
    RefusedByServer(String),
    /// The server that uses it does not answer.
    NoAnswer(io::Error),
    /// No server uses it.
    NoServer,
    /// Any other error of the database.
    Sqlite(SharedError),
    /// The store has failed while the server ran.
    Failed(StoreFailure),
}

/// The damage in a database.
#[derive(Debug)]
pub enum StoreDamage {
    /// There is a write-ahead log without its database.
    OrphanedLog,
    /// The file is empty.
    Empty,
    /// The tag of the store is missing.
    NoTag,
    /// The secret of the accounts is missing.
    NoSecret,
    /// This account cannot be read.
    Account(String),
    /// This registered room cannot be read.
    Room(String),
    /// This ban cannot be read.
    Ban(String),
    /// An invitation cannot be read.
    Invitation,
    /// The check of SQLite has found this.
    Fault(String),
    /// The number of faults found by the check of all lines, which has listed them.
    Faults(usize),
    /// SQLite cannot read the file.
    Sqlite(SharedError),
}

impl fmt::Display for StoreDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrphanedLog => f.write_str("there is a history.db-wal without its history.db"),
            Self::Empty => f.write_str("it is empty"),
            Self::NoTag => f.write_str("its tag is missing"),
            Self::NoSecret => f.write_str("its secret is missing"),
            Self::Account(name) => write!(f, "the account {name} cannot be read"),
            Self::Room(name) => write!(f, "the room {name} cannot be read"),
            Self::Ban(target) => write!(f, "the ban of {target} cannot be read"),
            Self::Invitation => f.write_str("an invitation cannot be read"),
            Self::Fault(fault) => f.write_str(fault),
            Self::Faults(1) => f.write_str("1 fault was found"),
            Self::Faults(count) => write!(f, "{count} faults were found"),
            Self::Sqlite(error) => error.fmt(f),
        }
    }
}

impl StoreProblem {
    /// The exit status, from sysexits(3).
    fn exit_status(&self) -> u8 {
        match self {
            Self::Damaged(_) | Self::Newer { .. } | Self::Foreign => 65,
            Self::Folder(_) | Self::Backup(_) => 73,
            Self::Sqlite(_) | Self::Failed(_) => 74,
            Self::Refused(_)
            | Self::RoomRefused(_)
            | Self::BanRefused(_)
            | Self::RefusedByServer(_) => 65,
            Self::Locked | Self::NoAnswer(_) | Self::NoServer => 75,
            Self::ClockBehind(_) => 78,
        }
    }
}

impl fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(error) => write!(f, "cannot use this folder: {}", os_error_text(error)),
            Self::Backup(error) => {
                write!(f, "cannot write the backup: {}", os_error_text(error))
            }
            Self::Locked => f.write_str(
                "another chatroomd uses this folder; stop it, or give this one another folder",
            ),
            Self::Damaged(damage) => write!(
                f,
                "history.db is damaged: {damage}. It was not changed. Put a backup in its place, or \
                 recover what is readable with `sqlite3 history.db .recover`"
            ),
            Self::Newer { version, known } => write!(
                f,
                "history.db is from a newer chatroomd (format {version}; this one reads up to \
                 {known}). It was not changed; install that version"
            ),
            Self::Foreign => f.write_str(
                "history.db was not made by chatroomd. It was not changed; choose another folder",
            ),
            Self::ClockBehind(ahead) => {
                let hours = ahead.as_secs() / 3_600;
                write!(
                    f,
                    "the newest message is {hours} hours ahead of the clock of this machine. Set the \
                     clock, or start once with --accept-clock to continue from that time"
                )
            }
            Self::Refused(problem) => problem.fmt(f),
            Self::RoomRefused(problem) => problem.fmt(f),
            Self::BanRefused(problem) => problem.fmt(f),
            Self::RefusedByServer(reason) => f.write_str(reason),
            Self::NoServer => f.write_str("no chatroomd uses this folder"),
            Self::NoAnswer(error) => write!(
                f,
                "the chatroomd that uses this folder does not answer: {}",
                os_error_text(error)
            ),
            Self::Sqlite(error) => error.fmt(f),
            Self::Failed(failure) => write!(
                f,
                "the database or its disk failed: {failure}. Unacknowledged messages may have been \
                 stored"
            ),
        }
    }
}

impl Error for StoreProblem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Folder(error) | Self::Backup(error) | Self::NoAnswer(error) => Some(error),
            Self::Damaged(StoreDamage::Sqlite(error))
            | Self::Sqlite(error)
            | Self::Failed(StoreFailure::Database(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<ConfigError<FileMistake>> for ServerError {
    fn from(error: ConfigError<FileMistake>) -> Self {
        Self::Config(error)
    }
}

/// Any other I/O error is a system error (EX_OSERR).
impl From<io::Error> for ServerError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
