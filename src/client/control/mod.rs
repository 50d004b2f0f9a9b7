//! A running session as a tool for other programs: a socket that only this person can reach.
//!
//! Whoever connects writes one line, such as `send hello`, and reads `ok` or `error` and words,
//! and then lines until the end. `door` is the session's side, `caller` that of
//! `chatroom ctl`, and `errand` what the command line asks for. `pending` are the callers who wait to
//! hear what became of what they had said.

pub(super) mod client;
pub(super) mod pending;
pub(super) mod server;

use std::fmt;
use std::path::{Path, PathBuf};

/// What can be asked of a running session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Take this line as a typed one.
    Send(String),
    /// Who is in this room, the active one when none is named?
    Who(Option<String>),
    /// Which rooms is this person in?
    Rooms,
    /// Where is this session, and as whom?
    Where,
    /// Tell what happens from now on.
    Tail,
    /// Which names begin like this?
    Names(String),
}

impl Ask {
    /// Reads a request; `None` when it is none.
    fn read(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let named = Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty());
        match word {
            "send" => Some(Self::Send(rest.to_owned())),
            "who" => Some(Self::Who(named)),
            "rooms" => Some(Self::Rooms),
            "where" => Some(Self::Where),
            "tail" => Some(Self::Tail),
            "names" => Some(Self::Names(rest.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(line) => write!(f, "send {line}"),
            Self::Who(room) => write!(f, "who {}", room.as_deref().unwrap_or_default()),
            Self::Rooms => f.write_str("rooms"),
            Self::Where => f.write_str("where"),
            Self::Tail => f.write_str("tail"),
            Self::Names(start) => write!(f, "names {start}"),
        }
    }
}

/// The answer to an ask that is done.
pub(super) const OK: &str = "ok";
/// What stands before the words of one that is not.
pub(super) const ERROR: &str = "error ";

/// Where the sockets of this person's sessions are.
pub(super) fn folder(runtime: &Path) -> PathBuf {
    runtime.join("chatroom")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_read_as_the_same() {
        for ask in [
            Ask::Send("@bob  hi there ".into()),
            Ask::Who(None),
            Ask::Who(Some("#dev".into())),
            Ask::Rooms,
            Ask::Where,
            Ask::Tail,
            Ask::Names("@al".into()),
            Ask::Names(String::new()),
        ] {
            assert_eq!(Ask::read(&ask.to_string()), Some(ask));
        }
        assert_eq!(Ask::read("frob"), None);
        assert_eq!(Ask::read(""), None);
    }
}
