//! The outcome of a session: the end, and the work that is incomplete.

use std::fmt;
use std::time::Duration;

use super::{CloseReason, LoginFailure, NickRefusal, ProtocolViolation, TlsFailure};
use crate::client::event::DeliveryReport;
use crate::common::sentence::{begin_sentence, end_sentence};

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All was done.
    Done,
    /// All was done, and the server that this client hosts is to be stopped.
    CloseRoom,
    /// Not all was done.
    Incomplete(Incomplete),
}

/// The cause of an incomplete session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomplete {
    /// This happened on one of several networks, and was reported then.
    Reported(Box<Incomplete>),
    /// Some lines of the script were refused; each refusal is an event of its own.
    LinesRefused,
    /// The nick is refused, and a script cannot be asked for another one.
    NickRefused {
        /// The nick.
        nick: String,
        /// The reason for the refusal.
        reason: NickRefusal,
    },
    /// The server has refused the registration.
    RegistrationRefused {
        /// The reason for the refusal.
        reason: CloseReason,
    },
    /// The user is not logged in to the account.
    NotLoggedIn {
        /// The login failure.
        failure: LoginFailure,
    },
    /// The script believes only an account, and the server does not say who is logged in.
    AccountsUnknown,
    /// A room that a script needs could not be entered.
    RoomNotEntered {
        /// The room.
        room: String,
    },
    /// The connection ended before all was done.
    ServerGone {
        /// The cause.
        reason: CloseReason,
        /// The delivery report of the script, if there was one.
        report: Option<DeliveryReport>,
    },
    /// There is no encrypted connection.
    NotSecure {
        /// The TLS failure.
        failure: TlsFailure,
        /// The delivery report of the script, if there was one.
        report: Option<DeliveryReport>,
    },
    /// The time limit has passed.
    TimeIsUp {
        /// The time limit.
        limit: Duration,
        /// The delivery report of the script, if there was one.
        report: Option<DeliveryReport>,
    },
    /// The server has broken the protocol, so the client has left it.
    ProtocolBroken {
        /// The violation.
        violation: ProtocolViolation,
        /// The delivery report of the script, if there was one.
        report: Option<DeliveryReport>,
    },
}

impl Incomplete {
    /// The cause itself, whether or not it was reported.
    pub(in crate::client) fn cause(&self) -> &Self {
        match self {
            Self::Reported(incomplete) => incomplete.cause(),
            incomplete => incomplete,
        }
    }
}

impl From<Incomplete> for Outcome {
    fn from(incomplete: Incomplete) -> Self {
        Self::Incomplete(incomplete)
    }
}

/// The text can hold words of a server, so it is sanitized before it is printed.
impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause;
        let report = match self {
            Self::Reported(incomplete) => return incomplete.fmt(f),
            Self::LinesRefused => return f.write_str("Some lines were refused."),
            Self::NickRefused { nick, reason } => {
                let why = begin_sentence(&reason.about(nick));
                return write!(f, "{why}. Choose another with --nick.");
            }
            Self::RegistrationRefused { reason } => {
                return f.write_str(&end_sentence(format!(
                    "The server refused the connection: {reason}"
                )));
            }
            Self::NotLoggedIn { failure } => {
                return f.write_str(&end_sentence(format!(
                    "Not logged in: {failure}{}",
                    failure.way_in()
                )));
            }
            Self::AccountsUnknown => {
                return f.write_str(
                    "The server does not say who is logged in (account-tag), so no answer could be \
                     believed.",
                );
            }
            Self::RoomNotEntered { room } => {
                return write!(
                    f,
                    "Cannot join {room}. Check its name and its key, and whether you may join it."
                );
            }
            Self::ServerGone { reason, report } => {
                cause = format!("The connection is lost: {reason}");
                report
            }
            Self::ProtocolBroken {
                violation: violation @ ProtocolViolation::Encrypted,
                ..
            } => return write!(f, "Not connected: {violation}."),
            Self::NotSecure { failure, report } => {
                cause = format!("No secure connection to the server: {failure}");
                report
            }
            Self::ProtocolBroken { violation, report } => {
                cause = format!("The server broke the protocol: {violation}");
                report
            }
            Self::TimeIsUp { limit, report } => {
                cause = format!("Gave up after {} s", limit.as_secs_f64());
                // A complete report adds nothing.
                match report {
                    Some(report) if report.is_complete() => &None,
                    report => report,
                }
            }
        };
        f.write_str(&end_sentence(match report {
            Some(report) => format!("{cause}; {report}"),
            None => cause,
        }))
    }
}
