//! Names that can be written into a request, as far as every server agrees on them.

use std::borrow::Cow;

use super::error::ArgumentError;
use super::{UserCommand, parse};
use crate::wire::name::is_invisible;

/// Whether a target is a room and not a person. `&` rooms are those of other servers.
pub fn is_room(target: &str) -> bool {
    target.starts_with(['#', '&'])
}

/// No server has longer nicks, and lines with longer ones in them could not be sent.
const NICK_BYTES_MAX: usize = 128;

/// A nick that can be written into a request. Which nicks there may be is for each server to
/// say, so only what would change the meaning of the line is refused here.
pub fn is_valid_nick(nick: &str) -> bool {
    (1..=NICK_BYTES_MAX).contains(&nick.len())
        && !nick.starts_with(['#', '&', ':'])
        && !nick
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || is_invisible(c) || ",!@*?".contains(c))
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
