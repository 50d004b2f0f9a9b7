//! Why the server cannot start or go on, with its message and its exit status.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::common::config_file::ConfigError;

/// Why the server cannot start, or stopped.
#[derive(Debug)]
pub enum ServerError {
    /// The configuration file, or a file that it names, is missing or invalid.
    Config(ConfigError),
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
    /// Standard output cannot be written.
    Output(io::Error),
    /// `hash-password` got no password.
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
            Self::CannotListen { .. } => 69,
            Self::Output(_) => 74,
            Self::Password(_) => 66,
            Self::System(_) => 71,
        }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::OverlappingAddresses(one, other) if one == other => {
                write!(f, "the address {one} is given twice; remove one of them")
            }
            Self::OverlappingAddresses(one, other) => {
                write!(
                    f,
                    "the addresses {one} and {other} overlap; remove one of them"
                )
            }
            Self::CannotListen { address, error } => {
                write!(f, "cannot listen on {address}: ")?;
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
                    _ => error.fmt(f),
                }
            }
            Self::Output(error) => write!(f, "cannot write to standard output: {error}"),
            Self::Password(error) => write!(f, "cannot hash a password: {error}"),
            Self::System(error) => write!(f, "system error: {error}"),
        }
    }
}

impl std::error::Error for ServerError {}

impl From<ConfigError> for ServerError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// Any other I/O error is a system error (EX_OSERR).
impl From<io::Error> for ServerError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}
