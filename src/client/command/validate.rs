//! Names that can be written into a request, as far as every server agrees on them.

use std::borrow::Cow;
use std::fmt;

use super::error::ArgumentError;
use super::{UserCommand, parse};
use crate::wire::name::{NameError, is_invisible};

/// Whether a target is a room and not a person. `&` rooms are those of other servers.
pub fn is_room(target: &str) -> bool {
    target.starts_with(['#', '&'])
}

/// No server has longer nicks, and lines with longer ones in them could not be sent.
const NICK_BYTES_MAX: usize = 128;

/// A text that cannot be written into a request as a nick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNick {
    /// The text.
    pub text: String,
    /// What is wrong with it.
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
pub fn check_nick(nick: &str) -> Result<(), InvalidNick> {
    nick_error(nick).map_or(Ok(()), |error| {
        let text = nick.to_owned();
        Err(InvalidNick { text, error })
    })
}

/// Whether [`check_nick`] accepts a nick.
pub fn is_valid_nick(nick: &str) -> bool {
    nick_error(nick).is_none()
}

fn nick_error(nick: &str) -> Option<NameError> {
    let is_bad =
        |c: &char| c.is_whitespace() || c.is_control() || is_invisible(*c) || ",!@*?".contains(*c);
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

/// A room's name that can be written into a request, with or without its `#`, and its key behind
/// a space where it has one.
pub fn is_valid_room(room: &str) -> bool {
    matches!(
        parse(&format!("/join {room}")),
        Ok(UserCommand::Join { .. })
    )
}

pub(super) fn checked_nick(nick: &str) -> Result<&str, ArgumentError> {
    is_valid_nick(nick)
        .then_some(nick)
        .ok_or_else(|| ArgumentError::InvalidNick(nick.to_owned()))
}

/// A room's name; the `#` may be left out. Some servers have rooms with other signs, which the
/// session knows.
pub(super) fn checked_room(room: &str) -> Result<Cow<'_, str>, ArgumentError> {
    let fine = !room
        .chars()
        .any(|c| c.is_control() || is_invisible(c) || c == ',');
    if !fine || room == "#" || room == "&" || room.starts_with(':') {
        return Err(ArgumentError::InvalidRoom(room.to_owned()));
    }
    Ok(if room.starts_with(['#', '&', '+', '!']) {
        Cow::Borrowed(room)
    } else {
        Cow::Owned(format!("#{room}"))
    })
}
