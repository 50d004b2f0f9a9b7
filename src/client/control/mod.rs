//! The control socket: how `chatroom ctl` and other programs of the same user use a running session.
//!
//! A caller writes one line, such as `send hello`, and reads `ok` or `error MESSAGE`, then the
//! lines of the answer until the end. `server` is the session's side and `client` that of `chatroom
//! ctl`; `pending` are the callers that wait for the delivery of their lines. It must not know the
//! session or the network: a closure answers the requests. `net`, `ui` and `app` import it.

pub(super) mod client;
pub(super) mod pending;
pub(super) mod server;

use std::fmt;
use std::path::{Path, PathBuf};

/// A request to a running session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ControlRequest {
    /// Process this line as if typed.
    Send(String),
    /// The same on this network, given by its name.
    SendOn(String, String),
    /// List the nicks in this room, or in the active one.
    Who(Option<String>),
    /// List the rooms that the session is in.
    Rooms,
    /// Give the name, the server, the nick and the active room of each network of the session.
    Where,
    /// Report everything from now on.
    Tail,
    /// List the names that begin with this.
    Names(String),
}

impl ControlRequest {
    /// Parses a request line without its line ending.
    fn parse(line: &str) -> Option<Self> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let name = Some(rest.trim().to_owned()).filter(|name| !name.is_empty());
        match word {
            "send" => Some(Self::Send(rest.to_owned())),
            "send-on" => {
                let (network, line) = rest.split_once('\t')?;
                Some(Self::SendOn(network.to_owned(), line.to_owned()))
            }
            "who" => Some(Self::Who(name)),
            "rooms" => Some(Self::Rooms),
            "where" => Some(Self::Where),
            "tail" => Some(Self::Tail),
            "names" => Some(Self::Names(rest.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for ControlRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(line) => write!(f, "send {line}"),
            Self::SendOn(network, line) => write!(f, "send-on {network}\t{line}"),
            Self::Who(room) => write!(f, "who {}", room.as_deref().unwrap_or_default()),
            Self::Rooms => f.write_str("rooms"),
            Self::Where => f.write_str("where"),
            Self::Tail => f.write_str("tail"),
            Self::Names(prefix) => write!(f, "names {prefix}"),
        }
    }
}

/// The first line of an answer to a request that succeeded.
pub(super) const OK: &str = "ok";
/// The prefix of the message when a request failed.
pub(super) const ERROR: &str = "error ";

/// The folder of the control sockets of this user's sessions.
pub(super) fn folder(runtime: &Path) -> PathBuf {
    runtime.join("chatroom")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_parsed_as_it_was_written() {
        for request in [
            ControlRequest::Send("@bob  hi there ".into()),
            ControlRequest::SendOn("my net".into(), "@bob\thi".into()),
            ControlRequest::Who(None),
            ControlRequest::Who(Some("#dev".into())),
            ControlRequest::Rooms,
            ControlRequest::Where,
            ControlRequest::Tail,
            ControlRequest::Names("@al".into()),
            ControlRequest::Names(String::new()),
        ] {
            assert_eq!(ControlRequest::parse(&request.to_string()), Some(request));
        }
        assert_eq!(ControlRequest::parse("frob"), None);
        assert_eq!(ControlRequest::parse(""), None);
    }
}
