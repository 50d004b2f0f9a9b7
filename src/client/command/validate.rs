//! Checks of names, as far as all servers agree on them.
//!
//! Which rooms and nicks exist or are allowed is for each server to decide.

use std::fmt;

use super::error::ArgumentError;
use crate::wire::name::{NameError, is_invisible_in_name};

/// Whether an argument is meant as a room: `#` and `&` begin the names of rooms in the syntax of
/// commands. Whether a name is a room of the server is for the session to decide, since the
/// parser knows no server.
pub(in crate::client) fn has_room_prefix(name: &str) -> bool {
    name.starts_with(['#', '&'])
}

/// Longer nicks exist on no server, and lines that contain them could not be sent.
const NICK_BYTES_MAX: usize = 128;

/// A text that cannot be written into a request as a nick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNick {
    /// The text.
    pub text: String,
    /// The error.
    pub error: NameError,
}

impl fmt::Display for InvalidNick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, error } = self;
        write!(f, "{text:?} is not a valid nick: {error}")
    }
}

impl std::error::Error for InvalidNick {}

/// Checks that a nick can be written into a request. Which nicks are allowed is for each server to
/// decide; this refuses only what would change the meaning of the line.
pub(in crate::client) fn check_nick(nick: &str) -> Result<(), InvalidNick> {
    nick_error(nick).map_or(Ok(()), |error| {
        let text = nick.to_owned();
        Err(InvalidNick { text, error })
    })
}

/// Whether [`check_nick`] accepts a nick.
pub(in crate::client) fn is_valid_nick(nick: &str) -> bool {
    nick_error(nick).is_none()
}

fn nick_error(nick: &str) -> Option<NameError> {
    let is_bad = |c: &char| {
        c.is_whitespace() || c.is_control() || is_invisible_in_name(*c) || ",!@*?".contains(*c)
    };
    let Some(first) = nick.chars().next() else {
        return Some(NameError::Empty);
    };
    if "#&:".contains(first) {
        return Some(NameError::Start(first));
    }
    if let Some(bad) = nick.chars().find(is_bad) {
        return Some(NameError::Character(bad));
    }
    (nick.len() > NICK_BYTES_MAX).then_some(NameError::TooLong {
        bytes_max: NICK_BYTES_MAX,
    })
}

/// A room to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinTarget {
    /// The room.
    pub room: String,
    /// Its key, if it has one.
    pub key: Option<String>,
}

pub(super) fn checked_nick(nick: &str) -> Result<String, ArgumentError> {
    match is_valid_nick(nick) {
        true => Ok(nick.to_owned()),
        false => Err(ArgumentError::InvalidNick(nick.to_owned())),
    }
}

/// The name of a room; the `#` may be left out. Some servers have rooms with other prefixes, which
/// the session knows.
pub(super) fn checked_room(room: &str) -> Result<String, ArgumentError> {
    let is_forbidden = |c: char| c.is_control() || is_invisible_in_name(c) || c == ',';
    // `@` begins the name of a person.
    let is_room = !matches!(room, "#" | "&") && !room.starts_with([':', '@']);
    if room.contains(is_forbidden) || !is_room {
        return Err(ArgumentError::InvalidRoom(room.to_owned()));
    }
    Ok(match room.starts_with(['#', '&', '+', '!']) {
        true => room.to_owned(),
        false => format!("#{room}"),
    })
}
