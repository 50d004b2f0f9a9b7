//! Errors of a text that is not an address.

use std::fmt;

use super::SOCKET_PATH_MAX;

/// Why a text is not an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// The host is missing.
    NoHost,
    /// This text is not a port.
    Port(String),
    /// A host cannot contain this character.
    Character(char),
    /// A scheme other than `irc` and `ircs`.
    Scheme(String),
    /// The address asks for an encrypted connection, and this build has no TLS.
    NoTls,
    /// This text in an `irc://` URL is neither a room nor a person.
    Target(String),
    /// The path of a Unix socket does not begin with a `/`.
    RelativePath,
    /// The path of a Unix socket has this control character.
    PathCharacter(char),
    /// The path of a Unix socket is too long, with this many bytes.
    PathTooLong(usize),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHost => f.write_str("the host name is missing"),
            Self::Port(text) => write!(f, "{text:?} is not a port number from 1 to 65535"),
            Self::Character(' ') => f.write_str("host names cannot contain spaces"),
            Self::Character(c) => write!(f, "host names cannot contain {c:?}"),
            Self::Scheme(scheme) => {
                write!(f, "{scheme}:// is not supported; use irc:// or ircs://")
            }
            Self::Target(text) => write!(
                f,
                "{text:?} is not a room; use irc://HOST/#ROOM or irc://HOST/NICK,isnick"
            ),
            Self::RelativePath => f.write_str("use unix:/PATH, with the whole path of the socket"),
            Self::PathCharacter(c) => write!(f, "the path of a socket cannot contain {c:?}"),
            Self::PathTooLong(bytes) => write!(
                f,
                "the path has {bytes} bytes; that of a socket has at most {SOCKET_PATH_MAX}"
            ),
            Self::NoTls => f.write_str(
                "this build has no TLS; irc://HOST connects without encryption, to port 6667",
            ),
        }
    }
}

impl std::error::Error for AddressError {}

/// A text given as the address of a server that is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAddress {
    /// The text.
    pub text: String,
    /// The error.
    pub error: AddressError,
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, error } = self;
        write!(f, "{text:?} is not a valid server address: {error}")
    }
}

impl std::error::Error for InvalidAddress {}
