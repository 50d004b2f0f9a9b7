//! The causes of the end of a connection, and violations of the protocol by a server.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::NickRefusal;
use super::login_failure::LoginFailure;
use super::tls_failure::TlsFailure;
use crate::common::sentence::as_cause;
use crate::common::shared_error::SharedError;

/// Why a connection ended, or could not be made. Its `Display` is the text that the user reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// The server has closed the connection without a reason.
    ClosedByServer,
    /// The server has closed the connection with `ERROR`, or has refused the registration; this is
    /// its text. It may hold control characters.
    ServerError(String),
    /// The server has refused the password, or the lack of one: 464 (RFC 2812, section 5.2).
    WrongPassword,
    /// The server has refused the nick, and there is no other one to try.
    NickRefused {
        /// The nick.
        nick: String,
        /// The reason for the refusal.
        reason: NickRefusal,
    },
    /// The server did not complete the registration in time.
    RegistrationTimeout,
    /// The server did not answer `CAP LS`, so it did not get the password, on a connection that is not
    /// encrypted.
    PasswordWithheld,
    /// Nothing came from the server for so long, not even an answer to `PING`.
    PingTimeout(Duration),
    /// The server did not answer after this machine had slept.
    Slept,
    /// The connection could not be made within the time for it.
    ConnectTimeout,
    /// The connection failed, or could not be made.
    Io(SharedError),
    /// The user has asked for a new connection.
    ReconnectRequested,
    /// There is no encrypted connection.
    Tls(TlsFailure),
    /// The user is not logged in to the account.
    Login(LoginFailure),
    /// The bouncer has not bound the connection to the network that it is for.
    NotBound(BindFailure),
    /// The server has broken the protocol.
    Protocol(ProtocolViolation),
}

/// Why a bouncer has not bound a connection to one of its networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindFailure {
    /// It does not offer that any more.
    NotOffered,
    /// It asks for an account first.
    AccountRequired,
    /// It has refused it; this is its text.
    Refused(String),
}

/// A violation of the protocol by the server that makes it useless to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolViolation {
    /// The list of its capabilities has no end.
    EndlessCapabilities,
    /// It has sent a line without an end.
    EndlessLine,
    /// It does not answer a line of a script.
    UnansweredLine,
    /// It speaks another protocol.
    NotIrc,
    /// It accepts only encrypted connections on this port.
    Encrypted,
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedByServer => f.write_str("the server closed the connection"),
            Self::ServerError(text) => f.write_str(text),
            Self::Io(error) => f.write_str(&as_cause(&error.to_string())),
            Self::WrongPassword => {
                f.write_str("password missing or incorrect; give it with --password-file")
            }
            Self::NickRefused { nick, reason } => {
                write!(f, "{}; choose another with /nick", reason.about(nick))
            }
            Self::RegistrationTimeout => f.write_str("the server did not answer the registration"),
            Self::PasswordWithheld => f.write_str(
                "the server did not answer CAP LS, so the password was not sent without encryption; \
                 try ircs://HOST",
            ),
            Self::PingTimeout(silence) => {
                write!(
                    f,
                    "nothing came from the server for {} s",
                    silence.as_secs()
                )
            }
            Self::Slept => f.write_str("no answer from the server after this machine slept"),
            Self::ConnectTimeout => f.write_str("no answer"),
            Self::ReconnectRequested => f.write_str("reconnecting as requested"),
            Self::Tls(failure) => failure.fmt(f),
            Self::Login(failure) => write!(f, "{failure}{}", failure.way_in()),
            Self::NotBound(failure) => failure.fmt(f),
            Self::Protocol(violation) => violation.fmt(f),
        }
    }
}

impl fmt::Display for BindFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOffered => f.write_str("it no longer offers connections to its networks"),
            Self::AccountRequired => f.write_str(
                "it connects to a network only after a login; set account and \
                 account-password-file",
            ),
            Self::Refused(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for ProtocolViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndlessCapabilities => "its list of capabilities has no end",
            Self::EndlessLine => "it sent a line without an end",
            Self::UnansweredLine => "it does not answer a line",
            Self::NotIrc => "it does not speak IRC",
            Self::Encrypted => "this port is for encrypted connections; use ircs://HOST:PORT",
        })
    }
}

impl Error for CloseReason {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Tls(failure) => failure.source(),
            _ => None,
        }
    }
}

impl Error for BindFailure {}
impl Error for ProtocolViolation {}
