//! How a conversation ends, and what of it fell short.

use std::fmt;
use std::time::Duration;

use super::DeliveryReport;

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All was done.
    Done,
    /// The person wants to go on at another server.
    SwitchServer {
        /// An address, or a name from the configuration.
        server: String,
    },
    /// Not all was done.
    Incomplete(Incomplete),
}

/// Why not all was done that was wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incomplete {
    /// Some lines of the script were refused, each of which has been told.
    LinesRefused,
    /// The nick is taken, or cannot be a nick, and there is no one to ask for another.
    NickRefused {
        /// The nick.
        nick: String,
        /// Why, in words.
        why: String,
    },
    /// The server does not let the user in.
    EntryRefused {
        /// What it said.
        words: String,
    },
    /// The connection ended before all was done.
    ServerGone {
        /// Why, in words.
        words: String,
        /// What became of the lines of the script, where there were any.
        report: Option<DeliveryReport>,
    },
    /// The time that was given is over.
    TimeIsUp {
        /// How long that was.
        limit: Duration,
        /// What became of the lines of the script, where there were any.
        report: Option<DeliveryReport>,
    },
    /// The server did what no server may do, and was left.
    ProtocolBroken {
        /// What it did.
        words: String,
        /// What became of the lines of the script, where there were any.
        report: Option<DeliveryReport>,
    },
}

impl From<Incomplete> for Outcome {
    fn from(shortfall: Incomplete) -> Self {
        Self::Incomplete(shortfall)
    }
}

/// In words, some of which can be those of a server: the person who prints them makes them safe.
impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, report) = match self {
            Self::LinesRefused => return f.write_str("some lines were refused"),
            Self::NickRefused { nick, why } => {
                return write!(
                    f,
                    "{nick} cannot be had as a nick: {why}; choose another with --nick"
                );
            }
            Self::EntryRefused { words } => return write!(f, "the server refuses entry: {words}"),
            Self::ServerGone { words, report } => (format!("the server is gone: {words}"), report),
            Self::ProtocolBroken { words, report } => {
                (format!("the server broke the protocol: {words}"), report)
            }
            Self::TimeIsUp { limit, report } => {
                let words = format!("gave up after {} s", limit.as_secs_f64());
                // No one needs to know more when all has arrived.
                match report {
                    Some(report) if report.is_complete() => (words, &None),
                    report => (words, report),
                }
            }
        };
        f.write_str(&words)?;
        match report {
            Some(report) => write!(f, "; {report}"),
            None => Ok(()),
        }
    }
}
