//! Writing a request: the line that asks for it.

use std::fmt;

use super::{CapRequest, MonitorRequest, Request};
use crate::wire::message::BODY_BYTES_MAX;

impl Request<'_> {
    /// The line that asks for it, with its ending.
    ///
    /// This is the one gate to the wire: nothing that passes it can be read as a second line, and
    /// nothing that passes it is too long to be taken.
    pub fn line(&self) -> Result<String, WriteError> {
        to_line(format!("{self}"))
    }
}

/// Ends `line` for the wire, or says why it cannot go there.
pub fn to_line(mut line: String) -> Result<String, WriteError> {
    if let Some(bad) = line.chars().find(|c| matches!(c, '\r' | '\n' | '\0')) {
        return Err(WriteError::ForbiddenCharacter(bad));
    }
    let bytes_max = BODY_BYTES_MAX - "\r\n".len();
    if line.len() > bytes_max {
        return Err(WriteError::TooLong {
            excess_bytes: line.len() - bytes_max,
        });
    }
    line.push_str("\r\n");
    Ok(line)
}

/// Why a request cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// A character that would end the line early.
    ForbiddenCharacter(char),
    /// It is longer than a line can be.
    TooLong {
        /// By how many bytes.
        excess_bytes: usize,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForbiddenCharacter(c) => {
                write!(f, "U+{:04X} cannot be sent in a line", u32::from(*c))
            }
            Self::TooLong { excess_bytes } => {
                write!(f, "this is {excess_bytes} bytes too long for one line")
            }
        }
    }
}

impl std::error::Error for WriteError {}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Pass { password } => write!(f, "PASS :{password}"),
            Self::Nick { nick } => write!(f, "NICK {nick}"),
            Self::User { user, real_name } => write!(f, "USER {user} 0 * :{real_name}"),
            Self::Cap(cap) => write!(f, "CAP {cap}"),
            Self::Ping { token } => write!(f, "PING :{token}"),
            Self::Pong { token } => write!(f, "PONG :{token}"),
            Self::Quit { reason } => with_trailing(f, "QUIT", reason),
            Self::Join { rooms, keys: None } => write!(f, "JOIN {rooms}"),
            Self::Join {
                rooms,
                keys: Some(keys),
            } => write!(f, "JOIN {rooms} {keys}"),
            Self::Part { rooms, reason } => {
                write!(f, "PART {rooms}")?;
                with_trailing(f, "", reason)
            }
            Self::Topic { room, topic } => {
                write!(f, "TOPIC {room}")?;
                with_trailing(f, "", topic)
            }
            Self::Names { rooms } => words(f, "NAMES", [rooms]),
            Self::List { filter } => words(f, "LIST", [filter]),
            Self::Privmsg { targets, text } => write!(f, "PRIVMSG {targets} :{text}"),
            Self::Notice { targets, text } => write!(f, "NOTICE {targets} :{text}"),
            Self::Tagmsg { targets } => write!(f, "TAGMSG {targets}"),
            Self::Who { mask, fields } => words(f, "WHO", [Some(mask), fields]),
            Self::Whowas { nick, count } => words(f, "WHOWAS", [Some(nick), count]),
            Self::Ison { nicks } => words(f, "ISON", nicks),
            Self::Whois { nick } => write!(f, "WHOIS {nick}"),
            Self::Userhost { nicks } => words(f, "USERHOST", nicks),
            Self::Away { message } => with_trailing(f, "AWAY", message),
            Self::Motd => f.write_str("MOTD"),
            Self::Lusers => f.write_str("LUSERS"),
            Self::Version => f.write_str("VERSION"),
            Self::Time => f.write_str("TIME"),
            Self::Info { target } => words(f, "INFO", [target]),
            Self::Help { subject } => words(f, "HELP", [subject]),
            Self::Links => f.write_str("LINKS"),
            Self::Stats { query } => words(f, "STATS", [query]),
            Self::Mode {
                target,
                letters,
                parameters,
            } => {
                words(f, "MODE", [Some(target), letters])?;
                words(f, "", parameters)
            }
            Self::Invite { invitation } => {
                let (nick, room) = invitation.unzip();
                words(f, "INVITE", [nick, room])
            }
            Self::Kick {
                rooms,
                nicks,
                reason,
            } => {
                write!(f, "KICK {rooms} {nicks}")?;
                with_trailing(f, "", reason)
            }
            Self::Oper { name, password } => write!(f, "OPER {name} :{password}"),
            Self::Kill { nick, reason } => {
                write!(f, "KILL {nick}")?;
                with_trailing(f, "", reason)
            }
            Self::Wallops { text } => write!(f, "WALLOPS :{text}"),
            Self::Rehash => f.write_str("REHASH"),
            Self::Setname { real_name } => write!(f, "SETNAME :{real_name}"),
            Self::Monitor(monitor) => write!(f, "MONITOR {monitor}"),
        }
    }
}

impl fmt::Display for CapRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Ls { version } => write!(f, "LS {version}"),
            Self::List => f.write_str("LIST"),
            Self::Req { capabilities } => write!(f, "REQ :{capabilities}"),
            Self::End => f.write_str("END"),
            Self::Other { subcommand } => f.write_str(subcommand),
        }
    }
}

fn with_trailing(f: &mut fmt::Formatter<'_>, start: &str, text: Option<&str>) -> fmt::Result {
    f.write_str(start)?;
    match text {
        Some(text) => write!(f, " :{text}"),
        None => Ok(()),
    }
}

fn words<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    start: &str,
    words: [Option<&str>; N],
) -> fmt::Result {
    f.write_str(start)?;
    let mut words = words.iter().flatten();
    words.try_for_each(|word| write!(f, " {word}"))
}

impl fmt::Display for MonitorRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Add { nicks } => write!(f, "+ {nicks}"),
            Self::Remove { nicks } => write!(f, "- {nicks}"),
            Self::Clear => f.write_str("C"),
            Self::List => f.write_str("L"),
            Self::Status => f.write_str("S"),
            Self::Other => f.write_str("?"),
        }
    }
}
